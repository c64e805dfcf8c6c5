/** Patches of a fleet file. */

import type { OperatingSystem } from '@aws-sdk/client-ssm';
import type { Ssm } from './aws/ssm/index.ts';

export interface FleetPatch {
	/** `KB5034123`, `openssl-libs.x86_64` */
	readonly id: string;
	readonly os: OperatingSystem;
	/** Default: its id. */
	readonly title?: string;
	/** `Security`, `Bugfix`, `SecurityUpdates`; empty for a package that no advisory is about. */
	readonly classification: string;
	/** `Critical`, `Important` */
	readonly severity: string;
	/** The day, `2026-02-17`: from then on nodes that have it not lack it. */
	readonly released: string;
	/** `WindowsServer2022` */
	readonly product?: string;
	/** Of Ubuntu and Debian. */
	readonly priority?: string;
	readonly section?: string;
	readonly cves?: readonly string[];
}

/** Tells Patch Manager of what vendors have released, and will. */
export function releasePatches({ patchManager }: Pick<Ssm, 'patchManager'>, patches: readonly FleetPatch[]): void {
	for (const { released, title, ...patch } of patches) {
		patchManager.release({ ...patch, title: title ?? patch.id, releasedAt: Date.parse(released) });
	}
}
