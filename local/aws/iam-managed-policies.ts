/** Managed policies of AWS's own that the local AWS knows (AWS managed policy reference). */

import type { PolicyDocument } from './iam/policy.ts';

export const AWS_MANAGED_POLICIES: readonly { readonly name: string; readonly document: PolicyDocument }[] = [
	{
		name: 'AmazonSSMManagedInstanceCore',
		document: {
			Version: '2012-10-17',
			Statement: [
				{
					Effect: 'Allow',
					Action: [
						'ssm:DescribeAssociation',
						'ssm:GetDeployablePatchSnapshotForInstance',
						'ssm:GetDocument',
						'ssm:DescribeDocument',
						'ssm:GetManifest',
						'ssm:GetParameter',
						'ssm:GetParameters',
						'ssm:ListAssociations',
						'ssm:ListInstanceAssociations',
						'ssm:PutInventory',
						'ssm:PutComplianceItems',
						'ssm:PutConfigurePackageResult',
						'ssm:UpdateAssociationStatus',
						'ssm:UpdateInstanceAssociationStatus',
						'ssm:UpdateInstanceInformation',
					],
					Resource: '*',
				},
				{
					Effect: 'Allow',
					Action: [
						'ssmmessages:CreateControlChannel',
						'ssmmessages:CreateDataChannel',
						'ssmmessages:OpenControlChannel',
						'ssmmessages:OpenDataChannel',
					],
					Resource: '*',
				},
				{
					Effect: 'Allow',
					Action: [
						'ec2messages:AcknowledgeMessage',
						'ec2messages:DeleteMessage',
						'ec2messages:FailMessage',
						'ec2messages:GetEndpoint',
						'ec2messages:GetMessages',
						'ec2messages:SendReply',
					],
					Resource: '*',
				},
			],
		},
	},
];
