/** Work of either type, for many operations at once: the engine's side of `run-command` and `automation`. */

import { describeError } from '../errors.ts';
import { nodeOf } from '../kinds/subjects.ts';
import type { Fact } from '../operation/facts.ts';
import { sharedWorkId } from '../operation/ids.ts';
import { notStarted } from '../operation/not-done.ts';
import type { Perform, Services } from '../operation/services.ts';
import type { Operation, Work } from '../operation/types.ts';
import { chunks, groupBy, inParallel } from '../parallel.ts';
import { findExecutions, lookUpExecutions, searchExecution, startExecutions, stopExecutions } from './automation.ts';
import { cancelCommands, lookUpCommands } from './invocations.ts';
import { findCommand, NODES_PER_COMMAND, searchCommand, sendCommand } from './run-command.ts';

/** Two ways to do the same, by the type of the operation's work. */
function byType(
	command: (services: Services, operations: readonly Operation[]) => Promise<ReadonlyMap<string, Fact>>,
	automation: (services: Services, operations: readonly Operation[]) => Promise<ReadonlyMap<string, Fact>>,
): Perform {
	return async (services, operations) => {
		const isCommand = ({ work }: Operation) => work?.type === 'command';
		const commands = operations.filter(isCommand);
		const automations = operations.filter((operation) => !isCommand(operation));
		const [left, right] = await Promise.all([
			commands.length > 0 ? command(services, commands) : new Map<string, Fact>(),
			automations.length > 0 ? automation(services, automations) : new Map<string, Fact>(),
		]);
		return new Map([...left, ...right]);
	};
}

/** Operations that name the same work, up to 50 nodes each. */
async function perCommand(
	operations: readonly Operation[],
	task: (work: Work, group: readonly Operation[]) => Promise<ReadonlyMap<string, Fact>>,
): Promise<ReadonlyMap<string, Fact>> {
	const facts = new Map<string, Fact>();
	for (const group of groupBy(operations, ({ work }) => `${work?.id}/${work?.attempt}`).values()) {
		const work = group[0]?.work;
		if (work === undefined) continue;
		for (const [id, fact] of await task(work, group)) facts.set(id, fact);
	}
	return facts;
}

const startNow = byType(
	(services, operations) => perCommand(operations, (work, group) => sendCommand(services, work, group)),
	startExecutions,
);

/** What leads to work, unless an operator has paused all starting. */
export function unlessPaused(perform: Perform): Perform {
	return async (services, operations) => {
		const paused = await pause(services);
		return paused === undefined ? perform(services, operations) : new Map(operations.map(({ id }) => [id, paused]));
	};
}

/** Starts what was put on record. */
export const startWork = unlessPaused(startNow);

/** What starting work comes to while an operator has paused it. */
async function pause({ playbooks }: Services): Promise<Fact | undefined> {
	const { paused } = await playbooks.load();
	if (paused === undefined) return undefined;
	const message = `all starting of work is paused by ${paused.by} since ${paused.at}: ${paused.reason}`;
	return notStarted('paused', message);
}

/** For so long after its deadline, two ticks, work is looked for that AWS does not answer about. Milliseconds. */
const LOOKED_FOR = 90_000;

const findStarted = byType(
	(services, operations) => perCommand(operations, (work, group) => findCommand(services, work, group)),
	async (services, operations) => findExecutions(services, operations, await pause(services)),
);

/** Looks for work that may have been started without a reply. */
export const findWork: Perform = async (services, operations) => {
	const facts = new Map(await findStarted(services, operations));
	for (const { id, deadlineAt } of operations) {
		const isLate = services.now() >= deadlineAt + LOOKED_FOR;
		if (isLate && facts.get(id)?.type === 'not-done') facts.set(id, { type: 'work-not-found', certain: false });
	}
	return facts;
};

export const lookUpWork: Perform = byType(lookUpCommands, lookUpExecutions);

const stopStarted = byType(cancelCommands, stopExecutions);

/** Stops work; what may have been started without a reply is looked for first. */
export const cancelWork: Perform = async (services, operations) => {
	const found = await inParallel(operations, 1, (operation) => withExternalId(services, operation));
	const toStop = found.filter(({ work }) => work?.externalId !== undefined);
	const facts = new Map<string, Fact>(
		operations.map(({ id }) => [id, { type: 'done', effect: 'cancel-work', note: 'nothing is known to have started' }]),
	);
	if (toStop.length > 0) for (const [id, fact] of await stopStarted(services, toStop)) facts.set(id, fact);
	return facts;
};

async function withExternalId(services: Services, operation: Operation): Promise<Operation> {
	const { work } = operation;
	if (work === undefined || work.externalId !== undefined) return operation;
	try {
		const externalId = await (work.type === 'command' ? searchCommand : searchExecution)(services, work);
		return externalId === undefined ? operation : { ...operation, work: { ...work, externalId } };
	} catch (error) {
		services.log.warn('Work to stop cannot be looked for', { operation: operation.id, why: describeError(error) });
		return operation;
	}
}

/** What must be equal for two nodes to be served by one command. */
function commandKey({ work, run, subject }: Operation): string {
	return JSON.stringify([
		work?.document,
		work?.parameters,
		run?.timeoutSeconds,
		run?.deliverWithinSeconds,
		subject.account,
		subject.region,
	]);
}

/**
 * Lets operations that want the same command share it: up to 50 nodes a call. Work that is sent again keeps its name
 * (and so its marker on the nodes); work that is begun anew goes alone; an Automation is never shared.
 * @returns operation ids to the work they share.
 */
export function shareCommands(operations: readonly Operation[]): Map<string, Work> {
	const fresh = operations.filter(
		({ work, attempts }) => work?.type === 'command' && work.fleet === undefined && work.attempt === 1 && attempts.start === 0,
	);
	const shared = new Map<string, Work>();
	for (const group of groupBy(fresh, commandKey).values()) {
		// A command takes a node once, and the node does the work of a name once: what else is wanted there goes alone.
		const nodes = new Map(group.map((operation) => [nodeOf(operation), operation]));
		for (const chunk of chunks([...nodes.values()], NODES_PER_COMMAND)) {
			if (chunk.length === 1) continue;
			// The version keeps a later try, after a throttle, apart from the record of this one.
			const id = sharedWorkId(chunk.map(({ work, version }) => `${work?.id}@${version}`));
			for (const { id: operationId, work } of chunk) if (work) shared.set(operationId, { ...work, id, shared: true });
		}
	}
	return shared;
}
