/** What stories of nodes' states can reach, told from the operations as they are written. */

import type { AssociationOperation, StateOperation } from '../../../shared/operation/types.ts';
import type { Scene } from '../flow.ts';

type Either = AssociationOperation | StateOperation;

const said =
	(kind: Either['kind'], what: string, why = /./) =>
	({ kind: own, history }: Either) =>
		own === kind && history.some((line) => line.what === what && why.test(line.why));
const ended =
	(kind: Either['kind'], ...states: readonly Either['state'][]) =>
	(operation: Either) =>
		operation.kind === kind && operation.closedAt !== undefined && states.includes(operation.state);

/** Each with how it shows that an operation has reached it. */
const REACHED: Readonly<Record<string, (operation: Either) => boolean>> = {
	'association: applied again': said('association', 'applied again'),
	'association: helped': (operation) =>
		ended('association', 'succeeded')(operation) &&
		/after it was applied again/.test(operation.result?.reason ?? '') &&
		operation.result?.opsItemId === undefined,
	'association: fails still': said('association', 'still failing'),
	'association: resolved': (operation) => ended('association', 'succeeded')(operation) && operation.result?.resolved === true,
	'association: fails nowhere by itself': ended('association', 'skipped'),
	'association: paused': said('association', 'waiting', /paused/),
	'association: not applied at first': said('association', 'not applied again'),
	'association: changes while it fails': said('association', 'changed'),
	'state: resolved': (operation) => ended('state', 'succeeded')(operation) && operation.result?.resolved === true,
	'state: of a group': (operation) => operation.kind === 'state' && operation.subject.group !== undefined,
	'state: of no group': (operation) => operation.kind === 'state' && operation.group === '(none)',
	'state: over before anybody was told': (operation) =>
		ended('state', 'skipped')(operation) && /before anybody was told/.test(operation.result?.reason ?? ''),
	'state: handed over': said('state', 'handed over'),
	'state: found by the sweep': said('state', 'opened', /the sweep found it/),
	'state: recovery found by the clock': said('state', 'compliant', /the clock found it/),
};

const WRONG = 'state: wrong in the end';
const FAILING = 'association: fails in the end';

export const FEATURES: readonly string[] = [...Object.keys(REACHED), WRONG, FAILING];

export const RARE: readonly string[] = [
	...['association: helped', 'association: resolved', 'association: fails nowhere by itself', 'association: paused'],
	...['association: not applied at first', 'association: changes while it fails', FAILING],
	...['state: of a group', 'state: of no group', 'state: over before anybody was told', 'state: handed over'],
	...['state: found by the sweep', 'state: recovery found by the clock', WRONG],
	...["an agent's connection is lost", 'a node vanishes'],
];

export const TRANSITIONS: readonly string[] = [
	...['starting -> running', 'running -> verifying', 'verifying -> succeeded'],
	...['opened -> waiting (gathering)', 'waiting (gathering) -> verifying', 'waiting (gathering) -> skipped'],
];

/** Counts, once, what an operation has reached by a write. */
export function countFeatures(scene: Scene, after: Either, before: Either | undefined): void {
	for (const [name, shows] of Object.entries(REACHED)) if (shows(after) && !(before && shows(before))) scene.reached(name);
}

/** Counts what is wrong when all has settled. */
export function countLeft(scene: Scene): void {
	const open = [...scene.operations.values()].filter(({ closedAt }) => closedAt === undefined);
	if (open.some(({ kind }) => kind === 'state')) scene.reached(WRONG);
	if (open.some(({ kind }) => kind === 'association')) scene.reached(FAILING);
}
