/** Rules for the software on nodes. */

import type { CommandOperation, InventoryOperation } from '../../../shared/operation/types.ts';
import type { BusEvent } from '../../aws/eventbridge.ts';
import type { Flow, Part, Scene, Watch } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import { nodeOfObject, SoftwareAtAws } from './inventory-at-aws.ts';
import { checkNamed, checkOpened, checkSent, isInventory, isRemedy, tellingOf } from './inventory-checks.ts';
import { drawInventory, type InventoryPart } from './inventory-draw.ts';
import { checkRemedied, checkSettled } from './inventory-ends.ts';
import { countFeatures, countLeft, FEATURES, RARE, TRANSITIONS } from './inventory-features.ts';
import { checkPace, isDeployed } from './telling.ts';

const MINUTE = 60_000;
/** What inventory says at last is known to everybody by then. */
const TOLD_WITHIN = 10 * MINUTE;
const FUNCTION = 'fleetkeeper-local-inventory-change';
/** Calls of Systems Manager: of a story in which little happens, and more for each operation. */
const CALLS = { story: 150, operation: 60 } as const;

const isOurs = (operation: Recorded): operation is CommandOperation | InventoryOperation => isInventory(operation) || isRemedy(operation);

export const inventory: Flow = {
	name: 'inventory',
	weight: 1,
	alone: true,
	draw: drawInventory,
	watch,
	mustAccountFor: (event) => nodeOfObject(event) !== undefined,
	// Of news for an open rule that changes nothing nobody writes anything: what is true of nodes the other checks ask for.
	accounts: (event, scene) =>
		nodeOfObject(event) !== undefined && (!isDeployed(scene, FUNCTION) || [...scene.operations.values()].some(isInventory)),
	isBestEffort: (event) => nodeOfObject(event) !== undefined,
	// Their clock is one of their own: see checkPace.
	dueAt: (operation) => (isInventory(operation) ? Number.POSITIVE_INFINITY : undefined),
	// What is wrong for as long as the story lasts is told, and looked at now and then.
	rests: (operation) =>
		isInventory(operation) &&
		operation.state === 'verifying' &&
		operation.ending === undefined &&
		operation.untold === undefined &&
		operation.round === undefined,
	transitions: TRANSITIONS,
	features: FEATURES,
	faults: ['a node vanishes', "an agent's connection is lost"],
	rare: RARE,
};

function watch(scene: Scene, part: Part): Watch {
	const { rules, settledAt, away, acts = [] } = part as InventoryPart;
	const software = new SoftwareAtAws(scene, rules);
	const telling = tellingOf(scene, software, rules);
	const isPaused = acts.some(({ id }) => id === 'software pause');
	let calls = 0;
	return {
		emitted: (event: BusEvent) => software.emitted(event),
		called({ service, operation, caller, error }) {
			if (service !== 'ssm' || caller !== FUNCTION) return;
			calls += 1;
			if (error === undefined && (operation === 'CreateOpsItem' || operation === 'UpdateOpsItem')) telling.changed();
		},
		written(after, before) {
			if (!isOurs(after)) return;
			if (before === undefined && isInventory(after)) checkOpened(scene, after);
			countFeatures(scene, after, before as typeof after | undefined);
		},
		minute() {
			software.look();
			telling.minute();
			checkSent(scene, software, rules);
			checkNamed(scene, software, rules);
			for (const operation of scene.operations.values()) if (isInventory(operation)) checkPace(scene, operation);
		},
		pending: () => (scene.now() >= settledAt && software.isQuiet(TOLD_WITHIN) ? [] : ['the software has not settled']),
		end() {
			checkSent(scene, software, rules);
			checkSettled(scene, software, rules);
			checkRemedied(scene, software, rules, away, isPaused);
			countLeft(scene);
			const most = CALLS.story + CALLS.operation * scene.operations.size;
			if (calls > most)
				scene.violated(8, `${calls} calls of Systems Manager for ${scene.operations.size} operations: at most ${most} are enough`);
		},
	};
}
