/** Commands on many nodes as AWS has them, and as the ledger has their nodes: by the names that they were sent under. */

import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { ApiCall } from '../../aws/api-call.ts';
import type { Command, Invocation } from '../../aws/ssm/command-model.ts';
import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import type { Fleet } from './command-checks.ts';

/** How nodes end, in our words. */
export type End = 'succeeded' | 'failed' | 'cancelled' | 'unreached' | 'unstarted' | 'unknown';
export type Ends = Readonly<Record<End, number>>;

/** User guide, "Understanding command statuses". */
const ENDS: Readonly<Record<string, End>> = {
	Success: 'succeeded',
	Failed: 'failed',
	ExecutionTimedOut: 'failed',
	Cancelled: 'cancelled',
	Terminated: 'unstarted',
	DeliveryTimedOut: 'unreached',
	Undeliverable: 'unreached',
	InvalidPlatform: 'unreached',
	AccessDenied: 'unreached',
};

export const NO_ENDS: Ends = { succeeded: 0, failed: 0, cancelled: 0, unreached: 0, unstarted: 0, unknown: 0 };

export function endOf({ details, endedAt }: Pick<Invocation, 'details' | 'endedAt'>): End {
	return endedAt === undefined ? 'unknown' : (ENDS[details] ?? 'unknown');
}

/** What a command's nodes have come to. */
export function endsOf(commands: readonly Command[]): Ends {
	const counts: Record<End, number> = { ...NO_ENDS };
	for (const { invocations } of commands) for (const each of invocations.values()) counts[endOf(each)] += 1;
	return counts;
}

export const countOf = (ends: Ends) => Object.values(ends).reduce((sum, count) => sum + count, 0);

/** When the last of its nodes ended; undefined while one has not. */
export function overAt({ invocations, requestedAt }: Command): number | undefined {
	const ends = [...invocations.values()].map(({ endedAt = Number.POSITIVE_INFINITY }) => endedAt);
	const last = Math.max(requestedAt, ...ends);
	return Number.isFinite(last) ? last : undefined;
}

/** Commands of one name: more than one where a call had no reply. */
export interface Work {
	readonly id: string;
	/** The oldest first. */
	readonly commands: readonly Command[];
}

const COMMAND_ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const COMMENT = /^fleetkeeper (\S+)\/\d+$/;

/** The name of the work that a command was sent for; undefined of others' commands. */
export function workOf({ comment }: Pick<Command, 'comment'>): string | undefined {
	return COMMENT.exec(comment)?.[1];
}

/** What an operation that has just been opened is for: what goes to each of its rings, or to all nodes together. */
export function plansOf({ chunks, rings }: Fleet): Fleet['chunks'][] {
	return [chunks, ...(rings?.each.slice(1) ?? []).map(({ plan }) => plan?.chunks ?? [])];
}

export const idsIn = (targets: readonly { readonly key: string; readonly values: readonly string[] }[]) =>
	targets.flatMap(({ key, values }) => (key === 'InstanceIds' ? values : []));

export class FleetsAtAws {
	readonly #scene: Scene;
	/** Names of work, by operation. */
	readonly #works = new Map<string, Set<string>>();
	/** Ids of the commands that operations have followed. */
	readonly #followed = new Map<string, Set<string>>();
	/** How many ids operations were opened with, by ring where they have rings. */
	readonly #planned = new Map<string, readonly number[]>();
	/** The last word of the ledger on each node of a command, by its key, which sorts by when it was said. */
	readonly #nodes = new Map<string, { readonly key: string; readonly status: string }>();

	constructor(scene: Scene) {
		this.#scene = scene;
	}

	written(operation: Recorded): void {
		const { id, work } = operation;
		if (operation.kind === 'command' && !this.#planned.has(id)) {
			this.#planned.set(
				id,
				plansOf(operation).map((chunks) => idsIn(chunks.flat()).length),
			);
		}
		// One that is found and over at the same time is in its story alone.
		for (const { what, why } of operation.history) {
			const [commandId] = (what.startsWith('command sent') && COMMAND_ID.exec(why)) || [];
			if (commandId !== undefined) this.#follow(id, commandId);
		}
		if (work === undefined) return;
		this.#works.set(id, (this.#works.get(id) ?? new Set()).add(work.id));
		if (work.externalId !== undefined) this.#follow(id, work.externalId);
	}

	#follow(id: string, commandId: string): void {
		this.#followed.set(id, (this.#followed.get(id) ?? new Set()).add(commandId));
	}

	called({ service, operation, input, error }: ApiCall): void {
		if (service !== 'dynamodb' || operation !== 'BatchWriteItem' || error !== undefined) return;
		const { RequestItems = {} } = input as { RequestItems?: Record<string, { PutRequest?: { Item: Parameters<typeof unmarshall>[0] } }[]> };
		for (const { PutRequest } of Object.values(RequestItems).flat()) {
			const { sk, result } = PutRequest ? unmarshall(PutRequest.Item) : {};
			if (typeof sk !== 'string' || result === undefined) continue;
			const name = `${result.commandId} ${result.node}`;
			if (sk >= (this.#nodes.get(name)?.key ?? '')) this.#nodes.set(name, { key: sk, status: result.status });
		}
	}

	/** What the ledger has of a node; undefined where it has nothing. */
	onRecord(commandId: string, node: string): string | undefined {
		return this.#nodes.get(`${commandId} ${node}`)?.status;
	}

	/** How many nodes it is for, as far as is known: by their ids, or as AWS has found them. */
	sizeOf(operation: Pick<Recorded, 'id'>): number {
		const found = this.sentFor(operation).flatMap(({ commands }) => commands.flatMap(({ invocations }) => [...invocations.keys()]));
		return Math.max(
			(this.#planned.get(operation.id) ?? []).reduce((sum, count) => sum + count, 0),
			new Set(found).size,
		);
	}

	/** How many ids a ring was to have when it was opened. */
	plannedFor({ id }: Pick<Recorded, 'id'>, ring: number): number {
		return this.#planned.get(id)?.[ring] ?? 0;
	}

	/** All that was sent for an operation, in the order of its first commands. */
	sentFor({ id }: Pick<Recorded, 'id'>): Work[] {
		const names = this.#works.get(id) ?? new Set();
		const works = new Map<string, Command[]>();
		for (const command of this.#scene.world.services.ssm.commands().toReversed()) {
			const name = workOf(command);
			if (name !== undefined && names.has(name)) works.set(name, [...(works.get(name) ?? []), command]);
		}
		return [...works].map(([name, commands]) => ({ id: name, commands }));
	}

	/** Those of them that the operation knows. */
	followedBy(operation: Pick<Recorded, 'id'>): Command[] {
		const known = this.#followed.get(operation.id);
		return this.sentFor(operation)
			.flatMap(({ commands }) => commands)
			.filter(({ id }) => known?.has(id));
	}
}
