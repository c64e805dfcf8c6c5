import { describe, expect, it } from 'vitest';
import type { FleetGroup } from '../../local/fleet.ts';
import { BOOTSTRAP, DRAIN, drainWeb, MINUTE, nodeId } from './deployment.ts';
import { expectEnded, expectSound } from './ended.ts';
import { begin, type Flow } from './support.ts';

const UP = { hook: BOOTSTRAP.name, ran: ['bootstrap-node'] } as const;
const NOT_UP = { ...UP, state: 'failed', lifecycle: 'ABANDON', opsItem: true } as const;

/** A group that launches its first node. */
async function launching(group: Partial<FleetGroup>, setup: Parameters<typeof begin>[0] = {}): Promise<Flow> {
	const flow = await begin({ nodes: 0, group: { hooks: [BOOTSTRAP], ...group }, ...setup });
	await flow.scale(1);
	return flow;
}

/** The instances that a hook has held, in order. */
function held(flow: Flow, hook = BOOTSTRAP.name): string[] {
	const types = ['EC2 Instance-launch Lifecycle Action', 'EC2 Instance-terminate Lifecycle Action'];
	const actions = types.flatMap((type) => flow.events(type)).filter(({ detail }) => detail['LifecycleHookName'] === hook);
	return actions.map(({ detail }) => String(detail['EC2InstanceId']));
}

describe('A new node', () => {
	it('is bootstrapped once it has registered, and goes into service', async () => {
		const flow = await launching({ registerSeconds: 100 });
		await flow.minutes(5);

		const [id = ''] = held(flow);
		const { history } = await expectEnded(flow, id, UP);
		expect(history.map(({ what }) => what)).toContain('waiting');
		expect(flow.stateOf(id)).toBe('InService');
		expectSound(flow);
	});

	it('that never registers is abandoned when its time for that is over', async () => {
		const flow = await launching({ registerSeconds: null });
		await flow.minutes(8);

		const [id = ''] = held(flow);
		const { openedAt, closedAt } = await expectEnded(flow, id, { ...NOT_UP, ran: [] });
		expect((closedAt ?? 0) - openedAt).toBeGreaterThanOrEqual(5 * MINUTE);
		expect((closedAt ?? 0) - openedAt).toBeLessThan(7 * MINUTE);
		expectSound(flow);
	});

	it('whose bootstrap fails is abandoned, and its replacement goes into service', async () => {
		const fails = { 'bootstrap-node': { exitCode: 4, durationSeconds: 20, stdout: 'nginx does not start\n', oncePer: 'WorkId' } };
		const flow = await launching({ launches: [{ behaviours: fails }] });
		await flow.minutes(6);

		const [bad = '', good = ''] = held(flow);
		const { result } = await expectEnded(flow, bad, NOT_UP);
		expect(result?.reason).toContain('exit code 4: nginx does not start');
		await expectEnded(flow, good, UP);
		expect([flow.stateOf(bad), flow.stateOf(good)]).toEqual([undefined, 'InService']);
		expectSound(flow);
	});

	it('whose tags are not there yet is asked about again, not left alone', async () => {
		const playbook = `name: bootstrap-web
priority: 100
on: instance-launching
when: { detail: { LifecycleHookName: [fleetkeeper-bootstrap] }, tags: { service: [nginx] } }
run: { command: bootstrap-node, timeout: 20m }
`;
		const flow = await launching({}, { services: { tagLagMs: 70_000 }, playbooks: { 'bootstrap-web': playbook } });
		// The sweep would find it only after five minutes.
		await flow.minutes(4);

		const [id = ''] = held(flow);
		await expectEnded(flow, id, UP);
		expect(flow.stateOf(id)).toBe('InService');
		expectSound(flow);
	});

	it('without the tags that a playbook asks for is left alone', async () => {
		const playbook = `name: bootstrap-web
priority: 100
on: instance-launching
when: { detail: { LifecycleHookName: [fleetkeeper-bootstrap] }, tags: { service: [apache] } }
run: { command: bootstrap-node, timeout: 20m }
`;
		const flow = await launching({}, { playbooks: { 'bootstrap-web': playbook } });
		await flow.minutes(7);

		expect(await flow.operations()).toEqual([]);
		expect(flow.completions()).toEqual([]);
		expectSound(flow);
	});
});

describe('A warm pool', () => {
	const POOL = { minSize: 0, maxPrepared: 4, poolState: 'Stopped', reuseOnScaleIn: true } as const;
	const warm = (n: number) => ({ id: nodeId(n), state: 'Warmed:Stopped' }) as const;

	it('gets a node back without any word of ours: a return is no termination', async () => {
		const flow = await begin({ group: { warmPool: POOL } });

		await flow.scale(0);
		await flow.minutes(16);

		expect(held(flow, DRAIN.name)).toEqual([nodeId(1)]);
		expect(flow.stateOf(nodeId(1))).toBe('Warmed:Pending:Wait');
		expect(await flow.operations()).toEqual([]);
		expect([...flow.completions(), ...flow.heartbeats(), ...flow.sends()]).toEqual([]);
		expectSound(flow);
	});

	it.for([
		['its event comes', 'deliver'],
		['the sweep finds it', 'drop'],
	] as const)('gets a node back drained where a playbook names the destination, and %s', async ([, fate]) => {
		const playbooks = { 'drain-web': drainWeb('30m', ', Destination: [WarmPool]') };
		const flow = await begin({
			group: { warmPool: POOL },
			playbooks,
			event: (event) => (event['detail-type'].endsWith('Lifecycle Action') ? fate : 'deliver'),
		});

		await flow.scale(0);
		await flow.minutes(8);

		await expectEnded(flow, nodeId(1));
		expect(flow.stateOf(nodeId(1))).toBe('Warmed:Stopped');
		expectSound(flow);
	});

	it('lets go of a stopped node without work, as after success: that it is unreachable is by design', async () => {
		const flow = await begin({ nodes: [warm(1)], group: { warmPool: { ...POOL, minSize: 1 } } });

		await flow.terminate(nodeId(1));
		await flow.minutes(2);

		await expectEnded(flow, nodeId(1), { state: 'skipped', ran: [] });
		expect(flow.stateOf(nodeId(1))).toBeUndefined();
		expectSound(flow);
	});

	it('lets go of a stopped node that only the sweep has found', async () => {
		const flow = await begin({
			nodes: [warm(1)],
			group: { warmPool: { ...POOL, minSize: 1 } },
			event: (event) => (event['detail-type'].endsWith('Lifecycle Action') ? 'drop' : 'deliver'),
		});

		await flow.terminate(nodeId(1));
		await flow.minutes(7);

		await expectEnded(flow, nodeId(1), { state: 'skipped', ran: [] });
		expectSound(flow);
	});

	it('prepares a node on its way in, and the same node again on its way out into service: two operations', async () => {
		const flow = await begin({ nodes: 0, group: { hooks: [BOOTSTRAP], warmPool: { ...POOL, minSize: 1 } } });
		await flow.resizePool(1);
		await flow.until(() => flow.world.services.autoScaling.group('web-blue')?.members.values().next().value?.state === 'Warmed:Stopped');
		const [id = ''] = held(flow);

		await flow.scale(1);
		await flow.minutes(5);

		const operations = (await flow.operations()).filter(({ subject }) => subject.instanceId === id);
		expect(operations.map(({ occurrence, state, subject, result }) => [occurrence, state, subject.destination, result?.lifecycle])).toEqual(
			[
				[1, 'succeeded', 'WarmPool', 'CONTINUE'],
				[2, 'succeeded', 'AutoScalingGroup', 'CONTINUE'],
			],
		);
		expect(flow.ran(id)).toEqual(['bootstrap-node', 'bootstrap-node']);
		expect(flow.completions().filter(({ instanceId }) => instanceId === id)).toHaveLength(2);
		expect(flow.stateOf(id)).toBe('InService');
		expectSound(flow);
	});
});

describe('A termination that is abandoned', () => {
	it('keeps its instance where the group retains what is abandoned', async () => {
		const playbook = `name: drain-web
priority: 100
on: instance-terminating
when: { detail: { LifecycleHookName: [fleetkeeper-drain] } }
run: { command: drain-node, timeout: 30m }
then: { onFailure: { lifecycle: abandon, opsItem: { severity: "2" } } }
`;
		const fails = { 'drain-node': { exitCode: 1, durationSeconds: 20, stdout: 'stuck\n' } };
		const flow = await begin({ playbooks: { 'drain-web': playbook }, group: { retainOnAbandon: true, behaviours: fails } });

		await flow.terminate(nodeId(1));
		await flow.minutes(8);

		await expectEnded(flow, nodeId(1), { state: 'failed', lifecycle: 'ABANDON', opsItem: true });
		expect(flow.stateOf(nodeId(1))).toBe('Terminating:Retained');
		expectSound(flow);
	});
});
