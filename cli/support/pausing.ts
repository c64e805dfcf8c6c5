/**
 * The pause, on the item of the compiled playbooks that functions read once a minute: `paused` while it lasts, and `pauses`, the
 * last acts of pausing and resuming.
 */

import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Services } from '../../shared/operation/services.ts';
import { COMPILED_KEY, explainMissingTable, type Pause, readCompiledItem } from '../../shared/playbook/compiled-item.ts';

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
	const output = await onItem(services, (TableName) =>
		services.aws.ledger.send(new GetCommand({ TableName, Key: COMPILED_KEY, ConsistentRead: true })),
	);
	return recordOf(output.Item);
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
	try {
		const { Attributes } = await onItem(services, (TableName) =>
			services.aws.ledger.send(
				new UpdateCommand({
					TableName,
					Key: COMPILED_KEY,
					UpdateExpression: assignment === undefined ? `SET ${log} REMOVE paused` : `SET ${assignment}, ${log}`,
					ConditionExpression: condition,
					ExpressionAttributeValues: { ...values, ':none': [], ':act': [act] },
					ReturnValues: 'ALL_NEW',
				}),
			),
		);
		await forgetOldest(services, recordOf(Attributes).pauses.length);
		return { ...(await readPause(services)), changed: true };
	} catch (error) {
		if (!isConditionFailure(error)) throw error;
		return { ...(await readPause(services)), changed: false };
	}
}

async function forgetOldest(services: Services, length: number): Promise<void> {
	if (length <= KEPT) return;
	const oldest = Array.from({ length: length - KEPT }, (_, index) => `pauses[${index}]`).join(', ');
	try {
		await onItem(services, (TableName) =>
			services.aws.ledger.send(
				new UpdateCommand({
					TableName,
					Key: COMPILED_KEY,
					UpdateExpression: `REMOVE ${oldest}`,
					ConditionExpression: 'size(pauses) = :length',
					ExpressionAttributeValues: { ':length': length },
				}),
			),
		);
	} catch (error) {
		// Somebody else acted meanwhile, and forgets the oldest too.
		if (!isConditionFailure(error)) throw error;
	}
}

async function onItem<T>({ settings }: Services, call: (table: string) => Promise<T>): Promise<T> {
	try {
		return await call(settings.tableName);
	} catch (error) {
		throw explainMissingTable(error, settings);
	}
}

function recordOf(item: Item): PauseRecord {
	const { paused } = readCompiledItem(item);
	const pauses = item?.['pauses'];
	return { ...(paused && { paused }), pauses: Array.isArray(pauses) ? (pauses as PauseAct[]) : [] };
}

function isConditionFailure(error: unknown): boolean {
	return (error as Error).name === 'ConditionalCheckFailedException';
}
