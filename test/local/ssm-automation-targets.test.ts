import { describe, expect, it } from 'vitest';
import { errorOf, nodeId, type SmallAws, smallAws, webFleet } from './support/small-aws.ts';

const SLEEP = {
	schemaVersion: '0.3',
	parameters: { InstanceId: { type: 'String', allowedPattern: '^i-[0-9a-f]{17}$' }, Duration: { type: 'String', default: 'PT1M' } },
	mainSteps: [{ name: 'rest', action: 'aws:sleep', inputs: { Duration: '{{ Duration }}' } }],
};
/** Fails on every node but those that are named. */
const PICKY = {
	...SLEEP,
	parameters: { ...SLEEP.parameters, Good: { type: 'String' } },
	mainSteps: [
		{
			name: 'choose',
			action: 'aws:branch',
			inputs: {
				Choices: [{ NextStep: 'rest', Variable: '{{ InstanceId }}', StringEquals: '{{ Good }}' }],
				Default: 'broken',
			},
		},
		{ name: 'rest', action: 'aws:sleep', inputs: { Duration: 'PT1M' }, isEnd: true },
		{ name: 'broken', action: 'aws:sleep', inputs: { Duration: 'soon' }, isEnd: true },
	],
};

function world(nodes: number): SmallAws {
	const aws = smallAws(webFleet(nodes));
	aws.ssm.addDocument('sleep', 'Automation', SLEEP);
	aws.ssm.addDocument('picky', 'Automation', PICKY);
	return aws;
}
const valuesOf = (nodes: number) => [{ Key: 'ParameterValues', Values: Array.from({ length: nodes }, (_, n) => nodeId(n + 1)) }];
const startOn = (aws: SmallAws, Targets: object[], rest: object = {}, DocumentName = 'sleep'): string =>
	aws.call('ssm', 'StartAutomationExecution', { DocumentName, Targets, TargetParameterName: 'InstanceId', ...rest }).AutomationExecutionId;
const get = (aws: SmallAws, AutomationExecutionId: string) =>
	aws.call('ssm', 'GetAutomationExecution', { AutomationExecutionId }).AutomationExecution;
const runsOf = (aws: SmallAws, id: string): { Target: string; AutomationExecutionStatus: string }[] =>
	aws.call('ssm', 'DescribeAutomationExecutions', { Filters: [{ Key: 'ParentExecutionId', Values: [id] }] })
		.AutomationExecutionMetadataList;
const running = (aws: SmallAws, id: string) =>
	runsOf(aws, id).filter(({ AutomationExecutionStatus: status }) => status === 'InProgress').length;

describe('a runbook on targets', () => {
	it('runs once for each value, the first alone, then up to the concurrency', async () => {
		const aws = world(5);
		const id = startOn(aws, valuesOf(5), { MaxConcurrency: '2' });
		await aws.advance(30);
		expect(running(aws, id)).toBe(1);
		await aws.advance(60);
		expect(running(aws, id)).toBe(2);
		expect(get(aws, id)).toMatchObject({ AutomationExecutionStatus: 'InProgress', TargetParameterName: 'InstanceId', MaxErrors: '0' });
		await aws.advance(180);
		expect(get(aws, id).AutomationExecutionStatus).toBe('Success');
		expect(
			runsOf(aws, id)
				.map(({ Target }) => Target)
				.sort(),
		).toEqual([1, 2, 3, 4, 5].map(nodeId));
	});

	it('finds instances by their tag', async () => {
		const aws = world(3);
		aws.ec2.tag(nodeId(2), { role: 'canary' });
		const id = startOn(aws, [{ Key: 'tag:role', Values: ['canary'] }]);
		await aws.advance(90);
		expect(runsOf(aws, id)).toMatchObject([{ Target: nodeId(2), AutomationExecutionStatus: 'Success' }]);
		expect(get(aws, id).ResolvedTargets).toEqual({ ParameterValues: [nodeId(2)], Truncated: false });
	});

	it('stops after more errors than are allowed, and says on what', async () => {
		const aws = world(4);
		const id = startOn(aws, valuesOf(4), { MaxConcurrency: '1', MaxErrors: '1', Parameters: { Good: [nodeId(1)] } }, 'picky');
		await aws.advance(120);
		expect(get(aws, id)).toMatchObject({
			AutomationExecutionStatus: 'Failed',
			FailureMessage: expect.stringContaining(`2 of 4 targets failed: ${nodeId(2)}: Step broken failed`),
		});
		expect(runsOf(aws, id)).toHaveLength(3);
	});

	it('succeeds with as many errors as are allowed', async () => {
		const aws = world(2);
		const id = startOn(aws, valuesOf(2), { MaxErrors: '50%', Parameters: { Good: [nodeId(2)] } }, 'picky');
		await aws.advance(120);
		expect(get(aws, id).AutomationExecutionStatus).toBe('Success');
	});

	it('is stopped with all of its runs', async () => {
		const aws = world(3);
		const id = startOn(aws, valuesOf(3));
		await aws.advance(10);
		aws.call('ssm', 'StopAutomationExecution', { AutomationExecutionId: id });
		await aws.advance(10);
		expect(get(aws, id).AutomationExecutionStatus).toBe('Cancelled');
		expect(runsOf(aws, id)).toMatchObject([{ AutomationExecutionStatus: 'Cancelled' }]);
	});

	it('is one for one token', async () => {
		const aws = world(2);
		const ClientToken = '11111111-2222-4333-8444-555555555555';
		const id = startOn(aws, valuesOf(2), { ClientToken });
		expect(startOn(aws, valuesOf(2), { ClientToken })).toBe(id);
		expect(errorOf(() => startOn(aws, valuesOf(1), { ClientToken })).code).toBe('IdempotentParameterMismatch');
	});

	it.each([
		['without the parameter', { TargetParameterName: undefined }, 'ValidationException'],
		['with two targets', { Targets: [...valuesOf(1), ...valuesOf(1)] }, 'ValidationException'],
		['of an unknown kind', { Targets: [{ Key: 'InstanceIds', Values: [nodeId(1)] }] }, 'InvalidTarget'],
		['with a concurrency of nothing', { MaxConcurrency: '0' }, 'ValidationException'],
		[
			'that the runbook does not take',
			{ Targets: [{ Key: 'ParameterValues', Values: ['web-1'] }] },
			'InvalidAutomationExecutionParametersException',
		],
	])('%s is refused', (_, changes, code) => {
		const aws = world(1);
		expect(errorOf(() => startOn(aws, valuesOf(1), changes)).code).toBe(code);
	});
});
