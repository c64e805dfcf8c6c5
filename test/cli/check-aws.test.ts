import { beforeEach, describe, expect, it } from 'vitest';
import { ALARM, DRAIN, NONCOMPLIANT } from '../shared/playbook/samples.ts';
import { aProject, RUNBOOK } from './checking.ts';
import { createFleetAws, type FleetOptions } from './fleet.ts';

const { remove, run, write } = aProject();

describe('check --aws', () => {
	const HOOK = { name: 'fleetkeeper-drain', heartbeatTimeout: 3_600, defaultResult: 'CONTINUE' } as const;
	const GOOD: FleetOptions = {
		group: 'web-blue',
		hooks: [HOOK],
		instances: { 'i-0aaaaaaaaaaaaaaa1': { service: 'nginx' } },
		documents: {
			'fleetkeeper-test-drain-node': { type: 'Command', parameters: { WorkId: undefined, ServiceName: 'nginx', GraceSeconds: '60' } },
		},
	};
	const atAws = async (changes: Partial<FleetOptions>) => {
		const fleet = createFleetAws({ ...GOOD, ...changes });
		return run(['--aws', '--stage', 'test'], () => fleet);
	};

	it('finds nothing where all is as the playbook says', async () => {
		expect(await atAws({})).toEqual({ status: 0, out: ['1 playbook, no errors'], err: [] });
	});

	it.each<[string, Partial<FleetOptions>, number, string]>([
		['no group', { group: 'batch-1' }, 0, '6:5 warning: when.detail: no Auto Scaling group matches'],
		[
			'no such hook',
			{ hooks: [{ ...HOOK, name: 'other' }] },
			1,
			'6:5 when.detail: none of the groups that match has such a hook for instance-terminating: web-blue',
		],
		[
			'a hook of the other transition',
			{ hooks: [{ ...HOOK, launching: true }] },
			1,
			'6:5 when.detail: none of the groups that match has such a hook',
		],
		[
			'a heartbeat that is too short',
			{ hooks: [{ ...HOOK, heartbeatTimeout: 120 }] },
			0,
			'6:5 warning: when.detail: hook fleetkeeper-drain of web-blue has a heartbeat timeout of 2m',
		],
		[
			'a hook that ends too early',
			{ hooks: [{ ...HOOK, heartbeatTimeout: 60 }] },
			1,
			'15:12 run.timeout: 2h is longer than hook fleetkeeper-drain of web-blue can hold an instance: 100m',
		],
		[
			'another default',
			{ hooks: [{ ...HOOK, defaultResult: 'ABANDON' }] },
			0,
			'then.onFailure.lifecycle: hook fleetkeeper-drain of web-blue ends with ABANDON',
		],
		['no document', { documents: {} }, 1, '11:12 run.command: there is no document fleetkeeper-test-drain-node in this account and Region'],
		[
			'an old document',
			{ documents: { 'fleetkeeper-test-drain-node': { type: 'Command', parameters: { ServiceName: 'x' } } } },
			1,
			'document fleetkeeper-test-drain-node has no parameter GraceSeconds',
		],
		[
			'other tags',
			{ instances: { 'i-0aaaaaaaaaaaaaaa1': {} } },
			0,
			'warning: when.tags: 1 of 1 instances of web-blue do not carry these tags: i-0aaaaaaaaaaaaaaa1',
		],
	])('tells of %s', async (_, changes, status, message) => {
		const found = await atAws(changes);
		expect(found.err.join('\n')).toContain(message);
		expect(found.status).toBe(status);
	});

	it.each<[string, string, Partial<FleetOptions>, number, string]>([
		[
			'a calendar that is not there',
			'calendar: [freeze, holidays]',
			{ calendars: { freeze: 'OPEN' } },
			1,
			'16:11 calendar: there is no calendar holidays in this account and Region',
		],
		[
			'a calendar that is closed',
			'calendar: freeze',
			{ calendars: { freeze: 'CLOSED' } },
			0,
			'16:11 warning: calendar: calendar freeze is CLOSED until 2026-03-02T18:00:00Z: work waits',
		],
		[
			'how long an instance waits that is only observed',
			'mode: observe',
			{},
			0,
			'16:7 warning: mode: hook fleetkeeper-drain of web-blue is not completed: where nobody else does, it holds each instance for 1h and ends with CONTINUE',
		],
	])('tells of %s', async (_, line, changes, status, message) => {
		write('playbooks/drain-web.yaml', `${DRAIN}${line}\n`);
		const found = await atAws(changes);
		expect(found.err.join('\n')).toContain(message);
		expect(found.status).toBe(status);
	});

	it('is content with calendars that are open', async () => {
		write('playbooks/drain-web.yaml', `${DRAIN}calendar: freeze\n`);
		expect(await atAws({ calendars: { freeze: 'OPEN' } })).toEqual({ status: 0, out: ['1 playbook, no errors'], err: [] });
	});

	describe('for alarms and rules', () => {
		const AT_AWS: FleetOptions = {
			...GOOD,
			documents: {
				'fleetkeeper-test-restart-service': { type: 'Command', parameters: { ServiceName: 'nginx' } },
				'fleetkeeper-test-restart-node': { type: 'Automation', parameters: { InstanceId: undefined } },
				'AWS-RestartEC2Instance': { type: 'Automation', parameters: { InstanceId: undefined } },
				'fleetkeeper-test-close-security-group': { type: 'Automation', parameters: { SecurityGroupId: undefined } },
			},
			alarms: { 'web-cpu-high': { InstanceId: 'i-0aaaaaaaaaaaaaaa1' } },
			rules: [{ name: 'restricted-ssh' }],
		};
		const atAws = async (changes: Partial<FleetOptions>) =>
			run(['--aws', '--stage', 'test'], () => createFleetAws({ ...AT_AWS, ...changes }));
		beforeEach(() => {
			remove('playbooks/drain-web.yaml');
			for (const name of ['restart-node', 'close-security-group']) {
				const parameter = name === 'restart-node' ? 'InstanceId' : 'SecurityGroupId';
				write(`runbooks/${name}.yaml`, `schemaVersion: "0.3"\nparameters:\n  ${parameter}: { type: String }\nmainSteps: []\n`);
			}
			write('runbooks/restart-service.yaml', RUNBOOK);
			write('playbooks/web-cpu.yaml', ALARM);
			write('playbooks/close-ssh.yaml', NONCOMPLIANT);
		});

		it('finds nothing where all is as the playbooks say, and asks Auto Scaling nothing', async () => {
			expect(await atAws({ hooks: [], group: 'web-blue' })).toEqual({ status: 0, out: ['2 playbooks, no errors'], err: [] });
		});

		it.each<[string, Partial<FleetOptions>, number, readonly string[]]>([
			[
				'no alarm',
				{ alarms: { batch: {} } },
				0,
				['playbooks/web-cpu.yaml:6:5 warning: when.detail: no CloudWatch alarm matches; make one, or correct its name'],
			],
			[
				'alarms that cannot say which node it is',
				{
					alarms: { 'web-cpu-high': { InstanceId: 'i-1' }, 'web-cpu-group': { AutoScalingGroupName: 'web' } },
					composites: ['web-cpu-all'],
				},
				0,
				[
					'playbooks/web-cpu.yaml:8:3 warning: run.node: 2 of 3 alarms that match have no $.dimensions.InstanceId, and the work fails for them: web-cpu-group, web-cpu-all',
				],
			],
			[
				'no rule',
				{ rules: [{ name: 'restricted-ssh-2' }] },
				0,
				['playbooks/close-ssh.yaml:6:5 warning: when.detail: no AWS Config rule matches; make the rule, or correct its name'],
			],
			[
				'a recorder that is off',
				{ recorder: 'off' },
				0,
				[
					'playbooks/close-ssh.yaml:6:5 warning: when.detail: AWS Config records nothing in this account and Region: its rules judge what was recorded last, and nothing is proved; start its recorder: aws configservice start-configuration-recorder',
				],
			],
			[
				'resources that are recorded once a day',
				{
					rules: [{ name: 'restricted-ssh', resourceTypes: ['AWS::EC2::SecurityGroup', 'AWS::EC2::Instance'] }],
					recorder: {
						recordingFrequency: 'DAILY',
						recordingModeOverrides: [{ resourceTypes: ['AWS::EC2::Instance'], recordingFrequency: 'CONTINUOUS' }],
					},
				},
				0,
				[
					'playbooks/close-ssh.yaml:6:5 warning: when.detail: AWS Config records AWS::EC2::SecurityGroup once a day, and is asked 15m after the work already; write settle: 1d, or record these continuously',
				],
			],
			[
				"a rule that has AWS's own automatic remediation",
				{ rules: [{ name: 'restricted-ssh', remediation: { document: 'AWS-DisablePublicAccessForSecurityGroup', automatic: true } }] },
				1,
				[
					"playbooks/close-ssh.yaml:6:5 when.detail: rule restricted-ssh has an automatic remediation of AWS Config's own (AWS-DisablePublicAccessForSecurityGroup): both would remediate; make that one manual, or leave the rule out",
				],
			],
			[
				'nothing where it is started by hand',
				{ rules: [{ name: 'restricted-ssh', remediation: { document: 'AWS-DisablePublicAccessForSecurityGroup', automatic: false } }] },
				0,
				[],
			],
			[
				'documents that are not there',
				{ documents: { ...AT_AWS.documents, 'AWS-RestartEC2Instance': { type: 'Command', parameters: {} } } },
				1,
				['playbooks/web-cpu.yaml:15:28 opsItem.runbooks[1]: document AWS-RestartEC2Instance is Command, not Automation'],
			],
		])('tells of %s', async (_, changes, status, err) => {
			expect(await atAws(changes)).toMatchObject({ status, err });
		});

		it('is content with resources that are recorded once a day where the playbook waits for it', async () => {
			write('playbooks/close-ssh.yaml', `${NONCOMPLIANT}settle: 1d\n`);
			const rules = [{ name: 'restricted-ssh', resourceTypes: ['AWS::EC2::SecurityGroup'] }];
			expect(await atAws({ rules, recorder: { recordingFrequency: 'DAILY' } })).toMatchObject({ status: 0, err: [] });
		});

		it('asks for more alarms than fit a page, and for the remediations of more rules than fit a call', async () => {
			const alarms = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`other-${String(i).padStart(3, '0')}`, {}]));
			const rules = Array.from({ length: 60 }, (_, i) => ({
				name: `restricted-ssh-conformance-pack-${i}`,
				...(i === 59 && { remediation: { document: 'AWS-X', automatic: true } }),
			}));
			const { err } = await atAws({ alarms: { ...alarms, 'web-cpu-high': { InstanceId: 'i-1' } }, rules });
			expect(err).toEqual([expect.stringContaining('rule restricted-ssh-conformance-pack-59 has an automatic remediation')]);
		});
	});

	it('says what AWS answered where it cannot be asked', async () => {
		const found = await atAws({ denied: true });
		expect(found).toMatchObject({ status: 1, err: [expect.stringContaining('check: AccessDenied')] });
	});
});
