/** Patches in rings. */

import type { PatchOperation } from '../../../shared/operation/types.ts';
import type { BusEvent } from '../../aws/eventbridge.ts';
import type { Flow, Part, Scene, Watch } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import { drawPatching, type PatchPart } from './patch-draw.ts';
import { checkClosed, checkRuns } from './patch-ends.ts';
import { countFeatures, FEATURES, RARE, TRANSITIONS } from './patch-features.ts';
import { Rings } from './patch-rings.ts';

const MINUTE = 60_000;
const CHANGED = 'Maintenance Window Execution State-change Notification';
const UNSAID: readonly unknown[] = ['PENDING', 'CANCELLING'];
/** What is decided is done by then, once nothing goes wrong any more. */
const DONE_WITHIN = 30 * MINUTE;

const isPatch = (operation: Recorded): operation is PatchOperation => operation.kind === 'patch';

export const patch: Flow = {
	name: 'patch',
	weight: 1,
	alone: true,
	draw: drawPatching,
	watch,
	mustAccountFor: ({ 'detail-type': type, detail }) => type === CHANGED && !UNSAID.includes(detail['status']),
	accounts,
	isBestEffort: () => false,
	// Their clock is one of their own: see below.
	dueAt: (operation) => (isPatch(operation) ? Number.POSITIVE_INFINITY : undefined),
	transitions: TRANSITIONS,
	features: FEATURES,
	faults: ['a node vanishes', "an agent's connection is lost"],
	rare: RARE,
};

function watch(scene: Scene, part: Part): Watch {
	const patching = part as PatchPart;
	const rings = new Rings(scene, patching);
	return {
		called: (call) => rings.called(call),
		written(after, before) {
			if (!isPatch(after) || after.closedAt === undefined || before?.closedAt !== undefined) return;
			checkClosed(scene, rings, after);
			countFeatures(scene, after);
		},
		minute() {
			for (const operation of scene.operations.values()) if (isPatch(operation)) lookAt(scene, operation);
		},
		pending() {
			if (scene.now() <= patching.lastOpeningAt + MINUTE) return ['a window opens'];
			const known = runsOf(scene);
			return rings.executions().flatMap(({ id }) => (known.has(id) ? [] : [`nobody has taken up the run ${id}`]));
		},
		end: () => checkRuns(scene, rings),
	};
}

function runsOf({ operations }: Scene): Set<string> {
	return new Set([...operations.values()].flatMap(({ subject }) => (subject.kind === 'patch' ? [subject.executionId] : [])));
}

function lookAt(scene: Scene, { id, closedAt, ending }: PatchOperation): void {
	if (closedAt !== undefined || ending === undefined) return;
	const decidedAt = Math.max(scene.decidedOnRecord(id) ?? 0, scene.setting.startAt + scene.plan.fromMs + scene.plan.untilMs);
	if (scene.now() - decidedAt > DONE_WITHIN) scene.violated(5, `${id} was decided long ago, and ${ending.pending.join(', ')} is not done`);
}

function accounts({ 'detail-type': type, detail }: BusEvent, scene: Scene): boolean {
	return type === CHANGED && runsOf(scene).has(String(detail['window-execution-id']));
}
