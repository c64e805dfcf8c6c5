/** Agents that are not as they should be. */

import type { AgentOperation, EventOperation } from '../../../shared/operation/types.ts';
import type { Flow, Part, Scene, Watch } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import { AgentsAtAws } from './agent-at-aws.ts';
import { checkGiven, checkNamed, checkOpened, isAgent, isRemedy, tellingOf } from './agent-checks.ts';
import { type AgentPart, drawAgents, outdatedOf } from './agent-draw.ts';
import { checkHanded, checkSettled, isLookedAtAfter, REGISTRATION } from './agent-ends.ts';
import { countFeatures, countLeft, FEATURES, RARE, TRANSITIONS } from './agent-features.ts';
import { checkPace, isDeployed } from './telling.ts';

const MINUTE = 60_000;
/** What has changed at last is known to everybody by then. */
const TOLD_WITHIN = 10 * MINUTE;
const FUNCTION = 'fleetkeeper-local-agent-health';
/** Calls of AWS: of a story in which little happens, and more for each operation. */
const CALLS = { story: 300, operation: 150 } as const;
const SERVICES: readonly string[] = ['ssm', 'ec2', 'iam'];

const isOurs = (operation: Recorded): operation is AgentOperation | EventOperation => isAgent(operation) || isRemedy(operation);

export const agent: Flow = {
	name: 'agent',
	weight: 1,
	alone: true,
	draw: drawAgents,
	watch,
	mustAccountFor: ({ 'detail-type': type }) => REGISTRATION.test(type),
	accounts: (event, scene) =>
		REGISTRATION.test(event['detail-type']) && (!isDeployed(scene, FUNCTION) || isLookedAtAfter(event, scene, FUNCTION)),
	isBestEffort: () => false,
	// Their clock is one of their own: see checkPace.
	dueAt: (operation) => (isAgent(operation) ? Number.POSITIVE_INFINITY : undefined),
	// What is wrong for as long as the story lasts is told, and looked at now and then.
	rests: (operation) =>
		isAgent(operation) &&
		operation.state === 'verifying' &&
		operation.ending === undefined &&
		operation.untold === undefined &&
		operation.handing === undefined,
	transitions: TRANSITIONS,
	features: FEATURES,
	faults: ['a node vanishes', "an agent's connection is lost"],
	rare: RARE,
};

function watch(scene: Scene, part: Part): Watch {
	const { given, settledAt } = part as AgentPart;
	const agents = new AgentsAtAws(scene, outdatedOf(part));
	const telling = tellingOf(scene, agents);
	let calls = 0;
	return {
		called({ service, operation, caller, error }) {
			if (caller !== FUNCTION || !SERVICES.includes(service)) return;
			calls += 1;
			if (error !== undefined) return;
			agents.look();
			if (operation === 'CreateOpsItem' || operation === 'UpdateOpsItem') telling.changed();
		},
		written(after, before) {
			if (!isOurs(after)) return;
			if (before === undefined && isAgent(after)) checkOpened(scene, after);
			countFeatures(scene, after, before as typeof after | undefined);
		},
		minute() {
			agents.look();
			telling.minute();
			checkGiven(scene, agents, given);
			checkNamed(scene, agents);
			for (const operation of scene.operations.values()) if (isAgent(operation)) checkPace(scene, operation);
		},
		pending: () => (scene.now() >= settledAt && agents.isQuiet(TOLD_WITHIN) ? [] : ['the agents have not settled']),
		end() {
			agents.look();
			checkGiven(scene, agents, given);
			checkSettled(scene, agents);
			checkHanded(scene, agents, given);
			countLeft(scene);
			const most = CALLS.story + CALLS.operation * scene.operations.size;
			if (calls > most) scene.violated(8, `${calls} calls of AWS for ${scene.operations.size} operations: at most ${most} are enough`);
		},
	};
}
