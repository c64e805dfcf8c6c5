/** What was released, or would be, in the words of a terminal and as JSON. */

import { LAUNCHING } from '../../shared/kinds/lifecycle/sighting.ts';
import { calledBy } from '../../shared/operation/history.ts';
import type { LifecycleOperation } from '../../shared/operation/types.ts';
import { oneLine, span, stateText, table } from '../support/format.ts';
import type { Outcome } from './complete.ts';
import type { Found, Waiting } from './waiting.ts';

export interface Release extends Found {
	readonly stage: string;
	/** Where the playbooks are from. */
	readonly from: string;
	/** Open ones; absent where the ledger cannot be read. */
	readonly operations?: ReadonlyMap<Waiting, LifecycleOperation>;
	/** Absent where nothing was to be done. */
	readonly outcomes?: ReadonlyMap<Waiting, Outcome>;
	/** Why operations could not be found, or told. */
	readonly untold?: string;
}

const HEADINGS = ['INSTANCE', 'GROUP', 'HOOK', 'STATE', 'OPERATION', 'RESULT'] as const;

export function releaseLines(release: Release, now: number): string[] {
	const { waiting, left, unread, stage, from, outcomes } = release;
	const rows = waiting.map((one) => rowOf(release, one, now));
	const nothing = `Nothing waits at a hook that a playbook of stage ${stage} names (playbooks from ${oneLine(from)}).`;
	return [
		...(waiting.length === 0 ? [nothing] : [`Playbooks from ${oneLine(from)}.`, ...table([HEADINGS, ...rows])]),
		...(left.length > 0 ? ['', 'Left alone:'] : []),
		...table(
			left.map(({ instanceId, group, hook, lifecycleState, why }) => [`  ${instanceId}`, group, hook, lifecycleState, oneLine(why)]),
		),
		...unread.map(({ group, why }) => `Group ${group} could not be looked into: ${oneLine(why)}`),
		...(waiting.length === 0 ? [] : ['', ...(outcomes ? doneLines(release, outcomes) : plannedLines(waiting))]),
	];
}

function rowOf({ operations, outcomes }: Release, one: Waiting, now: number): string[] {
	const { instanceId, group, hook } = one.subject;
	const operation = operations?.get(one);
	const known = operation === undefined ? '-' : `${operation.id} (${stateText(operation)}, ${span(now - operation.openedAt)})`;
	return [instanceId, group, hook, one.lifecycleState, known, resultText(one, outcomes?.get(one))];
}

function resultText({ result }: Waiting, done: Outcome | undefined): string {
	switch (done?.outcome) {
		case undefined:
			return result;
		case 'released':
			return `${result}: done${done.requestId ? ` [${calledBy(done.requestId).requestId}]` : ''}`;
		case 'over':
			return 'no such action is active: ours is over, or another hook holds it';
		case 'failed':
			return `NOT DONE: ${oneLine(done.problem)}`;
	}
}

function plannedLines(waiting: readonly Waiting[]): string[] {
	const replaced = waiting.filter(({ subject, result }) => subject.transition === LAUNCHING && result === 'ABANDON').length;
	return [
		`Nothing was changed. --go completes ${plural(waiting.length, 'hook')} with the result shown.`,
		...(replaced > 0
			? [
					`${plural(replaced, 'new instance')} would be terminated and replaced, and what replaces them waits too: --result continue lets them in as they are.`,
				]
			: []),
	];
}

function doneLines({ operations, untold, waiting }: Release, outcomes: ReadonlyMap<Waiting, Outcome>): string[] {
	const count = (wanted: Outcome['outcome']) => [...outcomes.values()].filter(({ outcome }) => outcome === wanted).length;
	const failed = count('failed');
	const told = waiting.filter((one) => operations?.has(one) && outcomes.get(one)?.outcome === 'released').length;
	return [
		`${count('released')} of ${plural(waiting.length, 'hook')} completed${failed > 0 ? `, ${failed} failed: ask again` : ''}.`,
		...(untold !== undefined
			? [`Their operations were not told (${oneLine(untold)}): once the clock runs, it finds their hooks over and closes them.`]
			: told > 0
				? [`${plural(told, 'operation')} of theirs stopped and closed: fleet -- list --all`]
				: []),
	];
}

const plural = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;

function outcomeOf(done: Outcome | undefined) {
	return done?.outcome === 'released' ? { ...done, ...calledBy(done.requestId) } : done;
}

/** What `--json` prints. */
export function releaseAsJson({ stage, from, waiting, left, unread, operations, outcomes, untold }: Release) {
	return {
		stage,
		playbooksFrom: from,
		done: outcomes !== undefined,
		hooks: waiting.map((one) => {
			const { subject, lifecycleState, result, playbook } = one;
			const { group, hook, instanceId, transition } = subject;
			return {
				...{ instanceId, group, hook, transition, lifecycleState, playbook, result },
				...(operations?.has(one) && { operation: operations.get(one)?.id }),
				...outcomeOf(outcomes?.get(one)),
			};
		}),
		left,
		unread,
		...(untold !== undefined && { untold }),
	};
}
