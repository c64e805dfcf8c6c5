/** What must hold of events and requests: each that is claimed is served once, as its playbook says, and no other. */

import type { BusEvent } from '../../aws/eventbridge.ts';
import type { Scene } from '../flow.ts';
import { decisionOf, type Recorded } from '../ledger.ts';
import type { Asked } from './asking.ts';
import { claiming, type EventText, REQUEST } from './event-playbooks.ts';
import type { WorkAtAws } from './work-at-aws.ts';

const MINUTE = 60_000;
const OWN = 'fleetkeeper-local-';

/** What the checks have of a story. */
export interface Checked {
	readonly scene: Scene;
	readonly works: WorkAtAws;
	readonly playbooks: readonly EventText[];
	readonly requests: readonly Asked[];
}

/** What a request is known by: its own id, or its event's. */
export function identityOf({ id, detail }: Pick<BusEvent, 'id' | 'detail'>): string {
	return typeof detail['requestId'] === 'string' ? detail['requestId'] : id;
}

function requestOf({ requests }: Checked, { occasion }: Recorded): Asked | undefined {
	return requests.find(({ name }) => name === occasion.detail['reason']);
}

/** It is for playbooks to allow. */
function isFit(asked: Asked | undefined): asked is Asked {
	return asked?.is === 'fit' || asked?.is === 'refused';
}

/** The playbook that is to serve what an operation is about; undefined where none is. */
function claimedBy(checked: Checked, operation: Recorded): EventText | undefined {
	const { subject } = operation;
	if (subject.kind !== 'event') return undefined;
	const asked = requestOf(checked, operation);
	if (subject.detailType === REQUEST && !isFit(asked)) return undefined;
	return claiming(checked.playbooks, subject.detailType, asked === undefined ? undefined : String(asked.detail['runbook']));
}

/** Only what a playbook claims is served, by that playbook, and once at a time. */
export function checkOpened(checked: Checked, operation: Recorded): void {
	const { scene } = checked;
	const { id, playbook, subject } = operation;
	const claiming = claimedBy(checked, operation)?.name;
	if (claiming !== playbook.name) scene.violated(3, `${id} is opened by ${playbook.name}, and ${claiming ?? 'no playbook'} claims it`);
	if (subject.kind !== 'event') return;
	const about = (each: Recorded) =>
		each.subject.kind === 'event' &&
		each.subject.detailType === subject.detailType &&
		each.subject.source === subject.source &&
		each.subject.key.join() === subject.key.join();
	const others = [...scene.operations.values()].filter((each) => each.id !== id && about(each));
	const open = others.find(({ closedAt }) => closedAt === undefined);
	if (open !== undefined) scene.violated(2, `${id} is opened, and ${open.id} is about the same`);
	if (subject.detailType === REQUEST && others.length > 0) scene.violated(2, `${id} is opened for a request that ${others[0]?.id} was for`);
}

/** What ended ended as its work did, and as its playbook says. */
export function checkClosed(checked: Checked, operation: Recorded): void {
	const { scene, works, playbooks } = checked;
	const { id, state, run, playbook, result } = operation;
	const decision = decisionOf(operation);
	const decidedAt = Date.parse(decision?.at ?? '');
	const text = playbooks.find(({ name }) => name === playbook.name);
	if (state === 'succeeded') {
		if (run !== undefined && works.succeededAt(operation) === undefined) scene.violated(3, `${id} succeeded, and its work has not`);
	} else if (state === 'skipped') {
		const maySkip = text?.mode === 'observe' || text?.limits?.beyond === 'skip' || text?.calendarClosed === 'skip';
		if (!maySkip) scene.violated(3, `${id} is skipped: ${decision?.why}`);
	} else {
		const success = works.mustHaveKnown(operation, decidedAt);
		if (success !== undefined)
			scene.violated(
				3,
				`${id} ended as ${state} (${result?.reason}), and its work had succeeded ${Math.round((decidedAt - success) / 1_000)} s before`,
			);
	}
	const refused = result?.reason.includes('refused the work') === true;
	if (refused && requestOf(checked, operation)?.is !== 'refused') scene.violated(3, `${id} ended as ${state}: ${result?.reason}`);
	checkTold(checked, operation, text);
}

/** Of what a playbook opens an OpsItem for there is one; of a failure, where it asks for that. */
function checkTold({ scene }: Checked, { id, state, closedAt = 0, subject, result }: Recorded, text: EventText | undefined): void {
	const failed = state === 'failed' || state === 'timed-out';
	const own = text?.opsItem !== undefined;
	if (!own && !(failed && text?.then !== undefined)) return;
	const title = own ? (subject.kind === 'event' ? subject.detailType : '') : `${text?.name} fails on events of`;
	const told = scene.world.services.ssm
		.opsItems()
		.some((item) => item.title.startsWith(title) && item.createdAt <= closedAt + MINUTE && JSON.stringify([...item.data]).includes(id));
	if (!told && result?.observed !== true) scene.violated(1, `${id} ended as ${state} (${result?.reason}), and no OpsItem tells of it`);
}

/** What runs is what was asked for, and nothing runs that was not to. */
export function checkWork(checked: Checked): void {
	const { scene, works } = checked;
	const byRequest = new Map<string, number>();
	for (const [id, started] of works.all()) {
		const operation = scene.operations.get(id);
		if (operation?.kind !== 'event') continue;
		const text = claimedBy(checked, operation);
		if (text === undefined || text.mode === 'observe')
			scene.violated(3, `${id} has work at AWS, and ${text?.name ?? 'no playbook'} starts none`);
		const asked = requestOf(checked, operation);
		if (asked === undefined) continue;
		for (const { document, parameters } of started) {
			if (document !== `${OWN}${asked.detail['runbook']}`)
				scene.violated(3, `${id} runs ${document}, and ${asked.detail['runbook']} was asked for`);
			for (const [name, value] of Object.entries(asked.detail['parameters'] ?? {})) {
				if ([value].flat().join() !== parameters[name]?.join())
					scene.violated(3, `${id} runs with ${name} ${parameters[name]?.join()}, and ${value} was asked for`);
			}
		}
		const request = `${asked.source} ${asked.detail['requestId'] ?? operation.subject.key.join()}`;
		byRequest.set(request, (byRequest.get(request) ?? 0) + started.length);
	}
	for (const [request, count] of byRequest) if (count > 1) scene.violated(2, `the request of ${request} ran ${count} times`);
}

/** Every request that was put on the bus for us became an operation, or is a dead letter where nobody may have it. */
export function checkRequests(checked: Checked, delivered: readonly BusEvent[]): void {
	const { scene, requests, playbooks } = checked;
	const dead = [...scene.world.sqs.queues].flatMap(([name, { messages }]) => (name.endsWith('fleet-event-dead-letters') ? messages : []));
	for (const event of delivered) {
		const asked = requests.find(({ name }) => name === event.detail['reason']);
		const served = [...scene.operations.values()].some(
			({ subject }) => subject.kind === 'event' && subject.key.includes(identityOf(event)),
		);
		const isAllowed = isFit(asked) && claiming(playbooks, REQUEST, String(asked.detail['runbook'])) !== undefined;
		const isDead = dead.some(({ body }) => body.includes(event.id));
		if (asked === undefined || asked.is === 'ignored') {
			if (served) scene.violated(3, `${asked?.name} is served, and it is not for us`);
		} else if (isAllowed && !served && !isDead) scene.violated(7, `${asked.name} is allowed, and nobody has served it`);
		else if (!isAllowed && !isDead) scene.violated(7, `${asked.name} is allowed by nobody, and is no dead letter`);
	}
}
