import {
	AuthorizeSecurityGroupIngressCommand,
	CreateImageCommand,
	CreateSecurityGroupCommand,
	CreateSnapshotsCommand,
	DescribeImagesCommand,
	DescribeInstancesCommand,
	DescribeSecurityGroupRulesCommand,
	EC2Client,
	ModifyInstanceAttributeCommand,
	ModifyInstanceMetadataOptionsCommand,
} from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { inProcess } from '../../local/aws/http.ts';
import { RequestLog } from '../../local/aws/request-log.ts';
import { createWire } from '../../local/aws/wire.ts';
import { LOCAL_CREDENTIALS } from '../../local/environment.ts';
import { nodeId, smallAws, webFleet } from './support/small-aws.ts';

it('security groups, images, snapshots and attributes of instances travel over the wire', async () => {
	const aws = smallAws(webFleet(1, { 0: { httpTokens: 'optional' } }));
	const onDefect = (error: unknown) => expect.fail(String(error));
	const wire = createWire({ context: aws.ctx, log: new RequestLog(), services: aws.definitions, onDefect });
	const client = new EC2Client({ region: 'eu-west-1', maxAttempts: 1, credentials: LOCAL_CREDENTIALS, requestHandler: inProcess(wire) });
	const InstanceId = nodeId(1);

	const { GroupId = '' } = await client.send(new CreateSecurityGroupCommand({ GroupName: 'web', Description: 'web servers' }));
	const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, Ipv6Ranges: [{ CidrIpv6: '::/0' }] }];
	await client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
	const { SecurityGroupRules } = await client.send(
		new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [GroupId] }] }),
	);
	await client.send(new ModifyInstanceAttributeCommand({ InstanceId, Groups: [GroupId] }));
	await client.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, HttpTokens: 'required' }));
	const { Snapshots } = await client.send(new CreateSnapshotsCommand({ InstanceSpecification: { InstanceId } }));
	const { ImageId = '' } = await client.send(new CreateImageCommand({ InstanceId, Name: 'golden', NoReboot: true }));
	const { Images } = await client.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
	const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }));

	expect(SecurityGroupRules?.[1]).toMatchObject({ GroupId, IsEgress: false, FromPort: 443, CidrIpv6: '::/0' });
	expect(Snapshots?.[0]?.State).toBe('pending');
	expect(Images?.[0]).toMatchObject({ Name: 'golden', State: 'pending' });
	expect(Reservations?.[0]?.Instances?.[0]).toMatchObject({
		SecurityGroups: [{ GroupId }],
		MetadataOptions: { HttpTokens: 'required', State: 'pending' },
		BlockDeviceMappings: [{ Ebs: { VolumeId: Snapshots?.[0]?.VolumeId } }],
	});
});
