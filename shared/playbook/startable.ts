import type { EventPattern, Playbook, RequestPlaybook } from './types.ts';

/** The documents that a playbook can start, as it names them: its own, or those it lets people ask for. */
export function documentsOf(playbook: Playbook): readonly string[] {
	if (playbook.on === 'request') return FIELDS.flatMap((field) => allowedBy(playbook, field));
	return playbook.run === undefined ? [] : [playbook.run.document];
}

/** What a request's playbook allows of either. */
export function allowedBy({ when }: RequestPlaybook, field: RequestField): readonly string[] {
	return namesIn(when.detail, field);
}

/** The fields of a request that name a document: each has one of them. */
const FIELDS = ['runbook', 'command'] as const;
export type RequestField = (typeof FIELDS)[number];

function namesIn({ $or, ...pattern }: EventPattern, field: RequestField): string[] {
	const conditions = pattern[field];
	const named = Array.isArray(conditions) ? conditions.filter((name) => typeof name === 'string') : [];
	return [...named, ...(Array.isArray($or) ? $or.flatMap((branch: EventPattern) => namesIn(branch, field)) : [])];
}
