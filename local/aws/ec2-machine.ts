/**
 * What boots on an instance: nothing that EC2 reports, but all that decides what its agent and its scripts do. Scripts of documents
 * never run here; how they end on a node is data of the fleet.
 */

import type { OperatingSystem } from '@aws-sdk/client-ssm';

/** As Systems Manager spells them. */
export type Platform = 'Linux' | 'Windows' | 'MacOS';

/** How a script ends on a node. Everything is optional: it ends at once, with exit code 0 and no output. */
export interface Outcome {
	readonly exitCode?: number;
	/** `{{ name }}` stands for a parameter of the document. */
	readonly stdout?: string;
	readonly stderr?: string;
	/** Seconds, or a span of them to draw from. */
	readonly durationSeconds?: number | readonly [from: number, to: number];
	/** The step of the document that ends so, the others succeeding at once; default: the last one that runs on the platform. */
	readonly step?: string;
	/** Runs without end. */
	readonly hangs?: boolean;
	/**
	 * The document's script does its work once for each value of this parameter: run again with the same value it does nothing and
	 * ends as the first run did, or with it while that one still runs.
	 */
	readonly oncePer?: string;
	/** Where it succeeds: software that is no longer there afterwards, by its name. `{{ name }}` stands for a parameter of the document. */
	readonly removes?: string;
	/** Where it succeeds: software that is there afterwards, in the place of any of the same name. */
	readonly installs?: Application;
}

/** Software on a machine, as a package manager or an installer knows it. */
export interface Application {
	readonly name: string;
	/** Of an RPM package without its release and epoch. */
	readonly version: string;
	readonly release?: string;
	readonly epoch?: string;
	readonly publisher?: string;
	/** `x86_64`, `arm64`, `noarch` */
	readonly architecture?: string;
	/** `System Environment/Base`, `admin` */
	readonly type?: string;
	/** `openssl-3.0.7-18.el9.src.rpm`, `sed_4.9-2_amd64.deb`; of an installer's program nothing. */
	readonly packageId?: string;
}

/** By document: its name, or what follows the last part of its prefix (`drain-node` for `fleetkeeper-local-drain-node`); `*` for any. */
export type Behaviours = Readonly<Record<string, Behaviour>>;

/** One outcome for every run, or one for each run in turn, the last for all that follow. */
export type Behaviour = Outcome | readonly Outcome[];

/** What Patch Manager meets on a machine. Everything but the system is optional. */
export interface Patching {
	readonly os: OperatingSystem;
	/** `WindowsServer2022`: patches for other products do not apply. */
	readonly product?: string;
	/** Ids of patches that have been there from the start. */
	readonly installed?: readonly string[];
	/** Ids of patches that cannot be installed here. */
	readonly failing?: readonly string[];
	readonly scanSeconds?: number;
	readonly secondsPerPatch?: number;
	/** From a restart for patches to the agent's return; default: as long as boot and registration take. */
	readonly restartSeconds?: number;
	/** False: it hangs in its restart. */
	readonly comesBack?: boolean;
}

export interface Machine {
	readonly platform: Platform;
	/** From launch or start to `running`. */
	readonly bootSeconds: number;
	/** From `running` to the agent's first registration; absent: it never registers. */
	readonly registerSeconds?: number;
	readonly behaviours: Behaviours;
	readonly patching?: Patching;
	/** The name of its instance profile. */
	readonly profile?: string;
	/** What has been installed from the start. */
	readonly applications?: readonly Application[];
	/** Of the agent; default: the latest. */
	readonly agentVersion?: string;
}
