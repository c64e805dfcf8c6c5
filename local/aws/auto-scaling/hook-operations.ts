/** The Auto Scaling operations on lifecycle hooks and the actions they hold. */

import type {
	CompleteLifecycleActionCommandInput,
	DeleteLifecycleHookCommandInput,
	DescribeLifecycleHooksCommandInput,
	DescribeLifecycleHooksCommandOutput,
	LifecycleHookSpecification,
	PutLifecycleHookCommandInput,
	RecordLifecycleActionHeartbeatCommandInput,
} from '@aws-sdk/client-auto-scaling';
import type { Output } from '../types.ts';
import { AwsError } from '../types.ts';
import type { Groups } from './groups.ts';
import { type Hook, LAUNCHING, type LifecycleResult, TERMINATING, type Transition } from './model.ts';
import type { Scaling } from './scaling.ts';
import { invalid } from './validation.ts';
import { wireHook } from './views.ts';

const HOOKS_PER_GROUP = 50;
const HEARTBEAT_SECONDS = { least: 30, most: 7200, default: 3600 } as const;
const METADATA_LENGTH = 4_000;

export function hookOperations(groups: Groups, scaling: Scaling) {
	return {
		PutLifecycleHook(input: PutLifecycleHookCommandInput): object {
			const group = groups.get(input.AutoScalingGroupName);
			const before = group.hooks.get(input.LifecycleHookName ?? '');
			if (!before && group.hooks.size >= HOOKS_PER_GROUP) {
				throw new AwsError('LimitExceeded', `You have reached the limit of ${HOOKS_PER_GROUP} lifecycle hooks for group ${group.name}.`);
			}
			const hook = hookFrom(input, before);
			group.hooks.set(hook.name, hook);
			return {};
		},

		DeleteLifecycleHook(input: DeleteLifecycleHookCommandInput): object {
			const group = groups.get(input.AutoScalingGroupName);
			const name = input.LifecycleHookName ?? '';
			if (!group.hooks.delete(name)) throw invalid(`No Lifecycle Hook found with name ${name}`);
			scaling.waits.endHook(group, name);
			return {};
		},

		DescribeLifecycleHooks(input: DescribeLifecycleHooksCommandInput): Output<DescribeLifecycleHooksCommandOutput> {
			const group = groups.get(input.AutoScalingGroupName);
			const names = input.LifecycleHookNames ?? [];
			const unknown = names.find((name) => !group.hooks.has(name));
			if (unknown !== undefined) throw invalid(`No Lifecycle Hook found with name ${unknown}`);
			const hooks = [...group.hooks.values()].filter((hook) => names.length === 0 || names.includes(hook.name));
			return { LifecycleHooks: hooks.map((hook) => wireHook(group, hook)) };
		},

		CompleteLifecycleAction(input: CompleteLifecycleActionCommandInput): object {
			const group = groups.get(input.AutoScalingGroupName);
			scaling.waits.complete(
				group,
				{ hook: input.LifecycleHookName ?? '', token: input.LifecycleActionToken, instanceId: input.InstanceId },
				lifecycleResult(input.LifecycleActionResult),
			);
			return {};
		},

		RecordLifecycleActionHeartbeat(input: RecordLifecycleActionHeartbeatCommandInput): object {
			const group = groups.get(input.AutoScalingGroupName);
			scaling.waits.heartbeat(group, {
				hook: input.LifecycleHookName ?? '',
				token: input.LifecycleActionToken,
				instanceId: input.InstanceId,
			});
			return {};
		},
	};
}

/**
 * A hook from a call; what a call on an existing hook leaves out stays as it was.
 * @throws AwsError `ValidationError` for values out of bounds.
 */
export function hookFrom(
	input: Omit<LifecycleHookSpecification, 'LifecycleTransition'> & { LifecycleTransition?: string | undefined },
	before?: Hook,
): Hook {
	const heartbeat = input.HeartbeatTimeout ?? before?.heartbeatTimeoutSeconds ?? HEARTBEAT_SECONDS.default;
	if (heartbeat < HEARTBEAT_SECONDS.least || heartbeat > HEARTBEAT_SECONDS.most) {
		throw invalid(`Heartbeat timeout must be between ${HEARTBEAT_SECONDS.least} and ${HEARTBEAT_SECONDS.most} seconds.`);
	}
	if ((input.NotificationMetadata?.length ?? 0) > METADATA_LENGTH) throw invalid('NotificationMetadata is longer than 4000 characters.');
	const metadata = input.NotificationMetadata ?? before?.metadata;
	const notificationTargetArn = input.NotificationTargetARN ?? before?.notificationTargetArn;
	const roleArn = input.RoleARN ?? before?.roleArn;
	return {
		name: input.LifecycleHookName ?? '',
		transition: transition(input.LifecycleTransition ?? before?.transition),
		heartbeatTimeoutSeconds: heartbeat,
		defaultResult: lifecycleResult(input.DefaultResult ?? before?.defaultResult ?? 'ABANDON'),
		...(metadata === undefined ? {} : { metadata }),
		...(notificationTargetArn === undefined ? {} : { notificationTargetArn }),
		...(roleArn === undefined ? {} : { roleArn }),
	};
}

function transition(value: string | undefined): Transition {
	if (value === TERMINATING || value === LAUNCHING) return value;
	throw invalid(`Lifecycle transition must be one of ${LAUNCHING}, ${TERMINATING}, not ${value}.`);
}

function lifecycleResult(value: string | undefined): LifecycleResult {
	if (value === 'CONTINUE' || value === 'ABANDON') return value;
	throw invalid(`Lifecycle action result must be one of [CONTINUE, ABANDON], not ${value}.`);
}
