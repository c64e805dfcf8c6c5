/** Commands on many nodes. */

import type { BusEvent } from '../../aws/eventbridge.ts';
import type { Flow, Part, Scene, Watch } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import { FleetsAtAws, workOf } from './command-at-aws.ts';
import { type Checked, checkOpened, checkSent } from './command-checks.ts';
import { type CommandPart, drawCommands } from './command-draw.ts';
import { checkRequests, Endings, hasGivenUpAt, identityOf } from './command-ends.ts';
import { countFeatures, countRequests, FEATURES, RARE, TRANSITIONS } from './command-features.ts';
import type { CommandText } from './command-playbooks.ts';
import { REQUEST } from './command-requests.ts';
import { watchCalendars } from './frozen.ts';

/** On the default bus no rule of ours takes a request. */
const STRAY = 'ops.stray';
const NODE_ENDED = 'EC2 Command Invocation Status-change Notification';
const ENDED = 'EC2 Command Status-change Notification';
const GOING_ON: readonly unknown[] = ['Pending', 'InProgress', 'Cancelling'];

const isRequest = ({ 'detail-type': type, source }: BusEvent) => type === REQUEST && source !== STRAY;
/** Of a command on many nodes, as far as it says what it is for: those of others, and of one node, are left where they are. */
function isEnd({ 'detail-type': type, detail }: BusEvent): boolean {
	if (type !== ENDED || GOING_ON.includes(detail['status'])) return false;
	const [work] = (detail['parameters'] as { readonly WorkId?: readonly string[] }).WorkId ?? [];
	return work === undefined || work.startsWith('command-');
}

export const command: Flow = {
	name: 'command',
	weight: 2,
	draw: drawCommands,
	watch,
	mustAccountFor: (happened) => isRequest(happened) || isEnd(happened),
	accounts,
	isBestEffort: () => false,
	dueAt,
	transitions: TRANSITIONS,
	features: FEATURES,
	faults: ['a node vanishes', "an agent's connection is lost"],
	rare: RARE,
};

function watch(scene: Scene, part: Part): Watch {
	const { playbooks = [], requests, rings } = part as CommandPart;
	const works = new FleetsAtAws(scene);
	const checked: Checked = { scene, works, playbooks: playbooks as readonly CommandText[], requests, rings };
	const endings = new Endings(checked);
	const checkCalendar = watchCalendars(scene, part);
	const asked: BusEvent[] = [];
	const look = () => {
		for (const operation of scene.operations.values()) if (operation.kind === 'command') checkSent(checked, operation);
	};
	return {
		called: (call) => works.called(call),
		emitted(happened) {
			if (isRequest(happened)) asked.push(happened);
		},
		written(after, before) {
			if (after.kind !== 'command') return;
			const last = before?.kind === 'command' ? before : undefined;
			works.written(after);
			checkCalendar(after, before);
			if (before === undefined) checkOpened(checked, after);
			endings.written(after, last);
			if (after.closedAt === undefined || before?.closedAt !== undefined) return;
			endings.closed(after);
			countFeatures(scene, after);
		},
		minute: look,
		end() {
			look();
			endings.end();
			checkRequests(checked, asked);
			const { messages = [] } = [...scene.world.sqs.queues].find(([name]) => name.endsWith('fleet-event-dead-letters'))?.[1] ?? {};
			countRequests(scene, { dead: messages.length, again: asked.length - new Set(asked.map(identityOf)).size });
		},
	};
}

/** It has heard of it: by the request's id, or by the name of the work that a command was sent for. */
function accounts({ 'detail-type': type, detail, id }: BusEvent, { operations, world }: Scene): boolean {
	const fleets = [...operations.values()].filter(({ kind }) => kind === 'command');
	if (type === REQUEST) return fleets.some(({ subject }) => subject.kind === 'command' && subject.requestId === identityOf({ detail, id }));
	if (type !== NODE_ENDED && type !== ENDED) return false;
	const found = world.services.ssm.commands().find((each) => each.id === detail['command-id']);
	const work = found && workOf(found);
	return fleets.some((operation) => work?.startsWith(`${operation.id}.`));
}

/** Once AWS is asked what became of nodes, it takes until all have ended, or it gives up; who waits for his turn is in no hurry. */
function dueAt(operation: Recorded): number | undefined {
	if (operation.kind !== 'command' || operation.ending !== undefined) return undefined;
	const { state, work, deadlineAt } = operation;
	const hasBegun = state === 'running' || (state === 'starting' && work !== undefined);
	return hasBegun ? (hasGivenUpAt(operation) ?? deadlineAt) : Number.POSITIVE_INFINITY;
}
