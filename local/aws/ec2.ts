/** Amazon EC2: instances, and what belongs to them. */

import type { IpPermission } from '@aws-sdk/client-ec2';
import * as schemas from '@aws-sdk/client-ec2';
import { LATENCY_MS, TERMINATED_KEPT_MS, within } from './assumptions.ts';
import { attributeOperations, type MetadataOptions } from './ec2-attributes.ts';
import type { Machine } from './ec2-machine.ts';
import { Networks } from './ec2-network.ts';
import { ec2Operations, findInstances } from './ec2-operations.ts';
import { type ProfileAssociation, profileOperations } from './ec2-profiles.ts';
import { rulesOf, securityGroupOperations } from './ec2-security-group-operations.ts';
import { DEFAULT_GROUP_ID, type SecurityGroup, SecurityGroups } from './ec2-security-groups.ts';
import { type Image, type Snapshot, Storage, type Volume, volumesOf } from './ec2-storage.ts';
import { storageOperations } from './ec2-storage-operations.ts';
import { type Ec2Resource, tagOperations } from './ec2-tags.ts';
import { defineService, PROTOCOLS, type ServiceDefinition } from './service.ts';
import { type AwsContext, AwsError } from './types.ts';

export type InstanceState = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';

export interface Instance {
	readonly id: string;
	readonly machine: Machine;
	readonly imageId: string;
	readonly instanceType: string;
	readonly availabilityZone: string;
	readonly subnetId: string;
	readonly privateIp: string;
	readonly tags: Map<string, string>;
	/** The root volume first. */
	readonly volumes: readonly Volume[];
	readonly metadataOptions: MetadataOptions;
	/** Epoch milliseconds. */
	readonly launchedAt: number;
	securityGroupIds: readonly string[];
	/** Absent where it has none. */
	profile?: ProfileAssociation;
	state: InstanceState;
	/** How often it has booted: what ran before a boot runs no longer. */
	boots: number;
	terminatedAt?: number;
}

export interface LaunchSpec {
	readonly machine: Machine;
	readonly tags?: Readonly<Record<string, string>>;
	readonly availabilityZone?: string;
	/** Default: the VPC's default group. */
	readonly securityGroupIds?: readonly string[];
	/** Default `required`: IMDSv2 alone. */
	readonly httpTokens?: MetadataOptions['httpTokens'];
	/** Besides the root volume; default none. */
	readonly dataVolumes?: number;
	/** A given id and state make an instance that has been there before the world began: it boots nothing and emits nothing. */
	readonly id?: string;
	readonly state?: 'running' | 'stopped';
	readonly launchedAt?: number;
}

export type StateListener = (instance: Instance) => void;

export interface Ec2 {
	readonly definition: ServiceDefinition;
	launch(spec: LaunchSpec): Instance;
	instance(id: string): Instance | undefined;
	/** All that EC2 still shows, the lately terminated included, oldest first. */
	instances(): readonly Instance[];
	start(id: string): void;
	stop(id: string): void;
	terminate(id: string): void;
	reboot(id: string): void;
	/** The instance dies at once, as at the end of a Spot interruption or with its hardware; nobody asked for it. */
	vanish(id: string): void;
	tag(id: string, tags: Readonly<Record<string, string>>): void;
	/** Makes a group that has been there before the world began, with these rules. */
	createSecurityGroup(id: string, name: string, ingress: readonly IpPermission[]): SecurityGroup;
	securityGroups(): readonly SecurityGroup[];
	images(): readonly Image[];
	snapshots(): readonly Snapshot[];
	/** A pending image or snapshot fails. */
	spoil(id: string): void;
	/** All that can be tagged, instances included. */
	resources(): readonly Ec2Resource[];
	/** Calls `listener` at every change of an instance's state, and after a reboot. */
	onState(listener: StateListener): void;
	/** How instances reach AWS. */
	readonly network: Networks;
	/** Calls `listener` when an instance has another profile, or none. */
	onProfile(listener: StateListener): void;
}

const ZONES = ['a', 'b', 'c'] as const;

export interface Ec2Options {
	/** Whether IAM has an instance profile of that name; any is there where it is absent. */
	readonly profileExists?: (name: string) => boolean;
}

export function createEc2(ctx: AwsContext, { profileExists = () => true }: Ec2Options = {}): Ec2 {
	const instances = new Map<string, Instance>();
	const listeners: StateListener[] = [];
	const profileListeners: StateListener[] = [];
	const network = new Networks(ctx);

	function enter(instance: Instance, state: InstanceState): void {
		instance.state = state;
		ctx.emit({
			source: 'aws.ec2',
			detailType: 'EC2 Instance State-change Notification',
			resources: [instanceArn(ctx, instance.id)],
			detail: { 'instance-id': instance.id, state },
		});
		for (const listener of listeners) listener(instance);
	}

	/** Moves on to `state` after `delayMs` unless something else has happened to the instance by then. */
	function later(instance: Instance, delayMs: number, state: InstanceState): void {
		const from = instance.state;
		const boots = instance.boots;
		ctx.clock.after(delayMs, () => {
			if (instance.state !== from || instance.boots !== boots) return;
			if (state === 'terminated') finish(instance);
			else enter(instance, state);
		});
	}

	function finish(instance: Instance): void {
		instance.terminatedAt = ctx.clock.now();
		enter(instance, 'terminated');
		ctx.clock.after(TERMINATED_KEPT_MS, () => {
			instances.delete(instance.id);
		});
	}

	function boot(instance: Instance): void {
		instance.boots += 1;
		enter(instance, 'pending');
		later(instance, instance.machine.bootSeconds * 1000, 'running');
	}

	function get(id: string): Instance {
		const instance = instances.get(id);
		if (!instance) throw new Error(`There is no instance ${id} in this world.`);
		return instance;
	}

	function resources(): Ec2Resource[] {
		return [
			...[...instances.values()].map(({ id, tags }) => ({ id, type: 'instance' as const, tags })),
			...storage.volumes().map(({ volume: { id, tags } }) => ({ id, type: 'volume' as const, tags })),
			...storage.snapshots().map(({ id, tags }) => ({ id, type: 'snapshot' as const, tags })),
			...storage.images().map(({ id, tags }) => ({ id, type: 'image' as const, tags })),
			...groups.all().map(({ id, tags }) => ({ id, type: 'security-group' as const, tags })),
		];
	}

	/** @throws AwsError as EC2 does for an id that is unknown, each kind in its own words. */
	function taggable(id: string): Ec2Resource {
		const found = resources().find((resource) => resource.id === id);
		if (found) return found;
		if (id.startsWith('i-')) findInstances(ec2, [id]);
		throw new AwsError('InvalidID', `The ID '${id}' is not valid`);
	}

	const ec2: Omit<Ec2, 'definition'> = {
		launch(spec) {
			const number = instances.size;
			const zone = spec.availabilityZone ?? `${ctx.region}${ZONES[number % ZONES.length]}`;
			const id = spec.id ?? `i-${ctx.id(17)}`;
			const instance: Instance = {
				id,
				machine: spec.machine,
				imageId: 'ami-0abcdef1234567890',
				instanceType: 't3.medium',
				availabilityZone: zone,
				subnetId: `subnet-0${zone.charCodeAt(zone.length - 1).toString(16)}1234567890abcde`,
				privateIp: `10.0.${(number >> 8) & 255}.${number & 255}`,
				tags: new Map(Object.entries(spec.tags ?? {})),
				volumes: volumesOf(id, spec.dataVolumes ?? 0),
				metadataOptions: { httpTokens: spec.httpTokens ?? 'required', httpEndpoint: 'enabled', hopLimit: 2, state: 'applied' },
				securityGroupIds: spec.securityGroupIds ?? [DEFAULT_GROUP_ID],
				launchedAt: spec.launchedAt ?? ctx.clock.now(),
				...profileOf(id, spec),
				state: spec.state ?? 'pending',
				boots: 0,
			};
			if (instances.has(instance.id)) throw new Error(`There are two instances ${instance.id} in this world.`);
			instances.set(instance.id, instance);
			if (spec.state === undefined) boot(instance);
			return instance;
		},
		instance: (id) => instances.get(id),
		instances: () => [...instances.values()],
		start(id) {
			const instance = get(id);
			if (instance.state === 'stopped') boot(instance);
		},
		stop(id) {
			const instance = get(id);
			if (instance.state !== 'running' && instance.state !== 'pending') return;
			enter(instance, 'stopping');
			later(instance, within(ctx.clock, LATENCY_MS.stopInstance), 'stopped');
		},
		terminate(id) {
			const instance = get(id);
			if (instance.state === 'shutting-down' || instance.state === 'terminated') return;
			enter(instance, 'shutting-down');
			later(instance, within(ctx.clock, LATENCY_MS.terminateInstance), 'terminated');
		},
		reboot(id) {
			const instance = get(id);
			if (instance.state !== 'running') return;
			instance.boots += 1;
			// A reboot is no change of state and has no event, but the agent starts anew.
			for (const listener of listeners) listener(instance);
		},
		vanish(id) {
			const instance = get(id);
			if (instance.state === 'terminated') return;
			if (instance.state !== 'shutting-down') enter(instance, 'shutting-down');
			finish(instance);
		},
		tag(id, tags) {
			for (const [key, value] of Object.entries(tags)) get(id).tags.set(key, value);
		},
		createSecurityGroup(id, name, ingress) {
			const group = groups.create({ id, name, description: name, tags: new Map() });
			groups.add(group, ingress.flatMap(rulesOf));
			return group;
		},
		securityGroups: () => groups.all(),
		images: () => storage.images(),
		snapshots: () => storage.snapshots(),
		spoil: (id) => storage.spoil(id),
		resources,
		onState(listener) {
			listeners.push(listener);
		},
		network,
		onProfile(listener) {
			profileListeners.push(listener);
		},
	};
	const groups = new SecurityGroups(ctx);
	const storage = new Storage(ctx, ec2);

	const find = (id: string): Instance => findInstances(ec2, [id])[0] as Instance;
	const definition = defineService({
		name: 'ec2',
		protocol: PROTOCOLS.ec2,
		schemas,
		operations: {
			...ec2Operations(ctx, ec2),
			...attributeOperations(ctx, find, groups),
			...securityGroupOperations(ctx, groups),
			...storageOperations(ctx, storage, find),
			...tagOperations(resources, taggable),
			...network.operations(),
			...profileOperations(ctx, {
				profileExists,
				instances: ec2.instances,
				instance: find,
				onChange: (instance) => {
					for (const listener of profileListeners) listener(instance);
				},
			}),
		},
	});
	return { ...ec2, definition };
}

/** What it is launched with is there from its launch on. */
function profileOf(id: string, { machine: { profile: name }, launchedAt = 0 }: LaunchSpec): Pick<Instance, 'profile'> {
	if (name === undefined) return {};
	return { profile: { id: id.replace(/^i-/, 'iip-assoc-'), name, since: launchedAt, state: 'associated' } };
}

/** Images and snapshots have no account in their ARNs. */
export function ec2Arn(ctx: Pick<AwsContext, 'account' | 'region'>, { id, type }: Pick<Ec2Resource, 'id' | 'type'>): string {
	const account = type === 'image' || type === 'snapshot' ? '' : ctx.account;
	return `arn:aws:ec2:${ctx.region}:${account}:${type}/${id}`;
}

export function instanceArn(ctx: Pick<AwsContext, 'account' | 'region'>, id: string): string {
	return ec2Arn(ctx, { id, type: 'instance' });
}
