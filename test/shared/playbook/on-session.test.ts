import { describe, expect, it } from 'vitest';
import { match } from '../../../shared/playbook/match.ts';
import { compiled, problemsOf, tells } from './problems.ts';

const SESSION = `name: sessions-in-production
priority: 200
on: session
when:
  tags: { environment: [prod] }
session: { reason: required, maxDuration: 2h }
opsItem: { severity: "2" }
`;

describe('a playbook for sessions', () => {
	describe('is told what is wrong', () => {
		tells(SESSION, [
			[
				'session: { reason: required, maxDuration: 2h }\n',
				'',
				'1:1 session: is missing; write session: { reason: required }, or { allowed: false }',
			],
			['reason: required', 'reason: yes', "6:20 session.reason: 'yes' is not one of required, optional"],
			['maxDuration: 2h', 'maxDuration: two hours', "6:43 session.maxDuration: 'two hours' is not a duration"],
			['maxDuration: 2h', 'maxDuration: 1m', '6:43 session.maxDuration: 1m is too short; write 5m or more'],
			['maxDuration: 2h', 'maxDuration: 2d', '6:43 session.maxDuration: 2d is too long; write 1d or less'],
			['reason: required', 'allow: false', 'session.allow: '],
			[
				'tags: { environment: [prod] }',
				'detail: { owners: [anna] }',
				'5:13 when.detail.owners: a session has no such field; did you mean owner?',
			],
			[
				'tags: { environment: [prod] }',
				'detail: { reason: { is: [INC-7] } }',
				'5:21 when.detail.reason: is text in a session; write reason: [value]',
			],
			['opsItem: { severity: "2" }', 'limits: { concurrent: 1 }', '7:1 limits: is for instance-terminating'],
			['opsItem: { severity: "2" }', 'calendar: freeze', '7:1 calendar: is for instance-terminating'],
		]);

		it('where it would start work, which no session does', () => {
			expect(problemsOf(`${SESSION}run: { command: drain-node, timeout: 5m }\n`)).toEqual(
				expect.arrayContaining([expect.stringContaining('8:1 run: is for')]),
			);
		});
	});

	it('says what has to hold of one', () => {
		expect(compiled(SESSION)).toEqual({
			name: 'sessions-in-production',
			priority: 200,
			on: 'session',
			when: { detail: { target: [{ exists: true }] }, tags: { environment: ['prod'] } },
			rule: { reasonRequired: true, maxSeconds: 7_200 },
			opsItem: { severity: '2' },
		});
		const none = SESSION.replace(/session: .*/, 'session: {}').replace(/when:\n.*\n/, 'when: {}\n');
		expect(compiled(none)).toMatchObject({ rule: {}, when: { detail: { target: [{ exists: true }] } } });
		expect(compiled(none.replace('session: {}', 'session: { allowed: false }'))).toMatchObject({ rule: { forbidden: true } });
	});

	it('is for sessions by who, where and how, and asks for tags only where that is so', () => {
		const detail = { target: 'i-1', owner: 'arn:aws:sts::1:assumed-role/contractor/eve', documentName: 'SSM-SessionManagerRunShell' };
		const set = (...texts: string[]) => ({
			compiledAt: '2026-03-02T09:00:00Z',
			playbooks: texts.map((text) => ({ playbook: compiled(text), parameterVersion: 1 })),
		});
		const contractors = SESSION.replace(/tags: .*/, 'detail: { owner: [{ wildcard: "*/contractor/*" }] }').replace(
			'priority: 200',
			'priority: 100',
		);

		expect(match('session', detail, undefined, set(SESSION, contractors))).toMatchObject({ playbook: { playbook: { priority: 100 } } });
		expect(match('session', { ...detail, owner: 'anna' }, undefined, set(SESSION, contractors))).toEqual({ needsTags: true });
		expect(match('session', { ...detail, owner: 'anna' }, { environment: 'test' }, set(SESSION))).toMatchObject({ onlyTags: true });
	});
});
