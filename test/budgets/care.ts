/** What alarms and remediations cost in AWS calls, from the event to the end, the clock's part included. */

import { MINUTE, nodeId, SECOND } from '../flows/deployment.ts';
import { begin, type Flow, type OurCall } from '../flows/support.ts';
import { type Spent, spent } from './drains.ts';

export interface Care {
	readonly what: string;
	/** Calls, and those of the control plane where they have a budget of their own (DESIGN, Budgets). */
	readonly allowed: { readonly total: number; readonly controlPlane?: number };
	/** @throws Error where it does not end well. */
	cost(): Promise<Spent>;
}

const ALARMS = (name: string, priority: number, run = '') => `name: ${name}
priority: ${priority}
on: alarm
when:
  detail: { alarmName: [{ prefix: ${name} }] }
calm: 1m
${run}`;

const RESTART = `run:
  automation: restart-node
  parameters: { InstanceId: $.dimensions.InstanceId }
  timeout: 20m
`;

/** Without limits, as budgets are counted: they may add two calls. */
const REMEDY = (run: string) => `name: remedy
priority: 10
on: noncompliant
when:
  detail: { configRuleName: [budget-imdsv2] }
run:
${run}
  timeout: 15m
limits: { concurrent: 1000 }
`;
const BY_RUNBOOK = '  automation: enforce-imdsv2\n  parameters: { InstanceId: $.detail.resourceId }';
const BY_COMMAND = '  command: restart-service\n  parameters: { ServiceName: nginx }';

/** What each environment keeps for a minute, and the clock's question for what is due, are asked whether or not anything happens. */
function isStanding({ caller, operation, input }: OurCall): boolean {
	const key = JSON.stringify(input['Key'] ?? '');
	if (operation === 'GetItem' && key.includes('playbooks')) return true;
	if (caller.endsWith('playbook-change')) return true;
	return caller.endsWith('reconcile') && (operation === 'Query' || /^(DescribeAutoScalingGroups|DescribeConfigRules)$/.test(operation));
}

/** Calls since a moment; those of limits are left out, which are another budget. */
function spentSince(flow: Flow, since: number): Spent {
	return spent(flow.calls().filter((call) => call.at >= since && !isStanding(call) && !isOfLimits(call)));
}

const isOfLimits = ({ input }: OurCall) => JSON.stringify(input['Key'] ?? '').includes('limits#');

function alarmOf(flow: Flow, AlarmName: string, node: string) {
	return flow.world.services.cloudWatch.addMetricAlarm({
		AlarmName,
		Namespace: 'AWS/EC2',
		MetricName: 'CPUUtilization',
		Dimensions: [{ Name: 'InstanceId', Value: node }],
		Statistic: 'Average',
		Period: 60,
		EvaluationPeriods: 1,
		Threshold: 80,
		ComparisonOperator: 'GreaterThanThreshold',
	});
}

/** An alarm from ALARM to resolved. Another has gone off just before, so that environments have what they keep; it stays on. */
async function solvedAlarm(run?: string): Promise<Spent> {
	const flow = await begin({ nodes: 2, playbooks: { other: ALARMS('other', 10), measured: ALARMS('measured', 20, run) } });
	flow.world.services.config.record();
	const [other, measured] = [alarmOf(flow, 'other', nodeId(1)), alarmOf(flow, 'measured', nodeId(2))];
	await flow.until(Math.ceil(flow.now / MINUTE) * MINUTE + SECOND);
	other.set('ALARM', 'Too much.');
	await flow.until(flow.now + 10 * SECOND);
	const since = flow.now;
	measured.set('ALARM', 'Too much.');
	await flow.minutes(2);
	measured.set('OK', 'Well again.');
	// Until the clock has resolved it, and before it looks at the other.
	await flow.minutes(2.4);
	const [operation] = (await flow.operations('alarm')).filter(({ subject }) => subject.alarm === 'measured');
	if (operation?.state !== 'succeeded' || operation.result?.resolved !== true)
		throw new Error(`The alarm's operation is ${operation?.state}.`);
	return spentSince(flow, since);
}

async function remediated(run: string): Promise<Spent> {
	const remedy = { 'restart-service': { durationSeconds: 8, oncePer: 'WorkId' } };
	const nodes = [{ id: nodeId(1), httpTokens: 'optional' } as const];
	const flow = await begin({ nodes, group: { behaviours: remedy }, playbooks: { remedy: REMEDY(run) } });
	const { config } = flow.world.services;
	config.record();
	let fixed = false;
	config.createRule({
		name: 'budget-imdsv2',
		resourceTypes: ['AWS::EC2::Instance'],
		judge: () => (fixed ? 'COMPLIANT' : 'NON_COMPLIANT'),
	});
	const since = flow.now;
	await flow.minutes(2);
	fixed = true;
	// What Config notices after a change of the resource.
	flow.world.services.ec2.tag(nodeId(1), { touched: 'yes' });
	config.look('ec2');
	await flow.minutes(10);
	const [operation] = await flow.operations('compliance');
	if (operation?.state !== 'succeeded') throw new Error(`The remediation is ${operation?.state}.`);
	return spentSince(flow, since);
}

/** What there are budgets of. */
export const CARES: readonly Care[] = [
	{ what: 'an alarm, from ALARM to resolved', allowed: { total: 12 }, cost: () => solvedAlarm() },
	{ what: 'an alarm with a runbook', allowed: { total: 18 }, cost: () => solvedAlarm(RESTART) },
	{ what: 'a remediation by a runbook, first attempt', allowed: { total: 12, controlPlane: 3 }, cost: () => remediated(BY_RUNBOOK) },
	{ what: 'a remediation by a command, first attempt', allowed: { total: 12, controlPlane: 3 }, cost: () => remediated(BY_COMMAND) },
];
