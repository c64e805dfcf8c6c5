/** What stories of sessions can reach, told from the operations as they are written. */

import type { SessionOperation } from '../../../shared/operation/types.ts';
import type { Scene } from '../flow.ts';

type Shows = (operation: SessionOperation) => boolean;

const said =
	(what: string, why = /./): Shows =>
	({ history }) =>
		history.some((line) => line.what === what && why.test(line.why));
const ended =
	(state: SessionOperation['state'], why = /./): Shows =>
	(operation) =>
		operation.closedAt !== undefined && operation.state === state && why.test(operation.result?.reason ?? '');

/** Each with how it shows that an operation has reached it. */
const REACHED: Readonly<Record<string, Shows>> = {
	'session: left by itself': ended('succeeded', /its shell was left/),
	'session: ended by its owner': ended('succeeded', /terminated by arn/),
	'session: resumed': ({ resumes }) => resumes > 0,
	'session: never began': ended('skipped', /never began/),
	'session: found by the sweep': said('opened', /the sweep found it/),
	'session: over when it is found': ({ over }) => over !== undefined,
	'session: forbidden': ended('failed', /forbids/),
	'session: without a reason': ended('failed', /without a reason/),
	'session: open for too long': ended('failed', /open for more than/),
	'session: ended while its time ran out': ({ capAt, closedAt, breach, result }) =>
		closedAt !== undefined && capAt !== undefined && breach === undefined && result?.session !== undefined && closedAt > capAt,
	'session: terminated': said('terminated'),
	'session: not terminated while all is paused': said('not terminated', /paused/),
	'session: observed': said('dry run'),
	'session: ended by an operator': ended('failed', /terminated by anna$/),
	'session: given more time': said('extended', /may last/),
	'session: looked for no longer': ended('skipped', /completed by/),
	'session: a transcript': ({ closedAt, result }) => closedAt !== undefined && result?.session?.transcript !== undefined,
	'session: added to an OpsItem': ({ result }) => result?.opsItem === 'added',
};

const REFUSED = 'session: refused';

export const FEATURES: readonly string[] = [...Object.keys(REACHED), REFUSED];

export const RARE: readonly string[] = ["an agent's connection is lost", 'a node vanishes', 'session: never began'];

export const TRANSITIONS: readonly string[] = [
	...['opened -> running', 'running -> succeeded', 'running -> skipped', 'running -> failed', 'opened -> succeeded'],
	...['ending as failed -> failed'],
];

/** Counts, once, what an operation has reached by a write. */
export function countFeatures(scene: Scene, after: SessionOperation, before: SessionOperation | undefined): void {
	for (const [name, shows] of Object.entries(REACHED)) if (shows(after) && !(before && shows(before))) scene.reached(name);
}

/** Counts what AWS has refused people. */
export function countRefused({ world, reached }: Scene): void {
	if (world.logs.some(({ fields }) => fields['reason'] === 'session-call-failed')) reached(REFUSED);
}
