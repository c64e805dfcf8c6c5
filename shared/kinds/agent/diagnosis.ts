/** From what AWS says of instances, nodes and activations to what is wrong with each. Pure. */

import { compareVersions } from '../../versions/version.ts';
import { instant } from '../alarm/timers.ts';
import type { AgentCause, Trouble } from './types.ts';

/** A managed node, as Systems Manager lists it. Instants are epoch milliseconds. */
export interface SeenNode {
	readonly id: string;
	/** Its agent answers. */
	readonly online: boolean;
	readonly lastPingAt?: number;
	readonly version?: string;
	/** Whether that is the latest there is, where AWS says so: of Windows it does not (API reference, InstanceInformation). */
	readonly latest?: boolean;
	/** Of machines outside EC2: what they registered with. */
	readonly activationId?: string;
}

/** An instance that runs, as EC2 describes it. */
export interface RunningInstance {
	readonly id: string;
	readonly launchedAt: number;
	/** The name of its instance profile. */
	readonly profile?: string;
	readonly vpc?: string;
	readonly subnet?: string;
}

export interface SeenActivation {
	readonly id: string;
	/** What people know it by. */
	readonly name: string;
	readonly limit: number;
	readonly registered: number;
	readonly createdAt: number;
	readonly expiresAt: number;
	readonly expired: boolean;
}

/** What the role of an instance profile may not do of what an agent needs; nothing: it may do all of it. */
export interface ProfileFinding {
	readonly denied: readonly string[];
	/** There is no such profile, or no role in it. */
	readonly empty?: true;
}

/** Why agents may be silent, as far as it was looked for: what is in neither map was not. */
export interface Surroundings {
	/** Instances without a profile that would do are managed all the same (Default Host Management Configuration). */
	readonly hostManagement: boolean;
	/** By the name of the profile. */
	readonly profiles: ReadonlyMap<string, ProfileFinding>;
	/** By subnet that has no default route: the endpoints that its VPC lacks. */
	readonly missing: ReadonlyMap<string, readonly string[]>;
}

export interface Seen {
	readonly nodes: readonly SeenNode[];
	/** There are more nodes: what is not among these may be managed. */
	readonly cut: boolean;
	readonly instances: readonly RunningInstance[];
	/** Ids of instances that are to be left alone. */
	readonly ignored: ReadonlySet<string>;
	readonly activations: readonly SeenActivation[];
}

const DAY = 86_400_000;
/** A new instance has so long to register: Default Host Management may take 30 minutes (user guide). */
const REGISTERS_WITHIN = 30 * 60_000;
/** An activation that expires within this, and in the last quarter of its life, is warned of. */
const EXPIRES_SOON = 2 * DAY;
/** One that has expired is told of for so long. */
const EXPIRED_LATELY = 7 * DAY;

/** Instances that run and whose agents do not answer, new ones left aside: why is yet to be looked for. */
export function suspectsOf({ nodes, cut, instances, ignored }: Seen, now: number): RunningInstance[] {
	const online = new Map(nodes.map((node) => [node.id, node.online]));
	const answers = (id: string) => online.get(id) ?? cut;
	return instances.filter(({ id, launchedAt }) => !answers(id) && !ignored.has(id) && now - launchedAt >= REGISTERS_WITHIN);
}

/** All that is wrong. @param staleDays from so many days of silence on a machine outside EC2 may be gone. */
export function diagnose(seen: Seen, around: Surroundings, staleDays: number, now: number): Trouble[] {
	const { nodes, activations } = seen;
	const byId = new Map(nodes.map((node) => [node.id, node]));
	return [
		...suspectsOf(seen, now).map((instance) => silentInstance(instance, byId.get(instance.id), around)),
		...nodes.flatMap((node) => silentMachine(node, activations, staleDays, now)),
		...outdatedOf(seen),
		...activations.flatMap((activation) => activationTrouble(activation, now)),
	];
}

function silentInstance({ id, profile, subnet = '' }: RunningInstance, node: SeenNode | undefined, around: Surroundings): Trouble {
	const { hostManagement, profiles, missing } = around;
	const silence = node === undefined ? 'never seen' : silentSince(node);
	const because = (cause: AgentCause, ...why: readonly string[]): Trouble => ({
		...{ id, cause, detail: [...why, silence].join('; ') },
		...(profile !== undefined && { profile }),
	});
	const finding = profile === undefined ? undefined : profiles.get(profile);
	if (!hostManagement && profile === undefined) return because('no-profile');
	if (!hostManagement && finding?.empty) return because('no-permissions', `profile ${profile} has no role`);
	if (!hostManagement && finding !== undefined && finding.denied.length > 0) {
		return because('no-permissions', `profile ${profile} may not ${finding.denied.join(', ')}`);
	}
	const lacking = missing.get(subnet) ?? [];
	if (lacking.length > 0) return because('no-endpoints', `${subnet} lacks ${lacking.join(', ')}`);
	const unseen = profile !== undefined && finding === undefined ? [`profile ${profile} was not looked at`] : [];
	return because(node === undefined ? 'never-seen' : 'connection-lost', ...unseen);
}

function silentSince({ lastPingAt }: SeenNode): string {
	return lastPingAt === undefined ? 'silent' : `silent since ${instant(lastPingAt)}`;
}

/** Of a machine outside EC2 nothing more is known than what it registered with. */
function silentMachine(node: SeenNode, activations: readonly SeenActivation[], staleDays: number, now: number): Trouble[] {
	const { id, online, lastPingAt = now, activationId } = node;
	if (online || !id.startsWith('mi-')) return [];
	const activation = activations.find((each) => each.id === activationId);
	const again = activation === undefined ? undefined : closedText(activation);
	const detail = again === undefined ? silentSince(node) : `${silentSince(node)}; its activation ${again}`;
	return [{ id, cause: now - lastPingAt >= staleDays * DAY ? 'stale-registration' : 'connection-lost', detail }];
}

/** Why nothing more registers with an activation. */
function closedText({ expired, limit, registered, expiresAt }: SeenActivation): string | undefined {
	if (expired) return `expired ${instant(expiresAt)}`;
	return registered >= limit ? `is used up (${registered} of ${limit})` : undefined;
}

/** Where AWS does not say whether an agent is the latest, it is compared with the newest of those of which AWS does. */
function outdatedOf({ nodes, ignored }: Seen): Trouble[] {
	const latest = nodes.flatMap(({ latest, version }) => (latest && version ? [version] : []));
	const newest = latest.reduce<string | undefined>((best, each) => (best === undefined || isOlder(best, each) ? each : best), undefined);
	return nodes.flatMap(({ id, online, version, latest }): Trouble[] => {
		if (!online || version === undefined || ignored.has(id)) return [];
		const outdated = latest === undefined ? newest !== undefined && isOlder(version, newest) : !latest;
		return outdated ? [{ id, cause: 'outdated', detail: newest === undefined ? version : `${version}, latest ${newest}` }] : [];
	});
}

/** Agents' versions are numbers parted by dots, on whatever platform. */
function isOlder(one: string, other: string): boolean {
	return compareVersions('windows', one, other) < 0;
}

function activationTrouble(activation: SeenActivation, now: number): Trouble[] {
	const { id, name, limit, registered, createdAt, expiresAt, expired } = activation;
	const used = `${name === '' ? '' : `${name}, `}${registered} of ${limit} registered`;
	const because = (cause: AgentCause, when: string): Trouble[] => [{ id, cause, detail: `${used}, ${when} ${instant(expiresAt)}` }];
	if (expired) return registered < limit && now - expiresAt < EXPIRED_LATELY ? because('activation-expired', 'expired') : [];
	// One that is for a single machine is used up as it should be.
	if (registered >= limit) return limit > 1 ? because('activation-used-up', 'expires') : [];
	return expiresAt - now <= Math.min(EXPIRES_SOON, (expiresAt - createdAt) / 4) ? because('activation-expiring', 'expires') : [];
}
