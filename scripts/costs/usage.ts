/** How much of what AWS charges for a stage and its operations use. */

import type { Usage } from './prices.ts';

/** Every function's: `memorySize` in serverless.yml. */
const GIGABYTES = 0.5;
/** The hours of a month, as AWS counts them. */
const HOURS = 730;
const GIGABYTE = 1024 ** 3;

/** A message that comes alone is sent by EventBridge, received and deleted; of a burst, ten are received and deleted in a request. */
const REQUESTS_ALONE = 3;
const REQUESTS_IN_BURST = 1.2;
/** What Lambda itself writes of an invocation, and what the audit trail has of a change of state. Bytes. */
const PLATFORM_LOG = 400;
const AUDIT_EVENT = 1_800;
/** Lines in which an operation counts itself. Bytes. */
const METRIC_LINES = 900;

/** What one operation was seen to do. `seconds` of functions are assumed: the answers of AWS take most of them. */
export interface Seen {
	readonly what: string;
	readonly messages: number;
	readonly invocations: number;
	readonly seconds: number;
	/** Each write of an operation is charged by the kilobyte, and its place in the index twice: written, and the old one deleted. */
	readonly writeUnits: number;
	readonly readUnits: number;
	/** Changes of state that are published. */
	readonly published: number;
	/** Lines of the functions. */
	readonly logBytes: number;
	readonly burst?: true;
	readonly more?: Usage;
}

/** Counted in the local AWS, by the flows of test/budgets. */
export const SEEN: readonly Seen[] = [
	{
		what: 'drain or bootstrap of a node by a command, alone',
		...{ messages: 2, invocations: 2, seconds: 1.2, writeUnits: 15, readUnits: 3, published: 2, logBytes: 1_700 },
	},
	{
		what: 'the same in a burst of 50',
		...{ messages: 2, invocations: 0.3, seconds: 0.2, writeUnits: 10.5, readUnits: 1.5, published: 2, logBytes: 1_600, burst: true },
	},
	{
		what: 'alarm, with its OpsItem and its context',
		...{ messages: 2, invocations: 2, seconds: 2, writeUnits: 19, readUnits: 6, published: 2, logBytes: 2_100 },
		more: { 'OpsItems created': 1, 'OpsItem requests (get, update)': 1 },
	},
	{
		what: 'alarm, with a runbook of five steps (restart-node)',
		...{ messages: 3, invocations: 3, seconds: 2.6, writeUnits: 27, readUnits: 8, published: 3, logBytes: 2_900 },
		more: { 'OpsItems created': 1, 'OpsItem requests (get, update)': 2, 'Automation steps': 5 },
	},
	{
		what: 'remediation by a command, proved by the rule',
		...{ messages: 3, invocations: 3, seconds: 1.5, writeUnits: 24, readUnits: 10, published: 3, logBytes: 1_700 },
		more: { 'Config rule evaluations': 1, 'Config items recorded': 1 },
	},
	{
		what: 'remediation by a runbook of four steps (enforce-imdsv2)',
		...{ messages: 3, invocations: 3, seconds: 1.5, writeUnits: 24, readUnits: 10, published: 3, logBytes: 1_600 },
		more: { 'Automation steps': 4, 'Config rule evaluations': 1, 'Config items recorded': 1 },
	},
	{
		what: 'any other event, with its OpsItem',
		...{ messages: 1, invocations: 1, seconds: 0.6, writeUnits: 8, readUnits: 1, published: 1, logBytes: 1_200 },
		more: { 'OpsItems created': 1 },
	},
];

/** Of this many operations. */
export function usageOf(seen: Seen, operations: number): Usage {
	const { messages, invocations, seconds, writeUnits, readUnits, published, logBytes, burst, more = {} } = seen;
	const bytes = logBytes + METRIC_LINES + invocations * PLATFORM_LOG + published * AUDIT_EVENT;
	const one: Usage = {
		'Lambda requests': invocations,
		'Lambda GB-seconds (Arm)': seconds * GIGABYTES,
		'SQS requests': messages * (burst ? REQUESTS_IN_BURST : REQUESTS_ALONE),
		'EventBridge events of our own': published,
		'DynamoDB write units': writeUnits,
		'DynamoDB read units': readUnits,
		'CloudWatch Logs, GB taken in': bytes / GIGABYTE,
		...more,
	};
	return Object.fromEntries(Object.entries(one).map(([unit, count]) => [unit, count * operations]));
}

/** Invocations by the clocks, an hour: `reconcile` ticks every minute and sweeps every five, `playbook-change` runs every minute. */
const CLOCKS = 60 + 12 + 60;
/** A tick with nothing to do: four queries at once. Seconds. */
const IDLE_TICK = 0.1;
/** Lambda keeps five requests waiting at each queue, each for 20 seconds: requests an hour. */
const POLLS = (5 * 3_600) / 20;
/** Reads an hour: four shards of the index, half a unit each, and the compiled playbooks (16 KB) about twice a minute. */
const READS = (60 + 12) * 4 * 0.5 + 120 * 4;
/** `SecondsBehind`, `OpenOperations` and `OldestOpenSeconds` are always sent. */
const METRICS = 3;
/** Line of a tick's metric. Bytes. */
const TICK_LINE = 250;

/** Of a month in which nothing happens. */
export function idleUsage({ queues, alarms }: { readonly queues: number; readonly alarms: number }): Usage {
	return {
		'CloudWatch dashboards': 1,
		'CloudWatch alarms': alarms,
		'SQS requests': queues * POLLS * HOURS,
		'KMS keys': 1,
		'CloudWatch metrics': METRICS,
		'Lambda GB-seconds (Arm)': CLOCKS * HOURS * IDLE_TICK * GIGABYTES,
		'DynamoDB read units': READS * HOURS,
		'CloudWatch Logs, GB taken in': (CLOCKS * HOURS * (PLATFORM_LOG + TICK_LINE)) / GIGABYTE,
		'Lambda requests': CLOCKS * HOURS,
	};
}
