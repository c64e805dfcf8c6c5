/** CloudWatch alarms. */

import type { Deps } from '../deps.ts';
import { alarmItem } from '../kinds/alarm/item.ts';
import { nextAlarm } from '../kinds/alarm/next.ts';
import type { Part } from '../operation/services.ts';
import { lookAtAlarm, openWithContext } from '../outcomes/alarm.ts';

/** For functions that end work: what else an alarm asks for is left to the clock. */
export const alarm: Part = { kinds: { alarm: { next: nextAlarm, item: alarmItem } } };

/** For functions that may look at alarms, and at what happened around them. */
export function alarmAtAws(deps: Pick<Deps, 'aws' | 'now' | 'log'>): Part {
	return { ...alarm, performers: { 'look-at-alarm': lookAtAlarm(deps), 'open-ops-item': openWithContext(deps) } };
}
