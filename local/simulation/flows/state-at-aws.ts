/** How nodes comply and associations stand, as AWS has it: from the events that it sent, whatever became of them, and from its own records. */

import type { BusEvent } from '../../aws/eventbridge.ts';
import { type Association, countsOf, settingsOf } from '../../aws/ssm/state-manager/model.ts';
import type { Scene } from '../flow.ts';
import { isOwn } from './state-draw.ts';

const MINUTE = 60_000;
export const COMPLIANCE = 'Configuration Compliance State Change';
export const OF_ASSOCIATION = 'EC2 State Manager Association State Change';
export const OF_NODE = 'EC2 State Manager Instance Association State Change';
/** What a run came to is known, and told, by then. */
const TOLD_WITHIN = 10 * MINUTE;

interface End {
	readonly at: number;
	readonly failed: boolean;
}

export class StatesAtAws {
	readonly #scene: Scene;
	/** By type of compliance and node. */
	readonly #noncompliant = new Set<string>();
	/** How an association has ended on a node, the oldest first, by both. */
	readonly #ends = new Map<string, End[]>();
	#lastNewsAt = 0;

	constructor(scene: Scene) {
		this.#scene = scene;
	}

	emitted({ 'detail-type': type, detail }: BusEvent): void {
		if (type === COMPLIANCE) {
			const key = `${detail['compliance-type']} ${detail['resource-id']}`;
			if (detail['compliance-status'] === 'non_compliant') this.#noncompliant.add(key);
			else this.#noncompliant.delete(key);
		} else if (type === OF_NODE && detail['status'] !== 'Pending') {
			const key = `${detail['association-id']} ${detail['instance-id']}`;
			this.#ends.set(key, [...(this.#ends.get(key) ?? []), { at: this.#scene.now(), failed: detail['status'] === 'Failed' }]);
		} else if (type !== OF_ASSOCIATION && type !== OF_NODE) return;
		this.#lastNewsAt = this.#scene.now();
	}

	/** Whether a node that is there does not comply. */
	isWrong(type: string, node: string): boolean {
		return this.#noncompliant.has(`${type} ${node}`) && this.#scene.world.services.ssm.node(node) !== undefined;
	}

	/** Nodes that do not comply, each with the type of compliance. */
	wrong(): { readonly type: string; readonly node: string }[] {
		const all = [...this.#noncompliant].map((key) => key.split(' ') as [string, string]);
		return all.flatMap(([type, node]) => (this.isWrong(type, node) ? [{ type, node }] : []));
	}

	association(id: string): Association | undefined {
		return this.#all().find((each) => each.id === id);
	}

	/** Ours that fail, each with on how many nodes. */
	failing(): { readonly id: string; readonly name: string; readonly on: number }[] {
		return this.#all().flatMap((association) => {
			const { name } = settingsOf(association);
			const on = countsOf(association)['Failed'] ?? 0;
			return isOwn(name) && on > 0 ? [{ id: association.id, name: name ?? '', on }] : [];
		});
	}

	/** Whether an association failed on a node when last it was known to end there; an end that may not be known yet counts as well. */
	hasFailed(associationId: string, node: string, at: number): boolean {
		const ends = (this.#ends.get(`${associationId} ${node}`) ?? []).filter((end) => end.at <= at);
		const known = ends.findLastIndex((end) => end.at <= at - TOLD_WITHIN);
		return ends.slice(Math.max(known, 0)).some(({ failed }) => failed);
	}

	/** Nothing runs that could change anything, and everybody has had the time to tell of what has changed. */
	isQuiet(): boolean {
		const { ssm } = this.#scene.world.services;
		const runs = this.#all().some(({ states }) =>
			[...states.values()].some(({ status, nodeId }) => status === 'InProgress' && ssm.node(nodeId)),
		);
		return !runs && this.#scene.now() - this.#lastNewsAt >= TOLD_WITHIN;
	}

	#all(): readonly Association[] {
		return this.#scene.world.services.ssm.stateManager.associations();
	}
}
