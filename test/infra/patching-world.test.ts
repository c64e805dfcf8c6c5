import {
	DescribeInstancePatchStatesCommand,
	DescribeMaintenanceWindowExecutionsCommand,
	ListAssociationsCommand,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet, FleetGroup } from '../../local/fleet.ts';
import { ensureTemplate } from '../../local/package-template.ts';
import { loadTemplate } from '../../local/template.ts';
import { createWorld, type World } from '../../local/world.ts';

/** The Monday before the windows of a cycle begin to open. */
const START = Date.parse('2026-03-16T12:00:00Z');
const HOUR = 3_600_000;

const SECURITY = { os: 'AMAZON_LINUX_2023', classification: 'Security', severity: 'Critical' } as const;
/** Of Patch Tuesday, and of the day after. */
const PATCHES = [
	{ id: 'openssl-libs.x86_64', ...SECURITY, released: '2026-03-10' },
	{ id: 'curl-minimal.x86_64', ...SECURITY, released: '2026-03-11' },
];

const NODES = { dev: 'i-0aaaaaaaaaaaaaaa1', test: 'i-0aaaaaaaaaaaaaaa2', none: 'i-0aaaaaaaaaaaaaaa3' } as const;
const group = (name: keyof typeof NODES): FleetGroup => ({
	name,
	min: 1,
	max: 1,
	tags: name === 'none' ? { service: 'nginx' } : { PatchGroup: name },
	patching: { os: 'AMAZON_LINUX_2023', scanSeconds: 5, secondsPerPatch: 10, restartSeconds: 60 },
	behaviours: { '*': { durationSeconds: 5 } },
	nodes: [{ id: NODES[name] }],
});
const FLEET: Fleet = { groups: [group('dev'), group('test'), group('none')], patches: PATCHES };

/** What the stack deploys, without its functions: nobody gives the later groups what they need. */
describe('a stage that patches', () => {
	let world: World;

	beforeAll(async () => {
		const template = { ...(await loadTemplate(await ensureTemplate())), functions: [], rules: [], mappings: [] };
		world = await createWorld({ seed: 1, time: 'simulated', startAt: START, template, fleet: FLEET, handlers: {} });
	}, 60_000);

	afterAll(() => world.close());

	const documents = () => world.services.ssm.commands().map(({ document }) => document.name);
	/** When patches were last looked for or installed, and how many are there, by node. */
	async function patchStates() {
		const { InstancePatchStates = [] } = await world.run(() =>
			world.aws.ssm.send(new DescribeInstancePatchStatesCommand({ InstanceIds: Object.values(NODES) })),
		);
		return Object.fromEntries(
			InstancePatchStates.map(({ InstanceId, Operation, InstalledCount, MissingCount }) => [
				Object.entries(NODES).find(([, id]) => id === InstanceId)?.[0],
				[Operation, InstalledCount, MissingCount],
			]),
		);
	}
	async function executions(windowName: string) {
		const { id } = world.template.state.maintenanceWindows.find(({ input }) => input.Name === windowName) ?? {};
		const { WindowExecutions = [] } = await world.run(() =>
			world.aws.ssm.send(new DescribeMaintenanceWindowExecutionsCommand({ WindowId: id })),
		);
		return WindowExecutions.map(({ Status }) => Status);
	}

	it('does nothing by itself before its times come', async () => {
		const { Associations = [] } = await world.run(() => world.aws.ssm.send(new ListAssociationsCommand({})));
		expect(Associations.map(({ Name }) => Name).sort()).toEqual([
			'AWS-GatherSoftwareInventory',
			'AWS-RunPatchBaseline',
			'AWS-UpdateSSMAgent',
		]);

		await world.runFor(12 * HOUR);

		expect(documents()).toEqual([]);
		expect(await patchStates()).toEqual({});
	});

	it('looks every night what its patch groups miss, as far as it is approved for them', async () => {
		await world.runFor(1.5 * HOUR);

		expect(await patchStates()).toEqual({ dev: ['Scan', 0, 1], test: ['Scan', 0, 0] });
	});

	it('patches the first group in its window, in the role of patching, with what is old enough', async () => {
		await world.runFor(1.5 * HOUR);

		expect(await patchStates()).toMatchObject({ dev: ['Install', 1, 0], test: ['Scan', 0, 0] });
		expect(await executions('fleetkeeper-local-patch-dev')).toEqual(['SUCCESS']);
		expect(documents()).toEqual(['AWS-RunPatchBaseline']);
	});

	it('leaves the next group alone when its window comes, for nobody has let it in', async () => {
		await world.runFor(Date.parse('2026-03-20T06:00:00Z') - world.clock.now());

		expect(documents()).toEqual(['AWS-RunPatchBaseline']);
		// By now the patch is old enough for it too, and missing.
		expect(await patchStates()).toMatchObject({ test: ['Scan', 0, 1] });
		expect(await executions('fleetkeeper-local-patch-test')).not.toContain('FAILED');
	});
});
