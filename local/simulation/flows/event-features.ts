/** What playbooks and stories of events and requests can reach, told from the operations as they are written. */

import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import { HEALTH, REQUEST, SPOT } from './event-playbooks.ts';

/** Each with how it shows that an operation has reached it, asked when it has closed. */
const REACHED = {
	'event: a Spot interruption': about(SPOT),
	'event: a notice of AWS Health': about(HEALTH),
	'event: a command': ({ run, state }) => run?.type === 'command' && state === 'succeeded',
	'event: a runbook': (operation) => operation.run?.type === 'automation' && operation.state === 'succeeded' && !about(REQUEST)(operation),
	'event: an OpsItem alone': said('nothing to run'),
	'event: an OpsItem opened': ({ result }) => result?.opsItem === 'opened',
	'event: added to an OpsItem': ({ result }) => result?.opsItem === 'added',
	'event: several about the same': (operation) => operation.kind === 'event' && operation.events > 1,
	'event: another occurrence': ({ occurrence }) => occurrence > 1,
	'event: failed': (operation) => operation.state === 'failed' && !about(REQUEST)(operation),
	'event: its node is out of reach': said('failed', /unreachable/),
	'event: an OpsItem that OpsCenter did not take at once': said('OpsItem not opened'),
	'request: succeeded': (operation) => about(REQUEST)(operation) && operation.state === 'succeeded',
	'request: on many': (operation) => operation.kind === 'event' && operation.scope !== undefined,
	'request: failed': (operation) => about(REQUEST)(operation) && operation.state === 'failed',
	'request: refused by Systems Manager': said('failed', /refused the work/),
	'request: the lower priority wins': ({ playbook }) => playbook.name.endsWith('-special'),
	'event: timeout': ({ state }) => state === 'timed-out',
	'event: limits wait': said('waiting', /at once are under way|within this hour|others have waited/),
	'event: limits skip': said('skipped', /at once are under way|within this hour/),
	'event: calendar waits': said('waiting', /calendar .* is CLOSED/),
	'event: calendar skips': said('skipped', /calendar .* is CLOSED/),
	'event: observed': ({ result }) => result?.observed === true,
	'event: paused': said('waiting', /paused by/),
	'event: no reply': said('no reply'),
	'event: sent again': said('starting again'),
} as const satisfies Readonly<Record<string, (operation: Recorded) => boolean>>;

const FORBIDDEN = 'request: forbidden or malformed';
const TWICE = 'request: asked again';

export const FEATURES: readonly string[] = [...Object.keys(REACHED), FORBIDDEN, TWICE];

export const RARE: readonly string[] = [
	...['event: no reply', 'event: an OpsItem that OpsCenter did not take at once', 'event: limits wait', 'event: limits skip'],
	'event: calendar waits',
];

export const TRANSITIONS: readonly string[] = [
	...['opened -> starting', 'opened -> waiting (limit)', 'opened -> waiting (calendar)', 'opened -> skipped'],
	...['waiting (limit) -> starting', 'waiting (calendar) -> starting', 'waiting (pause) -> starting'],
	...['starting -> running', 'starting -> waiting (pause)', 'starting -> succeeded', 'starting -> failed'],
	...['running -> succeeded', 'running -> failed', 'running -> ending as timed-out'],
];

function about(detailType: string): (operation: Recorded) => boolean {
	return ({ subject }) => subject.kind === 'event' && subject.detailType === detailType;
}

function said(what: string, why = /./): (operation: Recorded) => boolean {
	return ({ history }) => history.some((line) => line.what === what && why.test(line.why));
}

/** Counts, once, what an operation has reached that closes. */
export function countFeatures(scene: Scene, after: Recorded): void {
	for (const [name, shows] of Object.entries(REACHED)) if (shows(after)) scene.reached(name);
}

/** Counts what a story has reached that no operation tells of. */
export function countRequests(scene: Scene, { dead, again }: { readonly dead: number; readonly again: number }): void {
	if (dead > 0) scene.reached(FORBIDDEN);
	if (again > 0) scene.reached(TWICE);
}
