/** The SDK reads its configuration files at the first call of a process: that real I/O must be over before time is simulated. */

import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { ConfigServiceClient, DescribeConfigRulesCommand } from '@aws-sdk/client-config-service';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { ListServiceQuotasCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { DescribeInstanceInformationCommand } from '@aws-sdk/client-ssm';
import { HttpResponse } from '@smithy/core/protocols';
import { createAws } from '../shared/aws/clients.ts';
import { LOCAL_CREDENTIALS } from './environment.ts';

let warmed: Promise<void> | undefined;

/** Makes one call with a client of every class, once per process. The calls go nowhere. */
export function warmClients(region: string): Promise<void> {
	warmed ??= warm(region);
	return warmed;
}

async function warm(region: string): Promise<void> {
	const aws = createAws({ region, credentials: LOCAL_CREDENTIALS, requestHandler: NOWHERE });
	await Promise.all([
		aws.ssm.send(new DescribeInstanceInformationCommand({})),
		aws.ssmOnce.send(new DescribeInstanceInformationCommand({})),
		aws.autoScaling.send(new DescribeAutoScalingGroupsCommand({})),
		aws.events.send(new ListRulesCommand({})),
		aws.dynamoDb.send(new ListTablesCommand({})),
		aws.tagging.send(new GetResourcesCommand({})),
		aws.sqs.send(new ListQueuesCommand({})),
		aws.client(CloudWatchClient).send(new DescribeAlarmsCommand({})),
		aws.client(ConfigServiceClient).send(new DescribeConfigRulesCommand({})),
		aws.client(CloudTrailClient).send(new LookupEventsCommand({})),
		aws.client(CloudFormationClient).send(new DescribeStacksCommand({})),
		aws.client(EC2Client).send(new DescribeInstancesCommand({})),
		aws.client(IAMClient).send(new GetRoleCommand({ RoleName: 'none' })),
		aws.client(S3Client).send(new ListBucketsCommand({})),
		aws.client(ServiceQuotasClient).send(new ListServiceQuotasCommand({ ServiceCode: 'lambda' })),
		aws.client(SNSClient).send(new ListTopicsCommand({})),
	]);
}

/** Answers everything with an empty result. */
const NOWHERE = {
	metadata: { handlerProtocol: 'http/1.1' },
	handle: async ({ headers }: { headers: Readonly<Record<string, string>> }) => ({
		response: new HttpResponse({ statusCode: 200, headers: {}, body: Buffer.from(headers['x-amz-target'] ? '{}' : '<Response/>') }),
	}),
	destroy: () => undefined,
	updateHttpClientConfig: () => undefined,
	httpHandlerConfigs: () => ({}),
};
