/** The operations on patch groups. */

import type {
	DeregisterPatchBaselineForPatchGroupCommandInput,
	DeregisterPatchBaselineForPatchGroupCommandOutput,
	DescribePatchGroupStateCommandInput,
	DescribePatchGroupStateCommandOutput,
	DescribePatchGroupsCommandInput,
	DescribePatchGroupsCommandOutput,
	GetPatchBaselineForPatchGroupCommandInput,
	GetPatchBaselineForPatchGroupCommandOutput,
	PatchComplianceDataState,
	PatchOrchestratorFilter,
	RegisterPatchBaselineForPatchGroupCommandInput,
	RegisterPatchBaselineForPatchGroupCommandOutput,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../../paging.ts';
import { AwsError, type Output } from '../../types.ts';
import { checkLength, pageSize } from '../checks.ts';
import { identity } from './baseline-operations.ts';
import type { Baselines, Registration } from './baselines.ts';
import type { NodePatching, PatchReport } from './node-patching.ts';
import { nonCompliant } from './report-views.ts';

export function groupOperations(baselines: Baselines, patching: NodePatching) {
	return {
		RegisterPatchBaselineForPatchGroup({
			BaselineId: id,
			PatchGroup: group = '',
		}: RegisterPatchBaselineForPatchGroupCommandInput): Output<RegisterPatchBaselineForPatchGroupCommandOutput> {
			checkLength(group, 'patchGroup', 1, 256);
			baselines.register(baselines.get(id), group);
			return { BaselineId: id, PatchGroup: group };
		},

		DeregisterPatchBaselineForPatchGroup({
			BaselineId: id,
			PatchGroup: group = '',
		}: DeregisterPatchBaselineForPatchGroupCommandInput): Output<DeregisterPatchBaselineForPatchGroupCommandOutput> {
			// One that is not registered is no error (API model).
			baselines.deregister(baselines.get(id), group);
			return { BaselineId: id, PatchGroup: group };
		},

		GetPatchBaselineForPatchGroup({
			PatchGroup: group,
			OperatingSystem: os = 'WINDOWS',
		}: GetPatchBaselineForPatchGroupCommandInput): Output<GetPatchBaselineForPatchGroupCommandOutput> {
			return { BaselineId: baselines.for(os, group).id, PatchGroup: group, OperatingSystem: os };
		},

		DescribePatchGroups(input: DescribePatchGroupsCommandInput): Output<DescribePatchGroupsCommandOutput> {
			const matching = baselines.groups().filter((each) => (input.Filters ?? []).every((filter) => passes(each, filter)));
			const found = page(matching, input.NextToken, pageSize(input.MaxResults, 1, 100));
			const Mappings = found.items.map(({ group, baseline }) => ({ PatchGroup: group, BaselineIdentity: identity(baselines, baseline) }));
			return { Mappings, ...nextToken(found) };
		},

		/** Counts the nodes that have reported for the group. */
		DescribePatchGroupState({ PatchGroup: group }: DescribePatchGroupStateCommandInput): Output<DescribePatchGroupStateCommandOutput> {
			const reports = patching.reports().filter((report) => report.group === group);
			const having = (state: PatchComplianceDataState) =>
				reports.filter(({ findings }) => findings.some((finding) => finding.state === state)).length;
			const lacking = (kind: keyof ReturnType<typeof nonCompliant>) =>
				reports.filter((report: PatchReport) => nonCompliant(report)[kind] > 0).length;
			return {
				Instances: reports.length,
				InstancesWithInstalledPatches: having('INSTALLED'),
				InstancesWithInstalledOtherPatches: having('INSTALLED_OTHER'),
				InstancesWithInstalledPendingRebootPatches: having('INSTALLED_PENDING_REBOOT'),
				InstancesWithInstalledRejectedPatches: having('INSTALLED_REJECTED'),
				InstancesWithMissingPatches: having('MISSING'),
				InstancesWithFailedPatches: having('FAILED'),
				InstancesWithNotApplicablePatches: having('NOT_APPLICABLE'),
				InstancesWithUnreportedNotApplicablePatches: 0,
				InstancesWithCriticalNonCompliantPatches: lacking('critical'),
				InstancesWithSecurityNonCompliantPatches: lacking('security'),
				InstancesWithOtherNonCompliantPatches: lacking('other'),
				InstancesWithAvailableSecurityUpdates: having('AVAILABLE_SECURITY_UPDATE'),
			};
		},
	};
}

function passes({ group, baseline }: Registration, { Key: key, Values: values = [] }: PatchOrchestratorFilter): boolean {
	switch (key) {
		case 'NAME_PREFIX':
			return values.some((value) => group.startsWith(value));
		case 'OPERATING_SYSTEM':
			return values.includes(baseline.settings.os);
		default:
			throw new AwsError('ValidationException', `The filter key ${key} is not valid: use NAME_PREFIX or OPERATING_SYSTEM.`);
	}
}
