/** What the operation of an event does: its OpsItem first, and then the work. Pure. */

import type { Step } from '../../operation/facts.ts';
import type { EventOperation } from '../../operation/types.ts';
import { resolveNode } from '../../playbook/parameters.ts';
import { waitsUntil } from '../brakes.ts';
import { wouldRun } from '../dry-run.ts';
import { end } from '../ending.ts';
import { ask, change } from '../steps.ts';
import { type Course, hasBegun, tickWork } from '../working.ts';
import { decide } from './ending.ts';

export const course: Course<EventOperation> = {
	look: ({ run }) => (run?.type === 'command' ? [{ name: 'check-node' }] : []),
	deadline: ({ run }, now) => now + (run?.timeoutSeconds ?? 0) * 1_000,
	failed: (operation, failure, now) => decide(operation, failure, now),
	succeeded: (operation, reason, { requestId }, now) => decide(operation, { state: 'succeeded', reason, requestId }, now),
	heldBack: (operation, reason, requestId, now) => decide(operation, { state: 'skipped', reason, requestId }, now),
	scope: ({ scope }) => (scope ? { scope } : {}),
};

/** Does what is next to be done. */
export function goOn(operation: EventOperation, now: number): Step<EventOperation> {
	return lacksItem(operation) ? ask(operation, [{ name: 'open-ops-item' }]) : work(operation, now);
}

/** The playbook wants an OpsItem, and OpsCenter has not answered yet. */
function lacksItem({ opsItem, result }: EventOperation): boolean {
	return opsItem !== undefined && result?.opsItem === undefined;
}

/** The work, whatever became of the OpsItem; without any, the OpsItem was all there was to do. */
export function work(operation: EventOperation, now: number): Step<EventOperation> {
	const { run, node, occasion, deadlineAt, result } = operation;
	if (run === undefined) {
		const refused = result?.opsItem === 'refused';
		const state = refused ? 'failed' : 'succeeded';
		const reason = refused ? 'OpsCenter does not take the OpsItem' : 'the playbook runs nothing: the rest is up to people';
		return end(operation, { state, reason }, { then: {}, pending: [] }, {}, now, refused ? 'failed' : 'nothing to run');
	}
	let on = operation;
	if (run.type === 'command' && node === undefined) {
		const found = resolveNode(run.node ?? '', occasion);
		if (!found.ok) return decide(operation, { state: 'failed', reason: `run.node: ${found.problem}` }, now);
		on = change(operation, { node: found.node });
	}
	return tickWork(course, on, now, hasBegun(on) ? deadlineAt : waitsUntil(on));
}

/** The dry run: what would have been done is all that is done. */
export function observed(operation: EventOperation, now: number): Step<EventOperation> {
	const { run, opsItem, then, scope } = operation;
	const would = [
		...(opsItem ? ['open an OpsItem'] : []),
		...(run ? [wouldRun(operation, scope?.targets.map(({ key }) => key).join(', '))] : []),
	];
	const spec = opsItem ?? then.onFailure.opsItem;
	const ending = { then: spec === undefined ? {} : { opsItem: spec }, pending: spec === undefined ? [] : (['open-ops-item'] as const) };
	const reason = `observed only: would ${would.join(', and ')}`;
	return end(operation, { state: 'skipped', reason }, ending, { observed: true }, now);
}
