/** The configuration recorder: what resources looked like, and when. It follows their changes after a while. */

import type { AwsContext } from '../types.ts';
import { itemChange } from './item-change.ts';
import { type ConfigurationItem, type ResourceProvider, type ResourceState, resourceKey } from './model.ts';

type OnItem = (item: ConfigurationItem) => void;

/** After a change it is looked for once, and once more for what a service only finishes by then. */
const LOOK_AFTER_MS = 1_000;
const LOOK_AGAIN_AFTER_MS = 30_000;

export class Recorder {
	/** From a change to its configuration item, in milliseconds; a second at least. */
	lagMs: number;
	name = 'default';
	roleArn: string | undefined;
	/** The types that are recorded; all where it is undefined. */
	types: readonly string[] | undefined;
	/** Epoch milliseconds. */
	startedAt: number | undefined;
	stoppedAt: number | undefined;
	readonly #ctx: AwsContext;
	readonly #onItem: OnItem;
	readonly #providers = new Map<string, ResourceProvider>();
	/** What each resource was last seen to be, as text; its item may still be on its way. */
	readonly #seen = new Map<string, { readonly type: string; readonly state: ResourceState; readonly text: string }>();
	/** By resource, the oldest first. */
	readonly #history = new Map<string, ConfigurationItem[]>();
	/** Looks that are to come, by service and delay. */
	readonly #looks = new Set<string>();
	#recording = false;

	constructor(ctx: AwsContext, lagMs: number, onItem: OnItem) {
		this.#ctx = ctx;
		this.lagMs = lagMs;
		this.#onItem = onItem;
	}

	get recording(): boolean {
		return this.#recording;
	}

	addProvider(provider: ResourceProvider): void {
		if (this.#providers.has(provider.type)) throw new Error(`There are two providers of ${provider.type}.`);
		this.#providers.set(provider.type, provider);
	}

	/** Begins to record: what is there is discovered, after the lag. `quietly`: it had all been recorded before, and nobody is told. */
	start({ quietly = false } = {}): void {
		this.#recording = true;
		this.startedAt = this.#ctx.clock.now();
		if (quietly) {
			this.#look(
				() => true,
				(key, item) => this.#history.set(key, [item]),
			);
		} else {
			this.#lookAndRecord(() => true);
		}
	}

	stop(): void {
		this.#recording = false;
		this.stoppedAt = this.#ctx.clock.now();
	}

	/** Something of a service may have changed: what differs from what was last seen is recorded as it stands then, after the lag. */
	lookSoon(service: string): void {
		if (!this.#recording || ![...this.#providers.values()].some((provider) => provider.service === service)) return;
		for (const delay of [LOOK_AFTER_MS, LOOK_AGAIN_AFTER_MS]) {
			const look = `${service} after ${delay}`;
			if (this.#looks.has(look)) continue;
			this.#looks.add(look);
			this.#ctx.clock.after(delay, () => {
				this.#looks.delete(look);
				this.#lookAndRecord((provider) => provider.service === service);
			});
		}
	}

	/** The last recorded items of the resources that were not deleted. */
	current(): ConfigurationItem[] {
		return [...this.#history.values()].flatMap((items) => items.at(-1) ?? []).filter(({ status }) => status !== 'ResourceDeleted');
	}

	/** Deleted ones included. */
	lastItems(type: string): ConfigurationItem[] {
		return [...this.#history.values()].flatMap((items) => items.at(-1) ?? []).filter((item) => item.type === type);
	}

	historyOf(resource: Pick<ConfigurationItem, 'type' | 'id'>): readonly ConfigurationItem[] {
		return this.#history.get(resourceKey(resource)) ?? [];
	}

	#lookAndRecord(where: (provider: ResourceProvider) => boolean): void {
		if (!this.#recording) return;
		this.#look(where, (_, item) => {
			this.#ctx.clock.after(this.lagMs - LOOK_AFTER_MS, () => this.#record({ ...item, capturedAt: this.#ctx.clock.now() }));
		});
	}

	#look(where: (provider: ResourceProvider) => boolean, found: (key: string, item: ConfigurationItem) => void): void {
		const capturedAt = this.#ctx.clock.now();
		for (const provider of this.#providers.values()) {
			const { type } = provider;
			if (!where(provider) || (this.types && !this.types.includes(type))) continue;
			const present = new Set<string>();
			for (const state of provider.list()) {
				const key = resourceKey({ type, id: state.id });
				const text = JSON.stringify(state);
				const before = this.#seen.get(key);
				present.add(key);
				if (before?.text === text) continue;
				const copy = JSON.parse(text) as ResourceState;
				this.#seen.set(key, { type, state: copy, text });
				found(key, { ...copy, type, status: before ? 'OK' : 'ResourceDiscovered', capturedAt });
			}
			for (const [key, { type: seenType, state }] of this.#seen) {
				if (seenType !== type || present.has(key)) continue;
				this.#seen.delete(key);
				found(key, { ...state, type, status: 'ResourceDeleted', configuration: {}, supplementaryConfiguration: {}, capturedAt });
			}
		}
	}

	#record(item: ConfigurationItem): void {
		if (!this.#recording) return;
		const key = resourceKey(item);
		const items = this.#history.get(key) ?? [];
		const previous = items.at(-1);
		this.#history.set(key, [...items, item]);
		this.#ctx.emit(itemChange(this.#ctx, item, previous?.status === 'ResourceDeleted' ? undefined : previous));
		this.#onItem(item);
	}
}
