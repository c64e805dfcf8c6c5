/** Service Quotas: what an account may have of a thing, and where its use is measured. */

import type {
	GetServiceQuotaCommandInput,
	GetServiceQuotaCommandOutput,
	ListServiceQuotasCommandInput,
	ListServiceQuotasCommandOutput,
	ServiceQuota,
} from '@aws-sdk/client-service-quotas';
import * as schemas from '@aws-sdk/client-service-quotas';
import { nextToken, page } from './paging.ts';
import { defineService, PROTOCOLS, type ServiceDefinition } from './service.ts';
import { type AwsContext, AwsError, type Output } from './types.ts';

export interface ServiceQuotas {
	readonly definition: ServiceDefinition;
	/** AWS has raised it, or lowered it for a new account. @throws Error for one that is not known here. */
	setQuota(code: string, value: number): void;
}

type Quota = Pick<ServiceQuota, 'ServiceCode' | 'QuotaCode' | 'QuotaName' | 'Value' | 'Adjustable' | 'UsageMetric'>;

/** Codes and defaults as AWS publishes them (Lambda quotas; EventBridge quotas). */
const DEFAULTS: readonly Quota[] = [
	{
		ServiceCode: 'lambda',
		QuotaCode: 'L-B99A9384',
		QuotaName: 'Concurrent executions',
		Value: 1_000,
		Adjustable: true,
		UsageMetric: {
			MetricNamespace: 'AWS/Lambda',
			MetricName: 'ConcurrentExecutions',
			MetricDimensions: {},
			MetricStatisticRecommendation: 'Maximum',
		},
	},
	{ ServiceCode: 'events', QuotaCode: 'L-244521F2', QuotaName: 'Number of rules', Value: 300, Adjustable: true },
];

const PAGE = 100;

export function createServiceQuotas(ctx: AwsContext): ServiceQuotas {
	const quotas = new Map(DEFAULTS.map((quota) => [quota.QuotaCode, { ...quota }]));
	const wire = (quota: Quota): ServiceQuota => ({
		...quota,
		QuotaArn: `arn:aws:servicequotas:${ctx.region}:${ctx.account}:${quota.ServiceCode}/${quota.QuotaCode}`,
		GlobalQuota: false,
	});
	const operations = {
		GetServiceQuota({ ServiceCode, QuotaCode }: GetServiceQuotaCommandInput): Output<GetServiceQuotaCommandOutput> {
			const quota = quotas.get(QuotaCode);
			if (quota === undefined || quota.ServiceCode !== ServiceCode) {
				throw new AwsError('NoSuchResourceException', 'The request failed because the specified service quota does not exist.');
			}
			return { Quota: wire(quota) };
		},
		ListServiceQuotas({ ServiceCode, NextToken }: ListServiceQuotasCommandInput): Output<ListServiceQuotasCommandOutput> {
			const own = [...quotas.values()].filter((quota) => quota.ServiceCode === ServiceCode);
			const found = page(own, NextToken, PAGE, 'InvalidPaginationTokenException');
			return { Quotas: found.items.map(wire), ...nextToken(found) };
		},
	};
	return {
		definition: defineService({ name: 'servicequotas', protocol: PROTOCOLS.serviceQuotas, schemas, operations }),
		setQuota(code, value) {
			const quota = quotas.get(code);
			if (quota === undefined) throw new Error(`The local AWS knows no quota ${code}.`);
			quota.Value = value;
		},
	};
}
