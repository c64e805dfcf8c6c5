/** The playbooks in force, with what it takes to point at a part of them. */

import { pathText } from '../../shared/event-pattern/pattern-error.ts';
import type { LifecycleServices } from '../../shared/parts/lifecycle.ts';
import { readPlaybookParameters } from '../../shared/playbook/parameter-store.ts';
import { parsePlaybook } from '../../shared/playbook/parse.ts';
import type { PlaybookText } from '../../shared/playbook/set.ts';
import type { CompiledPlaybook, Playbook } from '../../shared/playbook/types.ts';
import { attempt } from '../../shared/settled.ts';
import { type CheckedPlaybook, problemMaker } from '../check/folder.ts';
import { playbooksInForce } from '../support/playbooks.ts';

export interface Standing {
	readonly playbooks: readonly CheckedPlaybook[];
	/** Where they are from. */
	readonly from: string;
}

/** @throws Refusal where they cannot be read. */
export async function readStanding(services: LifecycleServices): Promise<Standing> {
	const { set, from } = await playbooksInForce(services);
	const texts = await attempt(() => readPlaybookParameters(services));
	return { playbooks: set.playbooks.map((compiled) => checkedOf(compiled, texts.ok ? texts.value : [])), from };
}

/** Lines are those of the text that it was compiled from; the first one where Parameter Store has a newer one by now. */
function checkedOf({ playbook, parameterVersion }: CompiledPlaybook, texts: readonly PlaybookText[]): CheckedPlaybook {
	const text = texts.find((each) => each.name === playbook.name && each.parameterVersion === parameterVersion);
	const parsed = text && parsePlaybook(text.source, text.name, text.file);
	const nowhere = (path: readonly (string | number)[]) => ({ file: playbook.name, line: 1, column: 1, path: pathText(path) });
	return { playbook, problem: problemMaker(parsed?.ok ? parsed.at : nowhere) };
}

/** Those for certain occasions. */
export function standingFor<P extends Playbook>(
	{ playbooks }: Standing,
	is: (playbook: Playbook) => playbook is P,
): readonly CheckedPlaybook<P>[] {
	return playbooks.filter((checked): checked is CheckedPlaybook<P> => is(checked.playbook));
}
