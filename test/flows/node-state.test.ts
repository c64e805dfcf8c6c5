import { SetDesiredCapacityCommand } from '@aws-sdk/client-auto-scaling';
import { describe, expect, it } from 'vitest';
import { MINUTE } from './deployment.ts';
import { SERVER_ERROR } from './faults.ts';
import { isCompliance, items, node, scan, withGroups } from './states.ts';
import type { Flow } from './support.ts';

const many = (group: string, from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => node(group, from + n));
const about = async (flow: Flow) =>
	(await flow.operations('state')).map(({ subject, state, nodes }) => [subject.node ?? subject.group, state, Object.keys(nodes).length]);

describe('Nodes that a scan finds noncompliant', () => {
	it('have an OpsItem each, where they are few, until they are compliant', async () => {
		const flow = await withGroups({ prod: 3 });
		const [first = '', second = ''] = many('prod', 1, 2);
		const [third = ''] = many('prod', 3, 3);
		await scan(flow, 'NON_COMPLIANT', first, second, third);
		await flow.minutes(1);
		expect([await about(flow), items(flow)]).toEqual([expect.arrayContaining([[first, 'waiting', 1]]), []]);
		await flow.minutes(3);

		expect((await about(flow)).sort()).toEqual([first, second, third].map((id) => [id, 'verifying', 1]));
		expect(
			items(flow)
				.map(({ title, severity, status }) => [title, severity, status])
				.sort(),
		).toEqual([first, second, third].map((id) => [`${id} does not comply with its patches`, '2', 'Open']));

		await scan(flow, 'COMPLIANT', first);
		await flow.minutes(1);
		expect((await about(flow)).find(([name]) => name === first)).toEqual([first, 'succeeded', 0]);
		expect(
			items(flow)
				.map(({ status }) => status)
				.sort(),
		).toEqual(['Open', 'Open', 'Resolved']);

		// As after a restart: for a minute.
		await scan(flow, 'NON_COMPLIANT', first);
		await flow.minutes(1);
		await scan(flow, 'COMPLIANT', first);
		await flow.minutes(5);
		expect((await about(flow)).filter(([name]) => name === first).map(([, state]) => state)).toEqual(['succeeded', 'skipped']);
		expect(items(flow)).toHaveLength(3);
		expect(flow.deadLetters('node-state')).toEqual([]);
	});

	it('become one operation with one OpsItem where many of a patch group are, at a price that does not grow with them', async () => {
		const flow = await withGroups({ prod: 40, test: 2 });
		await scan(flow, 'NON_COMPLIANT', ...many('prod', 1, 40), ...many('test', 1, 2));
		await flow.minutes(4);

		expect((await about(flow)).filter(([, state]) => state !== 'skipped').sort()).toEqual(
			[
				[node('test', 1), 'verifying', 1],
				[node('test', 2), 'verifying', 1],
				['prod', 'verifying', 40],
			].sort(),
		);
		expect(items(flow).find(({ title }) => title.includes('prod'))?.data).toMatchObject({ noncompliant: '40', patchGroup: 'prod' });
		const calls = flow.calls().filter(({ caller, service }) => caller.endsWith('-node-state') && service !== 'dynamodb');
		expect(calls.length, calls.map(({ operation }) => operation).join(' ')).toBeLessThanOrEqual(24);

		await scan(flow, 'COMPLIANT', ...many('prod', 1, 30));
		await flow.minutes(3);
		expect(items(flow).find(({ title }) => title.includes('prod'))).toMatchObject({ status: 'Open', data: { noncompliant: '10' } });

		await scan(flow, 'COMPLIANT', ...many('prod', 31, 40));
		await flow.minutes(3);
		expect((await about(flow)).find(([name]) => name === 'prod')).toEqual(['prod', 'succeeded', 0]);
		expect(items(flow).find(({ title }) => title.includes('prod'))?.status).toBe('Resolved');
	});

	it('one after another, as a scan gets round to them, have one OpsItem that lists them all, resolved with the last', async () => {
		const flow = await withGroups({ prod: 20 });
		const ids = many('prod', 1, 20);
		for (const id of ids) {
			await scan(flow, 'NON_COMPLIANT', id);
			await flow.minutes(0.1);
		}
		await flow.minutes(7);

		expect((await about(flow)).filter(([, state]) => state !== 'skipped')).toEqual([['prod', 'verifying', 20]]);
		expect(items(flow)).toMatchObject([{ status: 'Open', data: { noncompliant: '20' } }]);
		expect((await flow.operations('state')).length, 'operations').toBeLessThanOrEqual(5);

		for (const id of ids) {
			await scan(flow, 'COMPLIANT', id);
			await flow.minutes(0.1);
		}
		await flow.minutes(2);
		expect((await about(flow)).find(([name]) => name === 'prod')).toEqual(['prod', 'succeeded', 0]);
		expect(items(flow)).toMatchObject([{ status: 'Resolved' }]);
		expect(flow.deadLetters('node-state')).toEqual([]);
	});

	it('whose events come twice and in any order have one OpsItem all the same', async () => {
		let events = 0;
		const flow = await withGroups(
			{ prod: 12 },
			{
				event: (event) => {
					if (!isCompliance(event)) return 'deliver';
					events += 1;
					return events % 3 === 0 ? 'duplicate' : { delayMs: (events % 4) * 25_000 };
				},
			},
		);
		await scan(flow, 'NON_COMPLIANT', ...many('prod', 1, 12));
		await flow.minutes(9);

		expect((await about(flow)).filter(([, state]) => state !== 'skipped')).toEqual([['prod', 'verifying', 12]]);
		expect(items(flow)).toMatchObject([{ status: 'Open', data: { noncompliant: '12' } }]);
	});

	it('are handed over by the clock where that could not be put on record, before anybody hears of one alone', async () => {
		let isDown = true;
		const flow = await withGroups(
			{ prod: 6 },
			{ call: ({ input }) => (isDown && JSON.stringify(input).includes('"handed over"') ? SERVER_ERROR : undefined) },
		);
		for (const id of many('prod', 1, 6)) {
			await scan(flow, 'NON_COMPLIANT', id);
			await flow.minutes(0.1);
		}
		await flow.minutes(1.5);
		expect((await about(flow)).map(([, state]) => state)).toEqual(Array(5).fill('waiting'));
		isDown = false;
		await flow.minutes(6);

		expect((await about(flow)).filter(([, state]) => state !== 'skipped')).toEqual([['prod', 'verifying', 6]]);
		expect(items(flow)).toMatchObject([{ status: 'Open', data: { noncompliant: '6' } }]);
	});

	it('are found by the sweep where no event comes, and their recovery by the clock, be they compliant or gone', async () => {
		const flow = await withGroups({ prod: 7, test: 1 }, { event: (event) => (isCompliance(event) ? 'drop' : 'deliver') });
		await scan(flow, 'NON_COMPLIANT', ...many('prod', 1, 6), node('test', 1));
		await flow.until(flow.now + 66 * MINUTE);

		expect((await about(flow)).sort()).toEqual(
			[
				[node('test', 1), 'verifying', 1],
				['prod', 'verifying', 6],
			].sort(),
		);
		const [first] = await flow.operations('state');
		expect(first?.history[0]?.why).toContain('the sweep found it');

		await scan(flow, 'COMPLIANT', ...many('prod', 1, 5), node('test', 1));
		await flow.people(({ autoScaling }) =>
			autoScaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: 'nodes-prod', DesiredCapacity: 0 })),
		);
		await flow.minutes(50);

		expect((await about(flow)).map(([, state]) => state)).toEqual(['succeeded', 'succeeded']);
		expect(items(flow).map(({ status }) => status)).toEqual(['Resolved', 'Resolved']);
	});
});
