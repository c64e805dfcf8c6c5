import { describe, expect, it } from 'vitest';
import { createOperating, failing, GONE, NODES, THROTTLED } from './operating.ts';

/** The drain fails at first and goes well from then on. */
const FAILS_ONCE = [{ exitCode: 1, durationSeconds: 1 }, { durationSeconds: 1 }];

describe('fleet -- retry', () => {
	it('tries what waits now, without waiting for the clock', async () => {
		const { fleet, drain } = await createOperating();
		await fleet('pause');
		const id = await drain(NODES[0]);
		expect((await fleet('list')).out).toContain('waiting (pause)');
		await fleet('resume');

		const { status, out } = await fleet('retry', id, '--by', 'anna');

		expect(status).toBe(0);
		expect(out).toContain('retried: by anna (as ops)');
		expect(out).toContain('command sent');
		expect(out).toContain(`${id} is running`);
	});

	it('goes on at once with an ending that AWS did not take', async () => {
		const faults = failing('CompleteLifecycleAction', THROTTLED, 3);
		const { fleet, drain } = await createOperating({ faults });
		const id = await drain(NODES[0]);
		await fleet('cancel', id);

		const { status, out } = await fleet('retry', id);

		expect(status).toBe(0);
		expect(out).toMatch(/is failed at .*, lifecycle action completed with CONTINUE/);
	});

	it('does not touch work that runs: it says to cancel it first', async () => {
		const { fleet, drain, ssm } = await createOperating();
		const id = await drain(NODES[0]);

		const { status, err } = await fleet('retry', id);

		expect(status).toBe(1);
		expect(err).toContain(`${id} is running`);
		expect(err).toContain('fleet -- cancel it first');
		expect(ssm.commands()).toHaveLength(1);
	});

	it('opens a closed operation anew where its instance still waits, and completes the hook in the end', async () => {
		// With a second hook, an action that Auto Scaling denies three times is believed to be over.
		const faults = failing('CompleteLifecycleAction', GONE, 3);
		const { fleet, drain, pass, autoScaling } = await createOperating({ drain: FAILS_ONCE, otherHooks: ['somebody-else'], faults });
		const id = await drain(NODES[0]);
		await pass(12);
		expect((await fleet('show', id)).out).toContain('its hook was over');
		expect(autoScaling.member(NODES[0])?.wait?.actions.has('fleetkeeper-drain')).toBe(true);

		const { status, out } = await fleet('retry', id);
		await pass(7);

		const again = id.replace(/-1$/, '-2');
		expect(status).toBe(0);
		expect(out).toContain('tried again by ops');
		expect(out).toContain(`${again} is running`);
		expect((await fleet('show', again)).out).toMatch(/succeeded at .*, lifecycle action completed with CONTINUE/);
		expect(autoScaling.member(NODES[0])?.wait?.actions.has('fleetkeeper-drain')).toBe(false);
	});

	it('refuses where the hook is over, and says what became of the instance', async () => {
		const { fleet, drain, pass, ssm } = await createOperating({ drain: FAILS_ONCE });
		const id = await drain(NODES[0]);
		await pass(10);

		const { status, err } = await fleet('retry', id);

		expect(status).toBe(1);
		expect(err).toContain(`${id} is closed: failed at`);
		expect(err).toContain(`Hook fleetkeeper-drain is over: ${NODES[0]} is in no Auto Scaling group any more`);
		expect(ssm.commands()).toHaveLength(1);
	});

	it('refuses where the instance waits for another hook', async () => {
		const { fleet, drain, pass } = await createOperating({ drain: FAILS_ONCE, otherHooks: ['somebody-else'] });
		const id = await drain(NODES[0]);
		await pass(7);

		const { status, err } = await fleet('retry', id);

		expect(status).toBe(1);
		expect(err).toContain(`${NODES[0]} is Terminating:Wait, but at another hook of web-blue: ours is over`);
	});
});
