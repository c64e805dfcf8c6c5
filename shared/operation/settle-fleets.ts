/** Settling commands on many nodes: the end of the whole is an event of its own, and the ends of nodes go on record beside the operation. */

import { ListCommandsCommand } from '@aws-sdk/client-ssm';
import * as z from 'zod/mini';
import { tableOf } from '../aws/table.ts';
import { Drop, describeError, Retry } from '../errors.ts';
import { id, name } from '../kinds/envelope.ts';
import { parseEvent } from '../parse.ts';
import { attempt } from '../settled.ts';
import type { Fact } from './facts.ts';
import { keptUntil } from './ledger.ts';
import { putNodes } from './nodes.ts';
import { fleetOf, isOfInterest, ownPurpose, purposeOf, purposeOnRecord, remember, unlisted } from './purposes.ts';
import type { CommandPurpose, Services } from './services.ts';
import type { NodeResult } from './types.ts';

/** The detail-type of what is told of a command as a whole. */
export const COMMAND_ENDED = 'EC2 Command Status-change Notification';

/** As far as it is read. */
const CommandEvent = z.object({
	source: z.literal('aws.ssm'),
	'detail-type': z.literal(COMMAND_ENDED),
	detail: z.looseObject({
		'command-id': id,
		'document-name': name(256),
		status: name(256),
		'requested-date-time': z.optional(z.string()),
		parameters: z.optional(z.looseObject({ WorkId: z.optional(z.array(z.string())) })),
	}),
});

/** News of an operation. */
interface News {
	readonly operationId: string;
	readonly facts: readonly Fact[];
}

/**
 * What the end of a command as a whole means, which is news for the operation of one on many nodes alone.
 * @throws Drop where it is none; Retry where AWS does not say.
 */
export async function newsOfWhole(services: Services, event: unknown): Promise<News> {
	const { detail } = parseEvent(CommandEvent, event, 'a command');
	const { 'command-id': externalId, 'document-name': document, status: details } = detail;
	if (!(await isOfInterest(services, document))) throw new Drop('foreign-command', `no playbook runs ${document}`);
	const [given] = detail.parameters?.WorkId ?? [];
	// Our own documents are told what they are run for.
	const purpose = given === undefined ? await purposeOfWhole(services, externalId, detail['requested-date-time']) : ownPurpose(given);
	const operationId = purpose && fleetOf(purpose);
	if (purpose === undefined || operationId === undefined) {
		throw new Drop('node-by-node', `command ${externalId} serves no operation on many nodes: its nodes settle by themselves`);
	}
	return {
		operationId,
		facts: [
			{ type: 'work-seen', externalId, workId: purpose.workId },
			{ type: 'command', externalId, status: 'ended', details },
		],
	};
}

async function purposeOfWhole(services: Services, commandId: string, requested: string | undefined): Promise<CommandPurpose | undefined> {
	const known = services.purposes.get(commandId) ?? (await purposeOnRecord(services, commandId));
	if (known !== undefined) return known === 'foreign' ? undefined : known;
	const { Commands: [command] = [] } = await services.aws.ssm
		.send(new ListCommandsCommand({ CommandId: commandId }))
		.catch((error: unknown) => {
			throw new Retry(`command ${commandId} cannot be looked up: ${describeError(error)}`, error);
		});
	if (command === undefined) throw unlisted(services, commandId, requested);
	const purpose = remember(services, commandId, await purposeOf(services, command.Comment));
	return purpose === 'foreign' ? undefined : purpose;
}

/**
 * Puts the ends of nodes on record, by the ids of their operations.
 * @returns why not, for operations whose nodes DynamoDB did not take: they are to be tried again.
 */
export async function recordNodes(
	services: Services,
	results: ReadonlyMap<string, readonly NodeResult[]>,
): Promise<ReadonlyMap<string, unknown>> {
	const errors = new Map<string, unknown>();
	const expiresAt = keptUntil(services.settings, services.now());
	for (const [operationId, each] of results) {
		const put = await attempt(() => putNodes(tableOf(services), operationId, each, expiresAt));
		if (!put.ok) errors.set(operationId, put.error);
	}
	return errors;
}
