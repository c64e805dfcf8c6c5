import { describe, expect, it } from 'vitest';
import { sessionItem } from '../../../../shared/kinds/session/item.ts';
import { nextSession } from '../../../../shared/kinds/session/next.ts';
import type { SessionOperation, SessionState } from '../../../../shared/kinds/session/types.ts';
import type { Fact } from '../../../../shared/operation/facts.ts';
import type { SessionRule } from '../../../../shared/playbook/types.ts';
import { MINUTE, OPENED_AT } from '../../../support/operations.ts';

const SUBJECT = {
	kind: 'session',
	sessionId: 'anna-0c4e8a1f5b7d9e263',
	owner: 'arn:aws:sts::111122223333:assumed-role/oncall/anna',
	node: 'i-0b10e000000000002',
	document: 'fleetkeeper-test-session',
	startedAt: OPENED_AT,
	...{ account: '111122223333', region: 'eu-west-1' },
} as const;
const TRANSCRIPT = { s3: 's3://output/sessions/anna.log', logGroup: '/fleetkeeper/test/sessions', logStream: 'anna' };

function operation(rule: SessionRule = {}, changes: Partial<SessionOperation> = {}): SessionOperation {
	return {
		...{ id: 'session-0000000000000001-1', kind: 'session', subject: SUBJECT, occurrence: 1 },
		playbook: { name: 'explained', parameterVersion: 3 },
		...{ rule, opsItem: { severity: '2' }, transcript: TRANSCRIPT, resumes: 0, seenAt: OPENED_AT, lookAt: OPENED_AT + MINUTE, looks: 0 },
		...(rule.maxSeconds !== undefined && { capAt: OPENED_AT + rule.maxSeconds * 1_000 }),
		...{ state: 'running', history: [], openedAt: OPENED_AT, deadlineAt: OPENED_AT + 43_200 * MINUTE },
		occasion: { detail: {}, account: '111122223333', region: 'eu-west-1' },
		...{ attempts: { start: 0, ending: 0 }, version: 1, publishedVersion: 1 },
		...changes,
	};
}

const OPENED: Fact = { type: 'opened' };
const seen = (state: SessionState, from: 'event' | 'look' = 'look', at = OPENED_AT): Fact => ({
	...{ type: 'session', from, state, at, requestId: 'request-1' },
	...(from === 'event' && { by: 'bert' }),
});
const over = (minutes: number, how = 'its shell was left'): SessionState => ({ is: 'over', at: OPENED_AT + minutes * MINUTE, how });
const terminated = (by: string, minutes: number): Fact => ({
	...{ type: 'session', from: 'event', by, state: { is: 'ending', how: `terminated by ${by}` } },
	...{ at: OPENED_AT + minutes * MINUTE, requestId: `request-${by}` },
});
const done = (effect: 'terminate-session' | 'open-ops-item' | 'update-ops-item'): Fact => ({
	...{ type: 'done', effect, requestId: 'request-2' },
	...(effect === 'open-ops-item' && { opsItemId: 'oi-1', opsItem: 'opened' }),
});

/** What follows a few facts: the operation, all effects that were asked for, and its story. */
function play(start: SessionOperation, ...facts: readonly (Fact | number)[]) {
	let now = OPENED_AT;
	let current = start;
	const asked: string[] = [];
	for (const fact of facts) {
		if (typeof fact === 'number') now += fact * MINUTE;
		const step = nextSession(current, typeof fact === 'number' ? { type: 'tick' } : fact, now);
		current = { ...step.operation, history: [...step.operation.history, ...step.notes.map((note) => ({ at: '', ...note }))] };
		asked.push(...step.effects.map(({ name }) => name));
	}
	return { operation: current, asked, story: current.history.map(({ what }) => what), now };
}

describe('A session within the rules', () => {
	it('is looked at after a minute, then ever more rarely, at most five minutes apart', () => {
		const { asked } = play(operation(), OPENED, 1);
		expect(asked).toEqual(['look-at-session']);

		const looks = [0, 1, 2, 3, 4, 5].map((n) => {
			const { operation: after } = play(operation({}, { looks: n }), seen({ is: 'open' }));
			return (after.lookAt - OPENED_AT) / MINUTE;
		});
		expect(looks).toEqual([2, 3, 4, 5, 5, 5]);
	});

	it('closes with how long it lasted and where its transcript is', () => {
		const { operation: after, asked } = play(operation(), OPENED, 5, seen(over(3.1)));

		expect(asked).toEqual(['look-at-session']);
		expect(after).toMatchObject({
			state: 'succeeded',
			closedAt: OPENED_AT + 5 * MINUTE,
			result: {
				reason: 'it ended after 3m 06s: its shell was left',
				session: { seconds: 186, endedAt: OPENED_AT + 186_000, transcript: TRANSCRIPT },
			},
		});
	});

	it('is looked at by the next minute where somebody terminates it, and goes on where it is resumed', () => {
		const { operation: after, asked, story } = play(operation(), OPENED, seen({ is: 'open' }, 'event'), terminated('bert', 2), 3);
		expect(asked).toEqual(['look-at-session']);

		const ended = play(after, seen(over(2)));
		expect([...story, ...ended.story.slice(1)]).toEqual(['resumed', 'ended', 'closed']);
		expect([ended.operation.state, after.resumes, ended.operation.result?.reason]).toEqual([
			'succeeded',
			1,
			'it ended after 2m 00s: terminated by bert',
		]);
	});

	it('ended when AWS says, by whoever was the first to terminate it, unless it was over by then', () => {
		const reasonOf = (...facts: readonly Fact[]) => play(operation(), OPENED, ...facts).operation.result?.reason;

		expect(reasonOf(terminated('anna', 3), terminated('bert', 2), seen(over(2)))).toBe('it ended after 2m 00s: terminated by bert');
		expect(reasonOf(terminated('bert', 3), seen(over(2)))).toBe('it ended after 2m 00s: its shell was left');
		expect(reasonOf(terminated('bert', 0), seen({ is: 'over', at: OPENED_AT, how: 'no key', failed: true }))).toBe(
			'it never began: no key',
		);
	});

	it('that never began leaves no transcript, and alarms nobody', () => {
		const failed: SessionState = { is: 'over', at: OPENED_AT, how: 'encryption is not set up', failed: true };
		const { operation: after } = play(operation(), OPENED, seen(failed));

		expect([after.state, after.result?.reason]).toEqual(['skipped', 'it never began: encryption is not set up']);
		expect(after.result?.session).toEqual({ endedAt: OPENED_AT, seconds: 0 });
	});

	it('that no list has is waited for while a list may lag, and given up then', () => {
		const early = play(operation(), OPENED, 14, seen({ is: 'unknown' }));
		const late = play(operation(), OPENED, 15, seen({ is: 'unknown' }));

		expect([early.operation.closedAt, late.operation.state]).toEqual([undefined, 'skipped']);
		expect(late.operation.result?.reason).toContain('does not list it any more');
		const asked = play(operation(), OPENED, terminated('bert', 1), 15, seen({ is: 'unknown' }));
		expect(asked.operation.result?.reason).toBe('it ended after 1m 00s: terminated by bert');
	});
});

describe('A session outside the rules', () => {
	const REASON: SessionRule = { reasonRequired: true };

	it.each([
		[REASON, {}, 'it was started without a reason'],
		[{ forbidden: true }, { subject: { ...SUBJECT, reason: 'INC-7' } }, 'its playbook forbids such a session'],
	] as const)('by %j is terminated and told', (rule, changes, breach) => {
		const { operation: after, asked, story } = play(operation(rule, changes), OPENED, done('terminate-session'), done('open-ops-item'));

		expect(asked).toEqual(['terminate-session', 'open-ops-item']);
		expect(story).toEqual(['outside the rules', 'terminated', 'OpsItem']);
		expect(after).toMatchObject({ state: 'running', breach, stop: { done: true } });

		const ended = play(after, 1, seen(over(0.5, 'terminated by us')));
		expect(ended.asked).toEqual(['look-at-session', 'update-ops-item']);
		expect(play(ended.operation, done('update-ops-item')).operation).toMatchObject({
			state: 'failed',
			result: { opsItemId: 'oi-1', reason: `${breach}; it ended after 30s: terminated by us`, session: { seconds: 30 } },
		});
	});

	it('with a reason where one is asked for is none', () => {
		expect(play(operation(REASON, { subject: { ...SUBJECT, reason: 'INC-7' } }), OPENED).asked).toEqual([]);
	});

	it('because its time is over is so from then on, and due then', () => {
		const capped = play(operation({ maxSeconds: 7 * 60 }), OPENED, 4, seen({ is: 'open' }));
		expect(capped.operation.dueAt).toBe(OPENED_AT + 6 * MINUTE);
		const rare = operation({ maxSeconds: 7 * 60 }, { lookAt: OPENED_AT + 20 * MINUTE });
		const { asked, operation: after } = play(rare, OPENED, 6, 1, seen({ is: 'open' }, 'look', OPENED_AT + 7 * MINUTE));
		expect(asked).toEqual(['look-at-session', 'terminate-session', 'open-ops-item']);
		expect(after.breach).toBe('it has been open for more than 7m');
	});

	it('because its time is over is none where it has ended before', () => {
		const rule = { maxSeconds: 300 };
		const known = play(operation(rule), OPENED, 5, seen(over(4)));
		expect([known.asked, known.operation.state]).toEqual([['look-at-session'], 'succeeded']);

		// The list was behind: it has been told of by then.
		const open = seen({ is: 'open' }, 'look', OPENED_AT + 5 * MINUTE);
		const told = play(
			operation(rule),
			OPENED,
			5,
			open,
			done('terminate-session'),
			done('open-ops-item'),
			terminated('us', 5),
			seen(over(4)),
		);
		const { operation: after, asked } = play(told.operation, done('update-ops-item'));
		expect([...told.asked, ...asked]).toEqual(['look-at-session', 'terminate-session', 'open-ops-item', 'update-ops-item']);
		expect([after.state, after.breach, after.result?.reason]).toEqual([
			'succeeded',
			undefined,
			'it ended after 4m 00s: its shell was left',
		]);
		expect(sessionItem(after).own).toEqual({ [`session/${after.id}`]: expect.stringContaining('within the rules after all') });
	});

	it('is told from those of others by the end of an ARN, however long its path is: OpsCenter takes 512 characters', () => {
		const path = 'x'.repeat(512);
		const keyOf = (name: string) =>
			sessionItem(operation({}, { subject: { ...SUBJECT, owner: `arn:aws:iam::1:user/${path}/${name}` } })).key;
		expect(keyOf('anna').length).toBeLessThan(450);
		expect(keyOf('anna')).not.toBe(keyOf('bert'));
	});

	it('is told of how a look finds it, where telling it was put off', () => {
		const untold = operation({ forbidden: true }, { breach: 'no', stop: { why: 'no', tryAt: OPENED_AT, done: true }, untold: true });
		expect(play(untold, 1).asked).toEqual(['look-at-session']);
		expect(play(untold, 1, seen(over(1))).asked).toEqual(['look-at-session', 'open-ops-item']);
		expect(play(untold, 1, seen({ is: 'open' })).asked).toEqual(['look-at-session', 'open-ops-item']);
		const notSeen: Fact = { type: 'not-done', effect: 'look-at-session', why: 'retry', message: 'busy' };
		expect(play(untold, 1, notSeen).asked).toEqual(['look-at-session', 'open-ops-item']);
	});

	it('has more time where a person gives it some', () => {
		const extend: Fact = { type: 'operator', verb: 'extend', by: 'anna', seconds: 600 };
		const { operation: after } = play(operation({ maxSeconds: 300 }), OPENED, extend);
		expect(after.capAt).toBe(OPENED_AT + 900_000);
		expect(play(operation(), OPENED, extend).operation.history.at(-1)?.why).toContain('by anna: there is no time');
	});

	it('that AWS does not take the end of is tried again, soon or late, and its story says it once', () => {
		const not = (why: 'retry' | 'refused'): Fact => ({ type: 'not-done', effect: 'terminate-session', why, message: `${why}!` });
		const busy = play(operation(REASON), OPENED, not('retry'), 1, not('retry'), 1);
		expect(busy.asked.filter((name) => name === 'terminate-session')).toHaveLength(3);
		expect(busy.story.filter((what) => what === 'not terminated')).toHaveLength(1);

		const refused = play(operation(REASON), OPENED, not('refused'), 1, 13, 1);
		expect(refused.asked.filter((name) => name === 'terminate-session')).toHaveLength(2);
	});

	it('is left alone while work is paused, and where its playbook observes', () => {
		const paused = play(operation(REASON), OPENED, { type: 'work-not-started', why: 'paused', message: 'paused by anna' });
		expect(paused.operation.stop).toMatchObject({ tryAt: OPENED_AT + 45_000 });

		const observed = play(operation(REASON, { brakes: { observe: true } }), OPENED, 1);
		expect(observed.asked).toEqual(['open-ops-item', 'look-at-session']);
		expect(observed.story).toEqual(['outside the rules', 'dry run']);
	});

	it('that was over when it was found is told all the same', () => {
		const past = { is: 'over', at: OPENED_AT + 9 * MINUTE, how: 'its shell was left' } as const;
		const { operation: after, asked } = play(operation({ maxSeconds: 300 }, { over: past }), OPENED, done('open-ops-item'));

		expect(asked).toEqual(['open-ops-item']);
		expect(after).toMatchObject({ state: 'failed', breach: 'it has been open for more than 5m' });
	});
});

describe('A person', () => {
	const act = (verb: 'cancel' | 'complete' | 'retry'): Fact => ({ type: 'operator', verb, by: 'anna' });

	it('has a session terminated, by the clock', () => {
		const { asked, operation: after } = play(operation(), OPENED, act('cancel'), 1, done('terminate-session'), seen(over(1, 'terminated')));

		expect(asked).toEqual(['terminate-session', 'look-at-session']);
		expect(after).toMatchObject({ state: 'failed', result: { reason: 'it ended after 1m 00s: terminated by anna' } });
	});

	it('ends the looking', () => {
		expect(play(operation(), OPENED, act('complete')).operation).toMatchObject({ state: 'skipped' });
	});

	it('has it looked at anew', () => {
		expect(play(operation({}, { lookAt: OPENED_AT + 5 * MINUTE }), act('retry'), 1).asked).toEqual(['look-at-session']);
	});
});
