/** What holds for keys beyond the form of their values: the occasions they are for, and what their absence stands for. */

import { LIFECYCLE_OCCASIONS, type PlaybookOn } from './types.ts';

const WORKING = ['instance-terminating', 'instance-launching', 'alarm', 'noncompliant', 'event'] as const;

/** What a key is for, where it is not for every `on`. */
export const FOR: Readonly<Record<string, readonly PlaybookOn[]>> = {
	'when.tags': LIFECYCLE_OCCASIONS,
	'when.source': ['event'],
	'when.detail-type': ['event'],
	'run.command': WORKING,
	'run.automation': WORKING,
	'run.node': ['alarm', 'noncompliant', 'event'],
	'run.parameters': WORKING,
	'run.deliverWithin': [...WORKING, 'request'],
	'run.registerWithin': ['instance-launching'],
	'then.onSuccess': LIFECYCLE_OCCASIONS,
	'then.onFailure.lifecycle': LIFECYCLE_OCCASIONS,
	'then.onFailure.opsItem': [...LIFECYCLE_OCCASIONS, 'noncompliant', 'event', 'request'],
	opsItem: ['alarm', 'event'],
	calm: ['alarm'],
	waitForOk: ['alarm'],
	insufficientData: ['alarm'],
	flapping: ['alarm'],
	settle: ['noncompliant'],
	attempts: ['noncompliant'],
	about: ['event'],
};

/** What an absent key stands for, as the reference prints it. */
export const DEFAULTS: Readonly<Record<string, string>> = {
	'when.detail': 'required, optional for `event`',
	'when.source': 'required',
	'when.detail-type': 'any',
	run: 'required, optional for `alarm` and `event`',
	'run.node': '`$.dimensions.InstanceId` for `alarm`, `$.detail.resourceId` for `noncompliant`',
	'run.parameters': 'none',
	'run.deliverWithin': '`3m`, or `timeout` if that is shorter; `timeout` for `request`',
	'run.registerWithin': '`10m`, or half of `timeout` if that is shorter',
	'then.onSuccess.lifecycle': '`continue`',
	'then.onFailure.lifecycle': '`continue` on terminate, `abandon` on launch',
	'then.onFailure.opsItem': '`{}` for `noncompliant`, else no OpsItem',
	opsItem: '`{}` for `alarm`, no OpsItem for `event`',
	'opsItem.runbooks': 'none',
	calm: '`10m`',
	waitForOk: '`24h`',
	insufficientData: '`ignore`',
	flapping: 'never',
	settle: '`15m`',
	attempts: '`2`',
	about: 'each event by itself',
	limits: '`{ concurrent: 20 }` for `noncompliant`, else none',
	'limits.concurrent': 'no limit',
	'limits.perHour': 'no limit',
	'limits.beyond': '`wait`',
	calendar: 'none',
	calendarClosed: '`wait`',
	mode: '`act`',
};
