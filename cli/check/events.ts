/** What the playbooks make of one event. */

import { explain } from '../../shared/event-pattern.ts';
import { namesField } from '../../shared/kinds/lifecycle/sighting.ts';
import { detailOf, SessionEvent, startOf } from '../../shared/kinds/session/event.ts';
import { claimsHook, type EventOccasion, type MatchedEvent, match, matchEvent, patternOf } from '../../shared/playbook/match.ts';
import { nearest } from '../../shared/playbook/problem.ts';
import type { EventPattern, LifecycleOccasion, Playbook, PlaybookSet } from '../../shared/playbook/types.ts';

export interface Sample extends Partial<MatchedEvent> {
	readonly detail?: unknown;
}

/** Which function an event is for that no playbook decides about. */
const FUNCTIONS: Readonly<Record<string, string>> = {
	'EC2 Command Invocation Status-change Notification': 'command-status',
	'EC2 Command Status-change Notification': 'command-status',
	'EC2 Automation Execution Status-change Notification': 'automation-status',
	'CloudWatch Alarm Configuration Change': 'alarm-state',
	'CloudWatch Alarm Contributor State Change': 'alarm-state',
	'Parameter Store Change': 'playbook-change',
	'Parameter Store Policy Action': 'playbook-change',
	'EC2 State Manager Association State Change': 'node-state',
	'EC2 State Manager Instance Association State Change': 'node-state',
	'Configuration Compliance State Change': 'node-state',
	'SSM Managed Instance Registration': 'agent-health',
	'SSM Managed Instance Deregistration': 'agent-health',
	'Calendar State Change': 'reconcile',
	'Object Created': 'inventory-change',
	'Scheduled Event': 'reconcile',
	Sweep: 'reconcile',
};

const LIFECYCLE: Readonly<Record<string, LifecycleOccasion>> = {
	'EC2 Instance-terminate Lifecycle Action': 'instance-terminating',
	'EC2 Instance-launch Lifecycle Action': 'instance-launching',
};

interface Occasion {
	readonly on: EventOccasion;
	/** The function that it is for. */
	readonly by: string;
	/** The path in the event of what must be so for an operation to open, and the values that do it. */
	readonly state?: { readonly path: readonly string[]; readonly opens: (playbook: Playbook) => readonly string[] };
}

const OCCASIONS: Readonly<Record<string, Occasion>> = {
	'CloudWatch Alarm State Change': {
		on: 'alarm',
		by: 'alarm-state',
		state: {
			path: ['detail', 'state', 'value'],
			opens: (playbook) =>
				playbook.on === 'alarm' && playbook.alarm.insufficientData === 'alarm' ? ['ALARM', 'INSUFFICIENT_DATA'] : ['ALARM'],
		},
	},
	'Config Rules Compliance Change': {
		on: 'noncompliant',
		by: 'config-compliance',
		state: { path: ['detail', 'newEvaluationResult', 'complianceType'], opens: () => ['NON_COMPLIANT'] },
	},
	'Run Automation Requested': { on: 'request', by: 'fleet-event' },
	'Run Command Requested': { on: 'request', by: 'fleet-event' },
	// Of the windows of patch groups the other function takes note, playbooks or none.
	'Maintenance Window Execution State-change Notification': { on: 'event', by: 'fleet-event and maintenance-window' },
	'Maintenance Window Task Execution State-change Notification': { on: 'event', by: 'fleet-event' },
};
const ANY_OTHER: Occasion = { on: 'event', by: 'fleet-event' };

const KNOWN = [FUNCTIONS, LIFECYCLE, OCCASIONS].flatMap(Object.keys);

/** A line, and more that explain it. */
export function describeEvent(event: Sample | undefined, set: PlaybookSet): string[] {
	if (event === undefined || event === null || typeof event !== 'object') return ['not a JSON object'];
	const type = String(event['detail-type']);
	const lifecycle = LIFECYCLE[type];
	if (lifecycle) return describeLifecycle(lifecycle, event.detail, set);
	const session = SessionEvent.safeParse(event);
	if (session.success) return describeSession(session.data, set);
	if (FUNCTIONS[type]) return [`for ${FUNCTIONS[type]}`];
	const occasion = OCCASIONS[type] ?? ANY_OTHER;
	const sent = { ...event, detail: event.detail };
	if (occasion === ANY_OTHER && !('playbook' in matchEvent('event', sent, set))) {
		const meant = nearest(type, KNOWN);
		const none = !set.playbooks.some(({ playbook }) => playbook.on === 'event');
		if (meant || none) return [`for no function: detail-type is '${type}'${meant ? `, not '${meant}'` : ''}`];
	}
	return describeOccasion(occasion, sent, set);
}

function describeOccasion({ on, by, state }: Occasion, event: MatchedEvent, set: PlaybookSet): string[] {
	const found = matchEvent(on, event, set);
	if ('playbook' in found) {
		const { playbook } = found.playbook;
		const value = state && String(valueAt(event, state.path) ?? `without ${state.path.join('.')} it`);
		const idle = value !== undefined && !state?.opens(playbook).includes(value);
		return [
			`for ${by}: ${playbook.name}${idle ? `; ${value} opens nothing` : ''}`,
			`${met(patternOf(playbook), event)}; priority ${playbook.priority}`,
		];
	}
	const reasons = set.playbooks
		.filter(({ playbook }) => playbook.on === on)
		.map(({ playbook }) => `${playbook.name}: ${unmet(patternOf(playbook), event) ?? found.none}`);
	return [`for ${by}: no playbook`, ...(reasons.length > 0 ? reasons : [found.none])];
}

function describeLifecycle(on: LifecycleOccasion, detail: unknown, set: PlaybookSet): string[] {
	const values = (detail ?? {}) as Record<string, unknown>;
	const intoPool = on === 'instance-terminating' && values['Destination'] === 'WarmPool';
	const asked = set.playbooks.filter(({ playbook }) => !intoPool || namesField(playbook.when.detail, 'Destination'));
	const withoutTags = asked.map((compiled) => ({ ...compiled, playbook: ignoringTags(compiled.playbook) }));
	const found = match(on, detail, undefined, { ...set, playbooks: withoutTags });
	if ('playbook' in found) {
		const { name, priority, when } = found.playbook.playbook;
		return [`${name}${tagsAskedBy(set, name)}`, `${met(when.detail, values)}; priority ${priority}`];
	}
	if (!('none' in found)) return [];
	const { AutoScalingGroupName: group = '', LifecycleHookName: hook = '' } = values;
	const claimed = claimsHook(set, on, { group: String(group), hook: String(hook) }).length > 0;
	const whose = claimed ? '' : `: hook '${hook}' of group '${group}' is left to whoever put it there`;
	const reasons = set.playbooks
		.filter(({ playbook }) => playbook.on === on)
		.map(
			({ playbook }) =>
				`${playbook.name}: ${unmet(playbook.when.detail, detail) ?? 'does not name Destination, and a return to the warm pool is no termination'}`,
		);
	return [`no playbook${whose}`, ...(reasons.length > 0 ? reasons : [found.none])];
}

/** A session begins, is resumed or is ended: of the first playbooks say what has to hold. */
function describeSession(event: SessionEvent, set: PlaybookSet): string[] {
	const { eventName, errorCode } = event.detail;
	if (errorCode) return [`for session-event: ${eventName} failed (${errorCode}), which is no session`];
	const start = startOf(event, 0);
	if (eventName !== 'StartSession' || start === undefined) return ['for session-event'];
	const values = detailOf(start);
	const all = set.playbooks.map((compiled) => ({ ...compiled, playbook: ignoringTags(compiled.playbook) }));
	const found = match('session', values, undefined, { ...set, playbooks: all });
	if ('playbook' in found) {
		const { name, priority, when } = found.playbook.playbook;
		const conditions = met(when.detail, values);
		return [`for session-event: ${name}${tagsAskedBy(set, name)}`, `${conditions}; priority ${priority}`];
	}
	const reasons = set.playbooks.flatMap(({ playbook }) =>
		playbook.on === 'session' ? [`${playbook.name}: ${unmet(playbook.when.detail, values)}`] : [],
	);
	return ['for session-event: no playbook, it is on record all the same', ...reasons];
}

function tagsAskedBy(set: PlaybookSet, name: string): string {
	const when = set.playbooks.find(({ playbook }) => playbook.name === name)?.playbook.when;
	return when && 'tags' in when ? `, if the node's tags meet ${JSON.stringify(when.tags)}` : '';
}

/** Tags are not known here: whether they are met is for the reader to see. */
function ignoringTags<P extends Playbook>(playbook: P): P {
	return 'tags' in playbook.when ? { ...playbook, when: { detail: playbook.when.detail } } : playbook;
}

/** Each condition of a pattern that an event meets, with the value that meets it. */
function met(pattern: EventPattern, event: unknown): string {
	return conditionsIn(pattern)
		.map(([path, wanted]) => {
			const value = valueAt(event, path);
			const shown = typeof value === 'object' || value === undefined ? 'holds' : `'${value}' meets ${JSON.stringify(wanted)}`;
			return `${path.join('.')} ${shown}`;
		})
		.join(', ');
}

function conditionsIn(pattern: EventPattern, at: readonly string[] = []): [path: readonly string[], wanted: unknown][] {
	return Object.entries(pattern).flatMap(([field, wanted]): [readonly string[], unknown][] =>
		Array.isArray(wanted) ? [[[...at, field], wanted]] : conditionsIn(wanted as EventPattern, [...at, field]),
	);
}

function valueAt(event: unknown, path: readonly string[]): unknown {
	return path.reduce<unknown>((value, step) => (value as Record<string, unknown> | null | undefined)?.[step], event);
}

function unmet(pattern: EventPattern, event: unknown): string | undefined {
	const mismatch = explain(pattern, event);
	if (!mismatch) return undefined;
	const actual = mismatch.actual.length === 0 ? 'is absent' : `is ${mismatch.actual.map((value) => `'${value}'`).join(', ')}`;
	return `${mismatch.path} ${actual}, wanted ${JSON.stringify(mismatch.wanted)}`;
}
