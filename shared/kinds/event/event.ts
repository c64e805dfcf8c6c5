/** Events of any kind, and requests to run a runbook. Pure. */

import * as z from 'zod/mini';
import { isOwnDocument } from '../../settings.ts';
import { envelope as common, name } from '../envelope.ts';
import { DOCUMENT, list, REQUEST, REQUEST_ENVELOPE, strict } from '../request.ts';

/** The detail-type of a request: the request bus alone may bring one. */
export const REQUESTED = 'Run Automation Requested';

/** Values of one target (the API model of StartAutomationExecution). */
const TARGET_VALUES = 50;

const envelope = { ...common, ...REQUEST_ENVELOPE, 'detail-type': name(128) };

/** Any event, as EventBridge delivers it. */
export const FleetEvent = z.object({ ...envelope, detail: z.looseObject({}) });
export type FleetEvent = z.infer<typeof FleetEvent>;

const target = strict({
	key: z.string().check(z.regex(/^(tag:.{1,128}|ParameterValues|ResourceGroup)$/, 'expected tag:<key>, ParameterValues or ResourceGroup')),
	values: list(name(512), TARGET_VALUES, `expected 1 to ${TARGET_VALUES} values`),
});

/** What is asked for. */
export const RequestDetail = strict({
	runbook: z.string().check(z.regex(DOCUMENT, 'expected the name of a runbook: letters, digits, _ - . : and /')),
	// StartAutomationExecution takes one.
	targets: z.optional(list(target, 1, 'expected one target')),
	targetParameter: z.optional(name(50)),
	...REQUEST,
});

/** `Run Automation Requested`. */
export const RunRequest = z.object({ ...envelope, 'detail-type': z.literal(REQUESTED), detail: RequestDetail });
export type RunRequest = z.infer<typeof RunRequest>;

/** What is wrong with a request whose parts are right, each by itself. */
export function requestProblem({ runbook, parameters = {}, targets, targetParameter, ...rate }: RunRequest['detail']): string | undefined {
	if (isOwnDocument(runbook) && Object.hasOwn(parameters, 'AutomationAssumeRole')) {
		return `parameters.AutomationAssumeRole is not the requester's to give: ${runbook} has a role of its own`;
	}
	if (targets === undefined) {
		const without = [targetParameter !== undefined && 'targetParameter', ...Object.keys(rate).filter((name) => name.startsWith('max'))];
		const given = without.find((name) => name !== false);
		return given && `${given} is given without targets`;
	}
	if (targetParameter === undefined) return 'targets are given without targetParameter: which parameter each target is given as';
	return Object.hasOwn(parameters, targetParameter) ? `parameters.${targetParameter} is what the targets are given as` : undefined;
}
