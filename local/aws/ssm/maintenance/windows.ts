/** The maintenance windows of an account, and when they open. */

import type { AwsContext } from '../../types.ts';
import { AwsError } from '../../types.ts';
import { WindowEvents } from './events.ts';
import type { Window, WindowSettings } from './model.ts';
import { nextOpening, planOf } from './settings.ts';

/** Systems Manager quotas. */
const MOST_WINDOWS = 50;

export class Windows {
	readonly events: WindowEvents;
	readonly #ctx: AwsContext;
	readonly #windows = new Map<string, Window>();
	readonly #timers = new Map<string, () => void>();
	#onOpening: (window: Window) => void = () => {};

	constructor(ctx: AwsContext) {
		this.#ctx = ctx;
		this.events = new WindowEvents(ctx);
	}

	/** Calls `listener` whenever a window opens. */
	onOpening(listener: (window: Window) => void): void {
		this.#onOpening = listener;
	}

	/** The oldest first. */
	all(): Window[] {
		return [...this.#windows.values()];
	}

	/** @throws AwsError `DoesNotExistException`. */
	get(id: string | undefined): Window {
		const window = this.#windows.get(id ?? '');
		if (!window) throw new AwsError('DoesNotExistException', `Maintenance window ${id} does not exist`);
		return window;
	}

	/** @throws AwsError `ResourceLimitExceededException`, `ValidationException`. */
	create(settings: WindowSettings, tags: Map<string, string>, id = `mw-${this.#ctx.id(17)}`): Window {
		const now = this.#ctx.clock.now();
		const plan = planOf(settings, now);
		if (this.#windows.size >= MOST_WINDOWS) {
			throw new AwsError('ResourceLimitExceededException', `The limit of ${MOST_WINDOWS} maintenance windows is reached.`);
		}
		const window: Window = { id, createdAt: now, modifiedAt: now, tags, targets: new Map(), tasks: new Map(), settings, plan };
		this.#windows.set(id, window);
		this.#arm(window);
		return window;
	}

	/** @throws AwsError `ValidationException`. */
	update(window: Window, settings: WindowSettings): void {
		const now = this.#ctx.clock.now();
		const switched = settings.enabled !== window.settings.enabled;
		const { schedule, timezone, offsetDays, startDate } = window.settings;
		const replanned =
			settings.schedule !== schedule ||
			settings.timezone !== timezone ||
			settings.offsetDays !== offsetDays ||
			settings.startDate !== startDate;
		const plan = planOf(settings, now);
		// A rate goes on counting from where it did.
		if (replanned) window.plan = plan;
		window.settings = settings;
		window.modifiedAt = now;
		if (switched) this.events.state(window);
		this.#arm(window);
	}

	/** What runs by then goes on to its end. */
	delete(window: Window): void {
		this.#windows.delete(window.id);
		this.#timers.get(window.id)?.();
		this.#timers.delete(window.id);
	}

	/** When a window opens next, or nothing where it never does any more. */
	nextOpening({ settings, plan }: Window, after = this.#ctx.clock.now()): number | undefined {
		return nextOpening(settings, plan, after);
	}

	#arm(window: Window): void {
		this.#timers.get(window.id)?.();
		const at = this.nextOpening(window);
		if (at === undefined) return;
		const open = () => {
			this.#arm(window);
			this.#onOpening(window);
		};
		this.#timers.set(window.id, this.#ctx.clock.after(at - this.#ctx.clock.now(), open));
	}
}
