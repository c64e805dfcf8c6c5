/** The operations on alarms. */

import type {
	AlarmType,
	DeleteAlarmsCommandInput,
	DescribeAlarmContributorsCommandInput,
	DescribeAlarmContributorsCommandOutput,
	DescribeAlarmHistoryCommandInput,
	DescribeAlarmHistoryCommandOutput,
	DescribeAlarmsCommandInput,
	DescribeAlarmsCommandOutput,
	EnableAlarmActionsCommandInput,
	PutCompositeAlarmCommandInput,
	PutLogAlarmCommandInput,
	PutMetricAlarmCommandInput,
	SetAlarmStateCommandInput,
	Tag,
} from '@aws-sdk/client-cloudwatch';
import { nextToken, page } from '../paging.ts';
import { type AwsContext, AwsError, type Output } from '../types.ts';
import { alarmsOf } from './alarm-rule.ts';
import type { Alarms } from './alarms.ts';
import { alarmArn } from './events.ts';
import { type Alarm, actionsOf } from './model.ts';
import { checkCompositeAlarm, checkLogAlarm, checkMetricAlarm, invalidCombination } from './settings.ts';
import { wireCompositeAlarm, wireHistoryItem, wireLogAlarm, wireMetricAlarm } from './views.ts';

/** DescribeAlarms and DescribeAlarmHistory give 50 records a page where they are not told, and at most 100. */
const PAGE = 50;
const MOST = 100;

export function alarmOperations(ctx: AwsContext, alarms: Alarms) {
	/** Makes an alarm, or changes the one of the name, which keeps its kind, its tags and its state. */
	function put<T extends Alarm>(type: T['type'], input: T['settings'], make: (base: NewAlarm) => T, change: (alarm: T) => void): object {
		const existing = alarms.find(input.AlarmName);
		if (!existing) {
			alarms.create(make(newAlarm(ctx, input)));
		} else {
			if (existing.type !== type) throw invalid(`${existing.name} exists as a ${existing.type}; its kind cannot change.`);
			alarms.update(existing, () => change(existing as T));
		}
		return {};
	}

	function changeActions({ AlarmNames = [] }: EnableAlarmActionsCommandInput, ActionsEnabled: boolean): object {
		for (const alarm of AlarmNames.flatMap((name) => alarms.find(name) ?? [])) {
			alarms.update(alarm, () => Object.assign(alarm, { settings: { ...alarm.settings, ActionsEnabled } }));
		}
		return {};
	}

	return {
		PutMetricAlarm(input: PutMetricAlarmCommandInput): object {
			checkMetricAlarm(input);
			return put(
				'MetricAlarm',
				input,
				(base) => ({ ...base, type: 'MetricAlarm', settings: input, metricId: ctx.uuid() }),
				(alarm) => Object.assign(alarm, { settings: input, metricId: ctx.uuid() }),
			);
		},

		PutCompositeAlarm(input: PutCompositeAlarmCommandInput): object {
			const rule = checkCompositeAlarm(input, alarms);
			return put(
				'CompositeAlarm',
				input,
				(base) => ({ ...base, type: 'CompositeAlarm', settings: input, rule }),
				(alarm) => {
					if (alarm.settings.ActionsSuppressor !== input.ActionsSuppressor) alarms.discardSuppression(alarm);
					Object.assign(alarm, { settings: input, rule });
				},
			);
		},

		PutLogAlarm(input: PutLogAlarmCommandInput): object {
			checkLogAlarm(input);
			return put(
				'LogAlarm',
				input,
				(base) => ({ ...base, type: 'LogAlarm', settings: input }),
				(alarm) => Object.assign(alarm, { settings: input }),
			);
		},

		DescribeAlarms(input: DescribeAlarmsCommandInput): Output<DescribeAlarmsCommandOutput> {
			const found = page(select(alarms, input), input.NextToken, pageSize(input.MaxRecords));
			return {
				MetricAlarms: found.items.flatMap((alarm) => (alarm.type === 'MetricAlarm' ? [wireMetricAlarm(alarm)] : [])),
				CompositeAlarms: found.items.flatMap((alarm) => (alarm.type === 'CompositeAlarm' ? [wireCompositeAlarm(alarm)] : [])),
				LogAlarms: found.items.flatMap((alarm) => (alarm.type === 'LogAlarm' ? [wireLogAlarm(alarm)] : [])),
				...nextToken(found),
			};
		},

		/** All of the named alarms go, or none. */
		DeleteAlarms({ AlarmNames = [] }: DeleteAlarmsCommandInput): object {
			const doomed = AlarmNames.map((name) => alarms.get(name));
			if (doomed.length > MOST) throw invalid(`Up to ${MOST} alarms can be deleted at once.`);
			if (doomed.filter(({ type }) => type === 'CompositeAlarm').length > 1)
				throw invalid('Only one composite alarm can be deleted at once.');
			for (const { name } of doomed) {
				const parents = alarms.parentsOf(name).filter((parent) => !doomed.includes(parent));
				if (parents.length > 0) throw invalid(`Cannot delete ${name} as there are composite alarm(s) depending on it.`);
			}
			for (const alarm of doomed) alarms.delete(alarm);
			return {};
		},

		SetAlarmState(input: SetAlarmStateCommandInput): object {
			const { StateValue = 'OK', StateReason = '', StateReasonData } = input;
			const alarm = alarms.get(input.AlarmName);
			if (StateReasonData !== undefined && !isJson(StateReasonData)) {
				throw new AwsError('InvalidFormatFault', 'StateReasonData was not syntactically valid JSON');
			}
			const reasonData = StateReasonData === undefined ? {} : { reasonData: StateReasonData };
			alarms.override(alarm, { value: StateValue, reason: StateReason, ...reasonData });
			return {};
		},

		EnableAlarmActions: (input: EnableAlarmActionsCommandInput): object => changeActions(input, true),

		DisableAlarmActions: (input: EnableAlarmActionsCommandInput): object => changeActions(input, false),

		DescribeAlarmHistory(input: DescribeAlarmHistoryCommandInput): Output<DescribeAlarmHistoryCommandOutput> {
			const { HistoryItemType: type, StartDate: from, EndDate: to, ScanBy = 'TimestampDescending' } = input;
			const types = input.AlarmTypes ?? (input.AlarmName === undefined ? ['MetricAlarm'] : undefined);
			const items = alarms
				.all()
				.filter((alarm) => input.AlarmName === undefined || alarm.name === input.AlarmName)
				.filter((alarm) => types === undefined || types.includes(alarm.type))
				.flatMap((alarm) => alarm.history.map((item) => ({ alarm, item })))
				.filter(({ item }) => type === undefined || item.type === type)
				.filter(({ item }) => (!from || item.at >= from.getTime()) && (!to || item.at <= to.getTime()))
				.sort((a, b) => a.item.at - b.item.at);
			if (ScanBy === 'TimestampDescending') items.reverse();
			const found = page(items, input.NextToken, pageSize(input.MaxRecords));
			return { AlarmHistoryItems: found.items.map(({ alarm, item }) => wireHistoryItem(alarm, item)), ...nextToken(found) };
		},

		DescribeAlarmContributors(input: DescribeAlarmContributorsCommandInput): Output<DescribeAlarmContributorsCommandOutput> {
			const inAlarm = [...alarms.get(input.AlarmName).contributors.values()].filter(({ value }) => value === 'ALARM');
			const found = page(inAlarm, input.NextToken, MOST);
			return {
				AlarmContributors: found.items.map(({ id, attributes, reason, transitionedAt }) => ({
					ContributorId: id,
					ContributorAttributes: { ...attributes },
					StateReason: reason,
					StateTransitionedTimestamp: new Date(transitionedAt),
				})),
				...nextToken(found),
			};
		},
	};
}

/** What every new alarm has: no data yet, and the tags it was given. */
export type NewAlarm = Pick<Alarm, 'name' | 'arn' | 'tags' | 'history' | 'contributors' | 'state' | 'configuredAt'>;

export function newAlarm(ctx: AwsContext, input: { readonly AlarmName?: string | undefined; readonly Tags?: Tag[] | undefined }): NewAlarm {
	const now = ctx.clock.now();
	const name = input.AlarmName ?? '';
	return {
		name,
		arn: alarmArn(ctx, name),
		tags: new Map((input.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
		history: [],
		contributors: new Map(),
		state: { value: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation', updatedAt: now, transitionedAt: now },
		configuredAt: now,
	};
}

/** Where no types are asked for, only metric alarms are given. */
function select(alarms: Alarms, input: DescribeAlarmsCommandInput): Alarm[] {
	const { AlarmNames: names, AlarmNamePrefix: prefix, ChildrenOfAlarmName: parent, ParentsOfAlarmName: child } = input;
	if (names && prefix !== undefined) throw invalidCombination('AlarmNames and AlarmNamePrefix cannot both be given.');
	if ((names?.length ?? 0) > MOST) throw invalid(`Up to ${MOST} alarm names can be given.`);
	if (parent !== undefined || child !== undefined) {
		if (names || prefix !== undefined || input.StateValue || input.ActionPrefix || (parent !== undefined && child !== undefined)) {
			throw invalidCombination('ChildrenOfAlarmName and ParentsOfAlarmName go with paging alone.');
		}
		if (child !== undefined) return alarms.parentsOf(alarms.get(child).name);
		const composite = alarms.get(parent);
		return composite.type === 'CompositeAlarm' ? alarmsOf(composite.rule).flatMap((name) => alarms.find(name) ?? []) : [];
	}
	const types: readonly AlarmType[] = input.AlarmTypes ?? ['MetricAlarm'];
	const { ActionPrefix = '' } = input;
	return alarms
		.all()
		.filter((alarm) => types.includes(alarm.type))
		.filter((alarm) => names === undefined || names.length === 0 || names.includes(alarm.name))
		.filter((alarm) => alarm.name.startsWith(prefix ?? ''))
		.filter((alarm) => input.StateValue === undefined || alarm.state.value === input.StateValue)
		.filter((alarm) => ActionPrefix === '' || everyAction(alarm).some((action) => action.startsWith(ActionPrefix)));
}

function everyAction(alarm: Alarm): string[] {
	return (['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const).flatMap((value) => actionsOf(alarm, value));
}

function pageSize(wanted = PAGE): number {
	if (wanted < 1 || wanted > MOST) throw invalid(`MaxRecords must be from 1 to ${MOST}.`);
	return wanted;
}

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

function invalid(message: string): AwsError {
	return new AwsError('ValidationException', message);
}
