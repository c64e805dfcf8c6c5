/** The operations on the patches of nodes. */

import type {
	DescribeEffectivePatchesForPatchBaselineCommandInput,
	DescribeEffectivePatchesForPatchBaselineCommandOutput,
	DescribeInstancePatchesCommandInput,
	DescribeInstancePatchesCommandOutput,
	DescribeInstancePatchStatesCommandInput,
	DescribeInstancePatchStatesCommandOutput,
	DescribeInstancePatchStatesForPatchGroupCommandInput,
	DescribeInstancePatchStatesForPatchGroupCommandOutput,
	InstancePatchState,
	InstancePatchStateFilter,
	PatchOrchestratorFilter,
	Patch as WirePatch,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../../paging.ts';
import { type AwsContext, AwsError, type Output } from '../../types.ts';
import { checkLength, pageSize } from '../checks.ts';
import { type Approval, approvalOf } from './approval.ts';
import type { Baselines } from './baselines.ts';
import type { Catalogue } from './catalogue.ts';
import type { Patch, PatchFinding } from './model.ts';
import type { NodePatching } from './node-patching.ts';
import { wireFinding, wireState } from './report-views.ts';

/** @param isNode whether there is, or was, such a node. */
export function stateOperations(
	ctx: AwsContext,
	{ baselines, catalogue, patching }: { baselines: Baselines; catalogue: Catalogue; patching: NodePatching },
	isNode: (id: string) => boolean,
) {
	return {
		/** Nodes that have reported nothing are left out. */
		DescribeInstancePatchStates(input: DescribeInstancePatchStatesCommandInput): Output<DescribeInstancePatchStatesCommandOutput> {
			const ids = input.InstanceIds ?? [];
			checkLength(ids, 'instanceIds', 0, 50);
			const states = ids.flatMap((id) => patching.report(id) ?? []).map(wireState);
			const found = page(states, input.NextToken, pageSize(input.MaxResults, 10, 100));
			return { InstancePatchStates: found.items, ...nextToken(found) };
		},

		DescribeInstancePatchStatesForPatchGroup(
			input: DescribeInstancePatchStatesForPatchGroupCommandInput,
		): Output<DescribeInstancePatchStatesForPatchGroupCommandOutput> {
			const states = patching
				.reports()
				.filter(({ group }) => group === input.PatchGroup)
				.map(wireState)
				.filter((state) => (input.Filters ?? []).every((filter) => hasCount(state, filter)));
			const found = page(states, input.NextToken, pageSize(input.MaxResults, 10, 100));
			return { InstancePatchStates: found.items, ...nextToken(found) };
		},

		DescribeInstancePatches(input: DescribeInstancePatchesCommandInput): Output<DescribeInstancePatchesCommandOutput> {
			const id = input.InstanceId ?? '';
			if (!isNode(id)) throw new AwsError('InvalidInstanceId', `The instance ID ${id} is not valid.`);
			const findings = (patching.report(id)?.findings ?? []).filter((finding) =>
				(input.Filters ?? []).every((filter) => passes(finding, filter)),
			);
			const found = page(findings, input.NextToken, pageSize(input.MaxResults, 10, 100));
			return { Patches: found.items.map(wireFinding), ...nextToken(found) };
		},

		DescribeEffectivePatchesForPatchBaseline(
			input: DescribeEffectivePatchesForPatchBaselineCommandInput,
		): Output<DescribeEffectivePatchesForPatchBaselineCommandOutput> {
			const { settings } = baselines.get(input.BaselineId);
			if (settings.os !== 'WINDOWS') {
				throw new AwsError('UnsupportedOperatingSystem', 'The operation is supported for patch baselines of Windows only.');
			}
			const effective = catalogue
				.released(settings.os)
				.map((patch) => ({ patch, approval: approvalOf(patch, settings, ctx.clock.now()) }))
				.filter(({ approval }) => approval.status !== 'OTHER');
			const found = page(effective, input.NextToken, pageSize(input.MaxResults, 1, 100));
			return {
				EffectivePatches: found.items.map(({ patch, approval }) => ({ Patch: wirePatch(patch), PatchStatus: statusOf(patch, approval) })),
				...nextToken(found),
			};
		},
	};
}

function wirePatch(patch: Patch): WirePatch {
	return {
		Id: patch.id,
		KbNumber: patch.id,
		Title: patch.title,
		ReleaseDate: new Date(patch.releasedAt),
		Vendor: 'Microsoft',
		ProductFamily: 'Windows',
		...(patch.product === undefined ? {} : { Product: patch.product }),
		Classification: patch.classification,
		MsrcSeverity: patch.severity,
	};
}

function statusOf({ releasedAt }: Patch, approval: Approval) {
	switch (approval.status) {
		case 'APPROVED':
			return {
				DeploymentStatus: approval.explicitly ? ('EXPLICIT_APPROVED' as const) : ('APPROVED' as const),
				ComplianceLevel: approval.level,
				ApprovalDate: new Date(releasedAt),
			};
		case 'PENDING_APPROVAL':
			return { DeploymentStatus: approval.status, ComplianceLevel: approval.level, ApprovalDate: new Date(approval.approvesAt) };
		default:
			return { DeploymentStatus: 'EXPLICIT_REJECTED' as const };
	}
}

const COUNTS = ['InstalledCount', 'InstalledOtherCount', 'MissingCount', 'FailedCount', 'NotApplicableCount'] as const;

function hasCount(state: InstancePatchState, { Key: key, Values: [value = ''] = [], Type: type }: InstancePatchStateFilter): boolean {
	const name = COUNTS.find((each) => each === key);
	if (name === undefined) throw new AwsError('InvalidFilter', `The filter key ${key} is not valid: use ${COUNTS.join(', ')}.`);
	const count = state[name] ?? 0;
	switch (type) {
		case 'Equal':
			return count === Number(value);
		case 'NotEqual':
			return count !== Number(value);
		case 'LessThan':
			return count < Number(value);
		default:
			return count > Number(value);
	}
}

function passes({ patch, state }: PatchFinding, { Key: key, Values: values = [] }: PatchOrchestratorFilter): boolean {
	switch (key) {
		case 'Classification':
			return values.includes(patch.classification);
		case 'KBId':
			return values.includes(patch.id);
		case 'Severity':
			return values.includes(patch.severity);
		case 'State':
			// `Installed` or `INSTALLED`, as the API reference and its examples write states.
			return values.some((value) => value.replaceAll('_', '').toLowerCase() === state.replaceAll('_', '').toLowerCase());
		default:
			throw new AwsError('InvalidFilter', `The filter key ${key} is not valid: use Classification, KBId, Severity or State.`);
	}
}
