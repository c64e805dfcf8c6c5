/** Metrics: values by the minute. No alarm is evaluated from them: the world says where an alarm stands. */

import type { Datapoint, Dimension, GetMetricStatisticsCommandInput, GetMetricStatisticsCommandOutput } from '@aws-sdk/client-cloudwatch';
import { type AwsContext, AwsError, type Output } from '../types.ts';

interface Minute {
	count: number;
	sum: number;
	least: number;
	most: number;
}

const MINUTE_MS = 60_000;
/** CloudWatch keeps values by the minute for 15 days. */
const KEPT_MINUTES = 15 * 24 * 60;
/** GetMetricStatistics gives up to 1,440 datapoints. */
const MOST = 1_440;

export class Metrics {
	readonly #ctx: Pick<AwsContext, 'clock'>;
	readonly #series = new Map<string, Map<number, Minute>>();

	constructor(ctx: Pick<AwsContext, 'clock'>) {
		this.#ctx = ctx;
	}

	/** Takes a value of now. */
	record(namespace: string, name: string, dimensions: Readonly<Record<string, string>>, value: number): void {
		const key = keyOf(namespace, name, Object.entries(dimensions));
		const series = this.#series.get(key) ?? new Map<number, Minute>();
		this.#series.set(key, series);
		const minute = Math.floor(this.#ctx.clock.now() / MINUTE_MS);
		const { count, sum, least, most } = series.get(minute) ?? { count: 0, sum: 0, least: value, most: value };
		series.set(minute, { count: count + 1, sum: sum + value, least: Math.min(least, value), most: Math.max(most, value) });
		series.delete(minute - KEPT_MINUTES);
	}

	/** @throws AwsError for a period that is no multiple of a minute, or for more datapoints than are given. */
	statistics(input: GetMetricStatisticsCommandInput): Output<GetMetricStatisticsCommandOutput> {
		const { Namespace = '', MetricName = '', Dimensions = [], StartTime, EndTime, Period = 0, Statistics = [] } = input;
		if (Period < 60 || Period % 60 !== 0)
			throw new AwsError('InvalidParameterValueException', 'The parameter Period must be a multiple of 60.');
		const [from, to] = [StartTime?.getTime() ?? 0, EndTime?.getTime() ?? 0];
		if (from >= to) throw new AwsError('InvalidParameterCombinationException', 'The parameter StartTime must be less than EndTime.');
		if ((to - from) / (Period * 1_000) > MOST) {
			throw new AwsError('InvalidParameterCombinationException', `You have requested up to more than ${MOST} datapoints.`);
		}
		const series = this.#series.get(keyOf(Namespace, MetricName, Dimensions.map(nameAndValue))) ?? new Map<number, Minute>();
		const periods = new Map<number, Minute[]>();
		for (const [minute, values] of series) {
			const at = minute * MINUTE_MS;
			if (at < from || at >= to) continue;
			const start = at - (at % (Period * 1_000));
			periods.set(start, [...(periods.get(start) ?? []), values]);
		}
		const Datapoints = [...periods].map(([start, minutes]): Datapoint => ({ Timestamp: new Date(start), ...wire(minutes, Statistics) }));
		return { Label: MetricName, Datapoints };
	}
}

function wire(minutes: readonly Minute[], statistics: readonly string[]): Omit<Datapoint, 'Timestamp'> {
	const sum = minutes.reduce((total, minute) => total + minute.sum, 0);
	const count = minutes.reduce((total, minute) => total + minute.count, 0);
	const all = {
		Sum: sum,
		SampleCount: count,
		Average: sum / count,
		Minimum: Math.min(...minutes.map(({ least }) => least)),
		Maximum: Math.max(...minutes.map(({ most }) => most)),
	};
	return Object.fromEntries(Object.entries(all).filter(([name]) => statistics.includes(name)));
}

const nameAndValue = ({ Name = '', Value = '' }: Dimension): [string, string] => [Name, Value];

function keyOf(namespace: string, name: string, dimensions: readonly (readonly [string, string])[]): string {
	return JSON.stringify([namespace, name, ...[...dimensions].sort(([a], [b]) => (a < b ? -1 : 1))]);
}
