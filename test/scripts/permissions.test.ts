import { describe, expect, it } from 'vitest';
import { grantedBy } from '../../scripts/permissions/granted.ts';
import type { Reason } from '../../scripts/permissions/reasons.ts';
import { isSound, linesOf, reportOf } from '../../scripts/permissions/report.ts';

const ROLE = 'fleetkeeper-local-reconcile-eu-west-1-lambdaRole';
const GRANTED = grantedBy({
	roles: [
		{
			name: ROLE,
			arn: `arn:aws:iam::111122223333:role/${ROLE}`,
			policies: [
				{
					Statement: [
						{ Effect: 'Allow', Action: ['ssm:ListCommands', 'ssm:CancelCommand'], Resource: '*' },
						{ Effect: 'Allow', Action: 'ssm:SendCommand', Resource: ['arn:document/a', 'arn:managed-instance/*'] },
					],
				},
			],
		},
	],
});
const HYBRID: Reason = { action: 'ssm:SendCommand', resource: ':managed-instance/*', roles: ['reconcile'], why: 'Nodes outside EC2.' };
const using = (...permissions: string[]) => new Set(permissions.map((permission) => `${ROLE} ${permission}`));
const MOST = using('ssm:ListCommands *', 'ssm:CancelCommand *', 'ssm:SendCommand arn:document/a');

describe('The report about permissions', () => {
	it('counts an action on a resource in a role as one permission', () => {
		expect(GRANTED.map(({ permission }) => permission)).toEqual([
			...['ssm:ListCommands *', 'ssm:CancelCommand *', 'ssm:SendCommand arn:document/a', 'ssm:SendCommand arn:managed-instance/*'],
		]);
	});

	it('has nothing to say where all that no test uses has its reason', () => {
		const report = reportOf(GRANTED, MOST, [HYBRID]);
		expect(isSound(report)).toBe(true);
		expect(linesOf(report).join('\n')).toContain('Nodes outside EC2.\n  reconcile');
	});

	it('names what is granted, not used and not explained', () => {
		const report = reportOf(GRANTED, using('ssm:ListCommands *', 'ssm:SendCommand arn:document/a'), [HYBRID]);
		expect(isSound(report)).toBe(false);
		expect(report.unexplained.map(({ permission }) => permission)).toEqual(['ssm:CancelCommand *']);
		expect(linesOf(report)).toContain('  reconcile: ssm:CancelCommand *');
	});

	it.each([
		['is used', HYBRID, using('ssm:SendCommand arn:managed-instance/*')],
		['is not granted', { ...HYBRID, roles: ['reconcile', 'fleet-event'] }, using()],
	])('says so where a permission that has a reason %s', (state, reason, used) => {
		const report = reportOf(GRANTED, new Set([...MOST, ...used]), [reason]);
		expect(isSound(report)).toBe(false);
		expect(linesOf(report).join('\n')).toContain(`ssm:SendCommand on ...:managed-instance/* ${state}`);
	});
});
