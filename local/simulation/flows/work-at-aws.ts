/** The work of operations as AWS has it: commands and executions by the names that they were started under. */

import { nodeOf } from '../../../shared/kinds/subjects.ts';
import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import { WORK_TAG } from '../work-ends.ts';

/** One command on one node, or one execution. */
export interface AtAws {
	/** The name of the work: it is the same for what was sent again. */
	readonly workId: string;
	readonly document: string;
	readonly parameters: Readonly<Record<string, readonly string[]>>;
	readonly status: string;
	/** It did something: a node that knows the work does nothing the second time. */
	readonly effective: boolean;
	/** Epoch milliseconds; absent while it goes on. */
	readonly endedAt?: number;
}

const COMMENT = /^fleetkeeper (\S+)\/\d+$/;
const SKEW = 6_000;
/** What a tick decides it decides within this: the one before it began earlier. Milliseconds. */
const TICK = 50_000;

export class WorkAtAws {
	readonly #scene: Scene;
	/** Operations by the name of a command's work and its node. */
	readonly #commands = new Map<string, string>();

	constructor(scene: Scene) {
		this.#scene = scene;
	}

	/** Takes note of which work an operation is served by. */
	written(after: Recorded): void {
		if (after.work?.type === 'command') this.#commands.set(`${after.work.id} ${nodeOf(after)}`, after.id);
	}

	/** All that was started for operations, by their ids; the oldest first. */
	all(): Map<string, AtAws[]> {
		const { ssm } = this.#scene.world.services;
		const found = new Map<string, AtAws[]>();
		const add = (operation: string, work: AtAws) => found.set(operation, [...(found.get(operation) ?? []), work]);
		for (const { comment, document, parameters, invocations } of ssm.commands().toReversed()) {
			const [, workId] = COMMENT.exec(comment) ?? [];
			if (workId === undefined) continue;
			for (const [instanceId, { status, run, ...invocation }] of invocations) {
				const operation = this.#commands.get(`${workId} ${instanceId}`);
				if (operation === undefined) continue;
				const effective = run?.effective === true;
				// Its agent reports the end of a script a moment later.
				const endedAt = invocation.endedAt === undefined ? undefined : Math.min(invocation.endedAt, run?.endsAt ?? Infinity);
				add(operation, { workId, document: document.name, parameters, status, effective, ...(endedAt !== undefined && { endedAt }) });
			}
		}
		for (const { tags, document, parameters, status, endedAt, parent } of ssm.executions().toReversed()) {
			for (const [key, operation] of tags) {
				if (!key.startsWith(WORK_TAG) || parent !== undefined) continue;
				const workId = key.slice(WORK_TAG.length);
				add(operation, { workId, document: document.name, parameters, status, effective: true, ...(endedAt !== undefined && { endedAt }) });
			}
		}
		return found;
	}

	of({ id }: Pick<Recorded, 'id'>): readonly AtAws[] {
		return this.all().get(id) ?? [];
	}

	/** When AWS had it that work of an operation ended well, or undefined. */
	succeededAt(operation: Recorded, workId = operation.work?.id): number | undefined {
		const ends = this.of(operation).flatMap((each) =>
			each.workId === workId && each.status === 'Success' && each.endedAt !== undefined ? [each.endedAt] : [],
		);
		return ends.length > 0 ? Math.min(...ends) : undefined;
	}

	/**
	 * Since when somebody who decides otherwise must have known that the work had ended well: in time, and listed, and a look was to be had.
	 * Undefined where nobody need have.
	 */
	mustHaveKnown(operation: Recorded, decidedAt: number, workId = operation.work?.id): number | undefined {
		const { plan, clock } = this.#scene;
		const success = this.succeededAt(operation, workId);
		const isKnown = success !== undefined && success < Math.min(decidedAt - plan.listLagMs, operation.deadlineAt) - SKEW;
		// Whoever decides otherwise has looked, unless a fault kept it from that.
		const looked = clock.ticks(decidedAt - TICK) > clock.ticks(decidedAt + SKEW);
		return isKnown && looked ? success : undefined;
	}
}
