import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import type { CreateHandler } from '../../shared/deps.ts';
import { documents } from '../support/documents.ts';
import { instanceIds, STARTED_AT, terminating, worldWith } from './fixture.ts';
import { trace } from './trace.ts';

describe('A world in simulated time', () => {
	it('moves from timer to timer without waiting', async () => {
		const world = await worldWith();
		const seen: string[] = [];
		world.at(STARTED_AT + 48 * 3_600_000, () => {
			seen.push(new Date().toISOString());
		});

		await world.runFor(48 * 3_600_000);

		expect(seen).toEqual(['2026-03-04T08:00:00.000Z']);
		expect(world.clock.now()).toBe(STARTED_AT + 48 * 3_600_000);
	});

	it('gives Date, timers and chance to the code that runs in it, and takes them back', async () => {
		const world = await worldWith();
		const random = Math.random;

		const inside = await world.run(async () => {
			const before = Date.now();
			await new Promise((resolve) => setTimeout(resolve, 3_600_000));
			return { took: Date.now() - before, ownChance: Math.random !== random, date: new Date() instanceof Date };
		});

		expect(inside).toEqual({ took: 3_600_000, ownChance: true, date: true });
		expect(Math.random).toBe(random);
		expect(Math.abs(Date.now() - STARTED_AT)).toBeGreaterThan(3_600_000);
	});

	it('counts the calls of each function by service and operation', async () => {
		const opener: CreateHandler =
			({ aws, settings }) =>
			async (event) => {
				const [id] = instanceIds(event);
				await documents(aws).send(new PutCommand({ TableName: settings.tableName, Item: { pk: id, sk: 'a' } }));
				await documents(aws).send(new GetCommand({ TableName: settings.tableName, Key: { pk: id, sk: 'a' } }));
			};
		const world = await worldWith({ opener });

		world.putEvent(terminating('i-1'));
		await world.runUntil(() => world.invocations.length === 1);

		expect(world.requestLog.counts(0, 'fleetkeeper-local-opener')).toEqual({ dynamodb: { PutItem: 1, GetItem: 1 } });
	});

	it('says so when what was waited for does not happen', async () => {
		const world = await worldWith();

		await expect(world.runUntil(() => false, 600_000)).rejects.toThrow('did not happen by 2026-03-02T08:10:00.000Z');
	});

	it('ends a run at a defect of a service, and names it', async () => {
		const world = await worldWith({
			faults: {
				event: () => {
					throw new Error('broken fate');
				},
			},
		});
		world.at(STARTED_AT + 1000, () => world.putEvent(terminating('i-1')));

		await expect(world.runFor(60_000)).rejects.toThrow('broken fate');
	});

	it('goes the same way for the same seed, in this process and in another', async () => {
		const here = await trace(7);
		const again = await trace(7);
		const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', 'test/local/trace-main.ts', '7']);

		expect(again).toEqual(here);
		expect(JSON.parse(stdout)).toEqual(here);
		expect(here.calls).toBeGreaterThan(100);
	});

	it('goes another way for another seed', async () => {
		expect((await trace(8)).hash).not.toBe((await trace(7)).hash);
	});
});
