/** Lifecycle hooks at work: tokens, heartbeats, global timeouts and default results. */

import { type AwsContext, AwsError } from '../types.ts';
import {
	type Group,
	globalTimeoutSeconds,
	type LifecycleAction,
	type LifecycleResult,
	type LifecycleState,
	type Member,
	type Place,
	type Transition,
} from './model.ts';

export interface WaitRequest {
	/** What the instance's state is while hooks hold it. */
	readonly state: LifecycleState;
	readonly transition: Transition;
	readonly origin: Place;
	readonly destination: Place;
	readonly done: (result: LifecycleResult, why: string) => void;
}

/** How a caller names an action: by its token, or by the instance it holds. */
export interface ActionName {
	readonly hook: string;
	readonly token?: string | undefined;
	readonly instanceId?: string | undefined;
}

export interface SeededAction {
	readonly hook: string;
	readonly token: string;
	readonly startedAt: number;
}

interface Held {
	readonly member: Member;
	readonly action: LifecycleAction;
}

const TOKEN_LENGTH = 36;

export class Waits {
	readonly #ctx: AwsContext;
	readonly #byToken = new Map<string, Held>();

	constructor(ctx: AwsContext) {
		this.#ctx = ctx;
	}

	/**
	 * Starts all hooks of the transition at once and calls `done` when the last has ended, or at the first ABANDON.
	 * @returns whether there is any hook to wait for; without one `done` is not called.
	 */
	begin(member: Member, request: WaitRequest): boolean {
		const hooks = [...member.group.hooks.values()].filter((hook) => hook.transition === request.transition);
		if (hooks.length === 0) return false;
		member.state = request.state;
		member.wait = { transition: request.transition, actions: new Map(), done: request.done };
		for (const hook of hooks) {
			const action = this.#start(member, hook.name, this.#ctx.uuid(), this.#ctx.clock.now());
			this.#announce(member, action, request);
		}
		return true;
	}

	/** Makes an action that has been waiting since before the world began, and whose event nobody got. */
	seed(member: Member, transition: Transition, seeded: readonly SeededAction[], done: WaitRequest['done']): void {
		member.wait = { transition, actions: new Map(), done };
		for (const { hook, token, startedAt } of seeded) this.#start(member, hook, token, startedAt);
	}

	/** @throws AwsError `ValidationError` where no such action is active. */
	complete(group: Group, name: ActionName, result: LifecycleResult): void {
		const { member, action } = this.#find(group, name);
		this.#end(member, action, result, `Lifecycle Action Completed with ${result} Result`);
	}

	/** Restarts the heartbeat timeout from now. @throws AwsError as `complete`. */
	heartbeat(group: Group, name: ActionName): void {
		const { member, action } = this.#find(group, name);
		this.#arm(member, action, this.#ctx.clock.now());
	}

	/** Ends the wait with no result: the instance leaves for another reason. */
	drop(member: Member): void {
		for (const action of member.wait?.actions.values() ?? []) {
			action.cancelTimer();
			this.#byToken.delete(action.token);
		}
		delete member.wait;
	}

	/** A deleted hook ends what it holds: ABANDON for launches, CONTINUE for terminations. */
	endHook(group: Group, hook: string): void {
		for (const member of group.members.values()) {
			const action = member.wait?.actions.get(hook);
			if (!action) continue;
			const result = member.wait?.transition === 'autoscaling:EC2_INSTANCE_LAUNCHING' ? 'ABANDON' : 'CONTINUE';
			this.#end(member, action, result, 'Lifecycle Hook deleted');
		}
	}

	#start(member: Member, hookName: string, token: string, startedAt: number): LifecycleAction {
		const hook = member.group.hooks.get(hookName);
		if (!hook) throw new Error(`Group ${member.group.name} has no hook ${hookName}.`);
		const action: LifecycleAction = {
			hook,
			token,
			startedAt,
			globalDeadlineAt: startedAt + globalTimeoutSeconds(hook) * 1000,
			deadlineAt: 0,
			cancelTimer: () => {},
		};
		member.wait?.actions.set(hookName, action);
		this.#byToken.set(token, { member, action });
		this.#arm(member, action, startedAt);
		return action;
	}

	#arm(member: Member, action: LifecycleAction, from: number): void {
		action.cancelTimer();
		action.deadlineAt = Math.min(from + action.hook.heartbeatTimeoutSeconds * 1000, action.globalDeadlineAt);
		action.cancelTimer = this.#ctx.clock.after(Math.max(0, action.deadlineAt - this.#ctx.clock.now()), () => {
			this.#end(member, action, action.hook.defaultResult, 'Heartbeat Timeout');
		});
	}

	#end(member: Member, action: LifecycleAction, result: LifecycleResult, why: string): void {
		const { wait } = member;
		if (wait?.actions.get(action.hook.name) !== action) return;
		action.cancelTimer();
		wait.actions.delete(action.hook.name);
		this.#byToken.delete(action.token);
		if (result === 'CONTINUE' && wait.actions.size > 0) return;
		this.drop(member);
		wait.done(result, `Lifecycle Action with token ${action.token} was ${result === 'ABANDON' ? 'abandoned' : 'continued'}: ${why}`);
	}

	#find(group: Group, { hook, token, instanceId }: ActionName): Held {
		if (token === undefined && instanceId === undefined) {
			throw new AwsError('ValidationError', 'Either a lifecycle action token or an instance ID must be specified.');
		}
		if (token !== undefined && token.length !== TOKEN_LENGTH) {
			throw new AwsError(
				'ValidationError',
				`1 validation error detected: Value '${token}' at 'lifecycleActionToken' must have length equal to ${TOKEN_LENGTH}`,
			);
		}
		const member = group.members.get(instanceId ?? '');
		const byInstance = member?.wait?.actions.get(hook);
		const held = token === undefined ? member && byInstance && { member, action: byInstance } : this.#byToken.get(token);
		if (held && held.member.group === group && held.action.hook.name === hook) return held;
		const named = token === undefined ? `instance ID ${instanceId}` : `token ${token}`;
		throw new AwsError('ValidationError', `No active Lifecycle Action found with ${named}`);
	}

	#announce(member: Member, { hook, token }: LifecycleAction, { transition, origin, destination }: WaitRequest): void {
		this.#ctx.emit({
			source: 'aws.autoscaling',
			detailType:
				transition === 'autoscaling:EC2_INSTANCE_LAUNCHING'
					? 'EC2 Instance-launch Lifecycle Action'
					: 'EC2 Instance-terminate Lifecycle Action',
			resources: [member.group.arn],
			detail: {
				LifecycleActionToken: token,
				AutoScalingGroupName: member.group.name,
				LifecycleHookName: hook.name,
				EC2InstanceId: member.instanceId,
				LifecycleTransition: transition,
				...(hook.metadata === undefined ? {} : { NotificationMetadata: hook.metadata }),
				Origin: origin,
				Destination: destination,
			},
		});
	}
}
