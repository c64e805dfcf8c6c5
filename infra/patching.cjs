/**
 * Patch Manager: a baseline for each patch group and operating system, a maintenance window for each group, and the scan. Part `patching`.
 *
 * The windows are rings. A window cannot be deployed switched off, and does nothing as long as it has no target: only the first group's
 * gets one here. To the others the function maintenance-window gives the same (shared/patching/task.ts) when the group before went well,
 * and takes it away after their run: what fails, here or there, leaves a ring closed.
 */

const { associationFor } = require('./associations.cjs');
const { groupsOf } = require('./patch-groups.cjs');
const { ruleFor } = require('./patch-rules.cjs');
const { listOf } = require('./settings.cjs');
const { PATCH_GROUP_TAG, patchRoleName, patchTarget, patchTask, patchWindowName } = require('../shared/patching/task.ts');
const { settingsFrom } = require('../shared/settings.ts');

const OWN = '${self:service}-${sls:stage}';
const BUCKET = { Ref: 'OutputBucket' };

const sub = (text) => ({ 'Fn::Sub': text });
const allow = (Action, Resource, Condition) => ({ Effect: 'Allow', Action, Resource, ...(Condition ? { Condition } : {}) });
/** The letters and digits of names, as logical ids take them. */
const idOf = (...names) =>
	names.map((name) => name.toLowerCase().replace(/(^|[^a-z0-9])([a-z0-9]?)/g, (_, __, letter) => letter.toUpperCase())).join('');

const baseline = (group, first, os, { patchRules, approvedPatches, rejectedPatches }) => ({
	Type: 'AWS::SSM::PatchBaseline',
	Properties: {
		Name: `${OWN}-${group.name}-${os.toLowerCase().replaceAll('_', '-')}`,
		Description: `Patches of ${os} for patch group ${group.name}`,
		OperatingSystem: os,
		ApprovalRules: { PatchRules: patchRules[os].map((rule) => ruleFor(os, rule, group, first)) },
		...(approvedPatches[os]?.length > 0 && { ApprovedPatches: approvedPatches[os] }),
		// What is rejected stays out, also where something else needs it.
		...(rejectedPatches[os]?.length > 0 && { RejectedPatches: rejectedPatches[os], RejectedPatchesAction: 'BLOCK' }),
		PatchGroups: [group.name],
	},
});

const maintenanceWindow = (stage, { name, schedule, timeZone, offsetDays, hours, cutoffHours }) => ({
	Type: 'AWS::SSM::MaintenanceWindow',
	Properties: {
		Name: patchWindowName({ stage }, name),
		Description: `Installs patches on patch group ${name}`,
		Schedule: schedule,
		ScheduleTimezone: timeZone,
		...(offsetDays !== undefined && { ScheduleOffset: offsetDays }),
		Duration: hours,
		Cutoff: cutoffHours,
		AllowUnassociatedTargets: false,
	},
});

/** What runs in a window, in CloudFormation's words. @param {string} windowId its logical id */
function contentOf(stage, windowId, group) {
	const WindowId = { Ref: windowId };
	const task = patchTask({
		settings: settingsFrom({ STAGE: stage }),
		group,
		targetId: { Ref: `${windowId}Target` },
		bucket: BUCKET,
		roleArn: { 'Fn::GetAtt': ['PatchingRole', 'Arn'] },
	});
	const { RunCommand: MaintenanceWindowRunCommandParameters } = task.TaskInvocationParameters;
	return {
		[`${windowId}Target`]: { Type: 'AWS::SSM::MaintenanceWindowTarget', Properties: { WindowId, ...patchTarget(group) } },
		[`${windowId}Task`]: {
			Type: 'AWS::SSM::MaintenanceWindowTask',
			Properties: { WindowId, ...task, TaskInvocationParameters: { MaintenanceWindowRunCommandParameters } },
		},
	};
}

/**
 * The role that the windows' tasks work in: one document, on nodes of the patch groups. Run Command looks at the tag node by node, also
 * where it is given tags and no ids (user guide, "Restricting Run Command access based on tags"). What lists and cancels knows no resource.
 * The user guide's trust policy for such roles has no condition.
 */
const role = (stage, groups) => ({
	Type: 'AWS::IAM::Role',
	Properties: {
		RoleName: sub(patchRoleName(stage, '${AWS::Region}')),
		AssumeRolePolicyDocument: {
			Version: '2012-10-17',
			Statement: [{ Effect: 'Allow', Principal: { Service: 'ssm.amazonaws.com' }, Action: 'sts:AssumeRole' }],
		},
		Policies: [
			{
				PolicyName: 'patching',
				PolicyDocument: {
					Version: '2012-10-17',
					Statement: [
						allow(
							'ssm:SendCommand',
							[
								sub('arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:instance/*'),
								sub('arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:managed-instance/*'),
							],
							{ StringEquals: { [`ssm:resourceTag/${PATCH_GROUP_TAG}`]: groups.map(({ name }) => name) } },
						),
						allow('ssm:SendCommand', [
							sub('arn:${AWS::Partition}:ssm:${AWS::Region}::document/AWS-RunPatchBaseline'),
							{ 'Fn::GetAtt': ['OutputBucket', 'Arn'] },
						]),
						allow(['ssm:CancelCommand', 'ssm:ListCommandInvocations', 'ssm:ListCommands'], '*'),
					],
				},
			},
		],
	},
});

/** Looks what is missing, and installs nothing: patch compliance is as old as the last look. */
const scan = (groups, schedule) =>
	associationFor('patch-scan', {
		document: 'AWS-RunPatchBaseline',
		parameters: { Operation: ['Scan'] },
		targets: [{ Key: `tag:${PATCH_GROUP_TAG}`, Values: groups.map(({ name }) => name) }],
		schedule,
		severity: 'MEDIUM',
	});

const windowId = ({ name }) => `${idOf('patch', name)}Window`;

/** By logical id. @param values settings, by name */
function patching(stage, values) {
	const groups = groupsOf(values.patchGroups);
	const [first] = groups;
	const baselines = groups.flatMap((group) =>
		Object.keys(values.patchRules).map((os) => [`${idOf('patch', group.name, os)}Baseline`, baseline(group, first, os, values)]),
	);
	return {
		PatchingRole: role(stage, groups),
		...Object.fromEntries(baselines),
		...Object.fromEntries(groups.map((group) => [windowId(group), maintenanceWindow(stage, group)])),
		...contentOf(stage, windowId(first), first),
		...(values.patchScanSchedule && { PatchScanAssociation: scan(groups, values.patchScanSchedule) }),
	};
}

const SETTINGS = ['parts', 'patchGroups', 'patchRules', 'approvedPatches', 'rejectedPatches', 'patchScanSchedule'];

module.exports = {
	/** For the function that follows the runs of the windows: see shared/patching/settings.ts. */
	async environment({ resolveVariable }) {
		const [patchGroups, percent] = await Promise.all([resolveVariable('param:patchGroups'), resolveVariable('param:patchSuccessPercent')]);
		const groups = groupsOf(patchGroups).map(
			({ name, soakDays, approveAfterDays, maxConcurrency, maxErrors, reboot, hours, cutoffHours }) => ({
				...{ name, soakDays, approveAfterDays, maxConcurrency: String(maxConcurrency), maxErrors: String(maxErrors) },
				...{ reboot, hours, cutoffHours },
			}),
		);
		return { PATCHING: JSON.stringify({ successPercent: Number(percent), groups }) };
	},
	/** The logical ids of the windows; none where the part is off. */
	async windowIds({ resolveVariable }) {
		const [parts, patchGroups] = await Promise.all([resolveVariable('param:parts'), resolveVariable('param:patchGroups')]);
		return listOf(parts).includes('patching') ? groupsOf(patchGroups).map(windowId) : [];
	},
	async resources({ resolveVariable }) {
		const given = await Promise.all(SETTINGS.map((name) => resolveVariable(`param:${name}`)));
		const values = Object.fromEntries(SETTINGS.map((name, index) => [name, given[index]]));
		return { Resources: listOf(values.parts).includes('patching') ? patching(await resolveVariable('sls:stage'), values) : {} };
	},
};
