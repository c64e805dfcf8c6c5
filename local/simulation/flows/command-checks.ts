/** What must hold of commands on many nodes while they run: who may have them, their thresholds, and each node once. */

import { type Command, share } from '../../aws/ssm/command-model.ts';
import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import { type End, endOf, type FleetsAtAws, idsIn, overAt, plansOf, type Work } from './command-at-aws.ts';
import { type CommandText, claiming } from './command-playbooks.ts';
import type { Asked } from './command-requests.ts';
import { checkRings, percentOf, ringsAtAws } from './command-rings.ts';

/** An operation of this kind, as it was written last. */
export type Fleet = Extract<Recorded, { readonly kind: 'command' }>;

/** What the checks have of a story. */
export interface Checked {
	readonly scene: Scene;
	readonly works: FleetsAtAws;
	readonly playbooks: readonly CommandText[];
	readonly requests: readonly Asked[];
	/** The rings of nodes that are in one. */
	readonly rings: ReadonlyMap<string, string>;
}

/** What one SendCommand takes of ids. */
const IDS = 50;
const OWN = 'fleetkeeper-local-';
/** SendCommand's own, where nothing is said. */
const DEFAULT = { concurrency: '50', errors: '0' } as const;

export function requestOf({ requests }: Checked, { request }: Fleet): Asked | undefined {
	return requests.find(({ name }) => name === request.reason);
}

/** It is for playbooks to allow. */
export function isFit(asked: Asked | undefined): asked is Asked {
	return asked?.is === 'fit' || asked?.is === 'refused';
}

/** Only what a playbook allows is opened, once, and for the nodes that were asked for. */
export function checkOpened(checked: Checked, operation: Fleet): void {
	const { scene, playbooks } = checked;
	const { id, playbook } = operation;
	const chunks = plansOf(operation).flat();
	const asked = requestOf(checked, operation);
	const allowing = isFit(asked) ? claiming(playbooks, String(asked.detail.command))?.name : undefined;
	if (allowing !== playbook.name) scene.violated(3, `${id} is opened by ${playbook.name}, and ${allowing ?? 'no playbook'} allows it`);
	const isTwin = (other: Recorded) =>
		other.kind === 'command' &&
		other.id !== id &&
		requestOf(checked, other) === asked &&
		(other.eventId === operation.eventId || asked?.detail['requestId'] !== undefined);
	const twin = [...scene.operations.values()].find(isTwin);
	if (twin !== undefined) scene.violated(2, `${id} is opened for a request that ${twin.id} was for`);
	const ids = chunks.flatMap(idsIn);
	if (chunks.some((chunk) => idsIn(chunk).length > IDS)) scene.violated(3, `${id} has a command on more than ${IDS} ids`);
	const wanted = [...new Set(idsIn(asked?.detail.targets ?? []))];
	if (wanted.length > 0 && wanted.toSorted().join() !== ids.toSorted().join())
		scene.violated(3, `${id} is for ${ids.length} nodes, and ${wanted.length} were asked for`);
}

/** How many nodes may fail, and how many may run at once, of all that a request leads to. */
function rateOf(asked: Asked, nodes: number): { readonly errors: number; readonly concurrency: number } {
	const { rings, maxConcurrency = DEFAULT.concurrency, maxErrors = rings ? `${100 - percentOf(asked)}%` : DEFAULT.errors } = asked.detail;
	return { errors: share(String(maxErrors), nodes), concurrency: Math.max(share(String(maxConcurrency), nodes), 1) };
}

/** What has been sent for an operation so far. */
export function checkSent(checked: Checked, operation: Fleet): void {
	const { scene, works } = checked;
	const sent = works.sentFor(operation);
	if (sent.length === 0) return;
	const asked = requestOf(checked, operation);
	const playbook = checked.playbooks.find(({ name }) => name === operation.playbook.name);
	if (asked === undefined || playbook?.mode === 'observe') scene.violated(3, `${operation.id} has work at AWS, and nothing starts any`);
	else if (asked.detail['rings'] !== undefined) checkInRings(checked, operation, asked, sent);
	else checkThreshold(checked, operation, asked, sent, works.sizeOf(operation), operation.commands > 1);
	checkOnce(checked, operation, sent);
	checkOrder(checked, operation, sent);
	for (const { document } of sent.flatMap(({ commands }) => commands)) {
		const wanted = asked?.detail.command;
		if (document.name !== wanted && document.name !== `${OWN}${wanted}`)
			scene.violated(3, `${operation.id} runs ${document.name}, and ${wanted} was asked for`);
	}
}

/** Each ring has rates of its own. */
function checkInRings(checked: Checked, operation: Fleet, asked: Asked, sent: readonly Work[]): void {
	checkRings(checked, operation, asked);
	for (const ring of ringsAtAws(checked, operation, asked)) {
		const works = sent.filter(({ commands }) => commands.some((command) => ring.sent.includes(command)));
		if (works.length > 0) checkThreshold(checked, operation, asked, works, ring.size, works.length > 1);
	}
}

/** Never more failures than are allowed and one command's concurrency: what ran when the last one too many was told may fail too. */
function checkThreshold(
	{ scene, works }: Checked,
	operation: Fleet,
	asked: Asked,
	sent: readonly Work[],
	size: number,
	inParts: boolean,
): void {
	const all = sent.flatMap(({ commands }) => commands);
	const failed = new Set(all.flatMap((command) => nodesWith(command, 'failed')));
	const { errors, concurrency } = rateOf(asked, size);
	const followed = works.followedBy(operation).filter((command) => all.includes(command));
	const left = (index: number) => errors - countIn(followed.slice(0, index), 'failed');
	for (const [index, { commands }] of inParts ? sent.entries() : []) {
		const most = Number(commands[0]?.maxErrors);
		if (most > Math.max(left(index), 0))
			scene.violated(3, `${operation.id} lets ${most} nodes fail in its command ${index + 1}, of ${errors} in all`);
	}
	// A command that was sent again after a lost reply has a threshold of its own: SendCommand has no token.
	const times = Math.max(...sent.map(({ commands }) => commands.length));
	if (failed.size > (errors + concurrency) * times)
		scene.violated(3, `${operation.id} has ${failed.size} nodes that failed, and ${errors} may, ${concurrency} at a time`);
}

function nodesWith({ invocations }: Command, end: End): string[] {
	return [...invocations.values()].flatMap((each) => (endOf(each) === end ? [each.instanceId] : []));
}

const countIn = (commands: readonly Command[], end: End) => commands.flatMap((each) => nodesWith(each, end)).length;

/** A node does its work once, however often a command for it was sent; what cannot know itself may, where the history says why. */
function checkOnce({ scene }: Checked, { id, history }: Fleet, sent: readonly Work[]): void {
	const runs = new Map<string, number>();
	const effective = sent.flatMap(({ commands }) => commands.flatMap(({ invocations }) => [...invocations.values()]));
	for (const { instanceId, run } of effective) if (run?.effective === true) runs.set(instanceId, (runs.get(instanceId) ?? 0) + 1);
	const isOwn = sent[0]?.commands[0]?.document.name.startsWith(OWN) === true;
	const most = isOwn ? 1 : 1 + history.filter(({ what }) => what === 'starting again').length;
	for (const [node, count] of runs) if (count > most) scene.violated(2, `${id}: its work ran ${count} times on ${node}`);
}

/** The next command is sent when one of those before it is over: events may say so at once. */
function checkOrder({ scene }: Checked, { id }: Fleet, sent: readonly Work[]): void {
	for (const [index, { commands }] of sent.entries()) {
		const begun = commands[0]?.requestedAt ?? 0;
		const early = sent.slice(0, index).find((before) => !before.commands.some((command) => (overAt(command) ?? Infinity) <= begun));
		if (early !== undefined) scene.violated(3, `${id} has sent its command ${index + 1} while the one before was under way`);
	}
}
