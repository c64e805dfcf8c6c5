/** What becomes of the lifecycle actions of a burst, as AWS sees it. */

import type { ApiCall } from '../../aws/api-call.ts';
import type { BusEvent } from '../../aws/eventbridge.ts';

interface Action {
	readonly instanceId: string;
	/** Epoch milliseconds. */
	readonly beganAt: number;
	completedAt?: number;
	result?: string;
}

export class ActionWatch {
	readonly #byToken = new Map<string, Action>();
	readonly #byInstance = new Map<string, Action>();
	#completed = 0;

	/** Takes note of an action that begins. */
	event({ detail }: BusEvent, at: number): void {
		const { LifecycleActionToken: token, EC2InstanceId: instanceId } = detail;
		if (typeof token !== 'string' || typeof instanceId !== 'string') return;
		const action = { instanceId, beganAt: at };
		this.#byToken.set(token, action);
		this.#byInstance.set(instanceId, action);
	}

	/** Takes note of an action that a function completes. */
	call({ operation, input, error, at }: ApiCall): void {
		if (operation !== 'CompleteLifecycleAction' || error) return;
		const { LifecycleActionToken: token = '', InstanceId = '', LifecycleActionResult } = input as Record<string, string | undefined>;
		const action = this.#byToken.get(token) ?? this.#byInstance.get(InstanceId);
		if (action === undefined || action.completedAt !== undefined) return;
		this.#completed += 1;
		action.completedAt = at;
		action.result = LifecycleActionResult ?? '';
	}

	get completed(): number {
		return this.#completed;
	}

	/** Every action that began, in that order. */
	get actions(): readonly Readonly<Action>[] {
		return [...this.#byToken.values()];
	}
}
