/** Admitting what events and sweeps say: it opens an operation, or meets the one that is there. */

import { Drop, Retry } from '../errors.ts';
import { advance } from '../operation/engine.ts';
import type { Fact } from '../operation/facts.ts';
import { operationId, subjectId } from '../operation/ids.ts';
import type { Services } from '../operation/services.ts';
import type { OperationKind, OperationOfKind, Subject } from '../operation/types.ts';
import { groupBy, inParallel } from '../parallel.ts';
import { attempt, type Settled } from '../settled.ts';

const CONCURRENT_READS = 10;

/** What became of one sighting. */
export interface Opening<K extends OperationKind = OperationKind> {
	/** `exists`: the operation was there already, and has heard of it. */
	readonly outcome: 'opened' | 'exists';
	readonly operation: OperationOfKind<K>;
}

/** What somebody saw of a subject. */
export interface Sighting<K extends OperationKind> {
	readonly subject: Extract<Subject, { kind: K }>;
	/**
	 * The operation that it opens, or nothing where it opens none.
	 * @param last the latest occurrence, which has closed.
	 * @throws Drop saying why it opens none, which is counted.
	 */
	open(occurrence: number, last?: OperationOfKind<K>): OperationOfKind<K> | undefined;
	/** What it is to an operation that is open. */
	facts(operation: OperationOfKind<K>): readonly Fact[];
}

/**
 * Opens operations, or tells those that are open. Sightings of one subject in one batch go to the same operation, in their order.
 * @returns results in order of the sightings.
 */
export async function admit<K extends OperationKind>(
	services: Services,
	sightings: readonly Sighting<K>[],
): Promise<Settled<Opening<K>>[]> {
	const results = new Map<Sighting<K>, Settled<Opening<K>>>();
	const firsts: { readonly sighting: Sighting<K>; readonly operation: OperationOfKind<K> }[] = [];
	const groups = [...groupBy(sightings, ({ subject }) => subjectId(subject)).values()];
	for (const [first] of groups) {
		if (first === undefined) continue;
		const opened = await attempt(() => first.open(1));
		if (opened.ok && opened.value !== undefined) firsts.push({ sighting: first, operation: opened.value });
	}
	const outcomes = await advance(
		services,
		firsts.map(({ operation }) => ({ operation, facts: [{ type: 'opened' }], created: true })),
	);
	for (const [index, { operation, taken }] of outcomes.entries()) {
		const sighting = firsts.find((each) => each.operation.id === operation.id)?.sighting ?? firsts[index]?.sighting;
		if (!taken && sighting) results.set(sighting, { ok: true, value: { outcome: 'opened', operation } });
	}
	await inParallel(groups, CONCURRENT_READS, async (group) => {
		for (const sighting of group) {
			if (!results.has(sighting)) results.set(sighting, await attempt(() => meet(services, sighting)));
		}
	});
	return sightings.map((sighting) => results.get(sighting) ?? { ok: false, error: new Retry('the event was not handled') });
}

async function meet<K extends OperationKind>(services: Services, sighting: Sighting<K>): Promise<Opening<K>> {
	const last = (await services.ledger.latest(sighting.subject)) as OperationOfKind<K> | undefined;
	if (last !== undefined && last.closedAt === undefined) {
		const facts = sighting.facts(last);
		const [outcome] = facts.length > 0 ? await advance(services, [{ operation: last, facts }]) : [];
		if (outcome?.lost) throw new Retry(`operation ${last.id} is being moved by other runs`);
		return { outcome: 'exists', operation: outcome?.operation ?? last };
	}
	const occurrence = (last?.occurrence ?? 0) + 1;
	const operation = sighting.open(occurrence, last);
	if (operation === undefined) {
		if (last !== undefined) return { outcome: 'exists', operation: last };
		throw new Drop('nothing-open', `there is no operation ${operationId(sighting.subject, 1)} that this would be news for`);
	}
	if (occurrence > 1) await services.ledger.keepFirst(sighting.subject);
	const [outcome] = await advance(services, [{ operation, facts: [{ type: 'opened' }], created: true }]);
	if (outcome === undefined || outcome.taken) throw new Retry(`operation ${operation.id} is being opened by another run`);
	return { outcome: 'opened', operation: outcome.operation };
}
