/** A stage with one group on a hook, its ledger and one playbook, and the operator's command run in it. */

import { TerminateInstanceInAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { fleet } from '../../cli/fleet.ts';
import type { Surroundings } from '../../cli/support/desk.ts';
import type { Behaviour } from '../../local/aws/ec2-machine.ts';
import { AwsError } from '../../local/aws/types.ts';
import { readTemplate } from '../../local/template.ts';
import { createWorld, type Faults } from '../../local/world.ts';
import { openFromEvents } from '../../shared/opening/lifecycle-events.ts';
import { tickDue } from '../../shared/operation/clock.ts';
import type { Operation } from '../../shared/operation/types.ts';
import { lifecycleServices } from '../../shared/parts/lifecycle.ts';
import { COMPILED_KEY } from '../../shared/playbook/compiled-item.ts';
import type { LifecyclePlaybook } from '../../shared/playbook/types.ts';
import { settingsFrom } from '../../shared/settings.ts';
import { documents } from '../support/documents.ts';
import { LEDGER_SHAPE } from '../support/ledger-table.ts';

export const STARTED_AT = Date.parse('2026-03-02T08:00:00Z');
export const NODES = ['i-0000000000000000a', 'i-0000000000000000b', 'i-0000000000000000c'] as const;
const HOOK = 'fleetkeeper-drain';
const GROUP = 'web-blue';
const TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING';

const TABLE = { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'fleetkeeper-local', ...LEDGER_SHAPE } };

const DRAIN: LifecyclePlaybook = {
	name: 'drain-web',
	priority: 100,
	on: 'instance-terminating',
	when: { detail: { LifecycleHookName: [{ prefix: 'fleetkeeper-' }] } },
	run: {
		type: 'command',
		document: 'drain-node',
		parameters: {},
		timeoutSeconds: 3_600,
		deliverWithinSeconds: 180,
		registerWithinSeconds: 0,
	},
	then: { onSuccess: { lifecycle: 'CONTINUE' }, onFailure: { lifecycle: 'CONTINUE' } },
};

const DRAIN_NODE = {
	schemaVersion: '2.2',
	parameters: { WorkId: { type: 'String' }, TimeoutSeconds: { type: 'String' } },
	mainSteps: [{ action: 'aws:runShellScript', name: 'drain', inputs: { runCommand: ['true'] } }],
};

export const THROTTLED = new AwsError('Throttling', 'Rate exceeded');
export const GONE = new AwsError('ValidationError', 'No active Lifecycle Action found with instance ID');

/** Answers the first calls of an operation with an error: `times` of them, the SDK's own retries included. */
export function failing(operation: string, error: AwsError, times = Number.POSITIVE_INFINITY): Faults {
	let left = times;
	return {
		call(call) {
			if (call.operation !== operation || left === 0) return undefined;
			left -= 1;
			return error;
		},
	};
}

export interface OperatingOptions {
	/** How a drain ends; it takes ten minutes where nothing is said. */
	readonly drain?: Behaviour;
	readonly heartbeatTimeoutSeconds?: number;
	/** Hooks of the group beside ours. */
	readonly otherHooks?: readonly string[];
	readonly faults?: Faults;
	/** Nothing has been compiled yet. */
	readonly withoutPlaybooks?: true;
	readonly withoutTable?: true;
}

export interface Said {
	readonly status: number;
	readonly out: string;
	readonly err: string;
}

export async function createOperating(options: OperatingOptions = {}) {
	const { drain = { durationSeconds: 600 }, heartbeatTimeoutSeconds = 1_800, otherHooks = [], faults } = options;
	const world = await createWorld({
		seed: 1,
		time: 'simulated',
		startAt: STARTED_AT,
		template: readTemplate({ Resources: options.withoutTable ? {} : { Ledger: TABLE } }),
		handlers: {},
		fleet: {
			groups: [
				{
					name: GROUP,
					min: 0,
					max: 9,
					behaviours: { 'drain-node': drain },
					hooks: [HOOK, ...otherHooks].map((name) => ({ name, on: 'terminate', heartbeatTimeoutSeconds, defaultResult: 'CONTINUE' })),
					nodes: NODES.map((id) => ({ id })),
				},
			],
		},
		...(faults && { faults }),
	});
	const { autoScaling, ssm } = world.services;
	ssm.addDocument('fleetkeeper-local-drain-node', 'Command', DRAIN_NODE);
	const settings = settingsFrom({ STAGE: 'local' });
	const ours = () =>
		lifecycleServices({
			aws: world.aws,
			now: () => world.clock.now(),
			log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
			count: () => undefined,
			settings,
		});
	if (!options.withoutPlaybooks && !options.withoutTable) {
		const set = JSON.stringify({ playbooks: [{ playbook: DRAIN, parameterVersion: 1 }], compiledAt: '2026-03-02T08:00:00Z' });
		const UpdateExpression = 'SET #set = :set, #revision = :one';
		await world.run(() =>
			documents(world.aws).send(
				new UpdateCommand({
					TableName: settings.tableName,
					Key: COMPILED_KEY,
					UpdateExpression,
					ExpressionAttributeNames: { '#set': 'set', '#revision': 'revision' },
					ExpressionAttributeValues: { ':set': set, ':one': 1 },
				}),
			),
		);
	}

	return {
		world,
		autoScaling,
		ssm,
		/** Runs the command as the user `ops`. */
		async fleet(...args: string[]): Promise<Said> {
			const out: string[] = [];
			const err: string[] = [];
			const surroundings: Surroundings = {
				io: { out: (text) => out.push(text), err: (text) => err.push(text), cwd: '/nowhere' },
				env: {},
				connect: () => world.aws,
				now: () => world.clock.now(),
				user: 'ops',
			};
			const status = await world.run(() => fleet(args, surroundings));
			return { status, out: out.join('\n'), err: err.join('\n') };
		},
		/** The instance comes to wait at the hook, and its event reaches us. @returns the operation's id. */
		async drain(InstanceId: string, hook = HOOK): Promise<string> {
			const action = () => autoScaling.member(InstanceId)?.wait?.actions.get(hook);
			if (action() === undefined) {
				const asked = { InstanceId, ShouldDecrementDesiredCapacity: true };
				await world.run(() => world.aws.autoScaling.send(new TerminateInstanceInAutoScalingGroupCommand(asked)));
				await world.runUntil(() => action() !== undefined);
			}
			const event = {
				id: `event-${InstanceId}-${hook}`,
				account: '111122223333',
				region: 'eu-west-1',
				time: new Date(world.clock.now()).toISOString(),
				source: 'aws.autoscaling',
				'detail-type': 'EC2 Instance-terminate Lifecycle Action',
				detail: {
					LifecycleActionToken: action()?.token,
					AutoScalingGroupName: GROUP,
					LifecycleHookName: hook,
					EC2InstanceId: InstanceId,
					LifecycleTransition: TERMINATING,
				},
			};
			const [opening] = await world.run(() => openFromEvents(ours(), [event]));
			if (!opening?.ok) throw opening?.error;
			return opening.value.operation.id;
		},
		/** An operation is in the ledger. @returns its id. */
		async put(operation: Operation): Promise<string> {
			await world.run(() => ours().ledger.create({ ...operation, version: 1, publishedVersion: 1 }));
			return operation.id;
		},
		/** Minutes pass, at the end of each of which the clock ticks. */
		async pass(minutes: number): Promise<void> {
			for (let minute = 0; minute < minutes; minute += 1) {
				await world.runFor(60_000);
				await world.run(() => tickDue(ours()));
			}
		},
	};
}
