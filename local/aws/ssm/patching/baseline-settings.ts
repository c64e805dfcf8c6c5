/** What CreatePatchBaseline and UpdatePatchBaseline take, checked. */

import type { CreatePatchBaselineCommandInput, PatchRule, UpdatePatchBaselineCommandInput } from '@aws-sdk/client-ssm';
import { AwsError } from '../../types.ts';
import { checkAmong, checkLength, checkPattern, checkRange, given, NAME } from '../checks.ts';
import { type BaselineSettings, isDebian, isLinux } from './model.ts';

const LEVELS = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNSPECIFIED'];

type Input = CreatePatchBaselineCommandInput | Omit<UpdatePatchBaselineCommandInput, 'BaselineId'>;

/**
 * The settings of a new baseline, or of one that is changed: what `input` leaves out stays as it was.
 * @throws AwsError `ValidationException`.
 */
export function baselineFrom(input: Input, before?: BaselineSettings): BaselineSettings {
	const os = before?.os ?? ('OperatingSystem' in input ? input.OperatingSystem : undefined) ?? 'WINDOWS';
	const description = input.Description ?? before?.description;
	const availableStatus = input.AvailableSecurityUpdatesComplianceStatus ?? before?.availableStatus;
	const settings: BaselineSettings = {
		name: input.Name ?? before?.name ?? '',
		os,
		globalFilters: input.GlobalFilters?.PatchFilters ?? before?.globalFilters ?? [],
		rules: input.ApprovalRules?.PatchRules ?? before?.rules ?? [],
		approved: input.ApprovedPatches ?? before?.approved ?? [],
		approvedLevel: input.ApprovedPatchesComplianceLevel ?? before?.approvedLevel ?? 'UNSPECIFIED',
		approvedNonSecurity: input.ApprovedPatchesEnableNonSecurity ?? before?.approvedNonSecurity ?? false,
		rejected: input.RejectedPatches ?? before?.rejected ?? [],
		rejectedAction: input.RejectedPatchesAction ?? before?.rejectedAction ?? 'ALLOW_AS_DEPENDENCY',
		sources: input.Sources ?? before?.sources ?? [],
		...given('description', description),
		...given('availableStatus', availableStatus),
	};
	check(settings);
	return settings;
}

function check(settings: BaselineSettings): void {
	const { name, os, description, approved, rejected, rules, approvedLevel, approvedNonSecurity, availableStatus } = settings;
	checkPattern(name, 'name', NAME);
	checkLength(description, 'description', 1, 1_024);
	checkLength(approved, 'approvedPatches', 0, 50);
	checkLength(rejected, 'rejectedPatches', 0, 50);
	checkLength(rules, 'approvalRules.patchRules', 0, 10);
	checkAmong(approvedLevel, 'approvedPatchesComplianceLevel', LEVELS);
	checkAmong(settings.rejectedAction, 'rejectedPatchesAction', ['ALLOW_AS_DEPENDENCY', 'BLOCK']);
	if (approvedNonSecurity && !isLinux(os)) refuse(`ApprovedPatchesEnableNonSecurity is not supported for ${os}.`);
	if (availableStatus !== undefined && os !== 'WINDOWS') refuse(`AvailableSecurityUpdatesComplianceStatus is not supported for ${os}.`);
	if (settings.sources.length > 0 && !isLinux(os)) refuse(`Sources are not supported for ${os}.`);
	for (const rule of rules) checkRule(rule, settings);
}

/** API model, PatchRule: a rule has a delay or a date, and one of them; Debian and Ubuntu know neither. */
function checkRule(rule: PatchRule, { os }: BaselineSettings): void {
	const { ApproveAfterDays: days, ApproveUntilDate: until, ComplianceLevel: level, EnableNonSecurity: nonSecurity } = rule;
	checkRange(days, 'approveAfterDays', 0, 360);
	checkPattern(until, 'approveUntilDate', /^\d{4}-\d{2}-\d{2}$/);
	checkAmong(level, 'complianceLevel', LEVELS);
	checkLength(rule.PatchFilterGroup?.PatchFilters ?? [], 'patchFilters', 0, 4);
	if (nonSecurity && !isLinux(os)) refuse(`EnableNonSecurity is not supported for ${os}.`);
	if (isDebian(os)) {
		if (days !== undefined || until !== undefined) refuse(`ApproveAfterDays and ApproveUntilDate are not supported for ${os}.`);
	} else if (days === undefined && until === undefined) {
		refuse('A rule must have either ApproveAfterDays or ApproveUntilDate.');
	} else if (days !== undefined && until !== undefined) {
		refuse('A rule cannot have both ApproveAfterDays and ApproveUntilDate.');
	}
}

function refuse(what: string): never {
	throw new AwsError('ValidationException', what);
}
