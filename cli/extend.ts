/** `fleet -- extend <operation> <duration>`: more time for the work. */

import { DURATION, DURATION_FORMS, durationSeconds } from '../shared/playbook/duration.ts';
import { act, actor, BY, mustBeOpen, mustBeUndecided } from './support/act.ts';
import { findOperation } from './support/find.ts';
import { hasDeadline, hasTime, instant, span, stateText } from './support/format.ts';
import { Refusal, readArguments, UsageError, type Verb } from './support/verb.ts';

export const extend: Verb = {
	usage: 'extend <operation> <duration> [--by NAME] [--json]',
	summary: 'more time for the work',
	details: `The duration is added to the deadline; write ${DURATION_FORMS}. Work on an instance that a hook holds has no longer than the hook lasts.`,
	async run(args, desk) {
		const { values, positionals } = readArguments(args, BY, [2, 2]);
		const [text, duration] = positionals as [string, string];
		if (!DURATION.test(duration)) throw new UsageError(`takes a duration such as ${DURATION_FORMS}, not '${duration}'`);
		const operation = await findOperation(desk.services(), text);
		mustBeOpen(operation);
		mustBeUndecided(operation);
		if (hasTime(operation)) {
			throw new Refusal(
				`${operation.id} is ${stateText(operation)} for as long as it takes: its deadline counts from the start of its work.`,
			);
		}
		const seconds = durationSeconds(duration);
		const by = actor(desk, values.by);
		const after = await act(desk, operation, { type: 'operator', verb: 'extend', by, seconds }, values.json);
		if (values.json || !hasDeadline(after)) return undefined;
		const gained = after.deadlineAt - operation.deadlineAt;
		const capped = gained < seconds * 1_000 ? `, not ${duration}: the hook itself lasts no longer` : '';
		desk.io.out(`The deadline is ${instant(after.deadlineAt)}, ${span(gained)} later than before${capped}`);
		return undefined;
	},
};
