/** What stories of agents can reach, told from the operations as they are written. */

import type { AgentOperation, EventOperation } from '../../../shared/operation/types.ts';
import type { Scene } from '../flow.ts';
import { CAUSES, isAgent, isRemedy } from './agent-checks.ts';

type Either = AgentOperation | EventOperation;

const said =
	(what: string, why = /./) =>
	(operation: Either) =>
		isAgent(operation) && operation.history.some((line) => line.what === what && why.test(line.why));
const ended = (state: Either['state']) => (operation: Either) =>
	isRemedy(operation) && operation.closedAt !== undefined && operation.state === state;

/** Each with how it shows that an operation has reached it. */
const REACHED: Readonly<Record<string, (operation: Either) => boolean>> = {
	...Object.fromEntries(
		CAUSES.map((cause) => [`agent: ${cause}`, (operation: Either) => isAgent(operation) && operation.subject.cause === cause]),
	),
	'agent: several with a cause': (operation) => isAgent(operation) && Object.keys(operation.nodes).length > 1,
	'agent: resolved': (operation) => isAgent(operation) && operation.closedAt !== undefined && operation.result?.resolved === true,
	'agent: opened again': (operation) => isAgent(operation) && operation.occurrence > 1,
	'agent: one more': said('found'),
	'agent: one less': said('recovered'),
	'agent: deregistered': said('deregistered'),
	'agent: found after a registration': said('opened', /registered/),
	'agent: put right, and yet silent': (operation) => isAgent(operation) && Object.values(operation.nodes).some(({ fixedAt }) => fixedAt),
	'agent: given to a playbook': said('remediation'),
	'agent: remedy succeeded': ended('succeeded'),
	'agent: remedy failed': ended('failed'),
	'agent: observed': ended('skipped'),
	'agent: remedy held back': (operation) => isRemedy(operation) && operation.waiting !== undefined,
};

const LEFT = 'agent: wrong in the end';

export const FEATURES: readonly string[] = [...Object.keys(REACHED), LEFT];

export const RARE: readonly string[] = [
	...['agent: deregistered', 'agent: opened again', 'agent: found after a registration', 'agent: put right, and yet silent'],
	...['agent: remedy failed', 'agent: observed', 'agent: remedy held back', 'agent: activation-used-up', 'agent: stale-registration'],
	...['agent: no-endpoints', 'agent: never-seen'],
	...["an agent's connection is lost", 'a node vanishes'],
];

export const TRANSITIONS: readonly string[] = ['opened -> verifying', 'verifying -> succeeded', 'running -> succeeded'];

/** Counts, once, what an operation has reached by a write. */
export function countFeatures(scene: Scene, after: Either, before: Either | undefined): void {
	for (const [name, shows] of Object.entries(REACHED)) if (shows(after) && !(before && shows(before))) scene.reached(name);
}

/** Counts what is wrong when all has settled. */
export function countLeft(scene: Scene): void {
	if ([...scene.operations.values()].some((each) => isAgent(each) && each.closedAt === undefined)) scene.reached(LEFT);
}
