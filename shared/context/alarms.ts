/** The other alarms that are in ALARM, of the whole account and Region. */

import { type CloudWatchClient, DescribeAlarmsCommand, type DescribeAlarmsCommandOutput } from '@aws-sdk/client-cloudwatch';
import { inTime } from './limit.ts';
import { instant } from './lines.ts';

interface AlarmsNow {
	readonly alarms: readonly AlarmNow[];
	/** Whether there are more than were read. */
	readonly more: boolean;
}

interface AlarmNow {
	readonly name: string;
	readonly since: Date | undefined;
	/** What it looks at: the values of its dimensions, the alarms of its rule, its log groups. */
	readonly about: readonly string[];
}

/** Alarms of a DescribeAlarms call: its most. */
const PAGE = 100;
/** Calls of one reading. */
const PAGES = 3;
/** Milliseconds that a reading is kept: in a storm of alarms there is one. */
const KEPT = 30_000;

/** Dimensions that describe, and name nothing: by them a host would be related to all others of its size. */
const DESCRIPTIVE = new Set(['AvailabilityZone', 'ImageId', 'InstanceType', 'cpu', 'device', 'fstype', 'interface', 'path']);

/**
 * Makes the function that gives the alarms in ALARM, of every kind, as they were `KEPT` ago at most. It rejects with what the SDK
 * throws, or with `NoAnswer`; a failure is not kept.
 */
export function createAlarmList(client: CloudWatchClient, now: () => number): () => Promise<AlarmsNow> {
	let last: { readonly at: number; readonly alarms: Promise<AlarmsNow> } | undefined;
	return () => {
		if (last && now() - last.at < KEPT) return last.alarms;
		const reading = { at: now(), alarms: inTime((abortSignal) => readAlarms(client, abortSignal)) };
		reading.alarms.catch(() => {
			if (last === reading) last = undefined;
		});
		last = reading;
		return reading.alarms;
	};
}

async function readAlarms(client: CloudWatchClient, abortSignal: AbortSignal): Promise<AlarmsNow> {
	const alarms: AlarmNow[] = [];
	let NextToken: string | undefined;
	for (let page = 0; page < PAGES; page++) {
		const output = await client.send(
			new DescribeAlarmsCommand({
				StateValue: 'ALARM',
				AlarmTypes: ['MetricAlarm', 'CompositeAlarm', 'LogAlarm'],
				MaxRecords: PAGE,
				...(NextToken && { NextToken }),
			}),
			{ abortSignal },
		);
		alarms.push(...alarmsOf(output));
		NextToken = output.NextToken;
		if (!NextToken) break;
	}
	return { alarms, more: Boolean(NextToken) };
}

/** Those that look at the alarm or at what it looks at, the latest first. */
export function relatedLines(
	{ alarms }: AlarmsNow,
	{ alarm, dimensions }: { readonly alarm: string; readonly dimensions: readonly Readonly<Record<string, string>>[] },
): string[] {
	const named = dimensions.flatMap(Object.entries<string>).flatMap(([name, value]) => (DESCRIPTIVE.has(name) ? [] : [value]));
	const subject = new Set([alarm, ...named]);
	return alarms
		.filter(({ name, about }) => name !== alarm && about.some((value) => subject.has(value)))
		.sort((a, b) => Number(b.since ?? 0) - Number(a.since ?? 0))
		.map(({ name, since }) => `${name}, in ALARM since ${instant(since)}`);
}

function alarmsOf({ MetricAlarms = [], CompositeAlarms = [], LogAlarms = [] }: DescribeAlarmsCommandOutput): AlarmNow[] {
	const looksAt = (alarm: Common, about: readonly string[]): AlarmNow => ({
		name: alarm.AlarmName ?? '',
		since: alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp,
		about,
	});
	return [
		...MetricAlarms.map((alarm) => {
			const metrics = [alarm, ...(alarm.Metrics ?? []).flatMap(({ MetricStat }) => MetricStat?.Metric ?? [])];
			return looksAt(
				alarm,
				metrics.flatMap(({ Dimensions = [] }) => Dimensions.flatMap(({ Value }) => Value ?? [])),
			);
		}),
		...CompositeAlarms.map((alarm) => looksAt(alarm, childrenOf(alarm.AlarmRule))),
		...LogAlarms.map((alarm) => looksAt(alarm, alarm.ScheduledQueryConfiguration?.LogGroupIdentifiers ?? [])),
	];
}

interface Common {
	readonly AlarmName?: string | undefined;
	readonly StateTransitionedTimestamp?: Date | undefined;
	readonly StateUpdatedTimestamp?: Date | undefined;
}

/** The names in a rule such as `ALARM("cpu-high") OR ALARM(arn:aws:cloudwatch:eu-west-1:111122223333:alarm:disk-full)`. */
function childrenOf(rule = ''): string[] {
	return [...rule.matchAll(/\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]*)"|([^()"]*?))\s*\)/g)].map(([, quoted, bare = '']) =>
		(quoted ?? bare).replace(/^arn:[^:]*:cloudwatch:[^:]*:[^:]*:alarm:/, ''),
	);
}
