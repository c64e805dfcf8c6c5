import { describe, expect, it } from 'vitest';
import { approvalOf } from '../../local/aws/ssm/patching/approval.ts';
import { baselineFrom } from '../../local/aws/ssm/patching/baseline-settings.ts';
import type { Patch } from '../../local/aws/ssm/patching/model.ts';
import { errorOf, type SmallAws, smallAws } from './support/small-aws.ts';

const AMAZON = { Name: 'amazon', OperatingSystem: 'AMAZON_LINUX_2023' };
const RULE = {
	PatchFilterGroup: { PatchFilters: [{ Key: 'CLASSIFICATION', Values: ['Security'] }] },
	ComplianceLevel: 'CRITICAL',
	ApproveAfterDays: 7,
};
const ruled = (...PatchRules: object[]) => ({ ApprovalRules: { PatchRules } });

function create(aws: SmallAws, input: object = {}): string {
	return aws.call('ssm', 'CreatePatchBaseline', { ...AMAZON, ...ruled(RULE), ...input }).BaselineId;
}

const OPENSSL: Patch = {
	id: 'openssl-libs.x86_64',
	os: 'AMAZON_LINUX_2023',
	title: 'openssl',
	classification: 'Security',
	severity: 'Critical',
	releasedAt: Date.parse('2026-02-20T15:00:00Z'),
};
const at = (text: string) => Date.parse(text);

describe('a baseline approves', () => {
	const baseline = (input: object = {}) => baselineFrom({ ...AMAZON, ...ruled(RULE), ...input } as Parameters<typeof baselineFrom>[0]);

	it('a patch so many whole days after the day of its release', () => {
		const pending = approvalOf(OPENSSL, baseline(), at('2026-02-26T23:59:59Z'));

		expect(pending).toEqual({ status: 'PENDING_APPROVAL', level: 'CRITICAL', approvesAt: at('2026-02-27T00:00:00Z') });
		expect(approvalOf(OPENSSL, baseline(), at('2026-02-27T00:00:00Z'))).toEqual({
			status: 'APPROVED',
			level: 'CRITICAL',
			explicitly: false,
		});
	});

	it('what was released by a day, that day included', () => {
		const until = (ApproveUntilDate: string) => baseline(ruled({ ...RULE, ApproveAfterDays: undefined, ApproveUntilDate }));

		expect(approvalOf(OPENSSL, until('2026-02-20'), at('2026-03-01')).status).toBe('APPROVED');
		expect(approvalOf(OPENSSL, until('2026-02-19'), at('2026-03-01')).status).toBe('OTHER');
	});

	it('what it names, and rejects what it names too', () => {
		const named = { ApprovedPatches: ['openssl*'], ApprovedPatchesComplianceLevel: 'HIGH', ...ruled() };

		expect(approvalOf(OPENSSL, baseline(named), at('2026-02-21'))).toEqual({ status: 'APPROVED', level: 'HIGH', explicitly: true });
		expect(approvalOf(OPENSSL, baseline({ ...named, RejectedPatches: [OPENSSL.id] }), at('2026-02-21'))).toEqual({ status: 'REJECTED' });
	});

	it('what passes its global filters', () => {
		const filtered = (severity: string) => baseline({ GlobalFilters: { PatchFilters: [{ Key: 'SEVERITY', Values: [severity] }] } });

		expect(approvalOf(OPENSSL, filtered('Critical'), at('2026-03-01')).status).toBe('APPROVED');
		expect(approvalOf(OPENSSL, filtered('Low'), at('2026-03-01')).status).toBe('OTHER');
	});

	it('packages without an advisory only where it is asked to', () => {
		const any = { ...RULE, PatchFilterGroup: { PatchFilters: [{ Key: 'CLASSIFICATION', Values: ['*'] }] } };
		const plain = { ...OPENSSL, classification: '' };

		expect(approvalOf(plain, baseline(ruled(any)), at('2026-03-01')).status).toBe('OTHER');
		expect(approvalOf(plain, baseline(ruled({ ...any, EnableNonSecurity: true })), at('2026-03-01')).status).toBe('APPROVED');
	});

	it('at once on Ubuntu, which knows no delay, and security updates alone', () => {
		const rule = { PatchFilterGroup: { PatchFilters: [{ Key: 'PRIORITY', Values: ['Required'] }] }, ComplianceLevel: 'MEDIUM' } as const;
		const ubuntu = baseline({ OperatingSystem: 'UBUNTU', ...ruled(rule) });
		const patch = { ...OPENSSL, os: 'UBUNTU', priority: 'Required' } as const;

		expect(approvalOf(patch, ubuntu, patch.releasedAt)).toMatchObject({ status: 'APPROVED', level: 'MEDIUM' });
		expect(approvalOf({ ...patch, classification: 'Updates' }, ubuntu, patch.releasedAt)).toEqual({ status: 'OTHER' });
	});

	it('at the highest level of the rules that approve it', () => {
		const rules = ruled({ ...RULE, ComplianceLevel: 'LOW' }, { ...RULE, ComplianceLevel: 'HIGH' }, { ...RULE, ApproveAfterDays: 90 });
		expect(approvalOf(OPENSSL, baseline(rules), at('2026-03-01'))).toMatchObject({ level: 'HIGH' });
	});
});

describe('patch baselines', () => {
	it('are created, read, changed and deleted', () => {
		const aws = smallAws();
		const BaselineId = create(aws, { Description: 'for web servers', Tags: [{ Key: 'team', Value: 'web' }] });

		expect(BaselineId).toMatch(/^pb-[0-9a-f]{17}$/);
		expect(aws.call('ssm', 'UpdatePatchBaseline', { BaselineId, RejectedPatches: ['kernel*'] })).toMatchObject({
			Description: 'for web servers',
			ApprovalRules: { PatchRules: [RULE] },
			RejectedPatches: ['kernel*'],
			RejectedPatchesAction: 'ALLOW_AS_DEPENDENCY',
		});
		expect(aws.call('ssm', 'GetPatchBaseline', { BaselineId })).toMatchObject({ ...AMAZON, PatchGroups: [] });
		expect(aws.call('ssm', 'UpdatePatchBaseline', { BaselineId, Replace: true, Name: 'other' })).toMatchObject({
			Name: 'other',
			ApprovalRules: { PatchRules: [] },
			RejectedPatches: [],
		});
		expect(aws.call('ssm', 'ListTagsForResource', { ResourceType: 'PatchBaseline', ResourceId: BaselineId }).TagList).toHaveLength(1);
		expect(aws.call('ssm', 'DeletePatchBaseline', { BaselineId })).toEqual({ BaselineId });
		expect(errorOf(() => aws.call('ssm', 'GetPatchBaseline', { BaselineId })).code).toBe('DoesNotExistException');
		expect(errorOf(() => aws.call('ssm', 'GetPatchBaseline', { BaselineId: 'mine' })).code).toBe('InvalidResourceId');
	});

	it('are made once for a token', () => {
		const aws = smallAws();
		expect(create(aws, { ClientToken: 'once' })).toBe(create(aws, { ClientToken: 'once' }));
	});

	it("are listed beside AWS's own, one of which is each system's default", () => {
		const aws = smallAws();
		const BaselineId = create(aws);
		const listed = (...Filters: object[]) => aws.call('ssm', 'DescribePatchBaselines', { Filters }).BaselineIdentities;
		const isDefault = () =>
			listed({ Key: 'OPERATING_SYSTEM', Values: ['AMAZON_LINUX_2023'] }).map((each: { DefaultBaseline: boolean }) => each.DefaultBaseline);

		expect(listed({ Key: 'OWNER', Values: ['Self'] })).toEqual([
			{ BaselineId, BaselineName: 'amazon', OperatingSystem: 'AMAZON_LINUX_2023', BaselineDescription: '', DefaultBaseline: false },
		]);
		expect(isDefault()).toEqual([true, false]);
		const { BaselineId: before } = aws.call('ssm', 'GetDefaultPatchBaseline', { OperatingSystem: 'AMAZON_LINUX_2023' });
		aws.call('ssm', 'RegisterDefaultPatchBaseline', { BaselineId });

		expect(isDefault()).toEqual([false, true]);
		expect(before).toMatch(/^arn:aws:ssm:eu-west-1:\d+:patchbaseline\/pb-/);
		expect(errorOf(() => aws.call('ssm', 'DeletePatchBaseline', { BaselineId })).code).toBe('ResourceInUseException');
		expect(errorOf(() => aws.call('ssm', 'UpdatePatchBaseline', { BaselineId: before, Name: 'mine' })).code).toBe('InvalidResourceId');
	});

	it.each([
		['a rule with neither delay nor date', ruled({ ...RULE, ApproveAfterDays: undefined })],
		['a rule with both', ruled({ ...RULE, ApproveUntilDate: '2026-03-01' })],
		['a delay of 361 days', ruled({ ...RULE, ApproveAfterDays: 361 })],
		['a date that is none', ruled({ ...RULE, ApproveAfterDays: undefined, ApproveUntilDate: 'tomorrow' })],
		['an approval delay on Ubuntu', { OperatingSystem: 'UBUNTU' }],
		['other than security updates on Windows', { OperatingSystem: 'WINDOWS', ...ruled({ ...RULE, EnableNonSecurity: true }) }],
		['an unknown compliance level', ruled({ ...RULE, ComplianceLevel: 'URGENT' })],
		['51 approved patches', { ApprovedPatches: Array.from({ length: 51 }, (_, index) => `kb${index}`) }],
	])('are refused with %s', (_, input) => {
		expect(errorOf(() => create(smallAws(), input)).code).toBe('ValidationException');
	});

	it('are refused beyond the quota of 50', () => {
		const aws = smallAws();
		for (let count = 0; count < 50; count++) create(aws);

		expect(errorOf(() => create(aws)).code).toBe('ResourceLimitExceededException');
	});
});

describe('patch groups', () => {
	it('have one baseline for each system, and the default where none is registered', () => {
		const aws = smallAws();
		const BaselineId = create(aws);
		const register = (input: object = {}) =>
			aws.call('ssm', 'RegisterPatchBaselineForPatchGroup', { BaselineId, PatchGroup: 'dev', ...input });
		const baselineOf = (PatchGroup: string, OperatingSystem = 'AMAZON_LINUX_2023') =>
			aws.call('ssm', 'GetPatchBaselineForPatchGroup', { PatchGroup, OperatingSystem }).BaselineId;

		expect(register()).toEqual({ BaselineId, PatchGroup: 'dev' });
		expect(register()).toEqual({ BaselineId, PatchGroup: 'dev' });
		expect(errorOf(() => register({ BaselineId: create(aws) })).code).toBe('AlreadyExistsException');
		expect([baselineOf('dev'), baselineOf('prod'), baselineOf('dev', 'WINDOWS')]).toEqual([
			BaselineId,
			expect.stringMatching(/^arn:/),
			expect.stringMatching(/^arn:/),
		]);
		expect(aws.call('ssm', 'DescribePatchGroups', {}).Mappings).toEqual([
			{ PatchGroup: 'dev', BaselineIdentity: expect.objectContaining({ BaselineId, BaselineName: 'amazon' }) },
		]);
		expect(aws.call('ssm', 'DescribePatchGroups', { Filters: [{ Key: 'NAME_PREFIX', Values: ['prod'] }] }).Mappings).toEqual([]);
		expect(errorOf(() => aws.call('ssm', 'DeletePatchBaseline', { BaselineId })).code).toBe('ResourceInUseException');
		aws.call('ssm', 'DeregisterPatchBaselineForPatchGroup', { BaselineId, PatchGroup: 'dev' });
		expect(baselineOf('dev')).not.toBe(BaselineId);
		expect(aws.call('ssm', 'DeregisterPatchBaselineForPatchGroup', { BaselineId, PatchGroup: 'dev' })).toEqual({
			BaselineId,
			PatchGroup: 'dev',
		});
	});

	it('are refused beyond the 25 of a baseline', () => {
		const aws = smallAws();
		const BaselineId = create(aws);
		const register = (PatchGroup: string) => aws.call('ssm', 'RegisterPatchBaselineForPatchGroup', { BaselineId, PatchGroup });
		for (let count = 0; count < 25; count++) register(`group-${count}`);

		expect(errorOf(() => register('one-more')).code).toBe('ResourceLimitExceededException');
	});
});
