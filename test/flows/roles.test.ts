/** What functions do rarely, each in its own role: a permission is granted for it, and no other flow needs it. */

import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { BusEvent } from '../../local/aws/eventbridge.ts';
import { AwsError } from '../../local/aws/types.ts';
import { onAlarm, withAlarm } from './alarming.ts';
import { makeCalendar } from './calendars.ts';
import { BATCH_NODE, batchWorkers, drainWeb, MINUTE, nodeId } from './deployment.ts';
import { begin, type Flow } from './support.ts';

/** The functions that a call of theirs succeeded for. */
const callers = (flow: Flow, operation: string) => [
	...new Set(
		flow
			.calls(operation)
			.filter(({ error }) => error === undefined)
			.map(({ caller }) => caller.replace('fleetkeeper-local-', '')),
	),
];

/** By function, an event that it handles. */
const EVENTS = {
	'instance-lifecycle': 'instance-terminating',
	'command-status': 'command-invocation-failed',
	'automation-status': 'automation-success',
	'alarm-state': 'alarm-high-cpu',
	'config-compliance': 'compliance-noncompliant',
	'fleet-event': 'spot-interruption',
	'agent-health': 'managed-instance-registration',
	'node-state': 'configuration-compliance-non-compliant',
	'session-event': 'session-started',
	reconcile: 'calendar-open',
	'maintenance-window': 'maintenance-window-ended',
	'playbook-change': 'playbook-changed',
} as const;

describe('Every function', () => {
	it('hands back what AWS does not let it handle now, and buries what can never be handled', async () => {
		const names = Object.keys(EVENTS) as (keyof typeof EVENTS)[];
		let away = false;
		const flow = await begin({
			call: ({ service, caller }) =>
				away && service !== 'sqs' && caller !== 'operator' ? new AwsError('ThrottlingException', 'Rate exceeded') : undefined,
		});

		away = true;
		for (const name of names) {
			const event = JSON.parse(await readFile(`events/${EVENTS[name]}.json`, 'utf8')) as BusEvent;
			flow.world.sqs.queues.get(`fleetkeeper-local-${name}`)?.send(JSON.stringify(event));
			flow.world.sqs.queues.get(`fleetkeeper-local-${name}`)?.send('not { json');
		}
		await flow.minutes(0.4);
		away = false;
		await flow.minutes(1);

		expect(callers(flow, 'ChangeMessageVisibility').sort()).toEqual([...names].sort());
		expect(callers(flow, 'SendMessage').sort()).toEqual([...names].sort());
		for (const name of names) expect(flow.deadLetters(name)).toHaveLength(1);
	});
});

describe('instance-lifecycle', () => {
	it('adds a node that cannot be reached to the OpsItem that it opened for another', async () => {
		const nodes = [1, 2].map((n) => ({ id: nodeId(n), agent: 'none' as const }));
		const flow = await begin({ nodes });

		for (const { id } of nodes) {
			await flow.terminate(id);
			await flow.minutes(0.5);
		}

		expect(flow.opsItems().map((item) => item.nodes)).toEqual([nodes.map(({ id }) => id)]);
		expect(callers(flow, 'GetOpsItem')).toEqual(['instance-lifecycle']);
		expect(callers(flow, 'UpdateOpsItem')).toEqual(['instance-lifecycle']);
	});
});

describe('command-status', () => {
	it('asks the calendar before it sends again what a node never got', async () => {
		const nodes = [1, 2, 3].map((n) => ({ id: nodeId(n), ...(n === 1 && { agent: 'deaf' as const }) }));
		const flow = await begin({ nodes, pollers: 1, playbooks: { 'drain-web': `${drainWeb('20m')}calendar: freeze\n` } });
		await makeCalendar(flow, 'freeze');

		await flow.terminate(...nodes.map(({ id }) => id));
		await flow.minutes(6);

		expect(callers(flow, 'GetCalendarState')).toContain('command-status');
		expect(flow.ran(nodeId(2))).toEqual(['drain-node']);
	});
});

describe('automation-status', () => {
	const FAILS = { 'collect-logs': { exitCode: 1, durationSeconds: 5, oncePer: 'WorkId' }, 'drain-node': { durationSeconds: 5 } };
	const nodes = [{ id: BATCH_NODE }, { id: 'i-0ba7c000000000002' }];

	it('adds a second failure to the OpsItem of the first', async () => {
		const flow = await begin({ nodes: 0, groups: [{ ...batchWorkers(), behaviours: FAILS, nodes }] });

		for (const { id } of nodes) {
			await flow.terminate(id);
			await flow.minutes(2);
		}

		expect(flow.opsItems().map((item) => item.nodes)).toEqual([nodes.map(({ id }) => id)]);
		expect(callers(flow, 'GetOpsItem')).toEqual(['automation-status']);
	});

	it('looks at the instance where somebody has completed its hook before the runbook ended', async () => {
		const flow = await begin({ nodes: 0, groups: [batchWorkers()] });
		await flow.terminate(BATCH_NODE);
		await flow.until(() => flow.calls('StartAutomationExecution').length === 1);

		const [event] = flow.events('EC2 Instance-terminate Lifecycle Action');
		await flow.completeByHand(String(event?.detail['LifecycleActionToken']));
		await flow.minutes(3);

		expect(callers(flow, 'DescribeAutoScalingInstances')).toContain('automation-status');
		expect((await flow.operation(BATCH_NODE)).result).toMatchObject({ lifecycle: 'over' });
	});

	it('stops what has ended too late, whatever its end was', async () => {
		const source = (await readFile('playbooks/collect-batch.yaml', 'utf8')).replace('timeout: 30m', 'timeout: 1m');
		const flow = await begin({ nodes: 0, groups: [batchWorkers(45)], playbooks: { 'collect-batch': source } });

		await flow.terminate(BATCH_NODE);
		await flow.minutes(3);

		expect((await flow.operation(BATCH_NODE)).state).toBe('timed-out');
		expect(flow.calls('StopAutomationExecution')[0]).toMatchObject({ caller: 'fleetkeeper-local-automation-status' });
	});

	it('reads the playbooks where a document is not ours: one of them may name it', async () => {
		const flow = await begin();
		const event = JSON.parse(await readFile('events/automation-success.json', 'utf8')) as BusEvent;

		const detail = { ...event.detail, Definition: 'AWS-RestartEC2Instance' };
		flow.world.putEvent({ source: event.source, detailType: event['detail-type'], detail });
		await flow.minutes(0.5);

		expect(callers(flow, 'GetItem')).toContain('automation-status');
		expect(flow.deadLetters('automation-status')).toEqual([]);
	});
});

describe('The context of an alarm', () => {
	/** On a resource that AWS Config knows by name alone, and on one that it does not know. */
	async function alarms(flow: Flow) {
		const { cloudWatch, cloudFormation } = flow.world.services;
		const volume = 'vol-0123456789abcdef0';
		cloudFormation.addStack({ name: 'web', resources: [{ logicalId: 'Data', type: 'AWS::EC2::Volume', physicalId: volume }] });
		const common = { Namespace: 'AWS/EBS', MetricName: 'M', Statistic: 'Average', Period: 60, EvaluationPeriods: 1 } as const;
		const settings = { ...common, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' } as const;
		return [
			{ AlarmName: 'web-group', Dimensions: [{ Name: 'AutoScalingGroupName', Value: 'web-blue' }] },
			{ AlarmName: 'web-volume', Dimensions: [{ Name: 'VolumeId', Value: volume }] },
		].map((own) => cloudWatch.addMetricAlarm({ ...settings, ...own }));
	}

	it.each([
		['is gathered by alarm-state', 'alarm-state', 0],
		['is gathered by reconcile, where the alarm was muted', 'reconcile', 10],
	])('%s', async (_, functionName, mutedMinutes) => {
		const { flow } = await withAlarm(onAlarm());
		const both = await alarms(flow);
		const { now } = flow;
		const until = now + mutedMinutes * MINUTE;
		if (mutedMinutes > 0)
			flow.world.services.cloudWatch.mute({ name: 'release', alarms: ['web-group', 'web-volume'], from: now - MINUTE, until });

		for (const alarm of both) alarm.set('ALARM', 'Threshold Crossed');
		await flow.minutes(mutedMinutes + 3);

		expect(callers(flow, 'ListDiscoveredResources')).toEqual([functionName]);
		expect(callers(flow, 'DescribeStackResources')).toEqual([functionName]);
	});
});

describe('alarm-state', () => {
	it('reads an operation again where it was not told that its write was done', async () => {
		let armed = false;
		const { flow, goesOff, recovers } = await withAlarm(onAlarm(), {
			call({ operation, caller }) {
				const hit = armed && caller === 'fleetkeeper-local-alarm-state' && operation === 'PutItem';
				armed &&= !hit;
				return hit ? { loseReply: true } : undefined;
			},
		});
		goesOff();
		await flow.minutes(2);

		armed = true;
		recovers();
		await flow.minutes(1);

		expect(callers(flow, 'BatchGetItem')).toContain('alarm-state');
		expect((await flow.operations('alarm')).map(({ alarm }) => alarm.state)).toEqual(['OK']);
	});
});

describe('Who may write playbooks', () => {
	const playbook = drainWeb('15m').replace('command: drain-node', 'command: AWS-RunShellScript\n  parameters: { commands: [uptime] }');

	it('cannot run what the settings do not allow: the playbook is not used, and the OpsItem has its line', async () => {
		const flow = await begin({ playbooks: { 'drain-web': playbook } });

		await flow.terminate(nodeId(1));
		await flow.minutes(2);

		expect(await flow.operations()).toEqual([]);
		const [item] = flow.world.services.ssm.opsItems();
		expect(item?.title).toBe('Playbook drain-web is not valid (stage local)');
		expect(item?.description).toContain('drain-web:7:12 run.command: stage local does not allow AWS-RunShellScript; name it in the stage');
	});

	it('cannot run what the roles do not allow, whatever the settings say: IAM refuses it, and the OpsItem has its words', async () => {
		const flow = await begin({ playbooks: { 'drain-web': playbook }, environment: { ALLOWED_DOCUMENTS: 'AWS-RunShellScript' } });

		await flow.terminate(nodeId(1));
		await flow.minutes(2);

		const document = 'arn:aws:ssm:eu-west-1::document/AWS-RunShellScript';
		const { state, result } = await flow.operation(nodeId(1));
		expect(state).toBe('failed');
		expect(result?.reason).toBe(
			'Systems Manager refused the work: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/' +
				'fleetkeeper-local-instance-lifecycle-eu-west-1-lambdaRole/fleetkeeper-local-instance-lifecycle ' +
				`is not authorized to perform: ssm:SendCommand on resource: ${document} because no identity-based policy allows the ssm:SendCommand action`,
		);
		expect(flow.world.services.ssm.commands()).toEqual([]);
		expect(flow.stateOf(nodeId(1))).toBeUndefined();
	});
});
