/** What a lifecycle action makes of the course of its work. Pure. */

import type { Step } from '../../operation/facts.ts';
import type { LifecycleOperation } from '../../operation/types.ts';
import { resolveParameters } from '../../playbook/parameters.ts';
import { type Course, wait } from '../working.ts';
import { decide } from './ending.ts';
import { deadline } from './timers.ts';

export const course: Course<LifecycleOperation> = {
	look: () => [{ name: 'check-node' }],
	// As far as the hook lasts.
	deadline: ({ run, hookTimers, actionStartedAt }, now) => deadline(run.timeoutSeconds, hookTimers, actionStartedAt, now),
	failed: (operation, failure, now) => decide(operation, { ...failure, then: operation.then.onFailure }, now),
	succeeded(operation, reason, { requestId }, now) {
		return decide(operation, { state: 'succeeded', reason, then: operation.then.onSuccess, requestId }, now);
	},
	heldBack(operation, reason, requestId, now) {
		const { onSuccess, onFailure } = operation.then;
		// A node that was never prepared must not go into service as if it had been.
		const { lifecycle } = isLaunch(operation) ? onFailure : onSuccess;
		return decide(operation, { state: 'skipped', reason, then: { lifecycle }, requestId }, now);
	},
	node(operation, _status, now) {
		const launching = isLaunch(operation);
		if (launching && operation.registerBy !== undefined && now < operation.registerBy) {
			return wait(operation, 'registration', 'the new node has not registered with Systems Manager yet');
		}
		if (launching || operation.subject.origin !== 'WarmPool') return undefined;
		const reason = 'the node is stopped in its warm pool: there is nothing to drain';
		return decide(operation, { state: 'skipped', reason, then: operation.then.onSuccess }, now);
	},
};

function isLaunch({ subject }: LifecycleOperation): boolean {
	return subject.transition === 'autoscaling:EC2_INSTANCE_LAUNCHING';
}

/** The dry run: what would have been done is all that is done. */
export function observed(operation: LifecycleOperation, now: number): Step<LifecycleOperation> {
	const { run, then, occasion } = operation;
	const { onSuccess, onFailure } = then;
	const resolved = resolveParameters(run.parameters, occasion);
	const would = resolved.ok
		? `would run ${run.type} ${run.document} with ${JSON.stringify(resolved.parameters)}, and complete the action with ${onSuccess.lifecycle}, after a failure with ${onFailure.lifecycle}`
		: `would fail and complete the action with ${onFailure.lifecycle}: ${resolved.problem}`;
	return decide(operation, { state: 'skipped', reason: `observed only: ${would}`, then: onFailure, complete: false }, now);
}
