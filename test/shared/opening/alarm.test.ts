import { describe, expect, it } from 'vitest';
import { openFromAlarms } from '../../../shared/opening/alarm.ts';
import { createServices } from '../../../shared/operation/services.ts';
import { settleExecutions } from '../../../shared/operation/settle.ts';
import { alarm } from '../../../shared/parts/alarm.ts';
import { data, hears, ITEM, latest, restart, stands, withAlarm } from '../../support/alarm-core.ts';
import { NAME, NODE, stateChange } from '../../support/alarm-events.ts';
import { awsError, executionEvent, executionId, throttled, tickEvery } from '../../support/core.ts';
import { MINUTE, OPENED_AT } from '../../support/operations.ts';

const CALM = 10 * MINUTE;

describe('An alarm that goes off', () => {
	it('opens an OpsItem that says what an operator needs to know', async () => {
		const core = await withAlarm();
		const [opening] = await hears(core, stateChange('ALARM', 0));

		expect(opening).toMatchObject({ outcome: 'opened', operation: { state: 'verifying', result: { opsItemId: ITEM, opsItem: 'opened' } } });
		expect(core.calls('CreateOpsItem')).toMatchObject([
			{
				Title: `${NAME} is in ALARM`,
				Severity: '3',
				Category: 'Performance',
				Description: expect.stringContaining('Watches: AWS/EC2 CPUUtilization (InstanceId i-0123456789abcdef0, Average of 60 s)'),
			},
		]);
		expect(data(core, 'CreateOpsItem')).toMatchObject({
			'/aws/dedup': JSON.stringify({ dedupString: `fleetkeeper:test:alarm:web-alarms:${NAME}` }),
			'/aws/resources': JSON.stringify([
				{ arn: `arn:aws:ec2:eu-west-1:111122223333:instance/${NODE}` },
				{ arn: `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${NAME}` },
			]),
			'/aws/automations': expect.stringContaining('fleetkeeper-test-restart-node'),
			threshold: '90',
			occurrences: '1: 2026-03-02 09:00:00 UTC',
			consoleUrl: expect.stringContaining(NAME),
			recentChanges: expect.stringContaining('first recorded'),
			recentCalls: expect.stringContaining('ModifyInstanceAttribute by alice'),
			stack: 'web',
		});
	});

	it('opens it also where nothing around it can be had, and says what', async () => {
		const core = await withAlarm();
		for (const call of ['LookupEvents', 'GetResourceConfigHistory', 'DescribeStackResources', 'DescribeAlarms']) {
			core.on(call, () => Promise.reject(throttled()));
		}
		await hears(core, stateChange('ALARM', 0));

		expect(data(core, 'CreateOpsItem')['notKnown']).toContain('CloudTrail: ThrottlingException');
	});

	it('adds an occurrence to the item that is open, however often', async () => {
		const core = await withAlarm();
		await hears(core, stateChange('ALARM', 0));
		core.on('GetOpsItem', () => ({ OpsItem: { Status: 'InProgress', OperationalData: core.calls('CreateOpsItem')[0].OperationalData } }));
		core.pass(2 * MINUTE);
		await hears(core, stateChange('OK', MINUTE), stateChange('ALARM', 2 * MINUTE));

		expect(core.calls('CreateOpsItem')).toHaveLength(1);
		expect(data(core, 'UpdateOpsItem')).toMatchObject({ occurrences: '2: from 2026-03-02 09:00:00 UTC to 2026-03-02 09:02:00 UTC' });
		expect(core.calls('LookupEvents')).toHaveLength(1);
		expect(await latest(core)).toMatchObject({ occurrence: 1, alarm: { count: 2 }, result: { opsItem: 'opened' } });
	});

	it('resolves the item when it has been calm', async () => {
		const core = await withAlarm();
		await hears(core, stateChange('ALARM', 0));
		core.pass(3 * MINUTE);
		await hears(core, stateChange('OK', 3 * MINUTE));
		await tickEvery(core, 11);

		expect(core.calls('UpdateOpsItem')).toMatchObject([{ OpsItemId: ITEM, Status: 'Resolved' }]);
		expect(data(core, 'UpdateOpsItem')).toMatchObject({ lasted: 'it lasted 3 min and went off once' });
		expect(await latest(core)).toMatchObject({ state: 'succeeded', result: { resolved: true } });
	});

	it('is told to people otherwise where OpsCenter is full', async () => {
		const core = await withAlarm();
		core.on('CreateOpsItem', () => Promise.reject(awsError('OpsItemLimitExceededException', '10,000 this month')));
		await hears(core, stateChange('ALARM', 0));

		const [{ Entries }] = core.calls('PutEvents');
		expect(JSON.parse(Entries[0].Detail)).toMatchObject({ alert: true, state: 'verifying', result: { opsItem: 'refused' } });
	});

	it('is opened once by two runs of its event', async () => {
		const core = await withAlarm();
		const event = stateChange('ALARM', 0);
		await Promise.all([openFromAlarms(core.another(), [event]), openFromAlarms(core.another(), [event])]);

		expect(core.calls('CreateOpsItem')).toHaveLength(1);
		expect(await latest(core)).toMatchObject({ occurrence: 1, alarm: { count: 1 } });
	});

	it('is opened by the earliest event of a batch, whatever their order in it', async () => {
		const core = await withAlarm();
		core.pass(3 * MINUTE);
		const results = await hears(core, stateChange('OK', 2 * MINUTE), stateChange('ALARM', MINUTE));

		expect(results).toMatchObject([{ outcome: 'exists' }, { outcome: 'opened' }]);
		expect(await latest(core)).toMatchObject({ alarm: { state: 'OK', calmAt: OPENED_AT + 2 * MINUTE + CALM } });
	});

	it('late is opened only where CloudWatch says that it still is in ALARM', async () => {
		const core = await withAlarm();
		core.pass(20 * MINUTE);
		stands(core, 'OK', 5 * MINUTE);

		expect(await hears(core, stateChange('ALARM', 0))).toMatchObject([{ operation: { state: 'skipped' } }]);
		expect(core.calls('CreateOpsItem')).toHaveLength(0);
	});
});

describe('The runbook of an alarm', () => {
	it('starts at once with what the event says, and is noted in the item when it has succeeded', async () => {
		const core = await withAlarm(restart());
		await hears(core, stateChange('ALARM', 0));
		expect(core.calls('StartAutomationExecution')).toMatchObject([{ Parameters: { InstanceId: [NODE] } }]);

		core.on('ListTagsForResource', () => ({ TagList: core.calls('StartAutomationExecution')[0].Tags }));
		core.pass(2 * MINUTE);
		await settleExecutions(createServices(core.deps, [alarm]), [executionEvent(executionId(1))]);

		expect(data(core, 'UpdateOpsItem')['ran']).toBe('2026-03-02 09:02:00 UTC restart-node: Success');
		expect(await latest(core)).toMatchObject({ state: 'verifying' });
	});

	it('that fails raises the severity of the item, which a later OK resolves after the calm', async () => {
		const core = await withAlarm(restart());
		await hears(core, stateChange('ALARM', 0));
		core.on('ListTagsForResource', () => ({ TagList: core.calls('StartAutomationExecution')[0].Tags }));
		core.on('GetAutomationExecution', () => ({
			AutomationExecution: {
				AutomationExecutionStatus: 'Failed',
				StepExecutions: [{ StepName: 'restart', StepStatus: 'Failed', FailureMessage: 'the node did not stop' }],
			},
		}));
		core.pass(MINUTE);
		await settleExecutions(core.services, [executionEvent(executionId(1), 'Failed')]);

		expect(core.calls('UpdateOpsItem')).toMatchObject([{ Severity: '2' }]);
		expect(data(core, 'UpdateOpsItem')['status']).toContain('step restart: the node did not stop');
		expect(await latest(core)).toMatchObject({ state: 'failed' });

		core.pass(MINUTE);
		const [opening] = await hears(core, stateChange('OK', 2 * MINUTE));
		expect(opening).toMatchObject({ outcome: 'opened', operation: { occurrence: 2, state: 'verifying' } });
		await tickEvery(core, 11);
		expect(core.calls('UpdateOpsItem').at(-1)).toMatchObject({ OpsItemId: ITEM, Status: 'Resolved' });
		expect(await latest(core)).toMatchObject({ state: 'succeeded', occurrence: 2, result: { resolved: true } });
	});

	it('runs again when the alarm goes off after it failed, and the count goes on', async () => {
		const core = await withAlarm(restart());
		core.on('StartAutomationExecution', () => Promise.reject(awsError('AutomationDefinitionNotFoundException')));
		await hears(core, stateChange('ALARM', 0));
		expect(await latest(core)).toMatchObject({ state: 'failed', result: { opsItemId: ITEM } });

		core.on('CreateOpsItem', () => Promise.reject(awsError('OpsItemAlreadyExistsException', 'it is open', 400, { OpsItemId: ITEM })));
		core.on('StartAutomationExecution', () => ({ AutomationExecutionId: executionId(2) }));
		core.pass(2 * MINUTE);
		await hears(core, stateChange('ALARM', 2 * MINUTE));

		expect(await latest(core)).toMatchObject({ occurrence: 2, state: 'running', alarm: { count: 2 }, result: { opsItem: 'added' } });
	});
});
