import { describe, expect, it } from 'vitest';
import { patch, patchesOf, patchFleet, stateOf, useBaseline } from './support/patches.ts';
import { errorOf, nodeId, smallAws } from './support/small-aws.ts';

describe('Windows', () => {
	it('has security updates that are available and not approved, and patches for other products', async () => {
		const update = { os: 'WINDOWS', classification: 'SecurityUpdates', severity: 'Critical' } as const;
		const fleet = patchFleet(1, { os: 'WINDOWS', installed: [], product: 'WindowsServer2022' });
		const aws = smallAws({
			...fleet,
			groups: fleet.groups.map((group) => ({ ...group, platform: 'Windows' })),
			patches: [
				{ id: 'KB5000001', ...update, released: '2026-01-13', product: 'WindowsServer2022' },
				{ id: 'KB5000002', ...update, released: '2026-01-13', product: 'WindowsServer2019' },
				{ id: 'KB5000003', ...update, released: '2026-03-01', product: 'WindowsServer2022' },
			],
		});
		patch(aws, 'Scan');
		await aws.advance(60);

		expect(patchesOf(aws)).toEqual({ KB5000001: 'MISSING', KB5000002: 'NOT_APPLICABLE', KB5000003: 'AVAILABLE_SECURITY_UPDATE' });
		expect(stateOf(aws)).toMatchObject({ NotApplicableCount: 1, AvailableSecurityUpdateCount: 1, SecurityNonCompliantCount: 1 });
		const { BaselineId } = aws.call('ssm', 'GetDefaultPatchBaseline', {});
		const { EffectivePatches } = aws.call('ssm', 'DescribeEffectivePatchesForPatchBaseline', { BaselineId });
		expect(EffectivePatches.map((each: { PatchStatus: object }) => each.PatchStatus)).toMatchObject([
			{ DeploymentStatus: 'APPROVED' },
			{ DeploymentStatus: 'APPROVED' },
			{ DeploymentStatus: 'PENDING_APPROVAL', ApprovalDate: new Date('2026-03-08T00:00:00Z') },
		]);
	});
});

describe('macOS', () => {
	it('is patched by the step that is for it, from the default baseline at once', async () => {
		const fleet = patchFleet(1, { os: 'MACOS', installed: [] });
		const aws = smallAws({
			...fleet,
			groups: fleet.groups.map((group) => ({ ...group, platform: 'MacOS' })),
			patches: [{ id: 'macOS14.6', os: 'MACOS', classification: 'Security', severity: 'Critical', released: '2026-03-01' }],
		});
		const CommandId = patch(aws, 'Install');
		await aws.advance(120);

		expect(patchesOf(aws)).toEqual({ 'macOS14.6': 'INSTALLED' });
		const { StandardOutputContent } = aws.call('ssm', 'GetCommandInvocation', {
			CommandId,
			InstanceId: nodeId(1),
			PluginName: 'PatchMacOS',
		});
		expect(StandardOutputContent).toContain('AWS-MacOSDefaultPatchBaseline');
		expect(aws.call('ssm', 'DescribeInstanceInformation').InstanceInformationList).toMatchObject([
			{ PlatformType: 'MacOS', PlatformName: 'macOS' },
		]);
	});
});

describe('the states of nodes', () => {
	it('are read by group, counted, and filtered', async () => {
		const aws = smallAws(
			patchFleet(3, {}, { 1: { patching: { installed: ['bash.x86_64', 'openssl-libs.x86_64'] } }, 2: { agent: 'lost' } }),
		);
		const BaselineId = useBaseline(aws);
		patch(aws, 'Scan');
		await aws.advance(120);
		const inGroup = (...Filters: object[]) =>
			aws.call('ssm', 'DescribeInstancePatchStatesForPatchGroup', { PatchGroup: 'dev', Filters }).InstancePatchStates;

		expect(inGroup().map(({ InstanceId }: { InstanceId: string }) => InstanceId)).toEqual([nodeId(1), nodeId(2)]);
		expect(inGroup({ Key: 'MissingCount', Values: ['0'], Type: 'GreaterThan' })).toHaveLength(1);
		expect(aws.call('ssm', 'DescribePatchGroupState', { PatchGroup: 'dev' })).toMatchObject({
			Instances: 2,
			InstancesWithInstalledPatches: 2,
			InstancesWithMissingPatches: 1,
			InstancesWithCriticalNonCompliantPatches: 1,
		});
		const missing = { InstanceId: nodeId(1), Filters: [{ Key: 'State', Values: ['Missing'] }] };
		expect(aws.call('ssm', 'DescribeInstancePatches', missing).Patches).toEqual([
			expect.objectContaining({ KBId: 'openssl-libs.x86_64', Severity: 'Critical', CVEIds: 'CVE-2026-0001,CVE-2026-0002' }),
		]);
		expect(errorOf(() => aws.call('ssm', 'DescribeInstancePatches', { InstanceId: nodeId(9) })).code).toBe('InvalidInstanceId');
		expect(errorOf(() => aws.call('ssm', 'DescribeEffectivePatchesForPatchBaseline', { BaselineId })).code).toBe(
			'UnsupportedOperatingSystem',
		);
	});
});

describe('inventory', () => {
	it('has what was found, as text', async () => {
		const aws = smallAws(patchFleet(2, {}, { 1: { patching: { installed: ['bash.x86_64', 'openssl-libs.x86_64'] } } }));
		useBaseline(aws);
		patch(aws, 'Scan');
		await aws.advance(60);
		const ResultAttributes = [{ TypeName: 'AWS:PatchSummary' }];
		const Filters = [{ Key: 'AWS:PatchSummary.MissingCount', Values: ['0'], Type: 'GreaterThan' }];

		const { Entities } = aws.call('ssm', 'GetInventory', { ResultAttributes, Filters });
		expect(Entities).toMatchObject([
			{ Id: nodeId(1), Data: { 'AWS:PatchSummary': { Content: [{ PatchGroup: 'dev', MissingCount: '1', OperationType: 'Scan' }] } } },
		]);
		const list = (TypeName: string) => aws.call('ssm', 'ListInventoryEntries', { InstanceId: nodeId(2), TypeName });
		expect(list('AWS:PatchSummary').Entries).toMatchObject([{ InstalledCount: '2', MissingCount: '0' }]);
		expect(errorOf(() => list('AWS:Service')).code).toBe('UnknownOperationException');
		expect(errorOf(() => list('Patches')).code).toBe('InvalidTypeNameException');
	});
});
