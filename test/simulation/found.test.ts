/** What the simulation has found, as decisions. Seeds that once showed such a thing are in `local/simulation/regressions.ts`. */

import { describe, expect, it } from 'vitest';
import { openSightings } from '../../shared/opening/lifecycle.ts';
import { createCore, drainWeb } from '../support/core.ts';
import { LAUNCHING, life, OPENED_AT, online, SECOND, TERMINATING, waitsIn } from '../support/operations.ts';

describe('A command whose reply never came', () => {
	const sent = () => life().meets({ type: 'opened' }, online);

	it('is looked for at the deadline, for it may have ended in time', () => {
		const drain = sent();
		drain.now = drain.operation.deadlineAt + 31 * SECOND;

		expect(drain.ticks().asked).toEqual(['find-work']);
		expect(drain.meets({ type: 'work-not-found', certain: false }).operation.ending?.state).toBe('timed-out');
	});

	it('is not looked for longer than that', () => {
		const drain = sent();
		drain.now = drain.operation.deadlineAt + 91 * SECOND;

		expect(drain.ticks().operation.ending?.state).toBe('timed-out');
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
});
