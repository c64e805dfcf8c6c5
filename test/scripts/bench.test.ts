import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Answers } from '../../scripts/bench/answers.ts';
import { readArguments } from '../../scripts/bench/arguments.ts';
import { callsOf, firstEvent } from '../../scripts/bench/cold-start.ts';
import { FreshProcesses } from '../../scripts/bench/fresh-process.ts';
import { matchingPart, playbooks } from '../../scripts/bench/matching.ts';
import type { Part } from '../../scripts/bench/part.ts';
import { PARTS } from '../../scripts/bench/parts.ts';
import { type Invocation, type RecordedCall, recordInvocations } from '../../scripts/bench/recording.ts';
import { inTurn, median, ratio } from '../../scripts/bench/statistics.ts';
import { apiOperations, bundleText, functionNames } from '../../scripts/bundle.ts';
import { match } from '../../shared/playbook/match.ts';

const NOW = Date.parse('2026-03-02T09:00:00Z');

const call = (operation: string, body = '{}'): RecordedCall => ({ operation, input: {}, answer: { status: 200, headers: {}, body } });

describe('what the benchmark is asked for', () => {
	const parts = ['cold-start', 'calls'].map((name): Part => ({ name, measure: () => Promise.reject(new Error('not measured')) }));
	const namesOf = (...args: string[]) => readArguments(args, parts).parts.map(({ name }) => name);

	it('is every part, or those that are named', () => {
		expect([namesOf(), namesOf('--only', 'calls')]).toEqual([['cold-start', 'calls'], ['calls']]);
	});

	it('may be all that there are budgets of', () => {
		expect(PARTS.map(({ name }) => name)).toEqual(['cold-start', 'warm', 'matching', 'calls', 'sizes', 'simulated']);
	});

	it('is refused with what may be given', () => {
		expect(() => namesOf('--only', 'lunch')).toThrow("--only is 'lunch': use one of cold-start, calls.");
		expect(() => namesOf('--runs', 'many')).toThrow("--runs is 'many': use a whole number, 1 or more.");
	});
});

describe('a median', () => {
	it('is not moved by one disturbed run', () => {
		expect([median([3, 900, 1]), median([1, 2, 4, 900])]).toEqual([3, 3]);
	});

	it('of ratios is taken round by round', () => {
		expect(ratio([2, 20, 200], [1, 10, 50])).toBe(2);
	});
});

describe('what is compared', () => {
	it('is measured in turn', async () => {
		const order: string[] = [];
		const taking = (name: string) => async () => order.push(name);

		const rounds = await inTurn(2, { ours: taking('ours'), theirs: taking('theirs') });

		expect(order).toEqual(['ours', 'theirs', 'ours', 'theirs']);
		expect(rounds).toEqual({ ours: [1, 3], theirs: [2, 4] });
	});
});

describe('recorded answers', () => {
	it('are given in the order of the recording, operation by operation', () => {
		const answers = new Answers([call('GetItem', 'first'), call('PutItem', 'put'), call('GetItem', 'second')]);

		expect(['PutItem', 'GetItem', 'GetItem'].map((operation) => answers.take(operation)?.body)).toEqual(['put', 'first', 'second']);
		expect(answers.differences).toEqual([]);
	});

	it('tell what was called otherwise', () => {
		const answers = new Answers([call('GetItem')]);

		expect(answers.take('PutItem')).toBeUndefined();
		expect(answers.differences).toEqual(['PutItem was called, and is not in the recording', 'GetItem was not called']);
	});
});

describe('a fresh process', () => {
	let processes: FreshProcesses;

	beforeAll(async () => {
		processes = await FreshProcesses.start();
	});
	afterAll(() => processes.close());

	/** Asks for a secret of its own making, as the SDK asks AWS. */
	const ASKS = `
		const https = require('node:https');
		exports.handler = ({ wanted }) => new Promise((resolve, reject) => {
			const headers = { 'x-amz-target': 'AmazonSSM.GetDocument' };
			const request = https.request({ host: 'ssm.eu-west-1.amazonaws.com', method: 'POST', headers }, async (response) => {
				const said = Buffer.concat(await response.toArray()).toString();
				const expected = wanted + ' at ' + new Date(Date.now()).toISOString().slice(0, 16);
				if (said === expected) resolve(); else reject(new Error(said + ', expected ' + expected));
			});
			request.end('{}');
		});`;

	it('meets the answers, the time and the stage of its question, each time', async () => {
		const calls = [call('GetDocument', 'fleetkeeper-bench-drain-node at 2026-03-02T09:00')];
		const ask = await processes.prepare({ code: ASKS, event: { wanted: 'fleetkeeper-local-drain-node' }, now: NOW, calls });

		for (const { handledMs, cpuMs } of [await ask(), await ask()]) expect(Math.min(handledMs, cpuMs)).toBeGreaterThan(0);
	});

	it('that calls otherwise than the recording is no measurement', async () => {
		const idle = 'exports.handler = async () => undefined;';
		const calls = [call('GetDocument')];

		await expect((await processes.prepare({ code: idle, event: {}, now: NOW, calls }))()).rejects.toThrow('GetDocument was not called');
	});

	it('that fails is none either, and says why', async () => {
		const failing = "exports.handler = async () => { throw new Error('no such luck'); };";
		const ask = await processes.prepare({ code: failing, event: {}, now: NOW, calls: [] });

		await expect(ask()).rejects.toThrow('no such luck');
	});

	it('makes the same calls with the SDK alone', async () => {
		const code = await bundleText(
			callsOf(
				await bundleText(
					"import { GetDocumentCommand, SSMClient } from '@aws-sdk/client-ssm'; exports.x = [SSMClient, GetDocumentCommand];",
				),
			),
		);
		const event = { calls: [['GetDocument', { Name: 'drain-node' }]] };
		const ask = await processes.prepare({ code: code.code, event, now: NOW, calls: [call('GetDocument')] });

		expect([...apiOperations(code)]).toEqual([['@aws-sdk/client-ssm', ['GetDocument']]]);
		await expect(ask()).resolves.toBeDefined();
	});
});

describe('the recording', () => {
	let invocations: Invocation[];

	beforeAll(async () => {
		invocations = await recordInvocations('each', 1);
	});

	it('has a first event for every function', () => {
		expect(functionNames().filter((name) => firstEvent(invocations, name) === undefined)).toEqual([]);
	});

	it('has what each call asked and was answered', () => {
		const opening = firstEvent(invocations, 'instance-lifecycle')?.calls ?? [];
		const send = opening.find(({ operation }) => operation === 'SendCommand');

		expect(invocations.flatMap(({ calls }) => calls).filter(({ input }) => input === undefined)).toEqual([]);
		expect(send?.input).toMatchObject({ DocumentName: 'fleetkeeper-local-drain-node' });
		expect(JSON.parse(send?.answer.body ?? '{}')).toHaveProperty('Command.CommandId');
	});
});

describe('the playbooks that are matched against', () => {
	it('are looked at one after another up to the last', () => {
		const set = playbooks(10);
		const detail = { AutoScalingGroupName: 'web-blue', LifecycleHookName: 'fleetkeeper-drain' };

		expect(match('instance-terminating', detail, { service: 'nginx' }, set)).toEqual({ playbook: set.playbooks.at(-1) });
		expect(match('instance-terminating', detail, { service: 'nginx' }, { ...set, playbooks: set.playbooks.slice(0, -1) })).toHaveProperty(
			'none',
		);
	});

	it('are few and many, and transitions are timed beside them', async () => {
		const { json, rows } = await matchingPart.measure({ runs: 1, progress: () => undefined });

		expect(json).toEqual({
			matches: [10, 100, 1_000].map((count) => ({ playbooks: count, perSecond: expect.any(Number) })),
			transitionsPerSecond: expect.any(Number),
		});
		expect(rows).toHaveLength(5);
	});
});
