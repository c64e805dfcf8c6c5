/** Alarms: what they were made with, where they stand, what became of them. */

import type {
	ActionsSuppressedBy,
	HistoryItemType,
	PutCompositeAlarmCommandInput,
	PutLogAlarmCommandInput,
	PutMetricAlarmCommandInput,
	StateValue,
} from '@aws-sdk/client-cloudwatch';
import type { AlarmRule } from './alarm-rule.ts';

export type { StateValue };

export interface AlarmState {
	readonly value: StateValue;
	readonly reason: string;
	/** JSON. */
	readonly reasonData?: string;
	/** Epoch milliseconds of the last change of value or reason, and of value. */
	readonly updatedAt: number;
	readonly transitionedAt: number;
}

/** A state as it is given to an alarm. */
export type NewState = Pick<AlarmState, 'value' | 'reason' | 'reasonData'>;

export interface HistoryItem {
	readonly at: number;
	readonly type: HistoryItemType;
	readonly summary: string;
	readonly data: Readonly<Record<string, unknown>>;
}

/** One time series of an alarm on several. */
export interface Contributor {
	/** 16 hexadecimal digits. */
	readonly id: string;
	readonly attributes: Readonly<Record<string, string>>;
	readonly value: StateValue;
	readonly reason: string;
	readonly transitionedAt: number;
}

interface BaseAlarm {
	readonly name: string;
	readonly arn: string;
	readonly tags: Map<string, string>;
	/** The oldest first. */
	readonly history: HistoryItem[];
	readonly contributors: Map<string, Contributor>;
	state: AlarmState;
	/** Epoch milliseconds. */
	configuredAt: number;
	/** Where its metric has it, once the world has said so: an evaluation returns to it after a SetAlarmState. */
	actual?: NewState;
	/** Its state's actions are owed since they were muted in this state. */
	mutedIn?: StateValue;
}

export interface MetricAlarm extends BaseAlarm {
	readonly type: 'MetricAlarm';
	settings: PutMetricAlarmCommandInput;
	/** The id that events give the metric of an alarm on a single one: a new one at every change. */
	metricId: string;
}

export interface CompositeAlarm extends BaseAlarm {
	readonly type: 'CompositeAlarm';
	settings: PutCompositeAlarmCommandInput;
	rule: AlarmRule;
	suppressedBy?: ActionsSuppressedBy;
}

export interface LogAlarm extends BaseAlarm {
	readonly type: 'LogAlarm';
	settings: PutLogAlarmCommandInput;
}

export type Alarm = MetricAlarm | CompositeAlarm | LogAlarm;

/** The actions of an alarm in a state, as ARNs. */
export function actionsOf({ settings }: Alarm, value: StateValue): readonly string[] {
	if (value === 'ALARM') return settings.AlarmActions ?? [];
	return (value === 'OK' ? settings.OKActions : settings.InsufficientDataActions) ?? [];
}

/** `2026-03-02T09:00:00.000+0000`, as CloudWatch writes times in events and reasons. */
export function stamp(at: number): string {
	return new Date(at).toISOString().replace('Z', '+0000');
}
