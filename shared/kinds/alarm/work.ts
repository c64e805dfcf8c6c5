/** What is done about an alarm: its OpsItem, and the playbook's work beside it. Pure. */

import type { Effect, Note, Step } from '../../operation/facts.ts';
import type { AlarmOperation } from '../../operation/types.ts';
import { resolveNode, resolveParameters } from '../../playbook/parameters.ts';
import { ask, change, note, nothing } from '../steps.ts';
import { type Course, hasBegun, open } from '../working.ts';
import { fail, hold, know, remember, resolve, rest, unsure, withCalmFrom } from './ending.ts';
import { span } from './timers.ts';

export const course: Course<AlarmOperation> = {
	// What a brake has held up for long may be over: the alarm comes before the node.
	look(operation) {
		if (hasWaited(operation)) return [{ name: 'look-at-alarm' }];
		return operation.node === undefined ? [] : [{ name: 'check-node' }];
	},
	deadline: ({ run }, now) => now + (run?.timeoutSeconds ?? 0) * 1_000,
	failed: (operation, failure, now) => fail(operation, failure, now),
	succeeded(operation, reason, { requestId, endedAt = Number.POSITIVE_INFINITY }, now) {
		const done = waitingForOk(withCalmFrom(remember(operation, reason, now), now), now);
		const said = note('work succeeded', reason, requestId);
		const { resting, effects } = rest(done);
		const { calmAt, stateAt } = resting.alarm;
		if (calmAt !== undefined && calmAt <= now) return join(said, effects, resolve(resting, now));
		const told: readonly Effect[] = [...effects, { name: 'update-ops-item' }];
		// That it was over was not known when it went off again.
		const isAnother = calmAt === undefined && stateAt > endedAt;
		return isAnother
			? join(said, told, hold(resting, { until: now, why: 'it went off again after its work' }, now))
			: ask(resting, told, said);
	},
	heldBack(operation, why, requestId, now) {
		const { resting, effects } = rest(remember(operation, `not run: ${why}`, now));
		return ask(resting, [...effects, { name: 'update-ops-item' }], note('not run', why, requestId));
	},
};

function join(said: Note, effects: readonly Effect[], step: Step<AlarmOperation>): Step<AlarmOperation> {
	return { ...step, notes: [said, ...step.notes], effects: [...effects, ...step.effects] };
}

/** A brake has let it go on. */
export function hasWaited({ state, waiting, ending }: AlarmOperation): boolean {
	return state === 'waiting' && waiting === undefined && ending === undefined;
}

/** Its work is wanted and has not begun: a brake, a look or a throttle is in the way. */
export function wantsWork(operation: AlarmOperation): boolean {
	const { state, waiting, ending } = operation;
	if (ending !== undefined || hasBegun(operation)) return false;
	return state === 'starting' || (state === 'waiting' && waiting !== 'held');
}

/** From now on, OK is waited for as long as the playbook says. */
export function waitingForOk(operation: AlarmOperation, now: number): AlarmOperation {
	return change(operation, { deadlineAt: now + operation.timers.waitForOkSeconds * 1_000 });
}

/** It is in ALARM, and nothing holds it: its OpsItem is told, and its work begins at the same time. */
export function act(operation: AlarmOperation, now: number, ...said: readonly Note[]): Step<AlarmOperation> {
	const step = beginWork(waitingForOk(know(unsure(operation), {}, 'held'), now), now);
	const others = step.effects.filter(({ name }) => name !== 'open-ops-item');
	return { ...step, notes: [...said, ...step.notes], effects: [{ name: 'open-ops-item' }, ...others] };
}

/** Work is begun anew each time it goes off, whatever became of it the last time. */
export function beginWork(operation: AlarmOperation, now: number): Step<AlarmOperation> {
	const { run, brakes, alarm, occasion } = operation;
	const idle = change(anew(operation), { state: 'verifying' }, 'waiting');
	if (run === undefined) return nothing(idle);
	if (brakes?.observe) return observed(idle);
	if (alarm.flapping) return flapping(idle);
	if (run.type !== 'command') return open(course, change(idle, { state: 'starting' }), now);
	const found = resolveNode(run.node ?? '', occasion);
	if (!found.ok) return fail(idle, { state: 'failed', reason: `run.node: ${found.problem}` }, now);
	return open(course, change(idle, { state: 'starting', node: found.node }), now);
}

/** Without its last work. A start that nobody knows the end of has had its name, which must not be given again. */
function anew(operation: AlarmOperation): AlarmOperation {
	const { work, attempts } = operation;
	const start = attempts.start + (work !== undefined && work.externalId === undefined ? 1 : 0);
	return change(operation, { attempts: { ...attempts, start } }, 'work');
}

/** What waits for its turn has none any more, once the alarm flaps. */
export function withoutWorkIfFlapping(step: Step<AlarmOperation>, now: number): Step<AlarmOperation> {
	const { operation } = step;
	if (!operation.alarm.flapping || !wantsWork(operation)) return step;
	const { resting, effects } = rest(waitingForOk(operation, now));
	const stopped = flapping(resting);
	return { ...stopped, notes: [...step.notes, ...stopped.notes], effects: [...step.effects, ...effects] };
}

function flapping(operation: AlarmOperation): Step<AlarmOperation> {
	const said = operation.history.some(({ what }) => what === 'flapping');
	return nothing(operation, ...(said ? [] : [note('flapping', `${flappingWords(operation)}: no work is started until it is calm`)]));
}

export function flappingWords({ timers }: AlarmOperation): string {
	const { times = 0, withinSeconds = 0 } = timers.flapping ?? {};
	return `it went off ${times} times or more within ${span(withinSeconds * 1_000)}`;
}

/** The dry run: what would have been run is said, and that is all. */
function observed(operation: AlarmOperation): Step<AlarmOperation> {
	const said = operation.result?.observed ? [] : [note('observed', `would ${wouldRun(operation)}`)];
	return nothing(change(operation, { result: { reason: operation.alarm.reason, ...operation.result, observed: true } }), ...said);
}

/** What the playbook runs, with its parameters as this alarm gives them. */
export function wouldRun({ run, occasion }: AlarmOperation): string {
	if (run === undefined) return 'run nothing';
	const resolved = resolveParameters(run.parameters, occasion);
	const node = run.type === 'command' ? resolveNode(run.node ?? '', occasion) : undefined;
	if (!resolved.ok) return `fail: ${resolved.problem}`;
	if (node?.ok === false) return `fail: run.node: ${node.problem}`;
	return `run ${run.type} ${run.document}${node ? ` on ${node.node}` : ''} with ${JSON.stringify(resolved.parameters)}`;
}
