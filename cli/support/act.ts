/** An operator's act on an open operation: through the engine, told from what the ledger has afterwards. */

import { advance } from '../../shared/operation/engine.ts';
import type { Fact } from '../../shared/operation/facts.ts';
import { summarise } from '../../shared/operation/summary.ts';
import type { HistoryEntry, Operation } from '../../shared/operation/types.ts';
import { endText, historyRow, oneLine, stateText } from './format.ts';
import { type Desk, printJson, Refusal } from './verb.ts';

/** `--by`: the person behind a shared account or a script. */
export const BY = { by: { type: 'string' } } as const;

const LONGEST_NAME = 60;

/** Who acts, as the history has it: `anna`, or `anna (as ops)` where the caller gives a name. */
export function actor({ user }: Desk, name: string | undefined): string {
	const given = oneLine(name ?? '').slice(0, LONGEST_NAME);
	return given === '' ? user : `${given} (as ${user})`;
}

/** @throws Refusal where the operation is closed, with when and how it was. */
export function mustBeOpen(operation: Operation): void {
	if (operation.closedAt === undefined) return;
	throw new Refusal(`${operation.id} is closed: ${endText(operation)}. Nothing is left to act on; fleet -- show tells its story.`);
}

/** @throws Refusal where how the operation ends is decided, and only what follows from that is left to do. */
export function mustBeUndecided({ id, ending }: Operation): void {
	if (ending === undefined) return;
	const left = ending.pending.join(', ') || 'nothing but to close it';
	throw new Refusal(
		`${id} is closing as ${ending.state} already (${oneLine(ending.reason)}). Left to do: ${left}; fleet -- retry tries it now.`,
	);
}

/**
 * Carries out an act and says what came of it.
 * @returns the operation as the ledger has it afterwards.
 * @throws Refusal where the operation moved on before the act could be recorded.
 */
export async function act(desk: Desk, before: Operation, fact: Extract<Fact, { type: 'operator' }>, json: boolean): Promise<Operation> {
	const services = desk.services();
	await advance(services, [{ operation: before, facts: [fact] }]);
	const [after] = await services.ledger.load([before.id]);
	const news = after?.history.slice(before.history.length) ?? [];
	if (after === undefined || !news.some(({ why }) => why.includes(`by ${fact.by}`))) {
		const now = after === undefined ? 'is gone from the ledger' : `is ${stateText(after)}`;
		throw new Refusal(`${before.id} moved on before it could be told, and ${now}: fleet -- show it, and ask again.`);
	}
	report(desk, after, news, json);
	return after;
}

/** Prints an operation's news and where it stands. */
export function report(desk: Desk, operation: Operation, news: readonly HistoryEntry[], json: boolean): void {
	if (json) {
		printJson(desk, summarise(operation));
		return;
	}
	for (const [at, what, why] of news.map(historyRow)) desk.io.out(`${at}  ${what}: ${why}`);
	desk.io.out(`${operation.id} is ${operation.closedAt === undefined ? stateText(operation) : endText(operation)}`);
	if (operation.closedAt === undefined && operation.ending !== undefined) {
		desk.io.out(`The clock goes on every minute with what is left to do: ${operation.ending.pending.join(', ')}`);
	}
}
