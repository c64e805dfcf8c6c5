import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const EVENTS = join(import.meta.dirname, '..', 'events');
const read = (name: string): unknown => JSON.parse(readFileSync(join(EVENTS, name), 'utf8'));

/** A shape: every key is there and no other, every string looks as AWS's does. */
type Shape = RegExp | 'number' | readonly Shape[] | { readonly [key: string]: Shape };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const INSTANCE_ID = /^i-[0-9a-f]{17}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const ACCOUNT_ARN = 'eu-west-1:111122223333';

const envelope = (source: string, detailType: RegExp, resources: readonly RegExp[], detail: Shape): Shape => ({
	version: /^0$/,
	id: UUID,
	'detail-type': detailType,
	source: new RegExp(`^${source}$`),
	account: /^111122223333$/,
	time: INSTANT,
	region: /^eu-west-1$/,
	resources,
	detail,
});

/** AWS's documented samples (EventBridge event references of Auto Scaling and Systems Manager), as shapes. */
const LIFECYCLE_ACTION = envelope(
	'aws.autoscaling',
	/^EC2 Instance-(launch|terminate) Lifecycle Action$/,
	[new RegExp(`^arn:aws:autoscaling:${ACCOUNT_ARN}:autoScalingGroup:${UUID.source.slice(1, -1)}:autoScalingGroupName/[\\w-]+$`)],
	{
		LifecycleActionToken: UUID,
		AutoScalingGroupName: /^[\w-]+$/,
		LifecycleHookName: /^[\w-]+$/,
		EC2InstanceId: INSTANCE_ID,
		LifecycleTransition: /^autoscaling:EC2_INSTANCE_(LAUNCHING|TERMINATING)$/,
		NotificationMetadata: /./,
		Origin: /^(EC2|AutoScalingGroup|WarmPool)$/,
		Destination: /^(EC2|AutoScalingGroup|WarmPool)$/,
	},
);
const COMMAND_INVOCATION = envelope(
	'aws.ssm',
	/^EC2 Command Invocation Status-change Notification$/,
	[new RegExp(`^arn:aws:ec2:${ACCOUNT_ARN}:instance/${INSTANCE_ID.source.slice(1, -1)}$`)],
	{
		'command-id': UUID,
		'document-name': /^fleetkeeper-local-[a-z-]+$/,
		'instance-id': INSTANCE_ID,
		'requested-date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
		status: /^(Success|Failed|TimedOut|Canceled)$/,
	},
);
const AUTOMATION_DATE = /^[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d\d:\d\d [AP]M$/;
const AUTOMATION_EXECUTION = envelope(
	'aws.ssm',
	/^EC2 Automation Execution Status-change Notification$/,
	[
		new RegExp(`^arn:aws:ssm:${ACCOUNT_ARN}:automation-execution/${UUID.source.slice(1, -1)}$`),
		new RegExp(`^arn:aws:ssm:${ACCOUNT_ARN}:automation-definition/[\\w-]+:\\d+$`),
	],
	{
		ExecutionId: UUID,
		Definition: /^fleetkeeper-local-[a-z-]+$/,
		DefinitionVersion: 'number',
		Status: /^(Success|Failed|TimedOut|Canceled)$/,
		StartTime: AUTOMATION_DATE,
		EndTime: AUTOMATION_DATE,
		Time: 'number',
		ExecutedBy: /^arn:aws:(iam|sts)::111122223333:/,
	},
);
const PARAMETER_CHANGE = envelope('aws.ssm', /^Parameter Store Change$/, [new RegExp(`^arn:aws:ssm:${ACCOUNT_ARN}:parameter/`)], {
	operation: /^(Create|Update|Delete|LabelParameterVersion)$/,
	name: /^\/fleetkeeper\/local\/playbooks\/[a-z-]+$/,
	type: /^String$/,
	description: /./,
});
/** AWS documents `parameter-name` and `policy-type`, and no sample. */
const PARAMETER_POLICY_ACTION = envelope(
	'aws.ssm',
	/^Parameter Store Policy Action$/,
	[new RegExp(`^arn:aws:ssm:${ACCOUNT_ARN}:parameter/`)],
	{
		'parameter-name': /^\/fleetkeeper\/local\/playbooks\/[a-z-]+$/,
		'parameter-type': /^String$/,
		'policy-type': /^(Expiration|ExpirationNotification|NoChangeNotification)$/,
		'policy-content': /^\{"Type":"\w+","Version":"1\.0","Attributes":\{.*\}\}$/,
		'action-status': /^Success$/,
		'action-reason': /./,
	},
);
const TICK = envelope('aws.events', /^Scheduled Event$/, [new RegExp(`^arn:aws:events:${ACCOUNT_ARN}:rule/[\\w-]+$`)], {});
const SQS_RECORD: Shape = {
	messageId: UUID,
	receiptHandle: /./,
	body: /^\{.*\}$/,
	attributes: {
		ApproximateReceiveCount: /^\d+$/,
		SentTimestamp: /^\d{13}$/,
		SenderId: /./,
		ApproximateFirstReceiveTimestamp: /^\d{13}$/,
	},
	messageAttributes: {},
	md5OfBody: /^[0-9a-f]{32}$/,
	eventSource: /^aws:sqs$/,
	eventSourceARN: new RegExp(`^arn:aws:sqs:${ACCOUNT_ARN}:fleetkeeper-local-[a-z-]+$`),
	awsRegion: /^eu-west-1$/,
};

const SHAPES: Readonly<Record<string, Shape>> = {
	'instance-terminating.json': LIFECYCLE_ACTION,
	'instance-launching.json': LIFECYCLE_ACTION,
	'instance-terminating-warm-pool.json': LIFECYCLE_ACTION,
	'instance-terminating-foreign-hook.json': LIFECYCLE_ACTION,
	'command-invocation-success.json': COMMAND_INVOCATION,
	'command-invocation-failed.json': COMMAND_INVOCATION,
	'automation-success.json': AUTOMATION_EXECUTION,
	'playbook-changed.json': PARAMETER_CHANGE,
	'playbook-expired.json': PARAMETER_POLICY_ACTION,
	'playbook-expiring.json': PARAMETER_POLICY_ACTION,
	'playbook-not-changed.json': PARAMETER_POLICY_ACTION,
	'tick.json': TICK,
	'sweep.json': { source: /^fleetkeeper\.clock$/, 'detail-type': /^Sweep$/, detail: {} },
	'sqs-batch-lifecycle.json': { Records: [SQS_RECORD, SQS_RECORD] },
};

/** Where a value departs from a shape, as paths with what is wrong there. */
function departures(value: unknown, shape: Shape, path = '$'): string[] {
	if (shape instanceof RegExp) {
		return typeof value === 'string' && shape.test(value) ? [] : [`${path}: ${JSON.stringify(value)} is not ${shape}`];
	}
	if (shape === 'number') {
		return typeof value === 'number' ? [] : [`${path}: ${JSON.stringify(value)} is not a number`];
	}
	if (typeof value !== 'object' || value === null || Array.isArray(value) !== Array.isArray(shape)) {
		return [`${path}: ${JSON.stringify(value)} is not what it should be`];
	}
	const [fields, parts] = [value as Record<string, unknown>, shape as Record<string, Shape>];
	const keys = [...new Set([...Object.keys(fields), ...Object.keys(parts)])];
	return keys.flatMap((key) => {
		const part = parts[key];
		if (part === undefined || !(key in fields)) {
			return [`${path}.${key}: ${part === undefined ? 'AWS sends no such field' : 'missing'}`];
		}
		return departures(fields[key], part, `${path}.${key}`);
	});
}

describe('the sample events', () => {
	it('are all checked here', () => {
		expect(
			readdirSync(EVENTS)
				.filter((name) => name.endsWith('.json'))
				.sort(),
		).toEqual(Object.keys(SHAPES).sort());
	});

	it.each(Object.entries(SHAPES))('%s has the shape that AWS sends', (name, shape) => {
		expect(departures(read(name), shape)).toEqual([]);
	});

	it.each(['instance-terminating.json', 'instance-launching.json'])('%s names a transition that fits its detail-type', (name) => {
		const { 'detail-type': type, detail } = read(name) as { 'detail-type': string; detail: { LifecycleTransition: string } };
		expect(type.includes('terminate')).toBe(detail.LifecycleTransition.endsWith('TERMINATING'));
	});

	it('carry in their SQS batch the events as they are on their own', () => {
		const { Records } = read('sqs-batch-lifecycle.json') as { Records: { body: string }[] };
		expect(Records.map(({ body }) => JSON.parse(body))).toEqual([read('instance-terminating.json'), read('instance-launching.json')]);
	});

	it('have the sweep exactly as the clock sends it', () => {
		const { resources } = createRequire(import.meta.url)('../infra/paths.cjs') as {
			resources: { Resources: { ReconcileSweepClock: { Properties: { Targets: [{ Input: string }] } } } };
		};
		expect(JSON.parse(resources.Resources.ReconcileSweepClock.Properties.Targets[0].Input)).toEqual(read('sweep.json'));
	});
});

describe('the malformed sample events', () => {
	const shapes = [...Object.values(SHAPES)];

	it.each(readdirSync(join(EVENTS, 'bad')))('%s has the shape of no event that AWS sends', (name) => {
		const event = read(join('bad', name));
		expect(shapes.filter((shape) => departures(event, shape).length === 0)).toEqual([]);
	});
});
