/** `fleet -- complete <operation> [continue|abandon]`: a person has done what was to do. */

import type { LifecycleResult } from '../shared/playbook/types.ts';
import { act, actor, BY, mustBeOpen, mustBeUndecided } from './support/act.ts';
import { findOperation } from './support/find.ts';
import { Refusal, readArguments, UsageError, type Verb } from './support/verb.ts';

const RESULTS: Readonly<Record<string, LifecycleResult>> = { continue: 'CONTINUE', abandon: 'ABANDON' };

export const complete: Verb = {
	usage: 'complete <operation> [continue|abandon] [--by NAME] [--json]',
	summary: 'closes as done by a person, and completes the lifecycle action',
	details:
		'The work is stopped first, and the operation closes as skipped. A lifecycle action is completed with the result that is given, or ' +
		'with that of the playbook under onSuccess; operations of other kinds take no result.',
	async run(args, desk) {
		const { values, positionals } = readArguments(args, BY, [1, 2]);
		const [text, word] = positionals as [string, string | undefined];
		const result = word === undefined ? undefined : RESULTS[word.toLowerCase()];
		if (word !== undefined && result === undefined) throw new UsageError(`takes continue or abandon, not '${word}'`);
		const operation = await findOperation(desk.services(), text);
		mustBeOpen(operation);
		if (result !== undefined && operation.kind !== 'lifecycle') {
			throw new Refusal(`${operation.id} holds no instance at a lifecycle hook: complete it without '${word}'.`);
		}
		// A result that Auto Scaling has yet to take may still be changed.
		if (operation.ending?.pending.includes('complete-lifecycle') !== true) mustBeUndecided(operation);
		const by = actor(desk, values.by);
		await act(desk, operation, { type: 'operator', verb: 'complete', by, ...(result && { result }) }, values.json);
		return undefined;
	},
};
