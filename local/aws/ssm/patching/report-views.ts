/** What Patch Manager found on nodes, as the API shows it. */

import type { InstancePatchState, PatchComplianceData, PatchComplianceDataState } from '@aws-sdk/client-ssm';
import { given } from '../checks.ts';
import { isSecurity, type PatchFinding } from './model.ts';
import { isCompliant, type PatchReport } from './node-patching.ts';

/** How many patches of a node do not comply, by what makes them matter. */
export function nonCompliant({ findings, baseline }: PatchReport): Record<'critical' | 'security' | 'other', number> {
	const lacking = findings.filter((finding) => !isCompliant(finding, baseline));
	const critical = lacking.filter(({ level }) => level === 'CRITICAL');
	const security = lacking.filter(({ patch }) => isSecurity(patch));
	return {
		critical: critical.length,
		security: security.length,
		other: lacking.filter((finding) => !critical.includes(finding) && !security.includes(finding)).length,
	};
}

export function wireState(report: PatchReport): InstancePatchState {
	const { nodeId, group, baseline, operation, findings, endedAt, lastNoRebootAt } = report;
	const count = (state: PatchComplianceDataState) => findings.filter((finding) => finding.state === state).length;
	const lacking = nonCompliant(report);
	return {
		InstanceId: nodeId,
		PatchGroup: group,
		BaselineId: baseline.id,
		SnapshotId: operation.snapshotId,
		OwnerInformation: '',
		InstalledCount: count('INSTALLED'),
		InstalledOtherCount: count('INSTALLED_OTHER'),
		InstalledPendingRebootCount: count('INSTALLED_PENDING_REBOOT'),
		InstalledRejectedCount: count('INSTALLED_REJECTED'),
		MissingCount: count('MISSING'),
		FailedCount: count('FAILED'),
		UnreportedNotApplicableCount: 0,
		NotApplicableCount: count('NOT_APPLICABLE'),
		...given('AvailableSecurityUpdateCount', baseline.settings.os === 'WINDOWS' ? count('AVAILABLE_SECURITY_UPDATE') : undefined),
		OperationStartTime: new Date(operation.startedAt),
		OperationEndTime: new Date(endedAt),
		Operation: operation.kind,
		...given('LastNoRebootInstallOperationTime', lastNoRebootAt === undefined ? undefined : new Date(lastNoRebootAt)),
		...given('RebootOption', operation.kind === 'Install' ? operation.rebootOption : undefined),
		CriticalNonCompliantCount: lacking.critical,
		SecurityNonCompliantCount: lacking.security,
		OtherNonCompliantCount: lacking.other,
	};
}

/** CVE ids are told only of what is not there (API model, PatchComplianceData). */
export function wireFinding({ patch, state, installedAt }: PatchFinding): PatchComplianceData {
	const isLacking = state === 'MISSING' || state === 'FAILED';
	return {
		Title: patch.title,
		KBId: patch.id,
		Classification: patch.classification,
		Severity: patch.severity,
		State: state,
		InstalledTime: new Date(installedAt ?? 0),
		...(isLacking && patch.cves?.length ? { CVEIds: patch.cves.join(',') } : {}),
	};
}
