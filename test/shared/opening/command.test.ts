import { describe, expect, it } from 'vitest';
import { openFromFleet } from '../../../shared/opening/fleet.ts';
import { uuidFrom } from '../../../shared/operation/ids.ts';
import { settingsFrom } from '../../../shared/settings.ts';
import { commandCore, commandRequest, commands, hears, onCommand, theCommand } from '../../support/command-core.ts';
import { type Input, nodeId, throttled } from '../../support/core.ts';

const ids = (count: number) => Array.from({ length: count }, (_, n) => nodeId(n + 1));
const SIX_TAGS = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => ({ key: `tag:${key}`, values: ['yes'] }));

describe('a request for a command', () => {
	it('sends what it asks for, as it asks for it, once it is on record', async () => {
		const core = await commandCore();
		let known = 0;
		core.on('SendCommand', async () => {
			known = (await commands(core)).length;
			return { Command: { CommandId: 'c0000000-0000-4000-8000-000000000001' } };
		});
		const detail = {
			parameters: { ServiceName: 'nginx', Note: '$.detail.command' },
			...{ maxConcurrency: '10%', maxErrors: '2', deliverWithinSeconds: 600 },
			...{ reason: 'a new certificate', requestedBy: 'anna' },
		};
		expect(await hears(core, commandRequest('request-1', detail))).toEqual(['opened']);

		const operation = await theCommand(core);
		expect(known).toBe(1);
		expect(operation).toMatchObject({ state: 'running', request: { by: 'anna', reason: 'a new certificate' } });
		expect(operation.history[0]?.why).toBe('on-command: restart-service on tag:service=nginx, asked for by anna: a new certificate');
		expect(core.calls('SendCommand')).toEqual([
			expect.objectContaining({
				DocumentName: 'fleetkeeper-test-restart-service',
				Targets: [{ Key: 'tag:service', Values: ['nginx'] }],
				Comment: `fleetkeeper ${operation.id}.1/1`,
				...{ MaxConcurrency: '10%', MaxErrors: '2', TimeoutSeconds: 600 },
				Parameters: { ServiceName: ['nginx'], Note: ['$.detail.command'], WorkId: [`${operation.id}.1`], TimeoutSeconds: ['3600'] },
				OutputS3KeyPrefix: `commands/${operation.id}`,
			}),
		]);
		expect(core.calls('SendCommand')[0]).not.toHaveProperty('InstanceIds');
		expect(core.called().filter((name) => /Describe|List/.test(name))).toEqual([]);
	});

	it('has the errors and the concurrency of AWS where it does not say', async () => {
		const core = await commandCore();
		await hears(core, commandRequest('request-1'));
		expect(core.calls('SendCommand')).toMatchObject([{ MaxConcurrency: '50', MaxErrors: '0', TimeoutSeconds: 3_600 }]);
	});

	it('for more ids than a call takes becomes several, of which percentages are counts', async () => {
		const core = await commandCore();
		const targets = [{ key: 'InstanceIds', values: [...ids(120), nodeId(1)] }];
		await hears(core, commandRequest('request-1', { targets, maxErrors: '5%', maxConcurrency: '1%' }));
		const operation = await theCommand(core);
		expect(operation).toMatchObject({ commands: 3, maxErrors: '6', maxConcurrency: '1' });
		expect(operation.history[0]?.why).toContain('120 nodes, 120 nodes in 3 commands one after another');
		expect(core.calls('SendCommand')).toMatchObject([{ Targets: [{ Key: 'InstanceIds', Values: ids(50) }] }]);
	});

	it('of one id is one, in one batch or in several, and closed it stays closed', async () => {
		const core = await commandCore();
		const request = commandRequest('request-1', { requestId: 'CHG-4711' });
		expect(await hears(core, request, { ...request, id: 'request-2' })).toEqual(['opened', 'exists']);
		expect(await hears(core, request)).toEqual(['exists']);
		const operation = await theCommand(core);
		await core.services.ledger.save({ ...operation, state: 'failed', closedAt: core.now(), version: operation.version + 1 });
		expect(await hears(core, request)).toEqual(['old-news']);
		expect(core.calls('SendCommand')).toHaveLength(1);
	});

	it('holds to its playbook and asks for its own calendars beside', async () => {
		const brakes = { calendar: { names: ['freeze'], closed: 'wait' as const } };
		const core = await commandCore(onCommand({ brakes }));
		core.on('GetCalendarState', () => ({ State: 'CLOSED' }));
		await hears(core, commandRequest('request-1', { calendar: 'theirs' }));
		expect(core.calls('GetCalendarState')).toEqual([{ CalendarNames: ['freeze', 'theirs'] }]);
		expect(await theCommand(core)).toMatchObject({ state: 'waiting', waiting: 'calendar' });
	});

	it.each([
		['no playbook allows it', { command: 'isolate-node' }, 'no playbook allows command isolate-node (none of 1 playbooks'],
		['it is to take longer', { timeoutSeconds: 7_200 }, 'timeoutSeconds is 7200, and playbook on-command allows 3600 at most'],
		[
			'it is to be reached later',
			{ deliverWithinSeconds: 3_000 },
			'deliverWithinSeconds is 3000, and playbook on-command allows 900 at most',
		],
		['its parts do not go together', { targets: [{ key: 'InstanceIds', values: ['web-1'] }] }, "is 'web-1': expected the id of a node"],
	])('is refused where %s', async (_, detail, problem) => {
		const core = await commandCore(onCommand({ run: { timeoutSeconds: 3_600, deliverWithinSeconds: 900 } }));
		const [refusal] = await hears(core, commandRequest('request-1', { requestedBy: 'anna', ...detail }));
		expect(refusal).toContain('The request request-1 of ops.console, anna is refused: ');
		expect(refusal).toContain(problem);
		expect(core.called()).toEqual([]);
	});

	it('is refused where the settings do not allow its document, before AWS is asked', async () => {
		const core = await commandCore();
		const settings = settingsFrom({ STAGE: 'test', ALLOWED_DOCUMENTS: 'AWS-RunPatchBaseline' });
		const services = { ...core.services, settings };
		const [result] = await openFromFleet(services, [commandRequest('request-1', { command: 'AWS-ConfigureAWSPackage' })]);
		expect(result).toMatchObject({
			ok: false,
			error: { message: expect.stringContaining('AWS-ConfigureAWSPackage is not allowed here: name it') },
		});
		expect(core.called()).toEqual([]);
	});

	it('does not hold up its neighbours, whatever they are', async () => {
		const core = await commandCore();
		const results = await openFromFleet(core.services, [{}, commandRequest('request-1'), commandRequest('request-2', { targets: [] })]);
		expect(results.map(({ ok }) => ok)).toEqual([false, true, false]);
	});

	it('in our own name is dropped', async () => {
		const core = await commandCore();
		expect(await hears(core, commandRequest('request-1', {}, { source: 'fleetkeeper' }))).toEqual(['own-event']);
	});
});

const tagged = (id: string, tags: Record<string, string>) => ({
	ResourceARN: `arn:aws:ssm:eu-west-1:111122223333:managed-instance/${id}`,
	Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
});

describe('a request in rings', () => {
	const RINGS = ['dev', 'test', 'prod'];
	const ring = (name: string) => ({ key: 'tag:PatchGroup', values: [name] });

	it('is sent to the first, by its tag and the targets, with what is wanted of each', async () => {
		const core = await commandCore();
		await hears(core, commandRequest('request-1', { rings: RINGS, successPercent: 90, soakSeconds: 3_600 }));
		expect(core.calls('SendCommand')).toMatchObject([
			{
				Targets: [
					{ Key: 'tag:PatchGroup', Values: ['dev'] },
					{ Key: 'tag:service', Values: ['nginx'] },
				],
				// What may fail of a ring that is to be done.
				MaxErrors: '10%',
			},
		]);
		const { subject, rings, history } = await theCommand(core);
		expect(subject.on).toBe('rings dev, test, prod of tag:service=nginx');
		expect(rings).toMatchObject({ done: 0, successPercent: 90, soakSeconds: 3_600 });
		expect(rings?.each.map(({ name, plan }) => [name, plan?.chunks[0]?.[0]])).toEqual([
			['dev', undefined],
			['test', ring('test')],
			['prod', ring('prod')],
		]);
		expect(history[0]?.why).toContain('on-command: restart-service on rings dev, test, prod of tag:service=nginx, asked for by');
		expect(core.calls('GetResources')).toEqual([]);
	});

	it('goes to all nodes of each where it names no targets, and wants 95% of them', async () => {
		const core = await commandCore();
		await hears(core, commandRequest('request-1', { targets: undefined, rings: RINGS, maxErrors: '1' }));
		expect(core.calls('SendCommand')).toMatchObject([{ Targets: [{ Key: 'tag:PatchGroup', Values: ['dev'] }], MaxErrors: '1' }]);
		expect(await theCommand(core)).toMatchObject({ rings: { successPercent: 95, soakSeconds: 0 } });
	});

	it('for certain nodes finds the ring of each by its tag', async () => {
		const core = await commandCore();
		core.on('GetResources', ({ TagFilters }: Input) => ({
			ResourceTagMappingList: ids(70)
				.map((id, n) => tagged(id, { PatchGroup: n < 10 ? 'dev' : 'prod' }))
				.filter(({ Tags }) => (TagFilters as { Values: string[] }[])[0]?.Values.includes(Tags[0]?.Value ?? '')),
		}));
		const targets = [{ key: 'InstanceIds', values: ids(65) }];
		await hears(core, commandRequest('request-1', { targets, rings: ['dev', 'prod'], maxErrors: '4%', maxConcurrency: '20%' }));
		const { rings, ...dev } = await theCommand(core);
		expect(dev).toMatchObject({ chunks: [[{ values: ids(10) }]], maxErrors: '4%', maxConcurrency: '20%' });
		expect(rings?.each[1]?.plan).toMatchObject({ maxErrors: '2', maxConcurrency: '11' });
		expect(rings?.each[1]?.plan?.chunks.map(([each]) => each?.values.length)).toEqual([50, 5]);
	});

	it('for a node that is in none of them is refused', async () => {
		const core = await commandCore();
		core.on('GetResources', () => ({ ResourceTagMappingList: [tagged(nodeId(1), { PatchGroup: 'dev' })] }));
		const [refusal] = await hears(core, commandRequest('request-1', { targets: [{ key: 'InstanceIds', values: ids(3) }], rings: ['dev'] }));
		expect(refusal).toContain(`no ring of dev has ${nodeId(2)}, ${nodeId(3)}: leave out what has another tag PatchGroup, or none`);
	});
});

describe('a request to patch', () => {
	const patch = (parameters: object) => commandRequest('request-1', { command: 'AWS-RunPatchBaseline', parameters });
	const onPatch = () => commandCore(onCommand({ when: { detail: { command: ['AWS-RunPatchBaseline'] } } }));

	it('has one snapshot of the baseline for all of its nodes', async () => {
		const core = await onPatch();
		await hears(core, patch({ Operation: 'Install' }));
		const { id } = await theCommand(core);
		expect(core.calls('SendCommand')).toMatchObject([{ Parameters: { Operation: ['Install'], SnapshotId: [uuidFrom(id)] } }]);
	});

	it('has the snapshot that it names', async () => {
		const core = await onPatch();
		await hears(core, patch({ Operation: 'Install', SnapshotId: uuidFrom('theirs') }));
		expect(core.calls('SendCommand')).toMatchObject([{ Parameters: { SnapshotId: [uuidFrom('theirs')] } }]);
	});
});

describe('more tags than a call takes', () => {
	const all = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => [key, 'yes']));

	it('lead to the nodes that have all of them, page by page', async () => {
		const core = await commandCore();
		core.on('GetResources', ({ PaginationToken }: Input) =>
			PaginationToken === undefined
				? { ResourceTagMappingList: [tagged('mi-2', all), tagged('mi-3', { ...all, f: 'no' })], PaginationToken: 'more' }
				: { ResourceTagMappingList: [tagged('mi-1', all)], PaginationToken: '' },
		);
		await hears(core, commandRequest('request-1', { targets: SIX_TAGS }));
		expect(core.calls('SendCommand')).toMatchObject([{ Targets: [{ Key: 'InstanceIds', Values: ['mi-1', 'mi-2'] }] }]);
		expect(core.calls('GetResources')[0]).toEqual({
			ResourceTypeFilters: ['ec2:instance', 'ssm:managed-instance'],
			TagFilters: SIX_TAGS.map(({ key, values }) => ({ Key: key.slice(4), Values: values })),
		});
	});

	it('that no node has fail the operation, and nothing is sent', async () => {
		const core = await commandCore();
		await hears(core, commandRequest('request-1', { targets: SIX_TAGS }));
		expect(await theCommand(core)).toMatchObject({ state: 'failed', result: { reason: 'the targets match no node' } });
		expect(core.calls('SendCommand')).toEqual([]);
	});

	it('that too many nodes have are refused', async () => {
		const core = await commandCore();
		core.on('GetResources', () => ({ ResourceTagMappingList: Array.from({ length: 2_001 }, (_, n) => tagged(`mi-${n}`, all)) }));
		const [refusal] = await hears(core, commandRequest('request-1', { targets: SIX_TAGS }));
		expect(refusal).toContain('the targets match 2001 nodes');
	});

	it('are read again while AWS throttles', async () => {
		const core = await commandCore();
		core.on('GetResources', () => {
			throw throttled();
		});
		const [retry] = await hears(core, commandRequest('request-1', { targets: SIX_TAGS }));
		expect(retry).toContain('which nodes have the tags cannot be read: ThrottlingException');
		expect(await commands(core)).toEqual([]);
	});
});

it('the largest request stays far below what an item of the ledger holds', async () => {
	const core = await commandCore();
	const targets = [{ key: 'InstanceIds', values: Array.from({ length: 2_000 }, (_, n) => `mi-${String(n).padStart(17, '0')}`) }];
	await hears(core, commandRequest('request-1', { targets }));
	const operation = await theCommand(core);
	expect(operation.chunks).toHaveLength(40);
	expect(JSON.stringify(operation).length).toBeLessThan(100_000);
});
