/** When a composite alarm with a suppressor takes its actions. */

import type { Clock } from '../types.ts';
import type { CompositeAlarm, StateValue } from './model.ts';

/** Told when a composite may take the actions of the state it is in. */
type Act = (alarm: CompositeAlarm) => void;

export class Suppression {
	readonly #clock: Clock;
	readonly #act: Act;
	readonly #cancels = new Map<CompositeAlarm, () => void>();

	constructor(clock: Clock, act: Act) {
		this.#clock = clock;
		this.#act = act;
	}

	/**
	 * The composite has changed its state. With its suppressor in ALARM its actions are suppressed by it; otherwise it waits for
	 * the suppressor to follow, whatever it waited for before. Without a suppressor it acts.
	 */
	changed(alarm: CompositeAlarm, suppressor: StateValue | undefined): void {
		this.discard(alarm);
		if (alarm.settings.ActionsSuppressor === undefined) this.#act(alarm);
		else if (suppressor === 'ALARM') alarm.suppressedBy = 'Alarm';
		else this.#wait(alarm, 'WaitPeriod', alarm.settings.ActionsSuppressorWaitPeriod ?? 0);
	}

	/** The composite's suppressor has changed its state. */
	suppressorChanged(alarm: CompositeAlarm, suppressor: StateValue): void {
		if (alarm.suppressedBy === undefined) return;
		if (suppressor === 'ALARM') {
			this.discard(alarm);
			alarm.suppressedBy = 'Alarm';
		} else if (alarm.suppressedBy === 'Alarm') {
			this.#wait(alarm, 'ExtensionPeriod', alarm.settings.ActionsSuppressorExtensionPeriod ?? 0);
		}
	}

	/** Ends a wait without acting: the alarm is gone, or its suppressor another. */
	discard(alarm: CompositeAlarm): void {
		this.#cancels.get(alarm)?.();
		this.#cancels.delete(alarm);
		delete alarm.suppressedBy;
	}

	#wait(alarm: CompositeAlarm, period: 'WaitPeriod' | 'ExtensionPeriod', seconds: number): void {
		alarm.suppressedBy = period;
		const cancel = this.#clock.after(seconds * 1000, () => {
			this.discard(alarm);
			this.#act(alarm);
		});
		this.#cancels.set(alarm, cancel);
	}
}
