/** Which resources a call is about, as CloudTrail lists them with its event. */

import type { Resource } from '@aws-sdk/client-cloudtrail';
import type { ApiCall } from '../api-call.ts';
import { isRecord } from '../schema.ts';

/** Ids that say of themselves what they name. */
const BY_PREFIX: Readonly<Record<string, string>> = {
	i: 'AWS::EC2::Instance',
	sg: 'AWS::EC2::SecurityGroup',
	vol: 'AWS::EC2::Volume',
	snap: 'AWS::EC2::Snapshot',
	ami: 'AWS::EC2::Ami',
	subnet: 'AWS::EC2::Subnet',
	mi: 'AWS::SSM::ManagedInstance',
	oi: 'AWS::SSM::OpsItem',
	mw: 'AWS::SSM::MaintenanceWindow',
};
const ID = /^([a-z]+)-[0-9a-f]{8,17}$/;

/** Members of inputs and outputs whose value names a resource. */
const BY_MEMBER: Readonly<Record<string, string>> = {
	AutoScalingGroupName: 'AWS::AutoScaling::AutoScalingGroup',
	LifecycleHookName: 'AWS::AutoScaling::LifecycleHook',
	AlarmName: 'AWS::CloudWatch::Alarm',
	AlarmNames: 'AWS::CloudWatch::Alarm',
	Bucket: 'AWS::S3::Bucket',
	ConfigRuleName: 'AWS::Config::ConfigRule',
	ConfigRuleNames: 'AWS::Config::ConfigRule',
	DocumentName: 'AWS::SSM::Document',
	StackName: 'AWS::CloudFormation::Stack',
	TableName: 'AWS::DynamoDB::Table',
	TopicArn: 'AWS::SNS::Topic',
};

/** Operations whose `Name` names a resource. */
const BY_NAME: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	ssm: { Parameter: 'AWS::SSM::Parameter', Document: 'AWS::SSM::Document' },
	events: { Rule: 'AWS::Events::Rule' },
	sns: { Topic: 'AWS::SNS::Topic' },
};

/** The resources that a call names, in its request or its answer, each once. */
export function resourcesOf({ service, operation, input, output }: ApiCall): Resource[] {
	const found = new Map<string, Resource>();
	const add = (ResourceType: string | undefined, ResourceName: string) => {
		if (ResourceType !== undefined && !found.has(ResourceName)) found.set(ResourceName, { ResourceType, ResourceName });
	};
	const walk = (value: unknown, type?: string): void => {
		if (typeof value === 'string') add(type ?? BY_PREFIX[ID.exec(value)?.[1] ?? ''], value);
		else if (Array.isArray(value)) for (const item of value) walk(item, type);
		else if (isRecord(value)) for (const [member, item] of Object.entries(value)) walk(item, BY_MEMBER[member]);
	};
	if (isRecord(input) && typeof input['Name'] === 'string') {
		const [, type] = Object.entries(BY_NAME[service] ?? {}).find(([kind]) => operation.includes(kind)) ?? [];
		add(type, input['Name']);
	}
	walk(input);
	walk(output);
	return [...found.values()];
}
