/** What is said of a run and of its nodes. Pure. */

import { instant } from '../alarm/timers.ts';
import { isEnd, OVERLAPPING } from './event.ts';
import { total } from './survey.ts';
import { DAY } from './timers.ts';
import type { NodeVerdict, PatchFinding, PatchOperation, Verdict } from './types.ts';
import { VERDICTS } from './types.ts';

/** Windows do not open to the second, and summer time begins and ends between them. Milliseconds. */
const SAME_TIME = 2 * 3_600_000;

const WORDS: Readonly<Record<Verdict, string>> = {
	'not-back': 'not back',
	failed: 'failed',
	'never-reached': 'never reached',
	'pending-reboot': 'pending reboot',
	missing: 'with patches missing',
	well: 'well',
};

/** `118 of 120 nodes are well; 1 not back, 1 failed` */
export function countsText(finding: PatchFinding): string {
	const { nodes } = finding;
	const all = total(finding);
	if (all === 0) return 'no node carries the tag of the group';
	const others = VERDICTS.flatMap((verdict) => (verdict === 'well' || nodes[verdict] === 0 ? [] : `${nodes[verdict]} ${WORDS[verdict]}`));
	return [`${nodes.well} of ${all} nodes are well`, ...(others.length > 0 ? [others.join(', ')] : [])].join('; ');
}

/** `i-0123456789abcdef0 not back (its command has no end)`, of so many nodes at most. */
export function namesText({ named }: PatchFinding, most: number): string {
	const names = named.slice(0, most).map(({ node, verdict, why }: NodeVerdict) => `${node} ${WORDS[verdict]} (${why})`);
	return `${names.join(', ')}${named.length > most ? ' and more' : ''}`;
}

const STATUSES: Readonly<Record<string, string>> = {
	[OVERLAPPING]: 'was skipped, because the run before it still went on',
	TIMED_OUT: 'timed out: its window cut it off before everything was done',
	CANCELLED: 'was cancelled',
	FAILED: 'failed',
};

/** What was wrong with the run itself, in words; undefined where it went as it should. */
export function troubleOf({ window }: Pick<PatchOperation, 'window'>): string | undefined {
	const { status, details, troubles = [] } = window;
	if (status === 'SUCCESS') return undefined;
	const what = isEnd(status) ? (STATUSES[status] ?? `ended ${status}`) : 'goes on after the end of its window';
	const why = troubles.length > 0 ? troubles.join('; ') : details;
	return `the run ${what}${why ? ` (${why})` : ''}`;
}

/**
 * Whether the run may have installed what the group before has not proved: the newest patch that it could be given was released later than
 * the newest that the other run was given. Undefined where there is no such group, or nothing newer.
 */
export function unprovedOf({ ring, window, granted }: Pick<PatchOperation, 'ring' | 'window' | 'granted'>): string | undefined {
	const { before, approveAfterDays } = ring;
	if (before === undefined) return undefined;
	if (granted === undefined) return `what ${before.group} had proved before this run is not known`;
	const newest = window.startedAt - approveAfterDays * DAY;
	const proved = granted.startedAt - before.approveAfterDays * DAY;
	if (newest - proved <= SAME_TIME) return undefined;
	return (
		`patches released from ${instant(proved)} to ${instant(newest)} may be newer than what ${before.group} proved in its run of ` +
		`${instant(granted.startedAt)}`
	);
}

/** The ring of a group in the state of one that is not opened, as a clause; empty where it opens none. */
export function staysClosed({ ring }: Pick<PatchOperation, 'ring'>): string {
	return ring.next === undefined ? '' : `; the ring of ${ring.next} stays closed`;
}
