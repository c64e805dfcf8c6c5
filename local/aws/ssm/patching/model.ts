/** Patches: what vendors release, what baselines approve, and what nodes have. */

import type {
	OperatingSystem,
	PatchComplianceDataState,
	PatchComplianceLevel,
	PatchFilter,
	PatchRule,
	PatchSource,
} from '@aws-sdk/client-ssm';

/** A patch as its vendor released it: an input of the world. */
export interface Patch {
	/** `KB5034123`, `openssl-libs.x86_64` */
	readonly id: string;
	readonly os: OperatingSystem;
	readonly title: string;
	/** `Security`, `Bugfix`, `SecurityUpdates`; empty for a package that no advisory is about. */
	readonly classification: string;
	/** `Critical`, `Important` */
	readonly severity: string;
	/** Epoch milliseconds: nothing knows of it before. */
	readonly releasedAt: number;
	/** `WindowsServer2022`; absent for one that any product takes. */
	readonly product?: string;
	/** Of Ubuntu and Debian: `Required`, `Optional`. */
	readonly priority?: string;
	readonly section?: string;
	readonly cves?: readonly string[];
}

export interface BaselineSettings {
	readonly name: string;
	readonly os: OperatingSystem;
	readonly description?: string;
	readonly globalFilters: readonly PatchFilter[];
	readonly rules: readonly PatchRule[];
	readonly approved: readonly string[];
	readonly approvedLevel: PatchComplianceLevel;
	readonly approvedNonSecurity: boolean;
	readonly rejected: readonly string[];
	readonly rejectedAction: 'ALLOW_AS_DEPENDENCY' | 'BLOCK';
	readonly sources: readonly PatchSource[];
	/** Of Windows: what security updates that are not approved yet make of a node. */
	readonly availableStatus?: 'COMPLIANT' | 'NON_COMPLIANT';
}

export interface Baseline {
	/** Of AWS's own its ARN. */
	readonly id: string;
	readonly owner: 'Self' | 'AWS';
	readonly createdAt: number;
	readonly tags: Map<string, string>;
	settings: BaselineSettings;
	modifiedAt: number;
}

/** A patch on a node, as an operation of Patch Manager has found it. */
export interface PatchFinding {
	readonly patch: Patch;
	readonly state: PatchComplianceDataState;
	/** Of the baseline, where the patch is approved in it. */
	readonly level: PatchComplianceLevel;
	readonly installedAt?: number;
}

export function isSecurity({ classification }: Patch): boolean {
	return /security/i.test(classification);
}

/** Systems of packages without approval delays (API model, ApproveAfterDays). */
export function isDebian(os: OperatingSystem): boolean {
	return os === 'UBUNTU' || os === 'DEBIAN' || os === 'RASPBIAN';
}

export function isLinux(os: OperatingSystem): boolean {
	return os !== 'WINDOWS' && os !== 'MACOS';
}
