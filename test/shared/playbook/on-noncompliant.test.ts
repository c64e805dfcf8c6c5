import { describe, expect, it } from 'vitest';
import { changed, compiled, problemsOf, tells } from './problems.ts';
import { NONCOMPLIANT } from './samples.ts';

describe('a playbook for noncompliant resources', () => {
	const NAME = 'configRuleName: [restricted-ssh, { prefix: restricted-ssh-conformance-pack- }]';

	describe('is told what is wrong', () => {
		tells(NONCOMPLIANT, [
			[
				NAME,
				'resourceType: ["AWS::EC2::SecurityGroup"]',
				'6:5 when.detail: names no rule: the resources of every rule would be remediated; write configRuleName: [restricted-ssh]',
			],
			[NAME, 'configRuleName: [{ prefix: "" }]', '6:22 when.detail.configRuleName[0]: an empty prefix names every rule'],
			[NAME, 'configRuleName: [{ wildcard: "*" }]', "'*' names every rule"],
			[NAME, 'configRuleName: [{ suffix: -ssh }]', 'suffix does not name rules: it would also match rules that nobody meant'],
			[NAME, 'configRuleName: [{ anything-but: x }]', 'anything-but does not name rules'],
			[NAME, 'ruleName: [restricted-ssh]', '6:5 when.detail.ruleName: a compliance event has no such field; there are configRuleName'],
			[
				'$.detail.resourceId',
				'$.detail.resourceid',
				"10:23 run.parameters.SecurityGroupId[0]: '$.detail.resourceid' leads nowhere in a compliance event; did you mean $.detail.resourceId?",
			],
			['$.detail.resourceId', '$.detail.newEvaluationResult', 'leads to an object, not to text'],
			['$.detail.resourceId', '$.dimensions.InstanceId', "'$.dimensions.InstanceId' leads nowhere in a compliance event"],
			['timeout: 30m', 'timeout: 30m\nsettle: 30s', '12:9 settle: 30s is too short; write 1m or more'],
			['timeout: 30m', 'timeout: 30m\nsettle: 2d', '12:9 settle: 2d is too long; write 1d or less'],
			['timeout: 30m', 'timeout: 30m\nattempts: 0', '12:11 attempts: 0 is too small; 1 is the least'],
			['timeout: 30m', 'timeout: 30m\nattempts: 11', '12:11 attempts: 11 is too big; 10 is the most'],
			['timeout: 30m', 'timeout: 30m\nopsItem: {}', '12:1 opsItem: is for alarm, event, session, inventory, not for noncompliant'],
			[
				'onFailure:\n',
				'onFailure:\n    lifecycle: continue\n',
				'14:5 then.onFailure.lifecycle: is for instance-terminating, instance-launching, not for noncompliant',
			],
			['then:\n', 'then:\n  onSuccess: {}\n', '13:3 then.onSuccess: is for instance-terminating, instance-launching, not for noncompliant'],
			['  automation: close-security-group\n', '', '8:3 run: names no work; write one of command: <document> and automation: <document>'],
		]);

		it('where it names no work at all', () => {
			expect(problemsOf(NONCOMPLIANT.replace(/run:\n( {2}.*\n)+/, ''))).toEqual(['1:1 run: is missing']);
		});
	});

	it.each([
		'$.detail.oldEvaluationResult.complianceType',
		'$.detail.newEvaluationResult.annotation',
		'$.detail.configRuleARN',
		'$.resources.0',
		'$.id',
	])('is warned that the sweep does not know %s', (path) => {
		expect(problemsOf(changed(NONCOMPLIANT, '$.detail.resourceId', path))).toEqual([
			`10:23 warning: run.parameters.SecurityGroupId[0]: ${path} may be absent, and is unknown where the event was lost and the sweep found the resource: the work fails then`,
		]);
	});

	it.each(['$.detail.resourceId', '$.detail.newEvaluationResult.complianceType', '$.account', 'sg-1'])('can take %s', (value) => {
		expect(problemsOf(changed(NONCOMPLIANT, '$.detail.resourceId', value))).toEqual([]);
	});

	it('is compiled, with limits of its own so that a new rule does not flood', () => {
		expect(compiled(NONCOMPLIANT)).toEqual({
			name: 'close-ssh',
			priority: 100,
			brakes: { limits: { concurrent: 20, beyond: 'wait' } },
			on: 'noncompliant',
			when: { detail: { configRuleName: ['restricted-ssh', { prefix: 'restricted-ssh-conformance-pack-' }] } },
			run: {
				type: 'automation',
				document: 'close-security-group',
				parameters: { SecurityGroupId: ['$.detail.resourceId'] },
				timeoutSeconds: 1_800,
				deliverWithinSeconds: 180,
				registerWithinSeconds: 0,
			},
			then: { onFailure: { opsItem: { severity: '2', category: 'Security' } } },
			compliance: { settleSeconds: 900, attempts: 2 },
		});
	});

	it('runs a command on the resource itself, where it does not name a node', () => {
		const command = NONCOMPLIANT.replace('automation: close-security-group', 'command: harden-node');
		expect(compiled(command)).toMatchObject({ run: { type: 'command', node: '$.detail.resourceId' } });
		expect(compiled(command.replace('harden-node', 'harden-node\n  node: mi-0123456789abcdef0'))).toMatchObject({
			run: { node: 'mi-0123456789abcdef0' },
		});
		expect(compiled(`${NONCOMPLIANT}settle: 1h\nattempts: 5\n`)).toMatchObject({ compliance: { settleSeconds: 3_600, attempts: 5 } });
	});
});
