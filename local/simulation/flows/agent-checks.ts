/** What must hold of agents while they come and go: who is told of, and what is given to playbooks. */

import type { AgentOperation, EventOperation } from '../../../shared/operation/types.ts';
import type { OpsItem } from '../../aws/ssm/ops-items.ts';
import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import { WORK_TAG } from '../work-ends.ts';
import type { AgentsAtAws } from './agent-at-aws.ts';
import { type AgentPlaybook, SWEPT_EVERY } from './agent-draw.ts';
import { calmAt, DONE_WITHIN, isOpen, SEEN_WITHIN, Telling } from './telling.ts';

const MINUTE = 60_000;
/** Who has been put right keeps his cause for so long. */
const HELD_FOR = 30 * MINUTE;
/** Causes that are seen, and those of which nothing else is seen than that nobody answers. */
const EXPLAINED = ['no-profile', 'no-permissions', 'no-endpoints'] as const;
const UNEXPLAINED: readonly string[] = ['never-seen', 'connection-lost'];

export const CAUSES = [
	...['no-profile', 'no-permissions', 'no-endpoints', 'never-seen', 'connection-lost', 'stale-registration', 'outdated'],
	...['activation-expiring', 'activation-expired', 'activation-used-up'],
] as const;

export const isAgent = (operation: Recorded): operation is AgentOperation => operation.kind === 'agent';
/** Of a node that a playbook was given. */
export const isRemedy = (operation: Recorded): operation is EventOperation =>
	operation.kind === 'event' && operation.subject.source === 'fleetkeeper.agents';

/** The OpsItems about a cause, the newest first. */
export function itemsOf({ world }: Scene, cause: string): OpsItem[] {
	return world.services.ssm.opsItems().filter(({ data }) => data.get('cause')?.Value === cause);
}

/** What an OpsItem names. */
export function namedIn({ data }: OpsItem): string[] {
	const text = data.get('nodes')?.Value ?? '';
	return text === 'none' ? [] : text.split('\n').map((line) => line.slice(0, line.indexOf(':')));
}

export function tellingOf(scene: Scene, agents: AgentsAtAws): Telling {
	const telling: Telling = new Telling(scene, {
		subjects: CAUSES,
		itemsOf: (cause) => itemsOf(scene, cause),
		namedIn,
		standingOf(cause, id) {
			const standing = agents.of(cause, id);
			return isHeld(scene, cause, id) ? { ...standing, amiss: false } : standing;
		},
		onNamed: (cause, id, item) => checkNotHasty(scene, agents, telling, { cause, id, item }),
	});
	return telling;
}

/** Who has been put right, and is silent still, is told of where he was before. */
function isHeld(scene: Scene, cause: string, id: string): boolean {
	if (!UNEXPLAINED.includes(cause)) return false;
	return EXPLAINED.some((before) => itemsOf(scene, before).some((item) => isOpen(item) && namedIn(item).includes(id)));
}

interface Named {
	readonly cause: string;
	readonly id: string;
	readonly item: OpsItem;
}

/** Who has been put right has a while to answer before he has another cause, as far as it is known that he had one. */
function checkNotHasty(scene: Scene, agents: AgentsAtAws, telling: Telling, { cause, id, item }: Named): void {
	if (!UNEXPLAINED.includes(cause) || scene.plan.staleReads > 0) return;
	const { since } = agents.of(cause, id);
	if (scene.now() - since >= HELD_FOR - SEEN_WITHIN) return;
	for (const before of EXPLAINED) {
		const was = agents.of(before, id);
		const wasTold = itemsOf(scene, before).some((each) => (telling.namedSince(each, id) ?? since) < since);
		if (was.times > 0 && !was.amiss && was.since === since && wasTold)
			scene.violated(3, `${item.id} names ${id} as ${cause}, which was put right just now (${before})`);
	}
}

/** What has a cause for so long that a check has seen it is named in the OpsItem of that cause. */
export function checkNamed(scene: Scene, agents: AgentsAtAws): void {
	const within = SWEPT_EVERY + HELD_FOR + DONE_WITHIN;
	if (scene.now() - calmAt(scene) < within) return;
	for (const cause of CAUSES) {
		const named = new Set(itemsOf(scene, cause).filter(isOpen).flatMap(namedIn));
		const untold = agents.having(cause, within).filter((id) => !named.has(id));
		if (untold.length > 0) scene.violated(1, `${untold.join(', ')} is ${cause} for long, and no OpsItem says so`);
	}
}

/** The node that a playbook was given, and its cause. */
export function givenOf({ occasion }: EventOperation): { readonly cause: string; readonly node: string } {
	return { cause: String(occasion.detail['cause']), node: String(occasion.detail['node']) };
}

/** Playbooks are given what had the cause, once each time that it came to have it; where one only tells, nothing runs. */
export function checkGiven(scene: Scene, agents: AgentsAtAws, given: readonly AgentPlaybook[]): void {
	const times = new Map<string, number>();
	for (const operation of scene.operations.values()) {
		if (!isRemedy(operation)) continue;
		const { cause, node } = givenOf(operation);
		const text = given.find(({ name }) => name === operation.playbook.name);
		if (text?.cause !== cause)
			scene.violated(3, `${operation.id} is about ${node} (${cause}), and ${operation.playbook.name} is for others`);
		const had = agents.of(cause, node).times;
		if (had === 0 && scene.now() - operation.openedAt >= SEEN_WITHIN)
			scene.violated(3, `${operation.id} is about ${node}, which was never ${cause}`);
		const count = (times.get(`${cause} ${node}`) ?? 0) + 1;
		times.set(`${cause} ${node}`, count);
		if (count > Math.max(had, 1)) scene.violated(2, `${node} was ${cause} ${had} times, and was given to a playbook ${count} times`);
	}
	for (const { tags, document } of scene.world.services.ssm.executions()) {
		for (const [key, id] of tags) {
			const operation = key.startsWith(WORK_TAG) ? scene.operations.get(id) : undefined;
			const text = given.find(({ name }) => name === operation?.playbook.name);
			if (text === undefined || text.mode === 'observe') scene.violated(3, `${document.name} runs for ${id}, and nothing lets it`);
		}
	}
}

/** There is one operation about a cause at a time. */
export function checkOpened(scene: Scene, operation: AgentOperation): void {
	const { cause } = operation.subject;
	const twin = [...scene.operations.values()].find(
		(other) => isAgent(other) && other.id !== operation.id && other.closedAt === undefined && other.subject.cause === cause,
	);
	if (twin !== undefined) scene.violated(4, `${operation.id} is opened while ${twin.id} is about the same`);
}
