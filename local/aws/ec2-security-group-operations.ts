/** The operations on security groups. */

import type {
	AuthorizeSecurityGroupIngressCommandInput,
	AuthorizeSecurityGroupIngressCommandOutput,
	CreateSecurityGroupCommandInput,
	CreateSecurityGroupCommandOutput,
	DescribeSecurityGroupRulesCommandInput,
	DescribeSecurityGroupRulesCommandOutput,
	DescribeSecurityGroupsCommandInput,
	DescribeSecurityGroupsCommandOutput,
	IpPermission,
	RevokeSecurityGroupIngressCommandInput,
	RevokeSecurityGroupIngressCommandOutput,
	SecurityGroup as WireGroup,
	SecurityGroupRule as WireRule,
} from '@aws-sdk/client-ec2';
import { passesAll } from './ec2-filters.ts';
import { isSame, type NewRule, type SecurityGroup, type SecurityGroupRule, type SecurityGroups, VPC_ID } from './ec2-security-groups.ts';
import { tagsFor, wireTags } from './ec2-tags.ts';
import { nextToken, page } from './paging.ts';
import { type AwsContext, AwsError, type Output } from './types.ts';

/** DescribeSecurityGroups and DescribeSecurityGroupRules give up to 1,000 results a call. */
const PAGE = 1_000;

export function securityGroupOperations(ctx: AwsContext, groups: SecurityGroups) {
	return {
		CreateSecurityGroup(input: CreateSecurityGroupCommandInput): Output<CreateSecurityGroupCommandOutput> {
			const { GroupName: name = '', Description: description = '' } = input;
			if (groups.all().some((group) => group.name === name)) {
				throw new AwsError('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${VPC_ID}'`);
			}
			const group = groups.create({ name, description, tags: tagsFor('security-group', input.TagSpecifications) });
			return { GroupId: group.id, Tags: wireTags(group.tags) };
		},

		DescribeSecurityGroups(input: DescribeSecurityGroupsCommandInput): Output<DescribeSecurityGroupsCommandOutput> {
			const chosen = input.GroupIds && input.GroupIds.length > 0 ? input.GroupIds.map((id) => groups.get(id)) : groups.all();
			const matching = chosen.filter((group) =>
				passesAll(input.Filters, { 'group-id': group.id, 'group-name': group.name, 'vpc-id': VPC_ID }, group.tags),
			);
			const found = page(matching, input.NextToken, input.MaxResults ?? PAGE);
			return { SecurityGroups: found.items.map((group) => wireGroup(ctx, group)), ...nextToken(found) };
		},

		DescribeSecurityGroupRules(input: DescribeSecurityGroupRulesCommandInput): Output<DescribeSecurityGroupRulesCommandOutput> {
			const all = groups.all().flatMap((group) => group.rules.map((rule) => ({ group, rule })));
			const ids = input.SecurityGroupRuleIds ?? [];
			const unknown = ids.find((id) => !all.some(({ rule }) => rule.id === id));
			if (unknown !== undefined) throw noSuchRule(unknown);
			const matching = all
				.filter(({ rule }) => ids.length === 0 || ids.includes(rule.id))
				.filter(({ group, rule }) => passesAll(input.Filters, { 'group-id': group.id, 'security-group-rule-id': rule.id }, new Map()));
			const found = page(matching, input.NextToken, input.MaxResults ?? PAGE);
			return { SecurityGroupRules: found.items.map(({ group, rule }) => wireRule(ctx, group, rule)), ...nextToken(found) };
		},

		AuthorizeSecurityGroupIngress(input: AuthorizeSecurityGroupIngressCommandInput): Output<AuthorizeSecurityGroupIngressCommandOutput> {
			const group = groups.get(input.GroupId);
			const added = groups.add(group, ingress(input));
			return { Return: true, SecurityGroupRules: added.map((rule) => wireRule(ctx, group, rule)) };
		},

		RevokeSecurityGroupIngress(input: RevokeSecurityGroupIngressCommandInput): Output<RevokeSecurityGroupIngressCommandOutput> {
			const group = groups.get(input.GroupId);
			const revoked = input.SecurityGroupRuleIds ? byIds(group, input.SecurityGroupRuleIds) : byPermissions(group, ingress(input));
			groups.remove(group, revoked);
			return {
				Return: true,
				RevokedSecurityGroupRules: revoked.map((rule) => ({ SecurityGroupRuleId: rule.id, GroupId: group.id, IsEgress: false })),
			};
		},
	};
}

function byIds(group: SecurityGroup, ids: readonly string[]): SecurityGroupRule[] {
	if (ids.length === 0) throw new AwsError('MissingParameter', 'The request must contain the parameter securityGroupRuleIds');
	return ids.map((id) => {
		const rule = group.rules.find((each) => each.id === id && !each.isEgress);
		if (!rule) throw noSuchRule(id);
		return rule;
	});
}

function byPermissions(group: SecurityGroup, rules: readonly NewRule[]): SecurityGroupRule[] {
	return rules.map((wanted) => {
		const rule = group.rules.find((each) => isSame(each, wanted));
		if (!rule) throw new AwsError('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.');
		return rule;
	});
}

/** The rules that a call speaks of: one for each source of each permission. */
function ingress(
	input: Pick<AuthorizeSecurityGroupIngressCommandInput, 'CidrIp' | 'FromPort' | 'IpPermissions' | 'IpProtocol' | 'ToPort'>,
) {
	const { CidrIp, IpProtocol, FromPort, ToPort } = input;
	const single: IpPermission[] = CidrIp === undefined ? [] : [{ IpProtocol, FromPort, ToPort, IpRanges: [{ CidrIp }] }];
	const rules = [...(input.IpPermissions ?? []), ...single].flatMap(rulesOf);
	if (rules.length === 0) throw new AwsError('MissingParameter', 'Either IpPermissions or CidrIp must be specified');
	return rules;
}

/** One rule for each source. */
export function rulesOf(permission: IpPermission): NewRule[] {
	const ports = {
		isEgress: false,
		protocol: permission.IpProtocol ?? '-1',
		fromPort: permission.FromPort ?? -1,
		toPort: permission.ToPort ?? -1,
	};
	const described = (source: SecurityGroupRule['source'], description?: string): NewRule => ({
		...ports,
		source,
		...(description === undefined ? {} : { description }),
	});
	return [
		...(permission.IpRanges ?? []).map((range) => described({ cidrIpv4: range.CidrIp ?? '' }, range.Description)),
		...(permission.Ipv6Ranges ?? []).map((range) => described({ cidrIpv6: range.CidrIpv6 ?? '' }, range.Description)),
		...(permission.UserIdGroupPairs ?? []).map((pair) => described({ groupId: pair.GroupId ?? '' }, pair.Description)),
	];
}

function noSuchRule(id: string): AwsError {
	return new AwsError('InvalidSecurityGroupRuleId.NotFound', `The security group rule ID '${id}' does not exist`);
}

function wireGroup({ account }: AwsContext, group: SecurityGroup): WireGroup {
	return {
		GroupId: group.id,
		GroupName: group.name,
		Description: group.description,
		OwnerId: account,
		VpcId: VPC_ID,
		IpPermissions: group.rules.filter((rule) => !rule.isEgress).map(wirePermission),
		IpPermissionsEgress: group.rules.filter((rule) => rule.isEgress).map(wirePermission),
		Tags: wireTags(group.tags),
	};
}

/** EC2 puts the sources of the same ports together; each rule stands for itself here, which means the same. */
function wirePermission({ protocol, fromPort, toPort, source }: SecurityGroupRule): IpPermission {
	return {
		IpProtocol: protocol,
		...(protocol === '-1' ? {} : { FromPort: fromPort, ToPort: toPort }),
		IpRanges: 'cidrIpv4' in source ? [{ CidrIp: source.cidrIpv4 }] : [],
		Ipv6Ranges: 'cidrIpv6' in source ? [{ CidrIpv6: source.cidrIpv6 }] : [],
		UserIdGroupPairs: 'groupId' in source ? [{ GroupId: source.groupId }] : [],
	};
}

function wireRule({ account }: AwsContext, group: SecurityGroup, rule: SecurityGroupRule): WireRule {
	const { source } = rule;
	return {
		SecurityGroupRuleId: rule.id,
		GroupId: group.id,
		GroupOwnerId: account,
		IsEgress: rule.isEgress,
		IpProtocol: rule.protocol,
		FromPort: rule.fromPort,
		ToPort: rule.toPort,
		...('cidrIpv4' in source ? { CidrIpv4: source.cidrIpv4 } : {}),
		...('cidrIpv6' in source ? { CidrIpv6: source.cidrIpv6 } : {}),
		...('groupId' in source ? { ReferencedGroupInfo: { GroupId: source.groupId } } : {}),
		...(rule.description === undefined ? {} : { Description: rule.description }),
		Tags: [],
	};
}
