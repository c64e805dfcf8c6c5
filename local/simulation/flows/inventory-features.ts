/** What stories of software can reach, told from the operations as they are written. */

import type { CommandOperation, InventoryOperation } from '../../../shared/operation/types.ts';
import type { Scene } from '../flow.ts';
import { isInventory, isRemedy } from './inventory-checks.ts';

type Either = CommandOperation | InventoryOperation;

const said =
	(what: string, why = /./) =>
	(operation: Either) =>
		isInventory(operation) && operation.history.some((line) => line.what === what && why.test(line.why));

/** Each with how it shows that an operation has reached it. */
const REACHED: Readonly<Record<string, (operation: Either) => boolean>> = {
	'inventory: several nodes of a rule': (operation) => isInventory(operation) && Object.keys(operation.nodes).length > 1,
	'inventory: resolved': (operation) =>
		isInventory(operation) && operation.closedAt !== undefined && operation.state === 'succeeded' && operation.result?.resolved === true,
	'inventory: opened again': (operation) => isInventory(operation) && operation.occurrence > 1,
	'inventory: a node more': said('found'),
	'inventory: a node less': said('clean'),
	'inventory: a node gone': said('gone'),
	'inventory: found by the sweep': (operation) =>
		said('opened', /the sweep found it/)(operation) || said('found', /the sweep found it/)(operation),
	'inventory: recovery found by the clock': said('clean', /the clock found it/),
	'inventory: command begun': said('command begun'),
	'inventory: nobody to be reached': said('no command'),
	'inventory: command succeeded': (operation) => isRemedy(operation) && operation.closedAt !== undefined && operation.state === 'succeeded',
	'inventory: command failed': (operation) => isRemedy(operation) && operation.closedAt !== undefined && operation.state === 'failed',
	'inventory: observed': (operation) => isRemedy(operation) && operation.result?.observed === true,
	'inventory: command held back': (operation) => isRemedy(operation) && operation.waiting !== undefined,
	'inventory: second command': (operation) => isInventory(operation) && operation.rounds > 1,
};

const LEFT = 'inventory: broken in the end';

export const FEATURES: readonly string[] = [...Object.keys(REACHED), LEFT];

export const RARE: readonly string[] = [
	...['inventory: nobody to be reached', 'inventory: recovery found by the clock', 'inventory: command held back'],
	...['inventory: observed', 'inventory: second command', 'inventory: a node gone', 'inventory: found by the sweep'],
	...["an agent's connection is lost", 'a node vanishes'],
];

export const TRANSITIONS: readonly string[] = ['opened -> verifying', 'verifying -> succeeded', 'opened -> starting'];

/** Counts, once, what an operation has reached by a write. */
export function countFeatures(scene: Scene, after: Either, before: Either | undefined): void {
	for (const [name, shows] of Object.entries(REACHED)) if (shows(after) && !(before && shows(before))) scene.reached(name);
}

/** Counts what is wrong when all has settled. */
export function countLeft(scene: Scene): void {
	if ([...scene.operations.values()].some((each) => isInventory(each) && each.closedAt === undefined)) scene.reached(LEFT);
}
