/** What must hold of whatever a function was given. It knows the code by its log, its metrics and AWS's side of its calls alone. */

import { fromAttributes } from '../../shared/aws/attributes.ts';
import type { Operation } from '../../shared/operation/types.ts';
import type { Account } from './account.ts';
import type { FuzzedFunction } from './functions.ts';
import type { Message } from './messages.ts';
import { spoiled, unreadable } from './readable.ts';
import type { Ran } from './run.ts';

/** What became of a message: it moved an operation, was counted as dropped, is in the dead-letter queue, or comes again. */
export type Fate = 'handled' | 'dropped' | 'buried' | 'back';

export interface Judged {
	/** What is wrong, in words; nothing where all is well. */
	readonly violations: readonly string[];
	/** Of a batch, how many messages had each. */
	readonly fates: Readonly<Partial<Record<Fate, number>>>;
}

/** Calls of one batch: some for the batch, some for each message. */
const CALLS = 30;
const CALLS_PER_MESSAGE = 12;
/** Of a whole batch. Milliseconds of CPU. */
const SLOW = 2_500;
/** No operation is left alone for longer: an alarm's waits seven days. Milliseconds. */
const LONGEST_ALONE = 8 * 86_400_000;
/** A reason may be quoted at this length. Characters. */
const QUOTED = 1_000;
/** What may work later, although AWS has not failed: it has yet to show something. */
const LATER = /is not listed yet|shows no tags yet|is being opened by another run|closed before it heard of|no operation is open/;

export function judge(target: FuzzedFunction, ran: Ran): Judged {
	const { scenario, account, error, hangs, cpuMs, written } = ran;
	const { way, messages } = scenario;
	const given = messages.map(({ body }) => body).join('\n');
	const operations = operationsIn(account);
	const moved = [...operations].filter(([key]) => written.has(key)).map(([, operation]) => operation);
	const known = [...operations.values()];
	const batch = way === 'batch' && error === undefined && !hangs ? ofBatch(target, ran, known, given) : undefined;
	const found: (string | false | undefined)[] = [
		hangs && 'the function does not come to an end',
		way === 'batch' && error !== undefined && `the function throws for a batch: ${String(error)}`,
		cpuMs > SLOW && `it takes ${Math.round(cpuMs)} ms`,
		account.calls.length > (target.calls ?? CALLS) + CALLS_PER_MESSAGE * messages.length &&
			`${account.calls.length} calls for ${messages.length} messages`,
		// A batch that is spoiled itself is none of SQS: there is nothing that it could be told of it.
		...(way === 'spoiled' ? [] : account.refused.map((call) => `AWS would not have taken ${call}`)),
		...moved.flatMap((operation) => [unsound(operation, account), ...toldBy(operation).map((text) => misleading(text, given))]),
		...toldAws(account).map((text) => misleading(text, given)),
		...(way === 'batch' ? (batch?.violations ?? []) : byHand(target, ran, known, given)),
	];
	return { violations: found.filter((each) => typeof each === 'string'), fates: batch?.fates ?? {} };
}

/** A function that was called by hand says what it did, or why it did not. */
function byHand(
	target: FuzzedFunction,
	{ result, error, hangs, account, scenario }: Ran,
	known: readonly Operation[],
	given: string,
): (string | undefined)[] {
	if (hangs) return [];
	if (error !== undefined) {
		const { name, message } = error as Error;
		const isKnown = name === 'Fail' || name === 'Retry' || account.failed;
		return [isKnown ? undefined : `it throws ${name}: ${message}`, unreadable(String(message).slice(0, QUOTED), given)];
	}
	const { outcome, operation, reason, message } = (result ?? {}) as Record<string, unknown>;
	if (outcome === 'dropped') return [unreadable(message, given), miscounted(reason)];
	if (outcome === undefined) return [result === null || typeof result !== 'object' ? `it gives ${JSON.stringify(result)}` : undefined];
	if (operation === undefined && target.does !== undefined) return [];
	const { id } = operation as Operation;
	const isKept = scenario.way === 'spoiled' || known.some((each) => each.id === id);
	return [isKept ? undefined : `it says ${outcome} of ${id}, which is not in the ledger`];
}

function ofBatch(
	target: FuzzedFunction,
	{ scenario, account, messageIds, log, drops, result }: Ran,
	known: readonly Operation[],
	given: string,
): Judged {
	const { messages } = scenario;
	const returned = (result as { batchItemFailures: { itemIdentifier: string }[] }).batchItemFailures.map((each) => each.itemIdentifier);
	const letters = new Map(
		account.queue(target.name, '-dead-letters').messages.map((each) => [each.attributes['MessageId']?.StringValue, each]),
	);
	const isDone = target.does !== undefined && account.inputs(target.does).length > 0;
	const isHandled = ({ event }: Message) => isDone || known.some((operation) => target.isAbout(event ?? {}, operation));
	const whyBack = new Map(
		log.filter(({ message }) => message === 'Event goes back to its queue').map(({ fields }) => [fields['messageId'], fields['why']]),
	);
	const dropLines = log.filter(({ message }) => message === 'Event dropped');
	const fates: Record<Fate, number> = { handled: 0, dropped: 0, buried: 0, back: 0 };
	let silent = 0;
	const found: (string | false | undefined)[] = [];
	for (const [index, message] of messages.entries()) {
		const id = messageIds[index] ?? '';
		const letter = letters.get(id);
		if (returned.includes(id)) {
			fates.back += 1;
			const why = String(whyBack.get(id));
			found.push(account.failed || LATER.test(why) ? unreadable(why.slice(0, QUOTED), given) : `it is tried again without hope: ${why}`);
		} else if (letter !== undefined) {
			fates.buried += 1;
			found.push(letter.body !== message.body && 'a dead letter is not what came');
			found.push(misburied(message, letter.attributes['Reason']?.StringValue, account, given));
		} else {
			if (!isHandled(message)) silent += 1;
			found.push(message.ends === 'operation' && !isHandled(message) && 'a good event has opened nothing');
			found.push(message.ends === 'done' && !isDone && 'a good event has had no effect');
			found.push(message.ends === 'buried' && 'what cannot be read is no dead letter');
		}
	}
	fates.dropped = drops.length;
	fates.handled = messages.length - fates.back - fates.buried - fates.dropped;
	found.push(
		silent > drops.length && `${silent} messages have neither an operation nor a reason; ${drops.length} were counted as dropped`,
		returned.some((id) => !messageIds.includes(id)) && 'it gives back a message that never came',
		new Set(returned).size < returned.length && 'it gives a message back twice',
		dropLines.length !== drops.length && `${drops.length} drops are counted and ${dropLines.length} are logged`,
		...drops.map(miscounted),
		...dropLines.map(({ fields }) => unreadable(String(fields['why']).slice(0, QUOTED), given)),
	);
	return { violations: found.filter((each) => typeof each === 'string'), fates };
}

/** What is wrong with a message that was given up. */
function misburied({ ends, receives }: Message, reason: string | undefined, { failed }: Account, given: string): string | undefined {
	if (ends !== undefined && ends !== 'buried' && !failed) return `a good event is buried: ${reason}`;
	const isLastTry = receives >= 10 && LATER.test(reason ?? '');
	if (/^tried \d+ times/.test(reason ?? '') && !isLastTry && !failed) return `it was tried again and again: ${reason}`;
	return unreadable(reason, given);
}

/** A drop's reason labels a metric. */
function miscounted(reason: unknown): string | undefined {
	return typeof reason === 'string' && /^[a-z-]{3,30}$/.test(reason) ? undefined : `a drop is counted as ${JSON.stringify(reason)}`;
}

/** What is the matter with an operation in the ledger. */
function unsound(
	{ id, state, closedAt, dueAt, deadlineAt, openedAt, history, result }: Operation,
	{ now, failed }: Account,
): string | undefined {
	if (history.length === 0) return `${id} has no history`;
	if (![openedAt, deadlineAt].every(Number.isFinite)) return `${id} has a time that is none`;
	if (result?.opsItem === 'refused' && !failed) return `the OpsItem of ${id} was refused`;
	if (closedAt !== undefined) return undefined;
	if (dueAt === undefined || !Number.isFinite(dueAt)) return `${id} is ${state}, and nobody looks at it again`;
	return dueAt > now + LONGEST_ALONE ? `${id} is ${state}, and is looked at only at ${dueAt}` : undefined;
}

/** By the keys of their items. */
function operationsIn({ table }: Account): ReadonlyMap<string, Operation> {
	const items = [...table.items].filter(([key]) => key.startsWith('operation#'));
	return new Map(items.map(([key, item]) => [key, fromAttributes(item)['operation'] as Operation]));
}

/** All texts that people read. */
function toldBy({ history, result }: Operation): string[] {
	return [...history.map(({ why }) => why), result?.reason ?? ''];
}
function toldAws(account: Account): string[] {
	const inputs = ['CreateOpsItem', 'UpdateOpsItem', 'PutEvents'].flatMap((operation) => account.inputs(operation));
	return inputs.map((input) => JSON.stringify(input));
}

function misleading(text: string, given: string): string | undefined {
	const spoil = spoiled(text, given);
	return spoil === undefined ? undefined : `somebody is told ${JSON.stringify(spoil)}: ${text.slice(0, 300)}`;
}
