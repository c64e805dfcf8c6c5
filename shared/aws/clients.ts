/** One client per service, created once per execution environment. */

import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm';

export interface Aws {
	readonly ssm: SSMClient;
	/** For SendCommand alone, which has no idempotency token: it never repeats a call by itself. */
	readonly ssmOnce: SSMClient;
	readonly autoScaling: AutoScalingClient;
	readonly events: EventBridgeClient;
	readonly dynamoDb: DynamoDBClient;
	readonly tagging: ResourceGroupsTaggingAPIClient;
	readonly sqs: SQSClient;
}

/** Attempts of one call, the first included; what is still throttled then is tried again by the clock. */
const MAX_ATTEMPTS = 3;

/** What all clients share: Region, endpoint, credentials and request handler, each optional. */
export type ClientOptions = Pick<SSMClientConfig, 'region' | 'endpoint' | 'credentials' | 'requestHandler'>;

export function createAws(options: ClientOptions = {}): Aws {
	const shared = { ...options, maxAttempts: MAX_ATTEMPTS };
	return {
		ssm: new SSMClient(shared),
		ssmOnce: new SSMClient({ ...shared, maxAttempts: 1 }),
		autoScaling: new AutoScalingClient(shared),
		events: new EventBridgeClient(shared),
		dynamoDb: new DynamoDBClient(shared),
		tagging: new ResourceGroupsTaggingAPIClient(shared),
		// The URL of a queue names a host of AWS, also where the endpoint is another: a local run must not reach it.
		sqs: new SQSClient({ ...shared, useQueueUrlAsEndpoint: false }),
	};
}
