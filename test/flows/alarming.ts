/** A node with an alarm, and what became of that. */

import type { AlarmHandle } from '../../local/aws/cloudwatch/index.ts';
import type { AlarmOperation } from '../../shared/operation/types.ts';
import { nodeId } from './deployment.ts';
import { begin, type Flow, type Setup } from './support.ts';

export const NAME = 'web-cpu-high';

export const onAlarm = (more = '') => `name: web-alarms
priority: 200
on: alarm
when:
  detail: { alarmName: [{ prefix: web- }] }
opsItem: { severity: "3", category: Performance, runbooks: [restart-node] }
${more}`;
export const RESTART = `run:
  automation: restart-node
  parameters: { InstanceId: $.dimensions.InstanceId }
  timeout: 20m
`;

interface Alarmed {
	readonly flow: Flow;
	readonly alarm: AlarmHandle;
	goesOff(): void;
	recovers(): void;
}

/** A node with an alarm on its processors that has been OK for long; AWS Config records. */
export async function withAlarm(playbook = onAlarm(), setup: Setup = {}): Promise<Alarmed> {
	const flow = await begin({ playbooks: { 'web-alarms': playbook }, ...setup });
	const { cloudWatch, config } = flow.world.services;
	config.record();
	const alarm = cloudWatch.addMetricAlarm({
		AlarmName: NAME,
		AlarmDescription: 'A web node has been busy for three minutes.',
		Namespace: 'AWS/EC2',
		MetricName: 'CPUUtilization',
		Dimensions: [{ Name: 'InstanceId', Value: nodeId(1) }],
		Statistic: 'Average',
		Period: 60,
		EvaluationPeriods: 3,
		Threshold: 90,
		ComparisonOperator: 'GreaterThanThreshold',
	});
	return {
		flow,
		alarm,
		goesOff: () => alarm.set('ALARM', 'Threshold Crossed: 97 was greater than the threshold (90.0).', { version: '1.0', threshold: 90 }),
		recovers: () => alarm.set('OK', 'Threshold Crossed: 30 was not greater than the threshold (90.0).', { version: '1.0', threshold: 90 }),
	};
}

export const operations = (flow: Flow): Promise<AlarmOperation[]> => flow.operations('alarm');

/** The only one. */
export async function operation(flow: Flow): Promise<AlarmOperation> {
	const [only, ...more] = await operations(flow);
	if (only === undefined || more.length > 0) throw new Error(`There are ${only ? more.length + 1 : 0} operations.`);
	return only;
}

export const items = (flow: Flow) =>
	flow.world.services.ssm.opsItems().map(({ id, status, severity, data }) => ({
		id,
		status,
		severity,
		said: Object.fromEntries([...data].map(([name, { Value = '' }]) => [name, Value])),
	}));
export const mails = (flow: Flow) => flow.world.services.sns.publications;
export const starts = (flow: Flow) => flow.calls('StartAutomationExecution').filter(({ error }) => error === undefined);
