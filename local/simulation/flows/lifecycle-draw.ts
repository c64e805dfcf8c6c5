/** The lifecycle's part of a story: groups with hooks, the playbooks that claim them, and what people and nodes do. */

import type { Draw } from '../draw.ts';
import type { Part, Setting } from '../flow.ts';
import { drawActs, drawPause } from './lifecycle-acts.ts';
import { drawGroup } from './lifecycle-groups.ts';
import { drawCalendar, drawPlaybooks } from './lifecycle-playbooks.ts';

export function drawLifecycle(draw: Draw, setting: Setting): Part {
	const sizes = draw.weighted<readonly number[]>([
		[4, [draw.whole(1, 4)]],
		[3, [draw.whole(1, 4), draw.whole(1, 3)]],
		[2, [draw.whole(1, 4), draw.whole(0, 3), draw.whole(1, 3)]],
		[1, [draw.whole(8, 12)]],
	]);
	const groups = sizes.map((size, index) => drawGroup(draw.of(`group ${index}`), index, size));
	const playbooks = groups.flatMap((group, index) => drawPlaybooks(draw.of(`playbooks ${index}`), group, index));
	const calendar = playbooks.some(({ calendar }) => calendar !== undefined);
	return {
		groups,
		playbooks,
		acts: [
			...groups.flatMap((group, index) => drawActs(draw.of(`acts ${index}`), group, setting)),
			...drawPause(draw.of('pause'), setting),
		],
		...(calendar && { documents: [drawCalendar(draw.of('calendar'), setting)] }),
	};
}
