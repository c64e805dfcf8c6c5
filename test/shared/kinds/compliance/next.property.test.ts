import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { opensAgain } from '../../../../shared/kinds/compliance/findings.ts';
import { nextCompliance } from '../../../../shared/kinds/compliance/next.ts';
import type { Effect, Fact } from '../../../../shared/operation/facts.ts';
import type { ComplianceFinding, ComplianceOperation } from '../../../../shared/operation/types.ts';
import { aFinding, Life, MINUTE, OPENED_AT, SECOND } from '../../../support/operations.ts';
import { event, itemOpened, result } from './lives.ts';

const DAY = 1_440 * MINUTE;
const ATTEMPTS = 2;
/** By then everything has come to rest. */
const END = 12 * 60 * MINUTE;

/** What happens around one resource, of which no order is promised. */
interface Course {
	/** How long the work takes, and whether it ends well. */
	readonly workSeconds: number;
	readonly endsWell: boolean;
	/** When the work has its effect, as a share of its duration; it has none where it does not help. */
	readonly helpsAt: number | undefined;
	/** From a change of the resource to AWS Config's evaluation of it. */
	readonly configLagSeconds: number;
	/** By how much copies of each event of AWS Config come after its evaluation; none: the event is lost. The first always comes first. */
	readonly findingsAfterSeconds: readonly number[];
	/** By how much copies of the event of the work's end come after it. */
	readonly statusAfterSeconds: readonly number[];
	/** When somebody else makes it comply, or breaks it, one after the other. */
	readonly othersAtSeconds: readonly number[];
	/** How long limits hold it back, and how often AWS Config throttles. */
	readonly fullSeconds: number;
	readonly throttled: number;
}

const seconds = (max: number) => fc.integer({ min: 0, max });
const copies = fc.array(seconds(2_400), { maxLength: 3 });
const course: fc.Arbitrary<Course> = fc.record({
	workSeconds: fc.oneof(seconds(120), seconds(800)),
	endsWell: fc.boolean(),
	helpsAt: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
	configLagSeconds: seconds(240),
	findingsAfterSeconds: copies,
	statusAfterSeconds: copies,
	othersAtSeconds: fc.array(seconds(7_200), { maxLength: 4 }),
	fullSeconds: seconds(1_200),
	throttled: fc.integer({ min: 0, max: 3 }),
});

/** An AWS around one resource, with a rule that tells the truth about it, and the operations that its events open. */
class Around {
	readonly course: Course;
	readonly operations: Life<ComplianceOperation>[] = [];
	readonly begun: number[] = [];
	now = OPENED_AT;
	opsItems = 0;
	/** What the rule found last, and what the resource is. */
	finding: ComplianceFinding = { compliance: 'NON_COMPLIANT', evaluatedAt: OPENED_AT, knownAt: OPENED_AT };
	complies = false;
	readonly #queue: { readonly at: number; readonly what: () => void }[] = [];
	#throttled: number;

	constructor(course: Course) {
		this.course = course;
		this.#throttled = course.throttled;
		this.#told(this.finding, [0, ...course.findingsAfterSeconds]);
		for (const [index, at] of [...course.othersAtSeconds].sort((a, b) => a - b).entries()) {
			this.#at(OPENED_AT + at * SECOND, () => this.#becomes(index % 2 === 0));
		}
	}

	#at(at: number, what: () => void): void {
		this.#queue.push({ at, what });
	}

	#becomes(complies: boolean): void {
		if (this.complies === complies) return;
		this.complies = complies;
		this.#at(this.now + this.course.configLagSeconds * SECOND, () => this.evaluate());
	}

	/** The rule judges; an event tells of a change, and of that alone. */
	evaluate(): void {
		const compliance = this.complies ? 'COMPLIANT' : 'NON_COMPLIANT';
		const changed = compliance !== this.finding.compliance;
		this.finding = { compliance, evaluatedAt: this.now, knownAt: this.now };
		if (changed) this.#told(this.finding, this.course.findingsAfterSeconds);
	}

	#told(finding: ComplianceFinding, after: readonly number[]): void {
		for (const delay of after) this.#at((finding.evaluatedAt ?? 0) + delay * SECOND, () => this.#hear(finding));
	}

	#hear(finding: ComplianceFinding): void {
		const last = this.operations.at(-1);
		if (last !== undefined && last.operation.closedAt === undefined) this.#meet(last, event(finding.compliance, finding.evaluatedAt ?? 0));
		else if (finding.compliance === 'NON_COMPLIANT' && (last === undefined || opensAgain(last.operation, finding)))
			this.#open(finding, last);
	}

	#open(finding: ComplianceFinding, last: Life<ComplianceOperation> | undefined): void {
		const opened = aFinding({
			occurrence: this.operations.length + 1,
			openedAt: this.now,
			finding,
			settings: { settleSeconds: 900, attempts: ATTEMPTS },
			remediatedAt: (last?.operation.remediatedAt ?? []).filter((at) => this.now - at < DAY),
			brakes: { limits: { concurrent: 1, beyond: 'wait' } },
		});
		const life = new Life(opened, nextCompliance, this.now);
		this.operations.push(life);
		this.#meet(life, { type: 'opened' });
	}

	#meet(life: Life<ComplianceOperation>, ...facts: Fact[]): void {
		life.now = this.now;
		for (const fact of facts) {
			life.meets(fact);
			if (life.operation.closedAt !== undefined) return;
			for (const effect of life.effects) this.#meet(life, ...this.#carryOut(life, effect));
		}
	}

	#carryOut(life: Life<ComplianceOperation>, effect: Effect): Fact[] {
		const { now, course } = this;
		switch (effect.name) {
			case 'take-slot':
				return [{ type: 'brake', brake: 'limit', free: now >= OPENED_AT + course.fullSeconds * SECOND, why: 'full' }];
			case 'start-work':
				return [{ type: 'work-started', externalId: this.#start(life), adopted: false }];
			case 'look-up-work':
				return [this.#status(life)];
			case 'read-compliance':
				this.#throttled -= 1;
				if (this.#throttled >= 0) return [{ type: 'not-done', effect: effect.name, why: 'retry', message: 'Rate exceeded' }];
				return [result(this.finding.compliance, this.finding.evaluatedAt)];
			case 'evaluate-rule':
				this.#at(now + MINUTE, () => this.evaluate());
				return [{ type: 'done', effect: effect.name }];
			case 'open-ops-item':
				this.opsItems += 1;
				return [itemOpened];
			case 'cancel-work':
				return [{ type: 'done', effect: effect.name }];
			default:
				return [];
		}
	}

	#start(life: Life<ComplianceOperation>): string {
		const { workSeconds, helpsAt, statusAfterSeconds } = this.course;
		this.begun.push(this.now);
		const externalId = `execution-${this.begun.length}`;
		const endedAt = this.now + workSeconds * SECOND;
		if (helpsAt !== undefined) this.#at(this.now + helpsAt * workSeconds * SECOND, () => this.#becomes(true));
		for (const after of statusAfterSeconds) {
			this.#at(endedAt + after * SECOND, () => this.#meet(life, { ...this.#end(endedAt), externalId }));
		}
		return externalId;
	}

	#status({ operation }: Life<ComplianceOperation>): Fact {
		const endedAt = (operation.work?.startedAt ?? 0) + this.course.workSeconds * SECOND;
		return this.now < endedAt ? { type: 'work', status: 'running', details: 'InProgress' } : this.#end(endedAt);
	}

	#end(endedAt: number): Extract<Fact, { type: 'work' }> {
		return { type: 'work', status: this.course.endsWell ? 'succeeded' : 'failed', details: 'over', endedAt };
	}

	/** Everything happens that is to happen, and the clock ticks once a minute. */
	play(): this {
		for (let tick = OPENED_AT; tick <= OPENED_AT + END; tick += MINUTE) {
			for (;;) {
				const [next] = this.#queue.filter(({ at }) => at <= tick).sort((a, b) => a.at - b.at);
				if (next === undefined) break;
				this.#queue.splice(this.#queue.indexOf(next), 1);
				this.now = Math.max(this.now, next.at);
				next.what();
			}
			this.now = tick;
			for (const life of this.operations) {
				const { closedAt, dueAt = Infinity } = life.operation;
				if (closedAt === undefined && dueAt <= tick) this.#meet(life, { type: 'tick' });
			}
		}
		return this;
	}

	get ends() {
		return this.operations.map(({ operation }) => operation.state);
	}
}

/** Nobody else changes the resource. */
const alone = (changes: Partial<Course>) => course.map((each) => ({ ...each, othersAtSeconds: [], ...changes }));

describe('for any order, delay, loss and duplication of the events of one resource', () => {
	it('work that helps ends in one operation that succeeded, by one remediation', () => {
		const helping = alone({ endsWell: true }).map((each) => ({ ...each, helpsAt: each.helpsAt ?? 0.5 }));
		fc.assert(
			fc.property(helping, (each) => {
				const around = new Around(each).play();
				expect({ ends: around.ends, begun: around.begun.length, opsItems: around.opsItems }).toEqual({
					ends: ['succeeded'],
					begun: 1,
					opsItems: 0,
				});
			}),
		);
	});

	it('work that does not help ends in one operation that failed, by as many remediations as are allowed', () => {
		fc.assert(
			fc.property(alone({ helpsAt: undefined }), (each) => {
				const around = new Around(each).play();
				expect({ ends: around.ends, begun: around.begun.length, opsItems: around.opsItems }).toEqual({
					ends: ['failed'],
					begun: ATTEMPTS,
					opsItems: 1,
				});
			}),
		);
	});

	it('work that fails although it helps ends in one operation that succeeded', () => {
		const helping = alone({ endsWell: false }).map((each) => ({ ...each, helpsAt: each.helpsAt ?? 0.5 }));
		fc.assert(
			fc.property(helping, (each) => {
				expect(new Around(each).play().ends).toEqual(['succeeded']);
			}),
		);
	});

	it('there are never more remediations within 24 hours than are allowed, and everything is closed in the end', () => {
		fc.assert(
			fc.property(course, (each) => {
				const around = new Around(each).play();
				expect(around.begun.length).toBeLessThanOrEqual(ATTEMPTS);
				expect(around.operations.filter(({ operation }) => operation.closedAt === undefined)).toEqual([]);
				expect(around.operations.filter(({ operation }) => operation.state === 'timed-out')).toEqual([]);
			}),
			{ numRuns: 300 },
		);
	});
});
