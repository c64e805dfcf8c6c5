/** Amazon CloudWatch: alarms, and metrics. No alarm is evaluated: the world says where it stands. */

import { createHash } from 'node:crypto';
import type {
	GetMetricStatisticsCommandInput,
	PutCompositeAlarmCommandInput,
	PutLogAlarmCommandInput,
	PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch';
import * as schemas from '@aws-sdk/client-cloudwatch';
import { CLOUDWATCH_QUOTAS } from '../assumptions.ts';
import { defineService, PROTOCOLS, type ServiceDefinition } from '../service.ts';
import { quotasOf, throttled } from '../throttle.ts';
import type { AwsContext } from '../types.ts';
import { alarmOperations, newAlarm } from './alarm-operations.ts';
import { parseAlarmRule } from './alarm-rule.ts';
import { Alarms } from './alarms.ts';
import { Metrics } from './metrics.ts';
import { type Alarm, type StateValue, stamp } from './model.ts';
import type { MuteWindow } from './mute-rules.ts';
import { otherOperations } from './other-operations.ts';

/** An alarm from the world's side. */
export interface AlarmHandle {
	readonly name: string;
	readonly arn: string;
	readonly state: StateValue;
	/** Of a composite: `WaitPeriod`, `Alarm`, `ExtensionPeriod`. */
	readonly suppressedBy: string | undefined;
	/** When the mute rule ends that mutes it now. Epoch milliseconds. */
	readonly mutedUntil: number | undefined;
	/** Its metric has it so from now on. The same value again is no change. */
	set(value: StateValue, reason: string, reasonData?: Readonly<Record<string, unknown>>): void;
	/** One of its time series has it so from now on; the alarm is in ALARM while one of them is. */
	contribute(attributes: Readonly<Record<string, string>>, value: StateValue, reason: string): void;
}

export interface CloudWatch {
	readonly definition: ServiceDefinition;
	/**
	 * Puts an alarm as if it had been there for long: nobody is told. It is OK where nothing else is said.
	 * @param metricId what its events call its metric; one of the world's chance where it is absent.
	 */
	addMetricAlarm(settings: PutMetricAlarmCommandInput, state?: StateValue, metricId?: string): AlarmHandle;
	addLogAlarm(settings: PutLogAlarmCommandInput, state?: StateValue): AlarmHandle;
	/** The alarms of its rule must be there; its state follows from theirs. */
	addCompositeAlarm(settings: PutCompositeAlarmCommandInput): AlarmHandle;
	/** @throws Error where there is no alarm of that name. */
	alarm(name: string): AlarmHandle;
	/** All there are, by name. */
	alarms(): readonly AlarmHandle[];
	/** Mutes alarms for a time, by a mute rule. */
	mute(window: MuteWindow): void;
	/** Takes a value of a metric, of now. */
	record(namespace: string, name: string, dimensions: Readonly<Record<string, string>>, value: number): void;
}

/** What an alarm's action on a topic publishes. */
export type Notify = (topicArn: string, subject: string, message: string) => boolean;

export interface CloudWatchOptions {
	/** Publishes to a topic; false where there is none. Other actions than topics are not taken here, and the history says so. */
	readonly notify?: Notify;
	/** Calls per second, by operation, besides the published quotas. */
	readonly throttles?: Readonly<Record<string, number>>;
}

export function createCloudWatch(ctx: AwsContext, { notify = () => false, throttles = {} }: CloudWatchOptions = {}): CloudWatch {
	const alarms = new Alarms(ctx, (alarm, action, previous) => {
		if (!action.includes(':sns:')) return false;
		const { value } = alarm.state;
		return notify(action, `${value}: "${alarm.name}" in ${ctx.region}`, JSON.stringify(notification(ctx, alarm, previous)));
	});
	const metrics = new Metrics(ctx);
	const operations = {
		...alarmOperations(ctx, alarms),
		...otherOperations(ctx, alarms),
		GetMetricStatistics: (input: GetMetricStatisticsCommandInput) => metrics.statistics(input),
	};

	function find(name: string): Alarm {
		const alarm = alarms.find(name);
		if (!alarm) throw new Error(`There is no alarm ${name} in this world.`);
		return alarm;
	}

	function handle(alarm: Alarm): AlarmHandle {
		return {
			name: alarm.name,
			arn: alarm.arn,
			get state() {
				return alarm.state.value;
			},
			get suppressedBy() {
				return alarm.type === 'CompositeAlarm' ? alarm.suppressedBy : undefined;
			},
			get mutedUntil() {
				return alarms.mutes.activeFor(alarm.name)?.until;
			},
			set(value, reason, reasonData) {
				alarm.actual = { value, reason, ...(reasonData ? { reasonData: JSON.stringify(reasonData) } : {}) };
				alarms.enter(alarm, alarm.actual);
			},
			contribute(attributes, value, reason) {
				const id = createHash('sha256').update(JSON.stringify(attributes)).digest('hex').slice(0, 16);
				alarms.contribute(alarm, { id, attributes, value, reason, transitionedAt: ctx.clock.now() });
			},
		};
	}

	function add(alarm: Alarm, value: StateValue = 'OK'): AlarmHandle {
		alarm.state = { ...alarm.state, value };
		alarms.add(alarm);
		return handle(alarm);
	}

	return {
		definition: defineService({
			name: 'cloudwatch',
			protocol: PROTOCOLS.cloudwatch,
			schemas,
			operations: throttled(operations, [...CLOUDWATCH_QUOTAS, ...quotasOf(throttles)], ctx.clock),
		}),
		addMetricAlarm: (settings, state, metricId = ctx.uuid()) =>
			add({ ...newAlarm(ctx, settings), type: 'MetricAlarm', settings, metricId }, state),
		addLogAlarm: (settings, state) => add({ ...newAlarm(ctx, settings), type: 'LogAlarm', settings }, state),
		addCompositeAlarm(settings) {
			const alarm = {
				...newAlarm(ctx, settings),
				type: 'CompositeAlarm' as const,
				settings,
				rule: parseAlarmRule(settings.AlarmRule ?? ''),
			};
			return add(alarm, alarms.stateOf(alarm.rule));
		},
		alarm: (name) => handle(find(name)),
		alarms: () => alarms.all().map(handle),
		mute(window) {
			for (const name of window.alarms) find(name);
			alarms.mutes.put(window);
		},
		record: (namespace, name, dimensions, value) => metrics.record(namespace, name, dimensions, value),
	};
}

/** The message that an alarm publishes. */
function notification(ctx: AwsContext, alarm: Alarm, previous: StateValue): Readonly<Record<string, unknown>> {
	const { settings, state } = alarm;
	return {
		AlarmName: alarm.name,
		AlarmDescription: settings.AlarmDescription ?? null,
		AWSAccountId: ctx.account,
		AlarmConfigurationUpdatedTimestamp: stamp(alarm.configuredAt),
		NewStateValue: state.value,
		NewStateReason: state.reason,
		StateChangeTime: stamp(state.updatedAt),
		Region: ctx.region,
		AlarmArn: alarm.arn,
		OldStateValue: previous,
		OKActions: settings.OKActions ?? [],
		AlarmActions: settings.AlarmActions ?? [],
		InsufficientDataActions: settings.InsufficientDataActions ?? [],
	};
}
