/** What keeps data, and the keys it is kept under. */

import { DescribeContinuousBackupsCommand, DescribeTableCommand, DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import type { Answer } from '../clients.ts';
import { known, type Look } from './look.ts';

export const table: Look = async ({ properties: { TableName } }, { dynamodb }) => {
	const { Table = {} } = await dynamodb.send(new DescribeTableCommand({ TableName }));
	const { TimeToLiveDescription } = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }));
	const { ContinuousBackupsDescription } = await dynamodb.send(new DescribeContinuousBackupsCommand({ TableName }));
	const recovery = ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus;
	return known({
		...Table,
		BillingMode: Table.BillingModeSummary?.BillingMode,
		SSESpecification: Table.SSEDescription && { SSEEnabled: Table.SSEDescription.Status === 'ENABLED' },
		TimeToLiveSpecification: {
			AttributeName: TimeToLiveDescription?.AttributeName,
			Enabled: TimeToLiveDescription?.TimeToLiveStatus === 'ENABLED',
		},
		PointInTimeRecoverySpecification: recovery && { PointInTimeRecoveryEnabled: recovery === 'ENABLED' },
	});
};

export const bucket: Look = async ({ physicalId: Bucket }, { ask }) => {
	await ask('s3', 'HeadBucket', { Bucket });
	const encryption = await or(ask('s3', 'GetBucketEncryption', { Bucket }));
	const access = await or(ask('s3', 'GetPublicAccessBlock', { Bucket }));
	const ownership = await or(ask('s3', 'GetBucketOwnershipControls', { Bucket }));
	const { EventBridgeConfiguration } = await ask('s3', 'GetBucketNotificationConfiguration', { Bucket });
	const lifecycle = await or(ask('s3', 'GetBucketLifecycleConfiguration', { Bucket }));
	return known({
		BucketName: Bucket,
		BucketEncryption: encryption && {
			ServerSideEncryptionConfiguration: encryption.ServerSideEncryptionConfiguration.Rules.map((each: Answer) => ({
				ServerSideEncryptionByDefault: each.ApplyServerSideEncryptionByDefault,
			})),
		},
		PublicAccessBlockConfiguration: access?.PublicAccessBlockConfiguration,
		OwnershipControls: ownership?.OwnershipControls,
		NotificationConfiguration: EventBridgeConfiguration && { EventBridgeConfiguration: { EventBridgeEnabled: true } },
		LifecycleConfiguration: lifecycle && {
			Rules: lifecycle.Rules.map(({ ID, Expiration, ...each }: Answer) => ({ ...each, Id: ID, ExpirationInDays: Expiration?.Days })),
		},
	});
};

/** What S3 says, or nothing where the bucket has no such configuration. */
async function or(answer: Promise<Answer>): Promise<Answer> {
	return answer.catch((error: { $metadata?: { httpStatusCode?: number } }) => {
		if (error.$metadata?.httpStatusCode === 404) return undefined;
		throw error;
	});
}

export const logGroup: Look = async ({ properties: { LogGroupName } }, { ask }) => {
	const { logGroups } = await ask('cloudwatch-logs', 'DescribeLogGroups', { logGroupNamePrefix: LogGroupName });
	const found = logGroups.find((each: Answer) => each.logGroupName === LogGroupName);
	if (!found) throw new Error('it does not exist.');
	return known({ LogGroupName: found.logGroupName, RetentionInDays: found.retentionInDays, KmsKeyId: found.kmsKeyId });
};

export const logResourcePolicy: Look = async ({ properties: { PolicyName } }, { ask }) => {
	const { resourcePolicies } = await ask('cloudwatch-logs', 'DescribeResourcePolicies');
	const found = resourcePolicies.find((each: Answer) => each.policyName === PolicyName);
	if (!found) throw new Error('it does not exist.');
	return known({ PolicyName: found.policyName, PolicyDocument: found.policyDocument });
};

export const key: Look = async ({ physicalId }, { kms }) => {
	const { Keys } = await kms('ListKeys', {});
	if (!Keys.some(({ KeyId }: Answer) => KeyId === physicalId)) throw new Error('it does not exist.');
	return {};
};
