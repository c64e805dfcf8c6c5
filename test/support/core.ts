/** The core of Fleetkeeper on a ledger of its own, with an AWS that answers as a test says. */

import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { createDynamoDb } from '../../local/aws/dynamodb.ts';
import { inProcess } from '../../local/aws/http.ts';
import { RequestLog } from '../../local/aws/request-log.ts';
import { createWire } from '../../local/aws/wire.ts';
import { type Aws, type ClientOptions, createAws } from '../../shared/aws/clients.ts';
import { getItem, putItem, tableOf } from '../../shared/aws/table.ts';
import type { Deps } from '../../shared/deps.ts';
import { handleClock, type Sweep } from '../../shared/operation/clock.ts';
import type { Part, Services } from '../../shared/operation/services.ts';
import { type LifecycleServices, lifecycleServices } from '../../shared/parts/lifecycle.ts';
import type { CompiledPlaybook, LifecyclePlaybook } from '../../shared/playbook/types.ts';
import { settingsFrom } from '../../shared/settings.ts';
import { sweepHooks } from '../../shared/sweeps/hooks.ts';
import { LEDGER_SHAPE } from './ledger-table.ts';
import { CONTINUE, DRAIN, MINUTE, OPENED_AT } from './operations.ts';

export const SETTINGS = settingsFrom({ STAGE: 'test' });

const LEDGER = { TableName: SETTINGS.tableName, ...LEDGER_SHAPE };

// biome-ignore lint/suspicious/noExplicitAny: a test reads what a call was given as it expects it.
export type Input = any;
type Answer = (input: Input) => unknown;

export interface AwsCall {
	readonly name: string;
	readonly input: Input;
}

/** An error as an SDK client throws it. */
export function awsError(name: string, message = name, httpStatusCode = 400, members: object = {}): Error {
	return Object.assign(new Error(message), { name, $metadata: { httpStatusCode, requestId: `request-of-${name}` }, ...members });
}

export const throttled = () => awsError('ThrottlingException', 'Rate exceeded');
export const noActiveAction = () => awsError('ValidationError', 'No active Lifecycle Action found with token 6f1ac0e5');

/** A reply that never came. */
export const noReply = () => Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });

/** AWS's ids of the commands and of the executions that it starts, by their numbers. */
export const commandId = (number: number) => `c0000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
export const executionId = (number: number) => `e0000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** A fleet where everything goes well and nothing ends. */
function calmAws(): Record<string, Answer> {
	let commands = 0;
	let executions = 0;
	const tags = new Map<string, unknown>();
	return {
		DescribeInstanceInformation: ({ Filters }) => ({
			InstanceInformationList: Filters[0].Values.map((InstanceId: string) => ({ InstanceId, PingStatus: 'Online' })),
		}),
		SendCommand: () => ({ Command: { CommandId: commandId(++commands) } }),
		ListCommands: () => ({ Commands: [] }),
		ListCommandInvocations: () => ({ CommandInvocations: [] }),
		CancelCommand: () => ({}),
		StartAutomationExecution: ({ Tags }) => {
			const AutomationExecutionId = executionId(++executions);
			tags.set(AutomationExecutionId, Tags);
			return { AutomationExecutionId };
		},
		ListTagsForResource: ({ ResourceId }) => ({ TagList: tags.get(ResourceId) ?? [] }),
		DescribeAutomationExecutions: () => ({ AutomationExecutionMetadataList: [] }),
		GetAutomationExecution: () => ({ AutomationExecution: { AutomationExecutionStatus: 'InProgress' } }),
		StopAutomationExecution: () => ({}),
		CreateOpsItem: () => ({ OpsItemId: 'oi-000000000001' }),
		GetOpsItem: () => ({ OpsItem: {} }),
		UpdateOpsItem: () => ({}),
		DescribeLifecycleHooks: ({ AutoScalingGroupName }) => ({
			LifecycleHooks: [
				{
					AutoScalingGroupName,
					LifecycleHookName: 'fleetkeeper-drain',
					LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
					HeartbeatTimeout: 1_800,
					GlobalTimeout: 172_800,
					DefaultResult: 'CONTINUE',
				},
			],
		}),
		DescribeAutoScalingInstances: ({ InstanceIds }) => ({
			AutoScalingInstances: InstanceIds.map((InstanceId: string) => ({ InstanceId, LifecycleState: 'Terminating:Wait' })),
		}),
		DescribeAutoScalingGroups: () => ({ AutoScalingGroups: [] }),
		CompleteLifecycleAction: () => ({}),
		RecordLifecycleActionHeartbeat: () => ({}),
		GetResources: () => ({ ResourceTagMappingList: [] }),
		PutEvents: ({ Entries }) => ({ FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: 'event' })) }),
		SendMessage: () => ({ MessageId: 'message' }),
		ChangeMessageVisibility: () => ({}),
	};
}

export type Core = Awaited<ReturnType<typeof createCore>>;

export interface CoreOptions {
	readonly playbooks?: readonly CompiledPlaybook[];
	/** Kinds of operations beside `lifecycle`. */
	readonly parts?: readonly Part[] | ((deps: Deps) => readonly Part[]);
	/** Without a ledger. */
	readonly table?: false;
}

/** @throws Error from any call that AWS has no answer for: `on` gives it one. */
export async function createCore(options: CoreOptions = {}) {
	let at = OPENED_AT;
	let requests = 0;
	const requestLog = new RequestLog();
	const dynamodb = createDynamoDb({ account: '111122223333', region: 'eu-west-1' });
	const clock = { now: () => at, after: () => () => undefined, random: () => 0.5 };
	const wire = createWire({
		context: { clock, uuid: () => `ledger-request-${++requests}` },
		log: requestLog,
		services: [],
		passthrough: [dynamodb],
		onDefect: (error) => {
			throw error;
		},
	});
	if (options.table !== false) await dynamodb.createTables([LEDGER]);

	const clientOptions = { region: 'eu-west-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
	const answers = calmAws();
	const calls: AwsCall[] = [];
	const send = async (command: { readonly constructor: { readonly name: string }; readonly input: Input }) => {
		const name = command.constructor.name.replace(/Command$/, '');
		const input = structuredClone(command.input);
		calls.push({ name, input });
		const answer = answers[name];
		if (answer === undefined) throw new Error(`This AWS does not know ${name}.`);
		const output = await answer(input);
		return { ...(output as object), $metadata: { requestId: `request-${calls.length}` } };
	};
	const client = <C extends object>(real: C): C => Object.assign(real, { send });
	/** A client that repeats calls must not be given the one that cannot be repeated, and the other is for that alone. */
	const only =
		(isAllowed: (name: string) => boolean): typeof send =>
		async (command) => {
			if (!isAllowed(command.constructor.name)) throw new Error(`${command.constructor.name} went to the wrong client.`);
			return send(command);
		};
	const { dynamoDb } = createAws({ ...clientOptions, endpoint: 'http://127.0.0.1:4566', requestHandler: inProcess(wire) as never });
	const table = tableOf({ aws: { dynamoDb } as Aws, settings: SETTINGS });
	const aws: Aws = {
		ssm: Object.assign(new SSMClient(clientOptions), { send: only((name) => name !== 'SendCommandCommand') }),
		ssmOnce: Object.assign(new SSMClient(clientOptions), { send: only((name) => name === 'SendCommandCommand') }),
		autoScaling: client(new AutoScalingClient(clientOptions)),
		events: client(new EventBridgeClient(clientOptions)),
		dynamoDb,
		tagging: client(new ResourceGroupsTaggingAPIClient(clientOptions)),
		sqs: client(new SQSClient(clientOptions)),
		client: <C>(Client: new (options: ClientOptions & { readonly maxAttempts: number }) => C) =>
			Object.assign(new Client({ ...clientOptions, maxAttempts: 1 }) as C & object, { send }),
	};

	const logs: { readonly level: string; readonly message: string; readonly fields: Record<string, unknown> }[] = [];
	const log =
		(level: string) =>
		(message: string, fields: Record<string, unknown> = {}) =>
			void logs.push({ level, message, fields });
	const counts: { readonly name: string; readonly dimensions: Readonly<Record<string, string>> }[] = [];
	const deps: Deps = {
		aws,
		now: () => at,
		log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
		count: (name, dimensions = {}) => void counts.push({ name, dimensions }),
		settings: SETTINGS,
	};

	async function putPlaybooks(playbooks: readonly CompiledPlaybook[], paused?: object): Promise<void> {
		const set = JSON.stringify({ playbooks, compiledAt: new Date(at).toISOString() });
		const Item = { pk: 'playbooks', sk: 'compiled', set, sources: '{}', revision: 1, ...(paused && { paused }) };
		await putItem(table, Item);
	}
	const playbooks = options.playbooks ?? [drainWeb()];
	if (options.table !== false) await putPlaybooks(playbooks);

	const { parts = [] } = options;
	const another = (): LifecycleServices => lifecycleServices(deps, typeof parts === 'function' ? parts(deps) : parts);

	return {
		deps,
		services: another(),
		/** Another function's environment in the same account: nothing is shared but AWS. */
		another,
		logs,
		counts,
		requestLog,
		/** From now on, how AWS answers a call. */
		on(name: string, answer: Answer) {
			answers[name] = answer;
		},
		/** The inputs of the calls of one name so far. */
		calls: (name: string): Input[] => calls.filter((call) => call.name === name).map(({ input }) => input),
		/** Names of all calls but those to the ledger, in their order. */
		called: () => calls.map(({ name }) => name),
		pass(milliseconds: number) {
			at += milliseconds;
		},
		now: () => at,
		/** All starting of work is paused, or goes on. */
		pause: (paused: boolean) =>
			putPlaybooks(playbooks, paused ? { at: new Date(at).toISOString(), by: 'operator', reason: 'an incident' } : undefined),
		/** An item of the table as it is stored. */
		item: (pk: string, sk: string) => getItem(table, { pk, sk }),
		writes: () => requestLog.entries.filter(({ operation }) => operation === 'PutItem').length,
	};
}

export function drainWeb(changes: Partial<LifecyclePlaybook> = {}): CompiledPlaybook<LifecyclePlaybook> {
	const playbook: LifecyclePlaybook = {
		name: 'drain-web',
		priority: 100,
		on: 'instance-terminating',
		when: { detail: { AutoScalingGroupName: [{ prefix: 'web-' }], LifecycleHookName: ['fleetkeeper-drain'] } },
		run: DRAIN,
		then: { onSuccess: CONTINUE, onFailure: CONTINUE },
		...changes,
	};
	return { playbook, parameterVersion: 1 };
}

/** `i-` and 17 digits, ending in `number`. */
export function nodeId(number: number): string {
	return `i-${String(number).padStart(17, '0')}`;
}

/** The event of an instance that a hook holds, as EventBridge delivers it. */
export function lifecycleEvent(instanceId: string, changes: Record<string, unknown> = {}, envelope: Record<string, unknown> = {}) {
	return {
		version: '0',
		id: `event-of-${instanceId}`,
		'detail-type': 'EC2 Instance-terminate Lifecycle Action',
		source: 'aws.autoscaling',
		account: '111122223333',
		time: new Date(OPENED_AT).toISOString().replace('.000', ''),
		region: 'eu-west-1',
		resources: [],
		detail: {
			LifecycleActionToken: `6f1ac0e5-1f5a-4d0f-9${instanceId.slice(-3)}-0a1b2c3d4e5f`,
			AutoScalingGroupName: 'web-1',
			LifecycleHookName: 'fleetkeeper-drain',
			EC2InstanceId: instanceId,
			LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
			Origin: 'AutoScalingGroup',
			Destination: 'EC2',
			...changes,
		},
		...envelope,
	};
}

/** The event of a command that ended on a node. */
export function invocationEvent(commandId: string, instanceId: string, status = 'Success', document = 'fleetkeeper-test-drain-node') {
	return {
		source: 'aws.ssm',
		'detail-type': 'EC2 Command Invocation Status-change Notification',
		detail: { 'command-id': commandId, 'document-name': document, 'instance-id': instanceId, status },
	};
}

/** What ListCommandInvocations lists of a command on one node. */
export function invocation(instanceId: string, comment: string | undefined, StatusDetails: string, plugins: readonly object[] = []) {
	return { InstanceId: instanceId, Comment: comment, Status: StatusDetails, StatusDetails, CommandPlugins: plugins };
}

/** The event of a runbook that ended. */
export function executionEvent(ExecutionId: string, Status = 'Success', Definition = 'fleetkeeper-test-restart-node') {
	return {
		source: 'aws.ssm',
		'detail-type': 'EC2 Automation Execution Status-change Notification',
		detail: { ExecutionId, Definition, Status },
	};
}

/** What the clock does every minute. */
export const tickDue = (services: Services) => clock(services, [], 'Scheduled Event');
/** Minutes pass, at the end of each of which the clock ticks. */
export async function tickEvery(core: Core, minutes: number): Promise<void> {
	for (let minute = 0; minute < minutes; minute += 1) {
		core.pass(MINUTE);
		await tickDue(core.services);
	}
}

/** What the clock does every five minutes, hooks first. */
export const sweep = (services: LifecycleServices, ...others: readonly Sweep[]) =>
	clock(services, [(set) => sweepHooks(services, set), ...others], 'Sweep');

async function clock(services: Services, sweeps: readonly Sweep[], detailType: string): Promise<Record<string, number>> {
	const [result] = await handleClock(services, sweeps, [{ 'detail-type': detailType }]);
	if (!result?.ok) throw result?.error;
	return { ...result.value };
}
