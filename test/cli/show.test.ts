import { describe, expect, it } from 'vitest';
import { createOperating, NODES } from './operating.ts';

describe('fleet -- show', () => {
	it('tells the whole story of an operation, with the ids of the calls behind it', async () => {
		const { fleet, drain, pass, world } = await createOperating({ drain: { exitCode: 3, stderr: 'still busy', durationSeconds: 30 } });
		const id = await drain(NODES[0]);
		await pass(7);

		const { out } = await fleet('show', id);

		expect(out).toMatch(/state +failed at 2026-03-02T08:\d\d:\d\dZ, lifecycle action completed with CONTINUE/);
		expect(out).toMatch(/reason +.*exit code 3: still busy/);
		expect(out).toMatch(/work +command drain-node: [0-9a-f-]{36}/);
		const story = out
			.split('\n\n')[1]
			?.split('\n')
			.map((line) => line.split(/ {2,}/)[1]);
		expect(story).toEqual(['opened', 'command sent', 'failed', 'lifecycle action completed', 'closed']);
		const completed = world.requestLog.entries.find(({ operation }) => operation === 'CompleteLifecycleAction');
		expect(out).toContain(`[${completed?.requestId}]`);
	});

	it('prints the same as JSON', async () => {
		const { fleet, drain } = await createOperating();
		const id = await drain(NODES[0]);

		const { out } = await fleet('show', id, '--json');

		expect(JSON.parse(out)).toMatchObject({ id, kind: 'lifecycle', subject: { instanceId: NODES[0] }, work: { type: 'command' } });
	});

	it('finds an operation by the beginning of its id and by its instance', async () => {
		const { fleet, drain } = await createOperating();
		const id = await drain(NODES[0]);
		await drain(NODES[1]);

		const found = async (text: string) => JSON.parse((await fleet('show', text, '--json')).out).id;

		expect(await found(id.slice(0, 18))).toBe(id);
		expect(await found(NODES[0])).toBe(id);
	});

	it('finds one that closed lately by its instance', async () => {
		const { fleet, drain, pass } = await createOperating({ drain: { durationSeconds: 1 } });
		const id = await drain(NODES[0]);
		await pass(7);

		const { out } = await fleet('show', NODES[0]);

		expect(out.split('\n')[0]).toBe(id);
		expect(out).toContain('succeeded at');
	});

	it('names the candidates where an instance is held by two hooks of ours', async () => {
		const { fleet, drain } = await createOperating({ otherHooks: ['fleetkeeper-drain-late'] });
		const first = await drain(NODES[0]);
		const second = await drain(NODES[0], 'fleetkeeper-drain-late');

		const { status, err } = await fleet('show', NODES[0]);

		expect(status).toBe(1);
		expect(err).toContain(`'${NODES[0]}' fits 2 operations: give the full id of one.`);
		expect(err).toContain(`${first}  running  fleetkeeper-drain`);
		expect(err).toContain(`${second}  running  fleetkeeper-drain-late`);
	});

	it.each([
		['lifecycle-00000000000000ff-1', 'none is open, and none was closed today or yesterday. fleet -- list --all shows them'],
		['i-0000000000000000f', "No operation 'i-0000000000000000f' in stage local"],
		['web-blue-gone', "No operation 'web-blue-gone' in stage local"],
		['lifecycle', "'lifecycle' is too short for an operation's id (lifecycle-3f2a will do): fleet -- list has them"],
		['lifecycle-ab', "'lifecycle-ab' is too short for an operation's id"],
		['alarm-abc', "'alarm-abc' is too short for an operation's id"],
	])('says what to do about %s', async (text, message) => {
		const { fleet, drain } = await createOperating();
		await drain(NODES[0]);

		const { status, out, err } = await fleet('show', text);

		expect({ status, out }).toEqual({ status: 1, out: '' });
		expect(err).toContain(message);
	});
});
