/** Bugs in patching that the simulation must notice. */

import type { Mutation } from '../mutations.ts';

export const PATCH_MUTATIONS: readonly Mutation[] = [
	{
		invariant: 1,
		breaks: 'the run of a window whose events never came is not found',
		flow: 'patch',
		shownBy: 4,
		file: 'shared/sweeps/windows.ts',
		find: "return sightings.filter((_, index) => !known.has(ids[index] ?? ''));",
		replace: 'return sightings.slice(known.size + ids.length);',
	},
	{
		invariant: 2,
		breaks: 'a window gets its task again where the reply to its registration was lost',
		flow: 'patch',
		shownBy: 39,
		file: 'shared/patching/rings.ts',
		find: `if (tasks.length < content.tasks.length) return { type: 'done', effect: EFFECT, note };
	const bucket = outputBucket(settings, account, region);
	const task = patchTask({ settings, group, targetId, bucket, roleArn: patchRoleArn(settings, account, region) });
	const output = await aws.ssm.send(new RegisterTaskWithMaintenanceWindowCommand({ WindowId, ...task, ClientToken: token('task') }));`,
		replace: `const bucket = outputBucket(settings, account, region);
	const task = patchTask({ settings, group, targetId, bucket, roleArn: patchRoleArn(settings, account, region) });
	const output = await aws.ssm.send(new RegisterTaskWithMaintenanceWindowCommand({ WindowId, ...task }));`,
	},
	{
		invariant: 3,
		breaks: 'a ring is opened however few nodes of the group before are well',
		flow: 'patch',
		shownBy: 1,
		file: 'shared/kinds/patch/survey.ts',
		find: 'return all > 0 && finding.nodes.well * 100 >= successPercent * all;',
		replace: 'return all > 0 && successPercent > 0;',
	},
	{
		invariant: 3,
		breaks: 'a ring is opened before the group before has soaked',
		flow: 'patch',
		shownBy: 2,
		file: 'shared/kinds/patch/proving.ts',
		find: 'Math.max((window.endedAt ?? now) + ring.soakDays * DAY, now)',
		replace: 'Math.max((window.endedAt ?? now) + ring.soakDays, now)',
	},
	{
		invariant: 3,
		breaks: 'a ring stays open after its run',
		flow: 'patch',
		shownBy: 2,
		file: 'shared/kinds/patch/ending.ts',
		find: "(ring.before ? (['close-ring'] as const) : [])",
		replace: '[]',
	},
	{
		invariant: 4,
		breaks: 'the OpsItem of a group stays open though all of it is well again',
		flow: 'patch',
		shownBy: 4,
		file: 'shared/kinds/patch/ending.ts',
		find: "hasItem(operation) ? ['resolve-ops-item'] : [];\n\treturn decide(operation, { state: 'succeeded'",
		replace: "[];\n\treturn decide(operation, { state: 'succeeded'",
	},
];
