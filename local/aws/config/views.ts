/** What Config knows, as its API gives it. */

import type {
	ComplianceByConfigRule,
	ConfigRuleEvaluationStatus,
	EvaluationResult,
	RemediationConfiguration,
	SourceDetail,
	ConfigRule as WireConfigRule,
	ConfigurationItem as WireItem,
} from '@aws-sdk/client-config-service';
import type { AwsContext } from '../types.ts';
import type { ConfigRule, ConfigurationItem, Result } from './model.ts';

/** Resources that contribute to a rule's compliance are counted up to this. */
const CONTRIBUTORS_CAP = 25;

export function wireRule({ settings, arn, id }: ConfigRule): WireConfigRule {
	const { source, every, onChange, tag, resourceTypes, resourceId } = settings;
	const details: SourceDetail[] = [
		...(onChange ? [{ EventSource: 'aws.config' as const, MessageType: 'ConfigurationItemChangeNotification' as const }] : []),
		...(every
			? [{ EventSource: 'aws.config' as const, MessageType: 'ScheduledNotification' as const, MaximumExecutionFrequency: every }]
			: []),
	];
	const managed = source.owner === 'AWS';
	const scope = {
		...(resourceTypes.length > 0 ? { ComplianceResourceTypes: [...resourceTypes] } : {}),
		...(resourceId === undefined ? {} : { ComplianceResourceId: resourceId }),
		...(tag ? { TagKey: tag.key, ...(tag.value === undefined ? {} : { TagValue: tag.value }) } : {}),
	};
	return {
		ConfigRuleName: settings.name,
		ConfigRuleArn: arn,
		ConfigRuleId: id,
		Description: settings.description ?? '',
		...(Object.keys(scope).length > 0 ? { Scope: scope } : {}),
		// Of a managed rule AWS keeps the triggers to itself, but for how often a periodic one is evaluated.
		Source: { Owner: source.owner, SourceIdentifier: source.identifier, ...(managed ? {} : { SourceDetails: details }) },
		...(managed && every ? { MaximumExecutionFrequency: every } : {}),
		InputParameters: JSON.stringify(settings.parameters ?? {}),
		ConfigRuleState: 'ACTIVE',
		...(settings.createdBy === undefined ? {} : { CreatedBy: settings.createdBy }),
		EvaluationModes: [{ Mode: 'DETECTIVE' }],
	};
}

export function wireCompliance({ settings, results }: ConfigRule): ComplianceByConfigRule {
	const nonCompliant = [...results.values()].filter(({ compliance }) => compliance === 'NON_COMPLIANT').length;
	const type = results.size === 0 ? 'INSUFFICIENT_DATA' : nonCompliant > 0 ? 'NON_COMPLIANT' : 'COMPLIANT';
	const count = { CappedCount: Math.min(nonCompliant, CONTRIBUTORS_CAP), CapExceeded: nonCompliant > CONTRIBUTORS_CAP };
	return {
		ConfigRuleName: settings.name,
		Compliance: { ComplianceType: type, ...(nonCompliant > 0 ? { ComplianceContributorCount: count } : {}) },
	};
}

export function wireResult({ settings }: ConfigRule, result: Result): EvaluationResult {
	return {
		EvaluationResultIdentifier: {
			EvaluationResultQualifier: {
				ConfigRuleName: settings.name,
				ResourceType: result.type,
				ResourceId: result.id,
				EvaluationMode: 'DETECTIVE',
			},
			OrderingTimestamp: new Date(result.orderingAt),
		},
		ComplianceType: result.compliance,
		ResultRecordedTime: new Date(result.recordedAt),
		ConfigRuleInvokedTime: new Date(result.invokedAt),
		...(result.annotation === undefined ? {} : { Annotation: result.annotation }),
	};
}

export function wireEvaluationStatus(rule: ConfigRule): ConfigRuleEvaluationStatus {
	const { lastInvokedAt: invoked, lastEvaluatedAt: evaluated } = rule;
	return {
		ConfigRuleName: rule.settings.name,
		ConfigRuleArn: rule.arn,
		ConfigRuleId: rule.id,
		...(invoked === undefined ? {} : { LastSuccessfulInvocationTime: new Date(invoked) }),
		...(evaluated === undefined ? {} : { LastSuccessfulEvaluationTime: new Date(evaluated) }),
		FirstActivatedTime: new Date(rule.createdAt),
		FirstEvaluationStarted: invoked !== undefined,
	};
}

export function wireRemediation(ctx: AwsContext, rule: ConfigRule): RemediationConfiguration[] {
	const { remediation, settings } = rule;
	if (!remediation) return [];
	return [
		{
			ConfigRuleName: settings.name,
			TargetType: 'SSM_DOCUMENT',
			TargetId: remediation.document,
			Automatic: remediation.automatic,
			...(remediation.maximumAttempts === undefined ? {} : { MaximumAutomaticAttempts: remediation.maximumAttempts }),
			...(remediation.retrySeconds === undefined ? {} : { RetryAttemptSeconds: remediation.retrySeconds }),
			Arn: `arn:aws:config:${ctx.region}:${ctx.account}:remediation-configuration/${settings.name}/${rule.id}`,
		},
	];
}

export function wireItem(ctx: AwsContext, item: ConfigurationItem): WireItem {
	const supplementary = Object.entries(item.supplementaryConfiguration ?? {});
	return {
		version: '1.3',
		accountId: ctx.account,
		configurationItemCaptureTime: new Date(item.capturedAt),
		configurationItemStatus: item.status,
		configurationStateId: String(item.capturedAt),
		configurationItemMD5Hash: '',
		arn: item.arn,
		resourceType: item.type as NonNullable<WireItem['resourceType']>,
		resourceId: item.id,
		...(item.name === undefined ? {} : { resourceName: item.name }),
		awsRegion: ctx.region,
		availabilityZone: item.availabilityZone ?? 'Not Applicable',
		...(item.createdAt === undefined ? {} : { resourceCreationTime: new Date(item.createdAt) }),
		tags: { ...item.tags },
		relatedEvents: [],
		relationships: [],
		...(item.status === 'ResourceDeleted' ? {} : { configuration: JSON.stringify(item.configuration) }),
		supplementaryConfiguration: Object.fromEntries(supplementary.map(([key, value]) => [key, JSON.stringify(value)])),
	};
}
