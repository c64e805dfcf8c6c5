/** How a flow must have ended. */

import { expect } from 'vitest';
import type { LifecycleOperation } from '../../shared/operation/types.ts';
import { BOOTSTRAP, DRAIN } from './deployment.ts';
import type { Flow, OnAction } from './support.ts';

/** How the operation about a node must have ended. */
export interface Ended {
	readonly state?: LifecycleOperation['state'];
	readonly lifecycle?: 'CONTINUE' | 'ABANDON' | 'over';
	/** Results that Auto Scaling took from us: one, that of the operation, unless the hook was over before. */
	readonly completed?: readonly string[];
	readonly opsItem?: boolean;
	/** What did its work on the node. */
	readonly ran?: readonly string[];
	readonly hook?: string;
}

/** Holds one operation, its one completed action, its node and its OpsItem against what must be. */
export async function expectEnded(flow: Flow, instanceId: string, ended: Ended = {}): Promise<LifecycleOperation> {
	const [operation] = await expectAllEnded(flow, [instanceId], ended);
	if (operation === undefined) throw new Error(`There is no operation about ${instanceId}.`);
	return operation;
}

/** As `expectEnded`, for nodes that must all have ended alike. Operations are in order of the nodes. */
export async function expectAllEnded(flow: Flow, instanceIds: readonly string[], ended: Ended = {}): Promise<LifecycleOperation[]> {
	const { state = 'succeeded', lifecycle = 'CONTINUE', opsItem = false, ran = ['drain-node'], hook = DRAIN.name } = ended;
	const { completed = lifecycle === 'over' ? [] : [lifecycle] } = ended;
	const operations = await flow.operations();
	const completions = flow.completions().filter((each) => each.hook === hook && took(each));
	const reported = new Set(flow.opsItems().flatMap(({ nodes }) => nodes));
	return instanceIds.map((id) => {
		const [operation, ...more] = operations.filter(({ subject }) => subject.instanceId === id && subject.hook === hook);
		expect({
			node: id,
			state: operation?.state,
			lifecycle: operation?.result?.lifecycle,
			opsItem: operation?.result?.opsItemId !== undefined && reported.has(id),
			completed: completions.filter(({ instanceId }) => instanceId === id).map(({ result }) => result),
			ran: flow.ran(id),
			dueAt: operation?.dueAt,
			more: more.map((each) => each.id),
		}).toEqual({ node: id, state, lifecycle, opsItem, completed, ran, dueAt: undefined, more: [] });
		return operation as LifecycleOperation;
	});
}

function took({ error }: OnAction): boolean {
	return error === undefined || error === 'ReplyLost';
}

/** Hooks that are not ours get no call, whatever happens. */
export function expectOthersUntouched(flow: Flow, hooks: readonly string[] = [DRAIN.name, BOOTSTRAP.name]): void {
	const touched = [...flow.completions(), ...flow.heartbeats()].map(({ hook }) => hook);
	expect(touched.filter((hook) => !hooks.includes(hook))).toEqual([]);
}

/** No event is given up. A tick may fail: the next one does what it left. */
export function expectNoEventLost(flow: Flow): void {
	for (const name of ['instance-lifecycle', 'command-status', 'automation-status']) expect(flow.deadLetters(name)).toEqual([]);
}

/** What holds where the ledger can be written: hooks of others untouched, no event given up, no invocation failed. */
export function expectSound(flow: Flow, hooks?: readonly string[]): void {
	expectOthersUntouched(flow, hooks);
	expectNoEventLost(flow);
	expect(flow.world.invocations.filter(({ result }) => !result.ok)).toEqual([]);
}
