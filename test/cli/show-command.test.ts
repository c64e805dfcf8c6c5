import { describe, expect, it } from 'vitest';
import { tableOf } from '../../shared/aws/table.ts';
import { NONE } from '../../shared/kinds/command/nodes.ts';
import { putNodes } from '../../shared/operation/nodes.ts';
import type { NodeResult } from '../../shared/operation/types.ts';
import { settingsFrom } from '../../shared/settings.ts';
import { aCommand } from '../support/operations.ts';
import { createOperating, STARTED_AT } from './operating.ts';

const COMMAND = '7f0c2a84-95d1-4c3e-b6a7-e18d4f209c55';
const node = (n: number, status: string, changes: object = {}): NodeResult => ({
	...{ node: `i-${String(n).padStart(17, '0')}`, commandId: COMMAND, status, endedAt: STARTED_AT, listed: true },
	...changes,
});
const RESULTS = [
	node(1, 'Success'),
	node(2, 'Failed', { exitCode: 3, output: 'disk\u001b[31m full' }),
	node(3, 'Undeliverable'),
	node(4, 'Terminated'),
];

/** A command that is over, and one chunk of which was never sent. */
async function shown(...args: string[]) {
	const { fleet, put, world } = await createOperating();
	const { dueAt: _dueAt, ...operation } = aCommand({
		...{ openedAt: STARTED_AT, closedAt: STARTED_AT, state: 'failed' },
		...{ commands: 2, chunks: [[{ key: 'InstanceIds', values: ['mi-0123456789abcdef0'] }]] },
		result: { reason: '1 failed', nodes: { ...NONE, succeeded: 1, failed: 1, unreached: 1, unstarted: 2 } },
	});
	const id = await put(operation);
	const table = tableOf({ aws: world.aws, settings: settingsFrom({ STAGE: 'local' }) });
	await world.run(() => putNodes(table, id, RESULTS, 1));
	return fleet('show', id, ...args);
}

describe('fleet -- show of a command on many nodes', () => {
	it('says how many ended how, and of those that did not succeed which, why and where their output is', async () => {
		const { out } = await shown();
		expect(out).toMatch(/targets +tag:service=nginx/);
		expect(out).toMatch(/request +by anna: a new certificate/);
		expect(out).toMatch(/rate +MaxConcurrency 50, MaxErrors 0, in 2 commands one after another/);
		expect(out).toMatch(/nodes +1 succeeded, 1 failed, 1 never reached, 2 never started/);
		expect(out).toMatch(/output +s3:\/\/output\/commands\/1\//);
		const rows = out.split('\n\n')[1]?.trim().split('\n');
		expect(rows).toEqual([
			expect.stringMatching(/^i-0+2 +failed +Failed, exit code 3: disk \[31m full \[s3:\/\/output\/commands\/1\/7f0c2a84-.*\/i-0+2\/\]$/),
			expect.stringMatching(/^i-0+3 +never reached +Undeliverable$/),
			expect.stringMatching(/^i-0+4 +never started +Terminated$/),
			expect.stringMatching(/^mi-0123456789abcdef0 +never started +no command was sent to it$/),
		]);
	});

	it('has all nodes as JSON', async () => {
		const { nodes, output } = JSON.parse((await shown('--json')).out);
		expect(nodes.map(({ end }: { end: string }) => end)).toEqual(['failed', 'unreached', 'unstarted', 'unstarted', 'succeeded']);
		expect(nodes[0]).toMatchObject({ status: 'Failed', exitCode: 3, commandId: COMMAND, endedAt: '2026-03-02T08:00:00.000Z' });
		expect(output).toMatchObject({ s3: 's3://output/commands/1/' });
	});
});
