/** What stories of commands on many nodes can reach, told from the operations as they are written. */

import type { Scene } from '../flow.ts';
import type { Fleet } from './command-checks.ts';
import { SHELL } from './command-playbooks.ts';

type Shows = (operation: Fleet) => boolean;

const ended =
	(end: 'failed' | 'cancelled' | 'unreached' | 'unstarted' | 'unknown'): Shows =>
	({ result }) =>
		(result?.nodes?.[end] ?? 0) > 0;

/** Each with how it shows that an operation has reached it, asked when it has closed. */
const REACHED: Readonly<Record<string, Shows>> = {
	'command: succeeded': ({ state }) => state === 'succeeded',
	'command: several commands': ({ commands, state }) => commands > 1 && state === 'succeeded',
	'command: stopped between two commands': (operation) => operation.commands > 1 && ended('unstarted')(operation),
	'command: one of AWS': ({ subject, state }) => subject.document === SHELL && state === 'succeeded',
	'command: within its threshold': ({ state, result }) => state === 'failed' && /^[^;]* failed[^;]*(; i-|$)/.test(result?.reason ?? ''),
	'command: threshold exceeded': said('failed', /more errors than MaxErrors/),
	'command: nodes that failed': ended('failed'),
	'command: nodes never reached': ended('unreached'),
	'command: nodes never started': ended('unstarted'),
	'command: nodes stopped': ended('cancelled'),
	'command: no node': said('failed', /match no node/),
	'command: refused by Systems Manager': said('failed', /refused the work/),
	'command: timeout': ({ state }) => state === 'timed-out',
	'command: cancelled': ({ result }) => /cancelled by/.test(result?.reason ?? ''),
	'command: cancelled at AWS': said('failed', /cancelled at AWS/),
	'command: extended': said('extended'),
	'command: given up': ended('unknown'),
	'command: the lower priority wins': ({ playbook }) => playbook.name.endsWith('-special'),
	'command: limits wait': said('waiting', /at once are under way|within this hour|others have waited/),
	'command: limits skip': said('skipped', /at once are under way|within this hour/),
	'command: calendar waits': said('waiting', /calendar .* is CLOSED/),
	'command: calendar skips': said('skipped', /calendar .* is CLOSED/),
	'command: observed': ({ result }) => result?.observed === true,
	'command: paused': said('waiting', /paused by/),
	'command: no reply': said('no reply'),
	'command: found': said('command sent (found)'),
	'command: sent again': said('starting again'),
	'command: rings': ({ rings, state }) => state === 'succeeded' && (rings?.done ?? 0) > 1,
	'command: a ring soaks': said('waiting', /has its turn in/),
	'command: a ring proves too little': ({ rings, result }) => rings !== undefined && /, and \d+% have to/.test(result?.reason ?? ''),
	'command: a ring stops at its threshold': ({ rings, result }) => rings !== undefined && /more errors than/.test(result?.reason ?? ''),
	'command: a ring without nodes': said('failed', /match no node of ring/),
	'command: told in an OpsItem': ({ result }) => result?.opsItemId !== undefined,
};

const REFUSED = 'command: refused request';
const TWICE = 'command: asked again';

export const FEATURES: readonly string[] = [...Object.keys(REACHED), REFUSED, TWICE];

export const RARE: readonly string[] = [
	...['command: several commands', 'command: one of AWS', 'command: within its threshold', 'command: nodes stopped'],
	...['command: refused by Systems Manager', 'command: cancelled', 'command: cancelled at AWS', 'command: extended', 'command: given up'],
	...['command: limits wait', 'command: limits skip', 'command: calendar waits', 'command: calendar skips'],
	...['command: observed', 'command: paused', 'command: found', "an agent's connection is lost", 'running -> starting'],
	...[
		'command: a ring proves too little',
		'command: a ring stops at its threshold',
		'command: a ring without nodes',
		'waiting (soak) -> failed',
	],
];

export const TRANSITIONS: readonly string[] = [
	'running -> succeeded',
	'running -> failed',
	'running -> timed-out',
	'running -> starting',
	'running -> waiting (soak)',
	'waiting (soak) -> starting',
	'waiting (soak) -> failed',
];

function said(what: string, why = /./): Shows {
	return ({ history }) => history.some((line) => line.what === what && why.test(line.why));
}

/** Counts, once, what an operation has reached that closes. */
export function countFeatures(scene: Scene, after: Fleet): void {
	for (const [name, shows] of Object.entries(REACHED)) if (shows(after)) scene.reached(name);
}

/** Counts what a story has reached that no operation tells of. */
export function countRequests(scene: Scene, { dead, again }: { readonly dead: number; readonly again: number }): void {
	if (dead > 0) scene.reached(REFUSED);
	if (again > 0) scene.reached(TWICE);
}
