/** Starting commands: one SendCommand for up to 50 nodes that want the same. */

import { ListCommandsCommand, SendCommandCommand, type SendCommandCommandInput } from '@aws-sdk/client-ssm';
import { describeError, requestIdOf } from '../errors.ts';
import { inputOf } from '../kinds/command/targets.ts';
import { nodeOf } from '../kinds/subjects.ts';
import type { Fact } from '../operation/facts.ts';
import type { WorkRecord } from '../operation/ledger.ts';
import { notDone, notStarted, startFailed } from '../operation/not-done.ts';
import type { Services } from '../operation/services.ts';
import type { Operation, Work } from '../operation/types.ts';
import { outputBucket } from '../settings.ts';
import { commentOf, documentOf, outputPrefix, parametersOf } from './naming.ts';
import { nodeFacts } from './nodes.ts';

/** InstanceIds of one SendCommand call. */
export const NODES_PER_COMMAND = 50;

/**
 * How long ListCommands may take to show a command. Not published; AWS calls the list eventually consistent. Until then,
 * not finding a command proves nothing.
 */
const COMMAND_VISIBLE_AFTER = 120_000;

/** Clocks of two functions, and AWS's, may differ by seconds: the search begins that much earlier. */
export const CLOCK_SKEW = 60_000;
/** Pages of 50 commands that a search reads; commands of one document in a few minutes. */
const SEARCH_PAGES = 10;
/** How often a call is sent again without the nodes that made AWS refuse it. */
const ISOLATION_ROUNDS = 3;

type Answers = Map<string, Fact>;

/** Sends one command for operations that share `work` (or for the only one that has it). */
export async function sendCommand(services: Services, work: Work, operations: readonly Operation[]): Promise<Answers> {
	const record: WorkRecord = {
		work,
		members: operations.map((operation) => ({ operationId: operation.id, instanceId: nodeOf(operation) })),
	};
	if (work.shared && !(await services.ledger.createWork(record))) return taken(services, work, operations);
	return sendTo(services, record, operations, ISOLATION_ROUNDS);
}

/** Another run has put this work on record: it sends for the nodes on its list, and for no others. */
async function taken(services: Services, work: Work, operations: readonly Operation[]): Promise<Answers> {
	const record = await services.ledger.work(work.id, work.attempt);
	const answer = (id: string): Fact =>
		record === undefined || serves(record, id)
			? notStarted('taken', 'another run sends it')
			: notStarted('left-out', 'another run sent it without this node');
	return new Map(operations.map(({ id }) => [id, answer(id)]));
}

function serves({ members }: WorkRecord, id: string): boolean {
	return members.some(({ operationId }) => operationId === id);
}

async function sendTo(services: Services, record: WorkRecord, operations: readonly Operation[], rounds: number): Promise<Answers> {
	const { work } = record;
	try {
		const output = await services.aws.ssmOnce.send(new SendCommandCommand(inputFor(services, work, operations)));
		const externalId = output.Command?.CommandId;
		if (externalId === undefined) return all(operations, notStarted('unknown', 'SendCommand answered without a command id'));
		const requestId = requestIdOf(output);
		const unrecorded = work.shared ? await recordSent(services, record, externalId, requestId) : undefined;
		if (work.fleet) await nameCommand(services, externalId, work);
		return all(operations, { type: 'work-started', externalId, adopted: false, unrecorded, requestId });
	} catch (error) {
		if ((error as Error).name === 'InvalidInstanceId' && work.fleet === undefined)
			return withoutUnmanaged(services, record, operations, rounds, error);
		return all(operations, startFailed(error));
	}
}

/** The command is out, whether or not the record of its work can say so. @returns why it cannot. */
async function recordSent(services: Services, record: WorkRecord, externalId: string, requestId: string | undefined) {
	try {
		await services.ledger.updateWork({ ...record, work: { ...record.work, externalId, startedAt: services.now() }, requestId });
	} catch (error) {
		return describeError(error);
	}
	await nameCommand(services, externalId, record.work);
	return undefined;
}

/** The command is out whether or not its name is on record: without it, its events cost a look-up. */
async function nameCommand({ ledger, log }: Services, commandId: string, work: Work): Promise<void> {
	try {
		await ledger.nameCommand(commandId, work);
	} catch (error) {
		log.warn('What a command was sent for is not on record', { commandId, why: describeError(error) });
	}
}

/** One id that is not managed makes AWS refuse the whole call; it is found and left out, and its neighbours go on. */
async function withoutUnmanaged(
	services: Services,
	record: WorkRecord,
	operations: readonly Operation[],
	rounds: number,
	error: unknown,
): Promise<Answers> {
	const refusal = startFailed(error, 'not-managed');
	if (operations.length === 1) return all(operations, refusal);
	const nodes = await nodeFacts(services, operations.map(nodeOf));
	const isBad = (operation: Operation) => {
		const fact = nodes.get(nodeOf(operation));
		// A node whose connection is lost may be gone already: it is not waited for either.
		return fact?.type === 'node' && fact.status !== 'online';
	};
	const bad = operations.filter(isBad);
	const good = operations.filter((operation) => !isBad(operation));
	if (bad.length === 0 || rounds === 0) return all(operations, notStarted('throttled', `${describeError(error)}; asked again`));
	const answers = all(bad, refusal);
	if (good.length === 0) return answers;
	const members = record.members.filter(({ operationId }) => good.some(({ id }) => id === operationId));
	const rest: WorkRecord = { ...record, members };
	if (record.work.shared) await services.ledger.updateWork(rest);
	return new Map([...answers, ...(await sendTo(services, rest, good, rounds - 1))]);
}

function inputFor(services: Services, work: Work, operations: readonly Operation[]): SendCommandCommandInput {
	const [first] = operations;
	if (first === undefined) throw new RangeError('A command needs at least one node');
	const { settings } = services;
	const { account, region } = first.subject;
	const { fleet } = work;
	return {
		DocumentName: documentOf(settings, work),
		...(fleet ? { Targets: inputOf(fleet.targets) } : { InstanceIds: operations.map(nodeOf) }),
		Parameters: parametersOf(first, work),
		Comment: commentOf(work),
		TimeoutSeconds: fleet?.deliverWithinSeconds ?? first.run?.deliverWithinSeconds,
		// Run Command ramps up from one node and stops at the first error otherwise: a bad node would hold up its neighbours.
		MaxConcurrency: fleet?.maxConcurrency ?? '100%',
		MaxErrors: fleet?.maxErrors ?? '100%',
		OutputS3BucketName: outputBucket(settings, account, region),
		OutputS3KeyPrefix: outputPrefix(fleet ? first.id : work.id),
		CloudWatchOutputConfig: { CloudWatchLogGroupName: settings.outputLogGroup, CloudWatchOutputEnabled: true },
	};
}

function all(operations: readonly Operation[], fact: Fact): Answers {
	return new Map(operations.map(({ id }) => [id, fact]));
}

/**
 * Looks for a command whose reply never came, by document and time, and knows it by its Comment. Found: adopted. Not
 * found: proof only once AWS has had the time to list it.
 */
export async function findCommand(services: Services, work: Work, operations: readonly Operation[]): Promise<Answers> {
	try {
		const externalId = await searchCommand(services, work);
		const absent: Fact = { type: 'work-not-found', certain: services.now() - work.recordedAt >= COMMAND_VISIBLE_AFTER };
		if (externalId === undefined) return all(operations, absent);
		const found: Fact = { type: 'work-started', externalId, adopted: true };
		if (work.fleet) await nameCommand(services, externalId, work);
		const record = work.shared ? await services.ledger.work(work.id, work.attempt) : undefined;
		if (record === undefined) return all(operations, found);
		await services.ledger.updateWork({ ...record, work: { ...record.work, externalId, startedAt: services.now() } });
		return new Map(operations.map(({ id }) => [id, serves(record, id) ? found : absent]));
	} catch (error) {
		return all(operations, notDone('find-work', error, 'retry'));
	}
}

/** The command that a work's Comment names, where AWS lists it. */
export async function searchCommand({ aws, settings }: Services, work: Work): Promise<string | undefined> {
	const comment = commentOf(work);
	let NextToken: string | undefined;
	for (let page = 0; page < SEARCH_PAGES; page += 1) {
		const output = await aws.ssm.send(
			new ListCommandsCommand({
				Filters: [
					{ key: 'InvokedAfter', value: withoutMillis(work.recordedAt - CLOCK_SKEW) },
					{ key: 'DocumentName', value: documentOf(settings, work) },
				],
				MaxResults: 50,
				...(NextToken && { NextToken }),
			}),
		);
		const found = output.Commands?.find((command) => command.Comment === comment);
		if (found?.CommandId !== undefined) return found.CommandId;
		NextToken = output.NextToken;
		if (NextToken === undefined) return undefined;
	}
	return undefined;
}

/** `2026-11-23T10:00:00Z`: the form that InvokedAfter takes. */
export function withoutMillis(at: number): string {
	return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
