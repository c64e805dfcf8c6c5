/**
 * The inventory of all nodes, kept in a bucket: what the inventory association (state.cjs) gathers a resource data sync writes there, and
 * the bucket tells EventBridge of each object. Part `state`.
 */

const { listOf } = require('./settings.cjs');

const OWN = '${self:service}-${sls:stage}';

const sub = (text) => ({ 'Fn::Sub': text });
const arn = (path = '') => sub(`\${InventoryBucket.Arn}${path}`);

/** @param retentionDays how long what is known of a node stays that is gone: of all others it is written anew. */
const bucket = (retentionDays) => ({
	Type: 'AWS::S3::Bucket',
	DeletionPolicy: 'Retain',
	UpdateReplacePolicy: 'Retain',
	Properties: {
		// As shared/settings.ts has it.
		BucketName: sub(`${OWN}-inventory-\${AWS::AccountId}-\${AWS::Region}`),
		BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
		PublicAccessBlockConfiguration: {
			...{ BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
		},
		OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
		NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
		LifecycleConfiguration: {
			Rules: [
				{
					...{ Id: 'expire', Status: 'Enabled', ExpirationInDays: retentionDays },
					AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
				},
			],
		},
	},
});

/** Systems Manager writes what this account's syncs are for (user guide, "Creating a resource data sync for Inventory"), and nobody else. */
const policy = {
	Type: 'AWS::S3::BucketPolicy',
	Properties: {
		Bucket: { Ref: 'InventoryBucket' },
		PolicyDocument: {
			Version: '2012-10-17',
			Statement: [
				{
					Sid: 'PermissionsCheck',
					Effect: 'Allow',
					Principal: { Service: 'ssm.amazonaws.com' },
					Action: 's3:GetBucketAcl',
					Resource: arn(),
					Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
				},
				{
					Sid: 'Delivery',
					Effect: 'Allow',
					Principal: { Service: 'ssm.amazonaws.com' },
					Action: 's3:PutObject',
					Resource: arn('/*/accountid=${AWS::AccountId}/*'),
					Condition: {
						StringEquals: { 's3:x-amz-acl': 'bucket-owner-full-control', 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
						ArnLike: { 'aws:SourceArn': sub('arn:${AWS::Partition}:ssm:*:${AWS::AccountId}:resource-data-sync/*') },
					},
				},
				{
					Sid: 'TlsOnly',
					Effect: 'Deny',
					Principal: '*',
					Action: 's3:*',
					Resource: [arn(), arn('/*')],
					Condition: { Bool: { 'aws:SecureTransport': 'false' } },
				},
			],
		},
	},
};

const sync = {
	Type: 'AWS::SSM::ResourceDataSync',
	// It is made only where it may write.
	DependsOn: ['InventoryBucketPolicy'],
	Properties: {
		SyncName: `${OWN}-inventory`,
		S3Destination: { BucketName: { Ref: 'InventoryBucket' }, BucketRegion: { Ref: 'AWS::Region' }, SyncFormat: 'JsonSerDe' },
	},
};

module.exports = async ({ resolveVariable }) => {
	const [parts, retentionDays] = await Promise.all(['parts', 'retentionDays'].map((name) => resolveVariable(`param:${name}`)));
	if (!listOf(parts).includes('state')) return { Resources: {} };
	return { Resources: { InventoryBucket: bucket(Number(retentionDays)), InventoryBucketPolicy: policy, InventorySync: sync } };
};
