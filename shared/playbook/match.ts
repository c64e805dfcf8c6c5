/** Which playbook an event is for. Pure: no SDK, no clock, no parser. */

import { matches } from '../event-pattern.ts';
import type { CompiledPlaybook, EventPattern, PlaybookOn, PlaybookSet } from './types.ts';

export type Match =
	| { readonly playbook: CompiledPlaybook }
	/** The answer depends on the node's tags, which have not been asked for yet. */
	| { readonly needsTags: true }
	| {
			/** Why no playbook matches, in a sentence. */
			readonly none: string;
			/** A playbook's `detail` matches and only its `tags` do not: tags that come late could change the answer. */
			readonly onlyTags: boolean;
	  };

/**
 * The playbook with the lowest priority number whose `when` is met.
 * @param tags the node's tags, or undefined where they have not been read: they are asked for only if they matter.
 */
export function match(on: PlaybookOn, detail: unknown, tags: Readonly<Record<string, string>> | undefined, set: PlaybookSet): Match {
	const candidates = inOrder(set, on);
	const refusedByTags: string[] = [];
	for (const candidate of candidates) {
		const { when, name } = candidate.playbook;
		if (!matches(when.detail, detail)) continue;
		if (!when.tags) return { playbook: candidate };
		if (!tags) return { needsTags: true };
		if (matches(when.tags, tags)) return { playbook: candidate };
		refusedByTags.push(name);
	}
	if (refusedByTags.length > 0) {
		return { none: `the node's tags are not those that ${refusedByTags.join(', ')} asks for`, onlyTags: true };
	}
	const none = candidates.length === 0 ? `no playbook is for ${on}` : `none of ${candidates.length} playbooks for ${on} matches the event`;
	return { none, onlyTags: false };
}

/** A hook of an Auto Scaling group. */
export interface GroupHook {
	readonly group: string;
	readonly hook: string;
}

/**
 * The playbooks that could match an action of this hook in this group, whatever the rest of the event says: where there is none, the
 * hook belongs to somebody else.
 */
export function claimsHook(set: PlaybookSet, on: PlaybookOn, { group, hook }: GroupHook): readonly CompiledPlaybook[] {
	const known = { AutoScalingGroupName: group, LifecycleHookName: hook };
	return inOrder(set, on).filter(({ playbook }) => couldMatch(playbook.when.detail, known));
}

/** Whether `pattern` holds for what is known of an event's fields, taking every other field as met. */
export function couldMatch(pattern: EventPattern, known: Readonly<Record<string, string>>): boolean {
	const part = about(pattern, known);
	return part === undefined || matches(part, known);
}

/** The part of a pattern that speaks of the known fields; undefined where it asks nothing of them. */
function about(pattern: EventPattern, known: Readonly<Record<string, string>>): EventPattern | undefined {
	const kept: Record<string, unknown> = {};
	for (const [field, value] of Object.entries(pattern)) {
		if (Object.hasOwn(known, field)) {
			kept[field] = value;
		} else if (field === '$or' && Array.isArray(value)) {
			const branches = value.map((branch: EventPattern) => about(branch, known));
			if (branches.every((branch) => branch !== undefined)) kept[field] = branches;
		}
	}
	return Object.keys(kept).length === 0 ? undefined : kept;
}

function inOrder(set: PlaybookSet, on: PlaybookOn): readonly CompiledPlaybook[] {
	return set.playbooks.filter(({ playbook }) => playbook.on === on).sort((a, b) => a.playbook.priority - b.playbook.priority);
}
