/**
 * What runs in the maintenance window of a patch group. infra/patching.cjs deploys it for the first group; the windows of the others are
 * deployed empty, and get the same while their ring is open. Pure.
 */

import { partitionOf } from '../context/partition.ts';
import { SERVICE, type Settings } from '../settings.ts';
import type { PatchGroup } from './settings.ts';

/**
 * The tag that says which group a node is in. `Patch Group` is the other name that Patch Manager takes; where tags are allowed in instance
 * metadata it must be this one (user guide, "Patch groups").
 */
export const PATCH_GROUP_TAG = 'PatchGroup';

export const PATCH_DOCUMENT = 'AWS-RunPatchBaseline';
/**
 * So long before the window stops what runs, nodes that have not begun are given up: they are told as never reached, and do not make the
 * whole run one that was cut off. Not sooner, for those that wait for their turn (MaxConcurrency) have not begun either. Seconds.
 */
const GIVEN_UP_BEFORE_SECONDS = 300;
/** The longest that the document takes for StepTimeoutSeconds. */
const LONGEST_STEP_SECONDS = 36_000;

/** The name of a group's window: who has the window knows the group. */
export function patchWindowName({ stage }: Pick<Settings, 'stage'>, group: string): string {
	return `${patchWindowPrefix({ stage })}${group}`;
}

/** What the names of all patch windows of a stage begin with. */
export function patchWindowPrefix({ stage }: Pick<Settings, 'stage'>): string {
	return `${SERVICE}-${stage}-patch-`;
}

/** The role that the tasks of patch windows work in. */
export function patchRoleArn({ stage }: Pick<Settings, 'stage'>, account: string, region: string): string {
	return `arn:${partitionOf(region)}:iam::${account}:role/${patchRoleName(stage, region)}`;
}

export function patchRoleName(stage: string, region: string): string {
	return `${SERVICE}-${stage}-patching-${region}`;
}

/** Where in the output bucket the nodes of a group write what patching says: `<prefix>/<command id>/<node>/...`. */
export function patchOutputPrefix(group: string): string {
	return `patch-output/${group}`;
}

/** The target of a group's window, as RegisterTargetWithMaintenanceWindow takes it, but for the window. */
export function patchTarget({ name }: Pick<PatchGroup, 'name'>) {
	return {
		Name: `patch-group-${name}`,
		ResourceType: 'INSTANCE' as const,
		Targets: [{ Key: `tag:${PATCH_GROUP_TAG}`, Values: [name] }],
	};
}

/** The name of a group's task in its window. */
export function patchTaskName(group: string): string {
	return `install-patches-${group}`;
}

export interface PatchTaskInput {
	readonly settings: Pick<Settings, 'outputLogGroup'>;
	readonly group: PatchGroup;
	/** The id of the window's target. */
	readonly targetId: string;
	/** The output bucket: see shared/settings.ts. */
	readonly bucket: string;
	readonly roleArn: string;
}

/**
 * The task of a group's window, as RegisterTaskWithMaintenanceWindow takes it, but for the window. No SnapshotId is given: in a window it
 * is the execution's, so that all nodes of a run get the same patches (user guide, AWS-RunPatchBaseline).
 */
export function patchTask({ settings, group, targetId, bucket, roleArn }: PatchTaskInput) {
	const { name, maxConcurrency, maxErrors, reboot, hours, cutoffHours } = group;
	const seconds = (hours - cutoffHours) * 3600;
	return {
		Name: patchTaskName(name),
		TaskType: 'RUN_COMMAND' as const,
		TaskArn: PATCH_DOCUMENT,
		ServiceRoleArn: roleArn,
		Targets: [{ Key: 'WindowTargetIds', Values: [targetId] }],
		MaxConcurrency: maxConcurrency,
		MaxErrors: maxErrors,
		Priority: 1,
		CutoffBehavior: 'CANCEL_TASK' as const,
		TaskInvocationParameters: {
			RunCommand: {
				Parameters: {
					Operation: ['Install'],
					RebootOption: [reboot ? 'RebootIfNeeded' : 'NoReboot'],
					StepTimeoutSeconds: [String(Math.min(seconds, LONGEST_STEP_SECONDS))],
				},
				TimeoutSeconds: seconds - GIVEN_UP_BEFORE_SECONDS,
				OutputS3BucketName: bucket,
				OutputS3KeyPrefix: patchOutputPrefix(name),
				CloudWatchOutputConfig: { CloudWatchOutputEnabled: true, CloudWatchLogGroupName: settings.outputLogGroup },
			},
		},
	};
}
