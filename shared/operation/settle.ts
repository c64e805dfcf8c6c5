/** Settling operations from status events of the work they started. */

import * as z from 'zod/mini';
import { callFailure, Drop, describeError, Retry } from '../errors.ts';
import { id, name, nodeId } from '../kinds/envelope.ts';
import { chunks, groupBy, inParallel } from '../parallel.ts';
import { parseEvent } from '../parse.ts';
import { documentsOf } from '../playbook/startable.ts';
import { deployedDocument } from '../settings.ts';
import type { Settled } from '../settled.ts';
import { executionFact, lookUpExecution, workOfExecution } from '../work/automation.ts';
import { meaningOf, readCommand } from '../work/invocations.ts';
import { operationOfWork, workOfComment } from '../work/naming.ts';
import { advance, type Happening } from './engine.ts';
import type { Fact, WorkFact } from './facts.ts';
import type { WorkRecord } from './ledger.ts';
import type { CommandPurpose, Services } from './services.ts';
import type { Operation } from './types.ts';

const CONCURRENT_READS = 5;
/** A command is listed within this, however much the list lags. Milliseconds. */
const LISTED_WITHIN = 15 * 60_000;
/** Commands whose purpose one execution environment keeps in mind. */
const REMEMBERED = 1_000;
/**
 * Operations that are moved together: two full PutEvents calls. While AWS throttles what ends them, those that have ended are on record
 * before the next are begun, and the clock does not take them for ones whose news is lost.
 */
const PORTION = 20;

/** A document's name or ARN, or a word of AWS. */
const word = name(256);

/** `EC2 Command Invocation Status-change Notification`, as far as it is read. */
const InvocationEvent = z.object({
	source: z.literal('aws.ssm'),
	'detail-type': z.literal('EC2 Command Invocation Status-change Notification'),
	time: z.optional(z.string()),
	detail: z.looseObject({
		'command-id': id,
		'document-name': word,
		'instance-id': nodeId,
		status: word,
		'requested-date-time': z.optional(z.string()),
	}),
});

/** `EC2 Automation Execution Status-change Notification`, as far as it is read. */
const ExecutionEvent = z.object({
	source: z.literal('aws.ssm'),
	'detail-type': z.literal('EC2 Automation Execution Status-change Notification'),
	time: z.optional(z.string()),
	detail: z.looseObject({ ExecutionId: id, Definition: word, Status: word }),
});

type Slot = { error?: unknown; operationId?: string; facts?: readonly Fact[] };

/** Slots to results: what found its operation is advanced, each operation once with all its facts. */
async function advanceSlots(services: Services, slots: readonly Slot[]): Promise<Settled<Operation>[]> {
	const facts = new Map<string, Fact[]>();
	for (const { operationId, facts: mine = [] } of slots) {
		if (operationId !== undefined) facts.set(operationId, [...(facts.get(operationId) ?? []), ...mine]);
	}
	const operations = await services.ledger.load([...facts.keys()]);
	const happenings = operations.map((operation): Happening => ({ operation, facts: facts.get(operation.id) ?? [] }));
	const open = happenings.filter(({ operation }) => operation.closedAt === undefined);
	const outcomes = (await inParallel(chunks(open, PORTION), 1, (portion) => advance(services, portion))).flat();
	const after = new Map([...operations, ...outcomes.map(({ operation }) => operation)].map((operation) => [operation.id, operation]));
	const lost = new Set(outcomes.filter((outcome) => outcome.lost).map(({ operation }) => operation.id));
	return slots.map(({ error, operationId = '' }) => {
		if (lost.has(operationId)) return { ok: false, error: new Retry(`operation ${operationId} is being moved by other runs`) };
		const operation = after.get(operationId);
		if (operation !== undefined) return { ok: true, value: operation };
		return { ok: false, error: error ?? new Drop('unknown-operation', `operation ${operationId} is not in the ledger any more`) };
	});
}

async function slot(task: () => Slot | Promise<Slot>): Promise<Slot> {
	try {
		return await task();
	} catch (error) {
		return { error };
	}
}

/** Whether a document is ours or one that a playbook names: every Run Command of the account sends events. */
async function isOfInterest(services: Services, document: string): Promise<boolean> {
	if (document.startsWith(services.settings.documentPrefix)) return true;
	const { set } = await services.playbooks.load();
	return set.playbooks.some(({ playbook }) => documentsOf(playbook).some((name) => deployedDocument(services.settings, name) === document));
}

interface Asked {
	readonly index: number;
	readonly event: z.infer<typeof InvocationEvent>;
}

/** Settles each node of a command by its own invocation event; one look-up serves all nodes of a command. */
export async function settleCommands(services: Services, events: readonly unknown[]): Promise<Settled<Operation>[]> {
	const slots: Slot[] = [];
	const asked: Asked[] = [];
	for (const [index, each] of events.entries()) {
		slots[index] = await slot(async () => {
			const event = parseEvent(InvocationEvent, each, 'a command invocation');
			const document = event.detail['document-name'];
			if (!(await isOfInterest(services, document))) throw new Drop('foreign-command', `no playbook runs ${document}`);
			asked.push({ index, event });
			return {};
		});
	}
	const commands = [...groupBy(asked, ({ event }) => event.detail['command-id'])];
	await inParallel(commands, CONCURRENT_READS, async ([commandId, group]) => {
		const read = await slot(async () => {
			const { purpose, nodes } = await understand(services, commandId, group, events.length > 1);
			for (const { index, event } of group) slots[index] = await slot(() => settleNode(commandId, purpose, nodes, event));
			return {};
		});
		if (read.error !== undefined) for (const { index } of group) slots[index] = read;
	});
	return advanceSlots(services, slots);
}

interface Understood {
	readonly purpose: CommandPurpose;
	readonly nodes: ReadonlyMap<string, WorkFact>;
}

/**
 * What a command was sent for, and how its nodes stand. That a node succeeded needs no look-up once the command is known.
 * @param many events came together: a burst's commands are on record. An event alone is mostly about a command that is not shared.
 */
async function understand(services: Services, commandId: string, group: readonly Asked[], many: boolean): Promise<Understood> {
	const succeeded = group.every(({ event }) => event.detail.status === 'Success');
	const known = services.purposes.get(commandId) ?? (many && succeeded ? await purposeOnRecord(services, commandId) : undefined);
	const foreign = new Drop('foreign-command', `command ${commandId} was not sent by Fleetkeeper`);
	if (known === 'foreign') throw foreign;
	if (known !== undefined && succeeded) return { purpose: known, nodes: new Map() };
	const [only] = group.length === 1 ? group : [];
	const { comment, nodes } = await readCommand(services, commandId, only?.event.detail['instance-id']).catch((error: unknown) => {
		throw new Retry(`command ${commandId} cannot be looked up: ${describeError(error)}`, error);
	});
	if (nodes.size === 0) throw unlisted(services, commandId, group);
	const purpose = known ?? remember(services, commandId, await purposeOf(services, comment));
	if (purpose === 'foreign') throw foreign;
	return { purpose, nodes };
}

function remember<P extends CommandPurpose | 'foreign'>({ purposes }: Services, commandId: string, purpose: P): P {
	if (purposes.size >= REMEMBERED) purposes.clear();
	purposes.set(commandId, purpose);
	return purpose;
}

async function purposeOnRecord(services: Services, commandId: string): Promise<CommandPurpose | undefined> {
	const record = await services.ledger.workOfCommand(commandId);
	return record && remember(services, commandId, purposeIn(record));
}

function purposeIn({ work, members }: WorkRecord): CommandPurpose {
	return { workId: work.id, members: new Map(members.map(({ instanceId, operationId }) => [instanceId, operationId])) };
}

/** A list may lag; a command that was asked for long ago and is not listed is not of this account, or of another Region. */
function unlisted({ now }: Services, commandId: string, group: readonly Asked[]): Error {
	const requestedAt = Date.parse(group[0]?.event.detail['requested-date-time'] ?? '');
	if (now() - requestedAt > LISTED_WITHIN) return new Drop('unknown-command', `Systems Manager knows no command ${commandId}`);
	return new Retry(`command ${commandId} is not listed yet`);
}

async function purposeOf({ ledger }: Services, comment: string | undefined): Promise<CommandPurpose | 'foreign'> {
	const work = workOfComment(comment);
	if (work === undefined) return 'foreign';
	const own = operationOfWork(work.id);
	if (own !== undefined) return { workId: work.id, members: new Map([['', own]]) };
	const record = await ledger.work(work.id, work.attempt);
	return record === undefined ? { workId: work.id, members: new Map() } : purposeIn(record);
}

function settleNode(
	commandId: string,
	{ workId, members }: CommandPurpose,
	nodes: Understood['nodes'],
	{ time, detail }: Asked['event'],
): Slot {
	const instanceId = detail['instance-id'];
	// What is not shared was sent to one node: the list says to which, where it was read.
	const own = nodes.size === 0 || nodes.has(instanceId) ? members.get('') : undefined;
	const operationId = members.get(instanceId) ?? own;
	if (operationId === undefined) throw new Drop('unknown-node', `command ${commandId} serves no operation of ${instanceId}`);
	const listed = nodes.get(instanceId);
	const endedAt = Date.parse(time ?? '');
	const said: WorkFact = {
		type: 'work',
		status: told(detail.status),
		details: detail.status,
		...(Number.isFinite(endedAt) && { endedAt }),
	};
	const work = listed !== undefined && listed.status !== 'running' ? listed : said;
	// The event may overtake the reply to SendCommand: the Comment says what it was sent for.
	return {
		operationId,
		facts: [
			{ type: 'work-seen', externalId: commandId, workId },
			{ ...work, externalId: commandId, workId },
		],
	};
}

/** The event's own word, where the list lags behind it. `TimedOut` alone does not say whether the work ran. */
function told(status: string): WorkFact['status'] {
	return status === 'TimedOut' ? 'unknown' : meaningOf(status);
}

/** Settles operations whose runbook execution ended. A success needs no look-up; of a failure the step that failed is looked up. */
export async function settleExecutions(services: Services, events: readonly unknown[]): Promise<Settled<Operation>[]> {
	const slots = await inParallel(events, CONCURRENT_READS, (each) =>
		slot(async () => {
			const { detail, time } = parseEvent(ExecutionEvent, each, 'an automation execution');
			const { ExecutionId: externalId, Definition, Status } = detail;
			if (!(await isOfInterest(services, Definition))) throw new Drop('foreign-execution', `no playbook runs ${Definition}`);
			const workId = await workOfExecution(services, externalId).catch((error: unknown) => {
				if (callFailure(error) === 'refused') throw new Drop('unknown-execution', `Systems Manager knows no execution ${externalId}`);
				throw new Retry(`execution ${externalId} cannot be looked up: ${describeError(error)}`, error);
			});
			const operationId = workId && operationOfWork(workId);
			if (!operationId) throw new Drop('foreign-execution', `execution ${externalId} was not started by Fleetkeeper`);
			const endedAt = Date.parse(time ?? '');
			const told: WorkFact = {
				...executionFact({ AutomationExecutionStatus: Status as never }),
				...(Number.isFinite(endedAt) && { endedAt }),
			};
			const fact = told.status === 'succeeded' ? told : await lookUpExecution(services, externalId);
			const known = fact.status === 'unknown' || fact.status === 'running' ? told : fact;
			return {
				operationId,
				facts: [
					{ type: 'work-seen', externalId, workId },
					{ ...known, externalId },
				],
			};
		}),
	);
	return advanceSlots(services, slots);
}
