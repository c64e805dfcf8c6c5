/** `Parameter Store Policy Action`: what the policies that somebody put on a parameter of the stage have to say. */

import * as z from 'zod/mini';
import type { Deps } from '../deps.ts';
import { callFailure, Drop, describeError, Fail } from '../errors.ts';
import { like } from '../kinds/envelope.ts';
import { parseEvent } from '../parse.ts';
import { parameterPath } from '../settings.ts';
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

interface Words {
	readonly title: string;
	readonly severity: OpsItemText['severity'];
	readonly advice: { readonly playbook: string; readonly other: string };
}

const WORDS: Readonly<Record<PolicyType, Words>> = {
	Expiration: {
		title: 'has expired',
		severity: '2',
		advice: {
			playbook: 'Parameter Store has deleted it, and the playbook is not in force any more. Put the parameter back if it is still wanted.',
			other: 'Parameter Store has deleted it. Put it back if it is still wanted.',
		},
	},
	ExpirationNotification: {
		title: 'expires soon',
		severity: '3',
		advice: {
			playbook:
				'Parameter Store will delete it, and the playbook will not be in force then. Store it again with another policy to keep it.',
			other: 'Parameter Store will delete it. Store it again with another policy to keep it.',
		},
	},
	NoChangeNotification: {
		title: 'has not been changed for long',
		severity: '4',
		advice: {
			playbook: 'Look at whether it still says what is wanted. Storing it again, changed or not, begins the time anew.',
			other: 'Look at whether it still holds. Storing it again, changed or not, begins the time anew.',
		},
	},
};

/** Codes of activations expire with these, and the check of agents tells of them. */
const ACTIVATIONS = 'activations/';

export function isPolicyAction(event: unknown): boolean {
	return (event as { 'detail-type'?: unknown } | null)?.['detail-type'] === DETAIL_TYPE;
}

/**
 * Opens an OpsItem about the parameter, one for each while it is open: the newest news replaces the older.
 * @returns the OpsItem's id.
 * @throws Fail where the event is malformed or OpsCenter refuses, Drop where the parameter is none of this stage or expires as it should,
 * and what the SDK throws where trying again may help.
 */
export async function reportPolicyAction(deps: Deps, event: unknown): Promise<{ readonly opsItemId: string }> {
	const { detail } = parseEvent(PolicyAction, event, 'a parameter policy');
	const { 'parameter-name': parameter, 'policy-type': policy, 'action-reason': reason } = detail;
	const { playbookPath, stage } = deps.settings;
	const path = parameterPath(deps.settings);
	if (!parameter.startsWith(path)) throw new Drop('other-parameter', `${parameter} is no parameter of stage ${stage}`);
	if (parameter.startsWith(`${path}${ACTIVATIONS}`) && policy !== 'NoChangeNotification')
		throw new Drop('activation-code', `${parameter} expires with its activation, of which the check of agents tells`);
	const playbook = parameter.startsWith(playbookPath) ? parameter.slice(playbookPath.length) : undefined;
	const { title, advice, severity } = WORDS[policy];
	const what = playbook === undefined ? `Parameter ${parameter}` : `Playbook ${playbook}`;
	const next = playbook === undefined ? advice.other : advice.playbook;
	try {
		const opsItemId = await openOrUpdate(deps, {
			about: `policy-${playbook ?? parameter}`,
			title: `${what} ${title} (stage ${stage})`,
			description: [`Parameter ${parameter}: ${policy}.`, ...(reason ? [reason] : []), next].join('\n'),
			severity,
			data: { ...(playbook !== undefined && { playbook }), parameter, policy, ...(reason && { reason }) },
		});
		deps.log.warn('a parameter policy has something to say', { parameter, policy, reason, opsItemId });
		return { opsItemId };
	} catch (error) {
		if (callFailure(error) === 'refused') throw new Fail(`OpsCenter refuses to be told of ${parameter}: ${describeError(error)}`, error);
		throw error;
	}
}
