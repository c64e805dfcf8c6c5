/** What people do to a fleet, and what befalls its nodes. What AWS refuses them is none of a story's business. */

import {
	CompleteLifecycleActionCommand,
	PutWarmPoolCommand,
	SetDesiredCapacityCommand,
	TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { fleet } from '../../cli/fleet.ts';
import { pauseStarting, resumeStarting } from '../../cli/support/pausing.ts';
import type { Services } from '../../shared/operation/services.ts';
import { settingsFrom } from '../../shared/settings.ts';
import type { World } from '../world.ts';

export const PERSON = 'anna';

/** What pausing takes: the table alone. */
function operatorOf({ aws }: World): Services {
	return { aws, settings: settingsFrom({ STAGE: 'local' }) } as Services;
}

const instant = (world: World) => new Date(world.clock.now()).toISOString();

/** Pauses all starting of work, as `fleet -- pause` does. */
export async function pause(world: World): Promise<void> {
	await pauseStarting(operatorOf(world), { at: instant(world), by: PERSON, reason: 'a change' });
}

export async function resume(world: World): Promise<void> {
	await resumeStarting(operatorOf(world), instant(world), PERSON);
}

/** What AWS refuses is no news. */
export async function tried(call: Promise<unknown>): Promise<void> {
	await Promise.allSettled([call]);
}

/** What an operator says to `fleet`. What cannot be done is refused, and that is all. */
export async function operate({ aws, clock }: World, ...args: readonly string[]): Promise<void> {
	const io = { out: () => undefined, err: () => undefined, cwd: '/nowhere' };
	await fleet(args, { io, env: {}, connect: () => aws, now: () => clock.now(), user: PERSON });
}

/** Takes an instance out of its group, as long as it is in service or in the warm pool. */
export async function terminate({ aws, services }: World, InstanceId: string, ShouldDecrementDesiredCapacity: boolean): Promise<void> {
	const state = services.autoScaling.member(InstanceId)?.state;
	if (state !== 'InService' && state !== 'Warmed:Stopped') return;
	await tried(aws.autoScaling.send(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity })));
}

/** Asks for so many more, or less. */
export async function scale({ aws, services }: World, AutoScalingGroupName: string, by: number): Promise<void> {
	const DesiredCapacity = Math.max(0, (services.autoScaling.group(AutoScalingGroupName)?.desired ?? 0) + by);
	await tried(aws.autoScaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity })));
}

/** Takes a group down to nothing if it launches still, or wants to. */
export async function close({ aws, services }: World, AutoScalingGroupName: string): Promise<void> {
	const group = services.autoScaling.group(AutoScalingGroupName);
	const states = [...(group?.members.values() ?? [])].map(({ state }) => state);
	const count = (wanted: RegExp) => states.filter((state) => wanted.test(state)).length;
	const { desired = 0, max = 0, warmPool } = group ?? {};
	const prepared = warmPool ? Math.max(warmPool.minSize, (warmPool.maxPrepared ?? max) - desired) : 0;
	// Between two launches that fail nothing is pending, and yet something is missing.
	const isWhole = count(/^InService$/) === desired && count(/^Warmed:(Stopped|Running)$/) >= prepared;
	if (isWhole && count(/Pending/) === 0) return;
	if (warmPool)
		await tried(aws.autoScaling.send(new PutWarmPoolCommand({ AutoScalingGroupName, MinSize: 0, MaxGroupPreparedCapacity: 0 })));
	await tried(aws.autoScaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity: 0 })));
}

/** A deaf node acknowledges no command. */
export function deafen({ services: { ssm } }: World, id: string, deaf: boolean): void {
	if (ssm.node(id)) ssm.setDeaf(id, deaf);
}

/** Takes away an agent's connection, or gives it back. */
export function reach({ services: { ssm } }: World, id: string, agent: 'lost' | 'online'): void {
	if (ssm.node(id)) ssm.setAgent(id, agent);
}

export function vanish({ services: { ec2 } }: World, id: string | undefined): void {
	if (id !== undefined && ec2.instance(id)) ec2.vanish(id);
}

/** An instance that hooks hold. */
export function heldIn({ services }: World, group: string): string | undefined {
	const members = [...(services.autoScaling.group(group)?.members.values() ?? [])];
	return members.find(({ wait }) => wait !== undefined)?.instanceId;
}

/** Completes the first action of a hook. */
export async function completeOne(world: World, group: string, hook: string, result: 'CONTINUE' | 'ABANDON'): Promise<void> {
	const [first] = heldBy(world, group, hook);
	if (first !== undefined) await complete(world, group, hook, first, result);
}

export async function completeAll(world: World, group: string, hook: string): Promise<void> {
	for (const token of heldBy(world, group, hook)) await complete(world, group, hook, token, 'CONTINUE');
}

function heldBy({ services }: World, group: string, hook: string): string[] {
	const members = [...(services.autoScaling.group(group)?.members.values() ?? [])];
	return members.flatMap(({ wait }) => wait?.actions.get(hook)?.token ?? []);
}

async function complete(
	{ aws }: World,
	AutoScalingGroupName: string,
	LifecycleHookName: string,
	LifecycleActionToken: string,
	LifecycleActionResult: string,
): Promise<void> {
	await tried(
		aws.autoScaling.send(
			new CompleteLifecycleActionCommand({ AutoScalingGroupName, LifecycleHookName, LifecycleActionToken, LifecycleActionResult }),
		),
	);
}
