/** Events of any kind, and requests to run a runbook. */

import type { BusEvent } from '../../aws/eventbridge.ts';
import type { Flow, Part, Scene, Watch } from '../flow.ts';
import { type Checked, checkClosed, checkOpened, checkRequests, checkWork, identityOf } from './event-checks.ts';
import { drawEvents, type EventPart } from './event-draw.ts';
import { countFeatures, countRequests, FEATURES, RARE, TRANSITIONS } from './event-features.ts';
import { type EventText, HEALTH, REQUEST, SPOT } from './event-playbooks.ts';
import { watchCalendars } from './frozen.ts';
import { WorkAtAws } from './work-at-aws.ts';

/** On the default bus no rule of ours takes a request. */
const STRAY = 'ops.stray';

const isRequest = ({ 'detail-type': type, source }: BusEvent) => type === REQUEST && source !== STRAY;

export const event: Flow = {
	name: 'event',
	weight: 2,
	draw: drawEvents,
	watch,
	mustAccountFor: (happened) => happened['detail-type'] === SPOT || happened['detail-type'] === HEALTH || isRequest(happened),
	accounts,
	isBestEffort: ({ source, 'detail-type': type }) => source === 'aws.ec2' && type === SPOT,
	transitions: TRANSITIONS,
	features: FEATURES,
	faults: ['a node vanishes'],
	rare: RARE,
};

function watch(scene: Scene, part: Part): Watch {
	const { playbooks = [], requests } = part as EventPart;
	const works = new WorkAtAws(scene);
	const checked: Checked = { scene, works, playbooks: playbooks as readonly EventText[], requests };
	const checkCalendar = watchCalendars(scene, part);
	const asked: BusEvent[] = [];
	return {
		emitted(happened) {
			if (isRequest(happened)) asked.push(happened);
		},
		written(after, before) {
			if (after.kind !== 'event') return;
			works.written(after);
			checkCalendar(after, before);
			if (before === undefined) checkOpened(checked, after);
			if (after.closedAt === undefined || before?.closedAt !== undefined) return;
			checkClosed(checked, after);
			countFeatures(scene, after);
		},
		minute: () => checkWork(checked),
		end() {
			checkWork(checked);
			checkRequests(checked, asked);
			const { messages = [] } = [...scene.world.sqs.queues].find(([name]) => name.endsWith('fleet-event-dead-letters'))?.[1] ?? {};
			countRequests(scene, { dead: messages.length, again: asked.length - new Set(asked.map(identityOf)).size });
		},
	};
}

/** It has heard of it: by the event's id, or the request's. */
function accounts(happened: BusEvent, { operations }: Scene): boolean {
	const id = happened['detail-type'] === REQUEST ? identityOf(happened) : happened.id;
	return [...operations.values()].some((operation) => operation.kind === 'event' && operation.eventIds.includes(id));
}
