import { afterEach, describe, expect, it, vi } from 'vitest';
import { handler, create as instanceLifecycle } from '../../functions/instance-lifecycle.ts';
import { Drop, Fail, Retry } from '../../shared/errors.ts';
import { defineFunction } from '../../shared/lambda.ts';
import type { Settled } from '../../shared/settled.ts';
import { awsError, createCore, lifecycleEvent, nodeId, throttled } from '../support/core.ts';

const QUEUE = 'arn:aws:sqs:eu-west-1:111122223333:fleetkeeper-test-instance-lifecycle';
const record = (messageId: string, body: unknown) => ({
	messageId,
	body: typeof body === 'string' ? body : JSON.stringify(body),
	eventSource: 'aws:sqs',
	eventSourceARN: QUEUE,
	receiptHandle: `receipt-${messageId}`,
	attributes: { ApproximateReceiveCount: '1' },
});

type Core = (events: readonly unknown[]) => Promise<Settled<unknown>[]>;

/** Ends each event as the event says. */
const obedient: Core = async (events) =>
	events.map((event) => {
		switch ((event as { be: string }).be) {
			case 'fine':
				return { ok: true, value: 'done' };
			case 'drop':
				return { ok: false, error: new Drop('not-ours', 'somebody else’s hook') };
			case 'retry':
				return { ok: false, error: new Retry('throttled') };
			case 'poison':
				return { ok: false, error: new Fail('detail.LifecycleHookName is missing') };
			default:
				return { ok: false, error: new TypeError('a defect') };
		}
	});

async function functionWith(core: Core = obedient) {
	const aws = await createCore();
	return { ...aws, run: defineFunction(() => core).create(aws.deps) };
}

afterEach(() => {
	vi.unstubAllEnvs();
});

describe('the patience of an invocation', () => {
	const context = { getRemainingTimeInMillis: () => 60_000 };

	it('ends with a third of a minute where others wait for their poller, and shortly before its own end otherwise', async () => {
		const { deps, now } = await createCore();
		const patience = { until: 0 };
		const run = defineFunction(() => obedient).create({ ...deps, patience });
		await run({ Records: [record('message-1', { be: 'fine' })] }, context);
		expect(patience.until - now()).toBe(20_000);
		await run({ be: 'fine' }, context);
		expect(patience.until - now()).toBe(52_000);
		await run({ be: 'fine' });
		expect(patience.until).toBe(Number.POSITIVE_INFINITY);
	});
});

describe('a batch of a queue', () => {
	it('gives back what should be tried again, buries poison with its reason, and is done with the rest', async () => {
		const { run, calls, counts } = await functionWith();
		const batch = ['fine', 'drop', 'retry', 'poison', 'defect'].map((be) => record(`message-${be}`, { be, id: `event-${be}` }));
		expect(await run({ Records: batch })).toEqual({
			batchItemFailures: [{ itemIdentifier: 'message-retry' }, { itemIdentifier: 'message-defect' }],
		});
		expect(calls('SendMessage')).toEqual([
			{
				QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/fleetkeeper-test-instance-lifecycle-dead-letters',
				MessageBody: batch[3]?.body,
				MessageAttributes: {
					Reason: { DataType: 'String', StringValue: 'detail.LifecycleHookName is missing' },
					MessageId: { DataType: 'String', StringValue: 'message-poison' },
					GivenUp: { DataType: 'String', StringValue: 'refused' },
				},
			},
		]);
		expect(counts).toEqual(
			expect.arrayContaining([
				{ name: 'EventsDropped', dimensions: { reason: 'not-ours' } },
				{ name: 'EventsRefused', dimensions: {} },
				{ name: 'EventsRetried', dimensions: {} },
			]),
		);
	});

	it('logs a drop once, with the id of the event and the reason', async () => {
		const { run, logs } = await functionWith();
		await run({ Records: [record('message-1', { be: 'drop', id: 'event-1' })] });
		expect(logs).toEqual([
			{ level: 'info', message: 'Event dropped', fields: { reason: 'not-ours', why: 'somebody else’s hook', eventId: 'event-1' } },
		]);
	});

	it('brings back soon what may work soon, each time a little later', async () => {
		const { run, calls } = await functionWith();
		for (const ApproximateReceiveCount of ['1', '2', '9']) {
			await run({ Records: [{ ...record('message-1', { be: 'retry' }), attributes: { ApproximateReceiveCount } }] });
		}
		const QueueUrl = 'https://sqs.eu-west-1.amazonaws.com/111122223333/fleetkeeper-test-instance-lifecycle';
		expect(calls('ChangeMessageVisibility')).toEqual(
			[30, 60, 360].map((VisibilityTimeout) => ({ QueueUrl, ReceiptHandle: 'receipt-message-1', VisibilityTimeout })),
		);
	});

	it('gives up in its own words before the queue does so without any', async () => {
		const { run, calls } = await functionWith();
		const last = { ...record('message-1', { be: 'retry' }), attributes: { ApproximateReceiveCount: '10' } };
		expect(await run({ Records: [last] })).toEqual({ batchItemFailures: [] });
		expect(calls('SendMessage')).toMatchObject([
			{ MessageAttributes: { Reason: { StringValue: expect.stringContaining('throttled') }, GivenUp: { StringValue: 'tried' } } },
		]);
	});

	it('buries what is not JSON, and handles the rest', async () => {
		const seen: unknown[] = [];
		const { run, calls } = await functionWith(async (events) => {
			seen.push(...events);
			return events.map(() => ({ ok: true, value: 'done' }));
		});
		expect(await run({ Records: [record('bad', '{"be":'), record('good', { be: 'fine' })] })).toEqual({ batchItemFailures: [] });
		expect(seen).toEqual([{ be: 'fine' }]);
		expect(calls('SendMessage')[0].MessageAttributes.Reason.StringValue).toContain('not JSON');
	});

	it('keeps poison in its queue where the dead-letter queue does not take it', async () => {
		const { run, on } = await functionWith();
		on('SendMessage', () => {
			throw new Error('no such queue');
		});
		expect(await run({ Records: [record('poison', { be: 'poison' })] })).toEqual({ batchItemFailures: [{ itemIdentifier: 'poison' }] });
	});

	it('goes back whole, message by message, where the function fails as a whole', async () => {
		const { run, calls, logs } = await functionWith(async () => {
			throw new Fail('The ledger table does not exist');
		});
		expect(await run({ Records: [record('one', { be: 'fine' }), record('none', '{')] })).toEqual({
			batchItemFailures: [{ itemIdentifier: 'one' }],
		});
		expect(calls('ChangeMessageVisibility')).toHaveLength(1);
		expect(calls('SendMessage')).toHaveLength(1);
		expect(logs).toContainEqual({
			level: 'error',
			message: 'The batch failed',
			fields: { why: 'Fail: The ledger table does not exist', messageIds: ['one'] },
		});
	});

	it.each([new RangeError('Invalid time value'), awsError('ValidationException', 'Item size has exceeded the maximum')])(
		'that one event spoils (%s) is handled event by event',
		async (error) => {
			const { run } = await functionWith(async (events) => {
				if (events.some((event) => (event as { be: string }).be === 'spoilt')) throw error;
				return events.map(() => ({ ok: true, value: 'done' }));
			});
			const batch = ['fine', 'spoilt', 'fine'].map((be, index) => record(`message-${index}`, { be }));
			expect(await run({ Records: batch })).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
		},
	);

	it('waits whole while AWS does not answer', async () => {
		let asked = 0;
		const { run } = await functionWith(async () => {
			asked += 1;
			throw throttled();
		});
		const batch = [1, 2, 3].map((number) => record(`message-${number}`, { be: 'fine' }));
		expect(await run({ Records: batch })).toMatchObject({ batchItemFailures: { length: 3 } });
		expect(asked).toBe(1);
	});

	it('tells the dead-letter queue of poison in characters that SQS takes', async () => {
		const { run, calls } = await functionWith(async (events) =>
			events.map(() => ({ ok: false, error: new Fail(`\u0000 is no name\ufffe${'🚀'.repeat(600)}`) })),
		);
		await run({ Records: [record('poison', { be: 'poison' })] });
		const reason: string = calls('SendMessage')[0].MessageAttributes.Reason.StringValue;
		expect(reason).toMatch(/^\ufffd is no name\ufffd🚀/);
		expect(reason.isWellFormed()).toBe(true);
	});

	it('comes to the function as AWS can be told of it again', async () => {
		const seen: unknown[] = [];
		const { run, calls } = await functionWith(async (events) => {
			seen.push(...events);
			return events.map(() => ({ ok: true, value: 'done' }));
		});
		const odd = '{"__proto__":{"a":1},"":2,"half":"\\ud83d","most":1e400,"list":[1e20,0.5],"\\ud83d":true}';
		await run({ Records: [record('odd', odd), record('deep', `${'['.repeat(60)}${']'.repeat(60)}`)] });
		expect(seen).toEqual([{ half: '\ufffd', most: null, list: [1e20, 0.5], '\ufffd': true }]);
		expect(Object.getPrototypeOf(seen[0])).toBe(Object.prototype);
		expect(calls('SendMessage')[0].MessageAttributes.Reason.StringValue).toContain('nested more than 25 deep');
	});

	it('is received once more where nobody says how often it was', async () => {
		const { run, calls } = await functionWith();
		await run({ Records: [{ ...record('message-1', { be: 'retry' }), attributes: {} }] });
		expect(calls('ChangeMessageVisibility')).toMatchObject([{ VisibilityTimeout: 30 }]);
	});

	it('gives back a message that the function has no result for', async () => {
		const { run, calls } = await functionWith(async () => []);
		await run({ Records: [record('forgotten', { be: 'fine' })] });
		expect(calls('SendMessage')[0].MessageAttributes.MessageId.StringValue).toBe('forgotten');
	});

	it('without messages asks for nothing', async () => {
		const { run } = await functionWith(async () => {
			throw new Error('not to be called');
		});
		expect(await run({ Records: [] })).toEqual({ batchItemFailures: [] });
	});
});

describe('a plain event', () => {
	it('gives its result', async () => {
		const { run } = await functionWith();
		expect(await run({ be: 'fine' })).toBe('done');
	});

	it('that is dropped says so', async () => {
		const { run } = await functionWith();
		expect(await run({ be: 'drop' })).toEqual({ outcome: 'dropped', reason: 'not-ours', message: 'somebody else’s hook' });
	});

	it.each([
		['retry', Retry],
		['poison', Fail],
		['defect', TypeError],
	])('that ends in %s fails the invocation, and that is logged', async (be, kind) => {
		const { run, logs } = await functionWith();
		await expect(run({ be })).rejects.toBeInstanceOf(kind);
		expect(logs.at(-1)).toMatchObject({ level: 'error', message: 'The invocation failed' });
	});

	it.each([null, 'text', 7, [], { Records: 'none' }, { Records: [{ eventSource: 'aws:s3' }] }])(
		'(%j) is not taken for a batch',
		async (event) => {
			const { run } = await functionWith(async (events) => events.map((each) => ({ ok: true, value: { got: each } })));
			expect(await run(event)).toEqual({ got: event });
		},
	);
});

describe('the deployed functions', () => {
	it('run the whole stack: an event opens an operation and prints it', async () => {
		const { deps } = await createCore();
		const run = instanceLifecycle(deps);
		const event = lifecycleEvent(nodeId(1));
		expect(await run(event)).toMatchObject({ outcome: 'opened', operation: { state: 'running', playbook: 'drain-web' } });
		expect(await run(event)).toMatchObject({ outcome: 'exists' });
		expect(await run({ Records: [record('again', event)] })).toEqual({ batchItemFailures: [] });
	});

	it('say which variable the environment lacks, and where it is set', async () => {
		vi.stubEnv('STAGE', undefined);
		await expect(handler({})).rejects.toThrow(/Environment variable STAGE is missing.*serverless\.yml/);
		vi.stubEnv('STAGE', 'Production!');
		await expect(handler({})).rejects.toThrow("Environment variable STAGE is 'Production!'");
	});

	it('are made before their first event in Lambda, and with it elsewhere', () => {
		const createCore = vi.fn(() => async () => []);
		vi.stubEnv('STAGE', 'prod');
		defineFunction(createCore);
		expect(createCore).not.toHaveBeenCalled();
		vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'fleetkeeper-prod-reconcile');
		defineFunction(createCore);
		expect(createCore).toHaveBeenCalledOnce();
	});

	it('log with the request id of the invocation, and write their metrics when it is over', async () => {
		vi.stubEnv('STAGE', 'prod');
		vi.stubEnv('LOG_LEVEL', 'INFO');
		const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
		const { handler: deployed } = defineFunction(({ log, count }) => async () => {
			count('EventsDropped', { reason: 'not-ours' });
			log.info('Event dropped');
			return [{ ok: true, value: 'done' }];
		});
		await deployed({}, { awsRequestId: 'request-1' });
		const lines = stdout.mock.calls.map(([chunk]) => JSON.parse(String(chunk)));
		vi.restoreAllMocks();
		expect(lines).toMatchObject([
			{ message: 'Event dropped', function_request_id: 'request-1' },
			{ service: 'fleetkeeper-prod', reason: 'not-ours', EventsDropped: 1 },
		]);
	});

	it('keep their standard output for the result in a local run', async () => {
		vi.stubEnv('STAGE', 'local');
		const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
		const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
		const { handler: local } = defineFunction(({ log, count }) => async () => {
			log.warn('Hook timers unknown', { hook: 'fleetkeeper-drain' });
			count('EventsDropped', { reason: 'not-ours' });
			return [{ ok: true, value: 'done' }];
		});
		const result = await local({});
		const written = { out: stdout.mock.calls.flat(), err: stderr.mock.calls.flat() };
		vi.restoreAllMocks();
		expect(result).toBe('done');
		expect(written.out).toEqual([]);
		expect(written.err).toEqual([expect.stringContaining('Hook timers unknown {"hook":"fleetkeeper-drain"}')]);
	});
});
