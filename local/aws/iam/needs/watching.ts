/** CloudWatch, Config, CloudTrail, CloudFormation, and tags of whatever service. */

import type { DescribeStackResourcesCommandInput } from '@aws-sdk/client-cloudformation';
import type { DescribeAlarmsCommandInput } from '@aws-sdk/client-cloudwatch';
import type { TagResourcesCommandInput } from '@aws-sdk/client-resource-groups-tagging-api';
import { ANYTHING, type Need, type Needs, onAnything, type Site, tagContext } from '../need.ts';

export const CLOUDWATCH_NEEDS: Needs = {
	DescribeAlarms: ({ AlarmNames: names = [] }: DescribeAlarmsCommandInput, { arn }) => [
		{
			action: 'cloudwatch:DescribeAlarms',
			resources: names.length > 0 ? names.map((name) => arn('cloudwatch', `alarm:${name}`)) : [arn('cloudwatch', 'alarm:*')],
		},
	],
	ListAlarmMuteRules: (_, { arn }) => [{ action: 'cloudwatch:ListAlarmMuteRules', resources: [arn('cloudwatch', 'alarm-mute-rule:*')] }],
};

/** A rule's ARN has an id that its name does not tell: it stands for that of any rule. */
const ANY_RULE = 'config-rule/config-rule-*';

const onRules =
	(action: string) =>
	(_: unknown, { arn }: Site): Need[] => [{ action: `config:${action}`, resources: [arn('config', ANY_RULE)] }];

export const CONFIG_NEEDS: Needs = {
	...onAnything('config', ['DescribeComplianceByConfigRule', 'DescribeConfigRules', 'GetComplianceDetailsByResource']),
	...onAnything('config', ['GetResourceConfigHistory', 'ListDiscoveredResources']),
	GetComplianceDetailsByConfigRule: onRules('GetComplianceDetailsByConfigRule'),
	StartConfigRulesEvaluation: onRules('StartConfigRulesEvaluation'),
};

export const CLOUDTRAIL_NEEDS: Needs = onAnything('cloudtrail', ['LookupEvents']);

export const CLOUDFORMATION_NEEDS: Needs = {
	// A stack is asked for by its name, or by a resource of it, whose stack nobody knows yet.
	DescribeStackResources: ({ StackName: name = '*' }: DescribeStackResourcesCommandInput, { arn }) => [
		{
			action: 'cloudformation:DescribeStackResources',
			resources: [name.startsWith('arn:') ? name : arn('cloudformation', `stack/${name}/*`)],
		},
	],
};

/** What a resource's own service asks of whoever tags it by the tagging API (its API reference, TagResources). */
const TO_TAG: Readonly<Record<string, readonly string[]>> = {
	ec2: ['ec2:CreateTags'],
	s3: ['s3:GetBucketTagging', 's3:PutBucketTagging'],
};

/** @throws Error for a resource of a service that is not known here. */
function tagResources({ ResourceARNList: arns = [], Tags: tags = {} }: TagResourcesCommandInput): Need[] {
	const context = () => tagContext(Object.entries(tags).map(([Key, Value]) => ({ Key, Value })));
	const ofServices = arns.flatMap((arn) => {
		const service = arn.split(':')[2] ?? '';
		const actions = TO_TAG[service];
		if (actions === undefined) throw new Error(`The local AWS does not know what tagging a resource of ${service} needs.`);
		return actions.map((action) => ({ action, resources: [arn], context }));
	});
	return [{ action: 'tag:TagResources', resources: ANYTHING }, ...ofServices];
}

export const TAGGING_NEEDS: Needs = { ...onAnything('tag', ['GetResources']), TagResources: tagResources };
