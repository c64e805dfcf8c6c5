import { describe, expect, it } from 'vitest';
import { createOperating, failing, NODES, THROTTLED } from './operating.ts';

const SHORT = { drain: { durationSeconds: 1 } };

describe('fleet -- extend', () => {
	it('moves the deadline, keeps the hook alive and says who asked', async () => {
		const { fleet, drain, world } = await createOperating();
		const id = await drain(NODES[0]);
		const before = JSON.parse((await fleet('show', id, '--json')).out);

		const { status, out } = await fleet('extend', id, '30m', '--by', 'anna');

		const after = JSON.parse((await fleet('show', id, '--json')).out);
		expect(status).toBe(0);
		expect(Date.parse(after.deadlineAt) - Date.parse(before.deadlineAt)).toBe(1_800_000);
		expect(after.history.find(({ what }: { what: string }) => what === 'extended').why).toContain('by anna (as ops): 1800 s more');
		expect(world.requestLog.counts(0, 'operator')).toMatchObject({ autoscaling: { RecordLifecycleActionHeartbeat: 1 } });
		expect(out).toContain(`The deadline is ${after.deadlineAt.slice(0, 19)}Z, 30m later than before`);
	});

	it('goes no further than the hook lasts, and says so', async () => {
		const { fleet, drain } = await createOperating({ heartbeatTimeoutSeconds: 60 });
		const id = await drain(NODES[0]);

		const { out } = await fleet('extend', id, '1h');

		expect(out).toContain('0s later than before, not 1h: the hook itself lasts no longer');
	});

	it('takes a duration and nothing else', async () => {
		const { fleet } = await createOperating();

		const { status, err } = await fleet('extend', 'lifecycle-0000000000000000-1', 'half an hour');

		expect(status).toBe(2);
		expect(err).toContain("takes a duration such as 90s, 15m, 2h or 1d, not 'half an hour'");
	});
});

describe('fleet -- cancel', () => {
	it('stops the command and closes the operation as its failure rule says', async () => {
		const { fleet, drain, pass, ssm } = await createOperating();
		const id = await drain(NODES[0]);
		await pass(1);

		const { status, out } = await fleet('cancel', id);

		expect(status).toBe(0);
		expect(out).toContain('failed: cancelled by ops');
		expect(out).toMatch(new RegExp(`${id} is failed at .*, lifecycle action completed with CONTINUE`));
		expect(ssm.commands()[0]?.invocations.get(NODES[0])?.status).toMatch(/^Cancel/);
	});

	it('leaves the rest of an ending to the clock where AWS does not take it, and says so', async () => {
		const faults = failing('CompleteLifecycleAction', THROTTLED);
		const { fleet, drain, autoScaling } = await createOperating({ faults });
		const id = await drain(NODES[0]);

		const { out } = await fleet('cancel', id);
		const again = await fleet('cancel', id);

		expect(out).toContain(`${id} is closing as failed`);
		expect(out).toContain('The clock goes on every minute with what is left to do: complete-lifecycle');
		expect(autoScaling.member(NODES[0])?.state).toBe('Terminating:Wait');
		expect(again.status).toBe(1);
		expect(again.err).toContain(`${id} is closing as failed already (cancelled by ops). Left to do: complete-lifecycle`);
	});

	it('prints the operation as JSON and nothing else', async () => {
		const { fleet, drain } = await createOperating();
		const id = await drain(NODES[0]);

		const { out } = await fleet('cancel', id, '--json');

		expect(JSON.parse(out)).toMatchObject({ id, state: 'failed', result: { reason: 'cancelled by ops' } });
	});
});

describe('fleet -- complete', () => {
	it.each([
		[[], 'CONTINUE'],
		[['abandon'], 'ABANDON'],
	])('completes the lifecycle action with %j as %s', async (words, result) => {
		const { fleet, drain, autoScaling } = await createOperating();
		const id = await drain(NODES[0]);

		const { status, out } = await fleet('complete', id, ...words);

		expect(status).toBe(0);
		expect(out).toContain(`${id} is skipped at`);
		expect(out).toContain(`lifecycle action completed with ${result}`);
		expect(autoScaling.member(NODES[0])?.state).not.toBe('Terminating:Wait');
	});

	it('changes a result that Auto Scaling has yet to take', async () => {
		const faults = failing('CompleteLifecycleAction', THROTTLED, 3);
		const { fleet, drain } = await createOperating({ faults });
		const id = await drain(NODES[0]);
		await fleet('cancel', id);

		const { out } = await fleet('complete', id, 'abandon');

		expect(out).toContain('lifecycle action completed with ABANDON');
	});

	it('knows two results only', async () => {
		const { fleet } = await createOperating();

		const { status, err } = await fleet('complete', NODES[0], 'success');

		expect(status).toBe(2);
		expect(err).toContain("takes continue or abandon, not 'success'");
	});
});

describe('A closed operation', () => {
	it.each([
		[['extend'], ['5m']],
		[['cancel'], []],
		[['complete'], ['continue']],
	])('cannot be acted on with %j', async ([verb], rest) => {
		const { fleet, drain, pass, world } = await createOperating(SHORT);
		const id = await drain(NODES[0]);
		await pass(7);
		const calls = world.requestLog.counts(0)['autoscaling'];

		const { status, out, err } = await fleet(verb as string, id, ...rest);

		expect({ status, out }).toEqual({ status: 1, out: '' });
		expect(err).toMatch(new RegExp(`${id} is closed: succeeded at 2026-.*, lifecycle action completed with CONTINUE`));
		expect(world.requestLog.counts(0)['autoscaling']).toEqual(calls);
	});
});
