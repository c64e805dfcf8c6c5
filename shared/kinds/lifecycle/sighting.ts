/** A hook that holds an instance, and what its transition and its states mean. Pure. */

import type { LifecycleSubject } from '../../operation/types.ts';
import type { LifecycleOccasion } from '../../playbook/types.ts';

export const TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING';
export const LAUNCHING = 'autoscaling:EC2_INSTANCE_LAUNCHING';

/** A hook that holds an instance, however it became known. */
export interface Sighting {
	readonly subject: LifecycleSubject;
	readonly detail: Readonly<Record<string, unknown>>;
	/** When the wait began, epoch milliseconds, as well as is known. */
	readonly startedAt: number;
	/** `operator`: a person asks for it again, who has seen that the instance waits. */
	readonly seenBy: 'event' | 'sweep' | 'operator';
	/** The person. */
	readonly by?: string;
	readonly token?: string;
	readonly eventId?: string;
}

export function occasionOf(transition: LifecycleSubject['transition']): LifecycleOccasion {
	return transition === TERMINATING ? 'instance-terminating' : 'instance-launching';
}

/** A return to the warm pool is reported as a termination, and is none: only a playbook that names it is asked. */
export function isReturnToWarmPool({ transition, destination }: LifecycleSubject): boolean {
	return transition === TERMINATING && destination === 'WarmPool';
}

/** Whether a pattern over the event's detail speaks of a field, in whatever branch. */
export function namesField(pattern: unknown, field: string): boolean {
	if (pattern === null || typeof pattern !== 'object') return false;
	if (Object.hasOwn(pattern, field)) return true;
	const branches = (pattern as { $or?: unknown }).$or;
	return Array.isArray(branches) && branches.some((branch) => namesField(branch, field));
}

/** A transition's state names at Auto Scaling: which hooks can hold an instance in that state. */
export function transitionsOfState(lifecycleState: string): readonly LifecycleSubject['transition'][] {
	switch (lifecycleState) {
		case 'Terminating:Wait':
		case 'Warmed:Terminating:Wait':
			return [TERMINATING];
		case 'Pending:Wait':
			return [LAUNCHING];
		case 'Warmed:Pending:Wait':
			// A launch into the pool and a return to it look the same from outside.
			return [LAUNCHING, TERMINATING];
		default:
			return [];
	}
}
