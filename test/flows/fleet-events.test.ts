import { describe, expect, it } from 'vitest';
import type { EventFate } from '../../local/delivery.ts';
import type { EventOperation } from '../../shared/operation/types.ts';
import { makeCalendar } from './calendars.ts';
import { MINUTE, nodeId, SECOND } from './deployment.ts';
import { during, throttling } from './faults.ts';
import { begin, type Flow } from './support.ts';

const drainInterrupted = (more = '') => `name: drain-interrupted
priority: 200
on: event
when:
  source: [aws.ec2]
  detail-type: [EC2 Spot Instance Interruption Warning]
about: $.detail.instance-id
opsItem: { severity: "3", category: Availability }
run:
  command: drain-node
  node: $.detail.instance-id
  parameters: { GraceSeconds: "30" }
  timeout: 30m
${more}`;

const spotFlow = (setup: Parameters<typeof begin>[0] = {}, more = '') =>
	begin({ ...setup, playbooks: { 'drain-interrupted': drainInterrupted(more) } });

/** EC2 says that it takes a Spot Instance back in two minutes. */
function interrupt(flow: Flow, instanceId: string): void {
	flow.world.putEvent({
		source: 'aws.ec2',
		detailType: 'EC2 Spot Instance Interruption Warning',
		resources: [`arn:aws:ec2:eu-west-1a:instance/${instanceId}`],
		detail: { 'instance-id': instanceId, 'instance-action': 'terminate' },
	});
}

/** What OpsCenter has, with what operations told. */
const items = (flow: Flow) =>
	flow.world.services.ssm.opsItems().map(({ title, severity, status, data }) => ({
		title,
		severity,
		status,
		told: [...data].flatMap(([key, { Value = '' }]) => (key.startsWith('operation/') ? [JSON.parse(Value)] : [])),
	}));

async function theOnly(flow: Flow): Promise<EventOperation> {
	const [only, ...more] = await flow.operations('event');
	if (only === undefined || more.length > 0) throw new Error(`There are ${only ? more.length + 1 : 0} operations about events.`);
	return only;
}

function expectSound(flow: Flow): void {
	expect(flow.deadLetters('fleet-event')).toEqual([]);
	expect(flow.world.invocations.filter(({ result }) => !result.ok)).toEqual([]);
}

describe('A Spot interruption', () => {
	it('opens an OpsItem and drains the node, and the OpsItem says what was run', async () => {
		const flow = await spotFlow();
		interrupt(flow, nodeId(1));
		await flow.minutes(1);

		expect(await theOnly(flow)).toMatchObject({ state: 'succeeded', node: nodeId(1), run: { document: 'drain-node' } });
		expect(flow.ran(nodeId(1))).toEqual(['drain-node']);
		expect(items(flow)).toEqual([
			{
				title: `EC2 Spot Instance Interruption Warning: ${nodeId(1)}`,
				severity: '3',
				status: 'Open',
				told: [
					{
						operation: expect.stringMatching(/^event-/),
						about: nodeId(1),
						events: 1,
						ran: 'command drain-node',
						outcome: 'succeeded',
						reason: 'drain-node: Success',
					},
				],
			},
		]);
		expectSound(flow);
	});

	it('that fails tells why, to OpsCenter and to people', async () => {
		const flow = await spotFlow({
			group: { behaviours: { 'drain-node': { durationSeconds: 20, exitCode: 3, stderr: 'nginx did not stop\n' } } },
		});
		interrupt(flow, nodeId(1));
		await flow.minutes(2);

		expect(await theOnly(flow)).toMatchObject({ state: 'failed' });
		expect(items(flow)[0]?.told).toMatchObject([{ outcome: 'failed', reason: expect.stringContaining('exit code 3: nginx did not stop') }]);
		expect(flow.world.services.sns.publications).toHaveLength(1);
		expectSound(flow);
	});

	it('of many nodes at once is one command, and an operation and an OpsItem for each', async () => {
		const flow = await spotFlow({ nodes: 20 });
		for (let n = 1; n <= 20; n += 1) interrupt(flow, nodeId(n));
		await flow.minutes(3);

		expect((await flow.operations('event')).map(({ state }) => state)).toEqual(Array(20).fill('succeeded'));
		expect(items(flow)).toHaveLength(20);
		expect(flow.sends().length).toBeLessThanOrEqual(5);
		expect(flow.sends().flat().sort()).toEqual(Array.from({ length: 20 }, (_, n) => nodeId(n + 1)));
		expectSound(flow);
	});

	it.each([
		['twice', 'duplicate'],
		['once more while it is drained', { delayMs: 20 * SECOND, copy: true }],
		['once more after its end', { delayMs: 5 * MINUTE, copy: true }],
	] as [string, EventFate][])('that is delivered %s is one operation', async (_, fate) => {
		const flow = await spotFlow({ event: ({ source }) => (source === 'aws.ec2' ? fate : 'deliver') });
		interrupt(flow, nodeId(1));
		await flow.minutes(7);

		expect(await theOnly(flow)).toMatchObject({ state: 'succeeded', occurrence: 1, events: 1 });
		expect(flow.sends()).toHaveLength(1);
		expectSound(flow);
	});

	it.each([
		['CreateOpsItem', 'before'],
		['CreateOpsItem', 'after'],
		['SendCommand', 'before'],
		['SendCommand', 'after'],
		['PutItem', 'after'],
	] as const)('ends with one OpsItem and one drain where its function dies at %s, %s its effect', async (operation, when) => {
		const flow = await spotFlow({ kill: { operation, when } });
		interrupt(flow, nodeId(1));
		await flow.minutes(12);

		expect(await theOnly(flow)).toMatchObject({ state: 'succeeded' });
		expect(flow.ran(nodeId(1))).toEqual(['drain-node']);
		expect(items(flow)).toHaveLength(1);
	});

	it('does not wait for OpsCenter', async () => {
		const flow = await spotFlow({ call: during(3, ['CreateOpsItem'], throttling) });
		interrupt(flow, nodeId(1));
		await flow.minutes(1);
		expect(flow.ran(nodeId(1))).toEqual(['drain-node']);
		expect(items(flow)).toEqual([]);
		await flow.minutes(7);
		expect(items(flow)[0]?.told).toMatchObject([{ outcome: 'succeeded' }]);
	});

	it('of a node in a frozen calendar drains as soon as the calendar opens', async () => {
		const flow = await spotFlow({}, 'calendar: freeze\n');
		const opensAt = flow.now + 10 * MINUTE;
		await makeCalendar(flow, 'freeze', { from: flow.now, to: opensAt });
		interrupt(flow, nodeId(1));
		await flow.minutes(9);
		expect(await theOnly(flow)).toMatchObject({ state: 'waiting', waiting: 'calendar' });

		await flow.until(() => flow.events('Calendar State Change').length > 0);
		await flow.minutes(3);

		const operation = await theOnly(flow);
		expect(operation.state).toBe('succeeded');
		expect(operation.work?.recordedAt).toBeGreaterThanOrEqual(opensAt);
		expect(operation.work?.recordedAt).toBeLessThan((flow.events('Calendar State Change')[0]?.at ?? 0) + 10 * SECOND);
		expect(flow.world.logs.map(({ message }) => message)).toContain('Looked at what waits for a calendar');
		expectSound(flow);
	});
});

describe('What AWS Health says', () => {
	const notice = (flow: Flow, page: number, eventArn = 'arn:aws:health:eu-west-1::event/EC2/RETIREMENT/1') =>
		flow.world.putEvent({
			source: 'aws.health',
			detailType: 'AWS Health Event',
			resources: [`arn:aws:ec2:eu-west-1:111122223333:instance/i-${page}`],
			detail: { eventArn, service: 'EC2', eventTypeCategory: 'scheduledChange', communicationId: '1', page: String(page), totalPages: '3' },
		});

	it('is one OpsItem, however many pages it has', async () => {
		const flow = await begin();
		for (const page of [1, 2, 3]) {
			notice(flow, page);
			await flow.until(flow.now + 20 * SECOND);
		}
		await flow.minutes(1);

		const operations = await flow.operations('event');
		expect(operations.reduce((sum, { events }) => sum + events, 0)).toBe(3);
		expect(operations.every(({ state }) => state === 'succeeded')).toBe(true);
		expect(items(flow)).toHaveLength(1);
		expectSound(flow);
	});

	it('is dropped where no playbook is for it', async () => {
		const flow = await begin();
		flow.world.putEvent({
			source: 'aws.health',
			detailType: 'AWS Health Event',
			detail: { eventArn: 'arn:aws:health:eu-west-1::event/EC2/X/1', eventTypeCategory: 'issue', backupEvent: 'true' },
		});
		await flow.minutes(1);

		expect(await flow.operations('event')).toEqual([]);
		expect([...flow.world.metrics.keys()]).toContain('EventsDropped{"reason":"no-playbook"}');
		expectSound(flow);
	});
});
