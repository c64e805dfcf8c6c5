import { describe, expect, it } from 'vitest';
import { Fail } from '../../../shared/errors.ts';
import { operationId, subjectId } from '../../../shared/operation/ids.ts';
import type { LifecycleOperation, Operation } from '../../../shared/operation/types.ts';
import { createCore, nodeId } from '../../support/core.ts';
import { anOperation, LAUNCHING, MINUTE, OPENED_AT, SECOND, someWork, TERMINATING } from '../../support/operations.ts';

const stored = (changes: Parameters<typeof anOperation>[0] = {}): LifecycleOperation => anOperation({ version: 1, ...changes });
const about = (number: number) => ({ ...TERMINATING, instanceId: nodeId(number) });

/** Closed as the engine leaves it: nothing is due any more. */
function closed(changes: Parameters<typeof anOperation>[0] = {}): Operation {
	const { dueAt: _dueAt, ...rest } = stored({ state: 'succeeded', closedAt: OPENED_AT, ...changes });
	return rest;
}

async function ledgerWith(...operations: readonly Operation[]) {
	const core = await createCore();
	for (const operation of operations) await core.services.ledger.create(operation);
	return { ...core, ledger: core.services.ledger };
}

describe('an operation in the ledger', () => {
	it('is read back as it was written', async () => {
		const operation = stored({ work: someWork(anOperation()) });
		const { ledger } = await ledgerWith(operation);
		expect(await ledger.load([operation.id, operationId(LAUNCHING, 1), 'no id at all'])).toEqual([operation]);
	});

	it('is created once', async () => {
		const { ledger } = await ledgerWith(stored());
		expect(await ledger.create(stored({ eventId: 'another' }))).toBe(false);
		expect((await ledger.load([stored().id]))[0]?.eventId).toBe('event-1');
	});

	it('is saved only over the version it was made from', async () => {
		const { ledger } = await ledgerWith(stored());
		expect(await ledger.save(stored({ version: 2, state: 'running' }))).toBe(true);
		expect(await ledger.save(stored({ version: 2, state: 'failed' }))).toBe(false);
		expect(await ledger.save(stored({ version: 4, state: 'failed' }))).toBe(false);
		expect((await ledger.load([stored().id]))[0]).toMatchObject({ version: 2, state: 'running' });
	});

	it('is found by its subject, the newest occurrence first, beyond nine', async () => {
		const occurrence = (number: number) => stored({ id: operationId(TERMINATING, number), occurrence: number });
		const { ledger } = await ledgerWith(occurrence(2), occurrence(10), occurrence(9));
		expect((await ledger.latest(TERMINATING))?.occurrence).toBe(10);
		expect(await ledger.latest(LAUNCHING)).toBeUndefined();
	});

	it('is read with more than a hundred others', async () => {
		const operations = Array.from({ length: 130 }, (_, index) => stored({ subject: about(index) }));
		const { ledger } = await ledgerWith(...operations);
		expect(await ledger.load(operations.map(({ id }) => id))).toHaveLength(130);
	});
});

describe('what is due', () => {
	it('is what the clock must look at by now, the oldest first over all shards', async () => {
		const operations = Array.from({ length: 20 }, (_, index) =>
			stored({ subject: about(index), dueAt: OPENED_AT - ((index * 7) % 20) * SECOND }),
		);
		const { ledger } = await ledgerWith(...operations, stored({ subject: about(99), dueAt: OPENED_AT + 1 }));
		const expected = [...operations].sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0)).map(({ id }) => id);
		expect(await ledger.due(OPENED_AT)).toEqual(expected);
	});

	it('is spread over shards, so that no partition of the index is hot', async () => {
		const core = await createCore();
		const shards = new Set<unknown>();
		for (let number = 0; number < 40; number += 1) {
			const operation = stored({ subject: about(number) });
			await core.services.ledger.create(operation);
			shards.add((await core.item(`operation#${subjectId(operation.subject)}`, '000001'))?.['dueShard']);
		}
		expect([...shards].sort()).toEqual(['open#0', 'open#1', 'open#2', 'open#3']);
	});

	it('lists all open operations, whenever they are due, and no closed one', async () => {
		const open = stored({ subject: about(1), dueAt: OPENED_AT + 90 * MINUTE });
		const { ledger } = await ledgerWith(open, closed({ subject: about(2) }));
		expect(await ledger.open()).toEqual([open.id]);
	});
});

describe('a closed operation', () => {
	it('is listed by the day on which it closed', async () => {
		const { ledger } = await ledgerWith(
			closed({ subject: about(1), closedAt: Date.parse('2026-03-02T23:59:59Z') }),
			closed({ subject: about(2), closedAt: Date.parse('2026-03-02T00:00:00Z') }),
			closed({ subject: about(3), closedAt: Date.parse('2026-03-03T00:00:00Z') }),
		);
		expect(await ledger.closedOn('2026-03-02')).toEqual([operationId(about(2), 1), operationId(about(1), 1)]);
		expect(await ledger.closedOn('2026-03-03')).toEqual([operationId(about(3), 1)]);
		expect(await ledger.closedOn('2026-03-04')).toEqual([]);
	});

	it('expires ninety days after it closed, in seconds as DynamoDB counts; an open one never does', async () => {
		const core = await createCore();
		await core.services.ledger.create(closed());
		await core.services.ledger.create(stored({ subject: LAUNCHING }));
		const expiresAt = OPENED_AT / 1_000 + 90 * 86_400;
		expect(await core.item(`operation#${subjectId(TERMINATING)}`, '000001')).toMatchObject({ expiresAt });
		expect(await core.item(`operation#${subjectId(LAUNCHING)}`, '000001')).not.toHaveProperty('expiresAt');
	});

	it('that is the first of its subject outlasts an occurrence that opens later', async () => {
		const core = await createCore();
		await core.services.ledger.create(closed());
		await core.services.ledger.create(stored({ subject: LAUNCHING }));
		core.pass(80 * 1_440 * MINUTE);
		await core.services.ledger.keepFirst(TERMINATING);
		await core.services.ledger.keepFirst(LAUNCHING);
		const expiresAt = core.now() / 1_000 + 120 * 86_400;
		expect(await core.item(`operation#${subjectId(TERMINATING)}`, '000001')).toMatchObject({ expiresAt });
		expect(await core.item(`operation#${subjectId(LAUNCHING)}`, '000001')).not.toHaveProperty('expiresAt');
	});

	it('that the world has not been told of is still due', async () => {
		const { ledger } = await ledgerWith({ ...closed(), dueAt: OPENED_AT + MINUTE });
		expect(await ledger.due(OPENED_AT + MINUTE)).toHaveLength(1);
	});
});

describe('shared work', () => {
	const work = someWork(anOperation(), { id: 'shared-1', shared: true });
	const first = stored({ subject: about(1), work });
	const second = stored({ subject: about(2), work });
	const members = [first, second].map(({ id, subject }) => ({ operationId: id, instanceId: subject.instanceId }));
	const sent = { work: { ...work, externalId: 'command-1', startedAt: OPENED_AT + SECOND }, members, requestId: 'request-1' };

	it('is put on record once for each attempt', async () => {
		const { ledger } = await ledgerWith();
		expect(await ledger.createWork({ work, members })).toBe(true);
		expect(await ledger.createWork({ work, members: [] })).toBe(false);
		expect(await ledger.createWork({ work: { ...work, attempt: 2 }, members })).toBe(true);
		expect((await ledger.work('shared-1', 1))?.members).toEqual(members);
	});

	it('that was sent makes its operations running, without a write of theirs', async () => {
		const { ledger } = await ledgerWith(first, second);
		await ledger.createWork({ work, members });
		expect((await ledger.load([first.id])).map(({ state }) => state)).toEqual(['starting']);
		await ledger.updateWork(sent);
		const [running] = await ledger.load([first.id]);
		expect(running).toMatchObject({ state: 'running', version: 1, attempts: { start: 1 }, work: { externalId: 'command-1' } });
		expect(running?.history.at(-1)).toMatchObject({
			what: 'command sent',
			why: 'drain-node: command-1, with 1 more',
			requestId: 'request-1',
		});
		expect(await ledger.latest(second.subject)).toMatchObject({ state: 'running' });
	});

	it('that was sent to others does not make an operation running', async () => {
		const third = stored({ subject: about(3), work });
		const { ledger } = await ledgerWith(third);
		await ledger.createWork(sent);
		expect(await ledger.load([third.id])).toEqual([third]);
	});

	it('leaves an operation alone that has gone on since', async () => {
		const waiting = stored({ subject: about(1), work, state: 'waiting', waiting: 'throttle' });
		const { ledger } = await ledgerWith(waiting);
		await ledger.createWork(sent);
		expect(await ledger.load([waiting.id])).toEqual([waiting]);
	});
});

it('a table that is not there is said to be missing, with what to do', async () => {
	const { ledger } = (await createCore({ table: false })).services;
	for (const call of [
		() => ledger.load([stored().id]),
		() => ledger.create(stored()),
		() => ledger.due(OPENED_AT),
		() => ledger.latest(TERMINATING),
	]) {
		const error = await call().then(
			() => undefined,
			(thrown: unknown) => thrown,
		);
		expect(error).toBeInstanceOf(Fail);
		expect((error as Fail).message).toMatch(/fleetkeeper-test' does not exist.*sls deploy --stage test/);
	}
});
