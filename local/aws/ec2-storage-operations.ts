/** The operations on volumes, snapshots and images. */

import type {
	CreateImageCommandInput,
	CreateImageCommandOutput,
	CreateSnapshotsCommandInput,
	CreateSnapshotsCommandOutput,
	DescribeImagesCommandInput,
	DescribeImagesCommandOutput,
	DescribeSnapshotsCommandInput,
	DescribeSnapshotsCommandOutput,
	DescribeVolumesCommandInput,
	DescribeVolumesCommandOutput,
	Image as WireImage,
	Snapshot as WireSnapshot,
	Volume as WireVolume,
} from '@aws-sdk/client-ec2';
import type { Instance } from './ec2.ts';
import { passesAll } from './ec2-filters.ts';
import { type Image, ROOT_DEVICE, type Snapshot, type Storage, type Volume } from './ec2-storage.ts';
import { tagsFor, wireTags } from './ec2-tags.ts';
import { nextToken, page } from './paging.ts';
import { type AwsContext, AwsError, type Output } from './types.ts';

const PAGE = 1_000;
const NO_TAGS: ReadonlyMap<string, string> = new Map();

/** @param instance gives an instance by its id, or throws as EC2 does. */
export function storageOperations(ctx: AwsContext, storage: Storage, instance: (id: string) => Instance) {
	return {
		DescribeVolumes(input: DescribeVolumesCommandInput): Output<DescribeVolumesCommandOutput> {
			const chosen = input.VolumeIds && input.VolumeIds.length > 0 ? input.VolumeIds.map((id) => storage.volume(id)) : storage.volumes();
			const matching = chosen.filter(({ volume, instance: attachedTo }) =>
				passesAll(input.Filters, { 'volume-id': volume.id, 'attachment.instance-id': attachedTo.id, status: 'in-use' }, volume.tags),
			);
			const found = page(matching, input.NextToken, input.MaxResults ?? PAGE);
			return { Volumes: found.items.map((each) => wireVolume(each.volume, each.instance)), ...nextToken(found) };
		},

		CreateSnapshots(input: CreateSnapshotsCommandInput): Output<CreateSnapshotsCommandOutput> {
			const { InstanceId: id = '', ExcludeBootVolume, ExcludeDataVolumeIds = [] } = input.InstanceSpecification ?? {};
			const volumes = instance(id).volumes.filter(
				(volume) => !(ExcludeBootVolume && volume.device === ROOT_DEVICE) && !ExcludeDataVolumeIds.includes(volume.id),
			);
			if (volumes.length === 0) throw new AwsError('InvalidParameterValue', `There is no volume of ${id} left to take a snapshot of.`);
			const asked = tagsFor('snapshot', input.TagSpecifications);
			const snapshots = volumes.map((volume) => {
				const tags = new Map([...(input.CopyTagsFromSource === 'volume' ? volume.tags : NO_TAGS), ...asked]);
				return storage.makeSnapshot(volume, input.Description ?? '', tags);
			});
			return { Snapshots: snapshots.map((snapshot) => wireSnapshot(ctx, snapshot)) };
		},

		DescribeSnapshots(input: DescribeSnapshotsCommandInput): Output<DescribeSnapshotsCommandOutput> {
			const ids = input.SnapshotIds ?? [];
			const chosen = ids.length > 0 ? ids.map((id) => storage.snapshot(id)) : storage.snapshots();
			const matching = chosen.filter((snapshot) => {
				const fields = { 'snapshot-id': snapshot.id, 'volume-id': snapshot.volume.id, status: snapshot.state };
				return passesAll(input.Filters, fields, snapshot.tags);
			});
			const found = page(matching, input.NextToken, input.MaxResults ?? PAGE);
			return { Snapshots: found.items.map((snapshot) => wireSnapshot(ctx, snapshot)), ...nextToken(found) };
		},

		CreateImage(input: CreateImageCommandInput): Output<CreateImageCommandOutput> {
			const image = storage.makeImage(instance(input.InstanceId ?? ''), {
				name: input.Name ?? '',
				description: input.Description ?? '',
				noReboot: input.NoReboot ?? false,
				tags: tagsFor('image', input.TagSpecifications),
				snapshotTags: tagsFor('snapshot', input.TagSpecifications),
			});
			return { ImageId: image.id };
		},

		DescribeImages(input: DescribeImagesCommandInput): Output<DescribeImagesCommandOutput> {
			const ids = input.ImageIds ?? [];
			const chosen = ids.length > 0 ? ids.map((id) => storage.image(id)) : storage.images();
			const matching = chosen.filter((image) =>
				passesAll(input.Filters, { 'image-id': image.id, name: image.name, state: image.state }, image.tags),
			);
			const found = page(matching, input.NextToken, input.MaxResults ?? PAGE);
			return { Images: found.items.map((image) => wireImage(ctx, image)), ...nextToken(found) };
		},
	};
}

function wireVolume(volume: Volume, { id, availabilityZone }: Instance): WireVolume {
	return {
		VolumeId: volume.id,
		Size: volume.sizeGib,
		State: 'in-use',
		AvailabilityZone: availabilityZone,
		Attachments: [{ InstanceId: id, VolumeId: volume.id, Device: volume.device, State: 'attached', DeleteOnTermination: true }],
		Tags: wireTags(volume.tags),
	};
}

function wireSnapshot({ account }: AwsContext, snapshot: Snapshot): WireSnapshot {
	return {
		SnapshotId: snapshot.id,
		VolumeId: snapshot.volume.id,
		VolumeSize: snapshot.volume.sizeGib,
		Description: snapshot.description,
		OwnerId: account,
		StartTime: new Date(snapshot.startedAt),
		State: snapshot.state,
		Progress: snapshot.state === 'completed' ? '100%' : '0%',
		Tags: wireTags(snapshot.tags),
	};
}

function wireImage({ account }: AwsContext, image: Image): WireImage {
	return {
		ImageId: image.id,
		Name: image.name,
		Description: image.description,
		OwnerId: account,
		CreationDate: new Date(image.createdAt).toISOString(),
		State: image.state,
		SourceInstanceId: image.instance.id,
		RootDeviceName: ROOT_DEVICE,
		BlockDeviceMappings: image.snapshots.map(({ id, volume }) => ({
			DeviceName: volume.device,
			Ebs: { SnapshotId: id, VolumeSize: volume.sizeGib },
		})),
		Tags: wireTags(image.tags),
	};
}
