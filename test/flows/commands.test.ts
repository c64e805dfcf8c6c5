import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../local/aws/ec2-machine.ts';
import { ask, byIds, ids, onCommand, person, restart, sent, ssmCalls, theOnly } from './commanding.ts';
import { MINUTE, nodeId, SECOND } from './deployment.ts';
import { first } from './faults.ts';
import { begin, type Flow, type Setup } from './support.ts';

const PLAYBOOKS = { 'on-command': onCommand() };
const WELL = { 'restart-service': { durationSeconds: 8, oncePer: 'WorkId' } };
const BAD: Outcome = { durationSeconds: 8, exitCode: 3, stdout: 'nginx: bad certificate\n' };

const fleetOf = (nodes: number, more: Setup = {}) => begin({ nodes, playbooks: PLAYBOOKS, group: { behaviours: WELL }, ...more });

function breakNodes(flow: Flow, ...broken: readonly string[]): void {
	for (const id of broken) flow.world.services.ssm.behave(id, { 'restart-service': BAD });
}

async function shown(flow: Flow): Promise<{ readonly node: string; readonly end: string; readonly status?: string }[]> {
	const { id } = await theOnly(flow);
	return JSON.parse((await person(flow, 'show', id, '--json')).out).nodes;
}

describe('A command on many nodes', () => {
	it('by a tag is one command of AWS, and ends with every node on record', async () => {
		const flow = await fleetOf(12);
		await ask(flow, restart({ maxConcurrency: '50%', maxErrors: '10%', reason: 'a new certificate', requestedBy: 'pipeline 7' }));
		await flow.minutes(3);

		expect(await theOnly(flow)).toMatchObject({
			state: 'succeeded',
			result: { reason: 'restart-service on 12 nodes: 12 succeeded', nodes: { succeeded: 12, failed: 0 } },
		});
		expect(sent(flow)).toEqual([{ to: [{ Key: 'tag:service', Values: ['nginx'] }], concurrency: '50%', errors: '10%' }]);
		expect(ssmCalls(flow.calls())).toEqual({ SendCommand: 1, ListCommands: 1 });
		expect((await shown(flow)).map(({ node, end }) => [node, end])).toEqual(ids(1, 12).map((id) => [id, 'succeeded']));
		const told = flow.world.services.sns.publications.map(({ topicArn, message }) => [topicArn.split(':').at(-1), message]);
		expect(told).toEqual([
			[
				'fleetkeeper-local-commands',
				expect.stringContaining('on-command succeeded on restart-service on tag:service=nginx: restart-service on 12 nodes: 12 succeeded.'),
			],
		]);
		for (const name of ['fleet-event', 'command-status', 'reconcile']) expect(flow.deadLetters(name)).toEqual([]);
	});

	it('by more ids than one call takes is several commands one after another, with what is left of the errors', async () => {
		const flow = await fleetOf(110, { group: { behaviours: WELL, max: 200 } });
		breakNodes(flow, nodeId(3), nodeId(77));
		await ask(flow, restart({ targets: byIds(1, 110), maxConcurrency: '10%', maxErrors: '3%' }));
		await flow.minutes(5);

		const operation = await theOnly(flow);
		expect(sent(flow).map(({ concurrency, errors }) => [concurrency, errors])).toEqual([
			['11', '3'],
			['11', '2'],
			['11', '1'],
		]);
		expect(operation).toMatchObject({ state: 'failed', result: { nodes: { succeeded: 108, failed: 2, unstarted: 0 } } });
		expect(operation.result?.reason).toContain(`${nodeId(3)} (Failed, exit code 3: nginx: bad certificate)`);
		const runs = flow.world.services.ssm.commands().map(({ requestedAt, invocations }) => {
			const ends = [...invocations.values()].map(({ endedAt = Infinity }) => endedAt);
			return { requestedAt, over: Math.max(...ends) };
		});
		const [third, second, first] = runs;
		expect(second?.requestedAt).toBeGreaterThanOrEqual(first?.over ?? Infinity);
		expect(third?.requestedAt).toBeGreaterThanOrEqual(second?.over ?? Infinity);
		expect(ssmCalls(flow.calls())['DescribeInstanceInformation']).toBeUndefined();
	});

	it('stops when there are more errors than allowed, and says which nodes ran, failed and were never started', async () => {
		const flow = await fleetOf(60);
		breakNodes(flow, nodeId(1), nodeId(2), nodeId(4));
		await ask(flow, restart({ targets: byIds(1, 60), maxConcurrency: '2', maxErrors: '1', requestedBy: 'pipeline 7' }));
		await flow.minutes(6);

		const operation = await theOnly(flow);
		expect(sent(flow)).toHaveLength(1);
		const { succeeded = 0, failed = 0, unstarted = 0 } = operation.result?.nodes ?? {};
		expect(operation.state).toBe('failed');
		expect(succeeded + failed + unstarted).toBe(60);
		// One more than allowed, and what ran beside it.
		expect([2, 3]).toContain(failed);
		expect(unstarted).toBeGreaterThanOrEqual(60 - 4);
		expect(operation.result?.reason).toContain('more errors than MaxErrors 1 allows');
		const nodes = await shown(flow);
		expect(nodes.filter(({ end }) => end === 'unstarted')).toHaveLength(unstarted);
		expect(nodes.filter(({ end }) => end === 'unstarted').map(({ status }) => status)).toEqual([
			...Array.from({ length: unstarted - 10 }, () => 'Terminated'),
			...Array.from({ length: 10 }, () => undefined),
		]);
		const ran = ids(1, 60).filter((id) => flow.ran(id).length > 0 || [nodeId(1), nodeId(2), nodeId(4)].includes(id));
		expect(nodes.filter(({ end }) => end === 'succeeded').every(({ node }) => ran.includes(node))).toBe(true);
		const [item] = flow.world.services.ssm.opsItems();
		expect(item?.title).toBe('restart-service did not succeed on all nodes (on-command)');
		const { out } = await person(flow, 'show', operation.id);
		expect(out).toContain(`${nodeId(1)}  failed`);
		expect(out).toContain('[s3://fleetkeeper-local-output-111122223333-eu-west-1/commands/');
	});

	it('whose events are lost is accounted for by the clock', async () => {
		const lost = new Set([nodeId(2), nodeId(5)]);
		const flow = await fleetOf(6, {
			event: ({ 'detail-type': type, detail }) =>
				type === 'EC2 Command Status-change Notification' || lost.has(String(detail['instance-id'])) ? 'drop' : 'deliver',
		});
		await ask(flow, restart());
		await flow.minutes(12);

		expect(await theOnly(flow)).toMatchObject({ state: 'succeeded', result: { nodes: { succeeded: 6, unknown: 0 } } });
		expect(await shown(flow)).toHaveLength(6);
	});

	it('whose call has no reply is found by its comment, and sent once', async () => {
		const flow = await fleetOf(3, { call: first(1, 'SendCommand', { loseReply: true }) });
		await ask(flow, restart());
		await flow.minutes(12);

		expect(flow.world.services.ssm.commands()).toHaveLength(1);
		expect(await theOnly(flow)).toMatchObject({ state: 'succeeded', result: { nodes: { succeeded: 3 } } });
	});

	it('that is cancelled is stopped at AWS, and ends when it is known what ran', async () => {
		const flow = await fleetOf(10, { group: { behaviours: { 'restart-service': { durationSeconds: 120 } } } });
		await ask(flow, restart({ maxConcurrency: '2' }));
		await flow.until(flow.now + 30 * SECOND);
		const { id } = await theOnly(flow);
		expect((await person(flow, 'cancel', id)).status).toBe(0);
		await flow.minutes(3);

		const { state, result } = await theOnly(flow);
		expect(state).toBe('failed');
		expect(result?.reason).toContain('cancelled by anna');
		expect(result?.nodes).toMatchObject({ succeeded: 0, unknown: 0 });
		expect((result?.nodes?.cancelled ?? 0) + (result?.nodes?.unstarted ?? 0)).toBe(10);
	});

	it('that takes too long is stopped, and what has run is told', async () => {
		const flow = await fleetOf(4, { group: { behaviours: { 'restart-service': { durationSeconds: 400 } } } });
		await ask(flow, restart({ maxConcurrency: '2', timeoutSeconds: 150 }));
		await flow.minutes(8);

		const { state, result } = await theOnly(flow);
		expect(state).toBe('timed-out');
		expect(result?.nodes).toMatchObject({ failed: 2, succeeded: 0, unknown: 0 });
		expect(result?.reason).toContain("not over within the playbook's timeout");
	});

	it('that is stopped, and that an agent out of reach never lets end, is told as far as it is known', async () => {
		const flow = await fleetOf(3, { group: { behaviours: { 'restart-service': { durationSeconds: 10 } } } });
		flow.world.services.ssm.behave(nodeId(2), { 'restart-service': { hangs: true } });
		await ask(flow, restart({ timeoutSeconds: 3_600 }));
		await flow.minutes(2);
		flow.world.services.ssm.setAgent(nodeId(2), 'lost');
		await person(flow, 'cancel', (await theOnly(flow)).id);
		await flow.minutes(8);

		const { state, result } = await theOnly(flow);
		expect([state, result?.nodes]).toMatchObject(['failed', { succeeded: 2, unknown: 1, failed: 0 }]);
		expect(result?.reason).toBe('restart-service on 3 nodes: 2 succeeded, 1 unknown; cancelled by anna');
	});

	it('is not given up because of an event that comes late: how its nodes have ended is asked first', async () => {
		const silent = { until: 0 };
		const flow = await fleetOf(2, {
			// Neither is AWS listing commands, nor does the clock get anywhere.
			call: ({ operation, caller = '' }, at) =>
				at < silent.until && (/^ListCommand/.test(operation) || caller.endsWith('reconcile')) ? { loseReply: true } : undefined,
			event: ({ 'detail-type': type, detail }) => {
				if (type !== 'EC2 Command Status-change Notification' || detail['status'] === 'InProgress') return 'deliver';
				return { delayMs: 12.5 * MINUTE, copy: true };
			},
		});
		silent.until = flow.now + 12 * MINUTE;
		await ask(flow, restart());
		await flow.minutes(16);

		expect(await theOnly(flow)).toMatchObject({ state: 'succeeded', result: { nodes: { succeeded: 2, unknown: 0 } } });
	});

	it('goes on with its next command when an incident is over', async () => {
		const flow = await fleetOf(55, { group: { behaviours: { 'restart-service': { durationSeconds: 60 } } } });
		await ask(flow, restart({ targets: byIds(1, 55) }));
		await flow.until(flow.now + 20 * SECOND);
		await person(flow, 'pause', 'an incident');
		await flow.minutes(4);
		expect(await theOnly(flow)).toMatchObject({ state: 'waiting', waiting: 'pause', nodes: { succeeded: 50 } });
		await person(flow, 'resume');
		await flow.minutes(5);
		expect(await theOnly(flow)).toMatchObject({ state: 'succeeded', result: { nodes: { succeeded: 55 } } });
	});

	it('whose targets match no node fails', async () => {
		const flow = await fleetOf(1);
		await ask(flow, restart({ targets: [{ key: 'tag:service', values: ['none'] }] }));
		await flow.minutes(3);
		expect(await theOnly(flow)).toMatchObject({ state: 'failed', result: { reason: 'the targets match no node' } });
	});

	it('by more tags than one call takes finds its nodes by them', async () => {
		const flow = await fleetOf(2);
		const tags = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => [key, 'yes']));
		flow.world.services.ec2.tag(nodeId(2), tags);
		await ask(flow, restart({ targets: Object.keys(tags).map((key) => ({ key: `tag:${key}`, values: ['yes', 'no'] })) }));
		await flow.minutes(3);

		expect(sent(flow)).toEqual([{ to: [{ Key: 'InstanceIds', Values: [nodeId(2)] }], concurrency: '100%', errors: '0' }]);
		expect(await theOnly(flow)).toMatchObject({ state: 'succeeded', result: { nodes: { succeeded: 1 } } });
	});

	it('of a resource group is sent at once, or by the clock when an incident is over', async () => {
		const flow = await fleetOf(3);
		flow.world.services.ssm.addResourceGroup('web', { service: 'nginx' });
		const group = restart({ targets: [{ key: 'ResourceGroup', values: ['web'] }] });
		await ask(flow, { ...group, requestId: 'first' });
		await flow.minutes(2);
		await person(flow, 'pause', 'an incident');
		await flow.minutes(2);
		await ask(flow, { ...group, requestId: 'second' });
		await flow.minutes(2);
		await person(flow, 'resume');
		await flow.minutes(4);

		expect((await flow.operations('command')).map(({ state, result }) => [state, result?.nodes?.succeeded])).toEqual([
			['succeeded', 3],
			['succeeded', 3],
		]);
		expect(sent(flow).map(({ to }) => to)).toEqual(Array.from({ length: 2 }, () => [{ Key: 'resource-groups:Name', Values: ['web'] }]));
		expect(flow.calls('SendCommand').map(({ caller }) => caller.replace('fleetkeeper-local-', ''))).toEqual(['fleet-event', 'reconcile']);
	});

	it('of one id is one, however often it is asked for', async () => {
		const flow = await fleetOf(2);
		for (let time = 0; time < 3; time += 1) {
			await ask(flow, restart({ requestId: 'CHG-4711' }));
			await flow.minutes(2);
		}
		expect(await theOnly(flow)).toMatchObject({ state: 'succeeded' });
		expect(sent(flow)).toHaveLength(1);
	});

	it('observed runs nothing, and says what it would', async () => {
		const flow = await fleetOf(2, { playbooks: { 'on-command': onCommand('mode: observe') } });
		await ask(flow, restart());
		await flow.minutes(1);
		expect((await theOnly(flow)).result).toMatchObject({
			observed: true,
			reason: 'observed only: would run command restart-service on tag:service=nginx with {"ServiceName":["nginx"]}',
		});
		expect(sent(flow)).toEqual([]);
	});

	it.each([
		['that no playbook allows', restart({ command: 'isolate-node' }), 'no playbook allows command isolate-node'],
		[
			'of a document that the stage does not allow',
			restart({ command: 'AWS-RunShellScript' }),
			"name it in the stage's setting allowedDocuments",
		],
		['with ids and tags', restart({ targets: [...byIds(1, 1), { key: 'tag:service', values: ['nginx'] }] }), 'by InstanceIds and by tags'],
		['that may take longer than the playbook lets it', restart({ timeoutSeconds: 7_200 }), 'playbook on-command allows 3600 at most'],
		['with a malformed percentage', restart({ maxErrors: '5 %' }), 'detail.maxErrors: expected a number or a percentage as text'],
	])('%s starts nothing, and waits in the dead-letter queue with its reason', async (_, detail, reason) => {
		const flow = await fleetOf(1);
		await ask(flow, detail);
		await flow.minutes(1);

		expect(await flow.operations('command')).toEqual([]);
		expect(JSON.stringify(flow.deadLetters('fleet-event')[0]?.attributes)).toContain(reason);
		expect(sent(flow)).toEqual([]);
	});
});
