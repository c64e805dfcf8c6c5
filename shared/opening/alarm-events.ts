/** What the events of alarms say. */

import { Drop, Fail } from '../errors.ts';
import {
	type AlarmEvent,
	CONFIGURATION_CHANGE,
	CONTRIBUTOR_CHANGE,
	ConfigurationChange,
	ContributorChange,
	StateChange,
} from '../kinds/alarm/event.ts';
import { mutedBy, suppressedFor } from '../kinds/alarm/timers.ts';
import type { AlarmFact } from '../operation/facts.ts';
import { parseEvent } from '../parse.ts';

/** CloudWatch's own reasons have no more, and the name of a series is to be read. Characters. */
const REASON = 1_023;
const NAME = 255;

/** @throws Fail where it is no event of an alarm; Drop where it is about a change of an alarm's settings. */
export function parseAlarmEvent(event: unknown): AlarmEvent {
	const detailType = (event as { 'detail-type'?: unknown } | null)?.['detail-type'];
	if (detailType === CONTRIBUTOR_CHANGE) return parseEvent(ContributorChange, event, "an alarm's series");
	if (detailType !== CONFIGURATION_CHANGE) return parseEvent(StateChange, event, 'an alarm');
	const change = parseEvent(ConfigurationChange, event, "an alarm's configuration");
	const { operation, alarmName } = change.detail;
	if (operation !== 'delete') throw new Drop('not-a-deletion', `alarm ${alarmName}: ${operation} changes nothing for its operation`);
	return change;
}

/** What it says of the alarm. @throws Fail where a time in it is none. */
export function factOf(event: AlarmEvent, now: number): AlarmFact {
	const common = { type: 'alarm', from: 'event' } as const;
	if (event['detail-type'] === CONFIGURATION_CHANGE) {
		// The envelope counts in seconds: its alarm went off before the end of that one.
		return { ...common, at: instantOf(event.time) + 999, reason: 'the alarm was deleted' };
	}
	const { state } = event.detail;
	const change: AlarmFact = {
		...common,
		state: state.value,
		at: instantOf(state.timestamp),
		reason: (state.reason ?? '').slice(0, REASON),
	};
	if (event['detail-type'] === CONTRIBUTOR_CHANGE) {
		const { id, attributes = {} } = event.detail.alarmContributor;
		const name = Object.entries(attributes).map(([key, value]) => `${key} ${value}`);
		return { ...change, contributor: { id, name: (name.join(', ') || id).slice(0, NAME) } };
	}
	const held = heldBy(event, now);
	return held === undefined ? change : { ...change, held };
}

/** What keeps CloudWatch from the alarm's own actions: they are held, and so are ours. */
function heldBy({ detail }: StateChange, now: number): AlarmFact['held'] {
	const { state, muteDetail, configuration = {} } = detail;
	if (muteDetail?.muteWindowEnd !== undefined) {
		return { until: instantOf(muteDetail.muteWindowEnd), why: mutedBy(muteDetail.mutedByArn).slice(0, REASON) };
	}
	const by = state.actionsSuppressedBy;
	if (by === undefined) return undefined;
	const { actionsSuppressorWaitPeriod: wait, actionsSuppressorExtensionPeriod: extension } = configuration;
	const until = now + suppressedFor(by, seconds(wait), seconds(extension));
	return { until, why: (state.actionsSuppressedReason || `its actions are suppressed by ${by}`).slice(0, REASON) };
}

/** What is longer, or no time to come, is no period. Seconds. */
const LONGEST_PERIOD = 7 * 86_400;

function seconds(value: unknown): number | undefined {
	return typeof value === 'number' && value >= 0 && value <= LONGEST_PERIOD ? value : undefined;
}

/** Epoch milliseconds. @throws Fail where it is no time. */
function instantOf(timestamp: string): number {
	const at = Date.parse(timestamp.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
	if (Number.isNaN(at)) throw new Fail(`This is not an event of an alarm: ${timestamp} is no time`);
	return at;
}
