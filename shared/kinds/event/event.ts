/** Events of any kind, and requests to run a runbook. Pure. */

import * as z from 'zod/mini';
import { isOwnDocument } from '../../settings.ts';
import { envelope as common, name } from '../envelope.ts';

/** The detail-type of a request: the request bus alone may bring one. */
export const REQUESTED = 'Run Automation Requested';

/** Values of one target (the API model of StartAutomationExecution). */
const TARGET_VALUES = 50;

const envelope = { ...common, source: name(256), 'detail-type': name(128), time: z.optional(name(64)) };

/** Any event, as EventBridge delivers it. */
export const FleetEvent = z.object({ ...envelope, detail: z.looseObject({}) });
export type FleetEvent = z.infer<typeof FleetEvent>;

const list = <T extends z.ZodMiniType>(item: T, most: number, error: string) =>
	z.array(item).check(z.refine(({ length }) => length >= 1 && length <= most, error));

const VALUES = 'expected text or a list of texts, of 1 to 512 characters each';
/** A parameter's value (StartAutomationExecution takes up to 200 of them). */
const value = z.string().check(z.minLength(1, VALUES), z.maxLength(512, VALUES));
const RATE = 'expected a number or a percentage as text, such as "10" or "20%"';
const NAMES = 'expected names of parameters: letters, digits, _ and -';

const saysUnknown = {
	error: ({ code, keys }: { readonly code?: string; readonly keys?: unknown }) =>
		code === 'unrecognized_keys' && Array.isArray(keys) ? `has no ${keys.join(', ')}` : undefined,
};

const target = z.strictObject(
	{
		key: z
			.string()
			.check(z.regex(/^(tag:.{1,128}|ParameterValues|ResourceGroup)$/, 'expected tag:<key>, ParameterValues or ResourceGroup')),
		values: list(name(512), TARGET_VALUES, `expected 1 to ${TARGET_VALUES} values`),
	},
	saysUnknown,
);

/** What is asked for. */
export const RequestDetail = z.strictObject(
	{
		runbook: z.string().check(z.regex(/^[a-zA-Z0-9_\-.:/]{3,128}$/, 'expected the name of a runbook: letters, digits, _ - . : and /')),
		parameters: z.optional(
			z.record(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,50}$/)), z.union([value, list(value, 200, VALUES)], VALUES), NAMES),
		),
		// StartAutomationExecution takes one.
		targets: z.optional(list(target, 1, 'expected one target')),
		targetParameter: z.optional(name(50)),
		maxConcurrency: z.optional(z.string().check(z.regex(/^([1-9][0-9]{0,6}|[1-9][0-9]?%|100%)$/, RATE))),
		maxErrors: z.optional(z.string().check(z.regex(/^(0|[1-9][0-9]{0,6}|0%|[1-9][0-9]?%|100%)$/, RATE))),
		reason: z.optional(z.string().check(z.maxLength(1_000, 'expected 1,000 characters at most'))),
		requestedBy: z.optional(z.string().check(z.maxLength(200, 'expected 200 characters at most'))),
		/** Two requests of one id are one. */
		requestId: z.optional(z.string().check(z.regex(/^[\x21-\x7e]{1,128}$/, 'expected 1 to 128 characters without blanks'))),
	},
	saysUnknown,
);

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
