/** What CloudWatch sends to EventBridge about an alarm. */

import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { AwsContext, EmittedEvent } from '../types.ts';
import { type Alarm, type Contributor, type LogAlarm, type MetricAlarm, stamp } from './model.ts';
import type { MuteRule } from './mute-rules.ts';
import { suppressedReason } from './views.ts';

type Detail = Record<string, unknown>;

/** An alarm's state as events have it; of a composite with what suppresses its actions. */
export function stateDetail(alarm: Alarm): Detail {
	const { value, reason, reasonData, updatedAt } = alarm.state;
	const by = alarm.type === 'CompositeAlarm' ? alarm.suppressedBy : undefined;
	return {
		...(by ? { actionsSuppressedBy: by, actionsSuppressedReason: suppressedReason(by) } : {}),
		value,
		reason,
		...(reasonData === undefined ? {} : { reasonData }),
		timestamp: stamp(updatedAt),
	};
}

export function stateChange(alarm: Alarm, previousState: Detail, mute: MuteRule | undefined): EmittedEvent {
	return {
		...envelope('CloudWatch Alarm State Change', alarm),
		detail: {
			alarmName: alarm.name,
			state: stateDetail(alarm),
			previousState,
			configuration: stateChangeConfiguration(alarm),
			...muteDetail(mute),
		},
	};
}

export function contributorStateChange(alarm: Alarm, contributor: Contributor, mute: MuteRule | undefined): EmittedEvent {
	const { id, attributes, value, reason, transitionedAt } = contributor;
	return {
		...envelope('CloudWatch Alarm Contributor State Change', alarm),
		detail: {
			alarmName: alarm.name,
			alarmContributor: { id, attributes },
			state: { value, reason, timestamp: stamp(transitionedAt) },
			configuration: stateChangeConfiguration(alarm),
			...muteDetail(mute),
		},
	};
}

export function configurationChange(alarm: Alarm, operation: 'create' | 'update' | 'delete', previousConfiguration?: Detail): EmittedEvent {
	const { value, timestamp, actionsSuppressedBy } = stateDetail(alarm);
	return {
		...envelope('CloudWatch Alarm Configuration Change', alarm),
		detail: {
			alarmName: alarm.name,
			operation,
			state: { ...(actionsSuppressedBy === undefined ? {} : { actionsSuppressedBy }), value, timestamp },
			configuration: fullConfiguration(alarm),
			...(previousConfiguration ? { previousConfiguration } : {}),
		},
	};
}

/** An alarm's configuration as the events of its changes have it. */
export function fullConfiguration(alarm: Alarm): Detail {
	const { AlarmDescription: description, ...settings } = alarm.settings;
	return {
		...ownConfiguration(alarm),
		alarmName: alarm.name,
		...(description === undefined ? {} : { description }),
		actionsEnabled: settings.ActionsEnabled ?? true,
		timestamp: stamp(alarm.configuredAt),
		okActions: settings.OKActions ?? [],
		alarmActions: settings.AlarmActions ?? [],
		insufficientDataActions: settings.InsufficientDataActions ?? [],
	};
}

/** The events of a state's change have less of it; those of log alarms have all. */
function stateChangeConfiguration(alarm: Alarm): Detail {
	if (alarm.type === 'LogAlarm') return fullConfiguration(alarm);
	const { AlarmDescription: description } = alarm.settings;
	const described = description === undefined ? {} : { description };
	return alarm.type === 'MetricAlarm' ? { ...described, metrics: metricsOf(alarm) } : { ...described, ...ownConfiguration(alarm) };
}

function ownConfiguration(alarm: Alarm): Detail {
	if (alarm.type === 'LogAlarm') return logConfiguration(alarm);
	if (alarm.type === 'CompositeAlarm') {
		const { AlarmRule, ActionsSuppressor, ActionsSuppressorWaitPeriod, ActionsSuppressorExtensionPeriod } = alarm.settings;
		return defined({
			alarmRule: AlarmRule,
			actionsSuppressor: ActionsSuppressor,
			actionsSuppressorWaitPeriod: ActionsSuppressorWaitPeriod,
			actionsSuppressorExtensionPeriod: ActionsSuppressorExtensionPeriod,
		});
	}
	const { EvaluationPeriods, DatapointsToAlarm, Threshold, ThresholdMetricId, ComparisonOperator, TreatMissingData } = alarm.settings;
	return defined({
		evaluationPeriods: EvaluationPeriods,
		datapointsToAlarm: DatapointsToAlarm,
		threshold: Threshold,
		thresholdMetricId: ThresholdMetricId,
		comparisonOperator: ComparisonOperator,
		treatMissingData: TreatMissingData,
		metrics: metricsOf(alarm),
	});
}

function metricsOf({ settings, metricId }: MetricAlarm): Detail[] {
	if (settings.Metrics) return settings.Metrics.map(query);
	const { Namespace, MetricName, Dimensions, Period, Statistic, ExtendedStatistic, Unit } = settings;
	const metric = { Namespace, MetricName, Dimensions };
	return [query({ Id: metricId, MetricStat: { Metric: metric, Period, Stat: Statistic ?? ExtendedStatistic, Unit }, ReturnData: true })];
}

function query({ Id, Expression, Label, MetricStat, Period, ReturnData, AccountId }: MetricDataQuery): Detail {
	const { Metric, Stat, Unit } = MetricStat ?? {};
	const dimensions = Object.fromEntries((Metric?.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]));
	const metric = { namespace: Metric?.Namespace, name: Metric?.MetricName, dimensions };
	return defined({
		id: Id,
		expression: Expression,
		label: Label,
		accountId: AccountId,
		metricStat: MetricStat && defined({ metric, period: MetricStat.Period, stat: Stat, unit: Unit }),
		period: Period,
		returnData: ReturnData ?? true,
	});
}

function logConfiguration({ settings }: LogAlarm): Detail {
	const { ScheduledQueryConfiguration: scheduled } = settings;
	const schedule = scheduled?.ScheduleConfiguration;
	return defined({
		logGroupIdentifiers: scheduled?.LogGroupIdentifiers ?? [],
		queryString: scheduled?.QueryString,
		aggregationExpression: scheduled?.AggregationExpression,
		scheduledQueryRoleARN: scheduled?.ScheduledQueryRoleARN,
		actionLogLineRoleArn: settings.ActionLogLineRoleArn,
		actionLogLineCount: settings.ActionLogLineCount,
		schedule: defined({
			expression: schedule?.ScheduleExpression,
			startTimeOffset: schedule?.StartTimeOffset,
			endTimeOffset: schedule?.EndTimeOffset,
		}),
		threshold: settings.Threshold,
		comparisonOperator: settings.ComparisonOperator,
		treatMissingData: settings.TreatMissingData,
		queryResultsToEvaluate: settings.QueryResultsToEvaluate,
		queryResultsToAlarm: settings.QueryResultsToAlarm,
	});
}

function muteDetail(rule: MuteRule | undefined): Detail {
	if (!rule) return {};
	return { muteDetail: { mutedByArn: rule.arn, muteWindowStart: stamp(rule.from), muteWindowEnd: stamp(rule.until) } };
}

function envelope(detailType: string, { arn }: Alarm) {
	return { source: 'aws.cloudwatch', detailType, resources: [arn] };
}

function defined(values: Detail): Detail {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

export function alarmArn({ region, account }: Pick<AwsContext, 'region' | 'account'>, name: string): string {
	return `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`;
}
