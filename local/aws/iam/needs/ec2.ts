/** EC2. What an operation makes has no id when IAM is asked: its ARN ends in `/*`. */

import type {
	AssociateIamInstanceProfileCommandInput,
	CreateImageCommandInput,
	CreateSnapshotsCommandInput,
	CreateTagsCommandInput,
	IamInstanceProfileSpecification,
	ModifyInstanceAttributeCommandInput,
	ReplaceIamInstanceProfileAssociationCommandInput,
	TagSpecification,
} from '@aws-sdk/client-ec2';
import { type Need, type Needs, onAnything, type Site, tagContext } from '../need.ts';

const KINDS: Readonly<Record<string, string>> = { i: 'instance', sg: 'security-group', vol: 'volume', snap: 'snapshot', ami: 'image' };

/** The ARNs of images and snapshots have no account. */
function ec2Arn(kind: string, id: string, { account, region }: Site): string {
	const owner = kind === 'image' || kind === 'snapshot' ? '' : account;
	return `arn:aws:ec2:${region}:${owner}:${kind}/${id}`;
}

/** @throws Error for an id of a kind that is not known here. */
function arnOf(id: string, site: Site): string {
	const kind = KINDS[id.split('-')[0] ?? ''];
	if (kind === undefined) throw new Error(`The local AWS does not know what kind of EC2 resource ${id} is.`);
	return ec2Arn(kind, id, site);
}

/** Tags at creation need CreateTags too, for which the condition key `ec2:CreateAction` names the operation that creates. */
function tagging(specifications: readonly TagSpecification[] | undefined, operation: string, site: Site): Need[] {
	return (specifications ?? []).map(({ ResourceType: kind = 'image', Tags: tags = [] }) => ({
		action: 'ec2:CreateTags',
		resources: [ec2Arn(kind, '*', site)],
		context: () => ({ ...tagContext(tags), 'ec2:CreateAction': operation }),
	}));
}

const one =
	(action: string, member: string) =>
	(input: Readonly<Record<string, string>>, site: Site): Need[] => [
		{ action: `ec2:${action}`, resources: [arnOf(input[member] ?? '', site)] },
	];

const instances =
	(action: string) =>
	({ InstanceIds: ids = [] }: { InstanceIds?: readonly string[] }, site: Site): Need[] => [
		{ action: `ec2:${action}`, resources: ids.map((id) => arnOf(id, site)) },
	];

/** Who gives an instance a profile passes its role; which instance an association is on, the call does not say. */
function associateProfile(operation: string, instance: string, profile: IamInstanceProfileSpecification = {}, site: Site): Need[] {
	const name = profile.Name ?? profile.Arn?.split('/').at(-1) ?? '';
	const role = `arn:aws:iam::${site.account}:role/${site.facts.profileRole?.(name) ?? name}`;
	const context = () => ({ 'iam:PassedToService': 'ec2.amazonaws.com' });
	return [
		{ action: `ec2:${operation}`, resources: [ec2Arn('instance', instance, site)] },
		{ action: 'iam:PassRole', resources: [role], context },
	];
}

export const EC2_NEEDS: Needs = {
	...onAnything('ec2', ['DescribeIamInstanceProfileAssociations', 'DescribeRouteTables', 'DescribeVpcEndpoints']),
	AssociateIamInstanceProfile: ({ InstanceId: id = '', IamInstanceProfile: profile }: AssociateIamInstanceProfileCommandInput, site) =>
		associateProfile('AssociateIamInstanceProfile', id, profile, site),
	ReplaceIamInstanceProfileAssociation: ({ IamInstanceProfile: profile }: ReplaceIamInstanceProfileAssociationCommandInput, site) =>
		associateProfile('ReplaceIamInstanceProfileAssociation', '*', profile, site),
	DisassociateIamInstanceProfile: (_, site) => [
		{ action: 'ec2:DisassociateIamInstanceProfile', resources: [ec2Arn('instance', '*', site)] },
	],
	...onAnything('ec2', ['DescribeImages', 'DescribeInstanceStatus', 'DescribeInstances', 'DescribeSecurityGroupRules']),
	...onAnything('ec2', ['DescribeSecurityGroups', 'DescribeSnapshots', 'DescribeTags', 'DescribeVolumes']),
	RebootInstances: instances('RebootInstances'),
	StartInstances: instances('StartInstances'),
	StopInstances: instances('StopInstances'),
	TerminateInstances: instances('TerminateInstances'),
	ModifyInstanceMetadataOptions: one('ModifyInstanceMetadataOptions', 'InstanceId'),
	RevokeSecurityGroupIngress: one('RevokeSecurityGroupIngress', 'GroupId'),
	ModifyInstanceAttribute: ({ InstanceId: id = '', Groups: groups = [] }: ModifyInstanceAttributeCommandInput, site) => [
		{ action: 'ec2:ModifyInstanceAttribute', resources: [id, ...groups].map((each) => arnOf(each, site)) },
	],
	CreateImage: ({ InstanceId: id = '', TagSpecifications: tags }: CreateImageCommandInput, site) => [
		{ action: 'ec2:CreateImage', resources: [arnOf(id, site), ec2Arn('image', '*', site), ec2Arn('snapshot', '*', site)] },
		...tagging(tags, 'CreateImage', site),
	],
	CreateSnapshots: ({ InstanceSpecification: of, TagSpecifications: tags }: CreateSnapshotsCommandInput, site) => [
		{
			action: 'ec2:CreateSnapshots',
			resources: [arnOf(of?.InstanceId ?? '', site), ec2Arn('volume', '*', site), ec2Arn('snapshot', '*', site)],
		},
		...tagging(tags, 'CreateSnapshots', site),
	],
	CreateTags: ({ Resources: ids = [], Tags: tags = [] }: CreateTagsCommandInput, site) => [
		{ action: 'ec2:CreateTags', resources: ids.map((id) => arnOf(id, site)), context: () => tagContext(tags) },
	],
};
