/** What the OpsItem of sessions outside the rules says: one for whoever starts them under a playbook, while it is open. Pure. */

import type { SessionOperation } from '../../operation/types.ts';
import { instant } from '../alarm/timers.ts';
import type { OpsItemText } from '../kind.ts';

/** Paths of IAM may have 512 characters, and so may what OpsItems are told apart by: who it is stands at an ARN's end. */
const OWNER = 384;

export function sessionItem(operation: SessionOperation): OpsItemText {
	const { id, subject, playbook, opsItem, transcript } = operation;
	const { owner, node, sessionId, reason, document, startedAt } = subject;
	return {
		key: `session/${playbook.name}/${owner.slice(-OWNER)}`,
		title: `Sessions of ${owner} are outside the rules of ${playbook.name}`,
		spec: opsItem,
		intro:
			'What was done in them is for a person to look at: the transcript is where the operational data says. The rules are those of the ' +
			'playbook; they find a session minutes late, and only the policies of IAM prevent one (docs/sessions.md).',
		line: `${sessionId} on ${node} since ${instant(startedAt)}: ${operation.breach} [${id}]`,
		resources: [],
		data: { owner },
		own: {
			[`session/${id}`]: [
				`${sessionId} on ${node} since ${instant(startedAt)}, document ${document}`,
				`reason: ${reason ?? 'none given'}`,
				operation.breach === undefined ? 'within the rules after all' : `outside the rules: ${operation.breach}`,
				statusOf(operation),
				`transcript: ${transcript?.s3 ?? 'none that is known'}`,
			].join('\n'),
		},
	};
}

function statusOf({ ending, stop, brakes }: SessionOperation): string {
	if (ending !== undefined) return ending.reason;
	if (brakes?.observe) return 'it is left alone: the playbook observes';
	return stop?.done ? 'it was terminated' : 'it is being terminated';
}
