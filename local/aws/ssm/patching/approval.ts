/** What a baseline says of a patch. Patch Manager counts days in UTC (API model, PatchRule). */

import type { PatchComplianceLevel, PatchFilter, PatchRule } from '@aws-sdk/client-ssm';
import { type BaselineSettings, isDebian, isLinux, isSecurity, type Patch } from './model.ts';

export type Approval =
	| { readonly status: 'APPROVED'; readonly level: PatchComplianceLevel; readonly explicitly: boolean }
	| { readonly status: 'PENDING_APPROVAL'; readonly level: PatchComplianceLevel; readonly approvesAt: number }
	| { readonly status: 'REJECTED' }
	/** No rule is about it. */
	| { readonly status: 'OTHER' };

const DAY_MS = 86_400_000;
/** The highest first. */
const LEVELS: readonly PatchComplianceLevel[] = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNSPECIFIED'];

export function approvalOf(patch: Patch, baseline: BaselineSettings, now: number): Approval {
	// What is on both lists is rejected.
	if (baseline.rejected.some((name) => isNamed(patch, name))) return { status: 'REJECTED' };
	if (baseline.approved.some((name) => isNamed(patch, name)) && isWanted(patch, baseline.approvedNonSecurity)) {
		return { status: 'APPROVED', level: baseline.approvedLevel, explicitly: true };
	}
	if (!passes(patch, baseline.globalFilters)) return { status: 'OTHER' };
	const rules = baseline.rules.filter(
		(rule) => passes(patch, rule.PatchFilterGroup?.PatchFilters ?? []) && isWanted(patch, rule.EnableNonSecurity ?? false),
	);
	const dated = rules.map((rule) => ({ level: rule.ComplianceLevel ?? 'UNSPECIFIED', at: approvesAt(patch, rule) }));
	const due = dated.filter(({ at }) => at <= now);
	if (due.length > 0) return { status: 'APPROVED', level: highest(due.map(({ level }) => level)), explicitly: false };
	const next = Math.min(...dated.map(({ at }) => at));
	if (!Number.isFinite(next)) return { status: 'OTHER' };
	return { status: 'PENDING_APPROVAL', level: highest(dated.map(({ level }) => level)), approvesAt: next };
}

/** From when on a rule approves a patch; infinity for one released after the rule's date. */
function approvesAt({ os, releasedAt }: Patch, { ApproveAfterDays: days = 0, ApproveUntilDate: until }: PatchRule): number {
	if (isDebian(os)) return releasedAt;
	if (until !== undefined) return releasedAt < Date.parse(until) + DAY_MS ? releasedAt : Number.POSITIVE_INFINITY;
	return days === 0 ? releasedAt : (Math.floor(releasedAt / DAY_MS) + days) * DAY_MS;
}

/**
 * Whether a patch is looked at where other than security updates are not asked for: on Linux not without an advisory, on Ubuntu and
 * Debian security updates alone (user guide, "How security patches are selected").
 */
function isWanted(patch: Patch, nonSecurity: boolean): boolean {
	if (nonSecurity || !isLinux(patch.os)) return true;
	return isDebian(patch.os) ? isSecurity(patch) : patch.classification !== '';
}

function passes(patch: Patch, filters: readonly PatchFilter[]): boolean {
	return filters.every(({ Key: key, Values: values = [] }) => values.includes('*') || values.includes(fieldOf(patch, key) ?? ''));
}

function fieldOf(patch: Patch, key: PatchFilter['Key']): string | undefined {
	switch (key) {
		case 'CLASSIFICATION':
			return patch.classification;
		case 'SEVERITY':
		case 'MSRC_SEVERITY':
			return patch.severity;
		case 'PRODUCT':
			return patch.product;
		case 'PRIORITY':
			return patch.priority;
		case 'SECTION':
			return patch.section;
		case 'PATCH_ID':
		case 'NAME':
			return patch.id;
		case 'PATCH_SET':
			return 'OS';
		default:
			return undefined;
	}
}

/** `kernel*` names every patch that begins so. */
function isNamed({ id }: Patch, name: string): boolean {
	return name.includes('*') ? new RegExp(`^${name.split('*').map(escaped).join('.*')}$`).test(id) : id === name;
}

function escaped(text: string): string {
	return text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
}

function highest(levels: readonly PatchComplianceLevel[]): PatchComplianceLevel {
	return LEVELS.find((level) => levels.includes(level)) ?? 'UNSPECIFIED';
}
