/** Bugs in rings of commands that the simulation must notice. */

import type { Mutation } from '../mutations.ts';

export const COMMAND_MUTATIONS: readonly Mutation[] = [
	{
		invariant: 3,
		breaks: 'a ring of a command is begun before the one before has soaked',
		flow: 'command',
		shownBy: 8,
		file: 'shared/kinds/command/course.ts',
		find: 'if (soakSeconds === 0) return begin(course, after, now);',
		replace: 'if (soakSeconds >= 0) return begin(course, after, now);',
	},
	{
		invariant: 3,
		breaks: 'a ring of a command is begun however few nodes of the one before succeeded',
		flow: 'command',
		shownBy: 46,
		file: 'shared/kinds/command/rings.ts',
		find: 'return succeeded > 0 && succeeded * 100 >= successPercent * total({ succeeded, ...others });',
		replace: 'return succeeded + others.failed > 0 && successPercent > 0;',
	},
	{
		invariant: 3,
		breaks: 'nodes of a ring are counted with those of the next',
		flow: 'command',
		shownBy: 2,
		file: 'shared/kinds/command/rings.ts',
		find: 'nodes: NONE,\n\t\terrors: 0,',
		replace: 'nodes: operation.nodes,\n\t\terrors: 0,',
	},
];
