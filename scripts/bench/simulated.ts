/** How much of a fleet's life the local AWS plays in a second: all functions, rules and queues, in simulated time. */

import { nodeId } from '../../test/flows/deployment.ts';
import { begin } from '../../test/flows/support.ts';
import type { Part } from './part.ts';
import { cpuMs, median } from './statistics.ts';

const NODES = 100;
/** A world takes a second or so: a few of them do. */
const WORLDS = 5;

interface Played {
	readonly calls: number;
	readonly wallMs: number;
	readonly cpuMs: number;
}

/** Lets all nodes go at once, and drains them. @throws Error where an operation does not end. */
async function play(seed: number): Promise<Played> {
	const began = { cpu: process.cpuUsage(), wall: performance.now() };
	const flow = await begin({ seed, nodes: NODES });
	await flow.terminate(...Array.from({ length: NODES }, (_, index) => nodeId(index + 1)));
	await flow.minutes(10);
	const spent = { cpuMs: cpuMs(process.cpuUsage(began.cpu)), wallMs: performance.now() - began.wall };
	const calls = flow.world.requestLog.length;
	const closed = (await flow.operations()).filter(({ closedAt }) => closedAt !== undefined).length;
	if (closed !== NODES) throw new Error(`${closed} of ${NODES} operations ended`);
	return { calls, ...spent };
}

export const simulated: Part = {
	name: 'simulated',
	async measure({ runs, progress }) {
		const worlds: Played[] = [];
		for (let seed = 0; seed <= Math.min(runs, WORLDS); seed += 1) {
			progress(`a world in which ${NODES} nodes go at once`);
			const played = await play(seed);
			// The first one loads everything.
			if (seed > 0) worlds.push(played);
		}
		const of = (key: keyof Played) => median(worlds.map((world) => world[key]));
		const perSecond = (count: number, ms: number) => (count / ms) * 1_000;
		const rates = (count: number) => [perSecond(count, of('wallMs')), perSecond(count, of('cpuMs'))].map((rate) => rate.toFixed(0));
		return {
			title: 'Simulated: a fleet in simulated time',
			json: { operations: NODES, calls: of('calls'), wallMs: of('wallMs'), cpuMs: of('cpuMs') },
			rows: [
				['', 'in one world', 'per second', 'per second of CPU'],
				['operations', String(NODES), ...rates(NODES)],
				['AWS calls', of('calls').toFixed(0), ...rates(of('calls'))],
			],
			notes: [`${NODES} nodes go at once and are drained; medians of ${worlds.length} worlds, their making included.`],
		};
	},
};
