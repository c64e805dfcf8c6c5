import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../../shared/operation/facts.ts';
import {
	aFinding,
	DRAIN,
	failed,
	lost,
	MINUTE,
	notStarted,
	OPENED_AT,
	online,
	RUNBOOK,
	SECOND,
	startedAs,
	succeeded,
	unknown,
} from '../../../support/operations.ts';
import { evaluated, event, itemOpened, life, notEvaluated, result, running } from './lives.ts';

const HOUR = 60 * MINUTE;
const LIMITS = { limits: { concurrent: 20, beyond: 'wait' } } as const;
const slot = (free: boolean): Fact => ({ type: 'brake', brake: 'limit', free, why: '20 at once are under way' });
/** A runbook that ended well a minute after the opening. */
const verifying = (changes: Parameters<typeof running>[0] = {}) =>
	running(changes)
		.after(MINUTE)
		.meets({ ...succeeded, endedAt: OPENED_AT + MINUTE });
const toLook = () =>
	verifying()
		.after(15 * MINUTE)
		.ticks();

/** A command on the resource itself. */
const DRAIN_IT = { ...DRAIN, node: '$.detail.resourceId' };

describe('a resource that is found noncompliant', () => {
	it('has its runbook started at once, and the deadline counts from there', () => {
		const remediation = life().meets({ type: 'opened' });
		expect(remediation.asked).toEqual(['start-work']);
		expect(remediation.operation).toMatchObject({ state: 'starting', deadlineAt: OPENED_AT + 15 * MINUTE });
	});

	it('is asked about first where its event came late', () => {
		const finding = { compliance: 'NON_COMPLIANT', evaluatedAt: OPENED_AT - HOUR, knownAt: OPENED_AT - 5 * MINUTE } as const;
		const remediation = life({ finding }).meets({ type: 'opened' });
		expect(remediation.asked).toEqual(['read-compliance']);
		expect(remediation.operation.work).toBeUndefined();
		expect(remediation.meets(result('NON_COMPLIANT', OPENED_AT - HOUR)).asked).toEqual(['start-work']);
	});

	it.each([
		['compliant meanwhile', result('COMPLIANT', OPENED_AT - MINUTE), /is not touched/],
		['gone', result(), /is gone/],
		['not applicable', result('NOT_APPLICABLE', OPENED_AT), /is gone/],
		['not to be judged', result('INSUFFICIENT_DATA', OPENED_AT), /no data/],
	])('and is %s when AWS Config is asked is left alone', (_, answer, reason) => {
		const finding = { compliance: 'NON_COMPLIANT', evaluatedAt: OPENED_AT - HOUR, knownAt: OPENED_AT - HOUR } as const;
		const remediation = life({ finding }).meets({ type: 'opened' }, answer);
		expect(remediation.operation).toMatchObject({
			state: 'skipped',
			closedAt: OPENED_AT,
			result: { reason: expect.stringMatching(reason) },
		});
		expect(remediation.asked).toEqual([]);
	});

	it('waits where AWS Config throttles, and fails where it refuses to answer', () => {
		const finding = { compliance: 'NON_COMPLIANT', evaluatedAt: OPENED_AT - HOUR, knownAt: OPENED_AT - HOUR } as const;
		const answer = (why: 'retry' | 'refused'): Fact => ({ type: 'not-done', effect: 'read-compliance', why, message: 'Rate exceeded' });
		const throttled = life({ finding }).meets({ type: 'opened' }, answer('retry'));
		expect(throttled.operation).toMatchObject({ state: 'waiting', waiting: 'throttle' });
		expect(throttled.after(MINUTE).ticks().asked).toEqual(['read-compliance']);
		expect(life({ finding }).meets({ type: 'opened' }, answer('refused')).operation.ending?.state).toBe('failed');
	});

	it('is not touched where it complies again before its turn comes', () => {
		const remediation = life({ brakes: LIMITS }).meets({ type: 'opened' }, slot(false)).after(MINUTE);
		remediation.meets(event('COMPLIANT', OPENED_AT + 30 * SECOND));
		expect(remediation.operation).toMatchObject({ state: 'skipped', result: { reason: expect.stringContaining('not touched') } });
	});

	it('is worked on in spite of news that is older than the finding', () => {
		const remediation = life({ brakes: LIMITS }).meets({ type: 'opened' }, slot(false));
		remediation.meets(event('COMPLIANT', OPENED_AT - SECOND), event('NON_COMPLIANT', OPENED_AT), event('INSUFFICIENT_DATA', OPENED_AT + 1));
		expect(remediation.operation).toMatchObject({ state: 'waiting', waiting: 'limit', finding: { compliance: 'NON_COMPLIANT' } });
	});

	it('waits for hours where it must, the more rarely looked at, and is asked about again before its work starts', () => {
		const remediation = life({ brakes: LIMITS }).meets({ type: 'opened' }, slot(false));
		const pauses: number[] = [];
		while (remediation.now < OPENED_AT + 5 * HOUR) {
			const { dueAt = 0 } = remediation.operation;
			pauses.push(dueAt - remediation.now);
			remediation.after(dueAt - remediation.now).ticks();
			expect(remediation.asked).toEqual(['take-slot']);
			remediation.meets(slot(false));
		}
		expect(pauses[0]).toBe(45 * SECOND);
		expect(pauses.at(-1)).toBeLessThanOrEqual(6 * MINUTE);
		expect(pauses.length).toBeLessThan(120);
		expect(remediation.told).toEqual(['waiting']);
		remediation.ticks().meets(slot(true));
		expect(remediation.asked).toEqual(['read-compliance']);
		remediation.meets(result('NON_COMPLIANT', OPENED_AT));
		expect(remediation.asked).toEqual(['start-work']);
		expect(remediation.operation.deadlineAt).toBe(remediation.now + 15 * MINUTE);
	});

	it('looks often again once it waits for something else', () => {
		const brakes = { ...LIMITS, calendar: { names: ['freeze'], closed: 'wait' } } as const;
		const remediation = life({ brakes }).meets({ type: 'opened' }, { type: 'brake', brake: 'calendar', free: false, why: 'closed' });
		remediation
			.after(9 * HOUR)
			.ticks()
			.meets({ type: 'brake', brake: 'calendar', free: false, why: 'closed' });
		expect((remediation.operation.dueAt ?? 0) - remediation.now).toBeGreaterThan(2 * MINUTE);
		remediation
			.after(9 * MINUTE)
			.ticks()
			.meets({ type: 'brake', brake: 'calendar', free: true, why: '' }, slot(false));
		expect(remediation.operation).toMatchObject({ waiting: 'limit', dueAt: remediation.now + 45 * SECOND });
	});

	it('does not come back in the same minute as all others that were opened with it', () => {
		const minutes = ['0000', '4000', '8000', 'c000', 'ffff'].map((hash) => {
			const remediation = life({ id: `compliance-${hash}aaaaaaaaaaaa-1`, brakes: LIMITS }).meets({ type: 'opened' }, slot(false));
			remediation
				.after(20 * MINUTE)
				.ticks()
				.meets(slot(false));
			return Math.floor(((remediation.operation.dueAt ?? 0) - remediation.now) / MINUTE);
		});
		expect(minutes).toEqual([2, 3, 4, 5, 5]);
	});

	it('is only observed where its playbook observes', () => {
		const remediation = life({ brakes: { observe: true } }).meets({ type: 'opened' });
		expect(remediation.asked).toEqual(['open-ops-item']);
		expect(remediation.meets(itemOpened).operation).toMatchObject({
			state: 'skipped',
			result: { observed: true, reason: 'observed only: would run automation enforce-imdsv2 with {"InstanceId":["i-0123456789abcdef0"]}' },
		});
		const silent = life({ brakes: { observe: true }, then: { onFailure: {} } }).meets({ type: 'opened' });
		expect(silent.operation).toMatchObject({ state: 'skipped', closedAt: OPENED_AT });
	});
});

describe('a command', () => {
	const detail = (resourceId: string) => ({ occasion: { detail: { resourceId }, account: '111122223333', region: 'eu-west-1' } });

	it.each([
		['i-0123456789abcdef0', 'i-0123456789abcdef0'],
		['AWS::SSM::ManagedInstanceInventory/mi-0123456789abcdef0', 'mi-0123456789abcdef0'],
	])('runs on the node that AWS Config calls %s', (resourceId, node) => {
		const remediation = life({ run: DRAIN_IT, ...detail(resourceId) }).meets({ type: 'opened' });
		expect(remediation.asked).toEqual(['check-node']);
		expect(remediation.meets(online).asked).toEqual(['start-work']);
		expect(remediation.operation.node).toBe(node);
	});

	it('fails at once where no node is known, and says why', () => {
		const remediation = life({ run: DRAIN_IT, ...detail('sg-0123456789abcdef0') }).meets({ type: 'opened' });
		expect(remediation.operation.ending).toMatchObject({ state: 'failed', reason: expect.stringContaining('no managed node') });
	});

	it('counts as an attempt where its node is unreachable', () => {
		const remediation = life({ run: DRAIN_IT, ...detail('i-0123456789abcdef0') }).meets({ type: 'opened' }, lost);
		expect(remediation.operation).toMatchObject({ state: 'waiting', waiting: 'retry', remediatedAt: [OPENED_AT] });
		remediation
			.after(15 * MINUTE)
			.ticks()
			.meets(result('NON_COMPLIANT', OPENED_AT), unknown);
		expect(remediation.operation.ending).toMatchObject({ state: 'failed', reason: expect.stringContaining('unreachable') });
	});

	it('whose node answers at the moment in which it ended well is not begun again', () => {
		const remediation = life({ run: DRAIN_IT, ...detail('i-0123456789abcdef0') })
			.runs()
			.after(6 * MINUTE)
			.ticks();
		expect(remediation.asked).toEqual(['look-up-work', 'check-node']);
		remediation.meets(succeeded, online);
		expect(remediation.operation.state).toBe('verifying');
		expect(remediation.asked).toEqual([]);
	});
});

describe('a parameter that leads nowhere', () => {
	it('is a failure that no further attempt would mend', () => {
		const run = { ...RUNBOOK, parameters: { GroupId: ['$.detail.groupId'] } };
		expect(life({ run }).meets({ type: 'opened' }).operation.ending).toMatchObject({
			state: 'failed',
			reason: expect.stringContaining('GroupId'),
		});
	});
});

describe('work that ended well', () => {
	it('is verified, and gives its slot to others', () => {
		const remediation = verifying({ brakes: LIMITS, slot: true });
		expect(remediation.asked).toEqual(['release-slot']);
		expect(remediation.operation).toMatchObject({
			state: 'verifying',
			verify: { after: OPENED_AT + MINUTE, lookAt: OPENED_AT + 16 * MINUTE },
			dueAt: OPENED_AT + 16 * MINUTE,
			remediatedAt: [OPENED_AT],
		});
		expect(remediation.operation.slot).toBeUndefined();
	});

	it('is proved by an evaluation that began after its end', () => {
		const remediation = verifying()
			.after(MINUTE)
			.meets(event('COMPLIANT', OPENED_AT + MINUTE + 1));
		expect(remediation.operation).toMatchObject({ state: 'succeeded', closedAt: OPENED_AT + 2 * MINUTE });
	});

	it('is not proved by one that began before its end', () => {
		const remediation = verifying()
			.after(MINUTE)
			.meets(event('COMPLIANT', OPENED_AT + MINUTE));
		expect(remediation.operation.state).toBe('verifying');
		remediation
			.after(14 * MINUTE)
			.ticks()
			.meets(result('COMPLIANT', OPENED_AT + MINUTE));
		expect(remediation.asked).toEqual(['evaluate-rule']);
	});

	it('is proved at once where AWS Config was faster than the event of its end', () => {
		const remediation = running()
			.after(3 * MINUTE)
			.meets(event('COMPLIANT', OPENED_AT + 2 * MINUTE));
		expect(remediation.operation.state).toBe('running');
		remediation.meets({ ...succeeded, endedAt: OPENED_AT + MINUTE });
		expect(remediation.operation).toMatchObject({ state: 'succeeded', closedAt: OPENED_AT + 3 * MINUTE });
	});

	it('is begun anew by the clock, with a slot of its own, where AWS Config was as fast to find that it did not help', () => {
		const remediation = running({ brakes: LIMITS, slot: true })
			.after(3 * MINUTE)
			.meets(event('NON_COMPLIANT', OPENED_AT + 2 * MINUTE));
		remediation.meets({ ...succeeded, endedAt: OPENED_AT + MINUTE });
		expect(remediation.asked).toEqual(['release-slot']);
		remediation.after(MINUTE).ticks();
		expect(remediation.asked).toEqual(['read-compliance']);
		expect(remediation.meets(result('NON_COMPLIANT', OPENED_AT + 2 * MINUTE)).asked).toEqual(['take-slot']);
	});

	it('is not proved by what was evaluated while it ran', () => {
		const remediation = running()
			.after(MINUTE)
			.meets(event('COMPLIANT', OPENED_AT + 30 * SECOND));
		remediation.after(MINUTE).meets({ ...succeeded, endedAt: OPENED_AT + 2 * MINUTE });
		expect(remediation.operation.state).toBe('verifying');
	});

	it.each([
		['an event', () => verifying().meets(event('NOT_APPLICABLE', OPENED_AT + 2 * MINUTE))],
		['a look without a result', () => toLook().meets(result())],
	])('is over where %s says that the resource is gone', (_, remediation) => {
		expect(remediation().operation).toMatchObject({ state: 'succeeded', result: { reason: expect.stringContaining('gone') } });
	});

	it('is looked at after the settle time where nothing is said', () => {
		const remediation = verifying()
			.after(14 * MINUTE)
			.ticks();
		expect(remediation.asked).toEqual([]);
		expect(remediation.after(MINUTE).ticks().asked).toEqual(['read-compliance']);
		expect(remediation.meets(result('COMPLIANT', OPENED_AT + 2 * MINUTE)).operation.state).toBe('succeeded');
	});

	it('has its rule evaluated anew, once, where the last evaluation is older than its end', () => {
		const remediation = toLook().meets(result('NON_COMPLIANT', OPENED_AT));
		expect(remediation.asked).toEqual(['evaluate-rule']);
		remediation.meets(evaluated);
		expect(remediation.operation.dueAt).toBe(remediation.now + 5 * MINUTE);
		remediation
			.after(5 * MINUTE)
			.ticks()
			.meets(result('NON_COMPLIANT', OPENED_AT));
		expect(remediation.asked).toEqual([]);
		remediation
			.after(5 * MINUTE)
			.ticks()
			.meets(result('COMPLIANT', OPENED_AT + 17 * MINUTE));
		expect(remediation.operation.state).toBe('succeeded');
	});

	it('waits for the turn of its rule the more patiently, and says so once', () => {
		const remediation = toLook();
		for (const minutes of [1, 2, 4]) {
			remediation.meets(result('NON_COMPLIANT', OPENED_AT), notEvaluated);
			expect(remediation.operation.dueAt).toBe(remediation.now + minutes * MINUTE);
			remediation.after(minutes * MINUTE).ticks();
		}
		expect(remediation.told.filter((what) => what === 'rule not evaluated')).toHaveLength(1);
		remediation
			.meets(result('NON_COMPLIANT', OPENED_AT), evaluated)
			.after(5 * MINUTE)
			.ticks();
		expect(remediation.meets(result('COMPLIANT', remediation.now - MINUTE)).operation.state).toBe('succeeded');
	});

	it.each([
		['evaluates the rule without a result', evaluated],
		['cannot evaluate the rule', notEvaluated],
		['refuses to', { ...notEvaluated, why: 'refused' } as Fact],
	])('fails in the end where AWS Config %s, and says what to do', (_, answer) => {
		const remediation = toLook();
		for (let looks = 0; remediation.operation.ending === undefined && looks < 20; looks += 1) {
			remediation.meets(result('NON_COMPLIANT', OPENED_AT));
			if (remediation.asked.includes('evaluate-rule')) remediation.meets(answer);
			remediation.after(10 * MINUTE).ticks();
		}
		expect(remediation.operation.ending).toMatchObject({
			state: 'failed',
			reason: expect.stringMatching(/ec2-imdsv2-check does not show it.*AWS Config records AWS::EC2::Instance/),
		});
		expect(remediation.asked).toEqual(['open-ops-item']);
	});

	it('is looked at again by the next tick where AWS Config gave no answer, and not for ever', () => {
		const remediation = toLook();
		const refused: Fact = { type: 'not-done', effect: 'read-compliance', why: 'retry', message: 'Rate exceeded' };
		remediation.meets(refused);
		expect(remediation.operation.dueAt).toBe(remediation.now + MINUTE);
		for (let looks = 0; looks < 10; looks += 1)
			remediation
				.after(10 * MINUTE)
				.ticks()
				.meets(refused);
		expect(remediation.operation.ending).toMatchObject({ state: 'failed', reason: expect.stringContaining('Rate exceeded') });
	});
});

describe('a resource that is still noncompliant', () => {
	it('is remediated again, by other work', () => {
		const remediation = toLook().meets(result('NON_COMPLIANT', OPENED_AT + 2 * MINUTE));
		expect(remediation.asked).toEqual(['start-work']);
		expect(remediation.operation).toMatchObject({ state: 'starting', deadlineAt: remediation.now + 15 * MINUTE });
		expect(remediation.operation.work?.id).toBe(`${remediation.operation.id}.2`);
		expect(remediation.operation.verify).toBeUndefined();
	});

	it('is so too where an event says it first', () => {
		const remediation = verifying()
			.after(MINUTE)
			.meets(event('NON_COMPLIANT', OPENED_AT + 90 * SECOND));
		expect(remediation.asked).toEqual(['start-work']);
	});

	it('fails after the last attempt, with the OpsItem of its rule', () => {
		const remediation = toLook()
			.meets(result('NON_COMPLIANT', OPENED_AT + 2 * MINUTE), startedAs('execution-2'))
			.after(MINUTE);
		remediation
			.meets({ ...succeeded, endedAt: remediation.now })
			.after(15 * MINUTE)
			.ticks();
		remediation.meets(result('NON_COMPLIANT', remediation.now - MINUTE));
		expect(remediation.asked).toEqual(['open-ops-item']);
		expect(remediation.meets(itemOpened).operation).toMatchObject({
			state: 'failed',
			result: { opsItem: 'opened', reason: expect.stringContaining('2 remediations within 24 hours did not help') },
		});
	});

	it('is looked at once more before the last attempt is called a failure by an event that came late', () => {
		const remediation = verifying({ remediatedAt: [OPENED_AT - HOUR] })
			.after(8 * MINUTE)
			.meets(event('NON_COMPLIANT', OPENED_AT + 90 * SECOND));
		expect(remediation.asked).toEqual(['read-compliance']);
		expect(remediation.meets(result('COMPLIANT', OPENED_AT + 3 * MINUTE)).operation).toMatchObject({ state: 'succeeded' });
	});

	it('fails at once, on record and without work, where the attempts of 24 hours are used up', () => {
		const remediation = life({ remediatedAt: [OPENED_AT - 23 * HOUR, OPENED_AT - HOUR] }).meets({ type: 'opened' });
		expect(remediation.asked).toEqual(['open-ops-item']);
		expect(remediation.operation).toMatchObject({ ending: { state: 'failed', reason: expect.stringContaining('noncompliant again') } });
	});

	it('has one attempt more where one of them was longer ago', () => {
		const remediation = life({ remediatedAt: [OPENED_AT - 24 * HOUR, OPENED_AT - HOUR] }).meets({ type: 'opened' });
		expect(remediation.asked).toEqual(['start-work']);
	});

	it('has an OpsItem in the end whatever its playbook says: one a rule keeps the mailbox empty', () => {
		const remediation = life({ then: { onFailure: {} }, settings: { settleSeconds: 900, attempts: 1 } });
		remediation.meets({ type: 'opened' }, notStarted('refused', 'AutomationDefinitionNotFound'));
		expect(remediation.asked).toEqual(['open-ops-item']);
	});
});

describe('work that failed', () => {
	it('is an attempt: the next one comes after the settle time, if the resource is noncompliant then', () => {
		const remediation = running({ brakes: LIMITS, slot: true }).after(MINUTE).meets(failed);
		expect(remediation.asked).toEqual(['release-slot']);
		expect(remediation.operation).toMatchObject({ state: 'waiting', waiting: 'retry', dueAt: OPENED_AT + 16 * MINUTE });
		expect(remediation.after(15 * MINUTE).ticks().asked).toEqual(['read-compliance']);
		expect(remediation.meets(result('NON_COMPLIANT', OPENED_AT)).asked).toEqual(['take-slot']);
		expect(remediation.meets(slot(true)).operation.work?.id).toBe(`${remediation.operation.id}.2`);
	});

	it('is stopped where its time was over, and the next attempt is other work', () => {
		const remediation = life()
			.meets({ type: 'opened' }, notStarted('unknown', 'socket hang up'))
			.after(16 * MINUTE)
			.ticks();
		expect(remediation.asked).toEqual(['find-work']);
		expect(remediation.meets({ type: 'work-not-found', certain: false }).asked).toEqual(['cancel-work']);
		remediation
			.meets({ type: 'done', effect: 'cancel-work' })
			.after(15 * MINUTE)
			.ticks()
			.meets(result('NON_COMPLIANT', OPENED_AT));
		expect(remediation.operation.work?.id).toBe(`${remediation.operation.id}.2`);
	});

	it('is no failure where the resource complies in spite of it', () => {
		const last = { remediatedAt: [OPENED_AT - HOUR] };
		const remediation = running(last)
			.after(MINUTE)
			.meets(event('COMPLIANT', OPENED_AT + 30 * SECOND), failed);
		expect(remediation.operation).toMatchObject({ state: 'waiting', waiting: 'retry' });
		remediation
			.after(15 * MINUTE)
			.ticks()
			.meets(result('COMPLIANT', OPENED_AT + 30 * SECOND));
		expect(remediation.operation).toMatchObject({ state: 'succeeded', result: { reason: expect.stringContaining('did not end well') } });
	});

	it('does not matter where the resource is gone', () => {
		const remediation = running()
			.after(MINUTE)
			.meets(event('NOT_APPLICABLE', OPENED_AT + 30 * SECOND), failed);
		expect(remediation.operation.state).toBe('skipped');
	});
});

describe('a person', () => {
	const by = { type: 'operator', by: 'anna' } as const;

	it('can give AWS Config more time, or the work', () => {
		const seconds = 600;
		expect(verifying().meets({ ...by, verb: 'extend', seconds }).operation.dueAt).toBe(OPENED_AT + 26 * MINUTE);
		expect(running().meets({ ...by, verb: 'extend', seconds }).operation.deadlineAt).toBe(OPENED_AT + 25 * MINUTE);
	});

	it('can have it looked at now', () => {
		expect(verifying().meets({ ...by, verb: 'retry' }).asked).toEqual(['read-compliance']);
		expect(
			running()
				.after(MINUTE)
				.meets(failed, { ...by, verb: 'retry' }).asked,
		).toEqual(['read-compliance']);
		expect(running().meets({ ...by, verb: 'retry' }).asked).toEqual([]);
	});

	it('can cancel it, which is a failure, or complete it, which is none', () => {
		expect(running().meets({ ...by, verb: 'cancel' }).operation.ending).toMatchObject({
			state: 'failed',
			pending: ['cancel-work', 'open-ops-item'],
		});
		expect(verifying().meets({ ...by, verb: 'complete' }).operation).toMatchObject({
			state: 'skipped',
			result: { reason: 'completed by anna' },
		});
	});
});

it('a closed operation is moved by nothing', () => {
	const closed = aFinding({ state: 'succeeded', closedAt: OPENED_AT });
	const remediation = life(closed);
	remediation.meets({ type: 'tick' }, event('NON_COMPLIANT', OPENED_AT + MINUTE), succeeded, result('NON_COMPLIANT', OPENED_AT + MINUTE));
	expect(remediation.operation).toEqual(life(closed).operation);
});
