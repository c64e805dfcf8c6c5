/** What must hold of commands on many nodes once they are over: what is told of them is what AWS has. */

import type { BusEvent } from '../../aws/eventbridge.ts';
import { decisionOf, type Recorded } from '../ledger.ts';
import { countOf, type Ends, endOf, endsOf, NO_ENDS, overAt } from './command-at-aws.ts';
import { type Checked, type Fleet, isFit, requestOf } from './command-checks.ts';
import { claiming } from './command-playbooks.ts';
import { checkRingCounts } from './command-rings.ts';

const MINUTE = 60_000;
const SKEW = 6_000;
/** An operation gives up asking how nodes have ended after this, and that a command it stops ends. Milliseconds. */
const ACCOUNTED_WITHIN = 10 * MINUTE;
const STOPPED_WITHIN = 5 * MINUTE;
/** A tick of the clock asks AWS, and what it is told decides. Undisturbed ticks. */
const ASKED_TWICE = 2;

/** Since when it does not wait any longer for AWS to say what became of its nodes; undefined while it does. */
function givesUpAt({ over, stop }: Fleet): number | undefined {
	const ends = [...(over ? [over.at + ACCOUNTED_WITHIN] : []), ...(stop ? [stop.at + STOPPED_WITHIN] : [])];
	return ends.length > 0 ? Math.min(...ends) : undefined;
}

/** By when it has stopped waiting for AWS, also where that does not list the command at all. */
export function hasGivenUpAt({ over, stop }: Fleet): number | undefined {
	const since = over?.at ?? stop?.at;
	return since === undefined ? undefined : since + ACCOUNTED_WITHIN;
}

export class Endings {
	readonly #checked: Checked;
	/** Operations that did not wait until every node was accounted for. */
	readonly #gaveUp = new Set<string>();

	constructor(checked: Checked) {
		this.#checked = checked;
	}

	/** An operation was written. */
	written(after: Fleet, before: Fleet | undefined): void {
		if (before === undefined || before.ending !== undefined) return;
		const isCounted = countOf(after.nodes) > countOf(before.nodes) || after.ending !== undefined || after.closedAt !== undefined;
		const { scene } = this.#checked;
		if (isCounted && scene.now() >= (givesUpAt(before) ?? Number.POSITIVE_INFINITY) - SKEW) this.#gaveUp.add(after.id);
	}

	gaveUp({ id }: Pick<Recorded, 'id'>): boolean {
		return this.#gaveUp.has(id);
	}

	/** What ended is told as AWS has it. */
	closed(operation: Fleet): void {
		const { scene, playbooks } = this.#checked;
		const { id, state, result, deadlineAt } = operation;
		const text = playbooks.find(({ name }) => name === operation.playbook.name);
		const decision = decisionOf(operation);
		const wrong = (what: string) => scene.violated(3, `${id} ended as ${state} (${result?.reason}), and ${what}`);
		this.#counts(operation, wrong);
		const told: Ends = result?.nodes ?? NO_ENDS;
		// Of rings that have not had their turn nothing is told where only their tag is known.
		const isThrough = operation.rings === undefined || operation.rings.done === operation.rings.each.length;
		const isWell = isThrough && told.succeeded > 0 && told.succeeded === countOf(told);
		const isStopped = operation.history.some(({ what }) => /^(cancelled|completed|stopping)$/.test(what));
		if (state === 'succeeded' && !isWell) wrong('not every node has succeeded');
		if (state === 'failed' && isWell && !isStopped && !/cancelled at AWS/.test(result?.reason ?? '')) wrong('every node has succeeded');
		if (state === 'timed-out' && Date.parse(decision?.at ?? '') < deadlineAt - SKEW) wrong('its deadline is later');
		const maySkip = text?.mode === 'observe' || text?.limits?.beyond === 'skip' || text?.calendarClosed === 'skip' || isStopped;
		if (state === 'skipped' && !maySkip) wrong('nothing lets it be skipped');
		if (/refused the work/.test(result?.reason ?? '') && requestOf(this.#checked, operation)?.is !== 'refused')
			wrong('nothing is wrong with it');
		this.#told(operation, text?.then !== undefined, wrong);
	}

	#counts(operation: Fleet, wrong: (what: string) => void): void {
		const { works } = this.#checked;
		const told: Ends = operation.result?.nodes ?? NO_ENDS;
		const atAws = endsOf(works.followedBy(operation));
		const unsent = countOf(told) - countOf(atAws);
		if (operation.state === 'skipped' && countOf(told) === 0) return;
		const isChunked = operation.commands > 1;
		if (unsent < 0 || (isChunked && countOf(told) !== works.sizeOf(operation)))
			wrong(`${works.sizeOf(operation)} nodes are to be told of, of which ${countOf(atAws)} had a command`);
		if (this.gaveUp(operation)) {
			this.#mustHaveKnown(operation, wrong);
			return;
		}
		const asked = requestOf(this.#checked, operation);
		if (asked?.detail['rings'] !== undefined) checkRingCounts(this.#checked, operation, asked, wrong);
		for (const end of ['succeeded', 'failed', 'cancelled', 'unreached'] as const)
			if (told[end] !== atAws[end]) wrong(`of its nodes ${atAws[end]} are ${end} at AWS`);
		if (told.unstarted + told.unknown !== atAws.unstarted + atAws.unknown + unsent) wrong(`${unsent} nodes had no command that it knows`);
		// Whether a call that had no reply has sent a command, nobody may know.
		if (told.unknown > (unsent > 0 ? 50 : 0)) wrong('AWS says what became of each node');
	}

	/** It gave up: then nothing was to be had for as long as it asked. */
	#mustHaveKnown(operation: Fleet, wrong: (what: string) => void): void {
		const { works, scene } = this.#checked;
		const decidedAt = Date.parse(decisionOf(operation)?.at ?? '');
		const last = works.followedBy(operation).at(-1);
		const over = last && overAt(last);
		if (over === undefined) return;
		const knownFrom = over + scene.plan.listLagMs + SKEW;
		const looks = scene.clock.ticks(knownFrom) - scene.clock.ticks(decidedAt - SKEW - MINUTE);
		if (looks >= ASKED_TWICE) wrong(`AWS had said for ${looks} undisturbed ticks what became of its nodes`);
	}

	/** Of a failure an OpsItem tells, where the playbook asks for one. */
	#told({ id, state, closedAt = 0, result }: Fleet, asksForItem: boolean, wrong: (what: string) => void): void {
		const failed = state === 'failed' || state === 'timed-out';
		if (!failed || !asksForItem) return;
		const items = this.#checked.scene.world.services.ssm.opsItems();
		const told = items.some(({ createdAt, data }) => createdAt <= closedAt + MINUTE && JSON.stringify([...data]).includes(id));
		if (!told && result?.observed !== true) wrong('no OpsItem tells of it');
	}

	/** The story is over: every node is on record as AWS has it, and everybody who wants to know has been told. */
	end(): void {
		const { scene, works } = this.#checked;
		const messages = scene.world.services.sns.publications.filter(({ topicArn }) => topicArn.endsWith('-commands'));
		for (const operation of scene.operations.values()) {
			if (operation.kind !== 'command' || operation.closedAt === undefined) continue;
			if (!messages.some(({ message }) => message.includes(`Operation ${operation.id} `)))
				scene.violated(7, `nobody was told that ${operation.id} is over`);
			if (this.gaveUp(operation)) continue;
			for (const { id, invocations } of works.followedBy(operation)) {
				for (const each of invocations.values()) {
					const recorded = works.onRecord(id, each.instanceId);
					const isSo = recorded !== undefined && endOf({ details: recorded, endedAt: 0 }) === endOf(each);
					if (!isSo)
						scene.violated(7, `${operation.id} has ${recorded ?? 'nothing'} on record of ${each.instanceId}, and AWS has ${each.details}`);
				}
			}
		}
	}
}

/** Every request that was put on the bus for us became an operation, or is a dead letter where nobody may have it. */
export function checkRequests({ scene, requests, playbooks }: Checked, delivered: readonly BusEvent[]): void {
	const queue = [...scene.world.sqs.queues].find(([name]) => name.endsWith('fleet-event-dead-letters'));
	const dead = queue?.[1].messages ?? [];
	const served = new Set([...scene.operations.values()].flatMap(({ subject }) => (subject.kind === 'command' ? [subject.requestId] : [])));
	for (const event of delivered) {
		const asked = requests.find(({ name }) => name === event.detail['reason']);
		const isServed = served.has(identityOf(event));
		const isAllowed = isFit(asked) && claiming(playbooks, String(asked.detail.command)) !== undefined;
		const isDead = dead.some(({ body }) => body.includes(event.id));
		if (asked === undefined || asked.is === 'ignored') {
			if (isServed) scene.violated(3, `${asked?.name} is served, and it is not for us`);
		} else if (isAllowed && !isServed && !isDead) scene.violated(7, `${asked.name} is allowed, and nobody has served it`);
		else if (!isAllowed && !isDead) scene.violated(7, `${asked.name} is allowed by nobody, and is no dead letter`);
	}
}

/** What a request is known by: its own id, or its event's. */
export function identityOf({ id, detail }: Pick<BusEvent, 'id' | 'detail'>): string {
	return typeof detail['requestId'] === 'string' ? detail['requestId'] : id;
}
