/** The hooks that playbooks name: are they on groups, and do their timers and defaults fit. */

import { isLifecycle, type LifecyclePlaybook, type Playbook } from '../../shared/playbook/types.ts';
import { lookAtGroups } from '../check/groups.ts';
import { type Check, named, ok, problemFinding } from './check.ts';
import { standingFor } from './standing.ts';

export const isForHooks = (playbook: Playbook): playbook is LifecyclePlaybook => isLifecycle(playbook.on);

export const hooks: Check = {
	name: 'hooks',
	async look(site) {
		const forHooks = standingFor(await site.standing(), isForHooks);
		if (forHooks.length === 0) return [ok('no playbook in force names one')];
		const { reach, timers, served } = await lookAtGroups(site.aws, forHooks);
		const findings = [
			// Groups come and go: a playbook that is for none is no fault, a hook of the wrong name may be meant for somebody else.
			...reach.map((problem) => problemFinding(problem, 'note')),
			...timers.map((problem) => problemFinding(problem, 'to-do')),
		];
		const groups = served.map(({ AutoScalingGroupName = '' }) => AutoScalingGroupName);
		return timers.length > 0 || groups.length === 0 ? findings : [...findings, ok(`those of ${named(groups)} fit their playbooks`)];
	},
};
