import { beforeAll, describe, expect, it } from 'vitest';
import { uuidFrom } from '../../shared/operation/ids.ts';
import type { CommandOperation } from '../../shared/operation/types.ts';
import { ids, person, sent } from './commanding.ts';
import { nodeId } from './deployment.ts';
import { begin, type Flow } from './support.ts';

const RINGS = { dev: [1, 2], test: [3, 5], prod: [6, 9] } as const;
const INSTALL = ['install', 'AmazonCloudWatchAgent', '--reason', 'a new agent'];
const PATCH = ['patch', 'install', '--reason', 'CVE-2026-0001'];
const IN_RINGS = ['--ring', 'dev,test,prod'];

const tagged = Object.entries(RINGS).flatMap(([ring, [from, to]]) => ids(from, to).map((id) => ({ id, tags: { PatchGroup: ring } })));
const ringOf = (ring: string) => [{ Key: 'tag:PatchGroup', Values: [ring] }];

let flow: Flow;
beforeAll(async () => {
	const behaviours = { 'AWS-ConfigureAWSPackage': { durationSeconds: 30 } };
	flow = await begin({
		upkeep: true,
		nodes: tagged,
		group: { behaviours, patching: { os: 'AMAZON_LINUX_2023', scanSeconds: 5, secondsPerPatch: 5 } },
	});
});

/** Asks, and gives the id of the operation. */
async function asks(...args: string[]): Promise<string> {
	const { status, out, err } = await person(flow, ...args, '--json');
	expect([status, err]).toEqual([0, '']);
	return JSON.parse(out).operation;
}

async function operation(id: string): Promise<CommandOperation> {
	const found = (await flow.operations('command')).find((each) => each.id === id);
	if (found === undefined) throw new Error(`There is no operation ${id}.`);
	return found;
}

const shown = async (id: string) => (await person(flow, 'show', id)).out;

describe('fleet -- install', () => {
	let failed: string;

	it('goes through its rings, each of which soaks, and stops where a ring does not prove itself', async () => {
		flow.world.services.ssm.behave(nodeId(4), { 'AWS-ConfigureAWSPackage': { exitCode: 1, durationSeconds: 30 } });
		const { out } = await person(flow, ...INSTALL, ...IN_RINGS, '--soak', '10m', '--max-errors', '1');
		expect(out).toContain('Requested AWS-ConfigureAWSPackage on rings dev, test, prod (9 nodes now: dev 2, test 3, prod 4): event ');
		failed = /Its operation is (command-\S+)/.exec(out)?.[1] ?? '';
		await flow.minutes(3);

		expect(sent(flow).map(({ to }) => to)).toEqual([ringOf('dev')]);
		expect((await person(flow, 'list')).out).toContain('waiting (soak)');
		expect(await shown(failed)).toMatch(
			/dev +done: 2 succeeded\n +test +not begun: dev soaks until 2026-03-02T09:1\d:\d\dZ\n +prod +not begun/,
		);

		await flow.minutes(11);
		expect(sent(flow).map(({ to }) => to)).toEqual([ringOf('dev'), ringOf('test')]);
		const { state, result, history } = await operation(failed);
		expect(state).toBe('failed');
		expect(result?.nodes).toMatchObject({ succeeded: 4, failed: 1 });
		expect(result?.reason).toContain(
			'2 of 3 nodes of ring test succeeded, and 95% have to; rings: dev done (2 succeeded), test failed (2 succeeded, 1 failed), prod never begun',
		);
		const [over, began] = ['waiting', 'command sent'].map((what) => history.findLast((each) => each.what === what)?.at ?? '');
		expect(Date.parse(began ?? '') - Date.parse(over ?? '')).toBeGreaterThanOrEqual(600_000);
		expect(await shown(failed)).toMatch(/test +failed: 2 succeeded, 1 failed\n +prod +never begun/);
		const item = flow.world.services.ssm.opsItems().at(-1);
		expect(JSON.stringify(item)).toContain('prod never begun');
		expect(item?.title).toBe('AWS-ConfigureAWSPackage did not succeed on all nodes (install-on-request)');
	});

	it('of what failed goes on with the rings that are left', async () => {
		flow.world.services.ssm.behave(nodeId(4), { 'AWS-ConfigureAWSPackage': { durationSeconds: 30 } });
		const before = sent(flow).length;
		const again = await asks(...INSTALL, '--failed-of', failed, '--soak', '0');
		await flow.minutes(5);

		expect(
			sent(flow)
				.slice(before)
				.map(({ to }) => to),
		).toEqual([[{ Key: 'InstanceIds', Values: [nodeId(4)] }], [{ Key: 'InstanceIds', Values: ids(6, 9) }]]);
		expect(await operation(again)).toMatchObject({ state: 'succeeded', result: { nodes: { succeeded: 5 } } });
	});

	it('uninstalls, and asks for a version and a way to install', async () => {
		const [older, removed] = [
			await person(flow, ...INSTALL, '--version', '1.2', '--type', 'In-place update', ...IN_RINGS, '--dry-run'),
			await person(flow, ...INSTALL, '--uninstall', '--target', `InstanceIds=${nodeId(1)}`, '--dry-run'),
		].map(({ out }) => JSON.parse(out).Detail);
		expect(older).toMatchObject({
			parameters: { action: ['Install'], version: ['1.2'], installationType: ['In-place update'] },
			rings: ['dev', 'test', 'prod'],
		});
		expect(removed.parameters).toEqual({ action: ['Uninstall'], name: ['AmazonCloudWatchAgent'] });
	});
});

describe('fleet -- patch', () => {
	it('installs on a patch group, without a restart where that is wanted, from one snapshot', async () => {
		const id = await asks(...PATCH, '--patch-group', 'test', '--no-reboot', '--max-concurrency', '100%');
		await flow.minutes(6);

		expect(await operation(id)).toMatchObject({ state: 'succeeded', result: { nodes: { succeeded: 3 } } });
		const { to, parameters } = { to: sent(flow).at(-1)?.to, parameters: flow.calls('SendCommand').at(-1)?.input['Parameters'] };
		expect(to).toEqual(ringOf('test'));
		expect(parameters).toEqual({ Operation: ['Install'], RebootOption: ['NoReboot'], SnapshotId: [uuidFrom(id)] });
	});

	it('scans a node, and says nothing of restarts', async () => {
		const id = await asks('patch', 'scan', '--node', nodeId(7), '--reason', 'is it patched?');
		await flow.minutes(2);

		expect(await operation(id)).toMatchObject({ state: 'succeeded' });
		expect(flow.calls('SendCommand').at(-1)?.input).toMatchObject({
			Targets: [{ Key: 'InstanceIds', Values: [nodeId(7)] }],
			Parameters: { Operation: ['Scan'], SnapshotId: [uuidFrom(id)] },
		});
	});
});

describe('what cannot be asked for', () => {
	it.each([
		['no package', ['install', '--reason', 'x', ...IN_RINGS], 2, 'names no package'],
		['a package that has no such name', ['install', 'my agent', '--reason', 'x', ...IN_RINGS], 2, "not 'my agent'"],
		[
			'a package that no playbook lists',
			['install', 'AmazonCloudwatchAgnt', '--reason', 'x', ...IN_RINGS],
			1,
			'did you mean AmazonCloudWatchAgent?',
		],
		['a way to install that there is not', [...INSTALL, ...IN_RINGS, '--type', 'soft'], 2, "--type is 'In-place update' or"],
		[
			'a way to install where it is to be removed',
			[...INSTALL, ...IN_RINGS, '--type', 'In-place update', '--uninstall'],
			2,
			'leave it out',
		],
		['no nodes', INSTALL, 2, 'says no nodes: give --target, --group, --ids-file, --failed-of or --ring'],
		[
			'a soak that is no time',
			[...INSTALL, ...IN_RINGS, '--soak', '1 day'],
			2,
			"--soak takes a duration such as 90s, 15m, 2h or 1d, not '1 day'",
		],
		['too long a soak', [...INSTALL, ...IN_RINGS, '--soak', '30d'], 2, 'soakSeconds: expected a whole number of seconds, 0 to 604800'],
		['a soak without rings', [...INSTALL, '--target', 'tag:service=nginx', '--soak', '1d'], 2, 'soakSeconds is for rings'],
		['a rate that is none', [...INSTALL, ...IN_RINGS, '--success-percent', '95%'], 2, "1 to 100, not '95%'"],
		['a ring twice', [...INSTALL, '--ring', 'dev,dev'], 2, 'rings name dev twice'],
		[
			'a ring that nodes are not in',
			[...INSTALL, '--ring', 'dev,tset'],
			1,
			'Ring tset is empty: no managed node has the tag PatchGroup=tset; did you mean test?',
		],
		[
			'a node that is in no ring',
			[...INSTALL, '--ring', 'dev', '--target', `InstanceIds=${nodeId(1)},${nodeId(3)}`],
			1,
			`No ring of dev has the managed node ${nodeId(3)}`,
		],
		['neither scan nor install', ['patch', 'remove', '--reason', 'x'], 2, "takes scan or install, not 'remove'"],
		['a group and a node', [...PATCH, '--patch-group', 'dev', '--node', nodeId(1)], 2, 'takes one of --patch-group and --node'],
		['a group and rings', [...PATCH, '--patch-group', 'dev', ...IN_RINGS], 2, 'takes one of --patch-group and --ring'],
		['a group and other nodes', [...PATCH, '--patch-group', 'dev', '--target', 'tag:service=nginx'], 2, 'takes one of --target'],
		['a patch group that there is not', [...PATCH, '--patch-group', 'prd'], 1, 'did you mean prod?'],
		['a node that is none', [...PATCH, '--node', 'web-1'], 2, "is 'web-1': expected the id of a node"],
		[
			'a scan without a restart',
			['patch', 'scan', '--patch-group', 'dev', '--reason', 'x', '--no-reboot'],
			2,
			'--no-reboot is for install',
		],
	])('is refused before anything is sent: %s', async (_, args, status, problem) => {
		const before = flow.calls('PutEvents').length;
		const said = await person(flow, ...args);
		expect([said.status, said.err]).toEqual([status, expect.stringContaining(problem)]);
		expect(flow.calls('PutEvents')).toHaveLength(before);
	});
});
