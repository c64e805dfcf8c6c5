import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { getItem, tableOf } from '../../shared/aws/table.ts';
import type { Operation } from '../../shared/operation/types.ts';
import { settingsFrom } from '../../shared/settings.ts';
import { makeCalendar } from './calendars.ts';
import { drainWeb, MINUTE, nodeId, READY, SECOND, START } from './deployment.ts';
import { expectAllEnded, expectEnded, expectNoEventLost, expectSound } from './ended.ts';
import { begin, type Flow } from './support.ts';

const HOUR = 60 * MINUTE;
const nodes = (count: number) => Array.from({ length: count }, (_, index) => nodeId(index + 1));
const braked = (brakes: string, timeout = '2h') => ({ 'drain-web': `${drainWeb(timeout)}${brakes}\n` });

/** The ids that hold a slot of the playbook now. */
function held(flow: Flow): Promise<readonly string[]> {
	return flow.people(async (aws) => {
		const slots = await getItem(tableOf({ aws, settings: settingsFrom({ STAGE: 'local' }) }), { pk: 'limits#drain-web', sk: 'slots' });
		return [...((slots?.['held'] as Set<string> | undefined) ?? [])];
	});
}

/** Passes time second by second, and gives the largest number of slots that were held. */
async function mostHeld(flow: Flow, minutes: number): Promise<number> {
	let most = 0;
	for (const until = flow.now + minutes * MINUTE; flow.now < until; ) {
		await flow.until(flow.now + SECOND);
		most = Math.max(most, (await held(flow)).length);
	}
	return most;
}

/** How many operations were under way at once, from the start of their work to their close. */
function mostAtOnce(operations: readonly Operation[]): number {
	const spans = operations.map(({ work, closedAt }) => ({ from: work?.recordedAt ?? Infinity, to: closedAt ?? Infinity }));
	return Math.max(...spans.map(({ from }) => spans.filter((span) => span.from <= from && from < span.to).length));
}

describe('Limits', () => {
	it('of 5 at once let 30 terminations through, never more than 5 at any instant', async () => {
		const flow = await begin({ nodes: 30, pollers: 5, playbooks: braked('limits: { concurrent: 5 }') });

		await flow.terminate(...nodes(30));
		const most = await mostHeld(flow, 14);

		const operations = await expectAllEnded(flow, nodes(30));
		expect(most).toBe(5);
		expect(mostAtOnce(operations)).toBe(5);
		expect(await held(flow)).toEqual([]);
		expect(operations.every(({ history }) => history.filter(({ what }) => what === 'waiting').length <= 1)).toBe(true);
		expectSound(flow);
	});

	it('of 4 in an hour let the others begin when the next clock hour does, their hooks kept alive', async () => {
		const flow = await begin({ nodes: 10, playbooks: braked('limits: { perHour: 4 }', '4h') });

		await flow.terminate(...nodes(10));
		await flow.minutes(125);

		const operations = await expectAllEnded(flow, nodes(10));
		const hours = operations.map(({ work }) => Math.floor(((work?.recordedAt ?? 0) - START) / HOUR));
		expect([0, 1, 2].map((hour) => hours.filter((each) => each === hour).length)).toEqual([4, 4, 2]);
		expect(new Set(flow.heartbeats().map(({ instanceId }) => instanceId)).size).toBe(6);
		expectSound(flow);
	});

	it('that are reached skip the work of a playbook that says so', async () => {
		const flow = await begin({ nodes: 6, playbooks: braked('limits: { concurrent: 2, beyond: skip }') });

		await flow.terminate(...nodes(6));
		await flow.minutes(3);

		const operations = await flow.operations();
		const skipped = operations.filter(({ state }) => state === 'skipped').map(({ subject }) => subject.instanceId);
		expect(skipped).toHaveLength(4);
		await expectAllEnded(flow, skipped, { state: 'skipped', ran: [] });
		expectSound(flow);
	});

	it('let what waits time out by the failure rule: waiting is part of the timeout', async () => {
		const behaviours = { 'drain-node': { durationSeconds: 1_200, oncePer: 'WorkId' } };
		const flow = await begin({ nodes: 2, group: { behaviours }, playbooks: braked('limits: { concurrent: 1 }', '25m') });

		await flow.terminate(...nodes(2));
		await flow.minutes(32);

		const operations = await flow.operations();
		expect(operations.map(({ state }) => state).sort()).toEqual(['succeeded', 'timed-out']);
		expect(await held(flow)).toEqual([]);
		expectSound(flow);
	});

	it.each([
		['UpdateItem', 'before'],
		['UpdateItem', 'after'],
		['PutItem', 'before'],
		['PutItem', 'after'],
		['SendCommand', 'after'],
		['CompleteLifecycleAction', 'before'],
	] as const)('leak no slot and double none where a function dies at %s, %s its effect', async (operation, when) => {
		const flow = await begin({ nodes: 6, playbooks: braked('limits: { concurrent: 2 }'), kill: { operation, when } });

		await flow.terminate(...nodes(6));
		const most = await mostHeld(flow, 25);

		await expectAllEnded(flow, nodes(6));
		expect(most).toBe(2);
		expect(await held(flow)).toEqual([]);
		expectNoEventLost(flow);
	});
});

describe('A change calendar', () => {
	it('that is closed holds drains back until it opens, their hooks kept alive', async () => {
		const flow = await begin({ nodes: 2, playbooks: braked('calendar: freeze', '3h') });
		await makeCalendar(flow, 'freeze', { from: START - HOUR, to: START + HOUR });

		await flow.terminate(...nodes(2));
		await flow.until(START + HOUR - SECOND);
		expect((await flow.operations()).map(({ waiting }) => waiting)).toEqual(['calendar', 'calendar']);
		expect(flow.sends()).toEqual([]);
		await flow.minutes(5);

		const operations = await expectAllEnded(flow, nodes(2));
		for (const { work } of operations) expect(work?.recordedAt).toBeLessThan(START + HOUR + 3 * MINUTE);
		expect(flow.heartbeats().length).toBeGreaterThan(0);
		expectSound(flow);
	});

	it('that is closed lets nodes go without their drain where the playbook says so', async () => {
		const flow = await begin({ playbooks: braked('calendar: [freeze]\ncalendarClosed: skip') });
		await makeCalendar(flow, 'freeze', { from: START - HOUR, to: START + HOUR });

		await flow.terminate(nodeId(1));
		await flow.minutes(2);

		const { result } = await expectEnded(flow, nodeId(1), { state: 'skipped', ran: [] });
		expect(result?.reason).toContain('calendar freeze is CLOSED until');
		expectSound(flow);
	});

	it('is ignored by a playbook that does not name it', async () => {
		const flow = await begin({ playbooks: braked('') });
		await makeCalendar(flow, 'freeze', { from: START - HOUR, to: START + HOUR });

		await flow.terminate(nodeId(1));
		await flow.minutes(2);

		await expectEnded(flow, nodeId(1));
		expect(flow.calls('GetCalendarState')).toEqual([]);
	});
});

describe('A playbook that observes', () => {
	const OBSERVED = { 'drain-web': drainWeb('2h').replace(/then:[\s\S]*/, 'mode: observe\n') };
	const ours = (flow: Flow, from: number) =>
		flow
			.calls()
			.filter(({ at, caller }) => at >= from && !/playbook-change/.test(caller))
			.map(({ operation }) => operation);

	it('records and publishes what it would do, and does nothing else', async () => {
		const flow = await begin({ playbooks: OBSERVED });

		await flow.terminate(nodeId(1));
		await flow.until(READY + 20 * SECOND);

		const operation = await flow.operation(nodeId(1));
		expect(operation).toMatchObject({
			state: 'skipped',
			result: { observed: true, reason: expect.stringContaining('would run command drain-node') },
		});
		expect(operation.result).not.toHaveProperty('lifecycle');
		expect(new Set(ours(flow, READY))).toEqual(new Set(['GetItem', 'Query', 'PutItem', 'PutEvents']));
		const [published, ...more] = flow.events('Operation State Change');
		expect(more).toEqual([]);
		expect(published?.detail).toMatchObject({ operationId: operation.id, state: 'skipped', result: { observed: true } });
	});

	it('leaves the instance to the own timeout of its hook, with one operation however often the sweep sees it', async () => {
		const flow = await begin({ playbooks: OBSERVED });

		await flow.terminate(nodeId(1));
		await flow.minutes(29);
		expect(flow.stateOf(nodeId(1))).toBe('Terminating:Wait');
		await flow.minutes(5);

		expect(flow.stateOf(nodeId(1))).toBeUndefined();
		expect(await flow.operations()).toHaveLength(1);
		expect(flow.events('Operation State Change')).toHaveLength(1);
		expect([...flow.completions(), ...flow.heartbeats(), ...flow.sends()]).toEqual([]);
		expectSound(flow);
	});

	it('opens one OpsItem for all nodes of a group, where its playbook has one', async () => {
		const flow = await begin({ nodes: 3, playbooks: { 'drain-web': `${drainWeb('2h')}mode: observe\n` } });

		await flow.terminate(...nodes(3));
		await flow.minutes(12);

		expect(flow.opsItems()).toEqual([{ title: 'Would run drain-node on nodes of web-blue (observed by drain-web)', nodes: nodes(3) }]);
		expect(new Set((await flow.operations()).map(({ result }) => result?.opsItemId)).size).toBe(1);
		expectSound(flow);
	});

	it('hands over an instance that still waits to the playbook that acts in its place', async () => {
		const flow = await begin({ playbooks: OBSERVED });
		await flow.terminate(nodeId(1));
		await flow.minutes(1);

		const Name = '/fleetkeeper/local/playbooks/drain-web';
		await flow.people(({ ssm }) => ssm.send(new PutParameterCommand({ Name, Value: drainWeb('2h'), Overwrite: true })));
		await flow.minutes(20);

		const operations = await flow.operations();
		expect(operations.map(({ state, result }) => [state, result?.observed])).toEqual([
			['skipped', true],
			['succeeded', undefined],
		]);
		expectSound(flow);
	});
});
