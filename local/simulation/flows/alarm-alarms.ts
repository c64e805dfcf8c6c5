/** The alarms of a story, of every type, and the nodes that some of them watch. */

import type { PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import type { Behaviours, Outcome } from '../../aws/ec2-machine.ts';
import type { FleetGroup, FleetNode } from '../../fleet.ts';
import type { World } from '../../world.ts';
import type { Draw } from '../draw.ts';
import { OWN, TRACKING } from './alarm-claims.ts';

/** An alarm that a story draws. */
export interface DrawnAlarm {
	readonly name: string;
	readonly type: 'metric' | 'math' | 'series' | 'log' | 'composite';
	/** Puts it into the world, as if it had been there for long. */
	add(world: World): void;
	/** What it was made with, where it is on a metric: it can be made anew. */
	readonly settings?: PutMetricAlarmCommandInput;
	/** The alarm that suppresses its actions while in ALARM. */
	readonly suppressor?: string;
}

export const SUPPRESSOR = 'release-running';
const COMPOSITE = 'shop-unwell';

const nodeId = (number: number) => `i-0a${String(number + 1).padStart(15, '0')}`;

/** Nodes that are in no hook's hands. */
export function drawNodes(draw: Draw): FleetGroup {
	const nodes = Array.from({ length: draw.whole(1, 3) }, (_, number): FleetNode => {
		const each = draw.of(`node ${number}`);
		return {
			id: nodeId(number),
			agent: each.weighted([
				[10, 'online'],
				[2, 'lost'],
				[1, 'deaf'],
			]),
			behaviours: drawBehaviours(each.of('behaviours')),
		};
	});
	return { name: 'shop', min: 0, max: 10, tags: { service: 'shop' }, nodes };
}

function drawBehaviours(draw: Draw): Behaviours {
	const outcome = (own: boolean): Outcome => ({
		durationSeconds: draw.weighted([
			[5, draw.whole(2, 60)],
			[3, draw.whole(60, 400)],
			[1, draw.whole(400, 1_000)],
		]),
		stdout: 'done\n',
		...(draw.chance(0.2) && (draw.chance(0.3) ? { hangs: true } : { exitCode: draw.one([1, 3, 42]), stdout: 'stuck\n' })),
		...(own && { oncePer: 'WorkId' }),
	});
	return {
		'restart-service': outcome(true),
		'collect-logs': { ...outcome(true), durationSeconds: draw.whole(2, 30) },
		'drain-node': outcome(true),
		'AWS-RunShellScript': outcome(false),
	};
}

/** The alarms of a story, those first that others are made of. */
export function drawAlarms(draw: Draw, { nodes }: FleetGroup): DrawnAlarm[] {
	const node = () => draw.one(nodes).id;
	const metrics = [
		metric('shop-cpu-high', { MetricName: 'CPUUtilization', Namespace: 'AWS/EC2', ...of(node()) }),
		metric('shop-disk-full', { MetricName: 'disk_used_percent', Namespace: 'CWAgent', ...of(node()) }),
		metric('shop-orders-low', { MetricName: 'Orders', Namespace: 'Shop' }),
		metric('api-latency-high', { MetricName: 'Latency', Namespace: 'Shop', ...of(node()) }),
	];
	const first = draw.one(metrics);
	const others = [
		math('shop-errors', nodes.map(({ id }) => id).slice(0, draw.whole(1, 2))),
		series('shop-hosts-slow'),
		log('shop-log-errors'),
		metric(`${TRACKING}shop-AlarmHigh-1`, { MetricName: 'CPUUtilization', Namespace: 'AWS/EC2' }),
		metric(`${OWN}local-dead-letters`, { MetricName: 'ApproximateNumberOfMessagesVisible', Namespace: 'AWS/SQS' }),
		metric('team-noise-high', { MetricName: 'Noise', Namespace: 'Team' }),
	];
	const drawn = [first, ...draw.some(metrics, 0.45).filter((alarm) => alarm !== first), ...draw.some(others, 0.2)];
	if (!draw.chance(0.25)) return drawn;
	const suppressor = draw.chance(0.6) ? metric(SUPPRESSOR, { MetricName: 'Releases', Namespace: 'Shop' }) : undefined;
	return [...drawn, ...(suppressor ? [suppressor] : []), composite(draw, first.name, suppressor?.name)];
}

type MetricSettings = Omit<PutMetricAlarmCommandInput, 'AlarmName' | 'EvaluationPeriods' | 'ComparisonOperator'>;

const ABOVE = { EvaluationPeriods: 1, ComparisonOperator: 'GreaterThanThreshold' } as const;

const of = (id: string) => ({ Dimensions: [{ Name: 'InstanceId', Value: id }] });

function metric(name: string, settings: MetricSettings): DrawnAlarm {
	const whole = { ...ABOVE, AlarmName: name, Statistic: 'Average', Period: 60, Threshold: 90, ...settings } as const;
	return { name, type: 'metric', settings: whole, add: ({ services }) => services.cloudWatch.addMetricAlarm(whole) };
}

/** Over the same metric of several nodes: with two of them no dimension names one. */
function math(name: string, ids: readonly string[]): DrawnAlarm {
	const queries = ids.map((id, index) => ({
		Id: `m${index}`,
		MetricStat: { Metric: { Namespace: 'Shop', MetricName: 'Errors', ...of(id) }, Period: 60, Stat: 'Sum' },
		ReturnData: false,
	}));
	const sum = { Id: 'e1', Expression: queries.map(({ Id }) => Id).join(' + '), Label: 'Errors' };
	const whole = { ...ABOVE, AlarmName: name, Threshold: 5, Metrics: [sum, ...queries] };
	return { name, type: 'math', add: ({ services }) => services.cloudWatch.addMetricAlarm(whole) };
}

function series(name: string): DrawnAlarm {
	const Metrics = [{ Id: 'q1', Expression: 'SELECT AVG(Latency) FROM Shop GROUP BY Host', Period: 60 }];
	const whole = { ...ABOVE, AlarmName: name, Threshold: 5, Metrics };
	return { name, type: 'series', add: ({ services }) => services.cloudWatch.addMetricAlarm(whole) };
}

function log(name: string): DrawnAlarm {
	return {
		name,
		type: 'log',
		add: ({ services }) =>
			services.cloudWatch.addLogAlarm({
				...{ AlarmName: name, Threshold: 10, ComparisonOperator: 'GreaterThanThreshold' },
				...{ QueryResultsToEvaluate: 1, QueryResultsToAlarm: 1 },
				ScheduledQueryConfiguration: {
					...{ LogGroupIdentifiers: ['/app/shop'], QueryString: 'filter @message like /ERROR/', AggregationExpression: 'count(*)' },
					ScheduledQueryRoleARN: 'arn:aws:iam::111122223333:role/query',
					ScheduleConfiguration: { ScheduleExpression: 'rate(5 minutes)', StartTimeOffset: 300 },
				},
			}),
	};
}

function composite(draw: Draw, child: string, suppressor: string | undefined): DrawnAlarm {
	const periods = { ActionsSuppressorWaitPeriod: draw.whole(30, 300), ActionsSuppressorExtensionPeriod: draw.whole(30, 400) };
	return {
		name: COMPOSITE,
		type: 'composite',
		...(suppressor !== undefined && { suppressor }),
		add: ({ services }) =>
			services.cloudWatch.addCompositeAlarm({
				AlarmName: COMPOSITE,
				AlarmRule: `ALARM(${child})`,
				...(suppressor !== undefined && { ActionsSuppressor: suppressor, ...periods }),
			}),
	};
}
