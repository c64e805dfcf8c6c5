/** `Parameter Store Policy Action`: what the policies that somebody put on a playbook's parameter have to say. */

import * as z from 'zod/mini';
import type { Deps } from '../deps.ts';
import { callFailure, Drop, describeError, Fail } from '../errors.ts';
import { like } from '../kinds/envelope.ts';
import { parseEvent } from '../parse.ts';
import { type OpsItemText, openOrUpdate } from './ops-items.ts';

const DETAIL_TYPE = 'Parameter Store Policy Action';

/** As far as it is read. The reason is AWS's own sentence, and may be missing. */
const PolicyAction = z.object({
	detail: z.object({
		'parameter-name': like(/^[a-zA-Z0-9_.\-/]{1,256}$/, 'the name of a parameter'),
		'policy-type': z.enum(['Expiration', 'ExpirationNotification', 'NoChangeNotification']),
		'action-reason': z.optional(z.string()),
	}),
});
type PolicyType = z.infer<typeof PolicyAction>['detail']['policy-type'];

const WORDS: Readonly<Record<PolicyType, Pick<OpsItemText, 'severity'> & { readonly title: string; readonly advice: string }>> = {
	Expiration: {
		title: 'has expired',
		advice: 'Parameter Store has deleted it, and the playbook is not in force any more. Put the parameter back if it is still wanted.',
		severity: '2',
	},
	ExpirationNotification: {
		title: 'expires soon',
		advice: 'Parameter Store will delete it, and the playbook will not be in force then. Store it again with another policy to keep it.',
		severity: '3',
	},
	NoChangeNotification: {
		title: 'has not been changed for long',
		advice: 'Look at whether it still says what is wanted. Storing it again, changed or not, begins the time anew.',
		severity: '4',
	},
};

export function isPolicyAction(event: unknown): boolean {
	return (event as { 'detail-type'?: unknown } | null)?.['detail-type'] === DETAIL_TYPE;
}

/**
 * Opens an OpsItem about the playbook, one for each parameter while it is open: the newest news replaces the older.
 * @returns the OpsItem's id.
 * @throws Fail where the event is malformed or OpsCenter refuses, Drop where the parameter is no playbook of this stage, and what the
 * SDK throws where trying again may help.
 */
export async function reportPolicyAction(deps: Deps, event: unknown): Promise<{ readonly opsItemId: string }> {
	const { detail } = parseEvent(PolicyAction, event, 'a parameter policy');
	const { 'parameter-name': parameter, 'policy-type': policy, 'action-reason': reason } = detail;
	const { playbookPath, stage } = deps.settings;
	if (!parameter.startsWith(playbookPath)) throw new Drop('other-parameter', `${parameter} is no playbook of stage ${stage}`);
	const playbook = parameter.slice(playbookPath.length);
	const { title, advice, severity } = WORDS[policy];
	try {
		const opsItemId = await openOrUpdate(deps, {
			about: `policy-${playbook}`,
			title: `Playbook ${playbook} ${title} (stage ${stage})`,
			description: [`Parameter ${parameter}: ${policy}.`, ...(reason ? [reason] : []), advice].join('\n'),
			severity,
			data: { playbook, parameter, policy, ...(reason && { reason }) },
		});
		deps.log.warn('a parameter policy speaks of a playbook', { playbook, policy, reason, opsItemId });
		return { opsItemId };
	} catch (error) {
		if (callFailure(error) === 'refused') throw new Fail(`OpsCenter refuses to be told of ${playbook}: ${describeError(error)}`, error);
		throw error;
	}
}
