/** What happened in a story, in the order of time: what people did, what went wrong, what was called, and what the operations tell. */

import type { World } from '../world.ts';
import { type Happened, shortName } from './faults.ts';
import type { Recorded } from './ledger.ts';
import { actsOf, type Story } from './story.ts';

interface Line {
	readonly at: number;
	readonly text: string;
}

export interface Told {
	readonly story: Story;
	readonly world: World;
	readonly happened: readonly Happened[];
	readonly operations: Iterable<Recorded>;
}

/** Lines such as `+03:12.200  reconcile: Query x4, PutItem (ReplyLost)`. */
export function timeline(told: Told): string[] {
	const { startAt } = told.story.setting;
	const lines = [...acts(told), ...faults(told), ...calls(told), ...history(told)].filter(({ at }) => at >= startAt);
	return lines.sort((a, b) => a.at - b.at).map(({ at, text }) => `${since(at - startAt)}  ${text}`);
}

/** `+1:02:03.400`: hours, minutes, seconds. */
export function since(ms: number): string {
	const time = new Date(Math.max(0, ms)).toISOString().slice(11, 23);
	return `+${time.startsWith('00:') ? time.slice(3) : time.slice(1)}`;
}

function acts({ story }: Told): Line[] {
	return actsOf(story).map(({ at, what }) => ({ at: story.setting.startAt + at, text: `* ${what}` }));
}

function faults({ happened }: Told): Line[] {
	return happened.map(({ at, key }) => ({ at, text: `! ${key}` }));
}

/** Calls of one function at one instant share a line; what a clock reads that finds nothing to do is left out. */
function calls({ world }: Told): Line[] {
	const lines: { readonly at: number; readonly caller: string; readonly counts: Map<string, number> }[] = [];
	for (const { at, caller = '', operation, error } of world.requestLog.entries) {
		const called = error === undefined ? operation : `${operation} (${error})`;
		const last = lines.findLast((line) => line.at === at && line.caller === caller);
		const line = last ?? { at, caller, counts: new Map() };
		line.counts.set(called, (line.counts.get(called) ?? 0) + 1);
		if (last === undefined) lines.push(line);
	}
	return lines
		.filter(({ caller, counts }) => caller !== 'operator' && !(counts.size === 1 && counts.has('Query')))
		.map(({ at, caller, counts }) => ({
			at,
			text: `  ${shortName(caller)}: ${[...counts].map(([name, count]) => (count > 1 ? `${name} x${count}` : name)).join(', ')}`,
		}));
}

function history({ operations }: Told): Line[] {
	return [...operations].flatMap(({ id, history: lines }) =>
		lines.map(({ at, what, why }) => ({ at: Date.parse(at), text: `= ${id} ${what}: ${why}` })),
	);
}
