/** `fleet -- cancel <operation>`: stops the work; the playbook's failure rule applies. */

import { act, actor, BY, mustBeOpen, mustBeUndecided } from './support/act.ts';
import { findOperation } from './support/find.ts';
import { readArguments, type Verb } from './support/verb.ts';

export const cancel: Verb = {
	usage: 'cancel <operation> [--by NAME] [--json]',
	summary: "stops the work; the playbook's failure rule applies",
	details: 'What has run by then stays done. What the playbook says under onFailure follows: a lifecycle action is completed by it.',
	async run(args, desk) {
		const { values, positionals } = readArguments(args, BY, [1, 1]);
		const operation = await findOperation(desk.services(), positionals[0] as string);
		mustBeOpen(operation);
		mustBeUndecided(operation);
		await act(desk, operation, { type: 'operator', verb: 'cancel', by: actor(desk, values.by) }, values.json);
		return undefined;
	},
};
