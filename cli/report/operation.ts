/** `fleet -- report operation`: one operation's whole story, from the event that began it to what is due next. */

import { subjectOf } from '../../shared/kinds/subjects.ts';
import type { Operation } from '../../shared/operation/types.ts';
import { type NodeLine, nodeLines } from '../show/nodes.ts';
import { findOperation } from '../support/find.ts';
import { endText, hasDeadline, instant, span, stateText } from '../support/format.ts';
import { linksOf } from './operation-links.ts';
import { type Began, beganBy, type Entry, timelineOf } from './operation-timeline.ts';
import { withTrail } from './operation-trail.ts';
import { print, type Report, readOptions } from './report.ts';

const TIMELINE = ['AT', 'AFTER', 'WHAT', 'CALL', 'REQUEST', 'WHY'] as const;
const COLUMNS = ['at', 'what', 'why', 'service', 'operation', 'request_id', 'event_id', 'by'] as const;

export const operation: Report = {
	usage: '<operation> [--trail] [--csv | --json]',
	details:
		'its whole story: the event that began it, what was decided and why, every call to AWS with its request id, results, what is due ' +
		'next, and links. --trail looks the calls up in CloudTrail, which shows them some minutes late and for 90 days.',
	async run(args, desk) {
		const { values, positionals } = readOptions(args, { trail: { type: 'boolean' } }, [1, 1]);
		const services = desk.services();
		const found = await findOperation(services, positionals[0] as string);
		const nodes = found.kind === 'command' ? await nodeLines(services, found) : [];
		const entries = values.trail ? await withTrail(desk.connect(), timelineOf(found)) : timelineOf(found);
		const began = beganBy(found);
		const links = linksOf(services.settings, found, entries);
		const due = found.closedAt === undefined ? dueOf(found) : [];
		print(desk, values, {
			tables: [
				[['OPERATION', found.id], ...factsOf(found, began, services.settings.playbookPath)],
				[TIMELINE, ...rowsOf(entries, found.openedAt)],
				[['NODE', 'END', 'STATUS', 'OUTPUT'], ...nodes.map(nodeRow)],
				[['DUE', 'WHAT'], ...due.map(({ at, what }) => [instant(at), `${what}, ${distance(at, services.now())}`])],
				[['LINK', 'WHERE'], ...links.map(({ to, url }) => [to, url])],
			],
			none: '',
			csv: [COLUMNS, ...entries.flatMap(fieldsOf)],
			json: {
				...{ operation: found.id, kind: found.kind, state: found.state, subject: found.subject, playbook: found.playbook },
				...(began && { began }),
				...(found.result && { result: found.result }),
				told: { version: found.version, published: found.publishedVersion },
				timeline: entries,
				...(found.kind === 'command' && { nodes }),
				due: due.map(({ at, what }) => ({ at: new Date(at).toISOString(), what })),
				links,
			},
		});
		return undefined;
	},
};

function factsOf(found: Operation, began: Began | undefined, playbookPath: string): string[][] {
	const { subject, playbook, closedAt, result, run, version, publishedVersion } = found;
	const { name, parameterVersion } = playbook;
	const how = began && `${began.detailType} of ${began.source}, event ${began.id}${began.time ? `, ${began.time}` : ''}`;
	return [
		['about', subjectOf(subject).about(subject)],
		['where', `${subject.account} ${subject.region}`],
		['began by', how ?? 'no event: the first line says who found it'],
		['decided by', parameterVersion === 0 ? `${name}, which is no playbook` : `${playbookPath}${name}, version ${parameterVersion}`],
		...(run === undefined ? [] : [['runs', `${run.type} ${run.document}, for ${span(run.timeoutSeconds * 1_000)} at most`]]),
		['state', closedAt === undefined ? stateText(found) : endText(found)],
		...(result === undefined ? [] : [['reason', result.reason]]),
		...(result?.refusal === undefined ? [] : [['no OpsItem', result.refusal.why]]),
		[
			'told',
			publishedVersion < version ? 'Operation State Change: the clock has yet to publish the last' : 'Operation State Change: all of it',
		],
	];
}

function rowsOf(entries: readonly Entry[], openedAt: number): string[][] {
	return entries.flatMap(({ at, what, why, calls }) => {
		const [first, ...more] = calls.map((call) => [`${call.service ?? ''} ${call.operation ?? ''}`.trim() || '?', call.requestId]);
		const line = [instant(at), `+${span(Date.parse(at) - openedAt)}`, what, ...(first ?? ['', '']), why];
		return [line, ...more.map((call) => ['', '', '', ...call, ''])];
	});
}

function fieldsOf({ at, what, why, calls }: Entry): string[][] {
	const line = [at, what, why];
	if (calls.length === 0) return [[...line, '', '', '', '', '']];
	return calls.map(({ service = '', operation: name = '', requestId, eventId = '', by = '' }) => [
		...line,
		...[service, name, requestId, eventId, by],
	]);
}

function nodeRow({ node, end, status, exitCode, s3 }: NodeLine): string[] {
	return [node, end, `${status ?? '-'}${exitCode === undefined ? '' : `, exit code ${exitCode}`}`, s3 ?? '-'];
}

interface Due {
	/** Epoch milliseconds. */
	readonly at: number;
	readonly what: string;
}

/** What an open operation waits for, the next first. */
function dueOf(found: Operation): Due[] {
	const { dueAt, deadlineAt, ending } = found;
	const when = (at: number | undefined, what: string): Due[] => (at === undefined ? [] : [{ at, what }]);
	const left = ending === undefined ? '' : `, and goes on with ${ending.pending.join(', ') || 'closing it'}`;
	const own =
		found.kind === 'lifecycle'
			? [...when(found.heartbeat?.nextAt, 'the next heartbeat of its hook'), ...when(found.registerBy, 'its node must have registered')]
			: found.kind === 'alarm'
				? when(found.alarm.calmAt, 'the alarm has been OK for long enough')
				: found.kind === 'patch'
					? when(found.soaksUntil, 'the soak is over')
					: found.kind === 'session'
						? when(found.capAt, 'the session may last no longer')
						: [];
	const all = [
		...when(dueAt, `the clock looks at it${left}`),
		...own,
		...(hasDeadline(found) ? when(deadlineAt, 'its work must be over') : []),
	];
	return all.sort((a, b) => a.at - b.at);
}

function distance(at: number, now: number): string {
	return at < now ? `${span(now - at)} ago` : `in ${span(at - now)}`;
}
