/** One tick over whatever is due, be it one operation or ten thousand. */

import { heartbeatIsDue } from '../kinds/lifecycle/timers.ts';
import { chunks, groupBy, inParallel } from '../parallel.ts';
import { advance, type Outcome } from './engine.ts';
import type { Services } from './services.ts';
import type { Operation, WaitingReason } from './types.ts';

/** Operations of one round: two full SendCommand calls. */
const BATCH = 100;
/** Reads under way at once. */
const CONCURRENT_READS = 5;

/**
 * No read, no decision and no round of calls is begun after these: what is left is due in the next minute too. The last round of calls
 * ends while the next tick begins, so that AWS's ration is used without a break: what a round is about is put on record before its
 * calls, and is not due for others meanwhile. Milliseconds.
 */
const READ_WITHIN = 10_000;
const DECIDE_WITHIN = 20_000;
const CALL_WITHIN = 57_000;

/** Calls that AWS rations and that nothing else waits for. */
const QUEUES = {
	/** CompleteLifecycleAction, mostly: about ten a second are assumed. While one round writes, the other calls. */
	ending: { size: 30, atOnce: 2 },
	/** RecordLifecycleActionHeartbeat, from the same ration. */
	heartbeat: { size: 30, atOnce: 2 },
	/** SendCommand takes 50 nodes. */
	command: { size: BATCH, atOnce: 1 },
	/** StartAutomationExecution: one a second. */
	automation: { size: 5, atOnce: 1 },
} as const;
type Queue = keyof typeof QUEUES;

export interface TickReport {
	readonly due: number;
	readonly looked: number;
	readonly closed: number;
}

/**
 * Looks now at operations that are to be looked at, as many as there is time for. Of many, those come first about which there is
 * something to decide, whatever the calls that follow from it; those calls are made afterwards, each kind at its own rate, oldest first.
 */
export async function tick(services: Services, ids: readonly string[], isDue: (operation: Operation) => boolean): Promise<TickReport> {
	const beganAt = services.now();
	const isWithin = (time: number) => services.now() - beganAt <= time;
	const report = { due: ids.length, looked: 0, closed: 0 };
	const load = async (batch: readonly string[]) => (await services.ledger.load(batch)).filter(isDue);
	const look = async (operations: readonly Operation[], by = services): Promise<Outcome[]> => {
		const outcomes = await advance(
			by,
			operations.map((operation) => ({ operation, facts: [{ type: 'tick' }] })),
		);
		report.looked += operations.length;
		report.closed += outcomes.filter(({ operation }) => operation.closedAt !== undefined).length;
		return outcomes;
	};

	const read = await inParallel(chunks(ids, BATCH), CONCURRENT_READS, async (batch) => (isWithin(READ_WITHIN) ? load(batch) : []));
	const due = read.flat();
	const isMany = due.length > BATCH;
	// A few share calls whatever they wait for; only starting runbooks takes longer than others should wait.
	const waitsForItsTurn = (operation: Operation) => {
		const queue = queueOf(operation, beganAt);
		return isMany ? queue !== undefined : queue === 'automation';
	};
	const queued = due.filter(waitsForItsTurn);
	const undecided = due.filter((operation) => !waitsForItsTurn(operation));
	for (const batch of batchesOf(undecided)) {
		if (!isWithin(DECIDE_WITHIN)) break;
		const outcomes = await look(batch, isMany ? withoutCalls(services) : services);
		if (isMany) queued.push(...outcomes.flatMap(({ operation }) => (operation.ending ? [operation] : [])));
	}
	const queues = [...groupBy(queued, (operation) => queueOf(operation, beganAt) ?? 'ending')] as [Queue, Operation[]][];
	await inParallel(queues, queues.length, async ([queue, operations]) => {
		const { size, atOnce } = QUEUES[queue];
		await inParallel(chunks(operations, size), atOnce, async (round) => {
			if (!isWithin(CALL_WITHIN)) return;
			// What has waited for its round may have been moved by others.
			await look(isMany ? await unmoved(services, round) : round);
		});
	});
	return report;
}

/** Operations that are decided about together: those of one command in one batch, since one look-up serves them all. */
function batchesOf(operations: readonly Operation[]): Operation[][] {
	const batches: Operation[][] = [];
	for (const group of groupBy(operations, ({ id, work }) => work?.externalId ?? id).values()) {
		const last = batches.at(-1);
		if (last === undefined || last.length + group.length > BATCH) batches.push(group);
		else last.push(...group);
	}
	return batches;
}

/** The calls that an operation does nothing but wait for; nothing where there is something to decide. */
function queueOf(operation: Operation, now: number): Queue | undefined {
	const { ending, waiting, run, deadlineAt } = operation;
	if (ending !== undefined) return 'ending';
	if (now >= deadlineAt) return undefined;
	if (operation.kind === 'lifecycle' && heartbeatIsDue(operation, now)) return 'heartbeat';
	const isHeldUp = waiting === 'throttle' || (run?.type === 'automation' && BEFORE_STARTS.some((reason) => reason === waiting));
	return isHeldUp ? run?.type : undefined;
}

/** What may hold up work, all of which wants to start once it is over. */
const BEFORE_STARTS: readonly WaitingReason[] = ['limit', 'calendar', 'pause'];

/** What is decided is put on record, and its calls are left to the queues. */
function withoutCalls(services: Services): Services {
	const leave = async () => new Map();
	return { ...services, performers: { ...services.performers, 'cancel-work': leave, 'complete-lifecycle': leave } };
}

/** Those that are as they were: who has moved the others goes on with them. */
async function unmoved({ ledger }: Services, operations: readonly Operation[]): Promise<Operation[]> {
	const versions = new Map(operations.map(({ id, version }) => [id, version]));
	const fresh = await ledger.load([...versions.keys()]);
	return fresh.filter(({ id, version, closedAt }) => closedAt === undefined && version === versions.get(id));
}
