import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../local/fleet.ts';
import { errorOf, nodeId, smallAws } from './support/small-aws.ts';

const CORE = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore';

/** Nodes with a profile that lets the agent speak, with one that does not, and with none. */
const FLEET = `
defaultHostManagement: false
profiles:
  - { name: node, policies: [AmazonSSMManagedInstanceCore] }
  - { name: bare, policies: [] }
groups:
  - { name: good, min: 0, max: 3, profile: node, nodes: [{ id: ${nodeId(1)} }] }
  - { name: weak, min: 0, max: 3, profile: bare, nodes: [{ id: ${nodeId(2)} }] }
  - { name: none, min: 0, max: 3, nodes: [{ id: ${nodeId(3)} }] }
`;

type Aws = ReturnType<typeof smallAws>;

const fleet = (text = FLEET) => smallAws(parseFleet(text));

/** How managed nodes answer, by the last digit of their ids. */
function answering(aws: Aws): Record<string, string> {
	const { InstanceInformationList } = aws.call('ssm', 'DescribeInstanceInformation');
	return Object.fromEntries(
		InstanceInformationList.map(({ InstanceId, PingStatus }: Record<string, string>) => [InstanceId?.slice(-1), PingStatus]),
	);
}

const registrations = (aws: Aws) => aws.events.filter(({ detailType }) => detailType === 'SSM Managed Instance Registration').length;

describe('an agent', () => {
	it('registers only with a profile that lets it, and soon after it is given one', async () => {
		const aws = fleet();
		const before = answering(aws);
		const IamInstanceProfile = { Name: 'node' };
		const { IamInstanceProfileAssociation } = aws.call('ec2', 'AssociateIamInstanceProfile', { InstanceId: nodeId(3), IamInstanceProfile });
		await aws.advance(400);
		const after = answering(aws);
		const [{ AssociationId }] = aws.call('ec2', 'DescribeIamInstanceProfileAssociations', {
			Filters: [{ Name: 'instance-id', Values: [nodeId(2)] }],
		}).IamInstanceProfileAssociations;
		aws.call('ec2', 'ReplaceIamInstanceProfileAssociation', { AssociationId, IamInstanceProfile });
		await aws.advance(400);

		expect(IamInstanceProfileAssociation).toMatchObject({ State: 'associating', InstanceId: nodeId(3) });
		expect([before, after, answering(aws)]).toEqual([
			{ 1: 'Online' },
			{ 1: 'Online', 3: 'Online' },
			{ 1: 'Online', 2: 'Online', 3: 'Online' },
		]);
		expect(registrations(aws)).toBe(2);
	});

	it('falls silent when its role loses the permission, and is back when it has it again', async () => {
		const aws = fleet();
		aws.call('iam', 'DetachRolePolicy', { RoleName: 'node', PolicyArn: CORE });
		await aws.advance(600);
		const without = answering(aws);
		aws.call('iam', 'AttachRolePolicy', { RoleName: 'node', PolicyArn: CORE });
		await aws.advance(400);

		expect([without, answering(aws)]).toEqual([{ 1: 'ConnectionLost' }, { 1: 'Online' }]);
		expect(registrations(aws)).toBe(0);
	});

	it('needs no profile where instances are managed by default', async () => {
		const aws = fleet();
		const setting = { SettingId: '/ssm/managed-instance/default-ec2-instance-management-role' };
		const value = () => aws.call('ssm', 'GetServiceSetting', setting).ServiceSetting.SettingValue;
		const before = value();
		aws.call('ssm', 'UpdateServiceSetting', { ...setting, SettingValue: 'service-role/hosts' });
		await aws.advance(400);

		expect([before, value()]).toEqual(['$None', 'service-role/hosts']);
		expect(Object.keys(answering(aws))).toEqual(['1', '2', '3']);
		expect(aws.call('ssm', 'ResetServiceSetting', setting).ServiceSetting).toMatchObject({ SettingValue: '$None', Status: 'Default' });
		expect(errorOf(() => aws.call('ssm', 'GetServiceSetting', { SettingId: '/ssm/other' })).code).toBe('ServiceSettingNotFound');
	});

	it('reaches Systems Manager by the internet or by its endpoints, both of them', () => {
		const behind = (endpoints: string) => fleet(`network: { internet: false, endpoints: [${endpoints}] }\n${FLEET}`);
		const aws = behind('ssm');

		expect(answering(aws)).toEqual({});
		expect(answering(behind('ssm, ssmmessages'))).toEqual({ 1: 'Online' });
		expect(
			aws.call('ec2', 'DescribeVpcEndpoints', { Filters: [{ Name: 'vpc-endpoint-type', Values: ['Interface'] }] }).VpcEndpoints,
		).toMatchObject([{ ServiceName: 'com.amazonaws.eu-west-1.ssm', State: 'available', PrivateDnsEnabled: true }]);
		const [table] = aws.call('ec2', 'DescribeRouteTables').RouteTables;
		expect(table.Routes.map(({ GatewayId }: { GatewayId: string }) => GatewayId)).toEqual(['local']);
	});

	it('falls silent when its way to Systems Manager is taken away, and is back when there is one', async () => {
		const aws = fleet();
		aws.ec2.network.set({ internet: false });
		await aws.advance(600);
		const without = aws.ssm.pingStatus(nodeId(1));
		aws.ec2.network.set({ internet: false, endpoints: ['ssm', 'ssmmessages'] });
		await aws.advance(400);

		expect([without, aws.ssm.pingStatus(nodeId(1)), aws.ssm.pingStatus(nodeId(3))]).toEqual(['ConnectionLost', 'Online', undefined]);
	});
});

describe('the profile of an instance', () => {
	it('is one that is there, once, and shows where the instance is described', () => {
		const aws = fleet();
		const associate = (InstanceId: string, Name: string) => () =>
			aws.call('ec2', 'AssociateIamInstanceProfile', { InstanceId, IamInstanceProfile: { Name } });
		const profileOf = (id: string) =>
			aws.call('ec2', 'DescribeInstances', { InstanceIds: [id] }).Reservations[0].Instances[0].IamInstanceProfile;

		expect(errorOf(associate(nodeId(1), 'node')).code).toBe('IncorrectState');
		expect(errorOf(associate(nodeId(3), 'gone')).code).toBe('InvalidParameterValue');
		expect(errorOf(associate(nodeId(9), 'node')).code).toBe('InvalidInstanceID.NotFound');
		expect([profileOf(nodeId(1)), profileOf(nodeId(3))]).toMatchObject([
			{ Arn: 'arn:aws:iam::111122223333:instance-profile/node' },
			undefined,
		]);
		const [{ AssociationId }] = aws.call('ec2', 'DescribeIamInstanceProfileAssociations').IamInstanceProfileAssociations;
		aws.call('ec2', 'DisassociateIamInstanceProfile', { AssociationId });
		expect(profileOf(nodeId(1))).toBeUndefined();
		expect(errorOf(() => aws.call('ec2', 'DisassociateIamInstanceProfile', { AssociationId })).code).toBe('InvalidAssociationID.NotFound');
	});
});
