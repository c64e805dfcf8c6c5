/** Quotas that Fleetkeeper reaches first, and how much of them is used. */

import { CloudWatchClient, GetMetricStatisticsCommand, type Statistic } from '@aws-sdk/client-cloudwatch';
import { type EventBridgeClient, ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { GetServiceQuotaCommand, type ServiceQuota, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { paginateDescribeAutomationExecutions } from '@aws-sdk/client-ssm';
import { type Check, type Finding, found, ok, type Site, toDo } from './check.ts';

/** From here on there is something to do. */
const NEAR = 0.8;

export function isNear(used: number, quota: number): boolean {
	return used >= quota * NEAR;
}

const DAY = 86_400_000;
/** Each of six queues may have five batches at once, and the clocks are to run beside them. */
const LEAST_CONCURRENCY = 50;
/** What runs at once in an account and Region unless adaptive concurrency is on (general reference, Systems Manager quotas). */
const AUTOMATIONS = 100;
const UNENDED = ['Pending', 'InProgress', 'Waiting', 'Cancelling'];

export const quotas: Check = {
	name: 'quotas',
	async look(site) {
		return [
			...(await found(() => concurrency(site), "Lambda's concurrency")),
			...(await found(() => rules(site), 'rules of the default bus')),
			...(await found(() => automations(site), 'automations')),
		];
	},
};

async function concurrency(site: Site): Promise<Finding[]> {
	const quota = await quotaOf(site, 'lambda', 'L-B99A9384');
	const most = quota.Value ?? 0;
	const used = await usedOf(site, quota);
	const what = `Lambda: ${used} of ${most} concurrent executions at most in the last day`;
	const remedy = 'aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value …';
	if (most < LEAST_CONCURRENCY) return [toDo(`${what}: the functions of this stage alone may want ${LEAST_CONCURRENCY}`, remedy)];
	return [isNear(used, most) ? toDo(`${what}: beyond that events wait`, remedy) : ok(what)];
}

async function rules(site: Site): Promise<Finding[]> {
	const { Value: most = 0 } = await quotaOf(site, 'events', 'L-244521F2');
	const used = await rulesIn(site.aws.events);
	const what = `EventBridge: ${used} of ${most} rules on the default bus`;
	const remedy = 'aws service-quotas request-service-quota-increase --service-code events --quota-code L-244521F2 --desired-value …';
	return [isNear(used, most) ? toDo(`${what}: beyond that a deployment fails`, remedy) : ok(what)];
}

async function rulesIn(client: EventBridgeClient, NextToken?: string): Promise<number> {
	const { Rules = [], NextToken: next } = await client.send(new ListRulesCommand({ NextToken }));
	return Rules.length + (next === undefined ? 0 : await rulesIn(client, next));
}

/** Service Quotas has no metric of these: they are counted. */
async function automations({ aws }: Site): Promise<Finding[]> {
	let used = 0;
	const Filters = [{ Key: 'ExecutionStatus' as const, Values: UNENDED }];
	for await (const page of paginateDescribeAutomationExecutions({ client: aws.ssm, pageSize: 50 }, { Filters })) {
		used += page.AutomationExecutionMetadataList?.length ?? 0;
		if (used >= AUTOMATIONS) break;
	}
	const what = `Systems Manager: ${used >= AUTOMATIONS ? `${AUTOMATIONS} or more` : used} automations under way; ${AUTOMATIONS} run at once`;
	const remedy =
		'turn on adaptive concurrency: aws ssm update-service-setting --setting-id /ssm/automation/enable-adaptive-concurrency --setting-value True';
	return [isNear(used, AUTOMATIONS) ? toDo(`${what}, others wait`, remedy) : ok(what)];
}

async function quotaOf({ aws }: Site, ServiceCode: string, QuotaCode: string): Promise<ServiceQuota> {
	return (await aws.client(ServiceQuotasClient).send(new GetServiceQuotaCommand({ ServiceCode, QuotaCode }))).Quota ?? {};
}

/** The most that was used at once, by the metric that the quota itself names. */
async function usedOf({ aws, services }: Site, { UsageMetric = {} }: ServiceQuota): Promise<number> {
	const { MetricNamespace, MetricName, MetricDimensions = {}, MetricStatisticRecommendation } = UsageMetric;
	const statistic = (MetricStatisticRecommendation ?? 'Maximum') as Statistic;
	const { Datapoints = [] } = await aws.client(CloudWatchClient).send(
		new GetMetricStatisticsCommand({
			Namespace: MetricNamespace ?? 'AWS/Lambda',
			MetricName: MetricName ?? 'ConcurrentExecutions',
			Dimensions: Object.entries(MetricDimensions).map(([Name, Value]) => ({ Name, Value })),
			StartTime: new Date(services.now() - DAY),
			EndTime: new Date(services.now()),
			Period: 300,
			Statistics: [statistic],
		}),
	);
	return Math.max(0, ...Datapoints.map((point) => point[statistic] ?? 0));
}
