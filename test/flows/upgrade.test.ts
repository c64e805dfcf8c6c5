import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { nodeId, SECOND } from './deployment.ts';
import { begin, type Flow } from './support.ts';

/** Two versions of a playbook: what they run, and how they complete. */
const drain = (document: string, lifecycle: string) => `name: drain-web
priority: 100
on: instance-terminating
when:
  detail: { AutoScalingGroupName: [web-blue], LifecycleHookName: [fleetkeeper-drain] }
run:
  command: ${document}
  timeout: 10m
then:
  onSuccess: { lifecycle: ${lifecycle} }
`;
const OLD = drain('drain-node', 'continue');
const NEW = drain('bootstrap-node', 'abandon');

/** What a deployment does that changes a playbook. */
async function deploy(flow: Flow, Value: string): Promise<void> {
	await flow.people(({ ssm }) =>
		ssm.send(new PutParameterCommand({ Name: '/fleetkeeper/local/playbooks/drain-web', Value, Overwrite: true })),
	);
	await flow.minutes(2);
}

/** What ran on a node, and what its lifecycle action was completed with. */
const storyOf = (flow: Flow, n: number) => [
	flow.ran(nodeId(n)),
	flow.completions().flatMap(({ instanceId, result }) => (instanceId === nodeId(n) ? [result] : [])),
];

describe('An upgrade, and its rollback', () => {
	it('leave operations in flight to what their playbook said when they were opened', async () => {
		const behaviours = { 'drain-node': { durationSeconds: 300 }, 'bootstrap-node': { durationSeconds: 300 } };
		const flow = await begin({ nodes: 3, cold: true, playbooks: { 'drain-web': OLD }, group: { behaviours } });
		await flow.minutes(1);

		await flow.terminate(nodeId(1));
		await flow.world.runFor(30 * SECOND);
		await deploy(flow, NEW);
		await flow.terminate(nodeId(2));
		await flow.world.runFor(30 * SECOND);
		await deploy(flow, OLD);
		await flow.terminate(nodeId(3));
		await flow.minutes(8);

		expect(storyOf(flow, 1)).toEqual([['drain-node'], ['CONTINUE']]);
		expect(storyOf(flow, 2)).toEqual([['bootstrap-node'], ['ABANDON']]);
		expect(storyOf(flow, 3)).toEqual([['drain-node'], ['CONTINUE']]);
		expect((await flow.operations()).map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded']);
	});
});
