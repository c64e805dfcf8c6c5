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
	/** A client of a service that few functions need: to be made once for each execution environment. */
	client<C extends SdkClient>(Client: new (options: ClientOptions & { readonly maxAttempts: number }) => C): C;
}

/** Attempts of one call, the first included; what is still throttled then is tried again by the clock. */
const MAX_ATTEMPTS = 3;

/** What all clients share: Region, endpoint, credentials and request handler, each optional. */
export type ClientOptions = Pick<SSMClientConfig, 'region' | 'endpoint' | 'credentials' | 'requestHandler'>;

/** What all clients have, as far as it is used here. */
interface SdkClient {
	readonly middlewareStack: { remove(name: string): boolean };
}

/**
 * Without the SDK's own log, which nobody reads: it goes through every input and output for what must not be logged, member by
 * member, before it asks whether there is a logger.
 */
function quiet<C extends SdkClient>(client: C): C {
	client.middlewareStack.remove('loggerMiddleware');
	return client;
}

export function createAws(options: ClientOptions = {}): Aws {
	const shared = { ...options, maxAttempts: MAX_ATTEMPTS };
	return {
		ssm: quiet(new SSMClient(shared)),
		ssmOnce: quiet(new SSMClient({ ...shared, maxAttempts: 1 })),
		autoScaling: quiet(new AutoScalingClient(shared)),
		events: quiet(new EventBridgeClient(shared)),
		dynamoDb: quiet(new DynamoDBClient(shared)),
		tagging: quiet(new ResourceGroupsTaggingAPIClient(shared)),
		// The URL of a queue names a host of AWS, also where the endpoint is another: a local run must not reach it.
		sqs: quiet(new SQSClient({ ...shared, useQueueUrlAsEndpoint: false })),
		client: (Client) => quiet(new Client(shared)),
	};
}
