import { describe, expect, it } from 'vitest';
import { createOperating, NODES } from './operating.ts';

const FAILING = { exitCode: 1, stderr: 'nginx is \u001b[31mdown\u001b[0m', durationSeconds: 30 };

describe('fleet -- list', () => {
	it('says so when nothing is open', async () => {
		const { fleet } = await createOperating();

		const { status, out } = await fleet('list');

		expect({ status, out }).toEqual({ status: 0, out: 'No open operations in stage local.' });
	});

	it('has a line for each open operation, with how old it is and how long it has', async () => {
		const { fleet, drain, pass } = await createOperating();
		const id = await drain(NODES[0]);
		await pass(5);

		const { out } = await fleet('list');

		const [head, ...rows] = out.split('\n');
		expect(head?.split(/ {2,}/)).toEqual(['OPERATION', 'STATE', 'PLAYBOOK', 'SUBJECT', 'AGE', 'DEADLINE', 'REASON']);
		expect(rows).toHaveLength(1);
		expect(rows[0]?.split(/ {2,}/).slice(0, 6)).toEqual([id, 'running', 'drain-web', `${NODES[0]} of web-blue`, '5m', 'in 55m']);
	});

	it('adds what has closed today and yesterday when asked for all, in the order of closing', async () => {
		const { fleet, drain, pass, world } = await createOperating({ drain: FAILING });
		const first = await drain(NODES[0]);
		await pass(7);
		const second = await drain(NODES[1]);

		const rows = async (...args: string[]) =>
			(await fleet('list', ...args)).out
				.split('\n')
				.slice(1)
				.map((line) => line.split(' ')[0]);

		expect(await rows()).toEqual([second]);
		expect(await rows('--all')).toEqual([first, second]);
		expect(await rows('--closed')).toEqual([first]);
		await world.runFor(24 * 3_600_000);
		expect(await rows('--all')).toEqual([first, second]);
		expect((await fleet('list', '--closed')).out).toBe('No operation was closed on 2026-03-03 in stage local.');
		expect(await rows('--closed', '--day', '2026-03-02')).toEqual([first]);
	});

	it('lets nothing that a node printed reach the terminal as a control sequence', async () => {
		const { fleet, drain, pass } = await createOperating({ drain: FAILING });
		await drain(NODES[0]);
		await pass(7);

		const { out } = await fleet('list', '--all');

		expect(out).toContain('failed');
		expect(out).toContain('nginx is [31mdown');
		expect(out).not.toContain('\u001b');
	});

	it('prints one JSON document with every operation and its history', async () => {
		const { fleet, drain } = await createOperating();
		const id = await drain(NODES[0]);
		await fleet('pause', 'freeze');

		const { out, err } = await fleet('list', '--json');

		expect(JSON.parse(out)).toMatchObject({
			paused: { by: 'ops', reason: 'freeze' },
			operations: [{ id, state: 'running', history: [{ what: 'opened' }, { what: 'command sent' }] }],
		});
		expect(err).toBe('');
	});

	it.each([
		[['--closed', '--day', '2026-02-30'], "takes --day as 2026-11-23, not '2026-02-30'"],
		[['--day', '2026-03-02'], 'takes --day with --closed only'],
		[['--all', '--closed'], 'takes one of --all and --closed'],
		[['web-blue'], "does not take 'web-blue'"],
	])('refuses %j', async (args, message) => {
		const { fleet } = await createOperating();

		const { status, err } = await fleet('list', ...args);

		expect(status).toBe(2);
		expect(err).toContain(`fleet list: ${message}\nusage: fleet -- list`);
	});
});
