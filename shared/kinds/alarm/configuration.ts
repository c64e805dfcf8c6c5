/** What an alarm watches, and for what, as its event says. Pure. */

import * as z from 'zod/mini';
import type { Occasion } from '../../operation/types.ts';

const text = z.optional(z.string());
const number = z.optional(z.number());

/** As much of `configuration` as is read: metrics of metric, math and anomaly alarms, the rule of a composite, the query of a log alarm. */
const Configuration = z.looseObject({
	description: text,
	metrics: z.optional(
		z.array(
			z.looseObject({
				expression: text,
				label: text,
				metricStat: z.optional(
					z.looseObject({
						metric: z.looseObject({ namespace: text, name: text, dimensions: z.optional(z.record(z.string(), z.string())) }),
						period: number,
						stat: text,
					}),
				),
			}),
		),
	),
	alarmRule: text,
	logGroupIdentifiers: z.optional(z.array(z.string())),
	queryString: text,
	threshold: number,
	comparisonOperator: text,
});
type Configuration = z.infer<typeof Configuration>;

const ReasonData = z.looseObject({
	threshold: number,
	recentLowerThresholds: z.optional(z.array(z.nullable(z.number()))),
	recentUpperThresholds: z.optional(z.array(z.nullable(z.number()))),
});

type Detail = Occasion['detail'];

/** A configuration of a shape that is not known tells nothing: the alarm went off all the same. */
function configurationOf({ configuration }: Detail): Configuration {
	return Configuration.safeParse(configuration).data ?? {};
}

export interface Metric {
	readonly namespace?: string | undefined;
	readonly name?: string | undefined;
	readonly dimensions: Readonly<Record<string, string>>;
}

/** The metrics that it reads. */
export function metricsOf(detail: Detail): readonly Metric[] {
	const { metrics = [] } = configurationOf(detail);
	return metrics.flatMap(({ metricStat }) =>
		metricStat ? [{ ...metricStat.metric, dimensions: metricStat.metric.dimensions ?? {} }] : [],
	);
}

/** The dimensions of its metrics by name. One that has several values means none of them: work on the first would be a guess. */
export function dimensionsOf(detail: Detail): Readonly<Record<string, string>> {
	const values = new Map<string, Set<string>>();
	for (const { dimensions } of metricsOf(detail)) {
		for (const [name, value] of Object.entries(dimensions)) values.set(name, new Set([...(values.get(name) ?? []), value]));
	}
	return Object.fromEntries(
		[...values].flatMap(([name, [first, ...more]]) => (first !== undefined && more.length === 0 ? [[name, first]] : [])),
	);
}

export function descriptionOf(detail: Detail): string | undefined {
	return configurationOf(detail).description;
}

/** What it watches, in words: its metrics and expressions, its rule, or its query. */
export function watchedBy(detail: Detail): string | undefined {
	const { metrics = [], alarmRule, logGroupIdentifiers = [], queryString } = configurationOf(detail);
	if (alarmRule !== undefined) return alarmRule;
	if (queryString !== undefined) return `${queryString} in ${logGroupIdentifiers.join(', ')}`;
	const lines = metrics.map(({ expression, label, metricStat }) => {
		if (metricStat === undefined) return [label, expression].filter(Boolean).join(': ');
		const { metric, stat, period } = metricStat;
		const dimensions = Object.entries(metric.dimensions ?? {}).map(([name, value]) => `${name} ${value}`);
		const how = [...dimensions, ...(stat === undefined ? [] : [period === undefined ? stat : `${stat} of ${period} s`])].join(', ');
		return [metric.namespace, metric.name, how && `(${how})`].filter(Boolean).join(' ');
	});
	return lines.length > 0 ? lines.join('; ') : undefined;
}

/** What is crossed when it goes off, where the event says so. */
export function thresholdOf(detail: Detail): string | undefined {
	const { threshold, comparisonOperator } = configurationOf(detail);
	if (threshold !== undefined) return [comparisonOperator, threshold].filter((each) => each !== undefined).join(' ');
	const { reasonData } = (detail['state'] ?? {}) as { readonly reasonData?: unknown };
	const known = ReasonData.safeParse(fromJson(reasonData)).data;
	if (known?.threshold !== undefined) return String(known.threshold);
	const [lower, upper] = [known?.recentLowerThresholds?.at(-1), known?.recentUpperThresholds?.at(-1)];
	return lower == null && upper == null ? undefined : `band from ${lower ?? 'anything'} to ${upper ?? 'anything'}`;
}

function fromJson(json: unknown): unknown {
	try {
		return typeof json === 'string' ? JSON.parse(json) : undefined;
	} catch {
		return undefined;
	}
}
