/** One client per service, created once per execution environment. */

import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm';
import { type Pacable, type Patience, pace } from './pace.ts';
import { type Observable, type OnThrottled, tellThrottles } from './throttles.ts';

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
interface SdkClient extends Pacable, Observable {
	readonly middlewareStack: Pacable['middlewareStack'] & Observable['middlewareStack'] & { remove(name: string): boolean };
}

/**
 * Without the SDK's own log, which nobody reads: it goes through every input and output for what must not be logged, member by
 * member, before it asks whether there is a logger.
 */
function quiet<C extends SdkClient>(client: C): C {
	client.middlewareStack.remove('loggerMiddleware');
	return client;
}

/** @param patience until when calls to what AWS throttles may begin; what is put on record or told is never too late. */
export function createAws(
	options: ClientOptions = {},
	patience: Patience = { until: Number.POSITIVE_INFINITY },
	onThrottled: OnThrottled = () => {},
): Aws {
	const shared = { ...options, maxAttempts: MAX_ATTEMPTS };
	const told = <C extends SdkClient>(client: C): C => tellThrottles(quiet(client), onThrottled);
	const paced = <C extends SdkClient>(client: C): C => pace(told(client), patience);
	return {
		ssm: paced(new SSMClient(shared)),
		ssmOnce: paced(new SSMClient({ ...shared, maxAttempts: 1 })),
		autoScaling: paced(new AutoScalingClient(shared)),
		events: told(new EventBridgeClient(shared)),
		dynamoDb: told(new DynamoDBClient(shared)),
		tagging: paced(new ResourceGroupsTaggingAPIClient(shared)),
		// The URL of a queue names a host of AWS, also where the endpoint is another: a local run must not reach it.
		sqs: told(new SQSClient({ ...shared, useQueueUrlAsEndpoint: false })),
		client: (Client) => paced(new Client(shared)),
	};
}
