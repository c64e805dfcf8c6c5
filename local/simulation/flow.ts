/**
 * What a kind of operation brings to the simulation: its part of every seed's story, and what must hold of it. A new kind joins by a
 * file in `flows/` and its line in `flows/index.ts`.
 */

import type { ApiCall } from '../aws/api-call.ts';
import type { BusEvent } from '../aws/eventbridge.ts';
import type { OpsItem } from '../aws/ssm/ops-items.ts';
import type { Call } from '../aws/wire.ts';
import type { EventFate } from '../delivery.ts';
import type { Execution } from '../executing.ts';
import type { Fleet, FleetGroup } from '../fleet.ts';
import type { DocumentDefinition, Template } from '../template.ts';
import type { World } from '../world.ts';
import type { Draw } from './draw.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Recorded, SlotsItem } from './ledger.ts';

/**
 * What must hold: 1 every action that a playbook claims is served in time, 2 no work runs twice, 3 the result is the right one and nobody
 * else's hook is touched, 4 one open OpsItem for what shares one, 5 decided within two minutes of the deadline, 6 no more slots than the
 * limits, 7 no event vanishes, 8 heartbeats for open operations alone.
 */
export type Invariant = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** Something that happens in a story beside what AWS and Fleetkeeper do: people act, nodes die, alarms go off. */
export interface Act {
	/** Unique in its story: it is left out by this name. */
	readonly id: string;
	/** Milliseconds after the story begins. */
	readonly at: number;
	/** In words, for the printed story. */
	readonly what: string;
	/** Its count among the faults, where it is one. */
	readonly fault?: string;
	/** The story does not wait for it. */
	readonly spare?: true;
	/** What it gives is waited for. */
	do(world: World): unknown;
}

/** A playbook as it is stored: the keys of its YAML. */
export type PlaybookText = Readonly<Record<string, unknown>> & { readonly name: string; readonly priority: number; readonly on: string };

/** A flow's part of a story. */
export interface Part {
	readonly groups?: readonly FleetGroup[];
	readonly playbooks?: readonly PlaybookText[];
	readonly acts?: readonly Act[];
	/** Beside those of the template. */
	readonly documents?: readonly DocumentDefinition[];
	/** Beside groups. */
	readonly fleet?: Omit<Fleet, 'groups'>;
	/** What is deployed otherwise than it is packaged. */
	deploys?(packaged: Template): Template;
	/** Functions whose own clocks the story needs: those of the others stand still, for they cost time. */
	readonly clocks?: readonly string[];
	/** How long it goes on at least. Milliseconds. */
	readonly lastsMs?: number;
	/** When things begin to go wrong, where that is not at once. Milliseconds after the start. */
	readonly disturbedFromMs?: number;
	/** Puts into the world, before anything happens in it, what a fleet has no words for: alarms, rules. */
	prepare?(world: World): void;
}

/** What a flow's eyes see of a world, as it happens. All of it is optional. */
export interface Watch {
	/** A call of anybody, before it has its effect. */
	asked?(call: Call, execution: Execution | undefined): void;
	/** A call of anybody that has had its effect (or was refused: `error`), whatever the caller has heard. */
	called?(call: ApiCall, execution: Execution | undefined): void;
	/** An operation was written; `before` is what was there. */
	written?(after: Recorded, before: Recorded | undefined): void;
	/** Slots under a playbook's limits were taken or given back. */
	held?(item: SlotsItem): void;
	/** An event was put on the bus, and what becomes of it. */
	emitted?(event: BusEvent, fate: EventFate): void;
	/** Something has happened: after every timer of the world. */
	step?(): void;
	/** Once a simulated minute. */
	minute?(): void;
	/** What there is still to wait for, in words: the story goes on until there is nothing, or its time is over. */
	pending?(): readonly string[];
	/** The story is over. */
	end?(): void;
}

export interface Flow {
	readonly name: string;
	/** How often it takes part in a story, beside those of weight 1: they have most seeds to themselves, and share the others in twos. */
	readonly weight: number;
	/** It takes hours: it has its stories to itself, and clocks are left out of them while nothing happens (quiet.ts). */
	readonly alone?: true;
	/** Draws its part of a story. */
	draw(draw: Draw, about: Setting): Part;
	/** Holds a world to the invariants, and counts what was reached. */
	watch(scene: Scene, part: Part): Watch;
	/**
	 * An event that a handler must account for: it opens or moves an operation, is dropped with a reason, or is a dead letter. The end of
	 * work need not be named.
	 */
	mustAccountFor(event: BusEvent): boolean;
	/** Whether an operation accounts for an event, of which any flow has said that it must be accounted for. */
	accounts(event: BusEvent, scene: Scene): boolean;
	/** Events that AWS calls best effort, beside those of Systems Manager: they may be dropped. */
	isBestEffort(event: BusEvent): boolean;
	/**
	 * When an open operation that is not decided must be, or from when on the next effect of one that is can be done: epoch milliseconds,
	 * `Infinity` where nothing presses, undefined where the flow has nothing to say. Then it is the deadline of work that has begun, and
	 * the decision.
	 */
	dueAt?(operation: Recorded): number | undefined;
	/** Whether an operation that is open waits for nothing of the story: what it is about stays as it is. */
	rests?(operation: Recorded): boolean;
	/** How often the work of one of its operations may be begun, where that is more than once. Undefined for those of others. */
	mostRuns?(operation: Recorded): number | undefined;
	/** What an OpsItem is about, where its title does not tell it from others that are about something else. */
	itemSubject?(item: OpsItem): string | undefined;
	/** Transitions (`starting -> running`) and features that a long run must reach. */
	readonly transitions: readonly string[];
	readonly features: readonly string[];
	/** Faults among its acts. */
	readonly faults: readonly string[];
	/** Of all these, what only a run of thousands of seeds must reach. */
	readonly rare: readonly string[];
}

/** What all flows of a story have in common. */
export interface Setting {
	/** Epoch milliseconds. */
	readonly startAt: number;
	/** Acts lie within this time after the start. Milliseconds. */
	readonly actsWithinMs: number;
	readonly account: string;
	readonly region: string;
}

/** What a watch has of the story that is being played. */
export interface Scene {
	readonly world: World;
	readonly setting: Setting;
	readonly plan: FaultPlan;
	/** Epoch milliseconds, on the world's own clock. */
	now(): number;
	/** All operations in the ledger, by id. */
	readonly operations: ReadonlyMap<string, Recorded>;
	/** When it was written how an operation ends. */
	decidedOnRecord(id: string): number | undefined;
	/** When it was written that an operation has closed. */
	closedOnRecord(id: string): number | undefined;
	/** The clock's runs that nothing disturbed. */
	readonly clock: CleanRuns;
	/** When an invocation began. */
	startedAt(execution: Execution): number;
	reached(feature: string): void;
	violated(invariant: Invariant, what: string): void;
}

/** Runs of the clock that no fault touched, counted by when they began: what they must have done is done. */
export interface CleanRuns {
	ticks(after: number): number;
	sweeps(after: number, before?: number): number;
}
