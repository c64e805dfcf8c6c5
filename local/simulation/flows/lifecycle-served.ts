/** Every lifecycle action that a playbook claims is completed by us, or reported: within one sweep where its event was lost. */

import type { Scene } from '../flow.ts';
import { type Action, type Actions, operationsAbout } from './lifecycle-watch.ts';

const MINUTE = 60_000;
/** Under this no sweep and no tick can keep a hook's instance. Seconds. */
const KEPT_ALIVE_FROM = 180;
/** A closed operation's instance that still waits is taken for another wait only after this. Milliseconds. */
const WAITS_AGAIN_AFTER = 10 * MINUTE;

export function checkServed(scene: Scene, actions: Actions, isOver: boolean): void {
	for (const action of actions.all) {
		if (action.claimedBy === undefined || action.claimedBy.mode === 'observe') continue;
		if (action.ended === undefined) checkFound(scene, actions, action);
		else if (action.ended.by === 'nobody') checkLapsed(scene, actions, action, isOver);
		if (isOver && action.ended === undefined) scene.violated(1, `${nameOf(action)} still waits when all is over`);
	}
}

/** While it waits: an undisturbed sweep must have found it. */
function checkFound(scene: Scene, actions: Actions, action: Action): void {
	if (operationsAbout(scene, action).length > 0 || !canBeSwept(scene, actions, action)) return;
	const sweeps = scene.clock.sweeps(sweptFrom(scene, actions, action));
	if (sweeps > 0) scene.violated(1, `${nameOf(action)} was not found by ${sweeps} sweeps`);
}

/** One that ended by itself: somebody must have heard of it, and a hook that can be kept alive must have been. */
function checkLapsed(scene: Scene, actions: Actions, action: Action, isOver: boolean): void {
	const { ended, startedAt, heartbeatTimeoutSeconds } = action;
	const endedAt = ended?.at ?? 0;
	// Its group let go of it for another reason: another hook abandoned it.
	const timedOut = endedAt >= action.deadlineAt;
	const about = operationsAbout(scene, action);
	if (about.length === 0) {
		if (!timedOut || !canBeSwept(scene, actions, action)) return;
		const sweeps = scene.clock.sweeps(sweptFrom(scene, actions, action), endedAt - MINUTE);
		if (sweeps > 0) scene.violated(1, `${nameOf(action)} ran out, and ${sweeps} sweeps had not found it`);
		return;
	}
	if (timedOut && heartbeatTimeoutSeconds >= KEPT_ALIVE_FROM) checkKeptAlive(scene, action, endedAt);
	if (!isOver) return;
	const told = about.some(({ closedAt, publishedVersion, version }) => closedAt !== undefined && publishedVersion >= version);
	if (!told) scene.violated(1, `${nameOf(action)} ran out after ${Math.round((endedAt - startedAt) / 1_000)} s, and nobody was told`);
}

function checkKeptAlive(scene: Scene, action: Action, endedAt: number): void {
	const undecided = operationsAbout(scene, action).some(
		({ openedAt, deadlineAt }) => openedAt < endedAt - 2 * MINUTE && deadlineAt > endedAt,
	);
	const dueSince = endedAt - (action.heartbeatTimeoutSeconds * 1_000) / 2 + 10_000;
	// Two ticks: one that sends, and one to spare where the first could not.
	if (undecided && scene.clock.ticks(Math.max(dueSince, action.startedAt)) - scene.clock.ticks(endedAt - 5_000) >= 2) {
		scene.violated(1, `${nameOf(action)} ran out for want of a heartbeat`);
	}
}

/** What a sweep sees of a wait: not whether it is a launch into the pool or a return, nor the tags of what is gone or new. */
function canBeSwept({ world }: Scene, actions: Actions, action: Action): boolean {
	const { group, instanceId, claimedBy, destination } = action;
	const hooks = [...(world.services.autoScaling.group(group)?.hooks.values() ?? [])];
	if (destination === 'WarmPool' && new Set(hooks.map(({ transition }) => transition)).size > 1) return false;
	const others = hooks.filter(({ name, transition }) => name !== action.hook && transition === action.transition);
	const again = actions.all.some(
		(each) => each !== action && each.instanceId === instanceId && each.hook === action.hook && each.startedAt < action.startedAt,
	);
	// With a second hook the same instance at the same hook again looks like the first wait going on.
	if (again && others.length > 0) return false;
	const state = world.services.ec2.instance(instanceId)?.state;
	return claimedBy?.when.tags === undefined || (state !== undefined && state !== 'shutting-down' && state !== 'terminated');
}

/** From when on a sweep can find it: tags of what has just been launched may be missing. */
function sweptFrom({ plan, world }: Scene, actions: Actions, action: Action): number {
	const { instanceId, hook, startedAt, transition, claimedBy } = action;
	const again = actions.all.some(
		(each) => each.instanceId === instanceId && each.hook === hook && each.transition === transition && each.startedAt < startedAt,
	);
	const seen = startedAt + (again ? WAITS_AGAIN_AFTER : 2_000);
	if (claimedBy?.when.tags === undefined) return seen;
	return Math.max(seen, (world.services.ec2.instance(instanceId)?.launchedAt ?? 0) + plan.tagLagMs);
}

function nameOf({ instanceId, hook, token }: Action): string {
	return `the action ${token.slice(0, 8)} of ${instanceId} at ${hook}`;
}
