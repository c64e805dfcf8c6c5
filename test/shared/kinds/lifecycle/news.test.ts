import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../../shared/operation/facts.ts';
import {
	ABANDON,
	anOperation,
	CONTINUE,
	CONTINUE_AND_TELL,
	completed,
	failed,
	LAUNCHING,
	lead,
	life,
	MINUTE,
	notStarted,
	OPENED_AT,
	online,
	startedAs,
	succeeded,
	TOKEN,
	waitsIn,
	workStopped,
} from '../../../support/operations.ts';

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
		expect(drain.operation).toMatchObject({
			state: 'failed',
			result: { lifecycle: 'ABANDON', reason: 'drain-node: Failed, exit code 3: nginx did not stop' },
		});
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

describe('a late event', () => {
	it('has its instance looked at before anything runs', () => {
		const late = lead(anOperation({ actionStartedAt: OPENED_AT - 6 * MINUTE })).meets({ type: 'opened' });
		expect(late.asked).toEqual(['look-at-instance']);
		expect(late.meets(waitsIn('Terminating:Wait')).asked).toEqual(['check-node']);
	});

	it('whose instance does not wait any more is about nothing', () => {
		const late = lead(
			anOperation({ actionStartedAt: OPENED_AT - 6 * MINUTE, then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL } }),
		);
		late.meets({ type: 'opened' }, waitsIn(undefined));
		expect(late.operation).toMatchObject({ state: 'skipped', result: { lifecycle: 'over' } });
		expect(late.effects).toEqual([]);
	});

	it('of a wait that the sweep had found gives the operation its token', () => {
		const { token: _token, eventId: _eventId, ...found } = anOperation();
		const drain = lead(found).runs().meets({ type: 'seen', token: TOKEN, eventId: 'event-9' });
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
	it('while its instance still waits is settled as soon as Systems Manager does not manage it any more', () => {
		const drain = life({ then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL } }).runs();
		drain.after(5 * MINUTE).ticks();
		expect(drain.asked).toEqual(['look-up-work', 'check-node']);
		drain.meets({ type: 'work', status: 'running', details: 'InProgress' }, { type: 'node', status: 'connection-lost' });
		expect(drain.operation.ending).toBeUndefined();
		drain.meets({ type: 'node', status: 'not-registered' });
		expect(drain.operation.ending).toMatchObject({ state: 'failed', pending: ['cancel-work', 'complete-lifecycle', 'open-ops-item'] });
	});

	it.each([
		[undefined, 'has left its group'],
		['Terminating:Proceed', 'is Terminating:Proceed'],
	])('(%s), a runbook, is settled as failed, its work stopped and its action left alone', (state, said) => {
		const drain = life({ run: { type: 'automation' }, then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL } }).runs();
		drain.after(5 * MINUTE).ticks();
		expect(drain.asked).toEqual(['look-up-work', 'look-at-instance']);
		drain.meets({ type: 'work', status: 'running', details: 'InProgress' }, waitsIn(state));
		expect(drain.operation.ending).toMatchObject({
			state: 'failed',
			pending: ['cancel-work', 'open-ops-item'],
			reason: expect.stringContaining(said),
		});
	});

	it('is looked at at least every five minutes', () => {
		const drain = life().runs();
		expect(drain.operation.dueAt).toBe(OPENED_AT + 5 * MINUTE);
	});
});

describe('news that comes out of order', () => {
	it('of the end before the reply to the call that started it is not lost', () => {
		const drain = life().meets({ type: 'opened' }, online);
		drain.meets(
			{ type: 'work-seen', externalId: 'command-1', workId: `${drain.operation.id}.1` },
			{ ...succeeded, externalId: 'command-1' },
		);
		expect(drain.asked).toEqual(['complete-lifecycle']);
		expect(drain.meets(startedAs('command-1'), completed).operation).toMatchObject({
			state: 'succeeded',
			work: { externalId: 'command-1' },
		});
	});

	it('of the start, from an event and from the reply, is told and counted once', () => {
		const drain = life().meets({ type: 'opened' }, online);
		drain.meets({ type: 'work-seen', externalId: 'command-1', workId: `${drain.operation.id}.1` }, startedAs('command-1'));
		expect(drain.told).toEqual(['command sent']);
		expect(drain.operation.attempts.start).toBe(1);
	});

	it('about other work than this is nobody’s', () => {
		const drain = life().meets({ type: 'opened' }, online, { type: 'work-seen', externalId: 'command-9', workId: 'shared-9' });
		expect(drain.operation).toMatchObject({ state: 'starting' });
	});

	it('about an earlier attempt does not settle the one that replaced it', () => {
		const drain = life()
			.runs()
			.meets({ ...failed, externalId: 'command-0' });
		expect(drain.operation.ending).toBeUndefined();
	});

	describe('about work that was sent again because no reply came', () => {
		function resent() {
			const drain = life().meets({ type: 'opened' }, online, notStarted('unknown', 'socket hang up'));
			return drain.after(2 * MINUTE).meets({ type: 'work-not-found', certain: true }, startedAs('command-2'));
		}
		const workId = `${life().operation.id}.1`;

		it('settles it where any of its commands ended well in time', () => {
			const drain = resent().meets({ ...succeeded, externalId: 'command-1', workId, endedAt: OPENED_AT + MINUTE });
			expect(drain.asked).toEqual(['complete-lifecycle']);
			drain.meets(completed);
			expect(drain.operation).toMatchObject({ state: 'succeeded', result: { lifecycle: 'CONTINUE' } });
		});

		it.each(['command-1', 'command-2'])('has all of them looked at where one (%s) did not end well', (externalId) => {
			const drain = resent().meets({ ...failed, externalId, workId });
			expect(drain.operation.ending).toBeUndefined();
			expect(drain.asked).toEqual(['look-up-work']);
			expect(drain.meets(failed).operation.ending).toMatchObject({ state: 'failed' });
		});
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
	const operator = (verb: 'retry' | 'extend' | 'cancel' | 'complete', more: object = {}): Fact => ({
		type: 'operator',
		verb,
		by: 'ana',
		...more,
	});

	it('extends the time as far as the hook lasts, and is in the history', () => {
		const drain = life({ hookTimers: { heartbeatTimeoutSeconds: 300, globalTimeoutSeconds: 3_600 } })
			.runs()
			.meets(operator('extend', { seconds: 600 }));
		expect(drain.operation.deadlineAt).toBe(OPENED_AT + 25 * MINUTE);
		expect(drain.asked).toEqual(['heartbeat']);
		expect(drain.meets(operator('extend', { seconds: 86_400 })).operation.deadlineAt).toBe(OPENED_AT + 58 * MINUTE);
		expect(drain.operation.history.at(-1)).toMatchObject({ what: 'extended', why: expect.stringContaining('ana') });
	});

	it('cancels: the work is stopped and the failure rule applies', () => {
		const drain = life({ then: { onSuccess: CONTINUE, onFailure: ABANDON } })
			.runs()
			.meets(operator('cancel'), workStopped, completed);
		expect(drain.operation).toMatchObject({ state: 'failed', result: { lifecycle: 'ABANDON', reason: 'cancelled by ana' } });
	});

	it('cannot cancel what has been decided', () => {
		const drain = life().runs().meets(succeeded, operator('cancel'));
		expect(drain.operation.ending?.state).toBe('succeeded');
		expect(drain.asked).toEqual(['complete-lifecycle']);
	});

	it('completes with the result of their choice', () => {
		const drain = life()
			.runs()
			.meets(operator('complete', { result: 'ABANDON' }), workStopped, completed);
		expect(drain.operation).toMatchObject({ state: 'skipped', result: { lifecycle: 'ABANDON', reason: 'completed by ana' } });
	});

	it('retries what waits, without waiting for the clock', () => {
		const drain = life().meets({ type: 'opened' }, online, notStarted('throttled'), operator('retry'));
		expect(drain.asked).toEqual(['check-node']);
		expect(drain.meets(online).asked).toEqual(['start-work']);
	});
});
