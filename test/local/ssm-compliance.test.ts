import { describe, expect, it } from 'vitest';
import { patch, patchFleet, useBaseline } from './support/patches.ts';
import { errorOf, nodeId, type SmallAws, smallAws, webFleet } from './support/small-aws.ts';

const ITEM = { Id: 'firewall', Title: 'The firewall is on', Severity: 'HIGH', Status: 'NON_COMPLIANT', Details: { Port: '22' } };

function put(aws: SmallAws, input: object = {}): void {
	aws.call('ssm', 'PutComplianceItems', {
		ResourceId: nodeId(1),
		ResourceType: 'ManagedInstance',
		ComplianceType: 'Custom:Firewall',
		ExecutionSummary: { ExecutionTime: new Date('2026-03-02T08:00:00Z'), ExecutionId: 'audit-1' },
		Items: [ITEM],
		...input,
	});
}

const items = (aws: SmallAws, input: object = {}) =>
	aws.call('ssm', 'ListComplianceItems', { ResourceIds: [nodeId(1)], ...input }).ComplianceItems;

describe('compliance items', () => {
	it('are put as a whole, and listed by node', () => {
		const aws = smallAws(webFleet(2));
		put(aws, { Items: [ITEM, { ...ITEM, Id: 'selinux', Status: 'COMPLIANT' }] });
		put(aws);

		expect(items(aws)).toEqual([
			{
				...ITEM,
				ComplianceType: 'Custom:Firewall',
				ResourceType: 'ManagedInstance',
				ResourceId: nodeId(1),
				ExecutionSummary: { ExecutionTime: new Date('2026-03-02T08:00:00Z'), ExecutionId: 'audit-1' },
			},
		]);
		expect(items(aws, { ResourceIds: [nodeId(2)] })).toEqual([]);
	});

	it('are ignored where they have the hash of those before', () => {
		const aws = smallAws(webFleet(1));
		put(aws, { ItemContentHash: 'one' });
		put(aws, { ItemContentHash: 'one', Items: [] });
		expect(items(aws)).toHaveLength(1);
		put(aws, { ItemContentHash: 'two', Items: [] });

		expect(items(aws)).toEqual([]);
	});

	it.each([
		['EQUAL', { Key: 'Severity', Values: ['HIGH'] }, 1],
		['NOT_EQUAL', { Key: 'Status', Values: ['NON_COMPLIANT'], Type: 'NOT_EQUAL' }, 0],
		['BEGIN_WITH', { Key: 'ComplianceType', Values: ['Custom:'], Type: 'BEGIN_WITH' }, 1],
		['a detail', { Key: 'Port', Values: ['80'] }, 0],
	])('are filtered by %s', (_, filter, count) => {
		const aws = smallAws(webFleet(1));
		put(aws);

		expect(items(aws, { Filters: [filter] })).toHaveLength(count);
	});

	it.each([
		['InvalidResourceType', { ResourceType: 'Bucket' }],
		['InvalidResourceId', { ResourceId: nodeId(9) }],
		['ValidationException', { Items: [{ ...ITEM, Severity: 'URGENT' }] }],
		['UnknownOperationException', { UploadType: 'PARTIAL' }],
	])('are refused with %s', (code, input) => {
		expect(errorOf(() => put(smallAws(webFleet(1)), input)).code).toBe(code);
	});

	it('are listed for one node at a time', () => {
		expect(errorOf(() => items(smallAws(), { ResourceIds: [nodeId(1), nodeId(2)] })).code).toBe('ValidationException');
		expect(errorOf(() => items(smallAws(), { ResourceTypes: ['Bucket'] })).code).toBe('InvalidResourceType');
	});
});

describe('summaries', () => {
	it('count items by node, and nodes by type, with their severities', async () => {
		const aws = smallAws(patchFleet(2, {}, { 1: { patching: { installed: ['bash.x86_64', 'openssl-libs.x86_64'] } } }));
		const baseline = useBaseline(aws);
		const ExecutionId = patch(aws, 'Scan');
		await aws.advance(60);
		put(aws);

		const filters = (...Filters: object[]) => ({ Filters });
		const ofPatches = { Key: 'ComplianceType', Values: ['Patch'] };
		const byNode = aws.call('ssm', 'ListResourceComplianceSummaries', filters(ofPatches)).ResourceComplianceSummaryItems;
		expect(byNode).toMatchObject([
			{
				ResourceId: nodeId(1),
				Status: 'NON_COMPLIANT',
				OverallSeverity: 'CRITICAL',
				ExecutionSummary: { ExecutionId, ExecutionType: 'Command' },
				CompliantSummary: { CompliantCount: 1 },
				NonCompliantSummary: { NonCompliantCount: 1, SeveritySummary: { CriticalCount: 1, HighCount: 0 } },
			},
			{ ResourceId: nodeId(2), Status: 'COMPLIANT', OverallSeverity: 'UNSPECIFIED', NonCompliantSummary: { NonCompliantCount: 0 } },
		]);
		const group = (value: string) => filters({ Key: 'PatchGroup', Values: [value] });
		expect(aws.call('ssm', 'ListResourceComplianceSummaries', group('dev')).ResourceComplianceSummaryItems).toHaveLength(2);
		expect(aws.call('ssm', 'ListResourceComplianceSummaries', group('prod')).ResourceComplianceSummaryItems).toEqual([]);
		expect(aws.call('ssm', 'ListComplianceSummaries').ComplianceSummaryItems).toMatchObject([
			{ ComplianceType: 'Custom:Firewall', NonCompliantSummary: { NonCompliantCount: 1, SeveritySummary: { HighCount: 1 } } },
			{ ComplianceType: 'Patch', CompliantSummary: { CompliantCount: 1 }, NonCompliantSummary: { NonCompliantCount: 1 } },
		]);
		aws.ec2.terminate(nodeId(2));
		expect(aws.call('ssm', 'ListResourceComplianceSummaries', group('dev')).ResourceComplianceSummaryItems).toHaveLength(1);
		const [missing] = items(aws, filters(ofPatches, { Key: 'Status', Values: ['NON_COMPLIANT'] }));
		expect(missing).toMatchObject({
			Id: 'openssl-libs.x86_64',
			Severity: 'CRITICAL',
			Details: {
				Classification: 'Security',
				PatchBaselineId: baseline,
				PatchGroup: 'dev',
				PatchSeverity: 'Critical',
				PatchState: 'Missing',
			},
		});
	});
});

describe('a change of compliance', () => {
	it('is an event for patches and associations, the first state included, and for nothing else', () => {
		const aws = smallAws(webFleet(1));
		const Items = [{ ...ITEM, Status: 'COMPLIANT' }];
		for (const ComplianceType of ['Association', 'Custom:Firewall']) {
			put(aws, { ComplianceType });
			put(aws, { ComplianceType });
			put(aws, { ComplianceType, Items });
		}

		expect(aws.details('Configuration Compliance State Change')).toEqual(
			['non_compliant', 'compliant'].map((status) => ({
				'last-runtime': '2026-03-02T08:00:00Z',
				'compliance-status': status,
				'resource-type': 'managed-instance',
				'resource-id': nodeId(1),
				'compliance-type': 'Association',
			})),
		);
		expect(aws.events[0]?.resources).toEqual([`arn:aws:ssm:eu-west-1:111122223333:managed-instance/${nodeId(1)}`]);
	});
});
