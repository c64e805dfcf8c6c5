/** What a deployed function tells of itself: structured log lines, and metrics in the format that CloudWatch finds in a log. */

import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Count, Log } from './deps.ts';
import { SERVICE, type Settings } from './settings.ts';

export interface Telemetry {
	readonly log: Log;
	readonly count: Count;
	/** One invocation: all its lines carry its request id, and its metrics are written when it is over, however it ends. */
	invocation<T>(context: unknown, run: () => Promise<T>): Promise<T>;
}

/** Metrics are in the namespace `Fleetkeeper`, with the dimension `service` (`fleetkeeper-<stage>`) and those that they are counted with. */
export function telemetryOf({ stage }: Pick<Settings, 'stage'>): Telemetry {
	return stage === 'local' ? toStderr() : toCloudWatch(stage);
}

function toCloudWatch(stage: string): Telemetry {
	const logger = new Logger({ serviceName: SERVICE });
	const { count, publish } = embeddedMetrics(`${SERVICE}-${stage}`);
	return {
		log: logger,
		count,
		async invocation(context, run) {
			logger.appendKeys({ function_request_id: (context as { awsRequestId?: string } | undefined)?.awsRequestId });
			try {
				return await run();
			} finally {
				publish();
			}
		},
	};
}

/** Collects metrics by their dimensions: an invocation writes one line for each set of them, whatever it counts. */
function embeddedMetrics(serviceName: string): { readonly count: Count; publish(): void } {
	// As many as there are sets of dimensions, and those are few.
	const sets = new Map<string, Metrics>();
	return {
		count(name, dimensions = {}, value = 1) {
			const key = JSON.stringify(dimensions);
			const set = sets.get(key) ?? new Metrics({ namespace: 'Fleetkeeper', serviceName, defaultDimensions: { ...dimensions } });
			sets.set(key, set.addMetric(name, unitOf(name), value) as Metrics);
		},
		publish() {
			for (const set of sets.values()) if (set.hasStoredMetrics()) set.publishStoredMetrics();
		},
	};
}

/** A metric's name says its unit. */
function unitOf(name: string) {
	return name.includes('Seconds') ? MetricUnit.Seconds : MetricUnit.Count;
}

/** Local runs print their result on stdout: logs keep out of its way. */
function toStderr(): Telemetry {
	const line =
		(level: string) =>
		(message: string, fields = {}) => {
			process.stderr.write(`${level} ${message} ${JSON.stringify(fields)}\n`);
		};
	const log: Log = { debug: () => {}, info: line('INFO '), warn: line('WARN '), error: line('ERROR') };
	return {
		log,
		count: (name, dimensions, value = 1) => log.debug('Metric', { name, value, ...dimensions }),
		invocation: (_context, run) => run(),
	};
}
