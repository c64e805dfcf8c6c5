import { DescribeInstanceInformationCommand, ListCommandsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { HttpResponse } from '@smithy/core/protocols';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pace, pace } from '../../../shared/aws/pace.ts';
import { callFailure } from '../../../shared/errors.ts';

const START = Date.parse('2026-03-02T09:00:00Z');
const FOREVER = Number.POSITIVE_INFINITY;

/** How long a caller has to wait who asks at `at`, in milliseconds since the start. */
const waitAt = (own: Pace, at: number, until = FOREVER) => own.turn(START + at, START + until);

beforeAll(async () => {
	// The SDK reads its configuration files at the first call of a process: no timer waits for that.
	await refusing(0).client.send(new ListCommandsCommand({}));
});

beforeEach(() => {
	vi.useFakeTimers({ now: START });
	vi.spyOn(Math, 'random').mockReturnValue(0.5);
});

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

describe('the pace of an operation', () => {
	it('lets calls through as they come while AWS takes them', () => {
		const own = new Pace();
		expect([0, 0, 0, 1].map((at) => waitAt(own, at))).toEqual([0, 0, 0, 0]);
		own.taken();
		expect(waitAt(own, 1)).toBe(0);
	});

	it('makes calls wait for one another once one was refused', () => {
		const own = new Pace();
		own.refused(START);
		const waits = [0, 0, 0].map((at) => Number(waitAt(own, at)));
		expect(waits[0]).toBeGreaterThan(0);
		expect((waits[2] ?? 0) - (waits[1] ?? 0)).toBe((waits[1] ?? 0) - (waits[0] ?? 0));
		expect((waits[1] ?? 0) - (waits[0] ?? 0)).toBeGreaterThan(0);
	});

	it('takes the refusals of calls that were under way together for one', () => {
		const [once, often] = [new Pace(), new Pace()];
		once.refused(START);
		for (let refusal = 0; refusal < 10; refusal += 1) often.refused(START + refusal * 50);
		expect([0, 0].map((at) => waitAt(often, at))).toEqual([0, 0].map((at) => waitAt(once, at)));
	});

	it('slows down with each second of refusals, to a call in six seconds at the slowest', () => {
		const own = new Pace();
		const gaps = [5, 60].map((seconds) => {
			for (let second = 0; second < seconds; second += 1) own.refused(START + second * 1_000);
			const [first, second] = [waitAt(own, 60_000), waitAt(own, 60_000)];
			return Number(second) - Number(first);
		});
		expect(gaps[0]).toBeGreaterThan(200);
		expect(gaps[1]).toBe(6_000);
	});

	it('slows down those who wait already', async () => {
		const own = new Pace();
		own.refused(START - 2_000);
		const at: number[] = [];
		for (let call = 0; call < 6; call += 1) own.inTurn({ until: FOREVER }).then(() => at.push(Date.now() - START));
		await vi.advanceTimersByTimeAsync(450);
		own.refused(Date.now());
		await vi.runAllTimersAsync();
		expect(at).toEqual([0, 200, 400, 600, 800, 1_100]);
	});

	it('has no turn for those who have waited until it is too late', async () => {
		const own = new Pace();
		own.refused(START - 2_000);
		const turns = Promise.all([1, 2, 3, 4].map(() => own.inTurn({ until: START + 250 })));
		await vi.runAllTimersAsync();
		expect(await turns).toEqual([true, true, false, false]);
		expect(Date.now() - START).toBe(200);
	});

	it('grows more slowly the smaller it is: many who share what there is must not grow as fast as one alone', () => {
		const growthAfter = (refusals: number) => {
			const own = new Pace();
			for (let second = 0; second < refusals; second += 1) own.refused(START + second * 1_000);
			const gap = () => -Number(waitAt(own, 60_000)) + Number(waitAt(own, 60_000));
			const before = 1_000 / gap();
			own.taken();
			return 1_000 / gap() - before;
		};
		expect(growthAfter(1)).toBeGreaterThan(2 * growthAfter(8));
	});

	it('finds back to its rate as calls are taken', () => {
		const own = new Pace();
		own.refused(START);
		for (let call = 0; call < 1_000; call += 1) own.taken();
		waitAt(own, 1_000);
		expect(waitAt(own, 1_000)).toBe(0);
	});

	it('forgets a rate that nobody has asked for in two minutes', () => {
		const own = new Pace();
		own.refused(START);
		expect([300_000, 300_000].map((at) => waitAt(own, at))).toEqual([0, 0]);
	});

	it('has no turn for who would have to wait for too long, and keeps none for them', () => {
		const own = new Pace();
		own.refused(START);
		const first = Number(waitAt(own, 0));
		expect(waitAt(own, 0, first)).toBeUndefined();
		expect(waitAt(own, 0, first)).toBeUndefined();
		expect(waitAt(own, 0)).toBe(2 * first);
	});
});

/** A client of an AWS that refuses the first so many calls, and when each came: milliseconds since the start. */
function refusing(refusals: number, until = FOREVER) {
	const at: number[] = [];
	const requestHandler = {
		metadata: { handlerProtocol: 'http/1.1' },
		handle: async () => {
			at.push(Date.now() - START);
			const refused = at.length <= refusals;
			const body = Buffer.from(refused ? '{"__type":"ThrottlingException","message":"Rate exceeded"}' : '{}');
			return { response: new HttpResponse({ statusCode: refused ? 400 : 200, headers: {}, body }) };
		},
	};
	const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
	const options = {
		region: 'eu-west-1',
		endpoint: 'http://127.0.0.1',
		credentials,
		maxAttempts: 3,
		requestHandler: requestHandler as never,
	};
	return { client: pace(new SSMClient(options), { until }), at };
}

/** Ends with what the call ends with, however long it waits. */
async function ends<T>(call: Promise<T>): Promise<T | Error> {
	const settled = call.catch((error: Error) => error);
	await vi.runAllTimersAsync();
	return settled;
}

describe('a client that is paced', () => {
	it('makes the SDK wait for a turn before it tries again', async () => {
		const { client, at } = refusing(2);
		// Without a pace of ours, its first wait is this long at most.
		vi.spyOn(Math, 'random').mockReturnValue(0);
		expect(await ends(client.send(new DescribeInstanceInformationCommand({})))).not.toBeInstanceOf(Error);
		expect(at).toHaveLength(3);
		expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(100);
	});

	it('lets one operation not wait for the refusals of another', async () => {
		const { client, at } = refusing(3);
		expect(callFailure(await ends(client.send(new DescribeInstanceInformationCommand({}))))).toBe('throttled');
		const asked = Date.now() - START;
		await ends(client.send(new ListCommandsCommand({})));
		expect(at[3]).toBe(asked);
	});

	it('does not ask AWS when it is too late, and says so as of a throttle', async () => {
		const { client, at } = refusing(0, START - 1);
		const answer = await ends(client.send(new DescribeInstanceInformationCommand({})));
		expect(answer).toMatchObject({ name: 'TooLate' });
		expect(callFailure(answer)).toBe('throttled');
		expect(at).toEqual([]);
	});
});
