/** What Auto Scaling knows of the groups and hooks that lifecycle playbooks name: timers, defaults, tags. */

import {
	type AutoScalingGroup,
	DescribeLifecycleHooksCommand,
	type LifecycleHook,
	paginateDescribeAutoScalingGroups,
} from '@aws-sdk/client-auto-scaling';
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api';
import type { Aws } from '../../shared/aws/clients.ts';
import { matches } from '../../shared/event-pattern.ts';
import { timersOf } from '../../shared/outcomes/hooks.ts';
import { durationText } from '../../shared/playbook/duration.ts';
import { couldMatch } from '../../shared/playbook/match.ts';
import type { Problem } from '../../shared/playbook/problem.ts';
import type { EventPattern, LifecycleOccasion, LifecyclePlaybook } from '../../shared/playbook/types.ts';
import type { CheckedPlaybook } from './folder.ts';

/** The clock ticks once a minute and may be late: a hook whose timeout is shorter than this cannot be kept alive. */
const MIN_HEARTBEAT_SECONDS = 180;
/** GetResources takes up to 100 ARNs. */
const ARNS = 100;

const TRANSITIONS: Readonly<Record<LifecycleOccasion, string>> = {
	'instance-terminating': 'autoscaling:EC2_INSTANCE_TERMINATING',
	'instance-launching': 'autoscaling:EC2_INSTANCE_LAUNCHING',
};

type Checked = CheckedPlaybook<LifecyclePlaybook>;

/** Asks nothing where there is no such playbook. Rejects with what the SDK throws. */
export async function checkGroups(aws: Aws, playbooks: readonly Checked[]): Promise<Problem[]> {
	const { reach, timers } = await lookAtGroups(aws, playbooks);
	return [...reach, ...timers];
}

export interface GroupProblems {
	/** Of groups, hooks and instances that a playbook is to reach. */
	readonly reach: readonly Problem[];
	/** Of hooks that it does reach, and whose timers or default do not fit. */
	readonly timers: readonly Problem[];
	/** Groups that have such a hook. */
	readonly served: readonly AutoScalingGroup[];
}

/** As `checkGroups`, told apart. */
export async function lookAtGroups(aws: Aws, playbooks: readonly Checked[]): Promise<GroupProblems> {
	if (playbooks.length === 0) return { reach: [], timers: [], served: [] };
	const groups: AutoScalingGroup[] = [];
	for await (const page of paginateDescribeAutoScalingGroups({ client: aws.autoScaling }, {}))
		groups.push(...(page.AutoScalingGroups ?? []));
	const hooks = new Map<string, readonly LifecycleHook[]>();
	const reach: Problem[] = [];
	const timers: Problem[] = [];
	const servedGroups = new Set<AutoScalingGroup>();
	for (const checked of playbooks) {
		const { detail, tags } = checked.playbook.when;
		const meant = groups.filter(({ AutoScalingGroupName = '' }) => couldMatch(detail, { AutoScalingGroupName }));
		for (const { AutoScalingGroupName = '' } of meant) {
			if (!hooks.has(AutoScalingGroupName)) hooks.set(AutoScalingGroupName, await hooksOf(aws, AutoScalingGroupName));
		}
		reach.push(...hookProblems(checked, meant, hooks));
		if (tags) reach.push(...(await tagProblems(aws, checked, tags, meant)));
		for (const group of meant) {
			for (const hook of servedHooks(checked, group, hooks)) {
				servedGroups.add(group);
				reach.push(...observeProblems(checked, group, hook));
				timers.push(...timerProblems(checked, group, hook));
			}
		}
	}
	return { reach, timers, served: [...servedGroups] };
}

/** The hooks of a group that a playbook is for. */
function servedHooks(
	{ playbook }: Checked,
	{ AutoScalingGroupName: group = '' }: AutoScalingGroup,
	hooks: ReadonlyMap<string, readonly LifecycleHook[]>,
): readonly LifecycleHook[] {
	return (hooks.get(group) ?? []).filter(
		({ LifecycleHookName: hook = '', LifecycleTransition }) =>
			LifecycleTransition === TRANSITIONS[playbook.on] &&
			couldMatch(playbook.when.detail, { AutoScalingGroupName: group, LifecycleHookName: hook }),
	);
}

async function hooksOf(aws: Aws, group: string): Promise<readonly LifecycleHook[]> {
	return (await aws.autoScaling.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName: group }))).LifecycleHooks ?? [];
}

function hookProblems(
	checked: Checked,
	groups: readonly AutoScalingGroup[],
	hooks: ReadonlyMap<string, readonly LifecycleHook[]>,
): Problem[] {
	const at = ['when', 'detail'];
	if (groups.length === 0) return [checked.problem(at, 'warning', 'no Auto Scaling group matches', 'make the group, or correct its name')];
	const without = groups
		.filter((group) => servedHooks(checked, group, hooks).length === 0)
		.map(({ AutoScalingGroupName = '' }) => AutoScalingGroupName);
	if (without.length === groups.length) {
		const message = `none of the groups that match has such a hook for ${checked.playbook.on}: ${without.join(', ')}`;
		return [checked.problem(at, 'error', message, 'put the hook on the group, or correct its name')];
	}
	if (without.length === 0) return [];
	return [checked.problem(at, 'warning', `these groups match and have no such hook: ${without.join(', ')}`)];
}

const nameOf = ({ AutoScalingGroupName }: AutoScalingGroup, { LifecycleHookName }: LifecycleHook) =>
	`hook ${LifecycleHookName} of ${AutoScalingGroupName}`;

function observeProblems(checked: Checked, group: AutoScalingGroup, hook: LifecycleHook): Problem[] {
	if (!checked.playbook.brakes?.observe) return [];
	const { heartbeatTimeoutSeconds, defaultResult } = timersOf(hook);
	const message = `${nameOf(group, hook)} is not completed: where nobody else does, it holds each instance for ${durationText(heartbeatTimeoutSeconds)} and ends with ${defaultResult}`;
	return [checked.problem(['mode'], 'warning', message)];
}

function timerProblems(checked: Checked, group: AutoScalingGroup, hook: LifecycleHook): Problem[] {
	const { run, then } = checked.playbook;
	const { heartbeatTimeoutSeconds, globalTimeoutSeconds, defaultResult } = timersOf(hook);
	const name = nameOf(group, hook);
	const problems: Problem[] = [];
	if (heartbeatTimeoutSeconds < MIN_HEARTBEAT_SECONDS) {
		const message = `${name} has a heartbeat timeout of ${durationText(heartbeatTimeoutSeconds)}: it cannot be kept alive by a clock that ticks once a minute`;
		problems.push(checked.problem(['when', 'detail'], 'warning', message, `give it ${MIN_HEARTBEAT_SECONDS} seconds or more`));
	}
	if (run.timeoutSeconds > globalTimeoutSeconds) {
		const message = `${durationText(run.timeoutSeconds)} is longer than ${name} can hold an instance: ${durationText(globalTimeoutSeconds)}`;
		problems.push(
			checked.problem(['run', 'timeout'], 'error', message, 'shorten the timeout, or give the hook a longer heartbeat timeout'),
		);
	}
	if (defaultResult !== then.onFailure.lifecycle) {
		const message = `${name} ends with ${defaultResult} where nobody completes it, and this playbook completes it with ${then.onFailure.lifecycle} on failure`;
		problems.push(checked.problem(['then', 'onFailure', 'lifecycle'], 'warning', message, 'give the hook the same default result'));
	}
	return problems;
}

async function tagProblems(aws: Aws, checked: Checked, pattern: EventPattern, groups: readonly AutoScalingGroup[]): Promise<Problem[]> {
	const problems: Problem[] = [];
	for (const group of groups) {
		const arns = (group.Instances ?? []).map(({ InstanceId }) => instanceArn(group, InstanceId ?? ''));
		const tags = await tagsOf(aws, arns);
		const without = arns.filter((arn) => !matches(pattern, tags.get(arn) ?? {}));
		if (without.length === 0) continue;
		const names = without.slice(0, 3).map((arn) => arn.slice(arn.lastIndexOf('/') + 1));
		const more = without.length > names.length ? ' …' : '';
		const message = `${without.length} of ${arns.length} instances of ${group.AutoScalingGroupName} do not carry these tags: ${names.join(', ')}${more}`;
		problems.push(checked.problem(['when', 'tags'], 'warning', message));
	}
	return problems;
}

/** A resource without any tag is missing in the answer. */
async function tagsOf(aws: Aws, arns: readonly string[]): Promise<ReadonlyMap<string, Record<string, string>>> {
	const found = new Map<string, Record<string, string>>();
	for (let i = 0; i < arns.length; i += ARNS) {
		const output = await aws.tagging.send(new GetResourcesCommand({ ResourceARNList: arns.slice(i, i + ARNS) }));
		for (const { ResourceARN = '', Tags = [] } of output.ResourceTagMappingList ?? []) {
			found.set(ResourceARN, Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])));
		}
	}
	return found;
}

function instanceArn({ AutoScalingGroupARN = '' }: AutoScalingGroup, instanceId: string): string {
	const [arn, partition, , region, account] = AutoScalingGroupARN.split(':');
	return [arn, partition, 'ec2', region, account, `instance/${instanceId}`].join(':');
}
