import { describe, expect, it } from 'vitest';
import { Drop } from '../../../shared/errors.ts';
import { admit, type Sighting } from '../../../shared/opening/admit.ts';
import type { EventOperation } from '../../../shared/operation/types.ts';
import { event } from '../../../shared/parts/event.ts';
import { type Core, createCore } from '../../support/core.ts';
import { anEvent, RUNBOOK, SPOT_INTERRUPTION } from '../../support/operations.ts';

const subjectOf = (key: string) => ({ ...SPOT_INTERRUPTION, key: [key] });

/** An event about a subject, with work that goes on once it is started. */
function seen(key: string, eventId: string, changes: Partial<Sighting<'event'>> = {}): Sighting<'event'> {
	const subject = subjectOf(key);
	return {
		subject,
		open: (occurrence) => anEvent({ subject, occurrence, eventId, eventIds: [eventId], run: { ...RUNBOOK, parameters: {} } }),
		facts: () => [{ type: 'seen', eventId }],
		...changes,
	};
}

async function admitted(core: Core, ...sightings: readonly Sighting<'event'>[]) {
	const results = await admit(core.another(), sightings);
	return results.map((result) => (result.ok ? result.value : result.error));
}

const withEvents = () => createCore({ parts: [event] });
/** The operation as a person closes it. */
async function close(core: Core, key: string): Promise<EventOperation> {
	const { ledger } = core.another();
	const { dueAt: _dueAt, ...open } = (await ledger.latest(subjectOf(key))) as EventOperation;
	const closed: EventOperation = { ...open, version: open.version + 1, state: 'skipped', closedAt: core.now() };
	await ledger.save(closed);
	return closed;
}

describe('what somebody saw', () => {
	it('opens an operation for each subject; what else is said of it in the same batch is told to that one, in order', async () => {
		const core = await withEvents();
		const nothingToRun = { open: (occurrence: number) => anEvent({ subject: subjectOf('b'), occurrence }) };
		const results = await admitted(core, seen('a', '1'), seen('b', '2', nothingToRun), seen('a', '3'), seen('a', '4'));
		expect(results).toMatchObject([
			{ outcome: 'opened', operation: { subject: { key: ['a'] }, state: 'running' } },
			{ outcome: 'opened', operation: { subject: { key: ['b'] }, state: 'succeeded' } },
			{ outcome: 'exists', operation: { subject: { key: ['a'] }, eventIds: ['1', '3'] } },
			{ outcome: 'exists', operation: { subject: { key: ['a'] }, eventIds: ['1', '3', '4'] } },
		]);
		expect(core.calls('StartAutomationExecution')).toHaveLength(1);
	});

	it('after an occurrence has closed opens the next, and the first is kept as long as that can last', async () => {
		const core = await withEvents();
		await admitted(core, seen('a', '1'));
		const { id } = await close(core, 'a');
		core.pass(80 * 86_400_000);
		expect(await admitted(core, seen('a', '2'))).toMatchObject([{ outcome: 'opened', operation: { occurrence: 2 } }]);
		const first = await core.item(`operation#${id.replace(/-1$/, '')}`, '000001');
		expect(Number(first?.['expiresAt']) * 1_000).toBeGreaterThan(core.now() + 100 * 86_400_000);
	});

	it('at the same moment by two runs opens one operation, which hears of both', async () => {
		const core = await withEvents();
		const [one, other] = await Promise.all([admitted(core, seen('a', '1')), admitted(core, seen('a', '2'))]);
		expect([one, other].flat()).toEqual(
			expect.arrayContaining([expect.objectContaining({ outcome: 'opened' }), expect.objectContaining({ outcome: 'exists' })]),
		);
		expect(core.calls('StartAutomationExecution')).toHaveLength(1);
		expect((await core.another().ledger.latest(subjectOf('a')))?.eventIds).toHaveLength(2);
	});

	it('is told again later where other runs keep moving the operation', async () => {
		const core = await withEvents();
		await admitted(core, seen('a', '1'));
		const services = core.another();
		const overtaken = { ...services, ledger: { ...services.ledger, save: async () => false } };
		const [result] = await admit(overtaken, [seen('a', '2')]);
		expect(result).toMatchObject({ ok: false, error: { name: 'Retry' } });
	});

	it('is told again later where another run closes the operation meanwhile, and then opens the next', async () => {
		const core = await withEvents();
		await admitted(core, seen('a', '1'));
		const services = core.another();
		const save: typeof services.ledger.save = async (operation) => {
			if ((await services.ledger.latest(subjectOf('a')))?.closedAt === undefined) await close(core, 'a');
			return services.ledger.save(operation);
		};
		const results = await admit({ ...services, ledger: { ...services.ledger, save } }, [seen('a', '2')]);
		expect(results).toMatchObject([{ ok: false, error: { name: 'Retry' } }]);
		expect(await admitted(core, seen('a', '2'))).toMatchObject([{ outcome: 'opened', operation: { occurrence: 2 } }]);
	});

	it('after the last operation has closed opens the next occurrence, which knows the last', async () => {
		const core = await withEvents();
		await admitted(core, seen('a', '1'));
		const closed = await close(core, 'a');
		const known: (EventOperation | undefined)[] = [];
		const again = seen('a', '2');
		const open: typeof again.open = (occurrence, last) => {
			known.push(last);
			return again.open(occurrence, last);
		};
		expect(await admitted(core, { ...again, open })).toMatchObject([{ outcome: 'opened', operation: { occurrence: 2, eventId: '2' } }]);
		expect(known.at(-1)).toMatchObject({ id: closed.id, state: 'skipped' });
	});

	it('that gives no reason for another leaves the closed one as the last', async () => {
		const core = await withEvents();
		await admitted(core, seen('a', '1'));
		const closed = await close(core, 'a');
		const open = (occurrence: number, last?: EventOperation) => (last ? undefined : seen('a', '2').open(occurrence));
		expect(await admitted(core, seen('a', '2', { open }))).toMatchObject([{ outcome: 'exists', operation: { id: closed.id } }]);
	});

	it('that would only be news for an operation that is not there is dropped', async () => {
		const core = await withEvents();
		const results = await admitted(core, seen('a', '1', { open: () => undefined }));
		expect(results).toMatchObject([{ name: 'Drop', reason: 'nothing-open' }]);
	});

	it('and that nothing is opened for does not spoil its neighbours', async () => {
		const core = await withEvents();
		const open = () => {
			throw new Drop('no-playbook', 'nobody cares');
		};
		const results = await admitted(core, seen('a', '1', { open }), seen('b', '2'));
		expect(results).toMatchObject([{ reason: 'no-playbook' }, { outcome: 'opened' }]);
	});
});
