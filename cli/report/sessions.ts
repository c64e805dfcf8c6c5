/** `fleet -- report sessions`: who was on which node, when, how long and why, and where the transcript is. */

import type { SessionOperation } from '../../shared/operation/types.ts';
import { inParallel } from '../../shared/parallel.ts';
import { DURATION, DURATION_FORMS, durationSeconds } from '../../shared/playbook/duration.ts';
import { instant, span, stateText } from '../support/format.ts';
import { type Desk, UsageError } from '../support/verb.ts';
import { print, type Report, readOptions } from './report.ts';

const DEFAULT_SINCE = '7d';
const DAY = 86_400_000;
/** Days whose index is read at once: four partitions each. */
const CONCURRENT_DAYS = 5;
const text = { type: 'string' } as const;

const HEADINGS = ['STARTED', 'LASTED', 'WHO', 'NODE', 'REASON', 'OUTCOME', 'TRANSCRIPT'] as const;
const COLUMNS = [
	...(['operation', 'session', 'who', 'node', 'document', 'reason', 'startedAt', 'endedAt', 'seconds'] as const),
	...(['outcome', 'playbook', 'outside', 'transcript', 'logGroup', 'logStream'] as const),
];

export const sessions: Report = {
	usage: `[--since ${DEFAULT_SINCE}] [--node ID] [--who NAME] [--csv | --json]`,
	details:
		'sessions that are open, or have ended since, the newest first, from the ledger. NAME is an ARN, or what follows its last slash. ' +
		'One of a document that is not ours may be kept elsewhere, or nowhere.',
	async run(args, desk) {
		const { values } = readOptions(args, { since: text, node: text, who: text });
		const { since = DEFAULT_SINCE, node, who } = values;
		if (!DURATION.test(since)) throw new UsageError(`takes --since as ${DURATION_FORMS}, not '${since}'`);
		const { now } = desk.services();
		const found = await read(desk, now() - durationSeconds(since) * 1_000);
		const wanted = found.filter(({ subject }) => (node === undefined || subject.node === node) && isOf(subject.owner, who));
		print(desk, values, {
			tables: [[HEADINGS, ...wanted.map((operation) => rowOf(operation, now()))]],
			none: `No session${node === undefined ? '' : ` on ${node}`}${who === undefined ? '' : ` of ${who}`} within ${since} in stage ${desk.stage}.`,
			csv: [COLUMNS, ...wanted.map(fieldsOf)],
			json: { sessions: wanted.map(documentOf) },
		});
		return undefined;
	},
};

function isOf(owner: string, who: string | undefined): boolean {
	return who === undefined || owner === who || owner.endsWith(`/${who}`);
}

/** Sessions that are open, or have ended since an instant, the newest first. */
async function read(desk: Desk, since: number): Promise<SessionOperation[]> {
	const { ledger, now } = desk.services();
	const isOfSession = (id: string) => id.startsWith('session-');
	// What an operation says of the end may be a day later than the end.
	const days = Array.from({ length: Math.floor(now() / DAY) - Math.floor(since / DAY) + 1 }, (_, n) => Math.floor(since / DAY) + n);
	const closed = await inParallel(days, CONCURRENT_DAYS, (day) => ledger.closedOn(new Date(day * DAY).toISOString().slice(0, 10)));
	const ids = new Set([...(await ledger.open()), ...closed.flat()].filter(isOfSession));
	const found = (await ledger.load([...ids])) as SessionOperation[];
	return found
		.filter(({ result, closedAt }) => (result?.session?.endedAt ?? closedAt ?? Number.POSITIVE_INFINITY) >= since)
		.sort((a, b) => b.subject.startedAt - a.subject.startedAt);
}

/** Of one that never began nothing is kept. */
function transcriptOf({ transcript, result }: SessionOperation) {
	return result?.session === undefined ? transcript : result.session.transcript;
}

function outcomeOf(operation: SessionOperation): string {
	const { breach } = operation;
	const state = operation.closedAt === undefined ? (breach === undefined ? 'open' : 'being ended') : stateText(operation);
	return breach === undefined ? state : `${state}: ${breach}`;
}

/** `user/anna`, `admins/anna`: the role and its session, or what else calls. Whole ARNs are in the other forms. */
function whoText(owner: string): string {
	return owner.replace(/^arn:[^:]*:(iam|sts)::\d{12}:(assumed-role\/)?/, '');
}

function rowOf(operation: SessionOperation, now: number): string[] {
	const { subject, result } = operation;
	const lasted = result?.session === undefined ? `${span(now - subject.startedAt)} so far` : span(result.session.seconds * 1_000);
	return [
		...[instant(subject.startedAt), operation.closedAt === undefined || result?.session ? lasted : 'not known'],
		...[whoText(subject.owner), subject.node, subject.reason ?? '-', outcomeOf(operation), transcriptOf(operation)?.s3 ?? '-'],
	];
}

function documentOf(operation: SessionOperation) {
	const { id, subject, result, playbook, breach } = operation;
	const { sessionId, owner, node, document, reason, startedAt } = subject;
	const { endedAt, seconds } = result?.session ?? {};
	const transcript = transcriptOf(operation);
	return {
		...{ operation: id, session: sessionId, who: owner, node, document },
		...(reason !== undefined && { reason }),
		startedAt: new Date(startedAt).toISOString(),
		...(endedAt !== undefined && { endedAt: new Date(endedAt).toISOString(), seconds }),
		outcome: operation.closedAt === undefined ? 'open' : operation.state,
		playbook: playbook.name,
		...(breach !== undefined && { outside: breach }),
		...(transcript && { transcript: transcript.s3, logGroup: transcript.logGroup, logStream: transcript.logStream }),
	};
}

function fieldsOf(operation: SessionOperation): string[] {
	const document: Partial<Record<(typeof COLUMNS)[number], unknown>> = documentOf(operation);
	return COLUMNS.map((column) => String(document[column] ?? ''));
}
