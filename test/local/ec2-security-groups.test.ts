import { describe, expect, it } from 'vitest';
import { errorOf, nodeId, type SmallAws, smallAws, webFleet } from './support/small-aws.ts';

const WORLD = [{ CidrIp: '0.0.0.0/0', Description: 'everybody' }];
const SSH = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };

function withGroup(): { readonly aws: SmallAws; readonly GroupId: string } {
	const aws = smallAws(webFleet(1));
	const { GroupId } = aws.call('ec2', 'CreateSecurityGroup', { GroupName: 'web', Description: 'web servers' });
	return { aws, GroupId };
}
const rulesOf = (aws: SmallAws, GroupId: string) =>
	aws.call('ec2', 'DescribeSecurityGroupRules', { Filters: [{ Name: 'group-id', Values: [GroupId] }] }).SecurityGroupRules;

describe('a new group', () => {
	it('lets everything out and nothing in', () => {
		const { aws, GroupId } = withGroup();
		expect(rulesOf(aws, GroupId)).toEqual([
			expect.objectContaining({ GroupId, IsEgress: true, IpProtocol: '-1', FromPort: -1, ToPort: -1, CidrIpv4: '0.0.0.0/0' }),
		]);
		const [group] = aws.call('ec2', 'DescribeSecurityGroups', { GroupIds: [GroupId] }).SecurityGroups;
		expect(group).toMatchObject({ GroupName: 'web', IpPermissions: [], IpPermissionsEgress: [{ IpProtocol: '-1' }] });
	});

	it('needs a name of its own', () => {
		const { aws } = withGroup();
		const twin = () => aws.call('ec2', 'CreateSecurityGroup', { GroupName: 'web', Description: 'again' });
		expect(errorOf(twin).code).toBe('InvalidGroup.Duplicate');
	});
});

describe('rules', () => {
	it('are one for each source, with an id of its own', () => {
		const { aws, GroupId } = withGroup();
		const { SecurityGroupRules: rules } = aws.call('ec2', 'AuthorizeSecurityGroupIngress', {
			GroupId,
			IpPermissions: [{ ...SSH, IpRanges: WORLD, Ipv6Ranges: [{ CidrIpv6: '::/0' }], UserIdGroupPairs: [{ GroupId }] }],
		});
		expect(rules).toEqual([
			expect.objectContaining({ IsEgress: false, FromPort: 22, CidrIpv4: '0.0.0.0/0', Description: 'everybody' }),
			expect.objectContaining({ CidrIpv6: '::/0' }),
			expect.objectContaining({ ReferencedGroupInfo: { GroupId } }),
		]);
		expect(new Set(rules.map((rule: { SecurityGroupRuleId: string }) => rule.SecurityGroupRuleId)).size).toBe(3);
	});

	it('are added once', () => {
		const { aws, GroupId } = withGroup();
		const add = () => aws.call('ec2', 'AuthorizeSecurityGroupIngress', { GroupId, IpPermissions: [{ ...SSH, IpRanges: WORLD }] });
		add();
		expect(errorOf(add).code).toBe('InvalidPermission.Duplicate');
		expect(rulesOf(aws, GroupId)).toHaveLength(2);
	});

	it('are removed by id, or by what they open', () => {
		const { aws, GroupId } = withGroup();
		const IpPermissions = [{ ...SSH, IpRanges: [...WORLD, { CidrIp: '10.0.0.0/8' }] }];
		const [first] = aws.call('ec2', 'AuthorizeSecurityGroupIngress', { GroupId, IpPermissions }).SecurityGroupRules;

		aws.call('ec2', 'RevokeSecurityGroupIngress', { GroupId, SecurityGroupRuleIds: [first.SecurityGroupRuleId] });
		expect(rulesOf(aws, GroupId).map((rule: { CidrIpv4: string }) => rule.CidrIpv4)).toEqual(['0.0.0.0/0', '10.0.0.0/8']);
		aws.call('ec2', 'RevokeSecurityGroupIngress', { GroupId, ...SSH, CidrIp: '10.0.0.0/8' });
		expect(rulesOf(aws, GroupId).filter((rule: { IsEgress: boolean }) => !rule.IsEgress)).toEqual([]);
	});

	it('that are not there cannot be removed, nor those for the way out as ingress', () => {
		const { aws, GroupId } = withGroup();
		const [out] = rulesOf(aws, GroupId);
		const revoke = (input: object) => errorOf(() => aws.call('ec2', 'RevokeSecurityGroupIngress', { GroupId, ...input })).code;
		expect(revoke({ ...SSH, CidrIp: '0.0.0.0/0' })).toBe('InvalidPermission.NotFound');
		expect(revoke({ SecurityGroupRuleIds: ['sgr-0123456789abcdef0'] })).toBe('InvalidSecurityGroupRuleId.NotFound');
		expect(revoke({ SecurityGroupRuleIds: [out.SecurityGroupRuleId] })).toBe('InvalidSecurityGroupRuleId.NotFound');
		expect(revoke({ SecurityGroupRuleIds: [] })).toBe('MissingParameter');
	});
});

describe('the groups of an instance', () => {
	const groupsOf = (aws: SmallAws) => aws.call('ec2', 'DescribeInstanceAttribute', { InstanceId: nodeId(1), Attribute: 'groupSet' }).Groups;

	it('are replaced as a whole', () => {
		const { aws, GroupId } = withGroup();
		expect(groupsOf(aws)).toEqual([expect.objectContaining({ GroupName: 'default' })]);

		aws.call('ec2', 'ModifyInstanceAttribute', { InstanceId: nodeId(1), Groups: [GroupId] });

		expect(groupsOf(aws)).toEqual([{ GroupId, GroupName: 'web' }]);
		const filter = { Filters: [{ Name: 'instance.group-id', Values: [GroupId] }] };
		expect(aws.call('ec2', 'DescribeInstances', filter).Reservations[0].Instances[0].SecurityGroups).toEqual([{ GroupId }]);
	});

	it('have to exist, and be at least one', () => {
		const { aws } = withGroup();
		const modify = (Groups: string[]) => errorOf(() => aws.call('ec2', 'ModifyInstanceAttribute', { InstanceId: nodeId(1), Groups })).code;
		expect(modify(['sg-0000000000000dead'])).toBe('InvalidGroup.NotFound');
		expect(modify(['web'])).toBe('InvalidGroupId.Malformed');
		expect(modify([])).toBe('InvalidParameterCombination');
	});

	it('are all that can be modified here', () => {
		const { aws } = withGroup();
		const modify = () => aws.call('ec2', 'ModifyInstanceAttribute', { InstanceId: nodeId(1), EbsOptimized: { Value: true } });
		expect(errorOf(modify)).toMatchObject({ code: 'UnknownOperationException', message: expect.stringContaining('EbsOptimized') });
	});
});

it('metadata options are applied some time after the call, and keep what it does not name', async () => {
	const aws = smallAws(webFleet(1, { 0: { httpTokens: 'optional' } }));
	const options = () => aws.call('ec2', 'DescribeInstances').Reservations[0].Instances[0].MetadataOptions;

	aws.call('ec2', 'ModifyInstanceMetadataOptions', { InstanceId: nodeId(1), HttpTokens: 'required' });
	expect(options()).toMatchObject({ HttpTokens: 'required', HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 2, State: 'pending' });
	await aws.advance(10);
	expect(options().State).toBe('applied');
});
