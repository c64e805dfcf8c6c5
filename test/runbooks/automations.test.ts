import { describe, expect, it } from 'vitest';
import type { FleetBucket, FleetNode, FleetSecurityGroup } from '../../local/fleet.ts';
import { nodeId, webFleet } from '../local/support/small-aws.ts';
import { type Runbooks, runbooksOn } from './automation.ts';

const NODE = nodeId(1);
const GONE = nodeId(9);
const BUCKET = 'media-archive';
const GROUP = 'sg-00000000000000a01';
const ISOLATION = 'sg-00000000000000a02';

interface World {
	/** What is different on the first node. */
	readonly node?: Partial<FleetNode>;
	readonly bucket?: Omit<FleetBucket, 'name'>;
	readonly open?: FleetSecurityGroup['open'];
}

/** Two nodes, one bucket, one security group and one for isolation. */
function world({ node = {}, bucket = {}, open = [] }: World = {}): Runbooks {
	return runbooksOn({
		...webFleet(2, { 0: node }),
		buckets: [{ name: BUCKET, ...bucket }],
		securityGroups: [
			{ id: GROUP, name: 'web', open },
			{ id: ISOLATION, name: 'isolation', open: [] },
		],
	});
}

const MACHINE = { platform: 'Linux', bootSeconds: 1, behaviours: {} } as const;

describe('restart-node', () => {
	it('reboots the instance and ends when it is healthy and answers again', async () => {
		const { aws, run } = world();

		const ended = await run('restart-node', { InstanceId: NODE });

		expect(ended.status).toBe('Success');
		expect([aws.ec2.instance(NODE)?.boots, aws.ec2.instance(nodeId(2))?.boots]).toEqual([1, 0]);
		expect(aws.ec2.instance(NODE)?.state).toBe('running');
	});

	it('fails when the node does not come back to Systems Manager', async () => {
		const { aws, run } = world();

		const ended = await run('restart-node', { InstanceId: NODE }, { atSeconds: 30, what: () => aws.ssm.seedLost(NODE) });

		expect(ended.status).toBe('TimedOut');
		expect(ended.steps.at(-1)).toBe('waitUntilOnline TimedOut');
	});

	it('reboots nothing that is not running', async () => {
		const { aws, run } = world();
		const { id } = aws.ec2.launch({ machine: MACHINE, id: nodeId(5), state: 'stopped' });

		const ended = await run('restart-node', { InstanceId: id });

		expect(ended).toMatchObject({ status: 'Failed', steps: ['isRunning Failed'] });
		expect(ended.message).toContain('Expected running, found "stopped"');
		expect(aws.ec2.instance(id)?.boots).toBe(0);
	});
});

describe('create-image', () => {
	it('makes an image without a reboot, tagged with where it is from, and waits until it can be used', async () => {
		const { aws, run } = world();

		const ended = await run('create-image', { InstanceId: NODE });

		const [image] = aws.ec2.images();
		expect(ended.status).toBe('Success');
		expect(ended.outputs['createImage.ImageId']).toEqual([image?.id]);
		expect(image).toMatchObject({ state: 'available', name: expect.stringMatching(new RegExp(`^fleetkeeper-${NODE}-[0-9a-f-]{36}$`)) });
		expect(image?.tags.get('fleetkeeper:instance')).toBe(NODE);
		expect(aws.ec2.snapshots().map(({ tags }) => tags.get('fleetkeeper:instance'))).toEqual([NODE]);
		expect(aws.ec2.instance(NODE)?.boots).toBe(0);
	});

	it('reboots the instance where that is asked for', async () => {
		const { aws, run } = world();
		await run('create-image', { InstanceId: NODE, NoReboot: 'false' });
		expect(aws.ec2.instance(NODE)?.boots).toBe(1);
	});

	it('makes another image the second time', async () => {
		const { aws, run } = world();
		const ends = [await run('create-image', { InstanceId: NODE }), await run('create-image', { InstanceId: NODE })];
		expect(ends.map(({ status }) => status)).toEqual(['Success', 'Success']);
		expect(aws.ec2.images()).toHaveLength(2);
	});

	it('fails with the image', async () => {
		const { aws, run } = world();
		const spoil = () => aws.ec2.spoil(aws.ec2.images()[0]?.id ?? '');

		const ended = await run('create-image', { InstanceId: NODE }, { atSeconds: 10, what: spoil });

		expect(ended.status).toBe('Failed');
		expect(ended.message).toContain('Expected available, found "failed"');
	});

	it('fails for an instance that is not there', async () => {
		const ended = await world().run('create-image', { InstanceId: GONE });
		expect(ended).toMatchObject({ status: 'Failed', steps: ['createImage Failed'] });
		expect(ended.message).toContain(`The instance ID '${GONE}' does not exist`);
	});
});

describe('snapshot-volumes', () => {
	const withData = (): Runbooks & { readonly id: string } => {
		const { aws, run } = world();
		return { aws, run, id: aws.ec2.launch({ machine: MACHINE, dataVolumes: 2, id: nodeId(5), state: 'running' }).id };
	};

	it('takes one of each volume, tagged with where it is from, and waits for all', async () => {
		const { aws, run, id } = withData();

		const ended = await run('snapshot-volumes', { InstanceId: id });

		const snapshots = aws.ec2.snapshots();
		expect(ended.status).toBe('Success');
		expect(snapshots.map(({ volume }) => volume)).toEqual(aws.ec2.instance(id)?.volumes);
		expect(snapshots.map(({ state, tags }) => [state, tags.get('fleetkeeper:instance')])).toEqual(Array(3).fill(['completed', id]));
		expect(ended.outputs['createSnapshots.SnapshotIds']).toEqual(snapshots.map((snapshot) => snapshot.id));
	});

	it('leaves the root volume out where that is asked for', async () => {
		const { aws, run, id } = withData();
		await run('snapshot-volumes', { InstanceId: id, ExcludeBootVolume: 'true' });
		expect(aws.ec2.snapshots().map(({ volume }) => volume)).toEqual(aws.ec2.instance(id)?.volumes.slice(1));
	});

	it('fails when one of them fails', async () => {
		const { aws, run, id } = withData();
		const spoil = () => aws.ec2.spoil(aws.ec2.snapshots()[1]?.id ?? '');

		const ended = await run('snapshot-volumes', { InstanceId: id }, { atSeconds: 10, what: spoil });

		expect(ended.status).toBe('Failed');
		expect(ended.message).toContain('Expected completed, found ["completed","error","completed"]');
	});
});

describe('isolate-node', () => {
	const isolate = { InstanceId: NODE, IsolationSecurityGroupId: ISOLATION };

	it('gives the node the isolation group alone, and keeps a record of what it had', async () => {
		const { aws, run } = world();
		const before = aws.ec2.instance(NODE)?.securityGroupIds ?? [];

		const ended = await run('isolate-node', isolate);

		expect(ended.status).toBe('Success');
		expect(aws.ec2.instance(NODE)?.securityGroupIds).toEqual([ISOLATION]);
		expect(aws.ec2.instance(NODE)?.tags.get('fleetkeeper:security-groups')).toBe(`before isolation: ["${before[0]}"]`);
		expect(ended.outputs['look.SecurityGroups']).toEqual(before);
		expect(aws.autoScaling.member(NODE)?.state).toBe('InService');
	});

	it('keeps the record of the first time when it runs again', async () => {
		const { aws, run } = world();
		await run('isolate-node', isolate);
		const record = aws.ec2.instance(NODE)?.tags.get('fleetkeeper:security-groups');

		const ended = await run('isolate-node', isolate);

		expect(ended.status).toBe('Success');
		expect(aws.ec2.instance(NODE)?.securityGroupIds).toEqual([ISOLATION]);
		expect(aws.ec2.instance(NODE)?.tags.get('fleetkeeper:security-groups')).toBe(record);
	});

	it('sets the node aside in its group first where that is asked for, and the group launches another', async () => {
		const { aws, run } = world();

		const ended = await run('isolate-node', { ...isolate, EnterStandby: 'yes' });

		expect(ended.status).toBe('Success');
		expect(ended.steps.indexOf('waitUntilStandby Success')).toBeLessThan(ended.steps.indexOf('isolate Success'));
		expect(aws.autoScaling.member(NODE)?.state).toBe('Standby');
		expect(aws.autoScaling.group('web')?.members.size).toBe(3);
		expect((await run('isolate-node', { ...isolate, EnterStandby: 'yes' })).steps).toContain('isInStandby Success');
	});

	it('fails before it cuts off a node that it cannot set aside', async () => {
		const { aws, run } = world();
		const { id } = aws.ec2.launch({ machine: MACHINE, id: nodeId(5), state: 'running' });

		const ended = await run('isolate-node', { ...isolate, InstanceId: id, EnterStandby: 'yes' });

		expect(ended.status).toBe('Failed');
		expect(aws.ec2.instance(id)?.securityGroupIds).not.toContain(ISOLATION);
	});

	it('fails where there is no such isolation group', async () => {
		const ended = await world().run('isolate-node', { ...isolate, IsolationSecurityGroupId: 'sg-0000000000000dead' });
		expect(ended.status).toBe('Failed');
		expect(ended.message).toContain("The security group 'sg-0000000000000dead' does not exist");
	});
});

describe('enforce-imdsv2', () => {
	it('makes tokens required and leaves the rest of the options', async () => {
		const { aws, run } = world({ node: { httpTokens: 'optional' } });

		const ended = await run('enforce-imdsv2', { InstanceId: NODE });

		expect(ended.status).toBe('Success');
		expect(aws.ec2.instance(NODE)?.metadataOptions).toEqual({
			httpTokens: 'required',
			httpEndpoint: 'enabled',
			hopLimit: 2,
			state: 'applied',
		});
	});

	it('changes nothing where tokens are required already', async () => {
		const ended = await world().run('enforce-imdsv2', { InstanceId: NODE });
		expect(ended).toMatchObject({ status: 'Success', steps: ['isEnforced Success', 'verify Success'] });
	});

	it('fails for an instance that is not there', async () => {
		const ended = await world().run('enforce-imdsv2', { InstanceId: GONE });
		expect(ended.status).toBe('Failed');
		expect(ended.message).toContain(`The instance ID '${GONE}' does not exist`);
	});
});

describe('block-bucket-public-access', () => {
	const ALL = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };

	it('turns on all four settings of a bucket that has none', async () => {
		const { aws, run } = world({ bucket: { blocksPublicAccess: false } });

		const ended = await run('block-bucket-public-access', { BucketName: BUCKET });

		expect(ended.status).toBe('Success');
		expect(aws.s3.bucket(BUCKET)?.publicAccessBlock).toEqual(ALL);
	});

	it('leaves a bucket as it is that blocks already', async () => {
		const { aws, run } = world();
		expect((await run('block-bucket-public-access', { BucketName: BUCKET })).status).toBe('Success');
		expect(aws.s3.bucket(BUCKET)?.publicAccessBlock).toEqual(ALL);
	});

	it('fails when somebody opens the bucket at the same time', async () => {
		const { aws, run } = world();
		const bucket = aws.s3.bucket(BUCKET);
		Object.defineProperty(bucket, 'publicAccessBlock', { get: () => ({ ...ALL, BlockPublicPolicy: false }), set: () => {} });

		const ended = await run('block-bucket-public-access', { BucketName: BUCKET });

		expect(ended).toMatchObject({ status: 'Failed', message: expect.stringContaining('Expected True, found false') });
		expect(ended.steps.at(-1)).toBe('verifyBlockPublicPolicy Failed');
	});

	it('fails where there is no such bucket', async () => {
		const ended = await world().run('block-bucket-public-access', { BucketName: 'media-archvie' });
		expect(ended).toMatchObject({ status: 'Failed', message: expect.stringContaining('The specified bucket does not exist') });
	});
});

describe('encrypt-bucket', () => {
	const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
	const withKey = { BucketName: BUCKET, Algorithm: 'aws:kms', KmsKey: KEY };

	it('encrypts with the key that is asked for', async () => {
		const { aws, run } = world();

		const ended = await run('encrypt-bucket', withKey);

		expect(ended.status).toBe('Success');
		expect(aws.s3.bucket(BUCKET)?.encryption).toEqual({ SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY, bucketKey: true });
	});

	it('changes nothing where the bucket has that key already', async () => {
		const { run } = world();
		await run('encrypt-bucket', withKey);
		const ended = await run('encrypt-bucket', withKey);
		expect(ended).toMatchObject({
			status: 'Success',
			steps: ['chooseKey Success', 'isEncryptedWithKey Success', 'verifyKey Success'],
		});
	});

	it("leaves a bucket with a key of KMS as it is where S3's own keys would do", async () => {
		const { aws, run } = world();
		await run('encrypt-bucket', withKey);

		const ended = await run('encrypt-bucket', { BucketName: BUCKET });

		expect(ended.status).toBe('Success');
		expect(aws.s3.bucket(BUCKET)?.encryption.KMSMasterKeyID).toBe(KEY);
	});

	it('fails where there is no such bucket', async () => {
		const ended = await world().run('encrypt-bucket', { BucketName: 'media-archvie' });
		expect(ended).toMatchObject({ status: 'Failed', message: expect.stringContaining('The specified bucket does not exist') });
	});
});

describe('close-security-group', () => {
	const OPEN = [
		{ port: 22, cidr: '0.0.0.0/0' },
		{ port: 22, cidr: '10.0.0.0/8' },
		{ port: 80, cidr: '0.0.0.0/0' },
		{ port: 443, cidr: '0.0.0.0/0' },
		{ port: 443, cidr: '::/0' },
		{ port: 3389, cidr: '::/0' },
	];
	const left = ({ aws }: Runbooks): string[] =>
		(aws.ec2.securityGroups().find(({ id }) => id === GROUP)?.rules ?? [])
			.filter(({ isEgress }) => !isEgress)
			.map(({ fromPort, toPort, source }) => `${fromPort}-${toPort} ${Object.values(source)[0]}`);

	it.each([
		['80,443', ['22-22 10.0.0.0/8', '80-80 0.0.0.0/0', '443-443 0.0.0.0/0', '443-443 ::/0']],
		['443', ['22-22 10.0.0.0/8', '443-443 0.0.0.0/0', '443-443 ::/0']],
		['0', ['22-22 10.0.0.0/8']],
	])('with the ports %s allowed it leaves %j', async (AllowedPorts, expected) => {
		const runbooks = world({ open: OPEN });

		const ended = await runbooks.run('close-security-group', { GroupId: GROUP, AllowedPorts });

		expect(ended.status).toBe('Success');
		expect(left(runbooks)).toEqual(expected);
	});

	it('leaves the way out open', async () => {
		const { aws, run } = world({ open: OPEN });
		await run('close-security-group', { GroupId: GROUP, AllowedPorts: '0' });
		const [out] =
			aws.ec2
				.securityGroups()
				.find(({ id }) => id === GROUP)
				?.rules.filter(({ isEgress }) => isEgress) ?? [];
		expect(out?.source).toEqual({ cidrIpv4: '0.0.0.0/0' });
	});

	it('closes ranges that only begin or end at a port that may be open, and all traffic', async () => {
		const runbooks = world();
		const everywhere = [{ CidrIp: '0.0.0.0/0' }];
		const IpPermissions = [
			{ IpProtocol: 'tcp', FromPort: 80, ToPort: 443, IpRanges: everywhere },
			{ IpProtocol: 'tcp', FromPort: 443, ToPort: 65_535, IpRanges: everywhere },
			{ IpProtocol: '-1', IpRanges: everywhere },
		];
		runbooks.aws.call('ec2', 'AuthorizeSecurityGroupIngress', { GroupId: GROUP, IpPermissions });

		expect((await runbooks.run('close-security-group', { GroupId: GROUP })).status).toBe('Success');
		expect(left(runbooks)).toEqual([]);
	});

	it('changes nothing where no port is open that may not be', async () => {
		const { run } = world({ open: [{ port: 443, cidr: '0.0.0.0/0' }] });
		const ended = await run('close-security-group', { GroupId: GROUP });
		expect(ended).toMatchObject({
			status: 'Success',
			steps: ['isThere Success', 'look Success', 'isOpen Failed', 'closed Success'],
		});
	});

	it('fails, naming the rule, when somebody opens a port again', async () => {
		const { aws, run } = world({ open: [{ port: 22, cidr: '0.0.0.0/0' }] });
		const group = aws.ec2.securityGroups().find(({ id }) => id === GROUP);
		const [rule] = group?.rules.filter(({ isEgress }) => !isEgress) ?? [];
		const rules = group?.rules;
		Object.defineProperty(group, 'rules', { get: () => rules, set: () => {} });

		const ended = await run('close-security-group', { GroupId: GROUP });

		expect(ended.status).toBe('Failed');
		expect(ended.message).toContain(`found ["${rule?.id}"]`);
	});

	it('fails where there is no such group', async () => {
		const ended = await world().run('close-security-group', { GroupId: 'sg-0000000000000dead' });
		expect(ended).toMatchObject({ status: 'Failed', steps: ['isThere Failed'] });
	});
});

describe('tag-resource', () => {
	const Tags = JSON.stringify({ team: 'web', service: 'apache' });

	it('puts tags on an instance, over those of the same key', async () => {
		const { aws, run } = world();

		const ended = await run('tag-resource', { ResourceArn: `arn:aws:ec2:eu-west-1:111122223333:instance/${NODE}`, Tags });

		expect(ended.status).toBe('Success');
		expect(Object.fromEntries(aws.ec2.instance(NODE)?.tags ?? [])).toMatchObject({ team: 'web', service: 'apache' });
	});

	it('puts tags on a volume and on a security group', async () => {
		const { aws, run } = world();
		const [volume = ''] = aws.ec2.instance(NODE)?.volumes.map(({ id }) => id) ?? [];
		const arns = [`volume/${volume}`, `security-group/${GROUP}`].map((resource) => `arn:aws:ec2:eu-west-1:111122223333:${resource}`);

		for (const ResourceArn of arns) expect((await run('tag-resource', { ResourceArn, Tags })).status).toBe('Success');

		const { ResourceTagMappingList: found } = aws.call('resourcegroupstaggingapi', 'GetResources', { ResourceARNList: arns });
		expect(found.map(({ Tags: tags }: { Tags: unknown[] }) => tags)).toEqual(
			arns.map(() => expect.arrayContaining([{ Key: 'team', Value: 'web' }])),
		);
	});

	it('puts tags on a bucket, as often as it likes', async () => {
		const { aws, run } = world();
		const ResourceArn = `arn:aws:s3:::${BUCKET}`;
		const ends = [await run('tag-resource', { ResourceArn, Tags }), await run('tag-resource', { ResourceArn, Tags })];
		expect(ends.map(({ status }) => status)).toEqual(['Success', 'Success']);
		expect(aws.s3.bucket(BUCKET)?.tags.get('team')).toBe('web');
	});

	it('fails where the tags are refused, though the call succeeds', async () => {
		const ended = await world().run('tag-resource', { ResourceArn: 'arn:aws:s3:::media-archvie', Tags });
		expect(ended).toMatchObject({ status: 'Failed', steps: ['tag Success', 'chooseEnd Success', 'failAsRefused Failed'] });
	});
});
