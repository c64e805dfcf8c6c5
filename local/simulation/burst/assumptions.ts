/**
 * What a burst takes for granted: how much AWS lets through, how long it takes to answer, and what it charges. Of most of these AWS
 * publishes nothing, or something that differs from Region to Region: nobody should rely on a figure of this file alone.
 */

/**
 * Calls per second, besides the quotas that Systems Manager publishes (`SSM_QUOTAS`: StartAutomationExecution 1, Parameter Store reads 40;
 * `CONCURRENT_AUTOMATIONS`: 100 at once).
 * Operations that stand in one key share one bucket: where it is not known whether they do, they are taken to.
 */
export const THROTTLES = {
	ssm: {
		SendCommand: 5,
		'ListCommands ListCommandInvocations DescribeInstanceInformation': 5,
		ListTagsForResource: 5,
	},
	autoScaling: {
		'CompleteLifecycleAction RecordLifecycleActionHeartbeat': 10,
		'DescribeAutoScalingInstances DescribeAutoScalingGroups DescribeLifecycleHooks': 10,
	},
	tagging: { GetResources: 5 },
} as const;

/** Lambda's default of a new account is 10, and of an old one 1,000, for all functions together. */
export const LAMBDA_CONCURRENCY = 100;
/** Lambda starts with five batches of a standard queue at once, and would add more. */
export const POLLERS = 5;

/** From a call to its reply, as seen from a function in the same Region. Milliseconds. */
export const REPLY_MS: Readonly<Record<string, readonly [from: number, to: number]>> = {
	dynamodb: [4, 12],
	sqs: [8, 25],
	events: [10, 40],
	ssm: [60, 250],
	autoscaling: [50, 200],
	resourcegroupstaggingapi: [80, 250],
};

/** US dollars in US East (N. Virginia), as on the services' pricing pages in January 2026; without free tiers. */
export const PRICES = {
	/** aws.amazon.com/lambda/pricing: Arm, first tier. */
	lambdaRequest: 0.2 / 1e6,
	lambdaGbSecond: 0.0000133334,
	/** aws.amazon.com/dynamodb/pricing/on-demand, Standard table: a unit writes 1 KB, or reads 4 KB consistently. */
	dynamoDbWriteUnit: 0.625 / 1e6,
	dynamoDbReadUnit: 0.125 / 1e6,
	/** aws.amazon.com/sqs/pricing: standard queues, after the first million. */
	sqsRequest: 0.4 / 1e6,
	/** aws.amazon.com/eventbridge/pricing: events of our own; those of AWS services cost nothing. */
	eventPublished: 1 / 1e6,
	/** aws.amazon.com/systems-manager/pricing: Run Command costs nothing. */
	automationStep: 0.002,
	/** aws.amazon.com/cloudwatch/pricing: collected logs. */
	logGigabyte: 0.5,
} as const;
