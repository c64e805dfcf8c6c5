/** Which buckets let Systems Manager write the objects of resource data syncs: worked out before a world begins, for it takes real I/O. */

import { admits } from '../aws/iam/evaluation.ts';
import type { Template } from '../template.ts';

/**
 * The names of a template's syncs whose buckets do not admit them (user guide, "Create a resource data sync": the bucket's policy).
 * A bucket of the template that no policy speaks for is closed; of others nothing is known.
 * @throws Error for a policy that is not valid.
 */
export async function refusedSyncsOf({ stack, state, resources, resourcePolicies }: Template): Promise<ReadonlySet<string>> {
	const { account, region } = stack;
	const own = new Set(resources.filter(({ type }) => type === 'AWS::S3::Bucket').map(({ physicalId }) => physicalId));
	const refused = new Set<string>();
	for (const { SyncName: name = '', S3Destination: { BucketName: bucket = '', Prefix: prefix } = {} } of state.dataSyncs) {
		if (!own.has(bucket)) continue;
		const arn = `arn:aws:s3:::${bucket}`;
		const policies = resourcePolicies.filter(({ resource }) => resource === arn).map(({ document }) => document);
		const key = `${prefix === undefined ? '' : `${prefix}/`}AWS:Application/accountid=${account}/region=${region}/node.json`;
		const context = {
			'aws:SourceAccount': account,
			'aws:SourceArn': `arn:aws:ssm:${region}:${account}:resource-data-sync/${name}`,
			's3:x-amz-acl': 'bucket-owner-full-control',
		};
		const request = { action: 's3:PutObject', resource: `${arn}/${key}`, principal: 'ssm.amazonaws.com', account, context };
		if (!(await admits(policies, request))) refused.add(name);
	}
	return refused;
}
