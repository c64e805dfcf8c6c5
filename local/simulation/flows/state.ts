/** Nodes that are to be in a state: associations of State Manager, and what nodes comply with. */

import type { AssociationOperation, StateOperation } from '../../../shared/operation/types.ts';
import type { BusEvent } from '../../aws/eventbridge.ts';
import type { Flow, Part, Scene, Watch } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import { COMPLIANCE, OF_ASSOCIATION, OF_NODE, StatesAtAws } from './state-at-aws.ts';
import { checkApplied, checkOpened, checkPace, isAssociation, isState } from './state-checks.ts';
import { ASSOCIATIONS, drawStates, NODES, type StatePart } from './state-draw.ts';
import { checkSettled } from './state-ends.ts';
import { countFeatures, countLeft, FEATURES, RARE, TRANSITIONS } from './state-features.ts';
import { isDeployed } from './telling.ts';

const FUNCTION = 'fleetkeeper-local-node-state';
/** Calls of Systems Manager: of a story in which little happens, and more for each operation. */
const CALLS = { story: 150, operation: 40 } as const;

const isOurs = (operation: Recorded): operation is AssociationOperation | StateOperation => isState(operation) || isAssociation(operation);

export const state: Flow = {
	name: 'state',
	weight: 1,
	alone: true,
	draw: drawStates,
	watch,
	mustAccountFor,
	accounts,
	isBestEffort: () => false,
	// Their clock is one of their own: see checkPace.
	dueAt: (operation) => (isOurs(operation) ? Number.POSITIVE_INFINITY : undefined),
	// What is wrong for as long as the story lasts is told, and looked at now and then.
	rests: (operation) =>
		isOurs(operation) && operation.state === 'verifying' && operation.ending === undefined && operation.untold === undefined,
	transitions: TRANSITIONS,
	features: FEATURES,
	faults: ['a node vanishes', "an agent's connection is lost"],
	rare: RARE,
};

function watch(scene: Scene, part: Part): Watch {
	const { settledAt } = part as StatePart;
	const states = new StatesAtAws(scene);
	let calls = 0;
	return {
		emitted: (event) => states.emitted(event),
		called({ service, caller }) {
			if (service === 'ssm' && caller === FUNCTION) calls += 1;
		},
		written(after, before) {
			if (!isOurs(after)) return;
			if (before === undefined) checkOpened(scene, states, after);
			countFeatures(scene, after, before as typeof after | undefined);
		},
		minute() {
			checkApplied(scene, states);
			for (const operation of scene.operations.values()) checkPace(scene, operation);
		},
		pending: () => (scene.now() >= settledAt && states.isQuiet() ? [] : ['what is wrong has not settled']),
		end() {
			checkApplied(scene, states);
			checkSettled(scene, states);
			countLeft(scene);
			const most = CALLS.story + CALLS.operation * scene.operations.size;
			if (calls > most)
				scene.violated(8, `${calls} calls of Systems Manager for ${scene.operations.size} operations: at most ${most} are enough`);
		},
	};
}

/** What the rules of the function take, where a story has them. */
function mustAccountFor({ 'detail-type': type, detail }: BusEvent): boolean {
	if (type === COMPLIANCE) return String(detail['resource-id']).startsWith(NODES);
	if (!String(detail['association-id']).startsWith(ASSOCIATIONS)) return false;
	return (type === OF_ASSOCIATION && detail['status'] !== 'Pending') || (type === OF_NODE && detail['status'] === 'Failed');
}

function accounts(event: BusEvent, scene: Scene): boolean {
	if (!isDeployed(scene, FUNCTION)) return mustAccountFor(event);
	const { 'detail-type': type, detail } = event;
	const all = [...scene.operations.values()];
	if (type === COMPLIANCE) {
		const node = String(detail['resource-id']);
		const about = (operation: Recorded) =>
			isState(operation) &&
			(operation.subject.node === node || node in operation.nodes || node in operation.well || operation.subject.group !== undefined);
		return all.some(about);
	}
	return all.some((operation) => isAssociation(operation) && operation.subject.associationId === detail['association-id']);
}
