import { describe, expect, it } from 'vitest';
import { errorOf, nodeId, type SmallAws, smallAws, webFleet } from './support/small-aws.ts';

const COLLECT = `
schemaVersion: "0.3"
parameters:
  InstanceId: { type: String, allowedPattern: "^i-[0-9a-f]{17}$" }
outputs: [collect.Output]
mainSteps:
  - name: collect
    action: aws:runCommand
    inputs:
      DocumentName: AWS-RunShellScript
      InstanceIds: ["{{ InstanceId }}"]
      Comment: "{{ automation:EXECUTION_ID }}"
      Parameters: { commands: "collect {{ InstanceId }}" }
    isEnd: true
`;
const TOKEN = '11111111-2222-4333-8444-555555555555';

function start(aws: SmallAws, DocumentName: string, Parameters: object = {}, rest: object = {}): string {
	return aws.call('ssm', 'StartAutomationExecution', { DocumentName, Parameters, ...rest }).AutomationExecutionId;
}
const get = (aws: SmallAws, AutomationExecutionId: string) =>
	aws.call('ssm', 'GetAutomationExecution', { AutomationExecutionId }).AutomationExecution;
const stepsOf = (aws: SmallAws, id: string) => get(aws, id).StepExecutions.map((step: { StepStatus: string }) => step.StepStatus);

function runbook(mainSteps: readonly object[], parameters: object = {}): SmallAws {
	const aws = smallAws(webFleet(2));
	aws.ssm.addDocument('runbook', 'Automation', { schemaVersion: '0.3', parameters, mainSteps });
	return aws;
}
const sleep = (name: string, more: object = {}) => ({ name, action: 'aws:sleep', inputs: { Duration: 'PT10S' }, ...more });
const broken = (name: string, more: object = {}) => ({ name, action: 'aws:sleep', inputs: { Duration: 'soon' }, ...more });

describe('aws:runCommand', () => {
	it('really sends a command, waits for it and passes on its output', async () => {
		const aws = smallAws(webFleet(1, {}, { behaviours: { '*': { durationSeconds: 40, stdout: 'collected' } } }));
		aws.ssm.addDocument('collect', 'Automation', COLLECT);
		const id = start(aws, 'collect', { InstanceId: [nodeId(1)] });

		await aws.advance(30);
		expect(get(aws, id)).toMatchObject({ AutomationExecutionStatus: 'InProgress', CurrentStepName: 'collect' });
		expect(aws.ssm.commands()[0]).toMatchObject({ comment: id, status: 'InProgress' });

		await aws.advance(20);
		expect(get(aws, id)).toMatchObject({
			AutomationExecutionStatus: 'Success',
			Outputs: { 'collect.Output': ['collected'] },
			StepExecutions: [{ StepStatus: 'Success', ResponseCode: '0', Outputs: { Status: ['Success'], ResponseCode: ['0'] } }],
		});
	});

	it('fails with the exit code and the words of the script', async () => {
		const aws = smallAws(webFleet(1, {}, { behaviours: { '*': { exitCode: 9, stderr: 'disk full' } } }));
		aws.ssm.addDocument('collect', 'Automation', COLLECT);
		const id = start(aws, 'collect', { InstanceId: [nodeId(1)] });
		await aws.advance(30);

		const execution = get(aws, id);
		expect(execution.AutomationExecutionStatus).toBe('Failed');
		expect(execution.FailureMessage).toContain('disk full');
		expect(execution.StepExecutions[0].Outputs.ResponseCode).toEqual(['9']);
	});

	it('fails on a node that is not managed', async () => {
		const aws = smallAws(webFleet(1, { 0: { agent: 'none' } }));
		aws.ssm.addDocument('collect', 'Automation', COLLECT);
		const id = start(aws, 'collect', { InstanceId: [nodeId(1)] });
		await aws.advance(10);
		expect(get(aws, id).FailureMessage).toContain('not in a valid state');
	});

	it('cancelled, it cancels its command', async () => {
		const aws = smallAws(webFleet(1, {}, { behaviours: { '*': { durationSeconds: 600 } } }));
		aws.ssm.addDocument('collect', 'Automation', COLLECT);
		const id = start(aws, 'collect', { InstanceId: [nodeId(1)] });
		await aws.advance(20);

		aws.call('ssm', 'StopAutomationExecution', { AutomationExecutionId: id });
		expect(get(aws, id).AutomationExecutionStatus).toBe('Cancelling');
		await aws.advance(10);

		expect([get(aws, id).AutomationExecutionStatus, aws.ssm.commands()[0]?.status]).toEqual(['Cancelled', 'Cancelled']);
		expect(errorOf(() => aws.call('ssm', 'StopAutomationExecution', { AutomationExecutionId: id })).code).toBe(
			'InvalidAutomationStatusUpdateException',
		);
	});
});

describe('a client token', () => {
	it('gives the same execution for the same request, and refuses another request', () => {
		const aws = runbook([sleep('only')], { Colour: { type: 'String', default: 'blue' } });
		const first = start(aws, 'runbook', {}, { ClientToken: TOKEN });

		expect(start(aws, 'runbook', {}, { ClientToken: TOKEN })).toBe(first);
		expect(errorOf(() => start(aws, 'runbook', { Colour: ['red'] }, { ClientToken: TOKEN })).code).toBe('IdempotentParameterMismatch');
		expect(aws.ssm.executions()).toHaveLength(1);
	});

	it('must be a UUID', () => {
		expect(errorOf(() => start(runbook([sleep('only')]), 'runbook', {}, { ClientToken: 'work-1' })).code).toBe('ValidationException');
	});
});

it('StartAutomationExecution is throttled at one a second', async () => {
	const aws = runbook([sleep('only')]);
	const attempts = Array.from({ length: 10 }, () => {
		try {
			return start(aws, 'runbook');
		} catch {
			return undefined;
		}
	});
	expect(attempts.filter(Boolean)).toHaveLength(3);
	await aws.advance(1);
	expect(() => start(aws, 'runbook')).not.toThrow();
	expect(errorOf(() => start(aws, 'runbook')).code).toBe('ThrottlingException');
});

it('the 101st execution waits until another ends', async () => {
	const aws = runbook([{ name: 'rest', action: 'aws:sleep', inputs: { Duration: 'PT10M' } }]);
	for (let started = 0; started < 101; started++) {
		start(aws, 'runbook');
		await aws.advance(1);
	}
	const statuses = () => aws.ssm.executions().map((execution) => execution.status);
	expect(statuses().filter((status) => status === 'Pending')).toHaveLength(1);
	await aws.advance(510);
	expect(statuses()).not.toContain('Pending');
});

it('emits the events of steps and executions as Automation writes them', async () => {
	const aws = runbook([sleep('rest')]);
	const id = start(aws, 'runbook');
	await aws.advance(20);

	expect(aws.details('EC2 Automation Step Status-change Notification')).toEqual([
		expect.objectContaining({
			ExecutionId: id,
			Definition: 'runbook',
			DefinitionVersion: 1,
			Status: 'Success',
			StepName: 'rest',
			Action: 'aws:sleep',
			Time: 10_000,
		}),
	]);
	const [execution] = aws.details('EC2 Automation Execution Status-change Notification');
	expect(execution).toMatchObject({ ExecutionId: id, Status: 'Success', StartTime: 'Mar 2, 2026 9:00:00 AM' });
	expect(execution).not.toHaveProperty('StepName');
});

describe('the flow of steps', () => {
	it('Abort leaves the later steps pending', async () => {
		const aws = runbook([broken('first'), sleep('second')]);
		const id = start(aws, 'runbook');
		await aws.advance(60);
		expect(stepsOf(aws, id)).toEqual(['Failed', 'Pending']);
		expect(get(aws, id).AutomationExecutionStatus).toBe('Failed');
	});

	it.each([
		['Success', {}],
		['Failed', { isCritical: true }],
	])('Continue goes on and ends as %s with %j', async (status, more) => {
		const aws = runbook([broken('first', { onFailure: 'Continue', ...more }), sleep('second')]);
		const id = start(aws, 'runbook');
		await aws.advance(60);
		expect(stepsOf(aws, id)).toEqual(['Failed', 'Success']);
		expect(get(aws, id).AutomationExecutionStatus).toBe(status);
	});

	it('a failure may lead to a step, and isEnd ends', async () => {
		const aws = runbook([broken('first', { onFailure: 'step:repair' }), sleep('second', { isEnd: true }), sleep('repair')]);
		const id = start(aws, 'runbook');
		await aws.advance(60);
		expect(stepsOf(aws, id)).toEqual(['Failed', 'Pending', 'Success']);
	});

	it('a branch chooses by a parameter', async () => {
		const branch = {
			name: 'choose',
			action: 'aws:branch',
			inputs: { Choices: [{ NextStep: 'gently', Variable: '{{ Mode }}', StringEquals: 'gentle' }], Default: 'hard' },
		};
		const aws = runbook([branch, sleep('hard', { isEnd: true }), sleep('gently', { isEnd: true })], { Mode: { type: 'String' } });
		const id = start(aws, 'runbook', { Mode: ['gentle'] });
		await aws.advance(60);
		expect(stepsOf(aws, id)).toEqual(['Success', 'Pending', 'Success']);
	});

	it('a step beyond its timeout times the execution out', async () => {
		const aws = runbook([sleep('first', { timeoutSeconds: 5 })]);
		const id = start(aws, 'runbook');
		await aws.advance(30);
		expect(get(aws, id).AutomationExecutionStatus).toBe('TimedOut');
	});

	it('cancelling may lead to a step', async () => {
		const aws = runbook([sleep('first', { onCancel: 'step:tidy', isEnd: true }), sleep('tidy')]);
		const id = start(aws, 'runbook');
		await aws.advance(5);
		aws.call('ssm', 'StopAutomationExecution', { AutomationExecutionId: id });
		await aws.advance(30);
		expect(stepsOf(aws, id)).toEqual(['Cancelled', 'Success']);
		expect(get(aws, id).AutomationExecutionStatus).toBe('Cancelled');
	});

	it('an action that is not there fails its step and says so', async () => {
		const aws = runbook([{ name: 'flyToTheMoon', action: 'aws:flyToTheMoon', inputs: {} }]);
		const id = start(aws, 'runbook');
		await aws.advance(5);
		expect(get(aws, id).FailureMessage).toContain('aws:flyToTheMoon');
	});
});

describe('calls of other services', () => {
	it('aws:executeAwsApi selects outputs, later steps use them', async () => {
		const aws = runbook([
			{
				name: 'look',
				action: 'aws:executeAwsApi',
				inputs: { Service: 'ec2', Api: 'DescribeInstances', InstanceIds: [nodeId(1)] },
				outputs: [{ Name: 'Zone', Selector: '$.Reservations[0].Instances[0].Placement.AvailabilityZone', Type: 'String' }],
			},
			{
				name: 'tagIt',
				action: 'aws:executeAwsApi',
				inputs: { Service: 'ec2', Api: 'CreateTags', Resources: [nodeId(1)], Tags: [{ Key: 'zone', Value: 'in {{ look.Zone }}' }] },
			},
		]);
		start(aws, 'runbook');
		await aws.advance(20);
		expect(aws.ec2.instance(nodeId(1))?.tags.get('zone')).toBe('in eu-west-1a');
	});

	it('waits until an instance has stopped, and asserts it', async () => {
		const property = {
			Service: 'ec2',
			Api: 'DescribeInstances',
			InstanceIds: [nodeId(1)],
			PropertySelector: '$.Reservations[0].Instances[0].State.Name',
			DesiredValues: ['stopped'],
		};
		const aws = runbook([
			{ name: 'stop', action: 'aws:executeAwsApi', inputs: { Service: 'ec2', Api: 'StopInstances', InstanceIds: [nodeId(1)] } },
			{ name: 'waitStopped', action: 'aws:waitForAwsResourceProperty', timeoutSeconds: 120, inputs: property },
			{ name: 'assertStopped', action: 'aws:assertAwsResourceProperty', inputs: property },
			{ name: 'startAgain', action: 'aws:changeInstanceState', inputs: { InstanceIds: [nodeId(1)], DesiredState: 'running' } },
		]);
		const id = start(aws, 'runbook');
		await aws.advance(90);
		expect(stepsOf(aws, id)).toEqual(['Success', 'Success', 'Success', 'Success']);
		expect(aws.ec2.instance(nodeId(1))?.state).toBe('running');
	});

	it('fails with the words of the service', async () => {
		const aws = runbook([
			{ name: 'stop', action: 'aws:executeAwsApi', inputs: { Service: 'ec2', Api: 'StopInstances', InstanceIds: [nodeId(42)] } },
		]);
		const id = start(aws, 'runbook');
		await aws.advance(10);
		expect(get(aws, id).FailureMessage).toContain(`The instance ID '${nodeId(42)}' does not exist`);
	});
});

it('refuses parameters that the runbook does not allow, and runbooks that are not there', async () => {
	const aws = smallAws(webFleet(1));
	aws.ssm.addDocument('collect', 'Automation', COLLECT);
	expect(errorOf(() => start(aws, 'collect', { InstanceId: ['i-1; reboot'] })).code).toBe('InvalidAutomationExecutionParametersException');
	expect(errorOf(() => start(aws, 'collect', {})).code).toBe('InvalidAutomationExecutionParametersException');
	expect(errorOf(() => start(aws, 'AWS-RunShellScript')).code).toBe('AutomationDefinitionNotFoundException');
	await aws.advance(1);
	expect(errorOf(() => start(aws, 'collect', { InstanceId: [nodeId(1)] }, { DocumentVersion: '7' })).code).toBe(
		'AutomationDefinitionVersionNotFoundException',
	);
});

it.each([
	['a reference to a parameter that is not there', [{ name: 'one', action: 'aws:sleep', inputs: { Duration: '{{ Long }}' } }]],
	['a jump to a step that is not there', [sleep('one', { onFailure: 'step:two' })]],
	['two steps of one name', [sleep('one'), sleep('one')]],
])('does not store a runbook with %s', (_, mainSteps) => {
	expect(errorOf(() => runbook(mainSteps)).code).toBe('InvalidDocumentContent');
});
