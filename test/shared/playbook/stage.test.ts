import { expect, it } from 'vitest';
import { forStage } from '../../../shared/playbook/stage.ts';
import type { CompiledPlaybook, Playbook, PlaybookOn, PlaybookSet } from '../../../shared/playbook/types.ts';
import { OCCASIONS } from '../../../shared/playbook/types.ts';

const compiled = (on: PlaybookOn, brakes?: Playbook['brakes']): CompiledPlaybook => ({
	parameterVersion: 1,
	playbook: { name: on, priority: 100, on, ...(brakes && { brakes }) } as Playbook,
});
const set = { playbooks: OCCASIONS.map((on) => compiled(on)), compiledAt: '2026-01-01T00:00:00.000Z' };
const names = ({ playbooks }: PlaybookSet) => playbooks.map(({ playbook }) => playbook.name);

it('every playbook is in force where no part is off', () => {
	expect(forStage(set, {})).toEqual(set);
});

it.each([
	['lifecycle', ['instance-terminating', 'instance-launching']],
	['alarms', ['alarm']],
	['compliance', ['noncompliant']],
	['events', ['event', 'request']],
	['sessions', ['session']],
] as const)('the part %s is the playbooks on %j', (part, occasions) => {
	expect(names(forStage(set, { parts: [part] }))).toEqual(occasions);
});

it('the calendar of the stage holds the work of playbooks that name none', () => {
	const own = { names: ['nights'], closed: 'skip' } as const;
	const limits = { concurrent: 2, beyond: 'wait' } as const;
	const { playbooks } = forStage(
		{ ...set, playbooks: [compiled('alarm'), compiled('event', { calendar: own }), compiled('request', { limits })] },
		{ calendar: 'freeze' },
	);
	const freeze = { names: ['freeze'], closed: 'wait' };
	expect(playbooks.map(({ playbook }) => playbook.brakes)).toEqual([{ calendar: freeze }, { calendar: own }, { limits, calendar: freeze }]);
});
