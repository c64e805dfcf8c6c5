import { describe, expect, it } from 'vitest';
import { errorOf, type SmallAws, smallAws } from './support/small-aws.ts';

const MACHINE = { platform: 'Linux', bootSeconds: 1, behaviours: {} } as const;

/** An instance with a root volume and two others. */
async function withVolumes(): Promise<{ readonly aws: SmallAws; readonly InstanceId: string; readonly volumeIds: readonly string[] }> {
	const aws = smallAws();
	const { id: InstanceId } = aws.ec2.launch({ machine: MACHINE, dataVolumes: 2 });
	await aws.advance(5);
	const Filters = [{ Name: 'attachment.instance-id', Values: [InstanceId] }];
	const volumeIds = aws.call('ec2', 'DescribeVolumes', { Filters }).Volumes.map((volume: { VolumeId: string }) => volume.VolumeId);
	return { aws, InstanceId, volumeIds };
}
const tagged = (ResourceType: string) => [{ ResourceType, Tags: [{ Key: 'team', Value: 'web' }] }];

describe('volumes', () => {
	it("are an instance's own, and go with it", async () => {
		const { aws, InstanceId, volumeIds } = await withVolumes();
		expect(new Set(volumeIds).size).toBe(3);
		const [instance] = aws.call('ec2', 'DescribeInstances', { InstanceIds: [InstanceId] }).Reservations[0].Instances;
		expect(instance.BlockDeviceMappings.map((mapping: { Ebs: { VolumeId: string } }) => mapping.Ebs.VolumeId)).toEqual(volumeIds);

		aws.ec2.terminate(InstanceId);
		await aws.advance(30);
		expect(errorOf(() => aws.call('ec2', 'DescribeVolumes', { VolumeIds: [volumeIds[0]] })).code).toBe('InvalidVolume.NotFound');
	});
});

describe('snapshots', () => {
	it('are of all volumes of an instance, and complete some time later', async () => {
		const { aws, InstanceId, volumeIds } = await withVolumes();
		const input = { InstanceSpecification: { InstanceId }, Description: 'before', TagSpecifications: tagged('snapshot') };
		const { Snapshots: snapshots } = aws.call('ec2', 'CreateSnapshots', input);
		expect(snapshots.map((each: { VolumeId: string; State: string }) => [each.VolumeId, each.State])).toEqual(
			volumeIds.map((id) => [id, 'pending']),
		);

		await aws.advance(300);
		const Filters = [{ Name: 'tag:team', Values: ['web'] }];
		const states = aws.call('ec2', 'DescribeSnapshots', { Filters }).Snapshots.map((each: { State: string }) => each.State);
		expect(states).toEqual(['completed', 'completed', 'completed']);
	});

	it("leave out what is excluded, and carry the volumes' tags where that is asked for", async () => {
		const { aws, InstanceId, volumeIds } = await withVolumes();
		aws.call('ec2', 'CreateTags', { Resources: volumeIds, Tags: [{ Key: 'data', Value: 'orders' }] });
		const InstanceSpecification = { InstanceId, ExcludeBootVolume: true, ExcludeDataVolumeIds: [volumeIds[1]] };
		const { Snapshots } = aws.call('ec2', 'CreateSnapshots', { InstanceSpecification, CopyTagsFromSource: 'volume' });
		expect(Snapshots).toEqual([expect.objectContaining({ VolumeId: volumeIds[2], Tags: [{ Key: 'data', Value: 'orders' }] })]);
	});
});

describe('images', () => {
	it('are pending, then available, with a snapshot of each volume', async () => {
		const { aws, InstanceId } = await withVolumes();
		const { ImageId } = aws.call('ec2', 'CreateImage', { InstanceId, Name: 'golden', NoReboot: true, TagSpecifications: tagged('image') });
		const image = () => aws.call('ec2', 'DescribeImages', { ImageIds: [ImageId] }).Images[0];
		expect(image()).toMatchObject({ State: 'pending', SourceInstanceId: InstanceId, Tags: [{ Key: 'team', Value: 'web' }] });
		await aws.advance(300);
		expect(image().State).toBe('available');
		expect(image().BlockDeviceMappings).toHaveLength(3);
	});

	it('reboot the instance unless told not to', async () => {
		const { aws, InstanceId } = await withVolumes();
		const boots = () => aws.ec2.instance(InstanceId)?.boots;
		const before = boots() ?? 0;
		aws.call('ec2', 'CreateImage', { InstanceId, Name: 'quiet', NoReboot: true });
		expect(boots()).toBe(before);
		aws.call('ec2', 'CreateImage', { InstanceId, Name: 'clean' });
		expect(boots()).toBe(before + 1);
	});

	it('need a name of their own', async () => {
		const { aws, InstanceId } = await withVolumes();
		const create = () => aws.call('ec2', 'CreateImage', { InstanceId, Name: 'golden', NoReboot: true });
		create();
		expect(errorOf(create).code).toBe('InvalidAMIName.Duplicate');
		expect(aws.ec2.images()).toHaveLength(1);
	});

	it('that are spoilt while they are made have failed, and stay so', async () => {
		const { aws, InstanceId } = await withVolumes();
		const { ImageId } = aws.call('ec2', 'CreateImage', { InstanceId, Name: 'golden' });
		aws.ec2.spoil(ImageId);
		await aws.advance(300);
		expect(aws.call('ec2', 'DescribeImages', { ImageIds: [ImageId] }).Images[0].State).toBe('failed');
	});
});

it('ids of what is not there are told apart', () => {
	const aws = smallAws();
	const code = (operation: string, input: object) => errorOf(() => aws.call('ec2', operation, input)).code;
	expect(code('DescribeSnapshots', { SnapshotIds: ['snap-0123456789abcdef0'] })).toBe('InvalidSnapshot.NotFound');
	expect(code('DescribeImages', { ImageIds: ['ami-0123456789abcdef0'] })).toBe('InvalidAMIID.NotFound');
	expect(code('CreateTags', { Resources: ['vol-0123456789abcdef0'], Tags: [] })).toBe('InvalidID');
	expect(code('CreateTags', { Resources: ['i-0123456789abcdef0'], Tags: [] })).toBe('InvalidInstanceID.NotFound');
});
