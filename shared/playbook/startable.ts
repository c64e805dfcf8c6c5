import type { EventPattern, Playbook } from './types.ts';

/** The documents that a playbook can start, as it names them: its own, or those it lets people ask for. */
export function documentsOf(playbook: Playbook): readonly string[] {
	if (playbook.on === 'request') return namesIn(playbook.when.detail);
	return playbook.run === undefined ? [] : [playbook.run.document];
}

function namesIn({ runbook, $or }: EventPattern): string[] {
	const named = Array.isArray(runbook) ? runbook.filter((name) => typeof name === 'string') : [];
	return [...named, ...(Array.isArray($or) ? $or.flatMap((branch: EventPattern) => namesIn(branch)) : [])];
}
