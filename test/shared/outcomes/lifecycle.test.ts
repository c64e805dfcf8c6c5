import { describe, expect, it } from 'vitest';
import type { LifecycleOperation } from '../../../shared/operation/types.ts';
import { CAUTIOUS_TIMERS, timersOf } from '../../../shared/outcomes/hooks.ts';
import { completeLifecycle, lookAtInstance, sendHeartbeat } from '../../../shared/outcomes/lifecycle.ts';
import { awsError, type Core, createCore, noActiveAction, nodeId, throttled } from '../../support/core.ts';
import { anOperation, LAUNCHING, life, succeeded, TERMINATING, TOKEN } from '../../support/operations.ts';

const facts = (answers: ReadonlyMap<string, unknown>) => [...answers.values()];
/** An operation whose action is to be completed. */
const ending = (attempts = 0): LifecycleOperation => {
	const { operation } = life().runs().meets(succeeded);
	return { ...operation, attempts: { ...operation.attempts, ending: attempts } };
};

describe('completing a lifecycle action', () => {
	it('is by token, with the result that was decided', async () => {
		const core = await createCore();
		expect(facts(await completeLifecycle(core.services, [ending()]))).toEqual([
			{ type: 'done', effect: 'complete-lifecycle', lifecycle: 'CONTINUE', requestId: 'request-1' },
		]);
		expect(core.calls('CompleteLifecycleAction')).toEqual([
			{
				AutoScalingGroupName: 'web-1',
				LifecycleHookName: 'fleetkeeper-drain',
				LifecycleActionToken: TOKEN,
				LifecycleActionResult: 'CONTINUE',
			},
		]);
	});

	it('is by instance once the token was refused, and where none is known', async () => {
		const core = await createCore();
		const { token: _token, ...swept } = ending();
		await completeLifecycle(core.services, [ending(1), swept]);
		for (const input of core.calls('CompleteLifecycleAction')) {
			expect(input).toMatchObject({ InstanceId: TERMINATING.instanceId });
			expect(input).not.toHaveProperty('LifecycleActionToken');
		}
	});

	it.each(['ValidationError', 'ValidationException'])("that meets 'No active Lifecycle Action' (%s) says that it is gone", async (name) => {
		const core = await createCore();
		core.on('CompleteLifecycleAction', () => {
			throw awsError(name, 'No active Lifecycle Action found with instance ID i-0123456789abcdef0');
		});
		expect(facts(await completeLifecycle(core.services, [ending()]))).toMatchObject([{ type: 'not-done', why: 'gone' }]);
	});

	it.each([
		['throttled', throttled()],
		['in contention', awsError('ResourceContention', 'busy', 500)],
		['wrong in another way', awsError('ValidationError', 'LifecycleHookName is too long')],
	])('that is %s is to be tried again', async (_, error) => {
		const core = await createCore();
		core.on('CompleteLifecycleAction', () => {
			throw error;
		});
		expect(facts(await completeLifecycle(core.services, [ending()]))).toMatchObject([
			{ type: 'not-done', effect: 'complete-lifecycle', why: 'retry' },
		]);
	});
});

describe('a heartbeat', () => {
	it('is for the action that holds the instance, whatever its token', async () => {
		const core = await createCore();
		expect(facts(await sendHeartbeat(core.services, [anOperation()]))).toMatchObject([{ type: 'heartbeat-sent' }]);
		expect(core.calls('RecordLifecycleActionHeartbeat')).toEqual([
			{ AutoScalingGroupName: 'web-1', LifecycleHookName: 'fleetkeeper-drain', InstanceId: TERMINATING.instanceId },
		]);
	});

	it('that meets no action says so', async () => {
		const core = await createCore();
		core.on('RecordLifecycleActionHeartbeat', () => {
			throw noActiveAction();
		});
		expect(facts(await sendHeartbeat(core.services, [anOperation()]))).toMatchObject([
			{ type: 'not-done', effect: 'heartbeat', why: 'gone' },
		]);
	});
});

describe('looking at instances', () => {
	const looksAt = ({ services }: Core, operations: readonly LifecycleOperation[]) => lookAtInstance(services.hooks)(services, operations);
	const about = (number: number, changes: object = {}) =>
		anOperation({ subject: { ...TERMINATING, instanceId: nodeId(number), ...changes } });

	it('takes one call for fifty, and says who has left its group', async () => {
		const core = await createCore();
		core.on('DescribeAutoScalingInstances', ({ InstanceIds }) => ({
			AutoScalingInstances: InstanceIds.filter((id: string) => id !== nodeId(3)).map((InstanceId: string) => ({
				InstanceId,
				LifecycleState: 'Terminating:Wait',
			})),
		}));
		const operations = Array.from({ length: 51 }, (_, number) => about(number));
		const answers = await looksAt(core, operations);
		expect(core.calls('DescribeAutoScalingInstances').map(({ InstanceIds }) => InstanceIds.length)).toEqual([50, 1]);
		expect(answers.get(about(2).id)).toMatchObject({ type: 'instance', lifecycleState: 'Terminating:Wait', otherHooks: false });
		expect((answers.get(about(3).id) as { lifecycleState?: string }).lifecycleState).toBeUndefined();
	});

	it('says whether another hook of the same transition could hold the instance', async () => {
		const core = await createCore();
		const hook = (LifecycleHookName: string, LifecycleTransition: string) => ({ LifecycleHookName, LifecycleTransition });
		core.on('DescribeLifecycleHooks', ({ AutoScalingGroupName }) => ({
			LifecycleHooks: [
				hook('fleetkeeper-drain', TERMINATING.transition),
				hook(
					AutoScalingGroupName === 'two' ? 'ecs-managed-draining' : 'fleetkeeper-bootstrap',
					AutoScalingGroupName === 'two' ? TERMINATING.transition : LAUNCHING.transition,
				),
			],
		}));
		const [one, two] = facts(await looksAt(core, [about(1, { group: 'one' }), about(2, { group: 'two' })]));
		expect(one).toMatchObject({ otherHooks: false });
		expect(two).toMatchObject({ otherHooks: true });
	});

	it("asks for a group's hooks once, however many ask at the same time", async () => {
		const core = await createCore();
		await looksAt(core, [about(1), about(2), about(3, { group: 'web-2' })]);
		expect(core.calls('DescribeLifecycleHooks')).toHaveLength(2);
	});

	it('that AWS does not grant is taken up by the next tick', async () => {
		const core = await createCore();
		core.on('DescribeAutoScalingInstances', () => {
			throw throttled();
		});
		expect(facts(await looksAt(core, [about(1)]))).toMatchObject([{ type: 'not-done', effect: 'look-at-instance', why: 'retry' }]);
	});
});

describe("a hook's timers", () => {
	it('are an hour, and ABANDON, where the hook does not say', () => {
		expect(timersOf({})).toEqual({ heartbeatTimeoutSeconds: 3_600, globalTimeoutSeconds: 172_800, defaultResult: 'ABANDON' });
	});

	it('are bounded by a hundred heartbeats, or by what Auto Scaling says', () => {
		expect(timersOf({ HeartbeatTimeout: 300 })).toMatchObject({ globalTimeoutSeconds: 30_000 });
		expect(timersOf({ HeartbeatTimeout: 300, GlobalTimeout: 7_200, DefaultResult: 'CONTINUE' })).toEqual({
			heartbeatTimeoutSeconds: 300,
			globalTimeoutSeconds: 7_200,
			defaultResult: 'CONTINUE',
		});
	});

	it('that cannot be read are assumed no longer than those of any hook that can be kept alive', () => {
		expect(CAUTIOUS_TIMERS).toEqual(timersOf({ HeartbeatTimeout: 180 }));
	});
});
