import { describe, expect, it } from 'vitest';
import type { OperatorVerb } from '../../../../shared/operation/facts.ts';
import { anAlarm, MINUTE, OPENED_AT, RUNBOOK, startedAs, succeeded, workStopped } from '../../../support/operations.ts';
import { itemOpened, itemResolved, itemTold, life, told } from './life.ts';

const asks = (verb: OperatorVerb, seconds?: number) => ({ type: 'operator', verb, by: 'alice', ...(seconds && { seconds }) }) as const;
const running = () => life({ run: RUNBOOK }).meets({ type: 'opened' }, startedAs('execution-1'), itemOpened);
const held = () =>
	life({ alarm: { ...anAlarm().alarm, held: { until: OPENED_AT + 60 * MINUTE, why: 'muted' } } }).meets({ type: 'opened' });

describe('A person', () => {
	it('cancels: the work is stopped, and the OpsItem stays open', () => {
		const alarm = running().meets(asks('cancel'));

		expect(alarm.asked).toEqual(['cancel-work']);
		expect(alarm.meets(workStopped, itemTold).operation).toMatchObject({ state: 'failed', result: { reason: 'cancelled by alice' } });
	});

	it('cancels what is held, and opens no OpsItem for that', () => {
		expect(held().meets(asks('cancel')).operation.state).toBe('failed');
	});

	it('completes: the work is stopped, and the OpsItem resolved', () => {
		const alarm = running().meets(asks('complete'), workStopped);

		expect(alarm.asked).toEqual(['resolve-ops-item']);
		expect(alarm.meets(itemResolved).operation).toMatchObject({ state: 'skipped', result: { reason: 'completed by alice' } });
	});

	it('extends the time of running work', () => {
		const before = running().operation.deadlineAt;

		expect(running().meets(asks('extend', 600)).operation.deadlineAt).toBe(before + 10 * MINUTE);
	});

	it('has work begun anew that has ended, also of an alarm that flaps', () => {
		const alarm = running().meets(succeeded, itemTold);
		alarm.operation = { ...alarm.operation, alarm: { ...alarm.operation.alarm, flapping: true } };

		expect(alarm.meets(asks('retry')).asked).toEqual(['start-work']);
	});

	it('has CloudWatch asked where there is nothing to begin', () => {
		expect(told().meets(asks('retry')).asked).toEqual(['look-at-alarm']);
		expect(held().meets(asks('retry')).asked).toEqual(['look-at-alarm']);
	});

	it('does not begin work that runs', () => {
		expect(running().meets(asks('retry')).asked).toEqual([]);
	});
});
