/** Every operation is decided within two minutes of its deadline, and what follows from that is done. */

import type { Flow, Scene, Watch } from '../flow.ts';
import type { Recorded } from '../ledger.ts';

const DECIDED_WITHIN = 120_000;
/** A clock that runs behind by this much decides that much later. Milliseconds. */
const SKEW = 5_000;
/** A tick that begins this long after a deadline, and that nothing disturbs, decides. Milliseconds. */
const TICK_DECIDES_AFTER = 30_000 + SKEW;
/** Undisturbed ticks within which the effects of an ending are done: some may have to be asked for three times. */
const EFFECTS_WITHIN_TICKS = 8;

export function watchDeadlines(scene: Scene, flows: readonly Flow[]): Watch {
	const dueAt = (operation: Recorded) =>
		flows.map((flow) => flow.dueAt?.(operation)).find((at) => at !== undefined) ?? (hasBegun(operation) ? operation.deadlineAt : undefined);

	function look(): void {
		for (const operation of scene.operations.values()) {
			if (operation.closedAt !== undefined) continue;
			if (operation.ending === undefined) lookAtUndecided(operation, dueAt(operation) ?? Number.POSITIVE_INFINITY);
			else lookAtEnding(operation, operation.ending.pending, dueAt(operation) ?? 0);
		}
	}

	function lookAtUndecided({ id, openedAt, state }: Recorded, deadlineAt: number): void {
		// One that is found late may be opened after its deadline.
		const dueAt = Math.max(deadlineAt, openedAt);
		const late = scene.now() - dueAt;
		if (late <= DECIDED_WITHIN + SKEW || scene.clock.ticks(dueAt + TICK_DECIDES_AFTER) === 0) return;
		scene.violated(5, `${id} is ${state} still, ${Math.round(late / 1_000)} s after its deadline`);
	}

	function lookAtEnding({ id }: Recorded, pending: readonly string[], dueAt: number): void {
		const decidedAt = scene.decidedOnRecord(id) ?? 0;
		if (scene.clock.ticks(Math.max(decidedAt, dueAt)) < EFFECTS_WITHIN_TICKS) return;
		scene.violated(5, `${id} was decided at ${new Date(decidedAt).toISOString()}, and ${pending.join(', ')} is not done`);
	}

	return { minute: look, end: look };
}

/** Its work runs, or may. */
function hasBegun({ state, work }: Recorded): boolean {
	return state === 'running' || (state === 'starting' && work !== undefined);
}
