/** Which playbook an event is for. Pure: no SDK, no clock, no parser. */

import { matches } from '../event-pattern.ts';
import { SERVICE } from '../settings.ts';
import type {
	AlarmPlaybook,
	CompiledPlaybook,
	CompliancePlaybook,
	EventPattern,
	LifecycleOccasion,
	LifecyclePlaybook,
	Playbook,
	PlaybookFor,
	PlaybookOn,
	PlaybookSet,
} from './types.ts';

/** Occasions whose playbooks can ask for the node's tags. */
export type TaggedOccasion = LifecycleOccasion | 'session';

export type Match<On extends TaggedOccasion = LifecycleOccasion> =
	| { readonly playbook: CompiledPlaybook<PlaybookFor<On>> }
	/** The answer depends on the node's tags, which have not been asked for yet. */
	| { readonly needsTags: true }
	| {
			/** Why no playbook matches, in a sentence. */
			readonly none: string;
			/** A playbook's `detail` matches and only its `tags` do not: tags that come late could change the answer. */
			readonly onlyTags: boolean;
	  };

/**
 * The playbook with the lowest priority number whose `when` is met by a lifecycle action, or by a session.
 * @param tags the node's tags, or undefined where they have not been read: they are asked for only if they matter.
 */
export function match<On extends TaggedOccasion>(
	on: On,
	detail: unknown,
	tags: Readonly<Record<string, string>> | undefined,
	set: PlaybookSet,
): Match<On> {
	const candidates = inOrder(set, on) as readonly (CompiledPlaybook<PlaybookFor<On>> & CompiledPlaybook<PlaybookFor<TaggedOccasion>>)[];
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
	return { none: noneOf(candidates, on), onlyTags: false };
}

/** Every other occasion of an event. */
export type EventOccasion = Exclude<PlaybookOn, TaggedOccasion | 'inventory'>;

/** An event, as far as patterns speak of it. */
export interface MatchedEvent {
	readonly source?: string;
	readonly 'detail-type'?: string;
	readonly detail: unknown;
}

export type EventMatch<On extends EventOccasion> =
	| { readonly playbook: CompiledPlaybook<PlaybookFor<On>> }
	/** Why no playbook matches, in a sentence. */
	| { readonly none: string };

/**
 * The playbook with the lowest priority number whose `when` is met. An alarm of a target tracking policy is for playbooks alone that
 * name it on purpose; an event or an alarm of our own is for none.
 */
export function matchEvent<On extends EventOccasion>(on: On, event: MatchedEvent, set: PlaybookSet): EventMatch<On> {
	if (on === 'event' && event.source === SERVICE) return { none: 'the event is one of our own' };
	if (isOwnAlarm(alarmNameOf(event.detail))) return { none: "it is an alarm of Fleetkeeper's own" };
	const candidates = inOrder(set, on);
	const met = candidates.filter(({ playbook }) => matches(patternOf(playbook), event));
	const playbook = met.find((one) => one.playbook.on !== 'alarm' || isMeant(one.playbook, event.detail));
	if (playbook) return { playbook };
	if (met.length > 0) return { none: "it is a target tracking policy's own alarm, and no playbook names it" };
	return { none: noneOf(candidates, on) };
}

/** The whole pattern of a playbook that is not for lifecycle actions, over the whole event. */
export function patternOf({ when }: Playbook): EventPattern {
	const { detail, ...envelope } = when;
	return Object.keys(detail).length > 0 ? { ...envelope, detail } : envelope;
}

/** The alarms that watch Fleetkeeper, of whatever stage (infra/watching.cjs): none is to set it to work, or two stages each other. */
const OWN_ALARMS = `${SERVICE}-watch-`;

function isOwnAlarm(alarmName: unknown): boolean {
	return typeof alarmName === 'string' && alarmName.startsWith(OWN_ALARMS);
}

function alarmNameOf(detail: unknown): unknown {
	return (detail as { readonly alarmName?: unknown } | null | undefined)?.alarmName;
}

/** Application Auto Scaling and EC2 Auto Scaling name the alarms of target tracking policies so; they live in ALARM routinely. */
const TARGET_TRACKING = 'TargetTracking-';
/** What a condition must begin with to mean them. */
const ON_PURPOSE = 'TargetTracking';

function isMeant({ when }: AlarmPlaybook, detail: unknown): boolean {
	const alarmName = alarmNameOf(detail);
	if (typeof alarmName !== 'string' || !alarmName.startsWith(TARGET_TRACKING)) return true;
	return conditionsOn(when.detail, 'alarmName').some((condition) => {
		const { prefix, wildcard = prefix } = condition as { readonly prefix?: unknown; readonly wildcard?: unknown };
		const begins = typeof condition === 'string' ? condition : wildcard;
		return typeof begins === 'string' && begins.startsWith(ON_PURPOSE) && matches({ alarmName: [condition] }, { alarmName });
	});
}

/** All conditions that a pattern has on a field, in whatever branch. */
function conditionsOn(pattern: EventPattern, field: string): readonly unknown[] {
	const { $or: branches, [field]: own } = pattern;
	const inBranches = Array.isArray(branches) ? branches.flatMap((branch: EventPattern) => conditionsOn(branch, field)) : [];
	return Array.isArray(own) ? [...own, ...inBranches] : inBranches;
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
export function claimsHook(
	set: PlaybookSet,
	on: LifecycleOccasion,
	{ group, hook }: GroupHook,
): readonly CompiledPlaybook<LifecyclePlaybook>[] {
	const known = { AutoScalingGroupName: group, LifecycleHookName: hook };
	return inOrder(set, on).filter(({ playbook }) => couldMatch(playbook.when.detail, known));
}

/** The playbooks that could match something this AWS Config rule finds, whatever it finds it of. */
export function claimsRule(set: PlaybookSet, rule: string): readonly CompiledPlaybook<CompliancePlaybook>[] {
	return inOrder(set, 'noncompliant').filter(({ playbook }) => couldMatch(playbook.when.detail, { configRuleName: rule }));
}

/** Whether a playbook could match this alarm, whatever state it is in. */
export function couldBeAlarm(playbook: AlarmPlaybook, alarm: string): boolean {
	const known = { alarmName: alarm };
	return !isOwnAlarm(alarm) && couldMatch(playbook.when.detail, known) && isMeant(playbook, known);
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

function noneOf(candidates: readonly unknown[], on: PlaybookOn): string {
	return candidates.length === 0 ? `no playbook is for ${on}` : `none of ${candidates.length} playbooks for ${on} matches the event`;
}

function inOrder<On extends PlaybookOn>(set: PlaybookSet, on: On): readonly CompiledPlaybook<PlaybookFor<On>>[] {
	const own = set.playbooks.filter(({ playbook }) => playbook.on === on) as readonly CompiledPlaybook[];
	return [...own].sort((a, b) => a.playbook.priority - b.playbook.priority) as unknown as readonly CompiledPlaybook<PlaybookFor<On>>[];
}
