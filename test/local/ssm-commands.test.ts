import { describe, expect, it } from 'vitest';
import { errorOf, nodeId, type SmallAws, smallAws, webFleet } from './support/small-aws.ts';

const RUN = { DocumentName: 'AWS-RunShellScript', Parameters: { commands: ['true'] } };
const ids = (count: number) => Array.from({ length: count }, (_, index) => nodeId(index + 1));

function send(aws: SmallAws, input: object): string {
	return aws.call('ssm', 'SendCommand', { ...RUN, ...input }).Command.CommandId;
}

function detailsByNode(aws: SmallAws, CommandId: string): string[] {
	return aws
		.call('ssm', 'ListCommandInvocations', { CommandId })
		.CommandInvocations.map((each: { StatusDetails: string }) => each.StatusDetails);
}

function command(aws: SmallAws, CommandId: string) {
	return aws.call('ssm', 'ListCommands', { CommandId }).Commands[0];
}

describe('SendCommand refuses', () => {
	it('the whole call for one node that never registered', () => {
		const aws = smallAws(webFleet(3, { 1: { agent: 'none' } }));

		const error = errorOf(() => send(aws, { InstanceIds: ids(3) }));

		expect(error.code).toBe('InvalidInstanceId');
		expect(error.message).toContain(nodeId(2));
		expect(aws.ssm.commands()).toHaveLength(0);
	});

	it('a node whose instance is shutting down', () => {
		const aws = smallAws(webFleet(1));
		aws.ec2.terminate(nodeId(1));

		expect(errorOf(() => send(aws, { InstanceIds: ids(1) })).code).toBe('InvalidInstanceId');
	});

	it.each([
		['InvalidDocument', { DocumentName: 'no-such-document' }],
		['InvalidParameters', { Parameters: { commands: ['true'], colour: ['blue'] } }],
		['InvalidParameters', { Parameters: {} }],
		['InvalidParameters', { Parameters: { commands: ['true'], executionTimeout: ['1h'] } }],
		['DuplicateInstanceId', { InstanceIds: [nodeId(1), nodeId(1)] }],
		['ValidationException', { Comment: 'x'.repeat(101) }],
		['ValidationException', { TimeoutSeconds: 29 }],
		['ValidationException', { MaxErrors: '101%' }],
		['ValidationException', { InstanceIds: ids(51) }],
	])('with %s: %j', (code, input) => {
		const aws = smallAws(webFleet(1));
		expect(errorOf(() => send(aws, { InstanceIds: [nodeId(1)], ...input })).code).toBe(code);
	});

	it('a document that has nothing for the platform of a node', () => {
		const aws = smallAws(webFleet(1, {}, { platform: 'Windows' }));
		expect(errorOf(() => send(aws, { InstanceIds: ids(1) })).code).toBe('UnsupportedPlatformType');
	});
});

describe('the ramp', () => {
	it('reaches one node first and the others once it has acknowledged', async () => {
		const aws = smallAws(webFleet(4, {}, { behaviours: { '*': { durationSeconds: 60 } } }));
		aws.ssm.setDeaf(nodeId(1), true);
		const id = send(aws, { InstanceIds: ids(4), MaxConcurrency: '100%', MaxErrors: '100%' });

		await aws.advance(100);
		expect(detailsByNode(aws, id)).toEqual(['InProgress', 'Pending', 'Pending', 'Pending']);

		aws.ssm.setDeaf(nodeId(1), false);
		await aws.advance(10);
		expect(detailsByNode(aws, id)).toEqual(Array(4).fill('InProgress'));

		await aws.advance(60);
		expect(command(aws, id)).toMatchObject({ Status: 'Success', StatusDetails: 'Success', CompletedCount: 4, TargetCount: 4 });
	});

	it('leaves neighbours unreached where the first never acknowledges, and all end at the delivery timeout', async () => {
		const aws = smallAws(webFleet(3));
		aws.ssm.setDeaf(nodeId(1), true);
		const id = send(aws, { InstanceIds: ids(3), TimeoutSeconds: 180, MaxErrors: '100%' });

		await aws.advance(181);

		expect(detailsByNode(aws, id)).toEqual(Array(3).fill('DeliveryTimedOut'));
		expect(aws.ssm.nodes().flatMap((node) => node.runs)).toEqual([]);
		expect(aws.call('ssm', 'GetCommandInvocation', { CommandId: id, InstanceId: nodeId(2) }).ExecutionStartDateTime).toBe('');
	});

	it('keeps no more nodes busy than MaxConcurrency', async () => {
		const aws = smallAws(webFleet(10, {}, { behaviours: { '*': { durationSeconds: 30 } } }));
		const id = send(aws, { InstanceIds: ids(10), MaxConcurrency: '2' });
		let most = 0;

		for (let second = 0; second < 200; second++) {
			await aws.advance(1);
			most = Math.max(most, detailsByNode(aws, id).filter((details) => details === 'InProgress').length);
		}

		expect(most).toBe(2);
		expect(command(aws, id).Status).toBe('Success');
	});
});

describe('MaxErrors', () => {
	const failing = { behaviours: { '*': { exitCode: 2, stderr: 'no such service' } } };

	it('of 0 stops after the first error', async () => {
		const aws = smallAws(webFleet(3, {}, failing));
		const id = send(aws, { InstanceIds: ids(3), MaxConcurrency: '1' });

		await aws.advance(60);

		expect(detailsByNode(aws, id)).toEqual(['Failed', 'Terminated', 'Terminated']);
		expect(command(aws, id)).toMatchObject({ Status: 'Failed', ErrorCount: 1 });
	});

	it('of 10% stops 20 nodes after the third', async () => {
		const aws = smallAws(webFleet(20, {}, failing));
		const id = send(aws, { InstanceIds: ids(20), MaxConcurrency: '1', MaxErrors: '10%' });

		await aws.advance(600);

		expect(detailsByNode(aws, id).filter((details) => details === 'Failed')).toHaveLength(3);
		expect(detailsByNode(aws, id).filter((details) => details === 'Terminated')).toHaveLength(17);
	});

	it('of 100% lets every node run', async () => {
		const aws = smallAws(webFleet(3, {}, failing));
		const id = send(aws, { InstanceIds: ids(3), MaxErrors: '100%' });

		await aws.advance(60);

		expect(detailsByNode(aws, id)).toEqual(['Failed', 'Failed', 'Failed']);
	});
});

describe('timeouts', () => {
	it('a lost node is accepted and hangs until the delivery timeout', async () => {
		const aws = smallAws(webFleet(2, { 1: { agent: 'lost' } }));
		const id = send(aws, { InstanceIds: ids(2), TimeoutSeconds: 60, MaxErrors: '100%' });

		await aws.advance(59);
		expect(detailsByNode(aws, id)).toEqual(['Success', 'InProgress']);

		await aws.advance(2);
		expect(detailsByNode(aws, id)).toEqual(['Success', 'DeliveryTimedOut']);
		expect(command(aws, id)).toMatchObject({ StatusDetails: 'Incomplete', DeliveryTimedOutCount: 1, ErrorCount: 0 });
	});

	it('a script beyond its limit ends as ExecutionTimedOut', async () => {
		const aws = smallAws(webFleet(1, {}, { behaviours: { '*': { hangs: true } } }));
		const id = send(aws, { InstanceIds: ids(1), Parameters: { commands: ['sleep infinity'], executionTimeout: ['120'] } });

		await aws.advance(119);
		expect(detailsByNode(aws, id)).toEqual(['InProgress']);
		await aws.advance(10);
		expect(detailsByNode(aws, id)).toEqual(['ExecutionTimedOut']);
		expect(command(aws, id)).toMatchObject({ Status: 'Failed', ErrorCount: 1 });
	});

	it('a node that vanishes in the middle stays in progress until the command expires', async () => {
		const aws = smallAws(webFleet(1, {}, { behaviours: { '*': { durationSeconds: 100 } } }));
		const id = send(aws, { InstanceIds: ids(1), TimeoutSeconds: 180, Parameters: { commands: ['true'], executionTimeout: ['600'] } });
		await aws.advance(20);

		aws.ec2.vanish(nodeId(1));
		await aws.advance(700);
		expect(detailsByNode(aws, id)).toEqual(['InProgress']);

		await aws.advance(61);
		expect(detailsByNode(aws, id)).toEqual(['DeliveryTimedOut']);
	});
});

it('emits an event at every status of an invocation and of the command', async () => {
	const aws = smallAws(webFleet(1));
	const id = send(aws, { InstanceIds: ids(1) });

	await aws.advance(30);

	const invocations = aws.details('EC2 Command Invocation Status-change Notification');
	expect(invocations).toEqual([
		{
			'command-id': id,
			'document-name': 'AWS-RunShellScript',
			'instance-id': nodeId(1),
			'requested-date-time': '2026-03-02T09:00:00.000Z',
			status: 'InProgress',
		},
		{
			'command-id': id,
			'document-name': 'AWS-RunShellScript',
			'instance-id': nodeId(1),
			'requested-date-time': '2026-03-02T09:00:00.000Z',
			status: 'Success',
		},
	]);
	expect(aws.details('EC2 Command Status-change Notification').map((detail) => detail['status'])).toEqual(['InProgress', 'Success']);
});

it('lists and shows a command only after the lag', async () => {
	const aws = smallAws(webFleet(1), { listLagMs: 5_000 });
	const id = send(aws, { InstanceIds: ids(1), Comment: 'work-1' });
	const get = () => aws.call('ssm', 'GetCommandInvocation', { CommandId: id, InstanceId: nodeId(1) });

	await aws.advance(4);
	expect(errorOf(get).code).toBe('InvocationDoesNotExist');
	expect(aws.call('ssm', 'ListCommands').Commands).toEqual([]);

	await aws.advance(1);
	expect(get().Comment).toBe('work-1');
	expect(command(aws, id).Comment).toBe('work-1');
});

it('shows exit code and output of a failed script', async () => {
	const aws = smallAws(webFleet(1, {}, { behaviours: { '*': { exitCode: 3, stdout: 'ran {{ commands }}', stderr: 'no nginx' } } }));
	const id = send(aws, { InstanceIds: ids(1), OutputS3BucketName: 'output', OutputS3KeyPrefix: 'commands' });
	await aws.advance(30);

	const invocation = aws.call('ssm', 'GetCommandInvocation', { CommandId: id, InstanceId: nodeId(1) });

	expect(invocation).toMatchObject({
		Status: 'Failed',
		ResponseCode: 3,
		PluginName: 'aws:runShellScript',
		StandardOutputContent: 'ran ["true"]',
		StandardErrorContent: 'no nginx\nfailed to run commands: exit status 3',
		StandardOutputUrl: `https://s3.eu-west-1.amazonaws.com/output/commands/${id}/${nodeId(1)}/awsrunShellScript/aws:runShellScript/stdout`,
	});
});

it('cancels what waits at once and what runs when its agent answers', async () => {
	const aws = smallAws(webFleet(2, {}, { behaviours: { '*': { durationSeconds: 600 } } }));
	const id = send(aws, { InstanceIds: ids(2), MaxConcurrency: '1' });
	await aws.advance(20);

	aws.call('ssm', 'CancelCommand', { CommandId: id });
	expect(detailsByNode(aws, id)).toEqual(['Cancelling', 'Cancelled']);
	await aws.advance(5);

	expect(detailsByNode(aws, id)).toEqual(['Cancelled', 'Cancelled']);
	expect(command(aws, id).Status).toBe('Cancelled');
	expect(aws.ssm.node(nodeId(1))?.runs.map((run) => run.status)).toEqual(['Cancelled']);
});

it('a document that works once per work id does nothing the second time', async () => {
	const aws = smallAws(webFleet(1, {}, { behaviours: { drain: { durationSeconds: 60, oncePer: 'WorkId' } } }));
	aws.ssm.addDocument(
		'stage-drain',
		'Command',
		`
schemaVersion: "2.2"
parameters:
  WorkId: { type: String, allowedPattern: "^[a-z0-9-]+$" }
mainSteps:
  - name: linux
    action: aws:runShellScript
    precondition: { StringEquals: [platformType, Linux] }
    inputs: { runCommand: ["drain '{{ WorkId }}'"] }
  - name: windows
    action: aws:runPowerShellScript
    precondition: { StringEquals: [platformType, Windows] }
    inputs: { runCommand: ["Drain '{{ WorkId }}'"] }
`,
	);
	const drain = { DocumentName: 'stage-drain', InstanceIds: ids(1), Parameters: { WorkId: ['w-1'] } };
	send(aws, drain);
	await aws.advance(90);
	send(aws, drain);
	await aws.advance(10);

	const runs = aws.ssm.node(nodeId(1))?.runs ?? [];
	expect(runs.map((run) => [run.effective, run.status])).toEqual([
		[true, 'Success'],
		[false, 'Success'],
	]);
	expect(runs[0]?.plugins.map((plugin) => [plugin.name, plugin.stdout.includes('skipped')])).toEqual([
		['linux', false],
		['windows', true],
	]);
	expect(errorOf(() => send(aws, { ...drain, Parameters: { WorkId: ['w-1; rm -rf /'] } })).code).toBe('InvalidParameters');
});

it('a document that works once per work id does nothing where its time limit stopped the first run', async () => {
	const aws = smallAws(webFleet(1, {}, { behaviours: { drain: { hangs: true, oncePer: 'WorkId' } } }));
	const steps = 'mainSteps: [{ name: linux, action: "aws:runShellScript", inputs: { timeoutSeconds: "60", runCommand: [drain] } }]';
	aws.ssm.addDocument('stage-drain', 'Command', `{ schemaVersion: "2.2", parameters: { WorkId: { type: String } }, ${steps} }`);
	const drain = { DocumentName: 'stage-drain', InstanceIds: ids(1), Parameters: { WorkId: ['w-1'] } };
	for (const seconds of [30, 60, 60]) {
		send(aws, drain);
		await aws.advance(seconds);
	}

	const [first, ...again] = aws.ssm.node(nodeId(1))?.runs ?? [];
	expect([first?.effective, first?.status]).toEqual([true, 'TimedOut']);
	expect(again.map((run) => [run.effective, run.status, run.plugins[0]?.responseCode])).toEqual([
		[false, 'Failed', 124],
		[false, 'Failed', 124],
	]);
	expect(again[0]?.endsAt).toBe(first?.endsAt);
});

it('a tag that matches nothing ends as a success without nodes', async () => {
	const aws = smallAws(webFleet(1));
	const id = send(aws, { Targets: [{ Key: 'tag:service', Values: ['apache'] }] });
	await aws.advance(5);
	expect(command(aws, id)).toMatchObject({ Status: 'Success', StatusDetails: 'NoInstancesInTag', TargetCount: 0 });
});

it('throttles operations that share a rate together', () => {
	const aws = smallAws(webFleet(1), { throttles: { ssm: { 'ListCommands ListCommandInvocations': 1 } } });
	for (let call = 0; call < 3; call++) aws.call('ssm', call === 1 ? 'ListCommandInvocations' : 'ListCommands');

	expect(errorOf(() => aws.call('ssm', 'ListCommandInvocations')).code).toBe('ThrottlingException');
	expect(errorOf(() => aws.call('ssm', 'ListCommands')).code).toBe('ThrottlingException');
});

it('answers Rate exceeded beyond a throttle, and changes nothing', async () => {
	const aws = smallAws(webFleet(1), { throttles: { ssm: { SendCommand: 1 } } });
	for (let call = 0; call < 3; call++) send(aws, { InstanceIds: ids(1) });

	expect(errorOf(() => send(aws, { InstanceIds: ids(1) }))).toMatchObject({ code: 'ThrottlingException', message: 'Rate exceeded' });
	expect(aws.ssm.commands()).toHaveLength(3);
	await aws.advance(1);
	expect(() => send(aws, { InstanceIds: ids(1) })).not.toThrow();
});
