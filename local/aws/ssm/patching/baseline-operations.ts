/** The operations on patch baselines. */

import type {
	CreatePatchBaselineCommandInput,
	CreatePatchBaselineCommandOutput,
	DeletePatchBaselineCommandInput,
	DeletePatchBaselineCommandOutput,
	DescribePatchBaselinesCommandInput,
	DescribePatchBaselinesCommandOutput,
	GetDefaultPatchBaselineCommandInput,
	GetDefaultPatchBaselineCommandOutput,
	GetPatchBaselineCommandInput,
	GetPatchBaselineCommandOutput,
	PatchBaselineIdentity,
	PatchOrchestratorFilter,
	RegisterDefaultPatchBaselineCommandInput,
	RegisterDefaultPatchBaselineCommandOutput,
	UpdatePatchBaselineCommandInput,
	UpdatePatchBaselineCommandOutput,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../../paging.ts';
import { AwsError, type Output } from '../../types.ts';
import { given, pageSize, tagsOf } from '../checks.ts';
import { baselineFrom } from './baseline-settings.ts';
import type { Baselines } from './baselines.ts';
import type { Baseline } from './model.ts';

export function baselineOperations(baselines: Baselines) {
	/** Baselines by the token that they were created with. */
	const tokens = new Map<string, string>();

	/** One of the account's own. @throws AwsError for one of AWS's, which nobody changes. */
	function own(id: string | undefined): Baseline {
		const baseline = baselines.get(id);
		if (baseline.owner === 'AWS') throw new AwsError('InvalidResourceId', `Patch baseline ${id} is one of AWS's own.`);
		return baseline;
	}

	return {
		CreatePatchBaseline(input: CreatePatchBaselineCommandInput): Output<CreatePatchBaselineCommandOutput> {
			const { ClientToken: token } = input;
			const known = token === undefined ? undefined : tokens.get(token);
			if (known !== undefined) return { BaselineId: known };
			const { id } = baselines.create(baselineFrom(input), tagsOf(input.Tags));
			if (token !== undefined) tokens.set(token, id);
			return { BaselineId: id };
		},

		UpdatePatchBaseline(input: UpdatePatchBaselineCommandInput): Output<UpdatePatchBaselineCommandOutput> {
			const baseline = own(input.BaselineId);
			const { os, name } = baseline.settings;
			const before = input.Replace ? baselineFrom({ Name: input.Name ?? name, OperatingSystem: os }) : baseline.settings;
			baselines.update(baseline, baselineFrom(input, before));
			return wire(baseline);
		},

		GetPatchBaseline({ BaselineId: id }: GetPatchBaselineCommandInput): Output<GetPatchBaselineCommandOutput> {
			const baseline = baselines.get(id);
			return { ...wire(baseline), PatchGroups: baselines.groupsOf(baseline) };
		},

		DeletePatchBaseline({ BaselineId: id }: DeletePatchBaselineCommandInput): Output<DeletePatchBaselineCommandOutput> {
			// One that is not there is deleted already: the call has no error for it (API model).
			const baseline = baselines.all().find((each) => each.id === id && each.owner === 'Self');
			if (baseline) baselines.delete(baseline);
			return { BaselineId: id };
		},

		DescribePatchBaselines(input: DescribePatchBaselinesCommandInput): Output<DescribePatchBaselinesCommandOutput> {
			const matching = baselines.all().filter((baseline) => (input.Filters ?? []).every((filter) => passes(baseline, filter)));
			const found = page(matching, input.NextToken, pageSize(input.MaxResults, 1, 100));
			return { BaselineIdentities: found.items.map((baseline) => identity(baselines, baseline)), ...nextToken(found) };
		},

		RegisterDefaultPatchBaseline({
			BaselineId: id,
		}: RegisterDefaultPatchBaselineCommandInput): Output<RegisterDefaultPatchBaselineCommandOutput> {
			baselines.makeDefault(baselines.get(id));
			return { BaselineId: id };
		},

		GetDefaultPatchBaseline({
			OperatingSystem: os = 'WINDOWS',
		}: GetDefaultPatchBaselineCommandInput): Output<GetDefaultPatchBaselineCommandOutput> {
			return { BaselineId: baselines.default(os).id, OperatingSystem: os };
		},
	};
}

export function identity(baselines: Baselines, baseline: Baseline): PatchBaselineIdentity {
	const { settings } = baseline;
	return {
		BaselineId: baseline.id,
		BaselineName: settings.name,
		OperatingSystem: settings.os,
		BaselineDescription: settings.description ?? '',
		DefaultBaseline: baselines.isDefault(baseline),
	};
}

function wire({ id, settings, createdAt, modifiedAt }: Baseline) {
	return {
		BaselineId: id,
		Name: settings.name,
		OperatingSystem: settings.os,
		GlobalFilters: { PatchFilters: [...settings.globalFilters] },
		ApprovalRules: { PatchRules: [...settings.rules] },
		ApprovedPatches: [...settings.approved],
		ApprovedPatchesComplianceLevel: settings.approvedLevel,
		ApprovedPatchesEnableNonSecurity: settings.approvedNonSecurity,
		RejectedPatches: [...settings.rejected],
		RejectedPatchesAction: settings.rejectedAction,
		CreatedDate: new Date(createdAt),
		ModifiedDate: new Date(modifiedAt),
		...given('Description', settings.description),
		Sources: [...settings.sources],
		...given('AvailableSecurityUpdatesComplianceStatus', settings.availableStatus),
	};
}

function passes({ owner, settings }: Baseline, { Key: key, Values: values = [] }: PatchOrchestratorFilter): boolean {
	switch (key) {
		case 'NAME_PREFIX':
			return values.some((value) => settings.name.startsWith(value));
		case 'OWNER':
			return values.includes(owner);
		case 'OPERATING_SYSTEM':
			return values.includes(settings.os);
		default:
			throw new AwsError('ValidationException', `The filter key ${key} is not valid: use NAME_PREFIX, OWNER or OPERATING_SYSTEM.`);
	}
}
