import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Effect, Fact, WorkFact } from '../../../../shared/operation/facts.ts';
import type { Brake } from '../../../../shared/operation/types.ts';
import { anOperation, CONTINUE, CONTINUE_AND_TELL, lead, MINUTE, OPENED_AT, SECOND } from '../../../support/operations.ts';

/** What happens around one operation, of which no order is promised. */
interface Course {
	/** How long the work takes on the node, and whether it ends well. */
	readonly workSeconds: number;
	readonly endsWell: boolean;
	/** SendCommand: its reply's delay, or lost after the effect, or lost before it. */
	readonly reply: { readonly seconds: number } | 'lost-after' | 'lost-before';
	/** When the sent command shows in the list. */
	readonly listedAfterSeconds: number;
	/** Status events, by how long after the end of the work they come; none: the event was dropped. */
	readonly statusAfterSeconds: readonly number[];
	/** Ticks beside those of every minute, and events that name the instance again, by when they come. */
	readonly moreTicksAtSeconds: readonly number[];
	readonly seenAtSeconds: readonly number[];
	/** How long the playbook's calendar is closed, and its limits are reached. */
	readonly closedSeconds: number;
	readonly fullSeconds: number;
	/** What the first calls that complete the action come to. */
	readonly completions: readonly ('retry' | 'gone')[];
}

const seconds = (max: number) => fc.integer({ min: 0, max });
const course: fc.Arbitrary<Course> = fc.record({
	workSeconds: fc.oneof(seconds(120), seconds(2_400)),
	endsWell: fc.boolean(),
	reply: fc.oneof(
		seconds(59).map((delay) => ({ seconds: delay })),
		fc.constantFrom('lost-after', 'lost-before'),
	),
	listedAfterSeconds: seconds(119),
	statusAfterSeconds: fc.array(seconds(1_200), { maxLength: 3 }),
	moreTicksAtSeconds: fc.array(seconds(2_400), { maxLength: 8 }),
	seenAtSeconds: fc.array(seconds(2_400), { maxLength: 3 }),
	closedSeconds: seconds(400),
	fullSeconds: seconds(400),
	completions: fc.array(fc.constantFrom('retry', 'gone'), { maxLength: 3 }),
});

/** An AWS around one operation, and what it saw. */
class Around {
	readonly life = lead(
		anOperation({
			then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL },
			brakes: { limits: { concurrent: 1, beyond: 'wait' }, calendar: { names: ['freeze'], closed: 'wait' } },
		}),
	);
	readonly course: Course;
	readonly queue: { readonly at: number; readonly fact: Fact }[] = [];
	readonly completedWith: string[] = [];
	sentAt: number | undefined;
	sent = 0;
	opsItems = 0;
	effectsAfterClose = 0;
	startedAgainstBrakes = 0;
	#completions = 0;

	constructor(course: Course) {
		this.course = course;
		this.#at(OPENED_AT, { type: 'opened' });
		for (let minute = 1; minute <= 60; minute += 1) this.#at(OPENED_AT + minute * MINUTE, { type: 'tick' });
		for (const at of course.moreTicksAtSeconds) this.#at(OPENED_AT + at * SECOND, { type: 'tick' });
		for (const at of course.seenAtSeconds) this.#at(OPENED_AT + at * SECOND, { type: 'seen' });
	}

	#at(at: number, fact: Fact): void {
		this.queue.push({ at, fact });
	}

	get endedAt(): number | undefined {
		return this.sentAt === undefined ? undefined : this.sentAt + this.course.workSeconds * SECOND;
	}

	run(): this {
		for (;;) {
			this.queue.sort((a, b) => a.at - b.at);
			const next = this.queue.shift();
			if (next === undefined) return this;
			this.life.now = next.at;
			this.#advance(next.fact);
		}
	}

	#advance(first: Fact): void {
		const facts = [first];
		for (let fact = facts.shift(); fact !== undefined; fact = facts.shift()) {
			const closedBefore = this.life.operation.closedAt !== undefined;
			this.life.meets(fact);
			if (closedBefore) this.effectsAfterClose += this.life.effects.length;
			if (this.life.operation.closedAt !== undefined) continue;
			for (const effect of this.life.effects) facts.push(...this.#perform(effect.name));
		}
	}

	#perform(effect: Effect['name']): Fact[] {
		switch (effect) {
			case 'check-node':
				return [{ type: 'node', status: 'online' }];
			case 'ask-calendar':
				return [this.#brake('calendar', this.course.closedSeconds)];
			case 'take-slot':
				return [this.#brake('limit', this.course.fullSeconds)];
			case 'release-slot':
				return [];
			case 'start-work':
				return this.#start();
			case 'find-work':
				return [this.#find()];
			case 'look-up-work':
				return [this.#status()];
			case 'look-at-instance':
				return [
					{
						type: 'instance',
						lifecycleState: this.completedWith.length > 0 ? 'Terminating:Proceed' : 'Terminating:Wait',
						otherHooks: false,
					},
				];
			case 'heartbeat':
				return [{ type: 'heartbeat-sent' }];
			case 'cancel-work':
				return [{ type: 'done', effect }];
			case 'complete-lifecycle':
				return [this.#complete()];
			case 'open-ops-item':
				this.opsItems += 1;
				return [{ type: 'done', effect, opsItemId: 'oi-000000000001' }];
			default:
				throw new Error(`A lifecycle action has nothing to do with ${effect}.`);
		}
	}

	#brake(brake: Brake, holdsForSeconds: number): Fact {
		return { type: 'brake', brake, free: this.life.now >= OPENED_AT + holdsForSeconds * SECOND, why: `${brake} holds it back` };
	}

	#start(): Fact[] {
		if (!this.life.operation.slot || this.life.now < OPENED_AT + this.course.closedSeconds * SECOND) this.startedAgainstBrakes += 1;
		const { reply, statusAfterSeconds } = this.course;
		const lost: Fact = { type: 'work-not-started', why: 'unknown', message: 'socket hang up' };
		if (reply === 'lost-before' && this.life.operation.work?.attempt === 1) return [lost];
		this.sent += 1;
		this.sentAt ??= this.life.now;
		for (const after of statusAfterSeconds) {
			const ended = (this.endedAt ?? 0) + after * SECOND;
			this.#at(ended, { type: 'work-seen', externalId: 'command-1', workId: this.life.operation.work?.id ?? '' });
			this.#at(ended, { ...this.#outcome(), externalId: 'command-1' });
		}
		const answer: Fact = { type: 'work-started', externalId: 'command-1', adopted: false };
		if (typeof reply !== 'object') return reply === 'lost-after' ? [lost] : [answer];
		if (reply.seconds === 0) return [answer];
		this.#at(this.life.now + reply.seconds * SECOND, answer);
		return [];
	}

	#find(): Fact {
		const recordedAt = this.life.operation.work?.recordedAt ?? 0;
		const listed = this.sentAt !== undefined && this.life.now >= this.sentAt + this.course.listedAfterSeconds * SECOND;
		if (listed) return { type: 'work-started', externalId: 'command-1', adopted: true };
		return { type: 'work-not-found', certain: this.life.now - recordedAt >= 2 * MINUTE };
	}

	#outcome(): WorkFact {
		const ended = this.endedAt === undefined ? {} : { endedAt: this.endedAt };
		return this.course.endsWell
			? { type: 'work', status: 'succeeded', details: 'Success', ...ended }
			: { type: 'work', status: 'failed', details: 'Failed', ...ended };
	}

	#status(): WorkFact {
		const over = this.endedAt !== undefined && this.life.now >= this.endedAt;
		return over ? this.#outcome() : { type: 'work', status: 'running', details: 'InProgress' };
	}

	#complete(): Fact {
		const first = this.course.completions[this.#completions];
		this.#completions += 1;
		const why = first ?? (this.completedWith.length > 0 ? 'gone' : undefined);
		if (why !== undefined) return { type: 'not-done', effect: 'complete-lifecycle', why, message: why };
		this.completedWith.push(this.life.operation.ending?.then.lifecycle ?? 'none');
		return { type: 'done', effect: 'complete-lifecycle' };
	}
}

describe('whatever is duplicated, late, reordered or lost', () => {
	it('an operation ends in the one state that its work decides, with one completed action', () => {
		fc.assert(
			fc.property(course, (given) => {
				const around = new Around(given).run();
				const { operation } = around.life;
				const inTime = (around.endedAt ?? Infinity) < operation.deadlineAt;
				const expected = inTime ? (given.endsWell ? 'succeeded' : 'failed') : 'timed-out';
				expect(operation.state).toBe(expected);
				expect(operation.closedAt).toBeDefined();
				expect(operation.dueAt).toBeUndefined();
				expect(around.completedWith).toEqual(['CONTINUE']);
				expect(operation.result?.lifecycle).toBe('CONTINUE');
				expect(around.sent).toBe(1);
				expect(around.opsItems).toBe(expected === 'succeeded' ? 0 : 1);
				expect(around.effectsAfterClose).toBe(0);
				expect(around.startedAgainstBrakes).toBe(0);
			}),
			{ numRuns: 500 },
		);
	});

	it('the clock always has a next look at what is open', () => {
		fc.assert(
			fc.property(course, fc.integer({ min: 1, max: 60 }), (given, stops) => {
				const around = new Around(given);
				around.queue.splice(stops);
				const { operation, now } = around.run().life;
				if (operation.closedAt === undefined) expect(operation.dueAt).toBeLessThanOrEqual(now + 5 * MINUTE);
			}),
		);
	});
});
