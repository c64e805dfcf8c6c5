import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../../shared/operation/facts.ts';
import {
	ABANDON,
	anOperation,
	completed,
	CONTINUE,
	CONTINUE_AND_TELL,
	failed,
	gone,
	LAUNCHING,
	Life,
	life,
	MINUTE,
	OPENED_AT,
	online,
	SECOND,
	someWork,
	startedAs,
	succeeded,
	TERMINATING,
	TOKEN,
	workStopped,
} from '../../../support/operations.ts';

const lost: Fact = { type: 'node', status: 'connection-lost', since: '2026-03-02T08:40:00.000Z' };
const unknown: Fact = { type: 'node', status: 'not-registered' };
const notStarted = (why: Extract<Fact, { type: 'work-not-started' }>['why'], message = 'Rate exceeded'): Fact => ({
	type: 'work-not-started',
	why,
	message,
});
const waitsIn = (lifecycleState: string | undefined, otherHooks = false): Fact => ({ type: 'instance', lifecycleState, otherHooks });

describe('results', () => {
	it('continues a termination whose drain succeeded', () => {
		const drain = life().runs().after(MINUTE).meets(succeeded);
		expect(drain.asked).toEqual(['complete-lifecycle']);
		drain.meets(completed);
		expect(drain.operation).toMatchObject({ state: 'succeeded', closedAt: OPENED_AT + MINUTE, result: { lifecycle: 'CONTINUE' } });
		expect(drain.operation.dueAt).toBeUndefined();
	});

	it("completes a failed drain as the playbook's failure rule says, and says what the node said", () => {
		const drain = life({ then: { onSuccess: CONTINUE, onFailure: ABANDON } })
			.runs()
			.meets(failed, completed);
		expect(drain.operation).toMatchObject({ state: 'failed', result: { lifecycle: 'ABANDON', reason: 'drain-node: Failed, exit code 3: nginx did not stop' } });
	});

	it('abandons a launch whose bootstrap failed', () => {
		const launch = life({ subject: LAUNCHING, then: { onSuccess: CONTINUE, onFailure: ABANDON } })
			.runs()
			.meets(failed, completed);
		expect(launch.operation).toMatchObject({ state: 'failed', result: { lifecycle: 'ABANDON' } });
	});

	it('opens an OpsItem only after the lifecycle action is completed, and only on failure', () => {
		const then = { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL };
		const bad = life({ then }).runs().meets(failed);
		expect(bad.asked).toEqual(['complete-lifecycle']);
		bad.meets(completed);
		expect(bad.asked).toEqual(['open-ops-item']);
		expect(bad.operation.closedAt).toBeUndefined();
		bad.meets({ type: 'done', effect: 'open-ops-item', opsItemId: 'oi-000000000001' });
		expect(bad.operation).toMatchObject({ state: 'failed', result: { lifecycle: 'CONTINUE', opsItemId: 'oi-000000000001' } });

		const good = life({ then }).runs().meets(succeeded, completed);
		expect(good.operation.state).toBe('succeeded');
	});

	it('starts nothing where a parameter points to what the event does not have', () => {
		const drain = life({ run: { parameters: { Queue: ['$.detail.Queue'] } } }).meets({ type: 'opened' }, online);
		expect(drain.asked).toEqual(['complete-lifecycle']);
		expect(drain.operation.ending).toMatchObject({ state: 'failed', reason: expect.stringContaining('parameter Queue') });
	});
});

describe('an unreachable node', () => {
	it.each([
		['a lost connection', lost, 'connection is lost (last seen 2026-03-02T08:40:00.000Z)'],
		['no agent', unknown, 'does not manage it'],
	])('with %s is settled by the failure rule at once', (_, status, reason) => {
		const drain = life({ then: { onSuccess: CONTINUE, onFailure: ABANDON } }).meets({ type: 'opened' }, status);
		expect(drain.asked).toEqual(['complete-lifecycle']);
		expect(drain.meets(completed).operation).toMatchObject({ state: 'failed', result: { lifecycle: 'ABANDON', reason: expect.stringContaining(reason) } });
	});

	it('that SendCommand refuses is settled as one that is not managed', () => {
		const drain = life().meets({ type: 'opened' }, online, notStarted('not-managed'));
		expect(drain.asked).toEqual(['complete-lifecycle']);
		expect(drain.operation.ending?.state).toBe('failed');
	});

	it('that never took up its command is settled at the delivery timeout', () => {
		const drain = life().runs().after(3 * MINUTE).meets({ type: 'work', status: 'not-delivered', details: 'DeliveryTimedOut' });
		expect(drain.operation.ending).toMatchObject({ state: 'failed', reason: 'drain-node: DeliveryTimedOut' });
	});

	it('is given time to register on launch, and no longer', () => {
		const launch = life({ subject: LAUNCHING, run: { registerWithinSeconds: 600, timeoutSeconds: 1_200 } }).meets({ type: 'opened' }, unknown);
		expect(launch.operation).toMatchObject({ state: 'waiting', waiting: 'registration' });
		launch.after(9 * MINUTE).ticks();
		expect(launch.asked).toEqual(['check-node']);
		launch.meets(unknown);
		expect(launch.operation.state).toBe('waiting');
		launch.after(MINUTE).ticks().meets(unknown);
		expect(launch.operation.ending?.state).toBe('failed');
		expect(launch.told.filter((what) => what === 'waiting')).toHaveLength(1);
	});

	it('that registers in time gets its work', () => {
		const launch = life({ subject: LAUNCHING, run: { registerWithinSeconds: 600 } }).meets({ type: 'opened' }, unknown);
		launch.after(2 * MINUTE).ticks().meets(online);
		expect(launch.asked).toEqual(['start-work']);
		expect(launch.operation.waiting).toBeUndefined();
	});

	it('is no failure where it is stopped in its warm pool', () => {
		const subject = { ...TERMINATING, origin: 'WarmPool', destination: 'EC2' };
		const drain = life({ subject, then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL } }).meets({ type: 'opened' }, unknown, completed);
		expect(drain.operation).toMatchObject({ state: 'skipped', result: { lifecycle: 'CONTINUE' } });
	});
});

describe('heartbeats', () => {
	it('begin at half the HeartbeatTimeout of the hook, and come again after as long', () => {
		const drain = life({ run: { timeoutSeconds: 7_200 } }).runs();
		drain.after(15 * MINUTE - SECOND).ticks();
		expect(drain.asked).not.toContain('heartbeat');
		drain.after(SECOND).ticks();
		expect(drain.asked).toContain('heartbeat');
		drain.meets({ type: 'heartbeat-sent' });
		expect(drain.operation.heartbeat).toEqual({ nextAt: OPENED_AT + 30 * MINUTE, count: 1 });
	});

	it.each([
		['registers', [unknown], { subject: LAUNCHING, run: { registerWithinSeconds: 3_600, timeoutSeconds: 7_200 } }],
		['is throttled', [online, notStarted('throttled')], { run: { timeoutSeconds: 7_200 } }],
		['is paused', [online, notStarted('paused', 'paused by operator')], {}],
	] as const)('go out while the operation %s', (_, facts, changes) => {
		const drain = life(changes).meets({ type: 'opened' }, ...facts);
		drain.after(15 * MINUTE).ticks();
		expect(drain.asked).toContain('heartbeat');
	});

	it('go out while the lifecycle action cannot be completed', () => {
		const drain = life({ run: { timeoutSeconds: 7_200 } }).runs().meets(succeeded);
		drain.meets({ type: 'not-done', effect: 'complete-lifecycle', why: 'retry', message: 'Rate exceeded' });
		drain.after(15 * MINUTE).ticks();
		expect(drain.asked).toEqual(['heartbeat', 'complete-lifecycle']);
	});

	it('end at the timeout of the playbook', () => {
		const drain = life({ hookTimers: { heartbeatTimeoutSeconds: 180 }, run: { timeoutSeconds: 900 } }).runs();
		drain.after(15 * MINUTE - SECOND).ticks();
		expect(drain.asked).toContain('heartbeat');
		drain.after(SECOND).ticks();
		expect(drain.asked).not.toContain('heartbeat');
	});

	it("end before the hook's global timeout where that comes first", () => {
		const drain = life({ hookTimers: { heartbeatTimeoutSeconds: 300, globalTimeoutSeconds: 3_600 }, run: { timeoutSeconds: 7_200 } }).runs();
		drain.after(57 * MINUTE).ticks();
		expect(drain.asked).toContain('heartbeat');
		drain.after(MINUTE).ticks();
		expect(drain.asked).not.toContain('heartbeat');
		expect(drain.operation.deadlineAt).toBe(OPENED_AT + 58 * MINUTE);
	});

	it('are never sent for a hook whose timeout is under 180 seconds', () => {
		const drain = life({ hookTimers: { heartbeatTimeoutSeconds: 179 } }).runs();
		drain.after(100 * SECOND).ticks();
		expect(drain.asked).not.toContain('heartbeat');
		expect(drain.operation.deadlineAt).toBe(OPENED_AT + 164 * SECOND);
	});

	it('that were throttled stay due', () => {
		const drain = life({ run: { timeoutSeconds: 7_200 } }).runs().after(15 * MINUTE).ticks();
		drain.meets({ type: 'not-done', effect: 'heartbeat', why: 'retry', message: 'Rate exceeded' });
		expect(drain.operation.dueAt).toBeLessThanOrEqual(drain.now);
		expect(drain.after(MINUTE).ticks().asked).toContain('heartbeat');
	});

	it.each(['waiting', 'running', 'closing'])('are what the clock looks at a %s operation for', (stage) => {
		const drain = life({ hookTimers: { heartbeatTimeoutSeconds: 180 } }).meets({ type: 'opened' }, online);
		if (stage === 'waiting') drain.meets(notStarted('throttled'));
		else drain.meets(startedAs('command-1'));
		if (stage === 'closing') drain.meets(succeeded, { type: 'not-done', effect: 'complete-lifecycle', why: 'retry', message: 'Rate exceeded' });
		drain.after(45 * SECOND).meets({ type: 'seen' }).ticks();
		expect(drain.operation.dueAt).toBe(OPENED_AT + 90 * SECOND);
	});

	it('that meet no action look at the instance before they believe it', () => {
		const drain = life({ run: { timeoutSeconds: 7_200 } }).runs().after(15 * MINUTE).ticks().meets(gone('heartbeat'));
		expect(drain.asked).toEqual(['look-at-instance']);
		drain.meets(waitsIn('Terminating:Wait'));
		expect(drain.operation).toMatchObject({ state: 'running' });
		drain.meets(waitsIn('Terminating:Proceed'));
		expect(drain.operation.ending).toMatchObject({ state: 'failed', pending: ['cancel-work'] });
	});
});

describe('the timeout', () => {
	it('counts from the opening, time in the queue of Run Command included', () => {
		const drain = life({ run: { timeoutSeconds: 900 } }).meets({ type: 'opened' }, online, notStarted('throttled'));
		drain.after(10 * MINUTE).ticks().meets(startedAs('command-1'));
		drain.after(5 * MINUTE + 30 * SECOND).ticks().meets({ type: 'work', status: 'running', details: 'InProgress' });
		expect(drain.operation.ending?.state).toBe('timed-out');
	});

	it('cancels the work, then completes the action, then opens the OpsItem', () => {
		const drain = life({ then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL } }).runs();
		drain.after(15 * MINUTE + 30 * SECOND).ticks().meets({ type: 'work', status: 'running', details: 'InProgress' });
		expect(drain.operation.ending).toMatchObject({ state: 'timed-out', pending: ['cancel-work', 'complete-lifecycle', 'open-ops-item'] });
		expect(drain.asked).toEqual(['cancel-work']);
		expect(drain.meets(workStopped).asked).toEqual(['complete-lifecycle']);
		expect(drain.meets(completed).asked).toEqual(['open-ops-item']);
		expect(drain.meets({ type: 'done', effect: 'open-ops-item' }).operation.state).toBe('timed-out');
	});

	it('does not overrule work that ended in time and was never reported', () => {
		const drain = life().runs().after(15 * MINUTE + 30 * SECOND).ticks();
		expect(drain.asked).toEqual(['look-up-work']);
		drain.meets({ ...succeeded, endedAt: OPENED_AT + 14 * MINUTE }, completed);
		expect(drain.operation.state).toBe('succeeded');
	});

	it('overrules work that ended after it, whenever that becomes known', () => {
		const late = { ...succeeded, endedAt: OPENED_AT + 15 * MINUTE + SECOND };
		const reported = life().runs().after(15 * MINUTE + 2 * SECOND).meets(late);
		const found = life().runs().after(16 * MINUTE).ticks().meets(late);
		expect(reported.operation.ending?.state).toBe('timed-out');
		expect(found.operation.ending?.state).toBe('timed-out');
	});

	it('ends work whose state AWS does not tell', () => {
		const drain = life().runs().after(16 * MINUTE).ticks().meets({ type: 'work', status: 'unknown', details: 'Rate exceeded' });
		expect(drain.operation.ending?.state).toBe('timed-out');
	});

	it('completes before it stops the work where AWS does not take the stop, and gives up stopping after three tries', () => {
		const notStopped: Fact = { type: 'not-done', effect: 'cancel-work', why: 'retry', message: 'Rate exceeded' };
		const drain = life().runs().after(16 * MINUTE).ticks().meets({ type: 'work', status: 'running', details: 'InProgress' });
		expect(drain.meets(notStopped).asked).toEqual(['complete-lifecycle']);
		expect(drain.meets(completed).asked).toEqual(['cancel-work']);
		drain.meets(notStopped).after(MINUTE).ticks().meets(notStopped).after(MINUTE).ticks();
		expect(drain.operation.closedAt).toBeUndefined();
		drain.meets(notStopped);
		expect(drain.operation).toMatchObject({ state: 'timed-out', result: { lifecycle: 'CONTINUE' } });
	});

	it('ends an operation that waits for a node to register', () => {
		const launch = life({ subject: LAUNCHING, run: { registerWithinSeconds: 1_800, timeoutSeconds: 900 } }).meets({ type: 'opened' }, unknown);
		launch.after(15 * MINUTE + 30 * SECOND).ticks();
		expect(launch.operation.ending).toMatchObject({ state: 'timed-out', reason: expect.stringContaining('did not register'), pending: ['complete-lifecycle'] });
	});
});

describe("'No active Lifecycle Action'", () => {
	const ending = () => life().runs().meets(succeeded);

	it('is looked into before it is believed', () => {
		expect(ending().meets(gone('complete-lifecycle')).asked).toEqual(['look-at-instance']);
	});

	it('is the end where the instance does not wait any more', () => {
		const drain = ending().meets(gone('complete-lifecycle'), waitsIn('Terminating:Proceed'));
		expect(drain.operation).toMatchObject({ state: 'succeeded', result: { lifecycle: 'over' } });
	});

	it('is the end where the instance has left its group', () => {
		const drain = ending().meets(gone('complete-lifecycle'), waitsIn(undefined));
		expect(drain.operation).toMatchObject({ state: 'succeeded', result: { lifecycle: 'over' } });
	});

	it('is a race while the instance waits at its only hook: tried again until the hook is over', () => {
		const drain = ending();
		for (let tries = 0; tries < 10; tries += 1) {
			drain.meets(gone('complete-lifecycle'), waitsIn('Terminating:Wait'));
			expect(drain.operation.closedAt).toBeUndefined();
			expect(drain.after(MINUTE).ticks().asked).toEqual(expect.arrayContaining(['complete-lifecycle']));
		}
		expect(drain.meets(completed).operation).toMatchObject({ result: { lifecycle: 'CONTINUE' } });
	});

	it('is believed after three tries where another hook may be what holds the instance', () => {
		const drain = ending();
		drain.meets(gone('complete-lifecycle'), waitsIn('Terminating:Wait', true)).after(MINUTE).ticks();
		drain.meets(gone('complete-lifecycle'), waitsIn('Terminating:Wait', true)).after(MINUTE).ticks();
		expect(drain.operation.closedAt).toBeUndefined();
		drain.meets(gone('complete-lifecycle'), waitsIn('Terminating:Wait', true));
		expect(drain.operation).toMatchObject({ state: 'succeeded', result: { lifecycle: 'over' } });
		expect(drain.operation.history.find(({ what }) => what === 'hook is over')?.why).toContain('not for this hook');
	});

	it('still opens the OpsItem of a failure', () => {
		const drain = life({ then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL } }).runs().meets(failed);
		drain.meets(gone('complete-lifecycle'), waitsIn(undefined));
		expect(drain.asked).toEqual(['open-ops-item']);
	});
});

describe('a complete call that AWS does not take', () => {
	const refused: Fact = { type: 'not-done', effect: 'complete-lifecycle', why: 'retry', message: 'Rate exceeded' };

	it('is made again by every tick, and told once', () => {
		const drain = life().runs().meets(succeeded);
		for (let tries = 0; tries < 5; tries += 1) {
			drain.meets(refused);
			expect(drain.operation.closedAt).toBeUndefined();
			expect(drain.after(MINUTE).ticks().asked).toContain('complete-lifecycle');
		}
		expect(drain.told.filter((what) => what === 'complete-lifecycle not done')).toHaveLength(1);
	});

	it('is not made for ever: once the hook is over the instance is looked at', () => {
		const drain = life({ hookTimers: { heartbeatTimeoutSeconds: 180, globalTimeoutSeconds: 3_600 } }).runs().meets(succeeded, refused);
		expect(drain.asked).toEqual([]);
		drain.after(60 * MINUTE).ticks().meets(refused);
		expect(drain.asked).toEqual(['look-at-instance']);
		drain.meets(waitsIn(undefined));
		expect(drain.operation).toMatchObject({ state: 'succeeded', result: { lifecycle: 'over' } });
	});
});

describe('a late event', () => {
	it('has its instance looked at before anything runs', () => {
		const late = new Life(anOperation({ actionStartedAt: OPENED_AT - 6 * MINUTE })).meets({ type: 'opened' });
		expect(late.asked).toEqual(['look-at-instance']);
		expect(late.meets(waitsIn('Terminating:Wait')).asked).toEqual(['check-node']);
	});

	it('whose instance does not wait any more is about nothing', () => {
		const late = new Life(anOperation({ actionStartedAt: OPENED_AT - 6 * MINUTE, then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL } }));
		late.meets({ type: 'opened' }, waitsIn(undefined));
		expect(late.operation).toMatchObject({ state: 'skipped', result: { lifecycle: 'over' } });
		expect(late.effects).toEqual([]);
	});

	it('of a wait that the sweep had found gives the operation its token', () => {
		const { token: _token, eventId: _eventId, ...found } = anOperation();
		const drain = new Life(found).runs().meets({ type: 'seen', token: TOKEN, eventId: 'event-9' });
		expect(drain.operation).toMatchObject({ token: TOKEN, eventId: 'event-9', state: 'running' });
		expect(drain.effects).toEqual([]);
	});

	it('that says what is known changes nothing', () => {
		const drain = life().runs();
		const before = drain.operation;
		expect(drain.meets({ type: 'seen', token: TOKEN, eventId: 'event-1' }, { type: 'seen' }).operation).toEqual(before);
	});
});

describe('a node that vanishes in the middle of its work', () => {
	it.each([
		[undefined, 'has left its group'],
		['Terminating:Proceed', 'is Terminating:Proceed'],
	])('(%s) is settled as failed, its work stopped and its action left alone', (state, said) => {
		const drain = life({ then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL } }).runs();
		drain.after(5 * MINUTE).ticks();
		expect(drain.asked).toEqual(['look-up-work', 'look-at-instance']);
		drain.meets({ type: 'work', status: 'running', details: 'InProgress' }, waitsIn(state));
		expect(drain.operation.ending).toMatchObject({ state: 'failed', pending: ['cancel-work', 'open-ops-item'], reason: expect.stringContaining(said) });
	});

	it('is looked at at least every five minutes', () => {
		const drain = life().runs();
		expect(drain.operation.dueAt).toBe(OPENED_AT + 5 * MINUTE);
	});
});

describe('a pause', () => {
	const paused = notStarted('paused', 'paused by operator');

	it('keeps the hook alive beyond the timeout of the playbook, up to the end of the hook', () => {
		const drain = life({ run: { timeoutSeconds: 900 } }).meets({ type: 'opened' }, online, paused);
		for (let hours = 0; hours < 40; hours += 1) drain.after(60 * MINUTE).ticks().meets(paused);
		expect(drain.operation).toMatchObject({ state: 'waiting', waiting: 'pause' });
		drain.after(8 * 60 * MINUTE).ticks();
		expect(drain.operation.ending?.state).toBe('timed-out');
	});

	it('is told once, however long it lasts', () => {
		const drain = life({ run: { timeoutSeconds: 7_200 } }).meets({ type: 'opened' }, online, paused);
		for (let minutes = 0; minutes < 30; minutes += 1) {
			drain.after(MINUTE).ticks();
			if (drain.asked.includes('heartbeat')) drain.meets({ type: 'heartbeat-sent' });
			drain.meets(paused);
		}
		expect(drain.told).toEqual(['waiting', 'heartbeat', 'heartbeat']);
	});

	it('is not the time of the work: resumed, it has all of it', () => {
		const drain = life({ run: { timeoutSeconds: 900 } }).meets({ type: 'opened' }, online, paused);
		drain.after(60 * MINUTE).ticks().meets(startedAs('command-1'));
		expect(drain.operation).toMatchObject({ state: 'running', deadlineAt: OPENED_AT + 75 * MINUTE });
		expect(drain.operation.waiting).toBeUndefined();
	});
});

describe('starting work', () => {
	it('is on record before the call, under a name that follows from the operation', () => {
		const drain = life().meets({ type: 'opened' }, online);
		expect(drain.effects).toEqual([{ name: 'start-work', work: expect.objectContaining({ id: `${drain.operation.id}.1`, attempt: 1 }) }]);
		expect(drain.operation).toMatchObject({ state: 'starting', work: { id: `${drain.operation.id}.1` } });
	});

	it('that is throttled waits and is tried again under the same name', () => {
		const drain = life().meets({ type: 'opened' }, online, notStarted('throttled'));
		expect(drain.operation).toMatchObject({ state: 'waiting', waiting: 'throttle' });
		drain.after(MINUTE).ticks();
		expect(drain.asked).toEqual(['start-work']);
		expect(drain.operation.work).toMatchObject({ id: `${drain.operation.id}.1`, attempt: 1 });
		expect(drain.meets(startedAs('command-1')).operation.state).toBe('running');
		expect(drain.told).toEqual(['waiting', 'command sent']);
	});

	it('that AWS refuses is a failure, and leaves nothing to cancel', () => {
		const drain = life().meets({ type: 'opened' }, online, notStarted('refused', 'InvalidDocument: no such document'));
		expect(drain.operation.ending).toMatchObject({ state: 'failed', pending: ['complete-lifecycle'], reason: expect.stringContaining('InvalidDocument') });
	});

	it('whose reply is lost is looked for, and nothing is sent meanwhile', () => {
		const drain = life().meets({ type: 'opened' }, online, notStarted('unknown', 'socket hang up'));
		expect(drain.effects).toEqual([]);
		drain.after(MINUTE).ticks();
		expect(drain.asked).toEqual(['find-work']);
		drain.meets({ type: 'work-not-found', certain: false });
		expect(drain.effects).toEqual([]);
		drain.meets(waitsIn('Terminating:Wait'));
		expect(drain.effects).toEqual([]);
	});

	it('whose reply is lost is adopted where it is found, and looked up at once', () => {
		const drain = life().meets({ type: 'opened' }, online, notStarted('unknown', 'socket hang up')).after(MINUTE).ticks();
		drain.meets({ type: 'work-started', externalId: 'command-1', adopted: true });
		expect(drain.operation).toMatchObject({ state: 'running', work: { externalId: 'command-1', attempt: 1 } });
		expect(drain.asked).toEqual(['look-up-work']);
	});

	it('whose reply is lost is sent again under the same name once AWS would have listed it', () => {
		const drain = life().meets({ type: 'opened' }, online, notStarted('unknown', 'socket hang up')).after(2 * MINUTE).ticks();
		drain.meets({ type: 'work-not-found', certain: true });
		expect(drain.asked).toEqual(['start-work']);
		expect(drain.operation.work).toMatchObject({ id: `${drain.operation.id}.1`, attempt: 2, recordedAt: drain.now });
	});

	it('is not sent again on stale news that it cannot be found', () => {
		const drain = life().runs().meets({ type: 'work-not-found', certain: true });
		expect(drain.effects).toEqual([]);
		expect(drain.operation).toMatchObject({ state: 'running', work: { externalId: 'command-1', attempt: 1 } });
	});

	it('that another run has sent without this node is sent for this node', () => {
		const work = someWork(anOperation(), { id: 'shared-1', shared: true, attempt: 2 });
		const drain = life({ work }).meets(notStarted('left-out'));
		expect(drain.asked).toEqual(['start-work']);
		expect(drain.operation.work).toMatchObject({ id: 'shared-1', attempt: 3 });
	});

	it('that another run sends, to this node too, is left to it', () => {
		const work = someWork(anOperation(), { id: 'shared-1', shared: true });
		expect(life({ work }).meets(notStarted('taken')).effects).toEqual([]);
	});
});

describe('shared work that never reached this node', () => {
	const sharedLife = () => life({ work: someWork(anOperation(), { id: 'shared-1', shared: true }) }).meets(startedAs('command-1'));

	it.each(['not-delivered', 'not-started'] as const)('(%s) is started once more, alone and under a name of its own', (status) => {
		const drain = sharedLife().after(3 * MINUTE).meets({ type: 'work', status, details: 'Terminated' });
		expect(drain.asked).toEqual(['check-node']);
		drain.meets(online);
		expect(drain.operation.work).toMatchObject({ id: `${drain.operation.id}.2`, shared: false, attempt: 1 });
	});

	it('and does not reach it alone either is a failure', () => {
		const drain = sharedLife().meets({ type: 'work', status: 'not-started', details: 'Terminated' }, online, startedAs('command-2'));
		drain.meets({ type: 'work', status: 'not-delivered', details: 'DeliveryTimedOut' });
		expect(drain.operation.ending?.state).toBe('failed');
	});

	it('is settled by the failure rule where the node is out of reach by now', () => {
		const drain = sharedLife().meets({ type: 'work', status: 'not-delivered', details: 'DeliveryTimedOut' }, lost);
		expect(drain.operation.ending).toMatchObject({ state: 'failed', reason: expect.stringContaining('connection is lost') });
	});
});

describe('news that comes out of order', () => {
	it('of the end before the reply to the call that started it is not lost', () => {
		const drain = life().meets({ type: 'opened' }, online);
		drain.meets({ type: 'work-seen', externalId: 'command-1', workId: `${drain.operation.id}.1` }, { ...succeeded, externalId: 'command-1' });
		expect(drain.asked).toEqual(['complete-lifecycle']);
		expect(drain.meets(startedAs('command-1'), completed).operation).toMatchObject({ state: 'succeeded', work: { externalId: 'command-1' } });
	});

	it('about other work than this is nobody’s', () => {
		const drain = life().meets({ type: 'opened' }, online, { type: 'work-seen', externalId: 'command-9', workId: 'shared-9' });
		expect(drain.operation).toMatchObject({ state: 'starting' });
	});

	it('about an earlier attempt does not settle the one that replaced it', () => {
		const drain = life().runs().meets({ ...failed, externalId: 'command-0' });
		expect(drain.operation.ending).toBeUndefined();
	});

	it('after the close changes nothing and asks for nothing', () => {
		const drain = life().runs().meets(succeeded, completed);
		const closed = drain.operation;
		for (const fact of [failed, completed, { type: 'tick' }, { type: 'opened' }, startedAs('command-2'), waitsIn(undefined)] as const) {
			expect(drain.meets(fact).effects).toEqual([]);
			expect(drain.operation).toEqual(closed);
		}
	});
});

describe('an operator', () => {
	const operator = (verb: 'retry' | 'extend' | 'cancel' | 'complete', more: object = {}): Fact => ({ type: 'operator', verb, by: 'ana', ...more });

	it('extends the time as far as the hook lasts, and is in the history', () => {
		const drain = life({ hookTimers: { heartbeatTimeoutSeconds: 300, globalTimeoutSeconds: 3_600 } }).runs().meets(operator('extend', { seconds: 600 }));
		expect(drain.operation.deadlineAt).toBe(OPENED_AT + 25 * MINUTE);
		expect(drain.asked).toEqual(['heartbeat']);
		expect(drain.meets(operator('extend', { seconds: 86_400 })).operation.deadlineAt).toBe(OPENED_AT + 58 * MINUTE);
		expect(drain.operation.history.at(-1)).toMatchObject({ what: 'extended', why: expect.stringContaining('ana') });
	});

	it('cancels: the work is stopped and the failure rule applies', () => {
		const drain = life({ then: { onSuccess: CONTINUE, onFailure: ABANDON } }).runs().meets(operator('cancel'), workStopped, completed);
		expect(drain.operation).toMatchObject({ state: 'failed', result: { lifecycle: 'ABANDON', reason: 'cancelled by ana' } });
	});

	it('cannot cancel what has been decided', () => {
		const drain = life().runs().meets(succeeded, operator('cancel'));
		expect(drain.operation.ending?.state).toBe('succeeded');
		expect(drain.asked).toEqual(['complete-lifecycle']);
	});

	it('completes with the result of their choice', () => {
		const drain = life().runs().meets(operator('complete', { result: 'ABANDON' }), workStopped, completed);
		expect(drain.operation).toMatchObject({ state: 'skipped', result: { lifecycle: 'ABANDON', reason: 'completed by ana' } });
	});

	it('retries what waits, without waiting for the clock', () => {
		const drain = life().meets({ type: 'opened' }, online, notStarted('throttled'), operator('retry'));
		expect(drain.asked).toEqual(['check-node']);
		expect(drain.meets(online).asked).toEqual(['start-work']);
	});
});
