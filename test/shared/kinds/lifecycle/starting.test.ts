import { describe, expect, it } from 'vitest';
import {
	ABANDON,
	anOperation,
	CONTINUE,
	CONTINUE_AND_TELL,
	completed,
	LAUNCHING,
	life,
	lost,
	MINUTE,
	notStarted,
	OPENED_AT,
	online,
	someWork,
	startedAs,
	TERMINATING,
	unknown,
	waitsIn,
} from '../../../support/operations.ts';

describe('an unreachable node', () => {
	it.each([
		['a lost connection', lost, 'connection is lost (last seen 2026-03-02T08:40:00.000Z)'],
		['no agent', unknown, 'does not manage it'],
	])('with %s is settled by the failure rule at once', (_, status, reason) => {
		const drain = life({ then: { onSuccess: CONTINUE, onFailure: ABANDON } }).meets({ type: 'opened' }, status);
		expect(drain.asked).toEqual(['complete-lifecycle']);
		expect(drain.meets(completed).operation).toMatchObject({
			state: 'failed',
			result: { lifecycle: 'ABANDON', reason: expect.stringContaining(reason) },
		});
	});

	it('that SendCommand refuses is settled as one that is not managed', () => {
		const drain = life().meets({ type: 'opened' }, online, notStarted('not-managed'));
		expect(drain.asked).toEqual(['complete-lifecycle']);
		expect(drain.operation.ending?.state).toBe('failed');
	});

	it('that never took up its command is settled at the delivery timeout', () => {
		const drain = life()
			.runs()
			.after(3 * MINUTE)
			.meets({ type: 'work', status: 'not-delivered', details: 'DeliveryTimedOut' });
		expect(drain.operation.ending).toMatchObject({ state: 'failed', reason: 'drain-node: DeliveryTimedOut' });
	});

	it('is given time to register on launch, and no longer', () => {
		const launch = life({ subject: LAUNCHING, run: { registerWithinSeconds: 600, timeoutSeconds: 1_200 } }).meets(
			{ type: 'opened' },
			unknown,
		);
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
		launch
			.after(2 * MINUTE)
			.ticks()
			.meets(online);
		expect(launch.asked).toEqual(['start-work']);
		expect(launch.operation.waiting).toBeUndefined();
	});

	it('is no failure where it is stopped in its warm pool', () => {
		const subject = { ...TERMINATING, origin: 'WarmPool', destination: 'EC2' };
		const drain = life({ subject, then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL } }).meets(
			{ type: 'opened' },
			unknown,
			completed,
		);
		expect(drain.operation).toMatchObject({ state: 'skipped', result: { lifecycle: 'CONTINUE' } });
	});
});

describe('a pause', () => {
	const paused = notStarted('paused', 'paused by operator');

	it('keeps the hook alive beyond the timeout of the playbook, up to the end of the hook', () => {
		const drain = life({ run: { timeoutSeconds: 900 } }).meets({ type: 'opened' }, online, paused);
		for (let hours = 0; hours < 40; hours += 1)
			drain
				.after(60 * MINUTE)
				.ticks()
				.meets(paused);
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
		drain
			.after(60 * MINUTE)
			.ticks()
			.meets(startedAs('command-1'));
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
		expect(drain.operation.ending).toMatchObject({
			state: 'failed',
			pending: ['complete-lifecycle'],
			reason: expect.stringContaining('InvalidDocument'),
		});
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
		const drain = life()
			.meets({ type: 'opened' }, online, notStarted('unknown', 'socket hang up'))
			.after(2 * MINUTE)
			.ticks();
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
		const drain = sharedLife()
			.after(3 * MINUTE)
			.meets({ type: 'work', status, details: 'Terminated' });
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
