/** Roles and the policies of resources, read from their CloudFormation resources. */

import type { Role } from '../aws/iam/index.ts';
import type { PolicyDocument } from '../aws/iam/policy.ts';
import { AWS_MANAGED_POLICIES } from '../aws/iam-managed-policies.ts';
import type { Deployed } from './resources.ts';

/** Who may do something with a resource, said by the resource itself. */
export interface ResourcePolicy {
	/** The ARN of the resource; absent where the policy names its resources itself (CloudWatch Logs). */
	readonly resource?: string;
	readonly document: PolicyDocument;
}

/** A role with its inline policies, and those of the managed policies that it has and that are known: the template's, and AWS's own. */
export function role({ name, arn, properties }: Deployed, managed: readonly Deployed[]): Role {
	const inline = (properties['Policies'] ?? []) as readonly { readonly PolicyDocument: PolicyDocument }[];
	const attached = (properties['ManagedPolicyArns'] ?? []) as readonly string[];
	const known = managed.filter((policy) => attached.includes(policy.arn()));
	const ofAws = AWS_MANAGED_POLICIES.filter(({ name: policy }) => attached.some((each) => each.endsWith(`:aws:policy/${policy}`)));
	const trust = properties['AssumeRolePolicyDocument'] as PolicyDocument | undefined;
	return {
		name,
		arn: arn(),
		policies: [
			...inline.map(({ PolicyDocument }) => PolicyDocument),
			...known.map((policy) => policy.properties['PolicyDocument']),
			...ofAws.map(({ document }) => document),
		],
		...(trust && { trust }),
	};
}

export function queuePolicies({ properties }: Deployed, queues: readonly Deployed[]): ResourcePolicy[] {
	const urls = (properties['Queues'] ?? []) as readonly string[];
	const named = queues.filter(({ name }) => urls.some((url) => url.endsWith(`/${name}`)));
	return named.map((queue) => ({ resource: queue.arn(), document: properties['PolicyDocument'] }));
}

export function topicPolicies({ properties }: Deployed): ResourcePolicy[] {
	return ((properties['Topics'] ?? []) as readonly string[]).map((resource) => ({ resource, document: properties['PolicyDocument'] }));
}

export function bucketPolicy({ properties }: Deployed): ResourcePolicy {
	return { resource: `arn:aws:s3:::${properties['Bucket']}`, document: properties['PolicyDocument'] };
}

/** A permission of Lambda's, as the statement that it adds to the function's policy. */
export function functionPolicy({ properties }: Deployed): ResourcePolicy {
	const { FunctionName: resource, Action, Principal, SourceArn } = properties;
	const Condition = SourceArn === undefined ? {} : { Condition: { ArnLike: { 'AWS:SourceArn': SourceArn } } };
	const statement = { Effect: 'Allow', Action, Principal: { Service: Principal }, Resource: resource, ...Condition } as const;
	return { resource, document: { Version: '2012-10-17', Statement: [statement] } };
}

/** The policies of CloudWatch Logs are the account's; CloudFormation takes them as text. */
export function logPolicy({ properties }: Deployed): ResourcePolicy {
	return { document: JSON.parse(String(properties['PolicyDocument'])) as PolicyDocument };
}
