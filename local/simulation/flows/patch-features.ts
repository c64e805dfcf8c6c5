/** What stories of patches can reach, told from the operations when they close. */

import type { PatchOperation } from '../../../shared/operation/types.ts';
import type { Scene } from '../flow.ts';

type Shows = (operation: PatchOperation) => boolean;

const node =
	(verdict: keyof NonNullable<PatchOperation['found']>['nodes']): Shows =>
	({ found }) =>
		(found?.nodes[verdict] ?? 0) > 0;
const said =
	(what: string, why = /./): Shows =>
	({ history }) =>
		history.some((line) => line.what === what && why.test(line.why));

/** Each with how it shows that an operation has reached it. */
const REACHED: Readonly<Record<string, Shows>> = {
	'patch: proved': ({ state, ring }) => state === 'succeeded' && ring.next !== undefined,
	'patch: the last group': ({ state, ring }) => state === 'succeeded' && ring.next === undefined,
	'patch: proves nothing': ({ state }) => state === 'failed',
	'patch: ring closed, nothing run': ({ state, window }) => state === 'skipped' && window.tasks === 0,
	'patch: not back': node('not-back'),
	'patch: failed on a node': node('failed'),
	'patch: never reached': node('never-reached'),
	'patch: waits for nodes': said('waiting for nodes'),
	'patch: cut off': ({ window }) => window.status === 'TIMED_OUT',
	'patch: cancelled at AWS': ({ window }) => window.status === 'CANCELLED',
	'patch: found by the sweep': said('opened', /never came/),
	'patch: well enough, and told': ({ state, result }) => state === 'succeeded' && result?.opsItemId !== undefined,
	'patch: OpsItem resolved': ({ result }) => result?.resolved === true,
	'patch: soak spoilt': ({ state, soaksUntil }) => state === 'failed' && soaksUntil !== undefined,
};

export const FEATURES: readonly string[] = ['patch: ring opened', ...Object.keys(REACHED)];

export const RARE: readonly string[] = [
	...['patch: soak spoilt', 'patch: cancelled at AWS', 'patch: found by the sweep', 'patch: OpsItem resolved', 'patch: never reached'],
	...['patch: waits for nodes', 'patch: not back', 'patch: cut off'],
	...["an agent's connection is lost", 'a node vanishes'],
];

export const TRANSITIONS: readonly string[] = [
	'running -> verifying',
	'verifying -> succeeded',
	'running -> skipped',
	'running -> succeeded',
];

export function countFeatures(scene: Scene, operation: PatchOperation): void {
	for (const [name, shows] of Object.entries(REACHED)) if (shows(operation)) scene.reached(name);
}
