import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { periodMs } from '../../local/delivery.ts';
import type { World } from '../../local/world.ts';
import type { CreateHandler } from '../../shared/deps.ts';
import { documents } from '../support/documents.ts';
import { instanceIds, type SqsEvent, STARTED_AT, TEMPLATE, terminating, worldWith } from './fixture.ts';

const OPENER = 'fleetkeeper-local-opener';
const QUEUE = OPENER;
const DEAD = 'fleetkeeper-local-opener-dead';
const TICKER_DEAD = 'fleetkeeper-local-ticker-dead';

const countIn = (world: World, name: string) => world.sqs.queues.get(name)?.messages.length;

/** A function that keeps what it was called with, and when. */
function recorder(outcome: (event: unknown, call: number) => unknown = () => undefined) {
	const calls: { at: number; event: unknown }[] = [];
	const create: CreateHandler =
		({ now }) =>
		async (event) => {
			calls.push({ at: now() - STARTED_AT, event });
			return outcome(event, calls.length);
		};
	return { calls, create };
}

describe('An event that a rule matches', () => {
	it('reaches the function through the queue, as an SQS record of the event', async () => {
		const { calls, create } = recorder();
		const world = await worldWith({ opener: create });

		world.putEvent(terminating('i-1'));
		await world.runFor(60_000);

		const [record] = (calls[0]?.event as SqsEvent | undefined)?.Records ?? [];
		expect(calls).toHaveLength(1);
		expect(record).toMatchObject({ eventSource: 'aws:sqs', awsRegion: 'eu-west-1', attributes: { ApproximateReceiveCount: '1' } });
		expect(JSON.parse(record?.body ?? '')).toMatchObject({
			source: 'aws.autoscaling',
			time: '2026-03-02T08:00:00Z',
			detail: { EC2InstanceId: 'i-1' },
		});
		expect(countIn(world, QUEUE)).toBe(0);
	});

	it('goes nowhere when the pattern does not match', async () => {
		const { calls, create } = recorder();
		const world = await worldWith({ opener: create });

		world.putEvent({ ...terminating('i-1'), detail: { LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING' } });
		await world.runFor(60_000);

		expect(calls).toEqual([]);
	});

	it('is dropped, doubled or delayed as the faults say', async () => {
		const { calls, create } = recorder();
		const fates = { 'i-drop': 'drop', 'i-twice': 'duplicate', 'i-late': { delayMs: 600_000 } } as const;
		const world = await worldWith({
			opener: create,
			faults: { event: ({ detail }) => fates[detail['EC2InstanceId'] as keyof typeof fates] ?? 'deliver' },
		});

		for (const id of Object.keys(fates)) world.putEvent(terminating(id));
		await world.runFor(60_000);
		const early = calls.flatMap(({ event }) => instanceIds(event));
		await world.runFor(600_000);

		expect(early).toEqual(['i-twice', 'i-twice']);
		expect(calls.flatMap(({ event }) => instanceIds(event))).toEqual([...early, 'i-late']);
	});
});

describe('A burst', () => {
	it('of 50 events is read by five pollers at once, ten messages each, after the batching window', async () => {
		const { calls, create } = recorder();
		const world = await worldWith({ opener: create });

		for (let index = 0; index < 50; index++) world.putEvent(terminating(`i-${index}`));
		await world.runFor(30_000);

		expect(calls.map(({ event }) => instanceIds(event).length)).toEqual([10, 10, 10, 10, 10]);
		expect(new Set(calls.flatMap(({ event }) => instanceIds(event))).size).toBe(50);
		for (const { at } of calls) expect(at).toBeGreaterThanOrEqual(2_000);
	});

	it('is one call with one poller, since a batch fills up to its size', async () => {
		const { calls, create } = recorder();
		const world = await worldWith({ opener: create, pollers: 1 });

		for (let index = 0; index < 50; index++) world.putEvent(terminating(`i-${index}`));
		await world.runFor(30_000);

		expect(calls.map(({ event }) => instanceIds(event).length)).toEqual([50]);
	});

	it('uses one environment for each invocation at a time, and uses it again', async () => {
		let made = 0;
		const opener: CreateHandler = () => {
			made += 1;
			return () => new Promise((resolve) => setTimeout(resolve, 1_000));
		};
		const world = await worldWith({ opener });

		for (let round = 0; round < 3; round++) {
			world.at(STARTED_AT + round * 20_000, () => {
				for (let index = 0; index < 20; index++) world.putEvent(terminating(`i-${round}-${index}`));
			});
		}
		await world.runFor(90_000);

		expect(world.invocations.length).toBeGreaterThan(made);
		expect(made).toBe(2);
	});

	it('leaves nothing behind when there are more messages than pollers can hold', async () => {
		const { calls, create } = recorder();
		const world = await worldWith({ opener: create });

		for (let index = 0; index < 700; index++) world.putEvent(terminating(`i-${index}`));
		await world.runFor(120_000);

		expect(new Set(calls.flatMap(({ event }) => instanceIds(event))).size).toBe(700);
		expect(countIn(world, QUEUE)).toBe(0);
	});
});

describe('A message that fails', () => {
	it('alone comes back after the visibility timeout; its neighbours do not', async () => {
		const { calls, create } = recorder((event, call) => {
			const [first] = (event as SqsEvent).Records;
			return call === 1 ? { batchItemFailures: [{ itemIdentifier: first?.messageId }] } : undefined;
		});
		const world = await worldWith({ opener: create, pollers: 1 });

		for (const id of ['i-1', 'i-2', 'i-3']) world.putEvent(terminating(id));
		await world.runFor(180_000);

		expect(calls.map(({ event }) => instanceIds(event))).toEqual([['i-1', 'i-2', 'i-3'], ['i-1']]);
		expect((calls[1]?.at ?? 0) - (calls[0]?.at ?? 0)).toBeGreaterThan(55_000);
	});

	it('with an unreadable report takes the whole batch with it', async () => {
		const { calls, create } = recorder((_, call) => (call === 1 ? { batchItemFailures: [{ itemIdentifier: '' }] } : undefined));
		const world = await worldWith({ opener: create, pollers: 1 });

		for (const id of ['i-1', 'i-2']) world.putEvent(terminating(id));
		await world.runFor(180_000);

		expect(calls.map(({ event }) => instanceIds(event).length)).toEqual([2, 2]);
	});

	it('every time ends in the dead-letter queue after its receipts', async () => {
		const { calls, create } = recorder(() => {
			throw new Error('poison');
		});
		const world = await worldWith({ opener: create });

		world.putEvent(terminating('i-1'));
		await world.runFor(600_000);

		expect(calls).toHaveLength(3);
		expect(countIn(world, QUEUE)).toBe(0);
		expect(world.sqs.queues.get(DEAD)?.messages).toMatchObject([
			{ receiveCount: 3, deadLetterSource: 'arn:aws:sqs:eu-west-1:111122223333:fleetkeeper-local-opener' },
		]);
		expect(world.invocations[0]?.result).toEqual({ ok: false, errorType: 'Error', errorMessage: 'poison' });
	});

	it('at the time limit leaves a function that can do no more', async () => {
		const opener: CreateHandler =
			({ aws, settings }) =>
			async () => {
				await new Promise((resolve) => setTimeout(resolve, 15_000));
				await documents(aws).send(new PutCommand({ TableName: settings.tableName, Item: { pk: 'late', sk: 'late' } }));
			};
		const world = await worldWith({ opener });

		world.putEvent(terminating('i-1'));
		await world.runFor(50_000);

		expect(world.invocations[0]?.result).toMatchObject({ ok: false, errorType: 'Sandbox.Timedout' });
		expect(world.requestLog.counts()).toEqual({});
	});
});

describe('A target that is not there', () => {
	it('leaves the event in the dead-letter queue of the rule, with the reason', async () => {
		const rules = TEMPLATE.rules.map((rule) => ({
			...rule,
			targets: rule.targets.map((target) => ({ ...target, arn: 'arn:aws:sqs:eu-west-1:111122223333:gone' })),
		}));
		const world = await worldWith({ template: { ...TEMPLATE, rules } });

		world.putEvent(terminating('i-1'));
		await world.runFor(1_000);

		expect(world.sqs.queues.get(DEAD)?.messages).toMatchObject([{ attributes: { ERROR_CODE: { StringValue: 'NO_RESOURCE' } } }]);
	});

	it('of another service is kept, to be looked at', async () => {
		const rules = TEMPLATE.rules.map((rule) => ({
			...rule,
			targets: [{ arn: 'arn:aws:sns:eu-west-1:111122223333:told', input: 'hello' }],
		}));
		const world = await worldWith({ template: { ...TEMPLATE, rules } });

		world.putEvent(terminating('i-1'));
		await world.runFor(1_000);

		expect(world.otherDeliveries).toMatchObject([{ targetArn: 'arn:aws:sns:eu-west-1:111122223333:told', input: 'hello' }]);
	});
});

describe('A schedule', () => {
	it('fires first one period after the start, with its constant input', async () => {
		const { calls, create } = recorder();
		const world = await worldWith({ ticker: create });

		await world.runFor(180_000);

		expect(calls).toEqual([60_000, 120_000, 180_000].map((at) => ({ at, event: { tick: true } })));
	});

	it('tries a failed invocation twice more, after one minute and two, then gives it up to the failure destination', async () => {
		const { calls, create } = recorder((_, call) => {
			if (call === 1) throw new Error('first');
			if (call <= 3) throw new Error('again');
		});
		const rules = TEMPLATE.rules.map((rule) => (rule.schedule ? { ...rule, schedule: 'rate(1 hour)' } : rule));
		const world = await worldWith({ ticker: create, template: { ...TEMPLATE, rules } });

		await world.runFor(3_600_000 + 600_000);

		expect(calls.map(({ at }) => at)).toEqual([3_600_000, 3_660_000, 3_780_000]);
		const [message] = world.sqs.queues.get(TICKER_DEAD)?.messages ?? [];
		expect(JSON.parse(message?.body ?? '{}')).toMatchObject({
			requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
			requestPayload: { tick: true },
			responsePayload: { errorType: 'Error', errorMessage: 'again' },
		});
	});

	it.each([
		['rate(1 minute)', 60_000],
		['rate(5 minutes)', 300_000],
		['rate(2 hours)', 7_200_000],
		['rate(1 day)', 86_400_000],
	])('%s is read', (expression, ms) => {
		expect(periodMs(expression, 'rule')).toBe(ms);
	});

	it('of any other form is refused by name', () => {
		expect(() => periodMs('cron(0 12 * * ? *)', 'nightly')).toThrow("Rule nightly: schedule 'cron(0 12 * * ? *)' is not a rate(...)");
	});
});

describe('A direct invocation', () => {
	it('gives what the function returns, or its error', async () => {
		const { create } = recorder((event) => {
			if ((event as { fail?: boolean }).fail) throw new RangeError('no');
			return { done: event };
		});
		const world = await worldWith({ opener: create });

		expect(await world.invoke(OPENER, { a: 1 })).toEqual({ ok: true, payload: { done: { a: 1 } } });
		expect(await world.invoke('opener', { fail: true })).toEqual({ ok: false, errorType: 'RangeError', errorMessage: 'no' });
		await expect(world.invoke('nobody', {})).rejects.toThrow("There is no function 'nobody' in the template");
	});

	it('of a function whose environment is not complete says so', async () => {
		const functions = TEMPLATE.functions.map((definition) => ({ ...definition, environment: {} }));
		const world = await worldWith({ template: { ...TEMPLATE, functions } });

		expect(await world.invoke(OPENER, {})).toMatchObject({ ok: false, errorType: 'SettingsError' });
	});
});
