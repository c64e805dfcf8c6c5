import { SetDesiredCapacityCommand, TerminateInstanceInAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { expect, it } from 'vitest';
import { START_FLEET } from '../../../local/fleets/start.ts';
import { ensureTemplate } from '../../../local/package-template.ts';
import { loadTemplate } from '../../../local/template.ts';
import { createWorld, type World } from '../../../local/world.ts';

const START_AT = Date.parse('2026-03-02T09:00:00Z');
const READY_MS = 20_000;
/** From a change of capacity to the terminations it asks for, at most. */
const DECISION_SECONDS = 2.5;
const SEEDS = [1, 2, 3, 4, 5];

async function ready(seed: number): Promise<World> {
	const template = await loadTemplate(await ensureTemplate());
	const world = await createWorld({ seed, time: 'simulated', startAt: START_AT, template, fleet: START_FLEET });
	await world.runFor(READY_MS);
	return world;
}

/** Seconds from now to each completed lifecycle action, for so many of them. */
async function completions(world: World, count: number): Promise<number[]> {
	const since = world.clock.now();
	const completed = () => world.requestLog.entries.filter(({ operation, at }) => operation === 'CompleteLifecycleAction' && at >= since);
	await world.runUntil(() => completed().length === count);
	return completed().map(({ at }) => (at - since) / 1000);
}

it.each(SEEDS)('a drain takes 2 to 8 seconds from the termination to the completed hook (seed %i)', async (seed) => {
	const world = await ready(seed);
	const termination = { InstanceId: 'i-0b10e000000000001', ShouldDecrementDesiredCapacity: true };

	await world.aws.autoScaling.send(new TerminateInstanceInAutoScalingGroupCommand(termination));
	const [seconds = 0] = await completions(world, 1);

	expect(seconds).toBeGreaterThan(2);
	expect(seconds).toBeLessThan(8);
});

it.each(SEEDS)('so do the drains of a whole group at once, from the decision to scale in (seed %i)', async (seed) => {
	const world = await ready(seed);

	await world.aws.autoScaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: 'web-blue', DesiredCapacity: 0 }));
	const seconds = await completions(world, 4);

	expect(Math.min(...seconds)).toBeGreaterThan(2);
	expect(Math.max(...seconds)).toBeLessThan(8 + DECISION_SECONDS);
});
