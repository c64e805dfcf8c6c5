/** Which playbook is for an alarm, and what its states mean to it: read from the playbooks' text alone. */

import type { PlaybookText } from '../flow.ts';
import { secondsOf } from './claims.ts';

type Condition = string | { readonly prefix: string } | { readonly suffix: string } | { readonly wildcard: string };

/** A playbook for alarms, as far as the simulation draws them. */
export interface AlarmText extends PlaybookText {
	readonly when: { readonly detail: { readonly alarmName: readonly Condition[]; readonly state?: { readonly value: readonly string[] } } };
	readonly run?: { readonly command?: string; readonly automation?: string; readonly node?: string; readonly timeout: string };
	readonly opsItem?: { readonly severity?: string };
	readonly calm?: string;
	readonly waitForOk: string;
	readonly insufficientData?: 'ignore' | 'ok' | 'alarm';
	readonly flapping?: { readonly times: number; readonly within: string };
	readonly limits?: { readonly concurrent?: number; readonly perHour?: number; readonly beyond: string };
	readonly calendar?: string;
	readonly calendarClosed?: string;
	readonly mode?: string;
}

/** Where an alarm stands; `gone`: it was deleted. */
export type Value = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | 'gone';
export type Meaning = 'alarm' | 'calm' | 'nothing';

/** Those that watch Fleetkeeper, and those that target tracking keeps in ALARM. */
export const OWN = 'fleetkeeper-watch-';
export const TRACKING = 'TargetTracking-';

/** The playbook of the lowest priority that is for an alarm of this name that goes into this state. */
export function alarmClaim(playbooks: readonly AlarmText[], name: string, value: string): AlarmText | undefined {
	const claims = ({ when }: AlarmText) => meets(when.detail.alarmName, name) && (when.detail.state?.value.includes(value) ?? true);
	return playbooks.filter(claims).sort((a, b) => a.priority - b.priority)[0];
}

/** Whether any playbook is for an alarm of this name: where none is, it is nobody's business of ours. */
export function isClaimed(playbooks: readonly AlarmText[], name: string): boolean {
	return playbooks.some(({ when }) => meets(when.detail.alarmName, name));
}

export function meaningOf({ insufficientData = 'ignore' }: AlarmText, value: Value): Meaning {
	if (value === 'ALARM') return 'alarm';
	if (value !== 'INSUFFICIENT_DATA') return 'calm';
	return insufficientData === 'ok' ? 'calm' : insufficientData === 'alarm' ? 'alarm' : 'nothing';
}

/** How long it must be calm before its OpsItem is resolved: ten minutes, where nothing is said. Milliseconds. */
export function calmMs({ calm = '10m' }: AlarmText): number {
	return secondsOf(calm) * 1_000;
}

function meets(conditions: readonly Condition[], name: string): boolean {
	if (name.startsWith(OWN)) return false;
	return conditions.some((condition) => holds(condition, name) && (!name.startsWith(TRACKING) || isOnPurpose(condition)));
}

function holds(condition: Condition, name: string): boolean {
	if (typeof condition === 'string') return condition === name;
	if ('prefix' in condition) return name.startsWith(condition.prefix);
	if ('suffix' in condition) return name.endsWith(condition.suffix);
	const [before = '', after = ''] = condition.wildcard.split('*');
	return name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after);
}

function isOnPurpose(condition: Condition): boolean {
	const begins = typeof condition === 'string' ? condition : 'prefix' in condition ? condition.prefix : '';
	return begins.startsWith('TargetTracking');
}
