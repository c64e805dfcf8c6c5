import { describe, expect, it } from 'vitest';
import type { FleetServicesOptions } from '../../local/services.ts';
import { errorOf, nodeId, type SmallAws, smallAws, webFleet } from './support/small-aws.ts';
import { addCommand, addTarget, createWindow, executionsOf, invocationsOf, tasksOf } from './support/windows.ts';

const HOUR = 3600;
const INVOCATION = 'Maintenance Window Task Target Invocation State-change Notification';

const statuses = (aws: SmallAws, detailType: string) => aws.details(detailType).map(({ status }) => status);
/** The tasks of the last execution of a window. */
const lastTasks = (aws: SmallAws, windowId: string) => tasksOf(aws, executionsOf(aws, windowId)[0].WindowExecutionId);

describe('a window that runs a runbook', () => {
	const RUNBOOK = {
		schemaVersion: '0.3',
		parameters: { InstanceId: { type: 'String' }, Seconds: { type: 'String', default: '60' } },
		mainSteps: [
			{ name: 'wait', action: 'aws:sleep', inputs: { Duration: 'PT{{ Seconds }}S' } },
			{
				name: 'look',
				action: 'aws:assertAwsResourceProperty',
				inputs: {
					Service: 'ec2',
					Api: 'DescribeInstances',
					InstanceIds: ['{{ InstanceId }}'],
					PropertySelector: '$.Reservations[0].Instances[0].State.Name',
					DesiredValues: ['running'],
				},
				isEnd: true,
			},
		],
	};
	const task = (rest: object = {}) => ({
		TaskType: 'AUTOMATION',
		TaskArn: 'look',
		TaskInvocationParameters: { Automation: { Parameters: { InstanceId: ['{{RESOURCE_ID}}'] } } },
		...rest,
	});

	it('starts one execution for each node, so many at once', async () => {
		const aws = smallAws(webFleet(3));
		aws.ssm.addDocument('look', 'Automation', RUNBOOK);
		const WindowId = createWindow(aws);
		addCommand(aws, WindowId, [addTarget(aws, WindowId)], task({ MaxConcurrency: '2' }));

		await aws.advance(HOUR + 30);
		const [{ WindowExecutionId }] = executionsOf(aws, WindowId);
		const [{ TaskExecutionId }] = tasksOf(aws, WindowExecutionId);
		expect(invocationsOf(aws, WindowExecutionId, TaskExecutionId).map(({ Status }) => Status)).toEqual([
			'IN_PROGRESS',
			'IN_PROGRESS',
			'PENDING',
		]);
		await aws.advance(HOUR);

		expect(executionsOf(aws, WindowId)[0].Status).toBe('SUCCESS');
		expect(aws.ssm.executions().map(({ parameters }) => parameters['InstanceId'])).toEqual([[nodeId(3)], [nodeId(2)], [nodeId(1)]]);
		expect(statuses(aws, INVOCATION).sort()).toEqual([...Array(3).fill('COMPLETE'), ...Array(3).fill('IN_PROGRESS')]);
	});

	it('stops beyond its errors, and fails', async () => {
		const aws = smallAws(webFleet(4));
		aws.ssm.addDocument('look', 'Automation', RUNBOOK);
		const WindowId = createWindow(aws);
		const parameters = { TaskInvocationParameters: { Automation: { Parameters: { InstanceId: ['i-nowhere'] } } } };
		addCommand(aws, WindowId, [addTarget(aws, WindowId)], task({ ...parameters, MaxConcurrency: '1', MaxErrors: '1' }));

		await aws.advance(2 * HOUR);

		const [{ WindowExecutionId, Status }] = executionsOf(aws, WindowId);
		const [{ TaskExecutionId }] = tasksOf(aws, WindowExecutionId);
		expect(Status).toBe('FAILED');
		expect(invocationsOf(aws, WindowExecutionId, TaskExecutionId).map((each) => each.Status)).toEqual([
			'FAILED',
			'FAILED',
			'CANCELLED',
			'CANCELLED',
		]);
	});

	it('lets a running one go on beyond the cutoff, and starts no other where the task is to be cut off', async () => {
		const aws = smallAws(webFleet(2));
		aws.ssm.addDocument('look', 'Automation', {
			...RUNBOOK,
			parameters: { ...RUNBOOK.parameters, Seconds: { type: 'String', default: '4000' } },
		});
		const WindowId = createWindow(aws);
		addCommand(aws, WindowId, [addTarget(aws, WindowId)], task({ MaxConcurrency: '1', CutoffBehavior: 'CANCEL_TASK' }));

		await aws.advance(3 * HOUR);

		const [{ WindowExecutionId, Status }] = executionsOf(aws, WindowId);
		const [{ TaskExecutionId }] = tasksOf(aws, WindowExecutionId);
		expect(Status).toBe('TIMED_OUT');
		expect(invocationsOf(aws, WindowExecutionId, TaskExecutionId).map((each) => each.Status)).toEqual(['SUCCESS', 'TIMED_OUT']);
	});
});

describe('a window that invokes a function', () => {
	const payload = (value: unknown) => ({ Lambda: { Payload: Buffer.from(JSON.stringify(value)) } });

	async function ran(invoke: NonNullable<FleetServicesOptions['invoke']>, task: object) {
		const aws = smallAws(webFleet(2), { invoke });
		const WindowId = createWindow(aws);
		addCommand(aws, WindowId, [addTarget(aws, WindowId)], { TaskType: 'LAMBDA', TaskInvocationParameters: {}, ...task });
		await aws.advance(2 * HOUR);
		return { WindowId, execution: executionsOf(aws, WindowId)[0], task: lastTasks(aws, WindowId)[0] };
	}

	it('gives it its payload with pseudo parameters in it, once for each node', async () => {
		const seen: unknown[] = [];
		const invoke = async (name: string, event: unknown) => {
			seen.push([name, event]);
			return { ok: true };
		};
		const TaskArn = 'arn:aws:lambda:eu-west-1:111122223333:function:SSMReport';
		const { WindowId, execution } = await ran(invoke, {
			TaskArn,
			TaskInvocationParameters: payload({ node: '{{TARGET_ID}}', window: '{{WINDOW_ID}}' }),
		});

		expect(execution.Status).toBe('SUCCESS');
		expect(seen).toEqual([1, 2].map((number) => ['SSMReport', { node: nodeId(number), window: WindowId }]));
	});

	it('knows the nodes of a resource group by their ARNs', async () => {
		const seen: unknown[] = [];
		const aws = smallAws(webFleet(1), { invoke: async (_, event) => ({ ok: seen.push(event) > 0 }) });
		aws.ssm.addResourceGroup('web', { service: 'nginx' });
		const WindowId = createWindow(aws);
		const Targets = [{ Key: 'resource-groups:Name', Values: ['web'] }];
		const group = addTarget(aws, WindowId, { ResourceType: 'RESOURCE_GROUP', Targets });
		addCommand(aws, WindowId, [group]);
		const TaskInvocationParameters = payload(['{{TARGET_ID}}', '{{RESOURCE_ID}}', '{{TARGET_TYPE}}']);
		addCommand(aws, WindowId, [group], { TaskType: 'LAMBDA', TaskArn: 'SSMReport', TaskInvocationParameters });
		await aws.advance(2 * HOUR);

		expect(executionsOf(aws, WindowId)[0].Status).toBe('SUCCESS');
		expect(seen).toEqual([[`arn:aws:ec2:eu-west-1:111122223333:instance/${nodeId(1)}`, nodeId(1), 'RESOURCE_GROUP']]);
		expect(aws.ssm.node(nodeId(1))?.runs).toHaveLength(1);
		expect(errorOf(() => addTarget(aws, WindowId, { Targets })).code).toBe('ValidationException');
	});

	it('fails with it', async () => {
		const { task } = await ran(async () => ({ ok: false, message: 'out of memory' }), { TaskArn: 'SSMReport', Targets: [] });

		expect(task).toMatchObject({ Status: 'FAILED', StatusDetails: 'out of memory' });
	});

	it('may not invoke any other in the name of Systems Manager', async () => {
		const { task } = await ran(async () => ({ ok: true }), { TaskArn: 'report' });

		expect(task.StatusDetails).toContain('not authorized to perform: lambda:InvokeFunction');
	});
});
