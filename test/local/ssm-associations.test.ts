import { describe, expect, it } from 'vitest';
import { associate, describeOne, failing, runsOn } from './support/associations.ts';
import { errorOf, nodeId, type SmallAws, smallAws, webFleet } from './support/small-aws.ts';

const HOUR = 3600;
const STATE = 'EC2 State Manager Association State Change';
const NODE_STATE = 'EC2 State Manager Instance Association State Change';

const executionsOf = (aws: SmallAws, AssociationId: string) =>
	aws.call('ssm', 'DescribeAssociationExecutions', { AssociationId }).AssociationExecutions;
const targetsOf = (aws: SmallAws, AssociationId: string, ExecutionId = executionsOf(aws, AssociationId)[0].ExecutionId) =>
	aws.call('ssm', 'DescribeAssociationExecutionTargets', { AssociationId, ExecutionId }).AssociationExecutionTargets;
const statuses = (all: readonly { readonly Status: string }[]) => all.map(({ Status }) => Status);

describe('an association', () => {
	it('runs on its targets when it is made, without a command', async () => {
		const aws = smallAws(webFleet(2));
		const id = associate(aws, { AssociationName: 'agents', ComplianceSeverity: 'HIGH' });

		expect(describeOne(aws, id)).toMatchObject({
			AssociationVersion: '1',
			DocumentVersion: '$DEFAULT',
			MaxErrors: '100%',
			MaxConcurrency: '100%',
			SyncCompliance: 'AUTO',
			Overview: { Status: 'Pending', AssociationStatusAggregatedCount: {} },
		});
		await aws.advance(60);

		expect(describeOne(aws, id).Overview).toEqual({
			Status: 'Success',
			DetailedStatus: 'Success',
			AssociationStatusAggregatedCount: { Success: 2 },
		});
		expect(executionsOf(aws, id)).toMatchObject([{ AssociationVersion: '1', Status: 'Success', ResourceCountByStatus: '{Success=2}' }]);
		expect(targetsOf(aws, id)[0]).toMatchObject({
			ResourceId: nodeId(1),
			ResourceType: 'ManagedInstance',
			Status: 'Success',
			OutputSource: { OutputSourceType: 'RunCommand' },
		});
		expect(aws.ssm.commands()).toEqual([]);
		expect(aws.events.some(({ detailType }) => detailType.startsWith('EC2 Command'))).toBe(false);
	});

	it('tells of itself and of its nodes, as AWS does', async () => {
		const aws = smallAws(webFleet(2, { 1: failing() }));
		const OutputLocation = { S3Location: { OutputS3BucketName: 'output', OutputS3KeyPrefix: 'state' } };
		const id = associate(aws, { ScheduleExpression: 'rate(30 minutes)', OutputLocation });
		await aws.advance(60);

		const [first, last] = aws.details(STATE);
		expect(first).toMatchObject({ status: 'Pending', 'association-status-aggregated-count': '{"Pending":2}' });
		expect(last).toMatchObject({
			'association-id': id,
			'document-name': 'AWS-RunShellScript',
			'association-version': '1',
			'document-version': 'Optional.empty',
			targets: '[{"key":"tag:service","values":["nginx"]}]',
			status: 'Failed',
			'association-status-aggregated-count': '{"Success":1,"Failed":1}',
			'schedule-expression': 'rate(30 minutes)',
			'association-cwe-version': '1.0',
		});
		expect(aws.events.find(({ detailType }) => detailType === STATE)?.resources).toEqual([
			'arn:aws:ssm:eu-west-1::document/AWS-RunShellScript',
		]);
		expect(aws.details(NODE_STATE).find(({ status }) => status === 'Failed')).toMatchObject({
			'instance-id': nodeId(2),
			'detailed-status': 'Failed',
			'error-code': '3',
			'execution-summary': '1 out of 1 plugin processed, 0 success, 1 failed, 0 timedout, 0 skipped',
			'output-url': expect.stringMatching(`^https://s3.eu-west-1.amazonaws.com/output/state/${nodeId(2)}/${id}/`),
			'instance-association-cwe-version': '1',
		});
	});

	it('makes its nodes comply, or not', async () => {
		const aws = smallAws(webFleet(2, { 1: failing() }));
		const id = associate(aws, { ComplianceSeverity: 'CRITICAL' });
		associate(aws, { SyncCompliance: 'MANUAL' });
		await aws.advance(60);

		const items = (number: number) => aws.call('ssm', 'ListComplianceItems', { ResourceIds: [nodeId(number)] }).ComplianceItems;
		expect(items(1)).toMatchObject([{ Id: id, ComplianceType: 'Association', Status: 'COMPLIANT', Severity: 'CRITICAL' }]);
		expect(items(2)).toMatchObject([{ Id: id, Status: 'NON_COMPLIANT', Details: { DocumentName: 'AWS-RunShellScript' } }]);
		const told = aws.details('Configuration Compliance State Change').map((detail) => [detail['resource-id'], detail['compliance-status']]);
		expect(told.sort()).toEqual([
			[nodeId(1), 'compliant'],
			[nodeId(2), 'non_compliant'],
		]);
		aws.call('ssm', 'DeleteAssociation', { AssociationId: id });
		expect(items(2)).toEqual([]);
	});

	it('runs by its schedule, and with ApplyOnlyAtCronInterval not before', async () => {
		const aws = smallAws(webFleet(1));
		const now = associate(aws, { ScheduleExpression: 'cron(0 10 ? * * *)' });
		const later = associate(aws, { ScheduleExpression: 'cron(0 10 ? * * *)', ApplyOnlyAtCronInterval: true });
		await aws.advance(HOUR - 60);
		expect([executionsOf(aws, now).length, executionsOf(aws, later).length]).toEqual([1, 0]);
		await aws.advance(120);

		expect([executionsOf(aws, now).length, executionsOf(aws, later).length]).toEqual([2, 1]);
	});

	it('runs on a node that registers later, unless it keeps to its schedule', async () => {
		const aws = smallAws(webFleet(2, { 1: { agent: 'none' } }));
		const id = associate(aws);
		associate(aws, { ScheduleExpression: 'cron(0 10 ? * * *)', ApplyOnlyAtCronInterval: true });
		await aws.advance(60);
		expect(runsOn(aws, 1)).toBe(1);
		aws.ec2.launch({
			machine: { platform: 'Linux', bootSeconds: 1, registerSeconds: 5, behaviours: {} },
			tags: { service: 'nginx' },
			id: nodeId(3),
		});
		aws.ec2.launch({
			machine: { platform: 'Linux', bootSeconds: 1, registerSeconds: 5, behaviours: {} },
			tags: { service: 'db' },
			id: nodeId(4),
		});
		await aws.advance(60);

		aws.ssm.setAgent(nodeId(2), 'online');
		await aws.advance(60);

		expect([runsOn(aws, 1), runsOn(aws, 2), runsOn(aws, 3), runsOn(aws, 4)]).toEqual([1, 1, 1, 0]);
		expect(targetsOf(aws, id).map(({ ResourceId }: { ResourceId: string }) => ResourceId)).toEqual([nodeId(2)]);
		expect(describeOne(aws, id).Overview.AssociationStatusAggregatedCount).toEqual({ Success: 3 });
	});

	it('waits for a node that is away, until it is due again', async () => {
		const aws = smallAws(webFleet(2, { 1: { agent: 'lost' } }));
		const id = associate(aws, { ScheduleExpression: 'rate(30 minutes)' });
		await aws.advance(60);
		expect(describeOne(aws, id).Overview).toMatchObject({
			Status: 'Pending',
			AssociationStatusAggregatedCount: { Success: 1, Pending: 1 },
		});
		await aws.advance(1800);
		const [, first] = executionsOf(aws, id);
		expect([first.Status, statuses(targetsOf(aws, id, first.ExecutionId))]).toEqual(['TimedOut', ['Success', 'TimedOut']]);
		aws.ssm.setAgent(nodeId(2), 'online');
		await aws.advance(60);

		expect(describeOne(aws, id).Overview.Status).toBe('Success');
		expect(runsOn(aws, 2)).toBe(1);
	});

	it('keeps to its concurrency, and stops beyond its errors', async () => {
		const aws = smallAws(webFleet(5, {}, failing(10)));
		const id = associate(aws, { MaxConcurrency: '1', MaxErrors: '1' });
		await aws.advance(20);
		expect(statuses(targetsOf(aws, id)).filter((status) => status === 'InProgress')).toHaveLength(1);
		await aws.advance(120);

		expect(statuses(targetsOf(aws, id))).toEqual(['Failed', 'Failed', 'Skipped', 'Skipped', 'Skipped']);
		expect(executionsOf(aws, id)[0]).toMatchObject({ Status: 'Failed', ResourceCountByStatus: '{Failed=2, Skipped=3}' });
	});

	it('ends with its duration', async () => {
		const aws = smallAws(webFleet(1, {}, { behaviours: { '*': { durationSeconds: 3500 } } }));
		const Parameters = { commands: ['true'], executionTimeout: ['7200'] };
		const cron = { ScheduleExpression: 'cron(0 10 ? * * *)', ApplyOnlyAtCronInterval: true, Duration: 1 };
		const short = associate(aws, { ...cron, Parameters });
		await aws.advance(2 * HOUR - 60);
		expect(statuses(executionsOf(aws, short))).toEqual(['Success']);
		aws.ssm.behave(nodeId(1), { '*': { durationSeconds: 3700 } });
		await aws.advance(24 * HOUR + 120);

		expect(statuses(executionsOf(aws, short))).toEqual(['TimedOut', 'Success']);
		expect(describeOne(aws, short).Overview.Status).toBe('Failed');
	});

	it('runs when it is asked to, on all of its targets', async () => {
		const aws = smallAws(webFleet(2));
		const id = associate(aws);
		await aws.advance(60);
		aws.call('ssm', 'StartAssociationsOnce', { AssociationIds: [id] });
		await aws.advance(60);

		expect([runsOn(aws, 1), runsOn(aws, 2)]).toEqual([2, 2]);
		expect(errorOf(() => aws.call('ssm', 'StartAssociationsOnce', { AssociationIds: [nodeId(1)] })).code).toBe('AssociationDoesNotExist');
	});

	it('is gated by its calendars', async () => {
		const aws = smallAws(webFleet(1));
		const events = ['BEGIN:VEVENT', 'UID:1', 'DTSTART:20260302T093000Z', 'DTEND:20260302T103000Z', 'SUMMARY:freeze', 'END:VEVENT'];
		aws.ssm.addDocument(
			'freeze',
			'ChangeCalendar',
			['BEGIN:VCALENDAR', 'X-CALENDAR-TYPE:DEFAULT_OPEN', ...events, 'END:VCALENDAR'].join('\r\n'),
		);
		const id = associate(aws, { ScheduleExpression: 'cron(0 0/1 ? * * *)', ApplyOnlyAtCronInterval: true, CalendarNames: ['freeze'] });
		await aws.advance(2 * HOUR + 60);

		expect(executionsOf(aws, id).map(({ CreatedTime }: { CreatedTime: Date }) => CreatedTime.toISOString())).toEqual([
			'2026-03-02T11:00:00.000Z',
		]);
	});
});

describe('AWS-RefreshAssociation', () => {
	it('applies associations again on the nodes it is sent to, and on no others', async () => {
		const aws = smallAws(webFleet(2));
		const id = associate(aws);
		associate(aws);
		await aws.advance(60);
		const send = (associationIds: string[]) =>
			aws.call('ssm', 'SendCommand', { DocumentName: 'AWS-RefreshAssociation', InstanceIds: [nodeId(2)], Parameters: { associationIds } });
		const { CommandId } = send([id]).Command;
		await aws.advance(60);

		const documents = (number: number) => aws.ssm.node(nodeId(number))?.runs.map(({ document }) => document);
		expect(documents(1)).toEqual(['AWS-RunShellScript', 'AWS-RunShellScript']);
		expect(documents(2)).toEqual(['AWS-RunShellScript', 'AWS-RunShellScript', 'AWS-RefreshAssociation', 'AWS-RunShellScript']);
		expect(aws.call('ssm', 'GetCommandInvocation', { CommandId, InstanceId: nodeId(2) })).toMatchObject({
			Status: 'Success',
			StandardOutputContent: `Associations refreshed: ${id}.\n`,
		});
		expect(statuses(targetsOf(aws, id))).toEqual(['Success']);
		expect(describeOne(aws, id).Overview.AssociationStatusAggregatedCount).toEqual({ Success: 2 });
	});

	it('lets a failed association recover', async () => {
		const aws = smallAws(webFleet(2, { 1: { behaviours: { '*': [{ exitCode: 1 }, {}] } } }));
		const id = associate(aws);
		await aws.advance(60);
		expect(describeOne(aws, id).Overview.Status).toBe('Failed');
		// Its own run takes the first of the outcomes that follow.
		aws.call('ssm', 'SendCommand', { DocumentName: 'AWS-RefreshAssociation', InstanceIds: [nodeId(2)] });
		await aws.advance(60);

		expect(describeOne(aws, id).Overview.Status).toBe('Success');
		expect(aws.details(STATE).map(({ status }) => status)).toEqual(['Pending', 'Failed', 'Pending', 'Success']);
		expect(aws.details('Configuration Compliance State Change').at(-1)).toMatchObject({
			'resource-id': nodeId(2),
			'compliance-status': 'compliant',
		});
	});
});
