import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextAlarm } from '../../../../shared/kinds/alarm/next.ts';
import type { AlarmFact, Effect, Fact } from '../../../../shared/operation/facts.ts';
import type { AlarmOperation } from '../../../../shared/operation/types.ts';
import { anAlarm, failed, Life, MINUTE, OPENED_AT, RUNBOOK, SECOND, succeeded } from '../../../support/operations.ts';
import { ITEM } from './life.ts';

/** What an alarm does, and what becomes of its events. */
interface Story {
	/** Seconds between its changes: it goes off first, and every second change is OK. */
	readonly gaps: readonly number[];
	/** The indices of its changes, in the order in which their events come; some come twice, and some that say OK may never come. */
	readonly order: readonly number[];
	/** Seconds between those events. */
	readonly pauses: readonly number[];
	readonly gone: boolean;
	readonly work: 'none' | 'succeeds' | 'fails';
}

const story = (losing: boolean): fc.Arbitrary<Story> =>
	fc.array(fc.integer({ min: 11, max: 30 }), { minLength: 1, maxLength: 7 }).chain((gaps) => {
		const all = gaps.map((_, index) => index);
		const order = fc
			.tuple(fc.array(fc.constantFrom(...all), { maxLength: 6 }), fc.subarray(all))
			.map(([again, lost]) => [...all, ...again].filter((which) => !losing || which % 2 === 0 || !lost.includes(which)))
			.chain((come) => fc.shuffledSubarray(come, { minLength: come.length }));
		return fc.record({
			gaps: fc.constant(gaps),
			order,
			pauses: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 20, maxLength: 20 }),
			gone: fc.boolean(),
			work: fc.constantFrom('none' as const, 'succeeds' as const, 'fails' as const),
		});
	});

/** CloudWatch with one alarm, and whoever carries out what its operations ask for, each time at once. */
class Around {
	readonly changes: readonly AlarmFact[];
	readonly story: Story;
	readonly closed: AlarmOperation[] = [];
	resolved = 0;
	life: Life<AlarmOperation> | undefined;
	now: number;

	constructor(story: Story) {
		this.story = story;
		let at = OPENED_AT;
		this.changes = story.gaps.map((gap, index) => {
			at += gap * SECOND;
			const state = index % 2 === 0 ? 'ALARM' : 'OK';
			return { type: 'alarm', from: 'event', state, at, reason: `${state} ${index}` };
		});
		this.now = at + SECOND;
	}

	get truth(): AlarmFact {
		const last = this.changes.at(-1) as AlarmFact;
		if (!this.story.gone) return { ...last, from: 'look' };
		return { type: 'alarm', from: 'look', at: this.now, reason: 'gone' };
	}

	/** An event comes: it opens an operation as `admit` does, or is a fact for the one that is open. */
	hears(fact: AlarmFact): void {
		if (this.life !== undefined) this.#meets(fact);
		else if (fact.state === 'ALARM' && this.closed.every(({ alarm }) => alarm.stateAt < fact.at)) {
			const { at, reason } = fact;
			const run = this.story.work === 'none' ? {} : { run: RUNBOOK };
			const alarm = { state: 'ALARM', stateAt: at, reason, alarms: [at], count: 1, ran: [] } as const;
			this.life = new Life(anAlarm({ ...run, alarm, openedAt: this.now }), nextAlarm, this.now);
			this.#meets({ type: 'opened' });
		}
	}

	#meets(fact: Fact): void {
		const facts = [fact];
		for (let next = facts.shift(); next !== undefined && this.life !== undefined; next = facts.shift()) {
			this.life.now = this.now;
			this.life.meets(next);
			facts.push(...this.life.effects.flatMap((effect) => this.#does(effect)));
			if (this.life.operation.closedAt !== undefined) {
				this.closed.push(this.life.operation);
				this.life = undefined;
			}
		}
	}

	#does({ name }: Effect): Fact[] {
		switch (name) {
			case 'look-at-alarm':
				return [this.truth];
			case 'start-work':
				return [{ type: 'work-started', externalId: 'execution-1', adopted: false }, this.story.work === 'fails' ? failed : succeeded];
			case 'open-ops-item':
				return [{ type: 'done', effect: name, opsItemId: ITEM, opsItem: 'opened' }];
			case 'resolve-ops-item':
				this.resolved += 1;
				return [{ type: 'done', effect: name }];
			default:
				return [{ type: 'done', effect: name }];
		}
	}

	/** The events come, and then there is nothing but the clock, for as long as an operation may wait. */
	run(): this {
		const { order, pauses } = this.story;
		for (const [index, which] of order.entries()) {
			this.now += (pauses[index] ?? 0) * SECOND;
			this.hears(this.changes[which] as AlarmFact);
		}
		for (let minute = 0; minute < 26 * 60 && this.life !== undefined; minute += 1) {
			this.now += MINUTE;
			if ((this.life.operation.dueAt ?? 0) <= this.now) this.#meets({ type: 'tick' });
		}
		return this;
	}
}

const went = (changes: readonly AlarmFact[]) => changes.filter(({ state }) => state === 'ALARM').length;

describe('Whatever the order of the events of an alarm, and however often each comes', () => {
	it('its operation ends the same', () => {
		fc.assert(
			fc.property(story(false), (each) => {
				const { life, closed, changes, resolved } = new Around({ ...each, work: each.work === 'fails' ? 'succeeds' : each.work }).run();
				const staysInAlarm = !each.gone && changes.at(-1)?.state === 'ALARM';

				expect(life).toBeUndefined();
				expect(closed.map(({ state }) => state)).toEqual([staysInAlarm ? 'timed-out' : 'succeeded']);
				expect(closed[0]?.alarm.count).toBe(went(changes));
				expect(resolved).toBe(staysInAlarm ? 0 : 1);
			}),
			{ numRuns: 300 },
		);
	});

	it('no OpsItem stays open that is solved, also where nobody said OK', () => {
		fc.assert(
			fc.property(story(true), (each) => {
				const around = new Around(each).run();
				const [last] = around.closed.slice(-1);
				const staysInAlarm = !each.gone && around.changes.at(-1)?.state === 'ALARM';

				expect(around.life).toBeUndefined();
				if (each.work !== 'fails') expect(last?.result?.resolved === true).toBe(!staysInAlarm);
			}),
			{ numRuns: 300 },
		);
	});
});
