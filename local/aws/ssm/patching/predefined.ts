/** The baselines that AWS offers to every account (user guide, "Predefined baselines"). */

import { createHash } from 'node:crypto';
import type { OperatingSystem, PatchFilterKey, PatchRule } from '@aws-sdk/client-ssm';
import type { AwsContext } from '../../types.ts';
import type { Baseline, BaselineSettings } from './model.ts';

/** The account that owns them, as the API reference of GetPatchBaseline has it. */
const AMAZON = '733109147000';

type Filters = Readonly<Partial<Record<PatchFilterKey, readonly string[]>>>;

function rule(filters: Filters, ApproveAfterDays?: number): PatchRule {
	const PatchFilters = Object.entries(filters).map(([Key, Values]) => ({ Key: Key as PatchFilterKey, Values: [...(Values ?? [])] }));
	return {
		PatchFilterGroup: { PatchFilters },
		ComplianceLevel: 'UNSPECIFIED',
		...(ApproveAfterDays === undefined ? {} : { ApproveAfterDays }),
	};
}

const ADVISORIES = [
	rule({ CLASSIFICATION: ['Security'], SEVERITY: ['Critical', 'Important'] }, 7),
	rule({ CLASSIFICATION: ['Bugfix'] }, 7),
];
const PACKAGES = [rule({ PRIORITY: ['Required', 'Important', 'Standard', 'Optional', 'Extra'] })];

const PREDEFINED: readonly { readonly name: string; readonly os: OperatingSystem; readonly rules: readonly PatchRule[] }[] = [
	{ name: 'AWS-AmazonLinux2023DefaultPatchBaseline', os: 'AMAZON_LINUX_2023', rules: ADVISORIES },
	{ name: 'AWS-AmazonLinux2DefaultPatchBaseline', os: 'AMAZON_LINUX_2', rules: ADVISORIES },
	{ name: 'AWS-RedHatDefaultPatchBaseline', os: 'REDHAT_ENTERPRISE_LINUX', rules: ADVISORIES },
	{ name: 'AWS-UbuntuDefaultPatchBaseline', os: 'UBUNTU', rules: PACKAGES },
	{ name: 'AWS-DebianDefaultPatchBaseline', os: 'DEBIAN', rules: PACKAGES },
	{ name: 'AWS-MacOSDefaultPatchBaseline', os: 'MACOS', rules: [rule({ PRODUCT: ['*'] }, 0)] },
	{
		name: 'AWS-DefaultPatchBaseline',
		os: 'WINDOWS',
		rules: [rule({ CLASSIFICATION: ['CriticalUpdates', 'SecurityUpdates'], MSRC_SEVERITY: ['Critical', 'Important'] }, 7)],
	},
];

export function predefinedBaselines({ region }: Pick<AwsContext, 'region'>): Baseline[] {
	return PREDEFINED.map(({ name, os, rules }) => {
		const settings: BaselineSettings = {
			name,
			os,
			description: `Default Patch Baseline for ${os} Provided by AWS.`,
			globalFilters: [],
			rules,
			approved: [],
			approvedLevel: 'UNSPECIFIED',
			approvedNonSecurity: false,
			rejected: [],
			rejectedAction: 'ALLOW_AS_DEPENDENCY',
			sources: [],
		};
		const hash = createHash('sha256').update(name).digest('hex').slice(0, 17);
		const id = `arn:aws:ssm:${region}:${AMAZON}:patchbaseline/pb-${hash}`;
		return { id, owner: 'AWS', createdAt: 0, modifiedAt: 0, tags: new Map(), settings };
	});
}
