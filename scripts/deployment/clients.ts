/**
 * Clients for looking at what was deployed: the project's own, and, for services that no function calls, those that the framework brings.
 */

import { createRequire } from 'node:module';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';

/** An answer of AWS, read by its documented names. */
// biome-ignore lint/suspicious/noExplicitAny: AWS documents these shapes, call by call.
export type Answer = any;

type Package = 'cloudwatch-logs' | 'iam' | 'lambda' | 's3';
/** Makes a call of a service that the framework brings the client for, by the operation's name. */
export type Ask = (service: Package, operation: string, input?: object) => Promise<Answer>;

const CLIENTS: Readonly<Record<Package, string>> = {
	'cloudwatch-logs': 'CloudWatchLogsClient',
	iam: 'IAMClient',
	lambda: 'LambdaClient',
	s3: 'S3Client',
};

export type Clients = ReturnType<typeof clientsFor>;

/** @param endpoint of AWS. */
export function clientsFor(endpoint: string, region: string) {
	const options = { endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
	return {
		cloudformation: new CloudFormationClient(options),
		cloudwatch: new CloudWatchClient(options),
		dynamodb: new DynamoDBClient(options),
		events: new EventBridgeClient(options),
		sns: new SNSClient(options),
		sqs: new SQSClient(options),
		ssm: new SSMClient(options),
		ask: askThroughFramework({ ...options, forcePathStyle: true }),
		kms: askKms(endpoint, region),
	};
}

function askThroughFramework(options: object): Ask {
	const load = createRequire(createRequire(import.meta.url).resolve('osls'));
	const made = new Map<Package, { send(command: unknown): Promise<Answer> }>();
	return (service, operation, input = {}) => {
		const sdk = load(`@aws-sdk/client-${service}`);
		const client = made.get(service) ?? new sdk[CLIENTS[service]](options);
		made.set(service, client);
		return client.send(new sdk[`${operation}Command`](input));
	};
}

/** For KMS there is no client at hand: its protocol is JSON over HTTP. @throws Error with what KMS answered. */
function askKms(endpoint: string, region: string) {
	return async (operation: string, input: object): Promise<Answer> => {
		const headers = {
			'content-type': 'application/x-amz-json-1.1',
			'x-amz-target': `TrentService.${operation}`,
			authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/kms/aws4_request, SignedHeaders=host, Signature=0`,
		};
		const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(input) });
		const answer = await response.json();
		if (!response.ok) throw new Error(`kms:${operation}: ${response.status} ${JSON.stringify(answer)}`);
		return answer;
	};
}
