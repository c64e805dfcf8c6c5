import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { BusEvent } from '../../local/aws/eventbridge.ts';
import { MINUTE, nodeId, READY, START } from './deployment.ts';
import { expectEnded, expectOthersUntouched } from './ended.ts';
import { SERVER_ERROR } from './faults.ts';
import { begin, type Flow } from './support.ts';

const ACTION = {
	LifecycleActionToken: '5f0e1c1a-9b1d-4a4e-8a39-6d1c5d1c0de1',
	AutoScalingGroupName: 'web-blue',
	LifecycleHookName: 'fleetkeeper-drain',
	EC2InstanceId: 'i-0fee1dead0c0ffee0',
	LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
};
const without = (name: keyof typeof ACTION) => Object.fromEntries(Object.entries(ACTION).filter(([key]) => key !== name));

/** The dead letters of a function: what came, and the reason. */
function buried(flow: Flow, functionName: string) {
	return flow.deadLetters(functionName).map(({ body, attributes }) => ({ body, reason: attributes['Reason']?.StringValue }));
}

describe('An event that can never be handled', () => {
	it.for([
		['without a hook', without('LifecycleHookName'), 'detail.LifecycleHookName is missing'],
		['without a token', without('LifecycleActionToken'), 'detail.LifecycleActionToken is missing'],
		['with a token that is no text', { ...ACTION, LifecycleActionToken: 7 }, 'detail.LifecycleActionToken: expected string'],
		['with another instance id', { ...ACTION, EC2InstanceId: 'web-1; reboot' }, 'detail.EC2InstanceId: expected an instance id'],
		[
			'with an unknown transition',
			{ ...ACTION, LifecycleTransition: 'autoscaling:EC2_INSTANCE_NAPPING' },
			'detail.LifecycleTransition: expected',
		],
		['with nothing in it', {}, 'detail.AutoScalingGroupName is missing'],
	] as const)('%s is in the dead-letter queue with its reason, and its neighbour in the batch is served', async ([, detail, reason]) => {
		const flow = await begin({ pollers: 1 });

		await flow.terminate(nodeId(1));
		await flow.until(() => flow.events('EC2 Instance-terminate Lifecycle Action').length === 1);
		flow.world.putEvent({ source: 'aws.autoscaling', detailType: 'EC2 Instance-terminate Lifecycle Action', detail });
		await flow.minutes(3);

		await expectEnded(flow, nodeId(1));
		expect(buried(flow, 'instance-lifecycle').map((letter) => letter.reason)).toEqual([expect.stringContaining(reason)]);
		expect(flow.world.invocations.filter(({ result }) => !result.ok)).toEqual([]);
		expectOthersUntouched(flow);
	});

	it('and is no event at all is kept as it came', async () => {
		const flow = await begin();
		const queue = flow.world.sqs.queues.get('fleetkeeper-local-instance-lifecycle');

		queue?.send('not { json');
		queue?.send('null');
		await flow.minutes(1);

		expect(buried(flow, 'instance-lifecycle').sort((a, b) => a.body.localeCompare(b.body))).toEqual([
			{ body: 'not { json', reason: expect.stringContaining('not JSON') },
			{ body: 'null', reason: expect.stringContaining('not an event') },
		]);
		expect(queue?.messages).toEqual([]);
	});

	it.for(['command-id-missing', 'automation-status-null'])('of started work (%s) is buried by its own function', async (name) => {
		const flow = await begin();
		const event = JSON.parse(await readFile(`events/bad/${name}.json`, 'utf8')) as BusEvent;

		flow.world.putEvent({ source: event.source, detailType: event['detail-type'], detail: event.detail });
		await flow.minutes(1);

		const functionName = name.startsWith('command') ? 'command-status' : 'automation-status';
		expect(buried(flow, functionName)).toEqual([{ body: expect.any(String), reason: expect.stringContaining('detail.') }]);
	});

	it('but only has a field that nobody knows is handled', async () => {
		const flow = await begin();
		await flow.terminate(nodeId(1));
		await flow.until(() => flow.events('EC2 Instance-terminate Lifecycle Action').length === 1);
		const [event] = flow.events('EC2 Instance-terminate Lifecycle Action');

		flow.world.putEvent({
			source: 'aws.autoscaling',
			detailType: 'EC2 Instance-terminate Lifecycle Action',
			detail: { ...event?.detail, Surprise: { nested: [true] } },
		});
		await flow.minutes(3);

		await expectEnded(flow, nodeId(1));
		expect(buried(flow, 'instance-lifecycle')).toEqual([]);
	});
});

describe('An event that comes before anything is compiled', () => {
	it('is tried again until the playbooks are there', async () => {
		const flow = await begin({
			cold: true,
			event: (event) => (event['detail-type'] === 'Parameter Store Change' ? 'drop' : 'deliver'),
		});

		await flow.terminate(nodeId(1));
		await flow.until(READY);
		expect(await flow.operations()).toEqual([]);
		await flow.minutes(4);

		const { openedAt } = await expectEnded(flow, nodeId(1));
		expect(openedAt - START).toBeLessThan(3 * MINUTE);
		expectOthersUntouched(flow);
	});

	it('is not lost where Parameter Store cannot be read for a long time', async () => {
		const flow = await begin({
			cold: true,
			call: ({ operation }, at) => (operation === 'GetParametersByPath' && at < START + 7 * MINUTE ? SERVER_ERROR : undefined),
		});

		await flow.terminate(nodeId(1));
		await flow.minutes(18);

		await expectEnded(flow, nodeId(1));
		expect(buried(flow, 'instance-lifecycle')).toEqual([]);
	});
});

describe('A playbook that is broken while the fleet runs', () => {
	it('stays in force as it was, and an OpsItem says what is wrong', async () => {
		const flow = await begin();
		flow.world.services.ssm.putParameter({
			name: '/fleetkeeper/local/playbooks/drain-web',
			type: 'String',
			value: 'name: drain-web\npriority: [',
		});
		await flow.minutes(1.5);

		await flow.terminate(nodeId(1));
		await flow.minutes(2);

		await expectEnded(flow, nodeId(1));
		expect(flow.opsItems().map(({ title }) => title)).toEqual([expect.stringContaining('drain-web')]);
	});
});
