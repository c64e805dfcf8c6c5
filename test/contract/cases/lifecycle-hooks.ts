/** Auto Scaling: lifecycle hooks. */

import {
	CreateAutoScalingGroupCommand,
	DeleteLifecycleHookCommand,
	DescribeLifecycleHooksCommand,
	type LifecycleHook,
	PutLifecycleHookCommand,
	type PutLifecycleHookCommandInput,
} from '@aws-sdk/client-auto-scaling';
import { type Case, createGroup, LAUNCH_TEMPLATE, refusal, type System, some } from '../system.ts';

const TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING';
const LAUNCHING = 'autoscaling:EC2_INSTANCE_LAUNCHING';
const INVALID = { refused: 'ValidationError', status: 400 };

function putHook({ autoScaling }: System, group: string, LifecycleHookName: string, rest: Partial<PutLifecycleHookCommandInput> = {}) {
	return autoScaling.send(new PutLifecycleHookCommand({ AutoScalingGroupName: group, LifecycleHookName, ...rest }));
}

async function hooks({ autoScaling }: System, AutoScalingGroupName: string, ...names: string[]): Promise<LifecycleHook[]> {
	const input = { AutoScalingGroupName, ...(names.length > 0 ? { LifecycleHookNames: names } : {}) };
	return (await autoScaling.send(new DescribeLifecycleHooksCommand(input))).LifecycleHooks ?? [];
}

export const HOOK_CASES: readonly Case[] = [
	{
		name: 'auto scaling: a hook has defaults',
		async act(system) {
			await createGroup(system, 'contract-hook');
			await putHook(system, 'contract-hook', 'drain', { LifecycleTransition: TERMINATING });
			return hooks(system, 'contract-hook');
		},
		gives: [
			{
				AutoScalingGroupName: 'contract-hook',
				LifecycleHookName: 'drain',
				LifecycleTransition: TERMINATING,
				HeartbeatTimeout: 3600,
				GlobalTimeout: 172_800,
				DefaultResult: 'ABANDON',
			},
		],
	},
	{
		name: "auto scaling: a hook's global timeout is a hundred heartbeats",
		async act(system) {
			await createGroup(system, 'contract-global');
			await putHook(system, 'contract-global', 'drain', { LifecycleTransition: TERMINATING, HeartbeatTimeout: 60 });
			return (await hooks(system, 'contract-global')).map((hook) => some(hook, 'HeartbeatTimeout', 'GlobalTimeout'));
		},
		gives: [{ HeartbeatTimeout: 60, GlobalTimeout: 6_000 }],
	},
	{
		name: 'auto scaling: a hook that is put again keeps what is not said',
		async act(system) {
			await createGroup(system, 'contract-again');
			await putHook(system, 'contract-again', 'boot', {
				LifecycleTransition: LAUNCHING,
				HeartbeatTimeout: 600,
				NotificationMetadata: 'ours',
			});
			await putHook(system, 'contract-again', 'boot', { DefaultResult: 'CONTINUE' });
			return (await hooks(system, 'contract-again')).map((hook) =>
				some(hook, 'LifecycleTransition', 'HeartbeatTimeout', 'NotificationMetadata', 'DefaultResult'),
			);
		},
		gives: [{ LifecycleTransition: LAUNCHING, HeartbeatTimeout: 600, NotificationMetadata: 'ours', DefaultResult: 'CONTINUE' }],
	},
	{
		name: 'auto scaling: hooks are described by name, and deleted',
		async act(system) {
			await createGroup(system, 'contract-hooks');
			for (const name of ['one', 'two']) await putHook(system, 'contract-hooks', name, { LifecycleTransition: TERMINATING });
			const chosen = await hooks(system, 'contract-hooks', 'two');
			const input = { AutoScalingGroupName: 'contract-hooks', LifecycleHookName: 'two' };
			await system.autoScaling.send(new DeleteLifecycleHookCommand(input));
			return [chosen, await hooks(system, 'contract-hooks')].map((found) => found.map(({ LifecycleHookName }) => LifecycleHookName));
		},
		gives: [['two'], ['one']],
	},
	{
		name: 'auto scaling: a hook that is not there cannot be deleted',
		async act(system) {
			await createGroup(system, 'contract-hookless');
			const input = { AutoScalingGroupName: 'contract-hookless', LifecycleHookName: 'nothing' };
			return refusal(system.autoScaling.send(new DeleteLifecycleHookCommand(input)));
		},
		gives: INVALID,
	},
	{
		name: 'auto scaling: a group that is not there has no hooks to ask for, and takes none',
		act: async (system) => [
			await refusal(hooks(system, 'contract-nothing')),
			await refusal(putHook(system, 'contract-nothing', 'drain', { LifecycleTransition: TERMINATING })),
		],
		gives: [INVALID, INVALID],
	},
	{
		name: 'auto scaling: a heartbeat timeout under 30 seconds is refused',
		async act(system) {
			await createGroup(system, 'contract-heartbeat');
			return refusal(putHook(system, 'contract-heartbeat', 'drain', { LifecycleTransition: TERMINATING, HeartbeatTimeout: 29 }));
		},
		gives: INVALID,
	},
	{
		name: 'auto scaling: a new hook needs its transition',
		async act(system) {
			await createGroup(system, 'contract-transition');
			return refusal(putHook(system, 'contract-transition', 'drain'));
		},
		gives: INVALID,
	},
	{
		name: 'auto scaling: a group is made with its hooks',
		async act(system) {
			await system.autoScaling.send(
				new CreateAutoScalingGroupCommand({
					AutoScalingGroupName: 'contract-with-hooks',
					MinSize: 0,
					MaxSize: 1,
					AvailabilityZones: ['eu-west-1a'],
					LaunchTemplate: { LaunchTemplateName: LAUNCH_TEMPLATE, Version: '1' },
					LifecycleHookSpecificationList: [{ LifecycleHookName: 'boot', LifecycleTransition: LAUNCHING, HeartbeatTimeout: 300 }],
				}),
			);
			return (await hooks(system, 'contract-with-hooks')).map((hook) =>
				some(hook, 'LifecycleHookName', 'HeartbeatTimeout', 'DefaultResult'),
			);
		},
		gives: [{ LifecycleHookName: 'boot', HeartbeatTimeout: 300, DefaultResult: 'ABANDON' }],
	},
];
