/** Settling operations from status events of the work they started. */

import * as z from 'zod/mini';
import { callFailure, Drop, describeError, Retry } from '../errors.ts';
import { id, name, nodeId } from '../kinds/envelope.ts';
import { chunks, groupBy, inParallel } from '../parallel.ts';
import { parseEvent } from '../parse.ts';
import type { Settled } from '../settled.ts';
import { executionFact, lookUpExecution, workOfExecution } from '../work/automation.ts';
import { meaningOf, readCommand } from '../work/invocations.ts';
import { operationOfWork } from '../work/naming.ts';
import { advance, type Happening } from './engine.ts';
import type { Fact, WorkFact } from './facts.ts';
import { fleetOf, isOfInterest, purposeOf, purposeOnRecord, remember, unlisted } from './purposes.ts';
import type { CommandPurpose, Services } from './services.ts';
import { COMMAND_ENDED, newsOfWhole, recordNodes } from './settle-fleets.ts';
import type { NodeResult, Operation } from './types.ts';

const CONCURRENT_READS = 5;
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

type Slot = { error?: unknown; operationId?: string; facts?: readonly Fact[]; result?: NodeResult };

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

interface Asked {
	readonly index: number;
	readonly event: z.infer<typeof InvocationEvent>;
}

/**
 * Settles each node of a command by its own invocation event; one look-up serves all nodes of a command. Of a command on many nodes the
 * ends of nodes are put on record beside the operation, and what ends it is its own event.
 */
export async function settleCommands(services: Services, events: readonly unknown[]): Promise<Settled<Operation>[]> {
	const slots: Slot[] = [];
	const asked: Asked[] = [];
	for (const [index, each] of events.entries()) {
		slots[index] = await slot(async () => {
			if ((each as { 'detail-type'?: unknown } | null)?.['detail-type'] === COMMAND_ENDED) return newsOfWhole(services, each);
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
	return advanceSlots(services, await withNodes(services, slots));
}

/** Slots whose nodes are on record; the others are tried again. */
async function withNodes(services: Services, slots: readonly Slot[]): Promise<readonly Slot[]> {
	const told = groupBy(
		slots.filter(({ result }) => result !== undefined),
		({ operationId = '' }) => operationId,
	);
	const results = new Map([...told].map(([operationId, group]) => [operationId, group.flatMap(({ result }) => result ?? [])]));
	const errors = await recordNodes(services, results);
	return slots.map((each) => {
		const error = each.result && errors.get(each.operationId ?? '');
		return error === undefined ? each : { error };
	});
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
	const known = services.purposes.get(commandId) ?? (many ? await purposeOnRecord(services, commandId) : undefined);
	const foreign = new Drop('foreign-command', `command ${commandId} was not sent by Fleetkeeper`);
	if (known === 'foreign') throw foreign;
	// What its event does not say of a node is looked up once for all nodes of a command on many, when that has ended.
	if (known !== undefined && (succeeded || fleetOf(known) !== undefined)) return { purpose: known, nodes: new Map() };
	const [only] = group.length === 1 ? group : [];
	const wanted = { instanceId: only?.event.detail['instance-id'] };
	const { comment, nodes } = await readCommand(services, commandId, wanted).catch((error: unknown) => {
		throw new Retry(`command ${commandId} cannot be looked up: ${describeError(error)}`, error);
	});
	if (nodes.size === 0) throw unlisted(services, commandId, group[0]?.event.detail['requested-date-time']);
	const purpose = known ?? remember(services, commandId, await purposeOf(services, comment));
	if (purpose === 'foreign') throw foreign;
	return { purpose, nodes };
}

function settleNode(commandId: string, purpose: CommandPurpose, nodes: Understood['nodes'], { time, detail }: Asked['event']): Slot {
	const { workId, members } = purpose;
	const instanceId = detail['instance-id'];
	const at = Date.parse(time ?? '');
	const fleet = fleetOf(purpose);
	if (fleet !== undefined) {
		const result = { node: instanceId, commandId, status: detail.status, ...(Number.isFinite(at) && { endedAt: at }) };
		return { operationId: fleet, facts: [{ type: 'work-seen', externalId: commandId, workId }, { type: 'nodes' }], result };
	}
	// What is not shared was sent to one node: the list says to which, where it was read.
	const own = nodes.size === 0 || nodes.has(instanceId) ? members.get('') : undefined;
	const operationId = members.get(instanceId) ?? own;
	if (operationId === undefined) throw new Drop('unknown-node', `command ${commandId} serves no operation of ${instanceId}`);
	const listed = nodes.get(instanceId);
	const said: WorkFact = {
		type: 'work',
		status: told(detail.status),
		details: detail.status,
		...(Number.isFinite(at) && { endedAt: at }),
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
