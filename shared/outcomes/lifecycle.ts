/** Completing a lifecycle action, keeping it alive, and looking at the instance it holds. */

import {
	CompleteLifecycleActionCommand,
	DescribeAutoScalingInstancesCommand,
	RecordLifecycleActionHeartbeatCommand,
} from '@aws-sdk/client-auto-scaling';
import { requestIdOf } from '../errors.ts';
import type { Effect, Fact } from '../operation/facts.ts';
import { notDone } from '../operation/not-done.ts';
import type { Perform, Services } from '../operation/services.ts';
import type { LifecycleOperation, LifecycleResult } from '../operation/types.ts';
import { chunks, inParallel } from '../parallel.ts';
import type { HookReader } from './hooks.ts';

/** Auto Scaling's calls share one bucket an account; its size is not published. */
const CONCURRENT_CALLS = 10;
/** InstanceIds of one DescribeAutoScalingInstances call. */
const INSTANCES_PER_CALL = 50;

function actionOf({ subject, token }: LifecycleOperation, by: 'token' | 'instance') {
	return {
		AutoScalingGroupName: subject.group,
		LifecycleHookName: subject.hook,
		...(by === 'token' && token !== undefined ? { LifecycleActionToken: token } : { InstanceId: subject.instanceId }),
	};
}

/** What Auto Scaling answers once an action is over, and sometimes before it has begun. */
export function isGone(error: unknown): boolean {
	const { name, message } = error as Error;
	return (name === 'ValidationError' || name === 'ValidationException') && /no active lifecycle action/i.test(message);
}

async function onAction(operation: LifecycleOperation, effect: Effect['name'], call: () => Promise<Fact>): Promise<[string, Fact]> {
	try {
		return [operation.id, await call()];
	} catch (error) {
		return [operation.id, notDone(effect, error, isGone(error) ? 'gone' : 'retry')];
	}
}

export const completeLifecycle: Perform<LifecycleOperation> = async ({ aws }, operations) => {
	const answers = await inParallel(operations, CONCURRENT_CALLS, (operation) =>
		onAction(operation, 'complete-lifecycle', async () => {
			const result: LifecycleResult = operation.ending?.then.lifecycle ?? operation.then.onFailure.lifecycle;
			const by = operation.attempts.ending === 0 ? 'token' : 'instance';
			const output = await aws.autoScaling.send(
				new CompleteLifecycleActionCommand({ ...actionOf(operation, by), LifecycleActionResult: result }),
			);
			return { type: 'done', effect: 'complete-lifecycle', lifecycle: result, requestId: requestIdOf(output) };
		}),
	);
	return new Map(answers);
};

export const sendHeartbeat: Perform<LifecycleOperation> = async ({ aws }, operations) => {
	const answers = await inParallel(operations, CONCURRENT_CALLS, (operation) =>
		onAction(operation, 'heartbeat', async () => {
			const output = await aws.autoScaling.send(new RecordLifecycleActionHeartbeatCommand(actionOf(operation, 'instance')));
			return { type: 'heartbeat-sent', requestId: requestIdOf(output) };
		}),
	);
	return new Map(answers);
};

export function lookAtInstance(hooks: HookReader): Perform<LifecycleOperation> {
	return async (services, operations) => {
		const facts = new Map<string, Fact>();
		for (const batch of chunks(operations, INSTANCES_PER_CALL)) {
			for (const [id, fact] of await lookAtBatch(services, hooks, batch)) facts.set(id, fact);
		}
		return facts;
	};
}

async function lookAtBatch(services: Services, hooks: HookReader, operations: readonly LifecycleOperation[]): Promise<[string, Fact][]> {
	try {
		const InstanceIds = [...new Set(operations.map(({ subject }) => subject.instanceId))];
		const output = await services.aws.autoScaling.send(
			new DescribeAutoScalingInstancesCommand({ InstanceIds, MaxRecords: INSTANCES_PER_CALL }),
		);
		const states = new Map((output.AutoScalingInstances ?? []).map((instance) => [instance.InstanceId, instance.LifecycleState]));
		return await inParallel(operations, CONCURRENT_CALLS, async (operation): Promise<[string, Fact]> => {
			const lifecycleState = states.get(operation.subject.instanceId);
			const otherHooks = lifecycleState !== undefined && (await hasOtherHooks(hooks, operation));
			return [operation.id, { type: 'instance', lifecycleState, otherHooks, requestId: requestIdOf(output) }];
		});
	} catch (error) {
		const fact = notDone('look-at-instance', error, 'retry');
		return operations.map(({ id }) => [id, fact]);
	}
}

/** With a second hook on the same transition, `Terminating:Wait` alone does not prove that ours is waiting. */
async function hasOtherHooks(hooks: HookReader, { subject }: LifecycleOperation): Promise<boolean> {
	const all = await hooks.of(subject.group);
	return all.some((hook) => hook.LifecycleTransition === subject.transition && hook.LifecycleHookName !== subject.hook);
}
