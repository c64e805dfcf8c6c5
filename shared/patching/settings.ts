/**
 * How a stage patches: its groups in the order of the rings. The setting is `patchGroups` of serverless.yml; infra/patching.cjs checks it
 * and gives the functions that patch what they need of it, as JSON.
 */

/** The nodes that carry the tag `PatchGroup` with its name. */
export interface PatchGroup {
	readonly name: string;
	/** Days between the end of its run and the start of the next group's. */
	readonly soakDays: number;
	/** Days after its release that a patch is approved for the group. */
	readonly approveAfterDays: number;
	/** Of its nodes: a number, or a percentage. */
	readonly maxConcurrency: string;
	/** Errors that are allowed: a number of nodes, or a percentage. */
	readonly maxErrors: string;
	/** Whether a node may be restarted after an installation. */
	readonly reboot: boolean;
	/** How long its window is open. */
	readonly hours: number;
	/** How long before its end a window starts nothing more, and stops what runs. */
	readonly cutoffHours: number;
}

export interface PatchSettings {
	/** Of a group's nodes, those that have to be well before the next group's window opens. */
	readonly successPercent: number;
	/** The first is patched whenever its window comes, each other one when the group before it went well. */
	readonly groups: readonly PatchGroup[];
}
