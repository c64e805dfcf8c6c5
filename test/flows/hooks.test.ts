import { SendCommandCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { DRAIN, MINUTE, nodeId } from './deployment.ts';
import { expectEnded, expectSound } from './ended.ts';
import { first, isLifecycleAction } from './faults.ts';
import { begin, type Flow } from './support.ts';

const FOREIGN = { name: 'codedeploy-terminate', on: 'terminate', heartbeatTimeoutSeconds: 1_200, defaultResult: 'CONTINUE' } as const;

describe('A group with a hook of somebody else beside ours', () => {
	it('has ours completed, and the other one goes on waiting without opening ours again', async () => {
		const flow = await begin({ group: { hooks: [DRAIN, FOREIGN] } });

		await flow.terminate(nodeId(1));
		await flow.minutes(18);

		await expectEnded(flow, nodeId(1));
		expect(await flow.operations()).toHaveLength(1);
		expect(flow.stateOf(nodeId(1))).toBe('Terminating:Wait');
		expectSound(flow);

		await flow.minutes(6);
		expect(flow.stateOf(nodeId(1))).toBeUndefined();
		expect(await flow.operations()).toHaveLength(1);
	});

	it('has ours completed once where its reply is lost and the instance waits for the other', async () => {
		const flow = await begin({ group: { hooks: [DRAIN, FOREIGN] }, call: first(1, 'CompleteLifecycleAction', { loseReply: true }) });

		await flow.terminate(nodeId(1));
		await flow.minutes(15);

		await expectEnded(flow, nodeId(1), { lifecycle: 'over', completed: ['CONTINUE'] });
		expectSound(flow);
	});

	it('is served by the sweep too, where the event of ours never came', async () => {
		const flow = await begin({ group: { hooks: [FOREIGN, DRAIN] }, event: (event) => (isLifecycleAction(event) ? 'drop' : 'deliver') });

		await flow.terminate(nodeId(1));
		await flow.minutes(18);

		await expectEnded(flow, nodeId(1));
		expect(await flow.operations()).toHaveLength(1);
		expect(flow.stateOf(nodeId(1))).toBe('Terminating:Wait');
		expectSound(flow);
	});

	it('is not touched where an operator completes ours while its work runs', async () => {
		const flow = await begin({ group: { hooks: [DRAIN, FOREIGN], behaviours: { 'drain-node': { durationSeconds: 400 } } } });
		await flow.terminate(nodeId(1));
		await flow.minutes(1);
		const [action] = flow
			.events('EC2 Instance-terminate Lifecycle Action')
			.filter(({ detail }) => detail['LifecycleHookName'] === DRAIN.name);

		await flow.completeByHand(String(action?.detail['LifecycleActionToken']));
		await flow.minutes(18);

		await expectEnded(flow, nodeId(1), { lifecycle: 'over' });
		expectSound(flow);
	});
});

describe('A hook that no playbook names', () => {
	it('gets no call at all, and its instance no command', async () => {
		const flow = await begin({ group: { hooks: [FOREIGN] } });
		await settled(flow);
		const before = flow.calls().length;

		await flow.terminate(nodeId(1));
		await flow.minutes(12);

		expect(await flow.operations()).toEqual([]);
		const calls = flow.calls().slice(before);
		expect(calls.filter(({ service }) => service === 'autoscaling').map(({ operation }) => operation)).not.toContain(
			'CompleteLifecycleAction',
		);
		expect(
			calls.filter(({ operation }) => /^(SendCommand|RecordLifecycleActionHeartbeat|CompleteLifecycleAction|PutItem)$/.test(operation)),
		).toEqual([]);
		expect(flow.world.logs.filter(({ message, fields }) => message === 'Event dropped' && fields['reason'] === 'no-playbook')).toHaveLength(
			1,
		);
		expectSound(flow);
	});
});

describe('A command that Fleetkeeper did not send', () => {
	it.for([
		// Of its node, and of the command as a whole: requests run documents of AWS's too.
		['a person runs a script', 'AWS-RunShellScript', { commands: ['uptime'] }, 2],
		['a person drains by hand', 'fleetkeeper-local-drain-node', { WorkId: ['by-hand'] }, 1],
	] as const)('is dropped without a write to the ledger: %s', async ([, DocumentName, parameters, events]) => {
		const flow = await begin();
		await settled(flow);
		const before = flow.calls().length;
		const Parameters = Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, [...values]]));

		const asked = { DocumentName, InstanceIds: [nodeId(1)], Parameters, Comment: 'by hand' };
		await flow.people(({ ssm }) => ssm.send(new SendCommandCommand(asked)));
		await flow.minutes(2);

		expect(flow.world.logs.filter(({ fields }) => fields['reason'] === 'foreign-command')).toHaveLength(events);
		expect(
			flow
				.calls()
				.slice(before)
				.filter(({ operation }) => operation === 'PutItem'),
		).toEqual([]);
		expect(await flow.operations()).toEqual([]);
		expectSound(flow);
	});
});

describe('What Fleetkeeper says itself', () => {
	it('calls none of its own functions', async () => {
		const flow = await begin();
		await flow.terminate(nodeId(1));
		await flow.minutes(3);

		const said = flow.events('Operation State Change');
		const queued = flow.world.invocations.filter(({ source }) => source === 'sqs');

		expect(said.map(({ detail }) => detail['state'])).toEqual(['running', 'succeeded']);
		expect([...new Set(queued.map(({ functionName }) => functionName.replace('fleetkeeper-local-', '')))]).toEqual([
			'playbook-change',
			'instance-lifecycle',
			'command-status',
		]);
	});
});

/** Every function has read its playbooks. */
async function settled(flow: Flow): Promise<void> {
	await flow.until(Math.ceil(flow.now / MINUTE) * MINUTE + MINUTE / 2);
}
