import { describe, expect, it } from 'vitest';
import {
	patchOutputPrefix,
	patchRoleArn,
	patchRoleName,
	patchTarget,
	patchTask,
	patchWindowName,
	patchWindowPrefix,
} from '../../../shared/patching/task.ts';
import { settingsFrom } from '../../../shared/settings.ts';

const settings = settingsFrom({ STAGE: 'dev' });
const GROUP = {
	name: 'prod',
	soakDays: 2,
	approveAfterDays: 13,
	maxConcurrency: '10%',
	maxErrors: '5%',
	reboot: true,
	hours: 3,
	cutoffHours: 1,
};
const taskOf = (changes: Partial<typeof GROUP> = {}) =>
	patchTask({ settings, group: { ...GROUP, ...changes }, targetId: 'target-1', bucket: 'output', roleArn: 'arn:role' });
const commandOf = (changes?: Partial<typeof GROUP>) => taskOf(changes).TaskInvocationParameters.RunCommand;

describe('the window of a patch group', () => {
	it('is named for its stage and group', () => {
		expect(patchWindowName(settings, 'prod')).toBe('fleetkeeper-dev-patch-prod');
		expect(patchWindowName(settings, 'prod').startsWith(patchWindowPrefix(settings))).toBe(true);
	});

	it('targets the nodes that carry the tag of the group', () => {
		expect(patchTarget(GROUP)).toEqual({
			Name: 'patch-group-prod',
			ResourceType: 'INSTANCE',
			Targets: [{ Key: 'tag:PatchGroup', Values: ['prod'] }],
		});
	});

	it('installs patches on its target, at the rate of the group, in the role of patching', () => {
		expect(taskOf()).toMatchObject({
			TaskType: 'RUN_COMMAND',
			TaskArn: 'AWS-RunPatchBaseline',
			ServiceRoleArn: 'arn:role',
			Targets: [{ Key: 'WindowTargetIds', Values: ['target-1'] }],
			MaxConcurrency: '10%',
			MaxErrors: '5%',
			CutoffBehavior: 'CANCEL_TASK',
		});
		expect(commandOf().Parameters).toMatchObject({ Operation: ['Install'], RebootOption: ['RebootIfNeeded'] });
		expect(commandOf({ reboot: false }).Parameters.RebootOption).toEqual(['NoReboot']);
	});

	it('leaves the snapshot to the window: one of its own would be another for each node', () => {
		expect(commandOf().Parameters).not.toHaveProperty('SnapshotId');
	});

	it('writes what the nodes say to the output bucket and log group', () => {
		expect(commandOf()).toMatchObject({
			OutputS3BucketName: 'output',
			OutputS3KeyPrefix: patchOutputPrefix('prod'),
			CloudWatchOutputConfig: { CloudWatchOutputEnabled: true, CloudWatchLogGroupName: '/fleetkeeper/dev/command-output' },
		});
	});

	it.each([
		[3, 1, '7200', 6_900],
		[1, 0, '3600', 3_300],
		[24, 0, '36000', 86_100],
	])('of %d hours with a cutoff of %d has %s seconds for a node, and gives up after %d those that did not begin', (...of) => {
		const [hours, cutoffHours, step, delivery] = of;
		const { Parameters, TimeoutSeconds } = commandOf({ hours, cutoffHours });
		expect([Parameters.StepTimeoutSeconds, TimeoutSeconds]).toEqual([[step], delivery]);
	});
});

it.each([
	['eu-west-1', 'arn:aws:iam::111122223333:role/fleetkeeper-dev-patching-eu-west-1'],
	['us-gov-west-1', 'arn:aws-us-gov:iam::111122223333:role/fleetkeeper-dev-patching-us-gov-west-1'],
])('the role of patching in %s is %s', (region, arn) => {
	expect(patchRoleArn(settings, '111122223333', region)).toBe(arn);
});

it('the name of the role is one that IAM takes, with the longest names of a stage and a Region', () => {
	expect(patchRoleName('x'.repeat(20), 'ap-southeast-1').length).toBeLessThanOrEqual(64);
});
