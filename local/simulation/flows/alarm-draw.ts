/** The alarms' part of a story: nodes, alarms, the playbooks that are for them, and what becomes of all that. */

import type { Draw } from '../draw.ts';
import type { Part, Setting } from '../flow.ts';
import { drawAlarmActs, drawNodeActs } from './alarm-acts.ts';
import { drawAlarms, drawNodes } from './alarm-alarms.ts';
import { drawAlarmPlaybooks, FREEZE } from './alarm-playbooks.ts';
import { drawPause } from './lifecycle-acts.ts';
import { drawCalendar } from './lifecycle-playbooks.ts';

export function drawAlarmPart(draw: Draw, setting: Setting): Part {
	const group = drawNodes(draw.of('nodes'));
	const alarms = drawAlarms(draw.of('alarms'), group);
	const playbooks = drawAlarmPlaybooks(draw.of('playbooks'));
	const ids = group.nodes.map(({ id }) => id);
	const together = draw.whole(0, setting.actsWithinMs / 2);
	return {
		groups: [group],
		playbooks,
		prepare(world) {
			for (const alarm of alarms) alarm.add(world);
		},
		acts: [
			...alarms.flatMap((alarm) => drawAlarmActs(draw.of(`acts ${alarm.name}`), alarm, together, setting)),
			...drawNodeActs(draw.of('node acts'), ids, setting),
			...['first', 'second'].flatMap((which) =>
				drawPause(draw.of(`${which} pause`), setting).map((act) => ({ ...act, id: `alarm ${which} ${act.id}` })),
			),
		],
		...(playbooks.some(({ calendar }) => calendar) && { documents: [drawCalendar(draw.of('calendar'), setting, FREEZE)] }),
	};
}
