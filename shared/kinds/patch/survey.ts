/** What is to be made of the nodes of a patch group, from what Systems Manager tells of them. Pure. */

import type { NodeVerdict, PatchFinding, PatchOperation, Verdict } from './types.ts';
import { VERDICTS } from './types.ts';

/** Nodes that an operation names; the report has all of them. */
const NAMED = 30;

/** What the last operation of Patch Manager on a node has reported (InstancePatchState). */
export interface NodePatches {
	readonly node: string;
	readonly operation: string;
	/** Epoch milliseconds. */
	readonly startedAt: number;
	readonly snapshotId?: string;
	readonly installed: number;
	readonly missing: number;
	readonly failed: number;
	readonly pendingReboot: number;
	readonly critical: number;
	readonly security: number;
	readonly other: number;
}

export interface Seen {
	/** Nodes that carry the tag of the group. */
	readonly tagged: readonly string[];
	readonly states: readonly NodePatches[];
	/** Nodes whose connection is lost, and since when, as far as that is known. */
	readonly lost: ReadonlyMap<string, string>;
	/** How the commands of the run stand on nodes, as far as that was asked: AWS's words. */
	readonly invocations: ReadonlyMap<string, string>;
}

/** A node with its verdict, and what it reported. */
export type Judged = NodeVerdict & { readonly patches?: NodePatches };

/** Statuses of invocations that have not ended. */
const UNFINISHED: readonly string[] = ['InProgress', 'Delayed', 'Cancelling'];
const WELL = 'nothing is missing, failed or pending';

type Run = Pick<PatchOperation, 'window' | 'subject' | 'found'>;

/** Whether it was reported by the run: nodes of a run share a snapshot, which is named after it, or else the time tells. */
function isOfRun({ window, subject }: Run, { snapshotId, operation, startedAt }: NodePatches): boolean {
	if (snapshotId === subject.executionId) return true;
	return operation === 'Install' && startedAt >= window.startedAt && startedAt <= (window.endedAt ?? window.endsAt);
}

/** Nodes whose report by the run may have been overwritten since: whether the run has reached them only its commands tell. */
export function overwritten(run: Run, states: readonly NodePatches[]): NodePatches[] {
	return states.filter((state) => state.startedAt >= run.window.startedAt && !isOfRun(run, state));
}

/** Each node of the group, as it came out of the run. */
export function judgeRun(run: Run, { tagged, states, lost, invocations }: Seen): Judged[] {
	const since = new Set(overwritten(run, states));
	const reported = new Map(states.map((state) => [state.node, state]));
	const ofRun = states.filter((state) => isOfRun(run, state)).map(({ node }) => node);
	return nodesOf(tagged, ofRun).map((node) => {
		const patches = reported.get(node);
		const status = invocations.get(node);
		const isReached = patches !== undefined && (isOfRun(run, patches) || (since.has(patches) && status === 'Success'));
		const told = { node, ...(patches && { patches }) };
		if (status !== undefined && UNFINISHED.includes(status))
			return { ...told, verdict: 'not-back', why: `its command has no end${silence(lost, node)}` };
		if (isReached) return { ...told, ...(lost.has(node) ? notBack(lost, node) : stateOf(patches)) };
		if (status === 'Failed') return { ...told, verdict: 'failed', why: 'its command failed, and it has not reported its patches' };
		return { ...told, verdict: 'never-reached', why: neverReached(lost.has(node), silence(lost, node), status) };
	});
}

function neverReached(isLost: boolean, silence: string, status: string | undefined): string {
	if (status !== undefined) return `its command ended ${status}${silence}`;
	return isLost ? silence.slice(2) : 'not begun, or not managed';
}

/**
 * Each node of the group, as it stands after the soak. Patches that a later scan finds missing were mostly approved since: they count
 * where the run itself had left some missing.
 */
export function judgeSoak(run: Run, { tagged, states, lost }: Seen): Judged[] {
	const reported = new Map(states.map((state) => [state.node, state]));
	const lacked = new Set((run.found?.named ?? []).filter(({ verdict }) => verdict === 'missing').map(({ node }) => node));
	return nodesOf(tagged, []).map((node) => {
		const patches = reported.get(node);
		const told = { node, ...(patches && { patches }) };
		if (patches === undefined || patches.startedAt < run.window.startedAt)
			return { ...told, verdict: 'never-reached', why: `nothing reported since the run began${silence(lost, node)}` };
		if (lost.has(node)) return { ...told, ...notBack(lost, node) };
		const counts = isOfRun(run, patches) || lacked.has(node);
		return { ...told, ...stateOf(counts ? patches : { ...patches, missing: 0 }) };
	});
}

function nodesOf(tagged: readonly string[], more: readonly string[]): string[] {
	return [...new Set([...tagged, ...more])].sort();
}

function silence(lost: Seen['lost'], node: string): string {
	if (!lost.has(node)) return '';
	const since = lost.get(node);
	return since ? `, connection lost since ${since}` : ', connection lost';
}

function notBack(lost: Seen['lost'], node: string): Omit<NodeVerdict, 'node'> {
	return { verdict: 'not-back', why: silence(lost, node).slice(2) };
}

function stateOf({ failed, pendingReboot, missing }: NodePatches): Omit<NodeVerdict, 'node'> {
	if (failed > 0) return { verdict: 'failed', why: `${failed} of its patches failed` };
	if (pendingReboot > 0) return { verdict: 'pending-reboot', why: `${pendingReboot} of its patches wait for a restart` };
	if (missing > 0) return { verdict: 'missing', why: `${missing} patches are missing` };
	return { verdict: 'well', why: WELL };
}

/** What is kept of it in the operation. */
export function findingOf(judged: readonly Judged[], at: number): PatchFinding {
	const count = (verdict: Verdict) => judged.filter((each) => each.verdict === verdict).length;
	const sum = (of: (patches: NodePatches) => number) => judged.reduce((total, { patches }) => total + (patches ? of(patches) : 0), 0);
	const named = VERDICTS.flatMap((verdict) => (verdict === 'well' ? [] : judged.filter((each) => each.verdict === verdict)));
	return {
		at,
		nodes: Object.fromEntries(VERDICTS.map((verdict) => [verdict, count(verdict)])) as PatchFinding['nodes'],
		patches: {
			installed: sum(({ installed }) => installed),
			missing: sum(({ missing }) => missing),
			failed: sum(({ failed }) => failed),
			pendingReboot: sum(({ pendingReboot }) => pendingReboot),
		},
		severity: {
			critical: sum(({ critical }) => critical),
			security: sum(({ security }) => security),
			other: sum(({ other }) => other),
		},
		named: named.slice(0, NAMED).map(({ node, verdict, why }) => ({ node, verdict, why })),
		unsettled: count('not-back'),
	};
}

export function total({ nodes }: PatchFinding): number {
	return VERDICTS.reduce((sum, verdict) => sum + nodes[verdict], 0);
}

/** Whether enough of its nodes are well: a group without nodes proves nothing. */
export function isProven(finding: PatchFinding, successPercent: number): boolean {
	const all = total(finding);
	return all > 0 && finding.nodes.well * 100 >= successPercent * all;
}
