import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { beforeAll, describe, expect, it } from 'vitest';
import { AwsError } from '../../local/aws/types.ts';
import type { Call } from '../../local/aws/wire.ts';
import { functionNames } from '../../scripts/bundle.ts';
import type { Operation } from '../../shared/operation/types.ts';
import { nodeId } from './deployment.ts';
import { begin, type Flow } from './support.ts';

/** Each where it could come to light: what is passed to a document, what only an event has, what a parameter keeps. */
const PASSED = 'tok-5f2a9c-passed';
const OBSERVED = 'pw-71b3e0-observed';
const REQUESTED = 'pw-0c44d1-requested';
const NOT_PASSED = 'hunter2-in-the-event';
const MALFORMED = 'hunter2-in-the-message';
const SECURE = 'hunter2-in-the-secure-string';
const SECRETS = [PASSED, OBSERVED, REQUESTED, NOT_PASSED, MALFORMED, SECURE];

const LOGIN = {
	schemaVersion: '2.2',
	parameters: { Note: { type: 'String' }, WorkId: { type: 'String' }, TimeoutSeconds: { type: 'String' } },
	mainSteps: [{ action: 'aws:runShellScript', name: 'login', inputs: { runCommand: ['true'] } }],
};
const ROTATE = {
	schemaVersion: '0.3',
	parameters: { Password: { type: 'String' }, AutomationAssumeRole: { type: 'String', default: '' } },
	mainSteps: [{ name: 'wait', action: 'aws:sleep', inputs: { Duration: 'PT1S' } }],
};

const PLAYBOOKS = {
	login: `name: login
priority: 200
on: event
when: { source: [aws.ec2] }
about: $.detail.instance-id
run:
  command: login
  node: $.detail.instance-id
  parameters: { Note: $.detail.sessionToken }
  timeout: 5m
then: { onFailure: { opsItem: {} } }
`,
	observer: `name: observer
priority: 10
on: event
mode: observe
when: { source: [aws.health], detail: { service: [RDS] } }
about: $.detail.eventArn
run:
  automation: rotate
  parameters: { Password: $.detail.dbPassword }
  timeout: 5m
then: { onFailure: { opsItem: {} } }
`,
	rotation: `name: rotation
priority: 202
on: request
when: { detail: { runbook: [rotate] } }
run: { timeout: 5m }
then: { onFailure: { opsItem: {} } }
`,
};

/** Systems Manager repeats what it refuses. */
function refusing({ operation, input }: Call): AwsError | undefined {
	if (operation !== 'StartAutomationExecution') return undefined;
	const { Parameters = {} } = input as { Parameters?: Record<string, string[]> };
	const message = `The value ${Parameters['Password']} of parameter Password does not satisfy the constraint`;
	return new AwsError('InvalidAutomationExecutionParametersException', message);
}

/** Everything of a value, errors with their causes included. */
const textOf = (value: unknown): string =>
	JSON.stringify(value, (_, each) =>
		each instanceof Error ? { ...each, name: each.name, message: each.message, stack: each.stack, cause: each.cause } : each,
	) ?? '';

/** What anybody may read: by where it stands. */
async function told(flow: Flow): Promise<Record<string, string>> {
	const operations: Operation[] = [];
	for (const kind of ['lifecycle', 'alarm', 'compliance', 'event'] as const) operations.push(...(await flow.operations(kind)));
	const { ssm, sns } = flow.world.services;
	const letters = functionNames().flatMap((name) => flow.deadLetters(name).map(({ attributes }) => attributes['Reason']));
	return {
		'the log': textOf(flow.world.logs),
		'the history': textOf(operations.map(({ history, result, ending }) => ({ history, result, ending }))),
		OpsItems: textOf(ssm.opsItems().map(({ title, description, data }) => ({ title, description, data: [...data] }))),
		'published events': textOf(flow.events('Operation State Change')),
		mails: textOf(sns.publications),
		'reasons of dead letters': textOf(letters),
		'names of metrics': textOf([...flow.world.metrics.keys()]),
	};
}

const event = (source: string, detailType: string, detail: object) => ({ source, detailType, detail: { ...detail, remark: NOT_PASSED } });

let flow: Flow;
let seen: Record<string, string>;

beforeAll(async () => {
	const failing = { durationSeconds: 5, exitCode: 1, stderr: `login with ${PASSED} refused\n` };
	flow = await begin({ playbooks: PLAYBOOKS, group: { behaviours: { login: failing } }, call: refusing, cold: true });
	const { world } = flow;
	world.services.ssm.addDocument('fleetkeeper-local-login', 'Command', LOGIN);
	world.services.ssm.addDocument('fleetkeeper-local-rotate', 'Automation', ROTATE);
	const Value = `name: [${SECURE}`;
	const secure = { Name: '/fleetkeeper/local/playbooks/secure', Value, Type: 'SecureString' } as const;
	await flow.people(({ ssm }) => ssm.send(new PutParameterCommand(secure)));
	await flow.minutes(1);

	const node = { 'instance-id': nodeId(1), sessionToken: PASSED };
	world.putEvent(event('aws.ec2', 'EC2 Spot Instance Interruption Warning', node));
	const notice = { eventTypeCategory: 'issue', dbPassword: OBSERVED };
	world.putEvent(event('aws.health', 'AWS Health Event', { ...notice, service: 'RDS', eventArn: 'arn:1' }));
	// That of the packaged playbook, whose OpsItem has the event's detail.
	world.putEvent({ source: 'aws.health', detailType: 'AWS Health Event', detail: { ...notice, service: 'EC2', eventArn: 'arn:2' } });
	const request = { runbook: 'rotate', parameters: { Password: [REQUESTED] }, reason: 'due', requestedBy: 'anna', requestId: 'r-1' };
	const Entries = [
		{ EventBusName: 'fleetkeeper-local-requests', Source: 'ops', DetailType: 'Run Automation Requested', Detail: JSON.stringify(request) },
	];
	await flow.people(({ events }) => events.send(new PutEventsCommand({ Entries })));

	for (const transition of ['launch', 'terminate']) {
		world.putEvent(event('aws.autoscaling', `EC2 Instance-${transition} Lifecycle Action`, { NotificationMetadata: NOT_PASSED }));
	}
	await flow.terminate(nodeId(1));
	for (const type of ['Command Invocation', 'Automation Execution']) {
		world.putEvent(event('aws.ssm', `EC2 ${type} Status-change Notification`, { status: 'Failed', Status: 'Failed' }));
	}
	world.putEvent(event('aws.cloudwatch', 'CloudWatch Alarm State Change', { alarmName: 'web-cpu', state: NOT_PASSED }));
	world.putEvent(
		event('aws.config', 'Config Rules Compliance Change', { messageType: 'ComplianceChangeNotification', configRuleName: {} }),
	);
	for (const name of functionNames()) world.sqs.queues.get(`fleetkeeper-local-${name}`)?.send(`{"detail":"${MALFORMED}`);
	await flow.minutes(6);
	seen = await told(flow);
}, 60_000);

describe('Secrets in events, parameters and messages', () => {
	it('are passed to the documents that want them', () => {
		const sent = textOf(flow.calls('SendCommand').map(({ input }) => input['Parameters']));
		const started = textOf(flow.calls('StartAutomationExecution').map(({ input }) => input['Parameters']));
		expect([sent, started].map((text) => SECRETS.filter((secret) => text.includes(secret)))).toEqual([[PASSED], [REQUESTED]]);
	});

	it('have gone through every function', () => {
		const speaking = new Set(flow.world.logs.map(({ functionName }) => functionName.replace('fleetkeeper-local-', '')));
		expect([...speaking].sort()).toEqual(functionNames().sort());
	});

	it('are hidden where the words of others are quoted', async () => {
		const reasons = (await flow.operations('event')).map(({ result }) => result?.reason);
		expect(reasons).toHaveLength(4);
		expect(reasons).toContainEqual(expect.stringContaining('login with *** refused'));
		expect(reasons).toContainEqual(expect.stringContaining('with {"Password":["***"]}'));
		expect(reasons).toContainEqual(expect.stringContaining('The value *** of parameter Password'));
		expect(seen['OpsItems']?.replaceAll('\\', '')).toContain('"dbPassword":"***"');
	});

	it.each(['the log', 'the history', 'OpsItems', 'published events', 'mails', 'reasons of dead letters', 'names of metrics'])(
		'are in none of %s',
		(where) => {
			expect(seen[where]?.length).toBeGreaterThan(10);
			expect(SECRETS.filter((secret) => seen[where]?.includes(secret))).toEqual([]);
		},
	);
});
