import { describe, expect, it } from 'vitest';
import { fleet } from '../../cli/fleet.ts';
import type { Aws } from '../../shared/aws/clients.ts';
import type { Input } from '../support/core.ts';

const [A, B] = ['i-0a1b2c3d4e5f60718', 'mi-0a1b2c3d4e5f60719'];
const CAPTURED = '2026-03-02T03:30:00Z';

const PROGRAMS: Readonly<Record<string, readonly object[]>> = {
	[A]: [
		{ Name: 'openssl', Version: '3.0.7', Release: '27.el9', Epoch: '1', Publisher: 'Amazon Linux' },
		{ Name: 'nginx', Version: '1.24.0', Publisher: 'nginx, Inc. "F5"' },
	],
	[B]: [{ Name: '=cmd|x', Version: '1\u001b[31m', Publisher: '' }],
};
const PATCHED = { PatchGroup: 'prod', OperationType: 'Scan', OperationEndTime: CAPTURED, InstalledCount: '40', MissingCount: '2' };
const NODES: Readonly<Record<string, object>> = {
	[A]: { PlatformType: 'Linux', PlatformName: 'Amazon Linux', ComputerName: 'web-1', InstanceStatus: 'Active' },
	[B]: { PlatformType: 'Windows', PlatformName: 'Windows', ComputerName: 'lab', InstanceStatus: 'ConnectionLost' },
	'i-0a1b2c3d4e5f60720': { PlatformType: 'Linux', InstanceStatus: 'Terminated' },
};

/** The command, on an account with this inventory. */
async function run(...args: readonly string[]) {
	const asked: Input[] = [];
	const of = (type: string): Readonly<Record<string, readonly object[]>> => {
		if (type === 'AWS:Application') return PROGRAMS;
		if (type === 'AWS:PatchSummary') return { [A]: [PATCHED] };
		return Object.fromEntries(Object.entries(NODES).map(([id, node]) => [id, [node]]));
	};
	const send = async ({ input }: { readonly input: Input }) => {
		asked.push(input);
		const type: string = input.ResultAttributes[0].TypeName;
		const wanted: readonly string[] | undefined = input.Filters?.[0].Values;
		const known = Object.entries(of(type)).filter(([id]) => wanted?.includes(id) ?? true);
		return { Entities: known.map(([Id, Content]) => ({ Id, Data: { [type]: { TypeName: type, CaptureTime: CAPTURED, Content } } })) };
	};
	const [out, err]: [string[], string[]] = [[], []];
	const io = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line), cwd: '.' };
	const status = await fleet(['report', ...args], { io, env: {}, connect: () => ({ ssm: { send } }) as unknown as Aws, user: 'jane' });
	return { status, out: out.join('\n'), err: err.join('\n'), asked };
}

describe('fleet -- report inventory', () => {
	it('prints who has what, and how nodes stand with their patches', async () => {
		const { status, out } = await run('inventory');
		expect(status).toBe(0);
		expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
			['SOFTWARE', 'VERSION', 'PUBLISHER', 'NODE', 'PLATFORM'],
			['=cmd|x', '1 [31m', '-', B, 'Windows'],
			['nginx', '1.24.0', 'nginx, Inc. "F5"', A, 'Linux (Amazon Linux)'],
			['openssl', '1:3.0.7-27.el9', 'Amazon Linux', A, 'Linux (Amazon Linux)'],
			[''],
			['NODE', 'PATCH GROUP', 'INSTALLED', 'MISSING', 'FAILED', 'PENDING REBOOT', 'REJECTED', 'CRITICAL', 'SECURITY', 'OTHER', 'BY', 'AT'],
			[A, 'prod', '40', '2', '-', '-', '-', '-', '-', '-', 'Scan', CAPTURED],
		]);
	});

	it('prints CSV that spreadsheets take for text, each program with the patches of its node', async () => {
		const { out } = await run('inventory', '--csv');
		const [head, openssl, ...more] = out.split('\r\n').sort((a, b) => (a.startsWith('name,') ? -1 : b.startsWith('openssl') ? 1 : 0));
		expect(head).toBe(
			'name,version,publisher,node,platform,platform_name,captured_at,patch_group,patches_installed,patches_missing,patches_failed,' +
				'patches_pendingReboot,patches_rejected,patches_critical,patches_security,patches_other,patched_at',
		);
		expect([openssl, ...more]).toContain(
			`nginx,1.24.0,"nginx, Inc. ""F5""",${A},Linux,Amazon Linux,2026-03-02T03:30:00.000Z,prod,40,2,,,,,,,${CAPTURED}`,
		);
		expect(out).toContain("'=cmd|x,");
	});

	it('prints JSON with what is known of each node', async () => {
		const { out } = await run('--json', 'inventory');
		expect(JSON.parse(out)).toMatchObject({
			nodes: [
				{
					node: A,
					name: 'web-1',
					platform: 'Linux',
					patches: { group: 'prod', installed: 40, missing: 2, failed: 0 },
					software: { length: 2 },
				},
				{ node: B, platform: 'Windows', software: [{ name: '=cmd|x', version: '1\u001b[31m', publisher: '' }] },
			],
		});
	});

	it('can be of one program, by its name or how that begins, and of one node', async () => {
		const nginx = await run('inventory', '--software', 'nginx', '--csv');
		expect(nginx.out.split('\r\n')).toHaveLength(2);
		expect((await run('--software', 'open*', 'inventory')).out).toMatch(/^SOFTWARE.*\nopenssl /);
		const one = await run('inventory', '--node', B);
		expect(one.out).not.toContain(A);
		expect(one.asked[0].Filters).toEqual([{ Key: 'AWS:InstanceInformation.InstanceId', Values: [B], Type: 'Equal' }]);
		expect((await run('inventory', '--software', 'emacs')).out).toBe('No node in inventory has software emacs.');
	});

	it.each([
		[['inventory', '--csv', '--json'], 'takes one of --csv and --json'],
		[['inventory', '--node', 'web-1'], "takes --node as i-0123456789abcdef0 or mi-…, not 'web-1'"],
		[['inventory', 'all'], "does not take 'all'"],
		[['inventry'], "has no report 'inventry'; did you mean inventory?"],
		[[], 'does not say of what: there are'],
	])('says what is wrong with %j', async (args, problem) => {
		const { status, err } = await run(...args);
		expect([status, err]).toEqual([2, expect.stringContaining(problem)]);
	});
});
