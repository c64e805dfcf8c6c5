/** What nodes have of patches, and what the last operation of Patch Manager on each has found. */

import type { OperatingSystem, PatchComplianceLevel } from '@aws-sdk/client-ssm';
import type { Patching, Platform } from '../../ec2-machine.ts';
import type { AwsContext } from '../../types.ts';
import type { Compliance, ComplianceItem } from '../compliance/compliance.ts';
import type { ManagedNode, Nodes } from '../nodes.ts';
import { approvalOf } from './approval.ts';
import type { Baselines } from './baselines.ts';
import type { Catalogue } from './catalogue.ts';
import { type Baseline, isSecurity, type Patch, type PatchFinding } from './model.ts';

interface Installed {
	/** Epoch milliseconds; absent for what has been there from the start. */
	readonly at?: number;
	/** The count of boots in which Patch Manager installed it: until the next boot it is pending. */
	readonly boot?: number;
}

export interface Operation {
	readonly kind: 'Scan' | 'Install';
	readonly commandId: string;
	readonly snapshotId: string;
	readonly rebootOption: 'RebootIfNeeded' | 'NoReboot';
	readonly startedAt: number;
}

/** What DescribeInstancePatchStates tells of a node. */
export interface PatchReport {
	readonly nodeId: string;
	readonly group: string;
	readonly baseline: Baseline;
	readonly operation: Operation;
	readonly endedAt: number;
	readonly findings: readonly PatchFinding[];
	/** When patches were last installed without a reboot. */
	readonly lastNoRebootAt?: number;
}

/** What is in a snapshot counts for three days (user guide, AWS-RunPatchBaseline). */
const SNAPSHOT_KEPT_MS = 3 * 86_400_000;
const SYSTEMS = { Linux: 'AMAZON_LINUX_2023', Windows: 'WINDOWS', MacOS: 'MACOS' } as const satisfies Record<Platform, OperatingSystem>;
const COMPLIANT: readonly PatchFinding['state'][] = ['INSTALLED', 'INSTALLED_OTHER', 'NOT_APPLICABLE'];

export class NodePatching {
	readonly #ctx: AwsContext;
	readonly #nodes: Nodes;
	readonly #baselines: Baselines;
	readonly #catalogue: Catalogue;
	readonly #compliance: Compliance;
	readonly #installed = new Map<string, Map<string, Installed>>();
	/** Patches that the last installation failed on, by node. */
	readonly #failed = new Map<string, ReadonlySet<string>>();
	readonly #reports = new Map<string, PatchReport>();
	/** What has become different on nodes since they were there. */
	readonly #changes = new Map<string, Partial<Patching>>();
	/** When a snapshot was first used with a baseline. */
	readonly #snapshots = new Map<string, number>();

	constructor(ctx: AwsContext, nodes: Nodes, baselines: Baselines, catalogue: Catalogue, compliance: Compliance) {
		this.#ctx = ctx;
		this.#nodes = nodes;
		this.#baselines = baselines;
		this.#catalogue = catalogue;
		this.#compliance = compliance;
	}

	/** Of the nodes that are there. */
	reports(): PatchReport[] {
		return [...this.#reports.values()].filter(({ nodeId }) => this.#nodes.get(nodeId) !== undefined);
	}

	report(nodeId: string): PatchReport | undefined {
		return this.#nodes.get(nodeId) && this.#reports.get(nodeId);
	}

	/** How patching goes on a node; its system where nobody has said so is that of its platform. */
	of(node: ManagedNode): Patching {
		const { patching, platform } = this.#nodes.instance(node).machine;
		return { os: SYSTEMS[platform], ...patching, ...this.#changes.get(node.id) };
	}

	change(nodeId: string, changes: Partial<Patching>): void {
		this.#changes.set(nodeId, { ...this.#changes.get(nodeId), ...changes });
	}

	/** The value of the tag that makes a patch group, in either of its spellings. */
	groupOf(node: ManagedNode): string | undefined {
		const { tags } = this.#nodes.instance(node);
		return tags.get('Patch Group') ?? tags.get('PatchGroup');
	}

	baselineOf(node: ManagedNode): Baseline {
		return this.#baselines.for(this.of(node).os, this.groupOf(node));
	}

	/** Approved patches that the node lacks: what an installation would install. */
	missing(node: ManagedNode, snapshotId: string): Patch[] {
		return this.#findings(node, snapshotId)
			.filter(({ state }) => state === 'MISSING' || state === 'FAILED')
			.map(({ patch }) => patch);
	}

	/** Installs patches as far as they can be installed on the node. */
	install(node: ManagedNode, patches: readonly Patch[]): { readonly installed: readonly Patch[]; readonly failed: readonly Patch[] } {
		const { failing = [] } = this.of(node);
		const failed = patches.filter(({ id }) => failing.includes(id));
		const installed = patches.filter(({ id }) => !failing.includes(id));
		const { boots } = this.#nodes.instance(node);
		for (const { id } of installed) this.#installedOn(node).set(id, { at: this.#ctx.clock.now(), boot: boots });
		this.#failed.set(node.id, new Set(failed.map(({ id }) => id)));
		return { installed, failed };
	}

	hasPending(node: ManagedNode): boolean {
		const { boots } = this.#nodes.instance(node);
		return [...this.#installedOn(node).values()].some(({ boot }) => boot === boots);
	}

	/** Looks at the node and reports what it finds, in the place of what was reported before. */
	record(node: ManagedNode, operation: Operation): PatchReport {
		const now = this.#ctx.clock.now();
		const baseline = this.baselineOf(node);
		const before = this.#reports.get(node.id)?.lastNoRebootAt;
		const lastNoRebootAt = operation.kind === 'Install' && operation.rebootOption === 'NoReboot' ? now : before;
		const report: PatchReport = {
			nodeId: node.id,
			group: this.groupOf(node) ?? '',
			baseline,
			operation,
			endedAt: now,
			findings: this.#findings(node, operation.snapshotId),
			...(lastNoRebootAt === undefined ? {} : { lastNoRebootAt }),
		};
		this.#reports.set(node.id, report);
		const items = report.findings.map((finding) => itemOf(finding, report));
		const execution = { at: now, id: operation.commandId, type: 'Command' };
		this.#compliance.put(node.id, 'Patch', items, execution, { 'patch-baseline-id': baseline.id });
		return report;
	}

	/** The patches that a baseline is about, and those that the node has, as a scan sees them. */
	#findings(node: ManagedNode, snapshotId: string): PatchFinding[] {
		const { os, product } = this.of(node);
		const baseline = this.baselineOf(node);
		const asOf = this.#snapshot(snapshotId, baseline);
		const { boots } = this.#nodes.instance(node);
		return this.#catalogue.released(os).flatMap((patch) => {
			const approval = approvalOf(patch, baseline.settings, asOf);
			const level: PatchComplianceLevel = 'level' in approval ? approval.level : 'UNSPECIFIED';
			const there = this.#installedOn(node).get(patch.id);
			if (there) {
				const at = there.at === undefined ? {} : { installedAt: there.at };
				return [{ patch, level, state: installedState(approval.status, there.boot === boots, baseline), ...at }];
			}
			if (approval.status === 'PENDING_APPROVAL' && os === 'WINDOWS' && isSecurity(patch)) {
				return [{ patch, level, state: 'AVAILABLE_SECURITY_UPDATE' as const }];
			}
			if (approval.status !== 'APPROVED') return [];
			if (patch.product !== undefined && product !== undefined && patch.product !== product) {
				return os === 'WINDOWS' ? [{ patch, level, state: 'NOT_APPLICABLE' as const }] : [];
			}
			return [{ patch, level, state: this.#failed.get(node.id)?.has(patch.id) ? ('FAILED' as const) : ('MISSING' as const) }];
		});
	}

	/** As of when approvals count: all nodes that use a snapshot get the same patches. */
	#snapshot(id: string, baseline: Baseline): number {
		const now = this.#ctx.clock.now();
		const key = `${id} ${baseline.id}`;
		const taken = this.#snapshots.get(key);
		if (taken !== undefined && now - taken <= SNAPSHOT_KEPT_MS) return taken;
		this.#snapshots.set(key, now);
		return now;
	}

	#installedOn(node: ManagedNode): Map<string, Installed> {
		const known = this.#installed.get(node.id);
		if (known) return known;
		const installed = new Map((this.of(node).installed ?? []).map((id) => [id, {}]));
		this.#installed.set(node.id, installed);
		return installed;
	}
}

function installedState(approval: string, pending: boolean, { settings }: Baseline): PatchFinding['state'] {
	if (approval === 'REJECTED') return settings.rejectedAction === 'BLOCK' ? 'INSTALLED_REJECTED' : 'INSTALLED_OTHER';
	if (pending) return 'INSTALLED_PENDING_REBOOT';
	return approval === 'APPROVED' ? 'INSTALLED' : 'INSTALLED_OTHER';
}

export function isCompliant({ state }: PatchFinding, { settings }: Baseline): boolean {
	return COMPLIANT.includes(state) || (state === 'AVAILABLE_SECURITY_UPDATE' && settings.availableStatus !== 'NON_COMPLIANT');
}

function itemOf(finding: PatchFinding, { baseline, group }: PatchReport): ComplianceItem {
	const { patch, state, level, installedAt } = finding;
	return {
		id: patch.id,
		title: patch.title,
		severity: level,
		status: isCompliant(finding, baseline) ? 'COMPLIANT' : 'NON_COMPLIANT',
		details: {
			Classification: patch.classification,
			InstalledTime: installedAt === undefined ? '' : new Date(installedAt).toISOString(),
			PatchBaselineId: baseline.id,
			PatchGroup: group,
			PatchSeverity: patch.severity,
			PatchState: stateName(state),
		},
	};
}

/** `InstalledPendingReboot`, as compliance items write a state. */
function stateName(state: string): string {
	return state
		.split('_')
		.map((word) => word.charAt(0) + word.slice(1).toLowerCase())
		.join('');
}
