import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DeleteParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { makeCalendar } from './calendars.ts';
import { MINUTE, nodeId, SECOND } from './deployment.ts';
import { begin, type Flow, type Setup } from './support.ts';

const HOUR = 60 * MINUTE;
const OPS_ITEM = 'opsItem: { severity: "3" }\n';
const DRAIN = `run:
  command: drain-node
  node: $.detail.instance-id
  timeout: 10m
`;
const onInterruption = (more: string) => `name: on-interruption
priority: 200
on: event
when: { source: [aws.ec2], detail-type: [EC2 Spot Instance Interruption Warning] }
about: $.detail.instance-id
${more}`;

const withEvents = (more: string, setup: Setup = {}) => begin({ ...setup, playbooks: { 'on-interruption': onInterruption(more) } });

function interrupt(flow: Flow, instanceId: string): void {
	flow.world.putEvent({
		source: 'aws.ec2',
		detailType: 'EC2 Spot Instance Interruption Warning',
		detail: { 'instance-id': instanceId, 'instance-action': 'terminate' },
	});
}

const events = (flow: Flow) => flow.operations('event');
const states = async (flow: Flow) => (await events(flow)).map(({ state, waiting }) => waiting ?? state);
const items = (flow: Flow) => flow.world.services.ssm.opsItems();

describe('The work of an event', () => {
	it('waits for a calendar for longer than it may take, and has all its time then', async () => {
		const flow = await withEvents(`${DRAIN}calendar: freeze\n`, { group: { behaviours: { 'drain-node': { durationSeconds: 500 } } } });
		const opensAt = flow.now + 30 * MINUTE;
		await makeCalendar(flow, 'freeze', { from: flow.now, to: opensAt });
		interrupt(flow, nodeId(1));
		await flow.until(opensAt - 1);
		expect(await states(flow)).toEqual(['calendar']);
		await flow.minutes(12);

		const [operation] = await events(flow);
		expect(operation?.state).toBe('succeeded');
		expect(operation?.deadlineAt).toBe((operation?.work?.recordedAt ?? 0) + 10 * MINUTE);
	});

	it('is skipped while its calendar is closed, where its playbook says so; its OpsItem says why', async () => {
		const flow = await withEvents(`${OPS_ITEM}${DRAIN}calendar: freeze\ncalendarClosed: skip\n`);
		await makeCalendar(flow, 'freeze', { from: flow.now, to: flow.now + HOUR });
		interrupt(flow, nodeId(1));
		await flow.minutes(1);

		expect([await states(flow), flow.sends()]).toEqual([['skipped'], []]);
		expect(JSON.stringify([...(items(flow)[0]?.data ?? [])])).toContain('calendar freeze is CLOSED until');
	});

	it('waits its turn, also that of an hour, and goes on where its playbook is gone', async () => {
		const flow = await withEvents(`${DRAIN}limits: { concurrent: 2, perHour: 3 }\n`, { nodes: 4 });
		for (const n of [1, 2, 3, 4]) interrupt(flow, nodeId(n));
		await flow.until(flow.now + 20 * SECOND);
		expect((await states(flow)).filter((state) => state === 'limit')).toHaveLength(2);
		await flow.people(({ ssm }) => ssm.send(new DeleteParameterCommand({ Name: '/fleetkeeper/local/playbooks/on-interruption' })));
		await flow.minutes(5);
		expect((await states(flow)).sort()).toEqual(['limit', 'succeeded', 'succeeded', 'succeeded']);
		await flow.minutes(58);

		expect(await states(flow)).toEqual(Array(4).fill('succeeded'));
		expect(flow.sends().flat().sort()).toEqual([1, 2, 3, 4].map(nodeId));
	});

	it('is only said where its playbook observes, in the OpsItem too', async () => {
		const flow = await withEvents(`${OPS_ITEM}${DRAIN}mode: observe\n`);
		interrupt(flow, nodeId(1));
		await flow.minutes(2);

		expect(await events(flow)).toMatchObject([
			{
				state: 'skipped',
				result: { observed: true, reason: `observed only: would open an OpsItem, and run command drain-node on ${nodeId(1)} with {}` },
			},
		]);
		expect(flow.sends()).toEqual([]);
		expect(items(flow)).toMatchObject([{ description: expect.stringContaining('would open an OpsItem, and run command drain-node') }]);
	});

	it('of the same subject begins at once each time: what is over holds no slot', async () => {
		const flow = await withEvents(`${DRAIN}limits: { concurrent: 1 }\n`);
		for (let round = 0; round < 3; round += 1) {
			interrupt(flow, nodeId(1));
			await flow.minutes(1.5);
		}
		const all = await events(flow);
		expect(all.map(({ state }) => state)).toEqual(Array(3).fill('succeeded'));
		expect(all.flatMap(({ history }) => history.filter(({ what }) => what === 'waiting'))).toEqual([]);
	});
});

describe('Events about one subject that do not stop', () => {
	it('are one OpsItem, however many operations they open', async () => {
		const flow = await withEvents(OPS_ITEM, { pollers: 5 });
		for (let event = 0; event < 20; event += 1) {
			interrupt(flow, nodeId(1));
			await flow.until(flow.now + 3 * SECOND);
		}
		await flow.minutes(1);

		const all = await events(flow);
		expect(all.reduce((sum, operation) => sum + operation.events, 0)).toBe(20);
		expect(all.every(({ state }) => state === 'succeeded')).toBe(true);
		expect(items(flow)).toHaveLength(1);
		expect(flow.world.services.sns.publications).toEqual([]);
	});

	it('are one drain, where they come while it is under way', async () => {
		const flow = await withEvents(`${OPS_ITEM}${DRAIN}`, { pollers: 5 });
		for (let event = 0; event < 300; event += 1) interrupt(flow, nodeId(1));
		await flow.minutes(2);

		expect(await events(flow)).toMatchObject([{ state: 'succeeded', events: 300 }]);
		expect(flow.sends()).toEqual([[nodeId(1)]]);
		expect([items(flow).length, flow.deadLetters('fleet-event')]).toEqual([1, []]);
	});

	it('are each by itself where the path to what they are about leads nowhere', async () => {
		const flow = await begin({ playbooks: { 'on-interruption': onInterruption(OPS_ITEM).replace('instance-id', 'node') } });
		for (let event = 0; event < 2; event += 1) interrupt(flow, nodeId(1));
		await flow.minutes(1);

		expect(await states(flow)).toEqual(['succeeded', 'succeeded']);
		expect(items(flow)).toHaveLength(2);
	});
});

describe('Requests', () => {
	const onRequest = (more: string) => `name: on-request
priority: 100
on: request
when: { detail: { runbook: [restart-node] } }
run: { timeout: 20m }
${more}`;
	const withRequests = (more: string, nodes: number) => begin({ nodes, playbooks: { 'on-request': onRequest(more) } });
	const ask = (flow: Flow, detail: object) => {
		const Detail = JSON.stringify({ runbook: 'restart-node', ...detail });
		const entry = { EventBusName: 'fleetkeeper-local-requests', Source: 'ops.pipeline', DetailType: 'Run Automation Requested', Detail };
		return flow.people(({ events: bus }) => bus.send(new PutEventsCommand({ Entries: [entry] })));
	};

	it('of one playbook are done one after another where it says so', async () => {
		const flow = await withRequests('limits: { concurrent: 1 }\n', 2);
		for (const n of [1, 2]) await ask(flow, { parameters: { InstanceId: nodeId(n) } });
		await flow.minutes(1);
		expect((await states(flow)).sort()).toEqual(['limit', 'running']);
		await flow.minutes(12);
		expect(await states(flow)).toEqual(['succeeded', 'succeeded']);
	});

	it('that are observed start nothing, and say on what they would', async () => {
		const flow = await withRequests('mode: observe\n', 2);
		await ask(flow, { targets: [{ key: 'tag:service', values: ['nginx'] }], targetParameter: 'InstanceId' });
		await flow.minutes(1);
		expect(await events(flow)).toMatchObject([
			{ state: 'skipped', result: { reason: 'observed only: would run automation restart-node on tag:service with {}' } },
		]);
		expect(flow.world.services.ssm.executions()).toEqual([]);
	});
});
