import { describe, expect, it } from 'vitest';
import { anAgent } from '../shared/kinds/agent/lives.ts';
import { createOperating, NODES, STARTED_AT } from './operating.ts';

const MACHINE = 'mi-0a1b2c3d4e5f60718';
const OTHER = 'mi-0b1b2c3d4e5f60718';
const LINUX = { platform: 'Linux', bootSeconds: 1, behaviours: {} } as const;

async function operating() {
	const cli = await createOperating();
	cli.ssm.addHybridMachine({ id: MACHINE, name: 'press-1', machine: LINUX });
	cli.ssm.seedLost(MACHINE);
	cli.ssm.addHybridMachine({ id: OTHER, name: 'press-2', machine: LINUX });
	return cli;
}
const left = ({ ssm }: Awaited<ReturnType<typeof operating>>) => ssm.hybridMachines().map(({ id }) => id);

describe('fleet -- deregister', () => {
	it('removes a machine, with who and why on record in the operation about it', async () => {
		const cli = await operating();
		const id = await cli.put(anAgent([MACHINE, OTHER], 'stale-registration', { openedAt: STARTED_AT, dueAt: STARTED_AT }));
		const { status, out } = await cli.fleet('deregister', MACHINE, '--reason', 'scrapped', '--by', 'anna');

		expect([status, left(cli)]).toEqual([0, [OTHER]]);
		expect(out).toMatch(/^mi-0a1b2c3d4e5f60718 \(press-1, silent since .*\) is deregistered \[[0-9a-f-]+\]\nOn record in agent-/);
		const story = (await cli.fleet('show', id)).out;
		expect(story).toMatch(/deregistered +mi-0a1b2c3d4e5f60718, by anna \(as ops\): scrapped \[/);
		expect(story).toMatch(/has it +1 machine has been silent for so long/);
	});

	it('removes one that no operation is about', async () => {
		const cli = await operating();
		const { out } = await cli.fleet('deregister', MACHINE, '--reason', 'scrapped', '--json');
		expect(JSON.parse(out)).toEqual({ node: MACHINE, requestId: expect.any(String), operations: [] });
	});

	it.each([
		[[], 2, 'names no node'],
		[[NODES[0], '--reason', 'x'], 2, 'an instance of EC2 goes with its termination'],
		[['mi-1', '--reason', 'x'], 2, 'takes the id of a machine outside EC2'],
		[[MACHINE], 2, 'takes a --reason'],
		[['mi-0c1b2c3d4e5f60718', '--reason', 'x'], 1, 'manages no node mi-0c1b2c3d4e5f60718'],
		[[OTHER, '--reason', 'x'], 1, 'answers: it is no stale registration'],
	] as const)('refuses %j', async (args, status, message) => {
		const cli = await operating();
		expect(await cli.fleet('deregister', ...args)).toMatchObject({ status, err: expect.stringContaining(message) });
		expect(left(cli)).toEqual([MACHINE, OTHER]);
	});

	it('removes one whose agent answers where that is meant', async () => {
		const cli = await operating();
		await cli.fleet('deregister', OTHER, '--reason', 'moves', '--online');
		expect(left(cli)).toEqual([MACHINE]);
	});
});

describe('fleet -- show and retry', () => {
	it('tell of nodes with a cause, and when another operation is opened', async () => {
		const { fleet, put } = await createOperating();
		const nodes = { [MACHINE]: { since: STARTED_AT - 60_000, detail: 'silent since 2026-03-02T07:00:00Z', handedAt: STARTED_AT } };
		const id = await put(anAgent([], 'connection-lost', { nodes, more: 2, openedAt: STARTED_AT, dueAt: STARTED_AT }));
		const { out } = await fleet('show', 'connection-lost');

		expect(out.split('\n')[0]).toBe(id);
		expect(out).toMatch(/has it +3 nodes have lost their connection/);
		expect(out).toContain(`${MACHINE}  silent since 2026-03-02T07:00:00Z; known for 1m; given to a playbook 0s ago`);
		expect(out).toContain('and 2 more');
		expect((await fleet('retry', id)).out).toContain('it is looked at, by the next minute');
		await fleet('complete', id);
		expect((await fleet('retry', id)).err).toContain('by the next check of all agents');
	});
});
