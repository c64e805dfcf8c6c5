/** How a command on many nodes stands, by AWS's own counts and by what is on record of its nodes. */

import { ListCommandsCommand } from '@aws-sdk/client-ssm';
import { tableOf } from '../aws/table.ts';
import { describeError, requestIdOf } from '../errors.ts';
import { endOf, isCoarse, tally } from '../kinds/command/nodes.ts';
import type { CommandFact, Fact } from '../operation/facts.ts';
import { keptUntil } from '../operation/ledger.ts';
import { nodesOf, putNodes } from '../operation/nodes.ts';
import type { Perform, Services } from '../operation/services.ts';
import type { CommandOperation, EndedCommand, NodeResult, Operation } from '../operation/types.ts';
import { inParallel } from '../parallel.ts';
import { hush, secretsIn } from '../playbook/secrets.ts';
import { meaningOf, readCommand } from './invocations.ts';
import { lookUpWork } from './work.ts';

const CONCURRENT_LOOK_UPS = 3;
/** Events of nodes come with the event of their command, some of them after it. Until then none is asked about. Milliseconds. */
const EVENTS_WITHIN = 30_000;

/** Looks up work of every kind, that on many nodes included. */
export const lookUpWithFleets: Perform = async (services, operations) => {
	const isFleet = (operation: Operation): operation is CommandOperation => operation.kind === 'command';
	const others = operations.filter((operation) => !isFleet(operation));
	const [facts, fleets] = await Promise.all([
		others.length > 0 ? lookUpWork(services, others) : new Map<string, Fact>(),
		inParallel(
			operations.filter(isFleet),
			CONCURRENT_LOOK_UPS,
			async (operation): Promise<[string, Fact]> => [operation.id, await lookUpFleet(services, operation)],
		),
	]);
	return new Map([...facts, ...fleets]);
};

async function lookUpFleet(services: Services, operation: CommandOperation): Promise<CommandFact> {
	const { id, work, over } = operation;
	const externalId = work?.externalId ?? '';
	try {
		const { fact, targets } = over?.ended ? endedAs(externalId, over.ended) : await readWhole(services, externalId);
		if (fact.ended === undefined && !isWaitedFor(operation)) return fact;
		return { ...fact, tally: tally(await accountFor(services, operation, externalId, targets), targets) };
	} catch (error) {
		const fact = { type: 'command', externalId, status: 'unknown', details: describeError(error), requestId: requestIdOf(error) } as const;
		if (!isWaitedFor(operation)) return fact;
		const known = await nodesOf(tableOf(services), id, externalId).catch(() => []);
		return { ...fact, tally: tally(known, over?.ended?.targets ?? known.length) };
	}
}

/** It is over, by its event, or is to be: what is known of its nodes is told even if the list never says that it has ended. */
function isWaitedFor({ over, stop }: CommandOperation): boolean {
	return over !== undefined || stop !== undefined;
}

interface Whole {
	readonly fact: CommandFact;
	/** How many nodes it goes to. */
	readonly targets: number;
}

function endedAs(externalId: string, ended: EndedCommand): Whole {
	return { fact: { type: 'command', externalId, status: 'ended', details: ended.details, ended }, targets: ended.targets };
}

/** What AWS says of a command as a whole. Rejects with what the SDK throws. */
async function readWhole({ aws }: Services, CommandId: string): Promise<Whole> {
	const output = await aws.ssm.send(new ListCommandsCommand({ CommandId }));
	const command = output.Commands?.find((each) => each.CommandId === CommandId);
	const about = { type: 'command', externalId: CommandId, requestId: requestIdOf(output) } as const;
	if (command === undefined) return { fact: { ...about, status: 'unknown', details: 'not listed yet' }, targets: 0 };
	const { StatusDetails, Status, TargetCount: targets = 0, ErrorCount: errors = 0 } = command;
	const details = StatusDetails || Status || 'Unknown';
	const isOver = meaningOf(Status ?? details) !== 'running';
	return {
		fact: { ...about, ...(isOver ? { status: 'ended', details, ended: { details, targets, errors } } : { status: 'running', details }) },
		targets,
	};
}

/** The ends of a command's nodes, one for each: from the ledger, and from AWS where they do not add up, or say too little. */
async function accountFor(services: Services, operation: CommandOperation, commandId: string, count: number): Promise<NodeResult[]> {
	const { id, over, stop } = operation;
	const table = tableOf(services);
	const known = await nodesOf(table, id, commandId);
	const isEarly = services.now() - (over?.at ?? stop?.at ?? services.now()) < EVENTS_WITHIN;
	if (known.length < count && isEarly) return known;
	const coarse = [...new Set(known.filter(isCoarse).map(({ status }) => filterOf(status)))];
	const wanted = known.length < count ? [undefined] : coarse;
	const secrets = secretsIn(operation.work?.parameters ?? {}, operation.run.parameters);
	const lists = await inParallel(wanted, 1, (status) => list(services, commandId, status)).catch((error: unknown) => {
		services.log.warn('The nodes of a command cannot be listed', { operation: id, commandId, why: describeError(error) });
		return [];
	});
	const listed = lists.flat().map((each) => hush(each, secrets));
	const byNode = new Map(known.map((result) => [result.node, result]));
	const news = listed.filter(({ node }) => {
		const before = byNode.get(node);
		return before === undefined || isCoarse(before);
	});
	for (const result of news) byNode.set(result.node, result);
	if (news.length > 0) await putNodes(table, id, news, keptUntil(services.settings, services.now()));
	return [...byNode.values()];
}

/** An event's word as ListCommandInvocations filters by it. */
function filterOf(status: string): string {
	return status === 'Canceled' ? 'Cancelled' : status;
}

/** @param status of those that are wanted; absent: all. */
async function list(services: Services, commandId: string, status: string | undefined): Promise<NodeResult[]> {
	const { nodes } = await readCommand(services, commandId, status === undefined ? {} : { status });
	return [...nodes].flatMap(([node, fact]): NodeResult[] => {
		const { details, exitCode, output, endedAt } = fact;
		if (fact.status === 'running') return [];
		const succeeded = endOf({ status: details }) === 'succeeded';
		return [
			{
				...{ node, commandId, status: details, listed: true },
				...(endedAt !== undefined && { endedAt }),
				...(exitCode !== undefined && exitCode >= 0 && { exitCode }),
				...(output && !succeeded && { output }),
			},
		];
	});
}
