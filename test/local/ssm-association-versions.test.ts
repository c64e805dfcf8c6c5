import { describe, expect, it } from 'vitest';
import { associate, describeOne, failing, runsOn, WEB } from './support/associations.ts';
import { errorOf, nodeId, smallAws, webFleet } from './support/small-aws.ts';

const HOUR = 3600;

describe('associations', () => {
	it('are listed, changed and versioned: an update keeps nothing but document and targets', async () => {
		const aws = smallAws(webFleet(1));
		const AssociationId = associate(aws, { AssociationName: 'old', MaxErrors: '10%', Tags: [{ Key: 'team', Value: 'web' }] });
		await aws.advance(60);
		aws.call('ssm', 'UpdateAssociation', { AssociationId, AssociationVersion: '1', Parameters: { commands: ['uptime'] } });
		await aws.advance(60);

		const changed = describeOne(aws, AssociationId);
		expect(changed).toMatchObject({ AssociationVersion: '2', MaxErrors: '100%', Parameters: { commands: ['uptime'] }, ...WEB });
		expect(changed.AssociationName).toBeUndefined();
		expect(runsOn(aws, 1)).toBe(2);
		expect(aws.call('ssm', 'DescribeAssociation', { AssociationId, AssociationVersion: '1' }).AssociationDescription.AssociationName).toBe(
			'old',
		);
		expect(aws.call('ssm', 'ListAssociationVersions', { AssociationId }).AssociationVersions).toMatchObject([
			{ AssociationVersion: '1', AssociationName: 'old' },
			{ AssociationVersion: '2' },
		]);
		const list = (key: string, value: string) =>
			aws.call('ssm', 'ListAssociations', { AssociationFilterList: [{ key, value }] }).Associations;
		expect(list('AssociationStatusName', 'Success')).toMatchObject([
			{ AssociationId, Name: 'AWS-RunShellScript', AssociationVersion: '2' },
		]);
		expect(list('Name', 'AWS-RunPowerShellScript')).toEqual([]);
		expect(aws.call('ssm', 'ListTagsForResource', { ResourceType: 'Association', ResourceId: AssociationId }).TagList).toHaveLength(1);
		const stale = { AssociationId, AssociationVersion: '1' };
		expect(errorOf(() => aws.call('ssm', 'UpdateAssociation', stale)).code).toBe('InvalidAssociationVersion');
	});

	it('are read from the node', async () => {
		const aws = smallAws(webFleet(2, { 0: failing() }));
		const AssociationId = associate(aws);
		associate(aws, { Targets: [{ Key: 'InstanceIds', Values: [nodeId(2)] }] });
		await aws.advance(60);

		const { InstanceAssociationStatusInfos } = aws.call('ssm', 'DescribeInstanceAssociationsStatus', { InstanceId: nodeId(1) });
		expect(InstanceAssociationStatusInfos).toEqual([
			expect.objectContaining({ AssociationId, InstanceId: nodeId(1), Status: 'Failed', DetailedStatus: 'Failed', ErrorCode: '3' }),
		]);
		const { Associations } = aws.call('ssm', 'DescribeEffectiveInstanceAssociations', { InstanceId: nodeId(2) });
		expect(Associations).toHaveLength(2);
		expect(JSON.parse(Associations[0].Content).schemaVersion).toBe('2.2');
		expect(errorOf(() => aws.call('ssm', 'DescribeInstanceAssociationsStatus', { InstanceId: nodeId(9) })).code).toBe('InvalidInstanceId');
	});

	it('run again with a new version of their document where they follow the latest', async () => {
		const aws = smallAws(webFleet(1));
		const steps = (command: string) => ({
			schemaVersion: '2.2',
			mainSteps: [{ action: 'aws:runShellScript', name: 'run', inputs: { runCommand: [command] } }],
		});
		aws.ssm.addDocument('configure', 'Command', steps('one'));
		associate(aws, { Name: 'configure', Parameters: {}, DocumentVersion: '$LATEST' });
		associate(aws, { Name: 'configure', Parameters: {} });
		await aws.advance(60);
		aws.call('ssm', 'UpdateDocument', { Name: 'configure', Content: JSON.stringify(steps('two')) });
		await aws.advance(60);

		expect(runsOn(aws, 1)).toBe(3);
	});

	it('are gone once deleted', async () => {
		const aws = smallAws(webFleet(1));
		const AssociationId = associate(aws, { ScheduleExpression: 'rate(30 minutes)' });
		aws.call('ssm', 'DeleteAssociation', { AssociationId });
		await aws.advance(2 * HOUR);

		expect(runsOn(aws, 1)).toBe(0);
		expect(errorOf(() => describeOne(aws, AssociationId)).code).toBe('AssociationDoesNotExist');
		expect(errorOf(() => aws.call('ssm', 'DeleteAssociation', { AssociationId })).code).toBe('AssociationDoesNotExist');
	});

	it.each([
		['InvalidDocument', { Name: 'no-such-document' }],
		['InvalidParameters', { Parameters: {} }],
		['InvalidTarget', { Targets: [] }],
		['InvalidTarget', { Targets: [{ Key: 'colour', Values: ['blue'] }] }],
		['InvalidSchedule', { ScheduleExpression: 'rate(10 minutes)' }],
		['InvalidSchedule', { ScheduleExpression: 'rate(31 days)' }],
		['InvalidSchedule', { ScheduleExpression: 'cron(0 0 10 ? * * *)' }],
		['InvalidSchedule', { ScheduleExpression: 'cron(0 10 1 JAN ? *)' }],
		['InvalidSchedule', { ScheduleExpression: 'rate(1 day)', ApplyOnlyAtCronInterval: true }],
		['InvalidSchedule', { ScheduleExpression: 'cron(0 10 ? * * *)', Duration: 2 }],
		['ValidationException', { MaxConcurrency: '0' }],
		['ValidationException', { InstanceId: nodeId(1) }],
		['UnknownOperationException', { AutomationTargetParameterName: 'InstanceId' }],
	])('are refused with %s: %j', (code, input) => {
		expect(errorOf(() => associate(smallAws(webFleet(1)), input)).code).toBe(code);
	});
});
