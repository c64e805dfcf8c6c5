/** Versions of software, in the order of whatever installed it. */

import { compareDeb } from './deb.ts';
import type { Order } from './order.ts';
import { compareRpm } from './rpm.ts';
import { compareWindows } from './windows.ts';

/** Each by the name that a person would use. macOS has no order of its own: its programs' versions are numbers parted by dots. */
const COMPARISONS = { rpm: compareRpm, deb: compareDeb, windows: compareWindows, macos: compareWindows } as const;

export type VersionScheme = keyof typeof COMPARISONS;

export const VERSION_SCHEMES = Object.keys(COMPARISONS) as readonly VersionScheme[];

/** -1 where `one` is the older, 1 where it is the newer, 0 where neither is, in the order of `scheme`. Any text is a version. */
export function compareVersions(scheme: VersionScheme, one: string, other: string): Order {
	return COMPARISONS[scheme](one, other);
}

/** What `AWS:Application` says of a program, as far as its version goes. */
export interface InstalledProgram {
	readonly Version?: string;
	/** Of RPM packages. */
	readonly Release?: string;
	/** Of RPM packages; empty where there is none. */
	readonly Epoch?: string;
	/** Ends in `.deb` or `.src.rpm` where a package manager has installed it. */
	readonly PackageId?: string;
}

/**
 * A program's whole version, and in which order it stands: RPM packages have theirs in three attributes, Debian's in one (source of the
 * agent, inventory/gatherers/application).
 * @param platform of the node, as Systems Manager spells it: `Linux`, `Windows`, `MacOS`.
 */
export function installedVersion(program: InstalledProgram, platform: string): { scheme: VersionScheme; version: string } {
	const { Version: version = '', Release: release = '', Epoch: epoch = '', PackageId: id = '' } = program;
	if (platform === 'Windows') return { scheme: 'windows', version };
	if (platform === 'MacOS') return { scheme: 'macos', version };
	if (id.endsWith('.deb')) return { scheme: 'deb', version };
	return { scheme: 'rpm', version: `${epoch === '' ? '' : `${epoch}:`}${version}${release === '' ? '' : `-${release}`}` };
}
