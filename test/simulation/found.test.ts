/** What the simulation has found, as decisions. Seeds that once showed such a thing are in `local/simulation/regressions.ts`. */

import { describe, expect, it } from 'vitest';
import { openSightings } from '../../shared/opening/lifecycle.ts';
import { findWork } from '../../shared/work/work.ts';
import { createCore, drainWeb, sweep, throttled } from '../support/core.ts';
import { LAUNCHING, life, MINUTE, OPENED_AT, online, SECOND, TERMINATING, waitsIn } from '../support/operations.ts';

describe('A command whose reply never came', () => {
	const sent = () => life().meets({ type: 'opened' }, online);

	it('is looked for at the deadline, for it may have ended in time', () => {
		const drain = sent();
		drain.now = drain.operation.deadlineAt + 31 * SECOND;

		expect(drain.ticks().asked).toEqual(['find-work']);
		expect(drain.meets({ type: 'work-not-found', certain: false }).operation.ending?.state).toBe('timed-out');
	});

	it('is looked for whenever the clock comes to that', () => {
		const drain = sent();
		drain.now = drain.operation.deadlineAt + 25 * MINUTE;

		expect(drain.ticks().asked).toEqual(['find-work']);
	});

	it('is not looked for longer than two ticks where AWS does not answer', async () => {
		const core = await createCore();
		core.on('ListCommands', () => {
			throw throttled();
		});
		const { operation } = sent();
		const answer = async (afterDeadline: number) => {
			core.pass(operation.deadlineAt + afterDeadline - core.now());
			return (await findWork(core.services, [operation])).get(operation.id)?.type;
		};

		expect(await answer(31 * SECOND)).toBe('not-done');
		expect(await answer(91 * SECOND)).toBe('work-not-found');
	});
});

describe('An abandoned launch that waits on its way out', () => {
	it('is not held by its launch hook any more', () => {
		const bootstrap = life({ subject: LAUNCHING }).runs().meets(waitsIn('Terminating:Wait'));

		expect(bootstrap.operation.result?.lifecycle).toBe('over');
	});
});

describe('An instance that the sweep finds', () => {
	const opened = async (seenBy: 'event' | 'sweep') => {
		const core = await createCore({ playbooks: [drainWeb()] });
		const detail = { AutoScalingGroupName: TERMINATING.group, LifecycleHookName: TERMINATING.hook, EC2InstanceId: TERMINATING.instanceId };
		const [result] = await openSightings(core.services, [{ subject: TERMINATING, detail, startedAt: OPENED_AT, seenBy }]);
		if (!result?.ok) throw result?.error;
		return result.value.operation;
	};

	it('is kept alive at the next tick: nobody knows how long it has waited', async () => {
		const [byEvent, bySweep] = [await opened('event'), await opened('sweep')];

		expect(bySweep.heartbeat?.nextAt).toBe(bySweep.openedAt);
		expect(byEvent.heartbeat?.nextAt).toBeGreaterThan(byEvent.openedAt);
	});

	it.for([
		['Terminating:Wait', { Destination: ['EC2'] }],
		['Terminating:Wait', { Origin: ['AutoScalingGroup'] }],
		['Warmed:Terminating:Wait', { Origin: ['WarmPool'] }],
		['Warmed:Pending:Wait', { Destination: ['WarmPool'] }],
	] as const)('in %s is claimed by a playbook that names %j', async ([LifecycleState, named]) => {
		const detail = { LifecycleHookName: [TERMINATING.hook], ...named };
		const core = await createCore({ playbooks: [drainWeb({ when: { detail } })] });
		const Instances = [{ InstanceId: TERMINATING.instanceId, LifecycleState }];
		core.on('DescribeAutoScalingGroups', () => ({ AutoScalingGroups: [{ AutoScalingGroupName: TERMINATING.group, Instances }] }));

		expect(await sweep(core.services)).toEqual({ waiting: 1, opened: 1 });
	});
});
