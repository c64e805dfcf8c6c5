/** Rings of commands on many nodes, as AWS has them: which nodes had theirs when, and whether the ring before had proved itself by then. */

import type { Command } from '../../aws/ssm/command-model.ts';
import type { Draw } from '../draw.ts';
import { type Ends, endOf, endsOf, overAt } from './command-at-aws.ts';
import type { Checked, Fleet } from './command-checks.ts';
import type { Asked } from './command-requests.ts';

/** Values of the tag PatchGroup, in the order of rings. */
export const RINGS = ['dev', 'test', 'prod'] as const;
export const RING_TAG = 'PatchGroup';
/** What rings ask for where a request does not say. Percent. */
const SUCCESS_PERCENT = 95;
/** One clock that is ahead may end a soak that one which is behind has begun. Milliseconds. */
const SKEW = 12_000;

/** The tag of a node; nothing where it is in no ring. */
export function drawRing(draw: Draw): Readonly<Record<string, string>> {
	const ring = draw.weighted([...RINGS.map((name, index) => [index + 2, name] as const), [0.5, undefined]]);
	return ring === undefined ? {} : { [RING_TAG]: ring };
}

/** What a request says of rings. */
export function drawRings(draw: Draw): object {
	const some = draw.some(RINGS, 0.8);
	return {
		rings: some.length > 0 ? some : ['dev'],
		...(draw.chance(0.6) && { successPercent: draw.one([100, 80, 50, 20]) }),
		...(draw.chance(0.6) && { soakSeconds: draw.one([0, 30, draw.whole(60, 900)]) }),
		...(draw.chance(0.7) && { maxErrors: draw.one(['30%', '100%']) }),
	};
}

export function percentOf({ detail }: Pick<Asked, 'detail'>): number {
	return Number(detail['successPercent'] ?? SUCCESS_PERCENT);
}

interface RingAtAws {
	readonly name: string;
	/** All that was sent to it. */
	readonly sent: readonly Command[];
	/** What of it the operation knows. */
	readonly followed: readonly Command[];
	/** How many nodes it has, as far as is known. */
	readonly size: number;
}

/** The rings of an operation, in their order; none where it has none. */
export function ringsAtAws({ works, rings }: Checked, operation: Fleet, { detail }: Asked): RingAtAws[] {
	const sent = works.sentFor(operation).flatMap(({ commands }) => commands);
	const followed = works.followedBy(operation);
	return ((detail['rings'] ?? []) as readonly string[]).map((name, index) => {
		const isOwn = (command: Command) => ringOf(command, rings) === name;
		const own = followed.filter(isOwn);
		const all = sent.filter(isOwn);
		// Of a command that is not on record yet, AWS alone knows the nodes.
		const found = new Set((own.length > 0 ? own : all).flatMap(({ invocations }) => [...invocations.keys()])).size;
		return { name, sent: all, followed: own, size: Math.max(works.plannedFor(operation, index), found) };
	});
}

/** By what it was sent to: the ring's tag, or nodes that have it. */
function ringOf({ targets, instanceIds }: Command, rings: ReadonlyMap<string, string>): string | undefined {
	const tagged = targets.find(({ Key: key }) => key === `tag:${RING_TAG}`)?.Values?.[0];
	const [id = ''] = targets.find(({ Key: key }) => key === 'InstanceIds')?.Values ?? instanceIds;
	return tagged ?? rings.get(id);
}

/** No ring is begun before all that come before it are over, have proved themselves and have soaked. */
export function checkRings(checked: Checked, operation: Fleet, asked: Asked): void {
	const all = ringsAtAws(checked, operation, asked);
	for (const [index, { name, sent }] of all.entries()) {
		const begunAt = Math.min(...sent.map(({ requestedAt }) => requestedAt));
		if (!Number.isFinite(begunAt)) continue;
		for (const before of all.slice(0, index)) {
			const problem = unproven(before, asked, begunAt);
			if (problem) checked.scene.violated(3, `${operation.id} has begun ring ${name}, and ring ${before.name} ${problem}`);
		}
	}
}

/** Why a ring had proved nothing at an instant. */
function unproven({ followed, size }: RingAtAws, asked: Asked, at: number): string | undefined {
	const ends = followed.map((command) => overAt(command) ?? Number.POSITIVE_INFINITY);
	const over = Math.max(...ends);
	if (followed.length === 0) return 'was never begun';
	if (over > at) return 'was under way';
	const percent = percentOf(asked);
	const well = followed.flatMap(({ invocations }) => [...invocations.values()]).filter((each) => endOf(each) === 'succeeded').length;
	if (well === 0 || well * 100 < percent * size) return `had ${well} of ${size} nodes that succeeded, and ${percent}% have to`;
	const soak = Number(asked.detail['soakSeconds'] ?? 0) * 1_000;
	return at + SKEW < over + soak ? `had soaked for ${Math.round((at - over) / 1_000)} s of ${soak / 1_000}` : undefined;
}

/** What is told of each ring that had its turn is what AWS has. */
export function checkRingCounts(checked: Checked, operation: Fleet, asked: Asked, wrong: (what: string) => void): void {
	const all = ringsAtAws(checked, operation, asked);
	for (const [index, { name, end, nodes }] of (operation.rings?.each ?? []).entries()) {
		const atAws: Ends = endsOf(all[index]?.followed ?? []);
		if (end === undefined && (all[index]?.sent ?? []).length > 0) wrong(`ring ${name} had its turn, and nothing is told of it`);
		for (const each of end === undefined ? [] : (['succeeded', 'failed', 'cancelled', 'unreached'] as const))
			if (nodes?.[each] !== atAws[each]) wrong(`of ring ${name} ${atAws[each]} nodes are ${each} at AWS, and ${nodes?.[each]} are told of`);
	}
}
