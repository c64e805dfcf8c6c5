/**
 * The pause, on the item of the compiled playbooks that functions read once a minute: `paused` while it lasts, and `pauses`, the
 * last acts of pausing and resuming.
 */

import { getItem, tableOf, updateItem } from '../../shared/aws/table.ts';
import type { Services } from '../../shared/operation/services.ts';
import { COMPILED_KEY, type Pause, readCompiledItem } from '../../shared/playbook/compiled-item.ts';

/** Acts that the item keeps: it shares its 400 KB with the playbooks. */
const KEPT = 20;

export interface PauseAct {
	readonly what: 'paused' | 'resumed';
	/** ISO 8601, UTC. */
	readonly at: string;
	readonly by: string;
	readonly reason?: string;
}

export interface PauseRecord {
	readonly paused?: Pause;
	/** Oldest first. */
	readonly pauses: readonly PauseAct[];
}

type Item = Readonly<Record<string, unknown>> | undefined;

/** @throws Fail where the table does not exist. */
export async function readPause(services: Services): Promise<PauseRecord> {
	return recordOf(await getItem(tableOf(services), COMPILED_KEY));
}

/**
 * Stops all starting of work. A pause that lasts already stays as it is.
 * @returns whether it was this call that paused, and the record afterwards.
 */
export function pauseStarting(services: Services, pause: Pause): Promise<PauseRecord & { readonly changed: boolean }> {
	return change(services, { what: 'paused', ...pause }, 'paused = :paused', 'attribute_not_exists(paused)', { ':paused': pause });
}

/** Lets work start again. @returns as `pauseStarting`. */
export function resumeStarting(services: Services, at: string, by: string): Promise<PauseRecord & { readonly changed: boolean }> {
	return change(services, { what: 'resumed', at, by }, undefined, 'attribute_exists(paused)', {});
}

async function change(
	services: Services,
	act: PauseAct,
	assignment: string | undefined,
	condition: string,
	values: Record<string, unknown>,
): Promise<PauseRecord & { readonly changed: boolean }> {
	const log = 'pauses = list_append(if_not_exists(pauses, :none), :act)';
	const changed = await updateItem(
		tableOf(services),
		COMPILED_KEY,
		{
			UpdateExpression: assignment === undefined ? `SET ${log} REMOVE paused` : `SET ${assignment}, ${log}`,
			ConditionExpression: condition,
		},
		{ ...values, ':none': [], ':act': [act] },
	);
	if (changed !== undefined) await forgetOldest(services, recordOf(changed).pauses.length);
	return { ...(await readPause(services)), changed: changed !== undefined };
}

/** Somebody else who acted meanwhile forgets the oldest too: a condition that fails is no error. */
async function forgetOldest(services: Services, length: number): Promise<void> {
	if (length <= KEPT) return;
	const oldest = Array.from({ length: length - KEPT }, (_, index) => `pauses[${index}]`).join(', ');
	const forget = { UpdateExpression: `REMOVE ${oldest}`, ConditionExpression: 'size(pauses) = :length' };
	await updateItem(tableOf(services), COMPILED_KEY, forget, { ':length': length });
}

function recordOf(item: Item): PauseRecord {
	const { paused } = readCompiledItem(item);
	const pauses = item?.['pauses'];
	return { ...(paused && { paused }), pauses: Array.isArray(pauses) ? (pauses as PauseAct[]) : [] };
}
