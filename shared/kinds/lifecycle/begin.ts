/** From the wish to start an operation's work to the call that starts it: waits, brakes, the dry run. Pure. */

import type { BrakeFact, Effect, Note, Step } from '../../operation/facts.ts';
import type { Brake, Operation, WaitingReason, Work } from '../../operation/types.ts';
import { resolveParameters } from '../../playbook/parameters.ts';
import { heldBackBy, nextBrake } from '../brakes.ts';
import { decide } from './ending.ts';
import { deadline } from './timers.ts';

export function nothing(operation: Operation, ...notes: Note[]): Step {
	return { operation, notes, effects: [] };
}

export function ask(operation: Operation, effects: readonly Effect[], ...notes: Note[]): Step {
	return { operation, notes, effects };
}

export function note(what: string, why: string, requestId?: string): Note {
	return { what, why, requestId };
}

/** Its work runs, or may: it is not begun again. */
export function hasBegun({ state, work }: Operation): boolean {
	return state === 'running' || (state === 'starting' && work !== undefined);
}

/** Waits for a reason, saying so once: a start that is tried again every minute is no news. */
export function wait(operation: Operation, reason: WaitingReason, why: string, requestId?: string): Step {
	const { work, ...rest } = operation;
	// Work that was perhaps sent before keeps its name: its marker on the node is what makes a second delivery harmless.
	const kept = work !== undefined && work.attempt > 1 ? { work } : {};
	const waiting: Operation = { ...rest, ...kept, state: 'waiting', waiting: reason };
	const last = operation.history.findLast(({ what }) => !what.startsWith('heartbeat'));
	const said = operation.waiting === reason || (last?.what === 'waiting' && last.why === why);
	return said ? nothing(waiting) : nothing(waiting, note('waiting', why, requestId));
}

/** Work starts once no brake holds it back. A pause is not the playbook's time: the work gets all of it, as far as the hook lasts. */
export function begin(operation: Operation, now: number): Step {
	const { waiting, run, hookTimers, actionStartedAt } = operation;
	const deadlineAt = waiting === 'pause' ? deadline(run.timeoutSeconds, hookTimers, actionStartedAt, now) : operation.deadlineAt;
	return goOn({ ...operation, deadlineAt }, undefined, now);
}

function goOn(operation: Operation, passed: Brake | undefined, now: number): Step {
	const effect = nextBrake(operation, passed);
	return effect === undefined ? start(operation, now) : ask(operation, [effect]);
}

export function brake(operation: Operation, { brake, free, why, requestId }: BrakeFact, now: number): Step {
	if (operation.ending !== undefined || hasBegun(operation)) return nothing(operation);
	if (free) {
		const { waiting, ...rest } = operation;
		const slot = brake === 'limit' && ({ slot: true } as const);
		if (waiting !== brake) return goOn({ ...operation, ...slot }, brake, now);
		// It may have waited for hours: whether there still is a node is looked at first.
		return ask({ ...rest, ...slot }, [{ name: 'check-node' }]);
	}
	if (heldBackBy(operation, brake) === 'wait') return wait(operation, brake, why, requestId);
	const { onSuccess, onFailure } = operation.then;
	// A node that was never prepared must not go into service as if it had been.
	const { lifecycle } = operation.subject.transition === 'autoscaling:EC2_INSTANCE_LAUNCHING' ? onFailure : onSuccess;
	return decide(operation, { state: 'skipped', reason: why, then: { lifecycle }, requestId }, now);
}

/** The dry run: what would have been done is all that is done. */
export function observed(operation: Operation, now: number): Step {
	const { run, then, occasion } = operation;
	const { onSuccess, onFailure } = then;
	const resolved = resolveParameters(run.parameters, occasion);
	const would = resolved.ok
		? `would run ${run.type} ${run.document} with ${JSON.stringify(resolved.parameters)}, and complete the action with ${onSuccess.lifecycle}, after a failure with ${onFailure.lifecycle}`
		: `would fail and complete the action with ${onFailure.lifecycle}: ${resolved.problem}`;
	return decide(operation, { state: 'skipped', reason: `observed only: ${would}`, then: onFailure, complete: false }, now);
}

function start(operation: Operation, now: number): Step {
	const { run, occasion } = operation;
	const resolved = resolveParameters(run.parameters, occasion);
	if (!resolved.ok) {
		return decide(operation, { state: 'failed', reason: resolved.problem, then: operation.then.onFailure }, now);
	}
	const fresh: Work = {
		id: `${operation.id}.${operation.attempts.start + 1}`,
		attempt: 1,
		type: run.type,
		document: run.document,
		parameters: resolved.parameters,
		shared: false,
		recordedAt: now,
	};
	const work = operation.work === undefined ? fresh : { ...operation.work, attempt: operation.work.attempt + 1, recordedAt: now };
	const { waiting: _waiting, ...rest } = operation;
	return ask({ ...rest, state: 'starting', work }, [{ name: 'start-work', work }]);
}
