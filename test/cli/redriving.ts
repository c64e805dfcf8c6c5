/** Queues of a stage with their dead-letter queues and a topic, nobody who reads them, and `fleet -- redrive` run on them. */

import { type MessageAttributeValue, SendMessageCommand } from '@aws-sdk/client-sqs';
import { fleet } from '../../cli/fleet.ts';
import { readTemplate } from '../../local/template.ts';
import { createWorld, type Faults } from '../../local/world.ts';
import { STARTED_AT } from './operating.ts';

const ACCOUNT = '111122223333:fleetkeeper-local';
export const TOPIC = `arn:aws:sns:eu-west-1:${ACCOUNT}-alerts`;
const FUNCTIONS = ['instance-lifecycle', 'fleet-event', 'reconcile'];

const queue = (name: string) => ({ Type: 'AWS::SQS::Queue', Properties: { QueueName: `fleetkeeper-local-${name}` } });
const idOf = (name: string) => name.replaceAll('-', '');
const TEMPLATE = readTemplate({
	Resources: {
		...Object.fromEntries(
			[...FUNCTIONS, ...FUNCTIONS.map((name) => `${name}-dead-letters`), 'publishing-dead-letters'].map((name) => [
				idOf(name),
				queue(name),
			]),
		),
		// Of stage `local-2`: not ours.
		Other: queue('2-fleet-event-dead-letters'),
		Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'fleetkeeper-local-alerts' } },
	},
});

export async function createRedriving(faults: Faults = {}) {
	const world = await createWorld({ seed: 1, time: 'simulated', startAt: STARTED_AT, template: TEMPLATE, handlers: {}, faults });
	const named = (name: string) => {
		const found = world.sqs.queues.get(`fleetkeeper-local-${name}`);
		if (!found) throw new Error(`There is no queue ${name}.`);
		return found;
	};
	return {
		world,
		bodies: (name: string) => named(name).messages.map(({ body }) => body),
		counts: (name: string) => named(name).counts,
		/** Something is given up. @returns the message's id. */
		async bury(of: string, body: string, attributes: Readonly<Record<string, string>> = {}): Promise<string> {
			const QueueUrl = `https://sqs.eu-west-1.amazonaws.com/111122223333/fleetkeeper-local-${of}-dead-letters`;
			const MessageAttributes = Object.fromEntries(
				Object.entries(attributes).map(([name, StringValue]): [string, MessageAttributeValue] => [
					name,
					{ DataType: 'String', StringValue },
				]),
			);
			const sent = await world.run(() => world.aws.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body, MessageAttributes })));
			return sent.MessageId ?? '';
		},
		async redrive(...args: string[]) {
			const out: string[] = [];
			const err: string[] = [];
			const io = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text), cwd: '/nowhere' };
			const surroundings = { io, env: {}, connect: () => world.aws, now: () => world.clock.now(), user: 'ops' };
			const status = await world.run(() => fleet(['redrive', ...args], surroundings));
			return { status, out: out.join('\n'), err: err.join('\n') };
		},
	};
}

export const REQUEST = JSON.stringify({
	id: 'e1e1e1e1-0000-4000-8000-000000000001',
	source: 'ops.cli',
	'detail-type': 'Run Automation Requested',
	detail: { runbook: 'restart-node', requestedBy: 'anna' },
});
export const TERMINATING = JSON.stringify({
	id: 'e2e2e2e2-0000-4000-8000-000000000002',
	source: 'aws.autoscaling',
	'detail-type': 'EC2 Instance-terminate Lifecycle Action',
	detail: { EC2InstanceId: 'i-0000000000000000a', LifecycleHookName: 'fleetkeeper-drain', AutoScalingGroupName: 'web-blue' },
});
export const SWEEP = JSON.stringify({ source: 'fleetkeeper.clock', 'detail-type': 'Sweep', detail: {} });

export const REFUSED = { Reason: 'no playbook on: request allows restart-node', GivenUp: 'refused' };
export const TRIED = { Reason: 'tried 10 times: ThrottlingException: Rate exceeded', GivenUp: 'tried' };
