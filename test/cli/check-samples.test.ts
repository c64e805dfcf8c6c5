import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ALARM, DRAIN, EVENT, NONCOMPLIANT, REQUEST } from '../shared/playbook/samples.ts';
import { aProject } from './checking.ts';

const { run, write } = aProject();

const TERMINATING = {
	source: 'aws.autoscaling',
	'detail-type': 'EC2 Instance-terminate Lifecycle Action',
	detail: { AutoScalingGroupName: 'web-blue', LifecycleHookName: 'fleetkeeper-drain', EC2InstanceId: 'i-0fee1dead0c0ffee0' },
};
const sample = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../events/${name}.json`, import.meta.url), 'utf8'));
const hookedBy = (hook: string) => ({ ...TERMINATING, detail: { ...TERMINATING.detail, LifecycleHookName: hook } });

describe('for every sample event check says', () => {
	async function about(event: unknown): Promise<string[]> {
		write('events/sample.json', typeof event === 'string' ? event : JSON.stringify(event));
		return (await run()).out.slice(1);
	}

	it('which playbook matches, and why', async () => {
		expect(await about(TERMINATING)).toEqual([
			`events/sample.json: drain-web, if the node's tags meet {"service":["nginx"]}`,
			`  AutoScalingGroupName 'web-blue' meets [{"prefix":"web-"}], LifecycleHookName 'fleetkeeper-drain' meets ["fleetkeeper-drain"]; priority 100`,
		]);
	});

	it('why none matches, and that the hook is left alone', async () => {
		expect(await about(hookedBy('ecs-hook'))).toEqual([
			"events/sample.json: no playbook: hook 'ecs-hook' of group 'web-blue' is left to whoever put it there",
			`  drain-web: LifecycleHookName is 'ecs-hook', wanted ["fleetkeeper-drain"]`,
		]);
	});

	it('that a return to the warm pool is for playbooks that name its destination alone', async () => {
		const toPool = { ...TERMINATING, detail: { ...TERMINATING.detail, Destination: 'WarmPool' } };
		expect(await about(toPool)).toEqual([
			'events/sample.json: no playbook',
			'  drain-web: does not name Destination, and a return to the warm pool is no termination',
		]);
		write('playbooks/drain-web.yaml', DRAIN.replace('LifecycleHookName:', 'Destination: [WarmPool]\n    LifecycleHookName:'));
		expect((await about(toPool))[0]).toContain('drain-web, if');
	});

	it('the same for the events of an SQS batch', async () => {
		const records = [TERMINATING, hookedBy('x')].map((event) => ({ body: JSON.stringify(event) }));
		const lines = await about({ Records: records });
		expect(lines.filter((line) => line.startsWith('events/'))).toHaveLength(2);
	});

	const alarm = (alarmName: string, value: string) => ({
		source: 'aws.cloudwatch',
		'detail-type': 'CloudWatch Alarm State Change',
		detail: { alarmName, state: { value } },
	});
	const finding = (configRuleName: string, complianceType: string) => ({
		source: 'aws.config',
		'detail-type': 'Config Rules Compliance Change',
		detail: { configRuleName, resourceId: 'sg-1', newEvaluationResult: { complianceType } },
	});
	const request = (runbook: string) => ({ source: 'ops.console', 'detail-type': 'Run Automation Requested', detail: { runbook } });
	const spot = (action: string) => ({
		source: 'aws.ec2',
		'detail-type': 'EC2 Spot Instance Interruption Warning',
		detail: { 'instance-id': 'i-0fee1dead', 'instance-action': action },
	});
	const MET = `  detail.alarmName 'web-cpu-high' meets [{"prefix":"web-cpu-"}]; priority 100`;

	it.each<[unknown, readonly string[]]>([
		[alarm('web-cpu-high', 'ALARM'), ['for alarm-state: web-cpu', MET]],
		[alarm('web-cpu-high', 'OK'), ['for alarm-state: web-cpu; OK opens nothing', MET]],
		[alarm('web-cpu-high', 'INSUFFICIENT_DATA'), ['for alarm-state: web-cpu; INSUFFICIENT_DATA opens nothing', MET]],
		[alarm('batch', 'ALARM'), ['for alarm-state: no playbook', `  web-cpu: detail.alarmName is 'batch', wanted [{"prefix":"web-cpu-"}]`]],
		[
			{ 'detail-type': 'CloudWatch Alarm State Change', detail: { alarmName: 'web-cpu-high' } },
			['for alarm-state: web-cpu; without detail.state.value it opens nothing', MET],
		],
		[
			finding('restricted-ssh', 'NON_COMPLIANT'),
			[
				'for config-compliance: close-ssh',
				`  detail.configRuleName 'restricted-ssh' meets ["restricted-ssh",{"prefix":"restricted-ssh-conformance-pack-"}]; priority 100`,
			],
		],
		[
			finding('other-rule', 'COMPLIANT'),
			[
				'for config-compliance: no playbook',
				`  close-ssh: detail.configRuleName is 'other-rule', wanted ["restricted-ssh",{"prefix":"restricted-ssh-conformance-pack-"}]`,
			],
		],
		[
			request('restart-node'),
			['for fleet-event: may-restart', `  detail.runbook 'restart-node' meets ["restart-node","AWS-RestartEC2Instance"]; priority 100`],
		],
		[
			request('isolate-node'),
			['for fleet-event: no playbook', `  may-restart: detail.runbook is 'isolate-node', wanted ["restart-node","AWS-RestartEC2Instance"]`],
		],
		[
			spot('terminate'),
			[
				'for fleet-event: spot-drain',
				`  source 'aws.ec2' meets ["aws.ec2"], detail-type 'EC2 Spot Instance Interruption Warning' meets ["EC2 Spot Instance Interruption Warning"], detail.instance-action 'terminate' meets ["terminate"]; priority 100`,
			],
		],
		[spot('stop'), ['for fleet-event: no playbook', `  spot-drain: detail.instance-action is 'stop', wanted ["terminate"]`]],
		[{ 'detail-type': 'Calendar State Change' }, ['for reconcile']],
		[{ 'detail-type': 'Configuration Compliance State Change' }, ['for node-state']],
		[sample('session-terminated'), ['for session-event']],
		[sample('session-refused'), ['for session-event: StartSession failed (AccessDenied), which is no session']],
		[sample('session-started'), ['for session-event: no playbook, it is on record all the same']],
		[
			{ source: 'aws.ssm', 'detail-type': 'Maintenance Window Execution State-change Notification', detail: { status: 'SUCCESS' } },
			['for fleet-event and maintenance-window: no playbook', `  spot-drain: source is 'aws.ssm', wanted ["aws.ec2"]`],
		],
		[{ 'detail-type': 'CloudWatch Alarm Configuration Change' }, ['for alarm-state']],
		[
			{ 'detail-type': 'CloudWatch Alarm State Changed' },
			["for no function: detail-type is 'CloudWatch Alarm State Changed', not 'CloudWatch Alarm State Change'"],
		],
		[
			{ source: 'com.example', 'detail-type': 'Shop Opened', detail: {} },
			['for fleet-event: no playbook', `  spot-drain: source is 'com.example', wanted ["aws.ec2"]`],
		],
	])('what becomes of %j', async (event, lines) => {
		for (const [name, source] of Object.entries({
			'web-cpu': ALARM,
			'close-ssh': NONCOMPLIANT,
			'may-restart': REQUEST,
			'spot-drain': EVENT,
		})) {
			write(`playbooks/${name}.yaml`, source);
		}
		const [first = '', ...more] = lines;
		expect(await about(event)).toEqual([`events/sample.json: ${first}`, ...more]);
	});

	it('that INSUFFICIENT_DATA opens where the playbook takes it for ALARM', async () => {
		write('playbooks/web-cpu.yaml', `${ALARM}insufficientData: alarm\n`);
		expect((await about(alarm('web-cpu-high', 'INSUFFICIENT_DATA')))[0]).toBe('events/sample.json: for alarm-state: web-cpu');
	});

	it('that an alarm of a target tracking policy is for nobody who does not name it', async () => {
		write('playbooks/web-cpu.yaml', ALARM.replace('prefix: web-cpu-', 'suffix: -AlarmHigh'));
		expect(await about(alarm('TargetTracking-web-AlarmHigh', 'ALARM'))).toEqual([
			'events/sample.json: for alarm-state: no playbook',
			"  web-cpu: it is a target tracking policy's own alarm, and no playbook names it",
		]);
	});

	it('that nobody has a playbook for it', async () => {
		expect(await about(request('restart-node'))).toEqual([
			'events/sample.json: for fleet-event: no playbook',
			'  no playbook is for request',
		]);
		expect(await about({ source: 'com.example', 'detail-type': 'Shop Opened' })).toEqual([
			"events/sample.json: for no function: detail-type is 'Shop Opened'",
		]);
	});

	it.each([
		[{ 'detail-type': 'EC2 Command Invocation Status-change Notification' }, 'for command-status'],
		[
			{ 'detail-type': 'EC2 Instance-terminate Lifecycle Acton' },
			"for no function: detail-type is 'EC2 Instance-terminate Lifecycle Acton', not 'EC2 Instance-terminate Lifecycle Action'",
		],
		['not json', 'not a JSON object'],
		['null', 'not a JSON object'],
	])('%j: %s', async (event, line) => {
		expect(await about(event)).toEqual([`events/sample.json: ${line}`]);
	});

	it('what can be said of an event without detail', async () => {
		expect((await about({ 'detail-type': 'EC2 Instance-terminate Lifecycle Action' }))[0]).toContain('no playbook');
	});
});
