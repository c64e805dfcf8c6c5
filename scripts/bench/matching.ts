/** Decisions alone: matching an event to its playbook, and the transitions of an operation. No AWS, no ledger. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { match } from '../../shared/playbook/match.ts';
import type { CompiledPlaybook, LifecyclePlaybook, PlaybookSet } from '../../shared/playbook/types.ts';
import { completed, life, succeeded } from '../../test/support/operations.ts';
import { ROOT } from '../bundle.ts';
import type { Part } from './part.ts';
import { perSecond } from './statistics.ts';

const COUNTS = [10, 100, 1_000];

const { detail } = JSON.parse(readFileSync(join(ROOT, 'events', 'instance-terminating.json'), 'utf8')) as {
	detail: Readonly<Record<string, string>>;
};
const TAGS = { service: 'nginx', stage: 'prod' };

/** A playbook for one hook of the groups with a prefix, of nodes with a tag. */
function playbook(priority: number, prefix: string): CompiledPlaybook<LifecyclePlaybook> {
	const when = {
		detail: { AutoScalingGroupName: [{ prefix }], LifecycleHookName: [detail['LifecycleHookName']] },
		tags: { service: ['nginx', { prefix: 'web-' }] },
	};
	const run = { type: 'command', document: 'drain-node', parameters: {}, timeoutSeconds: 900 } as const;
	return {
		playbook: {
			name: `drain-${priority}`,
			priority,
			on: 'instance-terminating',
			when,
			run: { ...run, deliverWithinSeconds: 180, registerWithinSeconds: 0 },
			then: { onSuccess: { lifecycle: 'CONTINUE' }, onFailure: { lifecycle: 'CONTINUE' } },
		},
		parameterVersion: 1,
	};
}

/** As many playbooks, of which the last one alone is for the event: every other one is looked at before it. */
export function playbooks(count: number): PlaybookSet {
	const others = Array.from({ length: count - 1 }, (_, index) => playbook(index + 1, `team-${index}-`));
	return { playbooks: [...others, playbook(count, 'web-')], compiledAt: new Date(0).toISOString() };
}

/** @throws Error where the event is not matched to the last playbook: another path would be timed. */
function matching(set: PlaybookSet): () => void {
	const find = () => match('instance-terminating', detail, TAGS, set);
	const found = find();
	const wanted = set.playbooks.at(-1);
	if (!('playbook' in found) || found.playbook !== wanted) throw new Error('the event is not matched to the last playbook');
	return find;
}

/** The facts of a drain that goes well. */
const STEPS = 5;
function drain(): void {
	const { operation } = life().runs().meets(succeeded, completed);
	if (operation.state !== 'succeeded') throw new Error(`the drain ended as ${operation.state}`);
}

export const matchingPart: Part = {
	name: 'matching',
	async measure({ runs, progress }) {
		progress('matching and transitions');
		const matches = COUNTS.map((count) => ({ playbooks: count, perSecond: perSecond(runs, matching(playbooks(count))) }));
		const transitionsPerSecond = STEPS * perSecond(runs, drain);
		const row = (what: string, rate: number) => [what, rate.toFixed(0), (1e6 / rate).toFixed(2)];
		return {
			title: 'Decisions alone, in a second of CPU time',
			json: { matches, transitionsPerSecond },
			rows: [
				['', 'per second', 'µs'],
				...matches.map((each) => row(`match an event, ${each.playbooks} playbooks`, each.perSecond)),
				row('a transition of an operation', transitionsPerSecond),
			],
			notes: ['The last of the playbooks is the one that matches. A transition: one of the five of a drain, from its opening to its end.'],
		};
	},
};
