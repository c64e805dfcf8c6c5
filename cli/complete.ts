/** `fleet -- complete <operation> [continue|abandon]`: completes the lifecycle action now. */

import type { LifecycleResult } from '../shared/playbook/types.ts';
import { act, actor, BY, mustBeOpen, mustBeUndecided } from './support/act.ts';
import { findOperation } from './support/find.ts';
import { readArguments, UsageError, type Verb } from './support/verb.ts';

const RESULTS: Readonly<Record<string, LifecycleResult>> = { continue: 'CONTINUE', abandon: 'ABANDON' };

export const complete: Verb = {
	usage: 'complete <operation> [continue|abandon] [--by NAME] [--json]',
	summary: 'completes the lifecycle action now, the work stopped first',
	details: "Where no result is given, the playbook's under onSuccess is taken. The operation closes as skipped.",
	async run(args, desk) {
		const { values, positionals } = readArguments(args, BY, [1, 2]);
		const [text, word] = positionals as [string, string | undefined];
		const result = word === undefined ? undefined : RESULTS[word.toLowerCase()];
		if (word !== undefined && result === undefined) throw new UsageError(`takes continue or abandon, not '${word}'`);
		const operation = await findOperation(desk.services(), text);
		mustBeOpen(operation);
		// A result that Auto Scaling has yet to take may still be changed.
		if (operation.ending?.pending.includes('complete-lifecycle') !== true) mustBeUndecided(operation);
		const by = actor(desk, values.by);
		await act(desk, operation, { type: 'operator', verb: 'complete', by, ...(result && { result }) }, values.json);
		return undefined;
	},
};
