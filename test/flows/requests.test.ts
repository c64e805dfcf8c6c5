import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { describe, expect, it } from 'vitest';
import { fleet } from '../../cli/fleet.ts';
import type { EventOperation } from '../../shared/operation/types.ts';
import { MINUTE, nodeId } from './deployment.ts';
import { begin, type Flow } from './support.ts';

const BUS = 'fleetkeeper-local-requests';

/** Anna, at her command line. */
async function anna(flow: Flow, ...args: string[]): Promise<{ status: number; out: string; err: string }> {
	const [out, err]: [string[], string[]] = [[], []];
	const io = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text), cwd: '/nowhere' };
	const status = await flow.people((aws) => fleet(args, { io, env: {}, connect: () => aws, now: () => flow.now, user: 'anna' }));
	return { status, out: out.join('\n'), err: err.join('\n') };
}

/** A pipeline asks, by an event of its own. */
async function ask(flow: Flow, detail: object, EventBusName = BUS, Source = 'ops.pipeline'): Promise<void> {
	const entry = { EventBusName, Source, DetailType: 'Run Automation Requested', Detail: JSON.stringify(detail) };
	await flow.people(({ events }) => events.send(new PutEventsCommand({ Entries: [entry] })));
}

/** Executions, the first begun first: the one that was started, and those of its targets. */
const executions = (flow: Flow) => [...flow.world.services.ssm.executions()].reverse();
const restartsOf = (flow: Flow) => executions(flow).filter(({ parent }) => parent !== undefined);

async function theOnly(flow: Flow): Promise<EventOperation> {
	const [only, ...more] = await flow.operations('event');
	if (only === undefined || more.length > 0) throw new Error(`There are ${only ? more.length + 1 : 0} operations about requests.`);
	return only;
}

describe('A request', () => {
	it('from the command line restarts the nodes of a tag, one at a time, and its operation is the one that was announced', async () => {
		const flow = await begin({ nodes: 3 });
		const said = await anna(
			flow,
			...['request', 'restart-node', '--reason', 'kernel update', '--target', 'tag:service=nginx'],
			...['--target-parameter', 'InstanceId', '--max-concurrency', '1', '--max-errors', '0'],
		);
		expect(said).toMatchObject({ status: 0, err: '' });
		const [, announced] = /its operation is (event-[0-9a-f]{16}-1)/.exec(said.out) ?? [];
		await flow.minutes(20);

		const operation = await theOnly(flow);
		expect(operation).toMatchObject({
			id: announced,
			state: 'succeeded',
			request: { by: 'anna', reason: 'kernel update' },
			result: { reason: 'restart-node: Success' },
		});
		const restarts = restartsOf(flow);
		expect(restarts.map(({ parent, status }) => [parent?.target, status]).sort()).toEqual([1, 2, 3].map((n) => [nodeId(n), 'Success']));
		for (const [index, { startedAt }] of restarts.entries()) {
			expect(startedAt).toBeGreaterThanOrEqual(restarts[index - 1]?.endedAt ?? 0);
		}
		expect((await anna(flow, 'show', announced ?? '')).out).toContain('kernel update');
		expect(flow.deadLetters('fleet-event')).toEqual([]);
	});

	it('stops at the first error that is one too many, and says on which node which step failed', async () => {
		const flow = await begin({ nodes: 2 });
		const gone = 'i-0000000000000dead';
		const targets = [{ key: 'ParameterValues', values: [gone, nodeId(1), nodeId(2)] }];
		await ask(flow, { runbook: 'restart-node', targets, targetParameter: 'InstanceId', requestedBy: 'pipeline 7' });
		await flow.minutes(5);

		const operation = await theOnly(flow);
		expect(operation.state).toBe('failed');
		expect(operation.result?.reason).toContain(`1 of 3 targets failed: ${gone}: Step isRunning failed`);
		expect(restartsOf(flow)).toHaveLength(1);
		const [item] = flow.world.services.ssm.opsItems();
		expect(item?.title).toBe('on-request fails on events of ops.pipeline');
		expect(item?.description).toContain('restart-node, asked for by pipeline 7: restart-node: Failed');
		expect(flow.world.services.sns.publications).toHaveLength(1);
	});

	it('of one id is one, however often it is asked', async () => {
		const flow = await begin();
		const request = { runbook: 'restart-node', parameters: { InstanceId: nodeId(1) }, requestId: 'CHG-4711' };
		await ask(flow, request);
		await ask(flow, request);
		await flow.minutes(10);
		await ask(flow, request);
		await flow.minutes(1);

		expect(await theOnly(flow)).toMatchObject({ state: 'succeeded' });
		expect(executions(flow)).toHaveLength(1);
	});

	it.each([
		['that no playbook allows', { runbook: 'isolate-node' }, 'no playbook allows runbook isolate-node'],
		['that is malformed', { runbook: 'restart-node; reboot' }, 'detail.runbook: expected the name of a runbook'],
	])('%s starts nothing, and waits in the dead-letter queue with its reason', async (_, detail, reason) => {
		const flow = await begin();
		await ask(flow, detail);
		await flow.minutes(1);

		expect(await flow.operations('event')).toEqual([]);
		expect(executions(flow)).toEqual([]);
		const [letter] = flow.deadLetters('fleet-event');
		expect(JSON.stringify(letter?.attributes)).toContain(reason);
		expect(flow.world.metrics.get('EventsRefused')).toBe(1);
	});

	it.each([
		['on the default bus', 'default', 'ops.pipeline'],
		['in our own name', BUS, 'fleetkeeper'],
	])('%s starts nothing', async (_, bus, source) => {
		const flow = await begin();
		await ask(flow, { runbook: 'restart-node', parameters: { InstanceId: nodeId(1) } }, bus, source);
		await flow.minutes(2);

		expect(await flow.operations('event')).toEqual([]);
		expect(executions(flow)).toEqual([]);
		expect(flow.deadLetters('fleet-event')).toEqual([]);
	});

	it('is held back by an incident, and runs when it is over', async () => {
		const flow = await begin();
		await anna(flow, 'pause', 'an incident');
		await flow.minutes(2);
		await ask(flow, { runbook: 'restart-node', parameters: { InstanceId: nodeId(1) } });
		await flow.minutes(3);
		expect(await theOnly(flow)).toMatchObject({ state: 'waiting', waiting: 'pause' });
		await anna(flow, 'resume');
		await flow.minutes(12);
		expect(await theOnly(flow)).toMatchObject({ state: 'succeeded' });
	});

	it('that takes too long is stopped', async () => {
		const flow = await begin({
			playbooks: {
				'on-request': `name: on-request
priority: 100
on: request
when: { detail: { runbook: [restart-node] } }
run: { timeout: 1m }
`,
			},
		});
		await ask(flow, { runbook: 'restart-node', parameters: { InstanceId: nodeId(1) } });
		await flow.until(flow.now + 4 * MINUTE);

		expect(await theOnly(flow)).toMatchObject({ state: 'timed-out' });
		expect(executions(flow)).toMatchObject([{ status: 'Cancelled' }]);
	});
});
