/** Every operation is decided within two minutes of its deadline, and what follows from that is done. */

import type { Scene, Watch } from '../flow.ts';
import { decisionOf } from '../ledger.ts';

const DECIDED_WITHIN = 120_000;
/** A clock that runs behind by this much decides that much later. Milliseconds. */
const SKEW = 5_000;
/** A tick that begins this long after a deadline, and that nothing disturbs, decides. Milliseconds. */
const TICK_DECIDES_AFTER = 30_000 + SKEW;
/** Undisturbed ticks within which the effects of an ending are done: some may have to be asked for three times. */
const EFFECTS_WITHIN_TICKS = 8;

export function watchDeadlines(scene: Scene): Watch {
	function look(): void {
		const now = scene.now();
		for (const operation of scene.operations.values()) {
			const { id, closedAt, ending, waiting, state } = operation;
			// One that is found late may be opened after its deadline.
			const deadlineAt = Math.max(operation.deadlineAt, operation.openedAt);
			// What is paused has not begun: its deadline is moved when the pause is over.
			if (closedAt !== undefined || state === 'verifying' || waiting === 'pause') continue;
			if (ending === undefined) {
				const late = now - deadlineAt;
				if (late <= DECIDED_WITHIN + SKEW || scene.clock.ticks(deadlineAt + TICK_DECIDES_AFTER) === 0) continue;
				scene.violated(5, `${id} is ${state} still, ${Math.round(late / 1_000)} s after its deadline`);
			} else {
				const decidedAt = Date.parse(decisionOf(operation)?.at ?? '');
				if (scene.clock.ticks(decidedAt) < EFFECTS_WITHIN_TICKS) continue;
				scene.violated(5, `${id} was decided at ${new Date(decidedAt).toISOString()}, and ${ending.pending.join(', ')} is not done`);
			}
		}
	}
	return { minute: look, end: look };
}
