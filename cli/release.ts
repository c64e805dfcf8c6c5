/** `fleet -- release`: completes every hook of ours that waits, with nothing but Auto Scaling and the playbooks. */

import type { LifecycleResult } from '../shared/playbook/types.ts';
import { completeAll, operationsOf, tellOperations } from './release/complete.ts';
import { type Release, releaseAsJson, releaseLines } from './release/report.ts';
import { findWaiting } from './release/waiting.ts';
import { actor, BY } from './support/act.ts';
import { playbooksInForce } from './support/playbooks.ts';
import { printJson, readArguments, UsageError, type Verb } from './support/verb.ts';

const RESULTS: Readonly<Record<string, LifecycleResult>> = { continue: 'CONTINUE', abandon: 'ABANDON' };
const OPTIONS = { ...BY, result: { type: 'string' }, go: { type: 'boolean', default: false } } as const;

export const release: Verb = {
	usage: 'release [--result continue|abandon] [--go] [--by NAME] [--json]',
	summary: 'completes every hook of ours that waits, for the day when Fleetkeeper is down',
	details:
		'Shows them; --go completes them, at the rate that Auto Scaling takes. Terminations end with CONTINUE, launches as their playbook ' +
		'says for a failure (ABANDON where it says nothing: the instance is replaced, and the next one waits too); --result says otherwise. ' +
		'It needs Auto Scaling, and the playbooks from the ledger or from Parameter Store: none of our functions. Hooks that no playbook ' +
		'names are never touched.',
	async run(args, desk) {
		const { values } = readArguments(args, OPTIONS, [0, 0]);
		const result = values.result === undefined ? undefined : RESULTS[values.result.toLowerCase()];
		if (values.result !== undefined && result === undefined)
			throw new UsageError(`takes --result continue or abandon, not '${values.result}'`);
		const services = desk.services();
		const { set, from } = await playbooksInForce(services);
		const found = await findWaiting(services, set, result);
		const operations = await operationsOf(services, found.waiting);
		const known = typeof operations === 'string' ? undefined : operations;
		const outcomes = values.go ? await completeAll(services.aws, found.waiting) : undefined;
		const released = found.waiting.flatMap((one) => {
			const [operation, done] = [known?.get(one), outcomes?.get(one)];
			return operation !== undefined && done?.outcome === 'released' ? [{ operation, result: one.result, requestId: done.requestId }] : [];
		});
		const told = released.length > 0 ? await tellOperations(services, released, actor(desk, values.by)) : undefined;
		const all: Release = {
			stage: desk.stage,
			from,
			...found,
			...(known && { operations: known }),
			...(outcomes && { outcomes }),
			...(typeof operations === 'string' && { untold: operations }),
			...(typeof told === 'string' && { untold: told }),
		};
		if (values.json) printJson(desk, releaseAsJson(all));
		else for (const line of releaseLines(all, services.now())) desk.io.out(line);
		const failed = [...(outcomes?.values() ?? [])].some(({ outcome }) => outcome === 'failed');
		return failed || found.unread.length > 0 ? 1 : undefined;
	},
};
