/** Volumes of instances, and the snapshots and images made of them. */

import { createHash } from 'node:crypto';
import { LATENCY_MS, within } from './assumptions.ts';
import type { Ec2, Instance } from './ec2.ts';
import { type AwsContext, AwsError } from './types.ts';

export const ROOT_DEVICE = '/dev/xvda';
const VOLUME_GIB = 8;

export interface Volume {
	readonly id: string;
	readonly device: string;
	readonly sizeGib: number;
	readonly tags: Map<string, string>;
}

export interface Snapshot {
	readonly id: string;
	readonly volume: Volume;
	readonly description: string;
	readonly startedAt: number;
	readonly tags: Map<string, string>;
	state: 'pending' | 'completed' | 'error';
}

export interface Image {
	readonly id: string;
	readonly name: string;
	readonly description: string;
	readonly instance: Instance;
	readonly createdAt: number;
	readonly snapshots: readonly Snapshot[];
	readonly tags: Map<string, string>;
	state: 'pending' | 'available' | 'failed';
}

/** A root volume and so many others, whose ids follow from the instance's. */
export function volumesOf(instanceId: string, dataVolumes: number): Volume[] {
	return Array.from({ length: 1 + dataVolumes }, (_, index) => ({
		id: `vol-${createHash('sha256').update(`${instanceId} ${index}`).digest('hex').slice(0, 17)}`,
		device: index === 0 ? ROOT_DEVICE : `/dev/sd${String.fromCharCode('e'.charCodeAt(0) + index)}`,
		sizeGib: VOLUME_GIB,
		tags: new Map(),
	}));
}

export class Storage {
	readonly #ctx: AwsContext;
	readonly #ec2: Pick<Ec2, 'instances' | 'reboot'>;
	readonly #snapshots = new Map<string, Snapshot>();
	readonly #images = new Map<string, Image>();

	constructor(ctx: AwsContext, ec2: Pick<Ec2, 'instances' | 'reboot'>) {
		this.#ctx = ctx;
		this.#ec2 = ec2;
	}

	/** With the instances they are attached to; a terminated instance's are gone. */
	volumes(): { readonly volume: Volume; readonly instance: Instance }[] {
		return this.#ec2
			.instances()
			.filter(({ state }) => state !== 'terminated')
			.flatMap((instance) => instance.volumes.map((volume) => ({ volume, instance })));
	}

	snapshots(): Snapshot[] {
		return [...this.#snapshots.values()];
	}

	images(): Image[] {
		return [...this.#images.values()];
	}

	/** @throws AwsError `InvalidVolume.NotFound`. */
	volume(id: string): { readonly volume: Volume; readonly instance: Instance } {
		const found = this.volumes().find(({ volume }) => volume.id === id);
		if (!found) throw new AwsError('InvalidVolume.NotFound', `The volume '${id}' does not exist.`);
		return found;
	}

	/** @throws AwsError `InvalidSnapshot.NotFound`. */
	snapshot(id: string): Snapshot {
		const snapshot = this.#snapshots.get(id);
		if (!snapshot) throw new AwsError('InvalidSnapshot.NotFound', `The snapshot '${id}' does not exist.`);
		return snapshot;
	}

	/** @throws AwsError `InvalidAMIID.NotFound`. */
	image(id: string): Image {
		const image = this.#images.get(id);
		if (!image) throw new AwsError('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
		return image;
	}

	/** Begins a snapshot; it is `completed` some time later. */
	makeSnapshot(volume: Volume, description: string, tags: ReadonlyMap<string, string>): Snapshot {
		const snapshot: Snapshot = {
			id: `snap-${this.#ctx.id(17)}`,
			volume,
			description,
			startedAt: this.#ctx.clock.now(),
			tags: new Map(tags),
			state: 'pending',
		};
		this.#snapshots.set(snapshot.id, snapshot);
		this.#ctx.clock.after(within(this.#ctx.clock, LATENCY_MS.snapshot), () => {
			if (snapshot.state === 'pending') snapshot.state = 'completed';
		});
		return snapshot;
	}

	/**
	 * Begins an image; it is `available` some time later.
	 * @throws AwsError `InvalidAMIName.Duplicate`, `IncorrectInstanceState`.
	 */
	makeImage(
		instance: Instance,
		spec: Pick<Image, 'name' | 'description' | 'tags'> & { readonly noReboot: boolean; readonly snapshotTags: ReadonlyMap<string, string> },
	): Image {
		const twin = this.images().find(({ name }) => name === spec.name);
		if (twin) throw new AwsError('InvalidAMIName.Duplicate', `AMI name ${spec.name} is already in use by AMI ${twin.id}`);
		if (instance.state !== 'running' && instance.state !== 'stopped') {
			throw new AwsError('IncorrectInstanceState', `The instance '${instance.id}' is not in a state from which an image can be created.`);
		}
		if (!spec.noReboot) this.#ec2.reboot(instance.id);
		const id = `ami-${this.#ctx.id(17)}`;
		const { name, description, tags } = spec;
		const snapshots = instance.volumes.map((volume) => this.makeSnapshot(volume, `Created by CreateImage for ${id}`, spec.snapshotTags));
		const image: Image = { id, name, description, tags, instance, snapshots, createdAt: this.#ctx.clock.now(), state: 'pending' };
		this.#images.set(id, image);
		this.#ctx.clock.after(within(this.#ctx.clock, LATENCY_MS.image), () => {
			if (image.state === 'pending') image.state = 'available';
		});
		return image;
	}

	/** What is under way ends badly. */
	spoil(id: string): void {
		const image = this.#images.get(id);
		if (image) image.state = 'failed';
		else this.snapshot(id).state = 'error';
	}
}
