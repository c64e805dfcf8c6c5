/** Which agents are not as they should be, and why, as the world itself has it: from machines, profiles, roles, routes and activations. */

import type { ManagedNode } from '../../aws/ssm/nodes.ts';
import type { Scene } from '../flow.ts';
import { type Standing, WELL } from './telling.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A new instance has so long to register. */
const NEW = 30 * MINUTE;
const STALE = 30 * DAY;
const EXPIRES_SOON = 2 * DAY;
const UPDATE = 'AWS-UpdateSSMAgent';
/** What an agent has to be allowed. */
const ACTIONS = ['ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:OpenControlChannel'];

export class AgentsAtAws {
	readonly #scene: Scene;
	/** Of a world without people and remedies: the version that agents have from the start is out of date. */
	readonly #outdated: ReadonlySet<string>;
	/** By cause and id. */
	readonly #standings = new Map<string, Standing>();
	#changedAt = 0;

	constructor(scene: Scene, outdated: ReadonlySet<string>) {
		this.#scene = scene;
		this.#outdated = outdated;
	}

	/** What is so now. */
	look(): void {
		const now = this.#scene.now();
		const found = new Set(this.#all().map(({ cause, id }) => `${cause} ${id}`));
		for (const key of new Set([...found, ...this.#standings.keys()])) {
			const before = this.#standings.get(key) ?? WELL;
			const amiss = found.has(key);
			if (before.amiss === amiss) continue;
			this.#standings.set(key, { amiss, since: now, times: before.times + (amiss ? 1 : 0) });
			this.#changedAt = now;
		}
	}

	of(cause: string, id: string): Standing {
		return this.#standings.get(`${cause} ${id}`) ?? WELL;
	}

	/** What has a cause, and has had it for so long. */
	having(cause: string, forMs = 0): string[] {
		const until = this.#scene.now() - forMs;
		return [...this.#standings].flatMap(([key, { amiss, since }]) => {
			const [of, id = ''] = key.split(' ');
			return of === cause && amiss && since <= until ? [id] : [];
		});
	}

	/** Nothing has come or gone for so long. */
	isQuiet(forMs: number): boolean {
		return this.#scene.now() - this.#changedAt >= forMs;
	}

	#all(): { readonly cause: string; readonly id: string }[] {
		const { ec2, ssm } = this.#scene.world.services;
		const instances = ec2.instances().flatMap((instance) => {
			const cause = this.#ofInstance(instance.id);
			return cause === undefined ? [] : [{ id: instance.id, cause }];
		});
		const machines = ssm.hybridMachines().flatMap(({ id }) => {
			const cause = this.#ofMachine(id);
			return cause === undefined ? [] : [{ id, cause }];
		});
		return [...instances, ...machines, ...this.#ofActivations()];
	}

	#ofInstance(id: string): string | undefined {
		const { ec2, ssm, iamApi } = this.#scene.world.services;
		const { state, launchedAt, tags, profile } = ec2.instance(id) ?? {};
		if (state !== 'running' || launchedAt === undefined || tags?.get('fleetkeeper-agent') === 'ignore') return undefined;
		const status = ssm.pingStatus(id);
		if (status === 'Online') return this.#isOutdated(id) ? 'outdated' : undefined;
		if (this.#scene.now() - launchedAt < NEW) return undefined;
		if (!ssm.hostsAreManaged()) {
			if (profile === undefined) return 'no-profile';
			const role = iamApi.profileRole(profile.name);
			if (role === undefined || !ACTIONS.every((action) => iamApi.roleAllows(role, action))) return 'no-permissions';
		}
		if (!ec2.network.reachesSsm()) return 'no-endpoints';
		return status === undefined ? 'never-seen' : 'connection-lost';
	}

	#ofMachine(id: string): string | undefined {
		const { ssm } = this.#scene.world.services;
		const node = ssm.node(id);
		if (node === undefined) return undefined;
		if (ssm.pingStatus(id) === 'Online') return this.#isOutdated(id) ? 'outdated' : undefined;
		return this.#scene.now() - node.lastPingAt >= STALE ? 'stale-registration' : 'connection-lost';
	}

	#isOutdated(id: string): boolean {
		const now = this.#scene.now();
		const isUpdate = ({ document, status, endsAt }: ManagedNode['runs'][number]) =>
			document === UPDATE && status === 'Success' && endsAt <= now;
		return this.#outdated.has(id) && this.#scene.world.services.ssm.node(id)?.runs.some(isUpdate) !== true;
	}

	#ofActivations(): { readonly cause: string; readonly id: string }[] {
		const now = this.#scene.now();
		return this.#scene.world.services.ssm.activations.all().flatMap(({ id, limit, registered, createdAt, expiresAt }) => {
			const isUsedUp = registered >= limit;
			if (expiresAt <= now) return isUsedUp ? [] : [{ id, cause: 'activation-expired' }];
			if (isUsedUp) return limit > 1 ? [{ id, cause: 'activation-used-up' }] : [];
			return expiresAt - now <= Math.min(EXPIRES_SOON, (expiresAt - createdAt) / 4) ? [{ id, cause: 'activation-expiring' }] : [];
		});
	}
}
