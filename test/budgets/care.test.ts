/** The budgets of AWS calls of alarms and remediations, from the event to the end, the clock's part included. */

import { describe, expect, it } from 'vitest';
import { MINUTE, nodeId, SECOND } from '../flows/deployment.ts';
import { begin, type Flow, type OurCall } from '../flows/support.ts';

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

/** Calls by operation since a moment; limits are left out, which are another budget. */
function spent(flow: Flow, since: number) {
	const by: Record<string, number> = {};
	const calls = flow.calls().filter((call) => call.at >= since && !isStanding(call) && !isOfLimits(call));
	for (const { operation } of calls) by[operation] = (by[operation] ?? 0) + 1;
	const controlPlane = calls.filter(({ service }) => service === 'ssm' || service === 'autoscaling').length;
	return { total: calls.length, controlPlane, by: JSON.stringify(by) };
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
async function solvedAlarm(run?: string) {
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
	expect(operation).toMatchObject({ state: 'succeeded', result: { resolved: true } });
	return spent(flow, since);
}

async function remediated(run: string) {
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
	expect(operation).toMatchObject({ state: 'succeeded' });
	return spent(flow, since);
}

describe('The AWS calls of an alarm, from ALARM to resolved, with its context', () => {
	it('are at most 12', async () => {
		const { total, by } = await solvedAlarm();
		expect(total, by).toBeLessThanOrEqual(12);
	});

	it('are at most 18 with a runbook', async () => {
		const { total, by } = await solvedAlarm(RESTART);
		expect(total, by).toBeLessThanOrEqual(18);
	});
});

describe('The AWS calls of a remediation, first attempt', () => {
	it.each([
		['runbook', BY_RUNBOOK],
		['command', BY_COMMAND],
	])('by a %s are at most 12, of which 3 of the control plane', async (_, run) => {
		const { total, controlPlane, by } = await remediated(run);
		expect(total, by).toBeLessThanOrEqual(12);
		expect(controlPlane, by).toBeLessThanOrEqual(3);
	});
});
