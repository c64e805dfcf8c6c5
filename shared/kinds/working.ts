/** The course of an operation's work, for every kind: from the wish to start it, past the brakes, to its end. Pure. */

import type { BrakeFact, Effect, Fact, NodeStatus, Note, Step, WorkFact } from '../operation/facts.ts';
import type { Brake, ClosedState, Operation, WaitingReason, Work } from '../operation/types.ts';
import { resolveParameters } from '../playbook/parameters.ts';
import { heldBackBy, nextBrake } from './brakes.ts';
import { ask, change, note, nothing } from './steps.ts';

/**
 * How long after a deadline the clock decides. Work that ended just before the deadline is settled by then: a settling
 * function has had time to finish, and two decisions never meet. Milliseconds.
 */
export const DECIDE_AFTER_DEADLINE = 30_000;

/** What only waits for a call that AWS did not take is due at the next tick, however late in this one that was. Milliseconds. */
const LEFT = 5_000;

/**
 * Running work is looked up in case its event never comes, or its node vanished: the first time soon, and then the more rarely
 * the longer it runs. A lost event costs at most half of the time that the work took, and long work few calls. Milliseconds.
 */
const FIRST_LOOK = 5 * 60_000;
const LAST_LOOK = 20 * 60_000;

export interface Failure {
	readonly state: Extract<ClosedState, 'failed' | 'timed-out'>;
	readonly reason: string;
	/** Work may still run. */
	readonly cancel?: boolean;
	readonly requestId?: string | undefined;
}

/** What a kind makes of the course of its work. */
export interface Course<O extends Operation> {
	/** What is looked at before work begins, and again after a long wait. */
	look(operation: O): readonly Effect[];
	/** When work that begins now must be over: the deadline of one that a pause held up. */
	deadline(operation: O, now: number): number;
	failed(operation: O, failure: Failure, now: number): Step<O>;
	succeeded(operation: O, reason: string, fact: WorkFact, now: number): Step<O>;
	/** A brake holds it back, and its playbook does not wait. */
	heldBack(operation: O, why: string, requestId: string | undefined, now: number): Step<O>;
	/** What work is run on, where that is more than one node. */
	scope?(operation: O): Pick<Work, 'scope' | 'fleet'>;
	/** The node before work begins, where that means something of its own to the kind. */
	node?(operation: O, status: NodeStatus, now: number): Step<O> | undefined;
}

/** Its work runs, or may: it is not begun again. */
export function hasBegun({ state, work }: Operation): boolean {
	return state === 'running' || (state === 'starting' && work !== undefined);
}

/** Waits for a reason, saying so once: a start that is tried again every minute is no news. */
export function wait<O extends Operation>(operation: O, reason: WaitingReason, why: string, requestId?: string): Step<O> {
	const { work } = operation;
	// Work that was perhaps sent before keeps its name: its marker on the node is what makes a second delivery harmless.
	const gone = work !== undefined && work.attempt > 1 ? [] : (['work'] as const);
	const waiting = change(operation, { state: 'waiting', waiting: reason }, ...gone);
	const last = operation.history.findLast(({ what }) => !what.startsWith('heartbeat'));
	const said = operation.waiting === reason || (last?.what === 'waiting' && last.why === why);
	return said ? nothing(waiting) : nothing(waiting, note('waiting', why, requestId));
}

/** Work starts once no brake holds it back. A pause is not the playbook's time: the work gets all of it. */
export function begin<O extends Operation>(course: Course<O>, operation: O, now: number): Step<O> {
	const paused = operation.waiting === 'pause';
	return goOn(course, paused ? change(operation, { deadlineAt: course.deadline(operation, now) }) : operation, undefined, now);
}

function goOn<O extends Operation>(course: Course<O>, operation: O, passed: Brake | undefined, now: number): Step<O> {
	const effect = nextBrake(operation, passed);
	return effect === undefined ? start(course, operation, now) : ask(operation, [effect]);
}

function brake<O extends Operation>(course: Course<O>, operation: O, { brake, free, why, requestId }: BrakeFact, now: number): Step<O> {
	if (operation.ending !== undefined || hasBegun(operation)) return nothing(operation);
	if (free) {
		const passed = brake === 'limit' ? change(operation, { slot: true }) : operation;
		if (operation.waiting !== brake) return goOn(course, passed, brake, now);
		// It may have waited for hours: what the work is for is looked at first.
		const awake = change(passed, {}, 'waiting');
		const looks = course.look(awake);
		return looks.length > 0 ? ask(awake, looks) : begin(course, awake, now);
	}
	if (heldBackBy(operation, brake) === 'wait') return wait(operation, brake, why, requestId);
	return course.heldBack(operation, why, requestId, now);
}

function start<O extends Operation>(course: Course<O>, operation: O, now: number): Step<O> {
	const { run, occasion } = operation;
	if (run === undefined) return nothing(operation);
	const resolved = resolveParameters(run.parameters, occasion);
	if (!resolved.ok) return course.failed(operation, { state: 'failed', reason: resolved.problem }, now);
	const fresh: Work = {
		id: `${operation.id}.${operation.attempts.start + 1}`,
		attempt: 1,
		type: run.type,
		document: run.document,
		parameters: resolved.parameters,
		shared: false,
		recordedAt: now,
		...course.scope?.(operation),
	};
	const work = operation.work === undefined ? fresh : { ...operation.work, attempt: operation.work.attempt + 1, recordedAt: now };
	return ask(change(operation, { state: 'starting', work }, 'waiting'), [{ name: 'start-work', work }]);
}

/** What a fact about the work, its node or its brakes means; nothing where it is about something else. */
export function atWork<O extends Operation>(course: Course<O>, operation: O, fact: Fact, now: number): Step<O> | undefined {
	switch (fact.type) {
		case 'node':
			return node(course, operation, fact.status, fact.since, fact.requestId, now);
		case 'brake':
			return brake(course, operation, fact, now);
		case 'work-shared':
			return nothing(change(operation, { work: fact.work }));
		case 'work-started':
			return started(operation, fact, now);
		case 'work-seen':
			return seen(operation, fact, now);
		case 'work-not-started':
			return notStarted(course, operation, fact, now);
		case 'work-not-found':
			return notFound(course, operation, fact.certain, now);
		case 'work':
			return ended(course, operation, fact, now);
		default:
			return undefined;
	}
}

function node<O extends Operation>(
	course: Course<O>,
	operation: O,
	status: NodeStatus,
	since: string | undefined,
	requestId: string | undefined,
	now: number,
): Step<O> {
	if (operation.ending !== undefined) return nothing(operation);
	if (hasBegun(operation)) {
		if (operation.state !== 'running' || status !== 'not-registered') return nothing(operation);
		// A lost connection may come back; a node that is not managed any more will report no end.
		const reason = 'the node vanished while its work ran: Systems Manager does not manage it any more';
		return course.failed(operation, { state: 'failed', reason, cancel: true, requestId }, now);
	}
	if (status === 'online') return begin(course, operation, now);
	const own = course.node?.(operation, status, now);
	if (own !== undefined) return own;
	const reason =
		status === 'connection-lost'
			? `the node is unreachable: its agent's connection is lost${since ? ` (last seen ${since})` : ''}`
			: 'the node is unreachable: Systems Manager does not manage it (no agent, no permission, or it is gone)';
	return course.failed(operation, { state: 'failed', reason, requestId }, now);
}

function started<O extends Operation>(operation: O, fact: Extract<Fact, { type: 'work-started' }>, now: number): Step<O> {
	if (operation.work === undefined || operation.work.externalId === fact.externalId) return nothing(operation);
	const work = { ...operation.work, externalId: fact.externalId, startedAt: now };
	const running = change(operation, {
		state: 'running',
		work,
		attempts: { ...operation.attempts, start: operation.attempts.start + 1 },
	});
	const what = work.type === 'command' ? 'command sent' : 'runbook started';
	const told = note(fact.adopted ? `${what} (found)` : what, `${work.document}: ${fact.externalId}`, fact.requestId);
	// What ended while nobody listened is in the list already.
	if (fact.adopted) return ask(running, [{ name: 'look-up-work' }], told);
	return fact.unrecorded === undefined ? nothing(running, told) : nothing(running, told, note('work record not written', fact.unrecorded));
}

function seen<O extends Operation>(operation: O, fact: Extract<Fact, { type: 'work-seen' }>, now: number): Step<O> {
	const { state, work } = operation;
	const awaited = state === 'starting' && work !== undefined && work.externalId === undefined;
	if (!awaited || (fact.workId !== undefined && fact.workId !== work.id)) return nothing(operation);
	return started(operation, { type: 'work-started', externalId: fact.externalId, adopted: false }, now);
}

function notStarted<O extends Operation>(
	course: Course<O>,
	operation: O,
	fact: Extract<Fact, { type: 'work-not-started' }>,
	now: number,
): Step<O> {
	switch (fact.why) {
		case 'throttled':
			return wait(operation, 'throttle', `Systems Manager is at its rate limit: ${fact.message}`, fact.requestId);
		case 'paused':
			return wait(operation, 'pause', fact.message);
		case 'not-managed':
			return node(course, change(operation, { state: 'waiting' }), 'not-registered', undefined, fact.requestId, now);
		case 'refused': {
			const reason = `Systems Manager refused the work: ${fact.message}`;
			return course.failed(change(operation, {}, 'work'), { state: 'failed', reason, requestId: fact.requestId }, now);
		}
		case 'unknown':
			return nothing(operation, note('no reply', `${fact.message}: whether the work started is looked up`, fact.requestId));
		case 'taken':
			return nothing(operation);
		case 'left-out':
			return sendAgain(operation, now);
	}
}

function notFound<O extends Operation>(course: Course<O>, operation: O, certain: boolean, now: number): Step<O> {
	if (operation.ending === undefined && now >= operation.deadlineAt + DECIDE_AFTER_DEADLINE) return timeOut(course, operation, now);
	if (!certain) return nothing(operation);
	const why = 'AWS lists no such work two minutes after the call that should have started it';
	return sendAgain(operation, now, note('starting again', why));
}

/** The same work once more: it keeps its name, and so its marker on the node. */
function sendAgain<O extends Operation>(operation: O, now: number, ...notes: Note[]): Step<O> {
	if (operation.ending !== undefined || operation.state !== 'starting' || operation.work === undefined) return nothing(operation);
	const work = { ...operation.work, attempt: operation.work.attempt + 1, recordedAt: now };
	return ask(change(operation, { work }), [{ name: 'start-work', work }], ...notes);
}

function ended<O extends Operation>(course: Course<O>, operation: O, fact: WorkFact, now: number): Step<O> {
	if (operation.ending !== undefined || operation.state !== 'running') return nothing(operation);
	const { status, details, externalId, requestId } = fact;
	const { work, deadlineAt } = operation;
	// News of an earlier attempt, which this one has replaced. What was only sent again is the same work.
	const isOther = externalId !== undefined && externalId !== work?.externalId;
	if (isOther && (fact.workId === undefined || fact.workId !== work?.id)) return nothing(operation);
	// When it ended counts, not when that became known.
	const inTime = (fact.endedAt ?? now) < deadlineAt;
	const isOneOfMany = externalId !== undefined && work?.type === 'command' && work.attempt > 1;
	// One command that did not end well says nothing of the others: a look tells of all.
	if (isOneOfMany && !(status === 'succeeded' && inTime)) return ask(operation, [{ name: 'look-up-work' }]);
	if (status === 'running' || status === 'unknown') {
		return now >= deadlineAt + DECIDE_AFTER_DEADLINE ? timeOut(course, operation, now) : nothing(operation);
	}
	if (!inTime) return timeOut(course, operation, now);
	const document = work?.document;
	if (status === 'succeeded') return course.succeeded(operation, `${document}: ${details}`, fact, now);
	const didNotRun = status === 'not-started' || status === 'not-delivered';
	// Work that a neighbour kept from starting is started once more; it is alone then, and not shared again.
	if (didNotRun && work?.shared === true) {
		const why = `the shared command never reached this node (${details})`;
		return ask(change(operation, { state: 'starting' }, 'work'), [{ name: 'check-node' }], note('starting again', why, requestId));
	}
	const code = fact.exitCode === undefined || fact.exitCode < 0 ? '' : `, exit code ${fact.exitCode}`;
	const said = fact.output ? `: ${fact.output}` : '';
	return course.failed(operation, { state: 'failed', reason: `${document}: ${details}${code}${said}`, requestId }, now);
}

/** What was waited for in vain. */
const IN_VAIN: Partial<Record<WaitingReason, string>> = {
	registration: 'the node did not register with Systems Manager before the deadline',
	limit: "its turn under the playbook's limits did not come before the deadline",
	calendar: "the playbook's calendar did not open before the deadline",
};

function timeOut<O extends Operation>(course: Course<O>, operation: O, now: number): Step<O> {
	const late = operation.kind === 'lifecycle' ? "the playbook's timeout or the hook's own limit" : "the playbook's timeout";
	const reason = IN_VAIN[operation.waiting as WaitingReason] ?? `not over within ${late}`;
	return course.failed(operation, { state: 'timed-out', reason, cancel: true }, now);
}

/**
 * What the clock does for work that is wanted or under way.
 * @param deadlineAt until when it may start and run.
 * @param around what is looked at beside running work.
 */
export function tickWork<O extends Operation>(
	course: Course<O>,
	operation: O,
	now: number,
	deadlineAt = operation.deadlineAt,
	around: readonly Effect[] = operation.work?.type === 'command' ? [{ name: 'check-node' }] : [],
): Step<O> {
	const { state, waiting, work } = operation;
	if (now >= deadlineAt + DECIDE_AFTER_DEADLINE) {
		// Work that ended in time may not have been reported, nor that it was started.
		if (state === 'running') return ask(operation, [{ name: 'look-up-work' }]);
		return hasBegun(operation) ? ask(operation, [{ name: 'find-work' }]) : timeOut(course, operation, now);
	}
	if (state === 'running') return ask(operation, [{ name: 'look-up-work' }, ...around]);
	if (state === 'starting' && work !== undefined) return ask(operation, [{ name: 'find-work' }]);
	if (waiting !== undefined && waiting !== 'registration') return begin(course, operation, now);
	return open(course, operation, now);
}

/** The wish to start work: what it is for is looked at, and then it begins. */
export function open<O extends Operation>(course: Course<O>, operation: O, now: number): Step<O> {
	const looks = course.look(operation);
	return looks.length > 0 ? ask(operation, looks) : begin(course, operation, now);
}

/** When the clock must look at wanted or running work again, whatever its deadline. */
export function workLook({ state, waiting, ending, work, attempts }: Operation, byNextTick: number, now: number): number {
	if (waiting === 'throttle' || (ending !== undefined && attempts.ending > 0)) return now + LEFT;
	if (state !== 'running' || ending !== undefined) return now + byNextTick;
	const ran = now - (work?.startedAt ?? now);
	return now + Math.min(Math.max(ran / 2, FIRST_LOOK), LAST_LOOK);
}
