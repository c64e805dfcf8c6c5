/** Plays the story of a seed and holds every step of it to the invariants. */

import { createHash } from 'node:crypto';
import type { ApiCall } from '../aws/api-call.ts';
import type { BusEvent } from '../aws/eventbridge.ts';
import type { Call } from '../aws/wire.ts';
import type { EventFate } from '../delivery.ts';
import type { Execution } from '../executing.ts';
import { allowing } from '../permissions/allowing.ts';
import type { Template } from '../template.ts';
import { createWorld, type World } from '../world.ts';
import { ClockRuns } from './clock-runs.ts';
import { FaultInjector, type Happened, isThrottling } from './faults.ts';
import type { Flow, Invariant, Scene, Watch } from './flow.ts';
import { watchDeadlines } from './invariants/deadlines.ts';
import { watchEvents } from './invariants/events.ts';
import { watchOpsItems } from './invariants/ops-items.ts';
import { watchSlots } from './invariants/slots.ts';
import { watchWork } from './invariants/work.ts';
import { LedgerMirror, type Recorded, standing } from './ledger.ts';
import { deafen } from './people.ts';
import { actsOf, drawStory, fleetOf, type Mask, masked, type Story, templateOf } from './story.ts';
import { type Counts, Tally } from './tally.ts';
import type { Told } from './timeline.ts';

export interface Violation {
	readonly seed: number;
	readonly invariant: Invariant;
	readonly what: string;
	/** Epoch milliseconds. */
	readonly at: number;
}

export interface Played {
	readonly seed: number;
	readonly story: Story;
	/** The first one, if there is any: what follows from it says little. */
	readonly violations: readonly Violation[];
	readonly happened: readonly Happened[];
	readonly operations: number;
	readonly events: number;
	readonly calls: number;
	readonly faults: Counts;
	readonly transitions: Counts;
	readonly features: Counts;
	/** Of all calls, of what the operations tell, and of what was violated. */
	readonly hash: string;
}

export interface PlayOptions {
	readonly seed: number;
	readonly template: Template;
	readonly flows: readonly Flow[];
	/** Names of the flows that take part, in place of those that the seed draws. */
	readonly only?: readonly string[] | undefined;
	readonly mask?: Mask;
	/** Has a look at the world once the story is over. */
	readonly afterwards?: (told: Told) => void;
}

const MINUTE = 60_000;
/** From the deployment to the story's start: by then the playbooks are compiled. */
const PREPARED_WITHIN = 10_000;
/** Nothing of a story is left to wait for this long after its start, or after the last operation that has closed. */
const LONGEST = 4 * 60 * MINUTE;
/** All that there may be to do one after another: thirty resources, remedied one at a time and more than once while lists lag. */
const MOST = 24 * 60 * MINUTE;
/** From the bus to a queue. */
const DELIVERED_WITHIN = 1_000;

/** Of AWS's own documents, those that the stories' playbooks name. */
const ALLOWED = ['AWS-RunShellScript'];

/** What holds of every kind of operation. */
const INVARIANTS: readonly ((scene: Scene, flows: readonly Flow[], story: Story) => Watch)[] = [
	watchWork,
	watchOpsItems,
	watchDeadlines,
	watchSlots,
	watchEvents,
];

/** @throws what the local AWS throws where it has a defect. */
export async function play(options: PlayOptions): Promise<Played> {
	const playing = new Playing(options);
	await playing.begin(options.template);
	return playing.run(options.afterwards);
}

/** A story while it is played. */
class Playing {
	readonly #seed: number;
	readonly #flows: readonly Flow[];
	readonly #story: Story;
	readonly #faults: FaultInjector;
	readonly #mirror = new LedgerMirror(() => this.#now);
	readonly #runs = new ClockRuns();
	readonly #tally = new Tally();
	readonly #watches: Watch[] = [];
	readonly #happened: Happened[] = [];
	readonly #disturbed = new Set<string>();
	readonly #violations: Violation[] = [];
	#world: World | undefined;
	#events = 0;
	#latestDelivery = 0;
	#actsLeft = 0;
	#nextMinute: number;
	/** When the last operation closed, or the story began. */
	#closedAt: number;
	#isOver = false;

	constructor({ seed, flows, only, mask = {} }: PlayOptions) {
		this.#seed = seed;
		this.#flows = flows;
		this.#story = masked(drawStory(seed, flows, only), mask);
		this.#nextMinute = this.#story.setting.startAt;
		this.#closedAt = this.#story.setting.startAt;
		const allowed = mask.faults && new Set(mask.faults);
		this.#faults = new FaultInjector({
			seed,
			plan: this.#story.plan,
			startAt: this.#story.setting.startAt,
			now: () => this.#now,
			allows: (key) => allowed === undefined || allowed.has(key),
			isBestEffort: (event) => event.source === 'aws.ssm' || flows.some((flow) => flow.isBestEffort(event)),
			onFault: (fault, execution) => this.#note(fault, execution),
			deafen: (instanceId) => deafen(this.#world as World, instanceId, true),
		});
	}

	get #now(): number {
		return this.#world?.clock.now() ?? this.#story.setting.startAt - PREPARED_WITHIN;
	}

	async begin(packaged: Template): Promise<void> {
		const { setting, plan, parts } = this.#story;
		this.#world = await createWorld({
			seed: this.#seed,
			time: 'simulated',
			startAt: this.#now,
			template: allowing(templateOf(this.#story, packaged), ALLOWED),
			fleet: fleetOf(this.#story),
			skipsQuiet: parts.every(({ flow }) => flow.alone),
			serviceOptions: { throttles: plan.quotas, listLagMs: plan.listLagMs, tagLagMs: plan.tagLagMs },
			faults: {
				call: (call, execution) => this.#asked(call, execution),
				answer: (call, body, execution) => this.#answered(call, body, execution),
				event: (event) => this.#emitted(event),
				skewMs: (functionName, environment) => this.#faults.skewMs(functionName, environment),
			},
			onCall: (call, execution) => this.#called(call, execution),
		});
		const scene = this.#scene(this.#world);
		for (const watch of INVARIANTS) this.#watches.push(watch(scene, this.#flows, this.#story));
		for (const { flow, part } of parts) {
			part.prepare?.(this.#world);
			this.#watches.push(flow.watch(scene, part));
		}
		this.#tally.conditions(plan);
		for (const act of actsOf(this.#story)) {
			if (!act.spare) this.#actsLeft += 1;
			this.#world.at(setting.startAt + act.at, () => this.#act(act));
		}
	}

	async run(afterwards?: (told: Told) => void): Promise<Played> {
		const world = this.#world as World;
		try {
			await world.runUntil(
				() => {
					this.#isOver ||= this.#step(world);
					return this.#isOver;
				},
				MOST + 2 * MINUTE,
			);
			const left = this.#pending(world);
			if (left !== undefined) this.#violated(1, `the story does not come to rest: ${left}`);
			else this.#tell('end');
		} finally {
			afterwards?.({ story: this.#story, world, happened: this.#happened, operations: this.#mirror.operations.values() });
			world.close();
		}
		return this.#played(world);
	}

	/** After every timer. True: the story is over. */
	#step(world: World): boolean {
		this.#runs.read(world.invocations);
		if (this.#violations.length > 0) return true;
		const { startAt } = this.#story.setting;
		if (this.#now < startAt) return false;
		this.#tell('step');
		if (this.#now < this.#nextMinute) return false;
		this.#nextMinute = this.#now + MINUTE;
		this.#tell('minute');
		const lasts = Math.max(0, ...this.#story.parts.map(({ part }) => part.lastsMs ?? 0));
		const closedAt = Math.max(this.#closedAt, startAt + lasts);
		return this.#pending(world) === undefined || this.#now >= Math.min(closedAt + LONGEST, startAt + MOST);
	}

	/** What there is still to wait for, or undefined. */
	#pending({ sqs }: World): string | undefined {
		if (this.#violations.length > 0) return undefined;
		if (this.#actsLeft > 0 || this.#now < this.#latestDelivery + DELIVERED_WITHIN) return 'what is to happen has not happened';
		const queue = [...sqs.queues].find(([name, { messages }]) => !name.endsWith('-dead-letters') && messages.length > 0);
		if (queue) return `${queue[0]} has messages`;
		const isOpen = ({ dueAt, closedAt }: Recorded) => dueAt !== undefined || closedAt === undefined;
		const rests = (operation: Recorded) => this.#flows.some((flow) => flow.rests?.(operation) === true);
		const open = [...this.#mirror.operations.values()].find((each) => isOpen(each) && !rests(each));
		return open ? `${open.id} is ${standing(open)}` : this.#watches.flatMap((watch) => watch.pending?.() ?? [])[0];
	}

	#act({ spare, fault, do: happen }: ReturnType<typeof actsOf>[number]): Promise<void> | undefined {
		if (!spare) this.#actsLeft -= 1;
		if (fault) this.#tally.fault(fault);
		return happen(this.#world as World) as Promise<void> | undefined;
	}

	#asked(call: Call, execution: Execution | undefined) {
		if (execution && this.#runs.began(execution, this.#now) > 1) this.#tally.fault('several instances of a function at once');
		this.#tell('asked', call, execution);
		return this.#faults.call(call, execution);
	}

	#answered(call: Call, body: string, execution: Execution | undefined): string {
		const taken = this.#mirror.take(call, body);
		if (taken && 'sets' in taken) {
			this.#tell('held', taken);
		} else if (taken) {
			if (taken.after.closedAt !== undefined && taken.before?.closedAt === undefined) this.#closedAt = this.#now;
			this.#tally.transition(taken.before ? standing(taken.before) : 'opened', standing(taken.after));
			this.#tell('written', taken.after, taken.before);
		}
		return this.#faults.answer(call, body, execution);
	}

	#called(call: ApiCall, execution: Execution | undefined): void {
		if (execution && call.error && isThrottling(call.error.code)) {
			this.#runs.disturb(execution);
			if (!this.#disturbed.has(call.requestId)) this.#tally.fault('throttled at a quota');
		}
		this.#tell('called', call, execution);
	}

	#emitted(event: BusEvent): EventFate {
		this.#events += 1;
		const fate = this.#faults.event(event);
		this.#latestDelivery = Math.max(this.#latestDelivery, this.#now + (typeof fate === 'object' ? fate.delayMs : 0));
		this.#tell('emitted', event, fate);
		return fate;
	}

	#note(fault: Happened, execution: Execution | undefined): void {
		this.#happened.push(fault);
		this.#tally.fault(fault.kind);
		if (fault.requestId !== undefined) this.#disturbed.add(fault.requestId);
		if (execution) this.#runs.disturb(execution);
	}

	#violated(invariant: Invariant, what: string): void {
		if (this.#violations.length === 0) this.#violations.push({ seed: this.#seed, invariant, what, at: this.#now });
	}

	#tell<K extends keyof Watch>(what: K, ...about: Parameters<NonNullable<Watch[K]>>): void {
		for (const watch of this.#watches) (watch[what] as ((...about: unknown[]) => void) | undefined)?.(...about);
	}

	#scene(world: World): Scene {
		return {
			world,
			setting: this.#story.setting,
			plan: this.#story.plan,
			now: () => this.#now,
			operations: this.#mirror.operations,
			decidedOnRecord: (id) => this.#mirror.decidedOnRecord(id),
			closedOnRecord: (id) => this.#mirror.closedOnRecord(id),
			clock: this.#runs,
			startedAt: (execution) => this.#runs.startedAt(execution) ?? this.#now,
			reached: (feature) => this.#tally.feature(feature),
			violated: (invariant, what) => this.#violated(invariant, what),
		};
	}

	#played(world: World): Played {
		const hash = createHash('sha256').update(world.requestLog.hash());
		for (const operation of this.#mirror.operations.values()) hash.update(JSON.stringify(operation));
		hash.update(JSON.stringify(this.#violations));
		return {
			seed: this.#seed,
			story: this.#story,
			violations: this.#violations,
			happened: this.#happened,
			operations: this.#mirror.operations.size,
			events: this.#events,
			calls: world.requestLog.length,
			...this.#tally.counts(),
			hash: hash.digest('hex').slice(0, 16),
		};
	}
}
