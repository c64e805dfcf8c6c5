/** What must hold once all agents have settled: people are told of what is wrong, all of it and nothing else, and playbooks had their turn. */

import type { BusEvent } from '../../aws/eventbridge.ts';
import type { Scene } from '../flow.ts';
import type { AgentsAtAws } from './agent-at-aws.ts';
import { CAUSES, givenOf, isAgent, isRemedy, itemsOf, namedIn } from './agent-checks.ts';
import { type AgentPlaybook, SWEPT_EVERY } from './agent-draw.ts';
import { calmAt, isOpen } from './telling.ts';

const MINUTE = 60_000;
/** From the finding to the playbook's operation. */
const GIVEN_WITHIN = SWEPT_EVERY + 60 * MINUTE;
/** Checks are five minutes apart, and one that fails is done again. */
const LOOKED_AT_WITHIN = 12 * MINUTE;
export const REGISTRATION = /^SSM Managed Instance (Der|R)egistration$/;

export function checkSettled(scene: Scene, agents: AgentsAtAws): void {
	for (const cause of CAUSES) {
		const open = itemsOf(scene, cause).filter(isOpen);
		const going = [...scene.operations.values()].filter(
			(each) => isAgent(each) && each.closedAt === undefined && each.subject.cause === cause,
		);
		const having = agents.having(cause).sort();
		if (having.length === 0) {
			if (open.length > 0) scene.violated(4, `nothing is ${cause}, and ${open[0]?.id} is open still (${open.flatMap(namedIn).join(', ')})`);
			if (going.length > 0) scene.violated(1, `nothing is ${cause}, and ${going[0]?.id} is open still`);
			continue;
		}
		if (open.length !== 1) scene.violated(4, `${having.join(', ')} is ${cause}, and ${open.length} OpsItems are about it`);
		const named = open.flatMap(namedIn).sort();
		if (named.join() !== having.join())
			scene.violated(3, `${having.join(', ')} is ${cause}, and its OpsItem names ${named.join(', ') || 'none'}`);
		const told = open[0]?.data.get('affected')?.Value;
		if (told !== String(having.length)) scene.violated(3, `${having.length} are ${cause}, and their OpsItem counts ${told}`);
	}
	const left = [...scene.operations.values()].find((each) => isRemedy(each) && each.closedAt === undefined);
	if (left !== undefined) scene.violated(1, `${left.id} is open still`);
}

/** What has a cause for long, and there is a playbook for it, has been given to that. */
export function checkHanded(scene: Scene, agents: AgentsAtAws, given: readonly AgentPlaybook[]): void {
	if (scene.now() - calmAt(scene) < GIVEN_WITHIN) return;
	const had = [...scene.operations.values()].filter(isRemedy).map(givenOf);
	for (const { cause, name } of given) {
		// Roles are put right, not their nodes: one finding is for all of a role.
		if (cause === 'no-permissions' && had.some((each) => each.cause === cause)) continue;
		const left = agents.having(cause, GIVEN_WITHIN).filter((id) => !had.some((each) => each.cause === cause && each.node === id));
		if (left.length > 0) scene.violated(1, `${left.join(', ')} is ${cause} for long, and ${name} was never given it`);
	}
}

/** All agents are looked at after nodes have registered, or were deregistered: soon, where nothing goes wrong. */
export function isLookedAtAfter({ time }: BusEvent, scene: Scene, caller: string): boolean {
	const since = Date.parse(time) - 1_000;
	const until = since >= calmAt(scene) ? since + LOOKED_AT_WITHIN : Number.POSITIVE_INFINITY;
	return scene.world.requestLog.entries.some(
		(each) => each.at >= since && each.at <= until && each.operation === 'DescribeActivations' && each.caller === caller,
	);
}
