/** The story of `npm run demo -- patch`: two months of patches, ring after ring, the second of which goes wrong. */

import { EC2Client, RebootInstancesCommand } from '@aws-sdk/client-ec2';
import type { Operation, PatchOperation } from '../../shared/operation/types.ts';
import type { Patching } from '../aws/ec2-machine.ts';
import type { BusEvent } from '../aws/eventbridge.ts';
import type { PatchManager } from '../aws/ssm/patching/index.ts';
import type { Fleet, FleetGroup } from '../fleet.ts';
import type { FleetPatch } from '../fleet-patches.ts';
import type { Expectation, Story } from './story.ts';

const START = '2026-03-16T08:07:00Z';
const DAYS = 44;

const ids = (group: string, count: number) =>
	Array.from({ length: count }, (_, index) => `i-0${group}${String(index + 1).padStart(14, '0')}`);
const DEV = ids('d0', 8);
const TEST = ids('e0', 20);
const PROD = ids('f0', 9);
/** In the server room; patched with the others of its group. */
const CASH_DESK = 'mi-0c0a00000000000d1';

/** Its restart hangs, the first time. */
const HANGS = TEST[6] as string;
/** The second month's kernel does not fit on their boot volumes. */
const FULL = [DEV[1], DEV[4]] as readonly string[];
/** What an association applies fails here: once, and for a week. */
const FORGETFUL = TEST[2] as string;
const OUTDATED = PROD[3] as string;

const OPENSSL = 'openssl-libs.x86_64';
const KERNEL = 'kernel.x86_64';
const SECURITY = { os: 'AMAZON_LINUX_2023', classification: 'Security' } as const;
/** Patch Tuesdays are the 10th of March and the 14th of April: dev's baseline approves what is a week old. */
const PATCHES: readonly FleetPatch[] = [
	{ id: OPENSSL, ...SECURITY, severity: 'Critical', released: '2026-03-10', cves: ['CVE-2026-0310'] },
	{ id: 'curl-minimal.x86_64', ...SECURITY, severity: 'Important', released: '2026-03-10' },
	{ id: 'tzdata.noarch', ...SECURITY, classification: 'Bugfix', severity: 'None', released: '2026-03-10' },
	{ id: KERNEL, ...SECURITY, severity: 'Important', released: '2026-04-14', cves: ['CVE-2026-0414'] },
];
const PATCHING: Patching = { os: 'AMAZON_LINUX_2023', scanSeconds: 6, secondsPerPatch: 30, restartSeconds: 120 };

const UPDATE_AGENT = 'AWS-UpdateSSMAgent';
const INVENTORY = 'AWS-GatherSoftwareInventory';
const WELL = { durationSeconds: [1, 3] as const };

/** Of the document that an association applies. */
const FAILS = { ...WELL, exitCode: 1, stderr: 'cannot reach the bucket of the agent: no route to host\n' };

function group(name: string, nodes: readonly string[]): FleetGroup {
	return {
		...{ name: `shop-${name}`, min: 0, max: nodes.length, tags: { service: 'shop', PatchGroup: name } },
		behaviours: { [INVENTORY]: WELL, [UPDATE_AGENT]: WELL },
		patching: PATCHING,
		nodes: nodes.map((id) => ({
			id,
			...(FULL.includes(id) && { patching: { failing: [KERNEL] } }),
			...(id === HANGS && { patching: { comesBack: false } }),
			...(id === FORGETFUL && { behaviours: { [INVENTORY]: [{ ...WELL, exitCode: 1, stderr: 'database is locked\n' }, WELL] } }),
			...(id === OUTDATED && { behaviours: { [UPDATE_AGENT]: [FAILS, FAILS, WELL] } }),
		})),
	};
}

const FLEET: Fleet = {
	groups: [group('dev', DEV), group('test', TEST), group('prod', PROD)],
	machines: [{ id: CASH_DESK, name: 'cash-desk', tags: { service: 'shop', PatchGroup: 'prod' }, patching: PATCHING }],
	patches: PATCHES,
};

const isPatch = (operation: Operation): operation is PatchOperation => operation.kind === 'patch';
const inMonth = (at: number, month: string) => new Date(at).toISOString().startsWith(month);
/** The run of a group's window in a month. */
const run = (name: string, month: string) => (operation: Operation) =>
	isPatch(operation) && operation.subject.group === name && inMonth(operation.window.startedAt, month);
/** What was found of nodes of groups in a month. */
const found = (type: 'Patch' | 'Association', groups: readonly string[], month: string) => (operation: Operation) =>
	operation.kind === 'state' &&
	operation.subject.complianceType === type &&
	groups.includes(operation.group) &&
	inMonth(operation.openedAt, month);
/** Found of nodes of groups that are many: one operation a group. */
const foundMany = (groups: readonly string[], month: string) => (operation: Operation) =>
	found('Patch', groups, month)(operation) && operation.kind === 'state' && operation.subject.group !== undefined;
const association = (name: string) => (operation: Operation) => operation.kind === 'association' && operation.name.endsWith(name);
const says = (pattern: RegExp) => (operation: Operation) => pattern.test(operation.result?.reason ?? '');
const tells = (pattern: RegExp) => (operation: Operation) => operation.history.some(({ what, why }) => pattern.test(`${what}: ${why}`));

const MARCH = '2026-03';
const APRIL = '2026-04';

const EXPECTATIONS: readonly Expectation[] = [
	{
		part: 'the scan at one in the morning finds what was approved at midnight: one OpsItem a group, until the window has installed it',
		about: foundMany(['dev', 'test', 'prod'], MARCH),
		...{ count: 3, state: 'succeeded', opsItem: true },
	},
	{
		part: 'it gets round to them within half a minute: nobody is told of the first nodes one by one',
		about: (operation) => operation.kind === 'state' && tells(/^handed over: /)(operation),
		...{ count: 'some', state: 'skipped' },
	},
	{
		part: 'March, dev: the event of the end is lost, the clock finds it; its nodes stay well for two days, and the ring of test opens',
		about: run('dev', MARCH),
		state: 'succeeded',
		also: says(/the ring of test is open/),
	},
	{
		part: 'March, test: one node of twenty does not come back from its restart and gets a verdict; the others prove enough for prod',
		about: run('test', MARCH),
		...{ state: 'succeeded', opsItem: true },
		also: (operation) => says(/the ring of prod is open/)(operation) && tells(/1 not back/)(operation),
	},
	{ part: 'March, prod: its nodes are well, one of them on premises', about: run('prod', MARCH), state: 'succeeded' },
	{
		part: 'April, dev: the kernel cannot be installed on two nodes; the ring of test stays closed, and an OpsItem says so, with the nodes',
		about: run('dev', APRIL),
		...{ state: 'failed', opsItem: true },
		also: (operation) => FULL.every((node) => operation.result?.reason.includes(node)),
	},
	{
		part: 'they are repaired and patched on demand, and comply again',
		about: (operation) => operation.kind === 'command',
		state: 'succeeded',
	},
	{ part: 'and so do all of dev', about: foundMany(['dev'], APRIL), ...{ state: 'succeeded', opsItem: true } },
	{
		part: 'April, test and prod: their windows open, their rings are closed, and nothing runs',
		about: (operation) => run('test', APRIL)(operation) || run('prod', APRIL)(operation),
		...{ count: 2, state: 'skipped' },
	},
	{
		part: 'what they lack is not forgotten: they do not comply until dev has proved it',
		about: foundMany(['test', 'prod'], APRIL),
		...{ count: 2, state: 'verifying', opsItem: true },
	},
	{
		part: 'an association fails on one node and is applied there again: it goes well, and nobody is called',
		about: association('inventory'),
		state: 'succeeded',
		also: tells(new RegExp(`applied again: .*${FORGETFUL}`)),
	},
	{ part: 'nor of the node, which complies again within a minute', about: found('Association', ['test'], MARCH), state: 'skipped' },
	{
		part: 'another fails on one node for a week, applied again or not: an OpsItem says so, and is resolved when it succeeds',
		about: association('agent-update'),
		...{ state: 'succeeded', opsItem: true },
		also: ({ result }) => result?.resolved === true,
	},
	{
		part: 'its node complies again, too',
		about: found('Association', ['prod'], MARCH),
		...{ state: 'succeeded', opsItem: true },
	},
	{
		part: 'a window that is cut off or fails is told besides',
		about: ({ kind }) => kind === 'event',
		...{ count: 2, state: 'succeeded', opsItem: true },
	},
];

/** One story for what patching in rings, compliance and associations can meet. */
export const PATCH_STORY: Story = {
	name: 'patch',
	title: 'Two months of patches in rings: the second is stopped where it fails',
	startAt: START,
	minutes: DAYS * 1_440,
	skipsQuiet: true,
	fleet: FLEET,
	faults: { event: (event) => (isEndOfDev(event) ? 'drop' : 'deliver') },
	script(world, terminal) {
		const on = (time: string, what: () => Promise<unknown>) =>
			world.at(Date.parse(time), async () => {
				await what();
			});
		const ec2 = world.aws.client(EC2Client);
		on('2026-03-20T09:00:00Z', async () => {
			world.services.ssm.patchManager.change(HANGS, { comesBack: true });
			await ec2.send(new RebootInstancesCommand({ InstanceIds: [HANGS] }));
		});
		on('2026-04-21T09:00:00Z', async () => {
			for (const id of FULL) world.services.ssm.patchManager.change(id, { failing: [] });
			await terminal('patch', 'install', '--patch-group', 'dev', '--reason', 'boot volumes of two nodes are larger now');
		});
	},
	expectations: EXPECTATIONS,
	outcomes(world, operations) {
		const { ssm, s3 } = world.services;
		const runs = operations.filter(isPatch);
		const patched = runs.filter(({ state }) => state !== 'skipped');
		const reports = s3.buckets().flatMap(({ objects }) => [...objects.keys()].filter((key) => key.startsWith('patch-reports/')));
		const ofRun = ({ subject }: PatchOperation) => reports.filter((key) => key.endsWith(`${subject.executionId}.json`));
		const inApril = ssm
			.commands()
			.filter(({ document, requestedAt }) => document.name === 'AWS-RunPatchBaseline' && inMonth(requestedAt, APRIL));
		const has = (ids: readonly string[], patch: string) => ids.every((id) => isInstalled(ssm.patchManager, id, patch));
		const behind = [...TEST, ...PROD, CASH_DESK];
		const closed = ssm.maintenance.windows().filter(({ settings: { name } }) => /-patch-(test|prod)$/.test(name));
		const open = ssm.opsItems().filter(({ status, title }) => status === 'Open' && /comply/.test(title));
		return [
			{
				part: 'every run that patched has its report, and no other has one',
				holds: patched.length === 4 && runs.every((each) => ofRun(each).length === (patched.includes(each) ? 1 : 0)),
			},
			{
				part: 'prod has all that was proved in March, and test and prod have nothing of what failed on dev in April',
				holds: has(behind, OPENSSL) && has(DEV, KERNEL) && behind.every((id) => !isInstalled(ssm.patchManager, id, KERNEL)),
			},
			{
				part: 'in April no command has patched a node beyond dev',
				holds: inApril.length === 2 && inApril.every(({ invocations }) => [...invocations.keys()].every((id) => DEV.includes(id))),
			},
			{
				part: 'the rings of test and prod are closed: their windows have no target and no task',
				holds: closed.every(({ targets, tasks }) => targets.size === 0 && tasks.size === 0),
			},
			{
				part: 'no OpsItem is open for a node that complies',
				holds: open.length === operations.filter(({ kind, state }) => kind === 'state' && state === 'verifying').length,
			},
		];
	},
};

function isInstalled(patchManager: PatchManager, nodeId: string, patch: string): boolean {
	return patchManager.report(nodeId)?.findings.find((finding) => finding.patch.id === patch)?.state === 'INSTALLED';
}

/** EventBridge delivers events of Systems Manager as well as it can: this one not at all. */
function isEndOfDev({ 'detail-type': type, time, detail }: BusEvent): boolean {
	const isEnd = type === 'Maintenance Window Execution State-change Notification' && detail['status'] === 'SUCCESS';
	return isEnd && time.startsWith('2026-03-17T02');
}
