/** Requests to run a command on many nodes: good ones, forbidden ones, malformed ones, and those that come twice. */

import type { Draw, Weighted } from '../draw.ts';
import { type Asked as AskedFor, BUS, SOURCE } from './asking.ts';
import { FORBIDDEN, RESTART, SHELL, TOO_LONG } from './command-playbooks.ts';
import { drawRings, RINGS } from './command-rings.ts';

export const REQUEST = 'Run Command Requested';

export interface Wanted {
	readonly key: string;
	readonly values: readonly string[];
}

type Detail = Readonly<Record<string, unknown>> & { readonly command?: string; readonly targets?: readonly Wanted[] };

/** A request of a story. */
export interface Asked extends AskedFor {
	readonly detail: Detail;
}

/** What requests can name. */
export interface Nodes {
	readonly ids: readonly string[];
	readonly racks: readonly string[];
	readonly rings: ReadonlyMap<string, string>;
}

/** What is wrong with a request that is fit otherwise. */
const MALFORMED: readonly object[] = [
	{ command: `${RESTART}; reboot` },
	{ colour: 'red' },
	{ targets: [] },
	{ targets: undefined },
	{ targets: [{ key: 'InstanceIds', values: ['web-1'] }] },
	{
		targets: [
			{ key: 'InstanceIds', values: ['i-0d000000000000001'] },
			{ key: 'tag:service', values: ['farm'] },
		],
	},
	{ maxConcurrency: '0' },
	{ maxErrors: '5 %' },
	{ maxErrors: '-1' },
	{ requestId: 'two words' },
	{ command: RESTART, parameters: { WorkId: 'mine' } },
	{ timeoutSeconds: TOO_LONG * 60 },
	{ timeoutSeconds: 60, deliverWithinSeconds: 120 },
	{ successPercent: 80 },
	{ rings: ['dev', 'dev'] },
	{ rings: RINGS, targets: [{ key: 'ResourceGroup', values: ['farm'] }] },
	{ rings: RINGS, soakSeconds: -1 },
];

export function drawRequests(draw: Draw, nodes: Nodes): Asked[] {
	return Array.from({ length: draw.whole(1, 5) }, (_, index): Asked => {
		const each = draw.of(`request ${index}`);
		const name = `request ${index + 1}`;
		const about = { name, source: SOURCE, bus: BUS, is: 'fit' } as const;
		const said = {
			reason: name,
			...(each.chance(0.5) && { requestedBy: 'pipeline 7' }),
			...(each.chance(0.6) && { requestId: `CHG-${index + 1}` }),
		};
		const fit: Detail = { ...drawFit(each.of('fit'), nodes), ...said };
		const inRings = each.of('rings');
		const fits: Detail = inRings.chance(0.25) ? withRings(inRings, fit, nodes) : fit;
		return each.weighted<Asked>([
			[20, { ...about, detail: fits }],
			[1, { ...about, detail: { ...fit, command: FORBIDDEN, parameters: {} } }],
			// The document has no such parameter.
			[1, { ...about, is: 'refused', detail: { ...fit, command: RESTART, parameters: { Colour: 'red' } } }],
			[3, { ...about, is: 'malformed', detail: { ...fit, ...each.one(MALFORMED) } }],
			[1, { ...about, is: 'ignored', detail: fit, bus: 'default', source: 'ops.stray' }],
			[1, { ...about, is: 'ignored', detail: fit, source: 'fleetkeeper' }],
		]);
	});
}

function drawFit(draw: Draw, nodes: Nodes): Detail {
	const command = draw.weighted([
		[4, { command: RESTART, parameters: { ServiceName: 'nginx' } }],
		[1, { command: SHELL, parameters: { commands: ['systemctl restart nginx'] } }],
	]);
	const timeoutSeconds = draw.chance(0.25) ? draw.whole(90, 180) : undefined;
	return {
		...command,
		targets: draw.weighted(targetsOf(draw.of('targets'), nodes)),
		...(draw.chance(0.8) && { maxConcurrency: draw.one(['1', '3', '10', '10%', '50%', '100%']) }),
		...(draw.chance(0.8) && { maxErrors: draw.one(['0', '1', '3', '10%', '30%', '100%']) }),
		...(timeoutSeconds !== undefined && { timeoutSeconds }),
		...(draw.chance(0.25) && { deliverWithinSeconds: draw.whole(30, timeoutSeconds ?? 60) }),
	};
}

/** Rings by their tag, or of nodes by their ids, all of which are in one; rates and times are those of each. */
function withRings(draw: Draw, { targets: _, ...fit }: Detail, { ids, rings }: Nodes): Detail {
	const named = drawRings(draw) as { readonly rings: readonly string[] };
	const own = ids.filter((id) => named.rings.includes(rings.get(id) ?? ''));
	const targets = draw.weighted<readonly Wanted[] | undefined>([
		[3, undefined],
		[2, [{ key: 'tag:service', values: ['farm'] }]],
		[own.length > 0 ? 3 : 0, [{ key: 'InstanceIds', values: own }]],
	]);
	return { ...fit, ...named, ...(targets && { targets }) };
}

function targetsOf(draw: Draw, { ids, racks }: Nodes): Weighted<readonly Wanted[]> {
	const some = ids.slice(0, draw.whole(1, ids.length));
	const gone = draw.chance(0.3) ? ['i-0000000000000dead'] : [];
	const absent = Array.from({ length: 5 }, (_, number) => `rack-${number}-that-is-not`);
	return [
		[4, [{ key: 'tag:service', values: ['farm'] }]],
		[
			2,
			[
				{ key: 'tag:service', values: ['farm'] },
				{ key: 'tag:rack', values: racks.slice(0, draw.whole(1, racks.length)) },
			],
		],
		[4, [{ key: 'InstanceIds', values: ids }]],
		// An id that is given twice is one node.
		[2, [{ key: 'InstanceIds', values: [...some, ...gone, ...some.slice(0, 1)] }]],
		[1, [{ key: 'tag:service', values: ['nobody'] }]],
		[1, [{ key: 'ResourceGroup', values: ['farm'] }]],
		// More values than one SendCommand takes.
		[2, [{ key: 'tag:rack', values: [...absent, ...racks] }]],
		[1, [{ key: 'tag:rack', values: ['nowhere', ...absent] }]],
	];
}
