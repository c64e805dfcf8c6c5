/** What must hold of lifecycle actions: each is served in time, with the right result, and nobody else's is touched. */

import type { ApiCall } from '../../aws/api-call.ts';
import type { BusEvent } from '../../aws/eventbridge.ts';
import type { Call } from '../../aws/wire.ts';
import type { EventFate } from '../../delivery.ts';
import type { Execution } from '../../executing.ts';
import type { Scene } from '../flow.ts';
import { decisionOf, type Recorded } from '../ledger.ts';
import { claiming, LAUNCHING, type LifecycleText, names, secondsOf } from './claims.ts';

/** One hook that holds one instance, from its announcement on. */
export interface Action {
	readonly token: string;
	/** Of the event that announced it. */
	readonly eventId: string;
	readonly group: string;
	readonly hook: string;
	readonly instanceId: string;
	readonly transition: string;
	readonly origin: string;
	readonly destination: string;
	readonly startedAt: number;
	readonly heartbeatTimeoutSeconds: number;
	readonly eventLost: boolean;
	readonly claimedBy: LifecycleText | undefined;
	/** What claims it where its tags cannot be seen: of what is new, or gone. */
	readonly claimedUntagged: LifecycleText | undefined;
	/** When the heartbeat timeout ends it unless something happens. */
	deadlineAt: number;
	ended?: Ended;
}

interface Ended {
	readonly at: number;
	/** `us`: a function completed it. `nobody`: its time was over, or its group ended it. */
	readonly by: 'us' | 'somebody' | 'nobody';
	readonly result?: string;
}

const SKEW = 6_000;
/** What a tick decides it decides within this: the one before it began earlier. Milliseconds. */
const TICK = 50_000;

export class Actions {
	readonly #scene: Scene;
	readonly #playbooks: readonly LifecycleText[];
	readonly #all: Action[] = [];
	readonly #active = new Set<Action>();

	constructor(scene: Scene, playbooks: readonly LifecycleText[]) {
		this.#scene = scene;
		this.#playbooks = playbooks;
	}

	get all(): readonly Action[] {
		return this.#all;
	}

	get active(): ReadonlySet<Action> {
		return this.#active;
	}

	announced({ id, detail }: BusEvent, fate: EventFate): void {
		const { world } = this.#scene;
		const text = (name: string) => String(detail[name]);
		const [group, hook, instanceId, transition] = [
			text('AutoScalingGroupName'),
			text('LifecycleHookName'),
			text('EC2InstanceId'),
			text('LifecycleTransition'),
		];
		const held = world.services.autoScaling.member(instanceId)?.wait?.actions.get(hook);
		const tags = Object.fromEntries(world.services.ec2.instance(instanceId)?.tags ?? []);
		const announced = { group, hook, transition, destination: text('Destination'), tags };
		const action: Action = {
			token: text('LifecycleActionToken'),
			eventId: id,
			group,
			hook,
			instanceId,
			transition,
			origin: text('Origin'),
			destination: text('Destination'),
			startedAt: this.#scene.now(),
			heartbeatTimeoutSeconds: held?.hook.heartbeatTimeoutSeconds ?? 0,
			eventLost: fate === 'drop',
			claimedBy: claiming(this.#playbooks, announced),
			claimedUntagged: claiming(this.#playbooks, { ...announced, tags: {} }),
			deadlineAt: held?.deadlineAt ?? 0,
		};
		this.#all.push(action);
		this.#active.add(action);
	}

	/** Who names an action: by its token, or by instance and hook. */
	named(input: Readonly<Record<string, unknown>>): Action | undefined {
		const { LifecycleActionToken: token, InstanceId: instanceId, LifecycleHookName: hook } = input;
		return this.#all.findLast((action) =>
			token === undefined ? action.instanceId === instanceId && action.hook === hook : action.token === token,
		);
	}

	completed({ input, error }: ApiCall, execution: Execution | undefined): Action | undefined {
		if (error !== undefined) return undefined;
		const action = this.named(input as Readonly<Record<string, unknown>>);
		if (action === undefined) return undefined;
		const result = String((input as Readonly<Record<string, unknown>>)['LifecycleActionResult']);
		this.#end(action, { at: this.#scene.now(), by: execution === undefined ? 'somebody' : 'us', result });
		return action;
	}

	/** Looks which actions have ended by themselves. */
	look(): void {
		const { autoScaling } = this.#scene.world.services;
		for (const action of this.#active) {
			const held = autoScaling.member(action.instanceId)?.wait?.actions.get(action.hook);
			if (held?.token === action.token) action.deadlineAt = held.deadlineAt;
			else this.#end(action, { at: this.#scene.now(), by: 'nobody' });
		}
	}

	#end(action: Action, ended: Ended): void {
		action.ended ??= ended;
		this.#active.delete(action);
	}
}

/** No call on a hook that no playbook names, and heartbeats only for open operations before their deadline. */
export function checkAsked(
	scene: Scene,
	actions: Actions,
	playbooks: readonly LifecycleText[],
	call: Call,
	execution: Execution | undefined,
): void {
	if (execution === undefined || call.service !== 'autoscaling') return;
	const { operation } = call;
	if (operation !== 'CompleteLifecycleAction' && operation !== 'RecordLifecycleActionHeartbeat') return;
	const input = call.input as Readonly<Record<string, unknown>>;
	const group = String(input['AutoScalingGroupName']);
	const hook = String(input['LifecycleHookName']);
	const action = actions.named(input);
	const transition = action?.transition ?? '';
	if (!playbooks.some((playbook) => names(playbook, { group, hook, transition }))) {
		scene.violated(3, `${operation} on ${hook} of ${group}, which no playbook names`);
		return;
	}
	if (operation !== 'RecordLifecycleActionHeartbeat' || action === undefined) return;
	const since = scene.startedAt(execution);
	const served = operationsAbout(scene, action).find(({ id }) => (scene.closedOnRecord(id) ?? since) >= since);
	if (served === undefined) {
		scene.violated(8, `a heartbeat for ${action.instanceId} at ${hook}, and no operation about it is open`);
	} else if (served.waiting !== 'pause' && since > served.deadlineAt + SKEW) {
		scene.violated(8, `a heartbeat for ${served.id}, ${Math.round((since - served.deadlineAt) / 1_000)} s after its deadline`);
	}
}

/** Operations about the wait that an action is, the newest last. One that was open when the hook fired again is about both waits. */
export function operationsAbout({ operations }: Scene, { group, hook, instanceId, transition, token, startedAt }: Action): Recorded[] {
	return [...operations.values()].filter((operation) => {
		const { subject, closedAt } = operation;
		if (subject.kind !== 'lifecycle' || subject.instanceId !== instanceId || subject.hook !== hook) return false;
		if (subject.group !== group || subject.transition !== transition) return false;
		const known = 'token' in operation ? operation.token : undefined;
		return known === undefined || known === token || closedAt === undefined || closedAt > startedAt;
	});
}

/** The result that is applied must be the one that the work's outcome and the playbook demand. */
export function checkResult(scene: Scene, actions: Actions, action: Action, playbooks: readonly LifecycleText[]): void {
	const { ended } = action;
	if (ended?.by !== 'us' || ended.result === undefined) return;
	const named = `${action.hook} of ${action.instanceId} was completed with ${ended.result}`;
	const operation = operationsAbout(scene, action).at(-1);
	// A hook that fires again while an operation is open is served by that one, as its playbook says.
	const isEarlier =
		operation !== undefined &&
		(operation.openedAt < action.startedAt - SKEW || firedAgain(operation) || isOpenedByEarlier(actions, action, operation));
	const claims = [action.claimedBy, ...(seesTags(scene, action) ? [] : [action.claimedUntagged])].filter((each) => each !== undefined);
	const playbook =
		operation === undefined ? claims[0] : (isEarlier ? playbooks : claims).find((each) => each.name === operation.playbook.name);
	if (playbook === undefined) {
		scene.violated(3, `${named}, and ${operation ? `${operation.playbook.name} does not claim it` : 'no playbook claims it'}`);
		return;
	}
	const decision = operation && decisionOf(operation);
	const success = operation && succeededAt(scene, operation);
	if (operation === undefined || decision === undefined || operation.result?.lifecycle !== ended.result) {
		// A function died between the call and its record, and it was decided anew: what was applied must be right all the same. Where
		// tags are gone since, another playbook may have decided then.
		const deciding = isEarlier ? [playbook] : claims;
		const right = new Set(deciding.flatMap((each) => resultsWithoutRecord(action, each, success !== undefined)));
		if (!right.has(ended.result)) scene.violated(3, `${named}, and the playbook demands ${[...right].join(' or ')}`);
		scene.reached('completed and not on record');
		return;
	}
	const { onSuccess, onFailure, afterSkip } = resultsOf(action, playbook);
	if (action.transition === LAUNCHING && ended.result === 'CONTINUE' && onFailure === 'ABANDON' && success === undefined) {
		scene.violated(3, `${named}: its bootstrap has not succeeded`);
		return;
	}
	const skipped = decision.what === 'skipped';
	const demanded = skipped ? afterSkip : decision.what === 'work succeeded' ? onSuccess : onFailure;
	if (ended.result !== demanded) scene.violated(3, `${named}, and the playbook demands ${demanded} (${decision.what}: ${decision.why})`);
	if (decision.what === 'work succeeded' && success === undefined)
		scene.violated(3, `${named} as after success, and its work has not succeeded`);
	if (skipped && !maySkip(action, playbook)) scene.violated(3, `${named} as skipped: ${decision.why}`);
	const decidedAt = Date.parse(decision.at);
	const known = success !== undefined && success < Math.min(decidedAt - scene.plan.listLagMs, operation.deadlineAt) - SKEW;
	// Whoever decides otherwise has looked, unless a fault kept it from that.
	const looked = scene.clock.ticks(decidedAt - TICK) > scene.clock.ticks(decidedAt + SKEW);
	if (known && looked && decision.what !== 'work succeeded') {
		scene.violated(
			3,
			`${named} as '${decision.what}: ${decision.why}', and its work had succeeded ${Math.round((decidedAt - success) / 1_000)} s before`,
		);
	}
}

function resultsOf({ transition }: Action, { then }: LifecycleText) {
	const onSuccess = then.onSuccess.lifecycle.toUpperCase();
	const onFailure = then.onFailure.lifecycle.toUpperCase();
	return { onSuccess, onFailure, afterSkip: transition === LAUNCHING ? onFailure : onSuccess };
}

/** What may have been applied where nobody knows any more how it was decided. */
function resultsWithoutRecord(action: Action, playbook: LifecycleText, hasSucceeded: boolean): string[] {
	const { onSuccess, onFailure, afterSkip } = resultsOf(action, playbook);
	return [...(hasSucceeded ? [onSuccess] : []), onFailure, ...(maySkip(action, playbook) ? [afterSkip] : [])];
}

function firedAgain({ history }: Recorded): boolean {
	return history.some(({ what, why }) => what === 'lifecycle token learned' && why.startsWith('the hook fired again'));
}

/** Whether the event of an earlier wait at the same hook opened the operation: that of this one may be lost. */
function isOpenedByEarlier(actions: Actions, action: Action, { eventId }: Recorded): boolean {
	const before = actions.all.slice(0, actions.all.indexOf(action));
	return eventId !== undefined && before.some((each) => each.eventId === eventId);
}

/** Whether the tags of its instance were there for all to see. */
function seesTags({ world, plan }: Scene, { instanceId, startedAt }: Action): boolean {
	const instance = world.services.ec2.instance(instanceId);
	if (instance === undefined || startedAt - instance.launchedAt < plan.tagLagMs) return false;
	// Its own death may have come between.
	return instance.terminatedAt === undefined;
}

function maySkip({ origin }: Action, { limits, calendarClosed }: LifecycleText): boolean {
	// A node of the warm pool that cannot be reached is stopped, as far as anybody can tell.
	return limits?.beyond === 'skip' || calendarClosed === 'skip' || origin === 'WarmPool';
}

/** Its deadline is that of its playbook, unless a pause has moved it. */
export function checkDeadline(scene: Scene, playbooks: readonly LifecycleText[], operation: Recorded): void {
	const { id, playbook, openedAt, deadlineAt, waiting, history } = operation;
	const timeout = playbooks.find(({ name }) => name === playbook.name)?.run.timeout;
	if (timeout === undefined || deadlineAt <= openedAt + secondsOf(timeout) * 1_000) return;
	if (waiting === 'pause' || history.some(({ why }) => why.includes('paused by'))) return;
	scene.violated(
		5,
		`${id} has its deadline ${Math.round((deadlineAt - openedAt) / 1_000)} s after its opening, and its playbook's timeout is ${timeout}`,
	);
}

/** When AWS had it that the operation's work ended well, or undefined. */
function succeededAt({ world }: Scene, { work, subject }: Recorded): number | undefined {
	const { ssm } = world.services;
	if (work === undefined || subject.kind !== 'lifecycle') return undefined;
	if (work.type === 'automation') {
		const execution = ssm.executions().find(({ tags }) => tags.has(`fleetkeeper:work:${work.id}`));
		return execution?.status === 'Success' ? execution.endedAt : undefined;
	}
	const ends = ssm.commands().flatMap(({ comment, invocations }) => {
		const invocation = comment.startsWith(`fleetkeeper ${work.id}/`) ? invocations.get(subject.instanceId) : undefined;
		return invocation?.status === 'Success' && invocation.endedAt !== undefined ? [invocation.endedAt] : [];
	});
	return ends.length > 0 ? Math.min(...ends) : undefined;
}
