/** Events as AWS sends them, one after another, each about a subject of its own: what is mutated, and what is not. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// biome-ignore lint/suspicious/noExplicitAny: events are read and changed here as a person does it, whatever they are.
export type Event = any;

/** What becomes of an event that nothing has happened to. `done` leaves no operation; `buried`: what it leads to cannot be read. */
export type End = 'operation' | 'drop' | 'done' | 'buried';

export interface Sample {
	readonly ends: End;
	/** The event, about its `n`th subject. */
	make(n: number): Event;
}

/** Puts the `n`th subject into a copy of the event. */
type About = (event: Event, n: number) => void;

const EVENTS = join(import.meta.dirname, '..', '..', 'events');
const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0');

/** Ids of their own for each kind and number. */
export const nodeId = (kind: string, n: number) => `i-0${kind}22e5${hex(n, 11)}`;
export const sessionId = (kind: string, n: number) => `anna-${kind}${hex(n, 16)}`;
export const uuid = (kind: string, n: number) => `${kind}0000000-0000-4000-8000-${hex(n, 12)}`;

export const file = (name: string): Event => JSON.parse(readFileSync(join(EVENTS, `${name}.json`), 'utf8'));

function sampleOf(event: Event, ends: End, about: About = () => {}): Sample {
	const text = JSON.stringify(event);
	return {
		ends,
		make(n) {
			const own = JSON.parse(text);
			own.id = uuid('e', n);
			about(own, n);
			return own;
		},
	};
}
export const opens = (event: Event, about?: About) => sampleOf(event, 'operation', about);
export const dropped = (event: Event, about?: About) => sampleOf(event, 'drop', about);
export const done = (event: Event) => sampleOf(event, 'done');
export const buried = (event: Event, about?: About) => sampleOf(event, 'buried', about);

/** An envelope for what `events/` has no sample of, in the shape of AWS's event references. */
function envelope(source: string, detailType: string, resources: readonly string[], detail: object): Event {
	const [account, region] = ['111122223333', 'eu-west-1'];
	return { version: '0', id: '', 'detail-type': detailType, source, account, time: '2026-03-02T09:15:04Z', region, resources, detail };
}

const NODE = nodeId('d', 0);

function alarm(name: string, configuration: object): Event {
	return envelope('aws.cloudwatch', 'CloudWatch Alarm State Change', [`arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${name}`], {
		alarmName: name,
		state: { value: 'ALARM', reason: 'Thresholds Crossed', timestamp: '2026-03-02T09:15:04.653+0000' },
		previousState: { value: 'OK', reason: 'Unchecked: Initial alarm creation', timestamp: '2026-03-02T09:00:00.000+0000' },
		configuration,
	});
}

const metricStat = (name: string) => ({
	metric: { namespace: 'AWS/EC2', name, dimensions: { InstanceId: NODE } },
	...{ period: 60, stat: 'Average' },
});
/** Alarms of further types: of a band, of an expression, and a series of an alarm that has several. */
export const BAND = alarm('web-band', {
	description: 'CPU utilization is out of its band',
	metrics: [
		{ id: 'm1', metricStat: metricStat('CPUUtilization'), returnData: true },
		{ id: 'ad1', expression: 'ANOMALY_DETECTION_BAND(m1, 0.8)', label: 'CPUUtilization (expected)', returnData: true },
	],
});
export const METRIC_MATH = alarm('web-traffic', {
	metrics: [
		{ expression: 'SUM(METRICS())', id: 'e1', label: 'Total Network Traffic', returnData: true },
		{ id: 'm1', metricStat: metricStat('NetworkIn'), returnData: false },
	],
});
const several = alarm('web-cpu-high', { metrics: [] });
export const SERIES = {
	...several,
	'detail-type': 'CloudWatch Alarm Contributor State Change',
	detail: { ...several.detail, alarmContributor: { id: '6a1d', attributes: { host: 'web-1' } } },
};

/** Events that playbooks may be for, of which AWS has many more. */
const NODE_ARN = `arn:aws:ec2:eu-west-1:111122223333:instance/${NODE}`;
const GROUP_ARN =
	'arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:7b1c6a52-3c34-4f0e-9d5b-0c1f6a7e2b11:autoScalingGroupName/web-blue';
const onNode = { 'instance-id': NODE };
export const REBALANCE = envelope('aws.ec2', 'EC2 Instance Rebalance Recommendation', [NODE_ARN], onNode);
export const STATE_CHANGE = envelope('aws.ec2', 'EC2 Instance State-change Notification', [NODE_ARN], { ...onNode, state: 'stopping' });
export const REFRESH_FAILED = envelope('aws.autoscaling', 'EC2 Auto Scaling Instance Refresh Failed', [GROUP_ARN], {
	...{ InstanceRefreshId: uuid('f', 0), AutoScalingGroupName: 'web-blue' },
});
export const PATCH_NONCOMPLIANT = envelope('aws.ssm', 'Configuration Compliance State Change', [NODE_ARN], {
	...{ 'resource-type': 'managed-instance', 'resource-id': NODE, 'compliance-status': 'non_compliant', 'compliance-type': 'Patch' },
	...{ 'patch-baseline-id': 'pb-0123456789abcdef0', severity: 'critical' },
});
const lines = [
	{ sku: 'a', count: 2 },
	{ sku: 'b', count: 1 },
];
export const ORDER = envelope('acme.orders', 'Order Stuck', [], {
	...{ order: { id: 'o-1', lines, total: 12.5 }, tags: ['a', 'b'], note: null },
});
