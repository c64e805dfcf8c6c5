/** Looking at alarms, of every type, at what keeps them quiet, and at what happened around them. */

import {
	CloudWatchClient,
	type CompositeAlarm,
	DescribeAlarmsCommand,
	type DescribeAlarmsCommandOutput,
	ListAlarmMuteRulesCommand,
	type MetricAlarm,
} from '@aws-sdk/client-cloudwatch';
import { createGatherer } from '../context/gather.ts';
import { resourcesOf } from '../context/resources.ts';
import type { Deps } from '../deps.ts';
import { callFailure, describeError, requestIdOf } from '../errors.ts';
import { metricsOf } from '../kinds/alarm/configuration.ts';
import { meaningOf } from '../kinds/alarm/news.ts';
import { HELD_LOOK, mutedBy, suppressedFor } from '../kinds/alarm/timers.ts';
import type { AlarmFact, Fact } from '../operation/facts.ts';
import { notDone } from '../operation/not-done.ts';
import type { Perform } from '../operation/services.ts';
import type { AlarmOperation, Operation } from '../operation/types.ts';
import { chunks, inParallel } from '../parallel.ts';
import { openOpsItemWith } from './ops-item.ts';

/** AlarmNames, and records of one page, of DescribeAlarms. */
const ALARMS_PER_CALL = 100;
/** Calls under way at once. DescribeAlarms takes nine a second. */
const CONCURRENT_CALLS = 3;

/** What the answers for alarms of all types have in common, and what composites alone have. */
type Described = Pick<MetricAlarm, 'AlarmName' | 'StateValue' | 'StateReason' | 'StateUpdatedTimestamp' | 'StateTransitionedTimestamp'> &
	Pick<
		CompositeAlarm,
		'ActionsSuppressedBy' | 'ActionsSuppressedReason' | 'ActionsSuppressorWaitPeriod' | 'ActionsSuppressorExtensionPeriod'
	>;

/** How alarms stand: one call for up to a hundred, and one more for each that was muted and still counts as in ALARM. */
export function lookAtAlarm({ aws }: Pick<Deps, 'aws'>): Perform<AlarmOperation> {
	const client = aws.client(CloudWatchClient);
	return async (services, operations) => {
		const facts = await inParallel(chunks(operations, ALARMS_PER_CALL), CONCURRENT_CALLS, async (batch) => {
			try {
				const output = await client.send(
					new DescribeAlarmsCommand({
						AlarmNames: batch.map(({ subject }) => subject.alarm),
						AlarmTypes: ['MetricAlarm', 'CompositeAlarm', 'LogAlarm'],
						MaxRecords: ALARMS_PER_CALL,
					}),
				);
				const found = alarmsOf(output);
				const requestId = requestIdOf(output);
				return inParallel(batch, CONCURRENT_CALLS, async (operation): Promise<[string, Fact]> => {
					const fact = factOf(found.get(operation.subject.alarm), services.now(), requestId);
					return [operation.id, mayBeMuted(operation, fact) ? await unlessMuted(client, services, operation, fact) : fact];
				});
			} catch (error) {
				return batch.map(({ id }): [string, Fact] => [id, notDone('look-at-alarm', error, 'retry')]);
			}
		});
		return new Map(facts.flat());
	};
}

function alarmsOf({ MetricAlarms = [], CompositeAlarms = [], LogAlarms = [] }: DescribeAlarmsCommandOutput): Map<string, Described> {
	const all: readonly Described[] = [...MetricAlarms, ...CompositeAlarms, ...LogAlarms];
	return new Map(all.map((alarm) => [alarm.AlarmName ?? '', alarm]));
}

function factOf(alarm: Described | undefined, now: number, requestId: string | undefined): AlarmFact {
	if (alarm === undefined) return { type: 'alarm', from: 'look', at: now, reason: 'CloudWatch knows no such alarm', requestId };
	const { StateValue: state, StateReason: reason = '', StateTransitionedTimestamp, StateUpdatedTimestamp } = alarm;
	const held = suppression(alarm, now);
	return {
		type: 'alarm',
		from: 'look',
		...(state !== undefined && { state }),
		// An update of the reason alone is no news.
		at: (StateTransitionedTimestamp ?? StateUpdatedTimestamp)?.getTime() ?? now,
		reason,
		...(held && { held }),
		requestId,
	};
}

/** A suppressor's periods end by themselves, and have begun at some time before; its ALARM ends when it does. */
function suppression(alarm: Described, now: number): AlarmFact['held'] {
	const { ActionsSuppressedBy: by, ActionsSuppressedReason: why } = alarm;
	if (by === undefined) return undefined;
	const { ActionsSuppressorWaitPeriod: wait, ActionsSuppressorExtensionPeriod: extension } = alarm;
	return { until: now + Math.min(suppressedFor(by, wait, extension), HELD_LOOK), why: why ?? `its actions are suppressed by ${by}` };
}

/** DescribeAlarms says nothing of mute rules: a window may have been made longer, or another have begun. */
function mayBeMuted({ alarm, timers }: AlarmOperation, { state, held }: AlarmFact): boolean {
	return alarm.held !== undefined && meaningOf(state, timers) === 'alarm' && held === undefined;
}

async function unlessMuted(
	client: CloudWatchClient,
	{ now, log }: Pick<Deps, 'now' | 'log'>,
	{ subject, alarm }: AlarmOperation,
	fact: AlarmFact,
): Promise<Fact> {
	try {
		const { AlarmMuteRuleSummaries: [rule] = [] } = await client.send(
			new ListAlarmMuteRulesCommand({ AlarmName: subject.alarm, Statuses: ['ACTIVE'] }),
		);
		if (rule === undefined) return fact;
		// The end of a window is known from the event alone.
		const until = Math.max(alarm.held?.until ?? 0, now() + HELD_LOOK);
		return { ...fact, held: { until, why: mutedBy(rule.AlarmMuteRuleArn) } };
	} catch (error) {
		if (callFailure(error) !== 'refused') return notDone('look-at-alarm', error, 'retry');
		// Better told in vain than not at all.
		log.warn('Whether an alarm is muted cannot be asked', { alarm: subject.alarm, why: describeError(error) });
		return fact;
	}
}

/** Opens OpsItems, those of alarms with what happened around them; what cannot be had is named there, and holds up nothing. */
export function openWithContext(deps: Pick<Deps, 'aws' | 'now' | 'log'>): Perform {
	const gather = createGatherer(deps);
	return openOpsItemWith(async (operation: Operation) => {
		if (operation.kind !== 'alarm') return {};
		const { subject, occasion } = operation;
		const metrics = metricsOf(occasion.detail);
		const dimensions = metrics.map((metric) => metric.dimensions);
		const { changes, writes, stack, alarms, missing } = await gather({
			alarm: subject.alarm,
			resources: resourcesOf(metrics, subject),
			dimensions,
		});
		return {
			...lines('recentChanges', changes),
			...lines('recentCalls', writes),
			...(stack !== undefined && { stack }),
			...lines('otherAlarms', alarms),
			...lines('notKnown', missing),
		};
	});
}

function lines(name: string, of: readonly string[]): Readonly<Record<string, string>> {
	return of.length > 0 ? { [name]: of.join('\n') } : {};
}
