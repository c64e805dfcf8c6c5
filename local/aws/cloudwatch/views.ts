/** Alarms as the API gives them. */

import type {
	AlarmHistoryItem,
	AlarmMuteRuleSummary,
	CompositeAlarm as WireCompositeAlarm,
	LogAlarm as WireLogAlarm,
	MetricAlarm as WireMetricAlarm,
} from '@aws-sdk/client-cloudwatch';
import type { Alarm, CompositeAlarm, HistoryItem, LogAlarm, MetricAlarm } from './model.ts';
import type { MuteRule } from './mute-rules.ts';

function common(alarm: Alarm) {
	const { settings, state } = alarm;
	return {
		AlarmName: alarm.name,
		AlarmArn: alarm.arn,
		AlarmDescription: settings.AlarmDescription,
		AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt),
		ActionsEnabled: settings.ActionsEnabled ?? true,
		OKActions: settings.OKActions ?? [],
		AlarmActions: settings.AlarmActions ?? [],
		InsufficientDataActions: settings.InsufficientDataActions ?? [],
		StateValue: state.value,
		StateReason: state.reason,
		StateReasonData: state.reasonData,
		StateUpdatedTimestamp: new Date(state.updatedAt),
		StateTransitionedTimestamp: new Date(state.transitionedAt),
	};
}

export function wireMetricAlarm(alarm: MetricAlarm): WireMetricAlarm {
	const { Tags, ...settings } = alarm.settings;
	return { ...settings, ...common(alarm), ...(settings.Metrics ? {} : { Dimensions: settings.Dimensions ?? [] }) };
}

export function wireCompositeAlarm(alarm: CompositeAlarm): WireCompositeAlarm {
	const { Tags, ...settings } = alarm.settings;
	const { suppressedBy } = alarm;
	return {
		...settings,
		...common(alarm),
		...(suppressedBy ? { ActionsSuppressedBy: suppressedBy, ActionsSuppressedReason: suppressedReason(suppressedBy) } : {}),
	};
}

export function wireLogAlarm(alarm: LogAlarm): WireLogAlarm {
	const { Tags, ...settings } = alarm.settings;
	return { ...settings, ...common(alarm) };
}

export function suppressedReason(by: string): string {
	return `Actions suppressed by ${by}`;
}

export function wireHistoryItem(alarm: Alarm, item: HistoryItem): AlarmHistoryItem {
	return {
		AlarmName: alarm.name,
		AlarmType: alarm.type,
		Timestamp: new Date(item.at),
		HistoryItemType: item.type,
		HistorySummary: item.summary,
		HistoryData: JSON.stringify(item.data),
	};
}

export function wireMuteRule(rule: MuteRule, now: number): AlarmMuteRuleSummary {
	return {
		AlarmMuteRuleArn: rule.arn,
		Status: now < rule.from ? 'SCHEDULED' : now < rule.until ? 'ACTIVE' : 'EXPIRED',
		MuteType: 'ONE_TIME',
		LastUpdatedTimestamp: new Date(rule.updatedAt),
	};
}
