/**
 * What AWS charges: US dollars in US East (N. Virginia), as on the services' pricing pages in January 2026, without free tiers. Other
 * Regions differ by up to a fifth. To be checked against the pages before anybody relies on them.
 */

import { PRICES as COMMON } from '../../local/simulation/burst/assumptions.ts';

const { automationStep, dynamoDbReadUnit, dynamoDbWriteUnit, eventPublished, lambdaGbSecond, lambdaRequest, logGigabyte, sqsRequest } =
	COMMON;

/** One unit of what a line of the bill counts. */
export const PRICES = {
	'Lambda requests': lambdaRequest,
	'Lambda GB-seconds (Arm)': lambdaGbSecond,
	'SQS requests': sqsRequest,
	'EventBridge events of our own': eventPublished,
	'DynamoDB write units': dynamoDbWriteUnit,
	'DynamoDB read units': dynamoDbReadUnit,
	'CloudWatch Logs, GB taken in': logGigabyte,
	'Automation steps': automationStep,
	/** aws.amazon.com/systems-manager/pricing: OpsCenter. Creating one is no request that is charged. */
	'OpsItems created': 2.97 / 1_000,
	'OpsItem requests (get, update)': 0.039 / 1_000,
	/** aws.amazon.com/config/pricing: the first 100,000 evaluations; items recorded continuously. */
	'Config rule evaluations': 0.001,
	'Config items recorded': 0.003,
	/** aws.amazon.com/cloudwatch/pricing: a month of each; metrics by the hours in which they were sent. */
	'CloudWatch metrics': 0.3,
	'CloudWatch alarms': 0.1,
	'CloudWatch dashboards': 3,
	/** aws.amazon.com/kms/pricing: a month; a dollar more after the first rotation, and another after the second. */
	'KMS keys': 1,
} as const;

export type Unit = keyof typeof PRICES;
/** How much of what. */
export type Usage = Partial<Record<Unit, number>>;

export function dollarsOf(usage: Usage): number {
	return linesOf(usage).reduce((sum, { dollars }) => sum + dollars, 0);
}

export function linesOf(usage: Usage): { readonly unit: Unit; readonly count: number; readonly dollars: number }[] {
	return (Object.entries(usage) as [Unit, number][]).map(([unit, count]) => ({ unit, count, dollars: count * PRICES[unit] }));
}
