/** Which operation a person means. */

import { nodeOf, subjectOf } from '../../shared/kinds/subjects.ts';
import { parseOperationId, subjectId } from '../../shared/operation/ids.ts';
import type { Services } from '../../shared/operation/services.ts';
import type { Operation } from '../../shared/operation/types.ts';
import { oneLine, stateText } from './format.ts';
import { Refusal } from './verb.ts';

/** Four digits of the hash at least: what is typed in passing must not cancel anything. */
const ID_PREFIX = /^[a-z]+-[0-9a-f]{4,16}(-\d*)?$/;
/** How many of several candidates a message names. */
const NAMED = 5;
const DAY = 86_400_000;

/** The UTC days whose closed operations are at hand: `['2026-11-22', '2026-11-23']`. */
export function recentDays(now: number): string[] {
	return [now - DAY, now].map((at) => new Date(at).toISOString().slice(0, 10));
}

/** What looks like an id that was cut off too early. */
const ID_STUB = /^(lifecycle|alarm|compliance|event|command|patch|association|state|agent|inventory|session)(-[0-9a-f]{0,3})?$/;

/**
 * The operation of an id, of the unique beginning of one, or of what it is about: an instance id, an alarm's name, a resource's id.
 * Open ones come first; then those closed today and yesterday, of which several about the same subject mean the newest.
 * @throws Refusal where nothing or more than one thing fits.
 */
export async function findOperation(services: Services, text: string): Promise<Operation> {
	if (parseOperationId(text) !== undefined) {
		const [exact] = await services.ledger.load([text]);
		if (exact !== undefined) return exact;
	}
	if (ID_STUB.test(text))
		throw new Refusal(`'${text}' is too short for an operation's id (lifecycle-3f2a will do): fleet -- list has them`);
	const watched = await candidates(services, await services.ledger.open(), text);
	const open = watched.filter(({ closedAt }) => closedAt === undefined);
	if (open.length > 0) return theOne(open, text);
	const days = await Promise.all(recentDays(services.now()).map((day) => services.ledger.closedOn(day)));
	const closed = new Map([...watched, ...(await candidates(services, days.flat(), text))].map((operation) => [operation.id, operation]));
	if (closed.size > 0) return theOne(newestOfEach([...closed.values()]), text);
	const { stage, retentionDays } = services.settings;
	throw new Refusal(
		`No operation '${text}' in stage ${stage}: none is open, and none was closed today or yesterday. fleet -- list --all shows them; ` +
			`by its full id an operation is found for ${retentionDays} days after it closed.`,
	);
}

async function candidates(services: Services, ids: readonly string[], text: string): Promise<Operation[]> {
	const isId = (id: string) => ID_PREFIX.test(text) && id.startsWith(text);
	const byId = await services.ledger.load(ids.filter(isId));
	if (byId.length > 0) return byId;
	return (await services.ledger.load(ids)).filter((operation) => isAbout(operation, text));
}

function isAbout(operation: Operation, text: string): boolean {
	const { subject } = operation;
	const keys = operation.kind === 'association' ? [operation.name] : subject.kind === 'event' ? subject.key : [];
	return [subjectOf(subject).name(subject), nodeOf(operation), ...keys].includes(text);
}

function newestOfEach(operations: readonly Operation[]): Operation[] {
	const newest = new Map<string, Operation>();
	for (const operation of operations) {
		const key = subjectId(operation.subject);
		if ((newest.get(key)?.occurrence ?? 0) < operation.occurrence) newest.set(key, operation);
	}
	return [...newest.values()];
}

/** What tells an operation from others that the same text names. */
function distinction({ subject }: Operation): string {
	return subject.kind === 'lifecycle' ? subject.hook : oneLine(subjectOf(subject).about(subject));
}

function theOne(operations: readonly Operation[], text: string): Operation {
	// What playbooks do about a cause names it too.
	const causes = operations.filter(({ kind }) => kind === 'agent');
	const [one, ...others] = causes.length === 1 ? causes : operations;
	if (one !== undefined && others.length === 0) return one;
	const named = operations.slice(0, NAMED).map((operation) => `  ${operation.id}  ${stateText(operation)}  ${distinction(operation)}`);
	const more = operations.length > NAMED ? [`  and ${operations.length - NAMED} more`] : [];
	throw new Refusal([`'${text}' fits ${operations.length} operations: give the full id of one.`, ...named, ...more].join('\n'));
}
