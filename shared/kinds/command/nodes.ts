/** How nodes have ended under a command: what AWS's words mean, counts, and what people read of it. Pure. */

import type { NodeTally } from '../../operation/facts.ts';
import type { NodeCounts, NodeEnd, NodeResult } from '../../operation/types.ts';

/**
 * StatusDetails without spaces, lower case (the documentation spells them both ways). What is not here ran and failed: `Failed` and
 * `ExecutionTimedOut` are what counts against MaxErrors (user guide, "Understanding command statuses").
 */
const MEANING: Readonly<Record<string, NodeEnd>> = {
	success: 'succeeded',
	cancelled: 'cancelled',
	canceled: 'cancelled',
	terminated: 'unstarted',
	deliverytimedout: 'unreached',
	undeliverable: 'unreached',
	invalidplatform: 'unreached',
	accessdenied: 'unreached',
};

/** Words that do not say yet how a node has ended: those of an event, of which StatusDetails are to be looked up. */
const COARSE = ['failed', 'timedout', 'cancelled', 'canceled'];

const bare = (status: string) => status.replaceAll(/\s/g, '').toLowerCase();

export function endOf({ status }: Pick<NodeResult, 'status'>): NodeEnd {
	return MEANING[bare(status)] ?? 'failed';
}

/** Whether there is more to be learned of a node than what its event says. */
export function isCoarse({ status, listed }: NodeResult): boolean {
	return listed !== true && COARSE.includes(bare(status));
}

export function isCancelled(details: string): boolean {
	return MEANING[bare(details)] === 'cancelled';
}

/** Too many invocations were pending in the account: AWS ended the command before any node ran it. */
export function isRateExceeded(details: string): boolean {
	return bare(details) === 'rateexceeded';
}

export const NONE: NodeCounts = { succeeded: 0, failed: 0, cancelled: 0, unreached: 0, unstarted: 0, unknown: 0 };

export function sum(a: NodeCounts, b: NodeCounts): NodeCounts {
	return Object.fromEntries(ENDS.map((end) => [end, a[end] + b[end]])) as unknown as NodeCounts;
}

export function total(counts: NodeCounts): number {
	return ENDS.reduce((all, end) => all + counts[end], 0);
}

/** Those that did not succeed are kept in the operation up to so many. */
const NOTABLE = 30;
/** What tells most comes first. */
export const ENDS = ['failed', 'unknown', 'cancelled', 'unreached', 'unstarted', 'succeeded'] as const satisfies readonly NodeEnd[];

export function notable(...results: readonly NodeResult[]): NodeResult[] {
	const unwell = results.filter((result) => endOf(result) !== 'succeeded');
	return unwell.sort((a, b) => ENDS.indexOf(endOf(a)) - ENDS.indexOf(endOf(b)) || (a.node < b.node ? -1 : 1)).slice(0, NOTABLE);
}

/**
 * The ends of a command's nodes.
 * @param results one for each node that has ended, as far as is known.
 * @param targets how many nodes it went to, as AWS counts them.
 */
export function tally(results: readonly NodeResult[], targets: number): NodeTally {
	const counts: Record<NodeEnd, number> = { ...NONE };
	for (const result of results) counts[endOf(result)] += 1;
	counts.unknown = Math.max(targets - results.length, 0);
	const complete = counts.unknown === 0 && !results.some(isCoarse);
	const ends = results.flatMap(({ endedAt }) => endedAt ?? []);
	return { complete, counts, notable: notable(...results), ...(ends.length > 0 && { endedAt: Math.max(...ends) }) };
}

/** The ends of nodes as people read them. */
export const WORDS: Readonly<Record<NodeEnd, string>> = {
	succeeded: 'succeeded',
	failed: 'failed',
	cancelled: 'stopped',
	unreached: 'never reached',
	unstarted: 'never started',
	unknown: 'unknown',
};

/** `94 succeeded, 7 failed, 19 never started`. */
export function countsText(counts: NodeCounts): string {
	const said = (['succeeded', 'failed', 'cancelled', 'unreached', 'unstarted', 'unknown'] as const).filter((end) => counts[end] > 0);
	return said.map((end) => `${counts[end]} ${WORDS[end]}`).join(', ') || 'no nodes';
}

/** `i-0123456789abcdef0 (Failed, exit code 1: disk full)`. */
export function nodeText({ node, status, exitCode, output }: NodeResult): string {
	const code = exitCode === undefined || exitCode < 0 ? '' : `, exit code ${exitCode}`;
	return `${node} (${status}${code}${output ? `: ${output}` : ''})`;
}
