/** Asking State Manager how associations stand, and having them applied again on the nodes where they failed. */

import {
	type AssociationDescription,
	type AssociationExecution,
	type AssociationExecutionTarget,
	DescribeAssociationCommand,
	DescribeAssociationExecutionsCommand,
	DescribeAssociationExecutionTargetsCommand,
	ListCommandsCommand,
	SendCommandCommand,
} from '@aws-sdk/client-ssm';
import { callFailure, describeError, requestIdOf } from '../errors.ts';
import { countsOf, FAILING, listedCounts } from '../kinds/association/event.ts';
import { wantsNodes } from '../kinds/association/next.ts';
import type { AssociationState, FailingNode } from '../kinds/association/types.ts';
import { listed } from '../kinds/state/item.ts';
import type { Fact } from '../operation/facts.ts';
import { notDone } from '../operation/not-done.ts';
import type { Perform, Services } from '../operation/services.ts';
import type { AssociationOperation } from '../operation/types.ts';
import { chunks, inParallel } from '../parallel.ts';
import { SERVICE } from '../settings.ts';
import { CLOCK_SKEW, NODES_PER_COMMAND, withoutMillis } from '../work/run-command.ts';
import { unlessPaused } from '../work/work.ts';

/** Executions and targets of one page. */
const PAGE = 50;
/** Executions that one look reads, and pages of their targets: more nodes than a Region has. On a node alone each is an execution of its own. */
const EXECUTIONS = 5;
const PAGES = 60;
/** Pages of commands that a search reads. */
const SEARCH_PAGES = 10;
/** DescribeAssociation: two a second (Systems Manager quotas). */
const CONCURRENT_LOOKS = 1;

/** Applies associations on a node at once, and does not wait for them (user guide, "Working with associations"). */
const REFRESH = 'AWS-RefreshAssociation';
/** A node that does not take it up by then is away: it applies the association when it is back. Seconds. */
const DELIVER_WITHIN = 600;
/** Nodes that a line of the story names. */
const NAMED = 5;

type Aws = Pick<Services, 'aws'>;

/** How each operation's association stands. */
export const lookAtAssociations: Perform<AssociationOperation> = async (services, operations) => {
	const facts = await inParallel(operations, CONCURRENT_LOOKS, async (operation): Promise<[string, Fact]> => {
		return [operation.id, await look(services, operation)];
	});
	return new Map(facts);
};

/** @returns nothing where there is no such association. Rejects with what the SDK throws. */
export async function describeAssociation({ aws }: Aws, AssociationId: string) {
	try {
		const output = await aws.ssm.send(new DescribeAssociationCommand({ AssociationId }));
		return { described: output.AssociationDescription ?? {}, requestId: requestIdOf(output) };
	} catch (error) {
		if ((error as Error).name === 'AssociationDoesNotExist') return undefined;
		throw error;
	}
}

async function look(services: Services, operation: AssociationOperation): Promise<Fact> {
	const { associationId } = operation.subject;
	const at = services.now();
	try {
		const answer = await describeAssociation(services, associationId);
		if (answer === undefined) return { type: 'association', from: 'look', at };
		const { described, requestId } = answer;
		const { Status: status, AssociationStatusAggregatedCount: byStatus } = described.Overview ?? {};
		const { failing, pending } = countsOf(byStatus ?? {});
		const isFailing = failing > 0 || status === 'Failed';
		const wanted = isFailing && wantsNodes(operation, { failing: failing || 1, pending }, at);
		const nodes = wanted ? await failingNodes(services, described, associationId, failing || Number.POSITIVE_INFINITY) : [];
		const found: AssociationState = {
			status: status === 'Success' || status === 'Failed' ? status : 'Pending',
			// Of many nodes the counts come late (user guide: hourly, beyond a thousand).
			failing: isFailing ? Math.max(failing, nodes.length, 1) : 0,
			pending: byStatus === undefined && status === 'Pending' ? 1 : pending,
			nodes,
			document: described.Name ?? 'a document',
			...(described.ComplianceSeverity && { severity: described.ComplianceSeverity }),
			...(outputOf(described) && { output: outputOf(described) ?? '' }),
		};
		return { type: 'association', from: 'look', at, found, requestId };
	} catch (error) {
		return notDone('look-at-association', error);
	}
}

/**
 * Nodes on which an association fails, by its executions, the newest first: of a node the newest one counts.
 * @param most how many there are, where that is known.
 */
async function failingNodes({ aws }: Aws, described: AssociationDescription, AssociationId: string, most: number): Promise<FailingNode[]> {
	const { AssociationExecutions = [] } = await aws.ssm.send(new DescribeAssociationExecutionsCommand({ AssociationId, MaxResults: PAGE }));
	const newestFirst = [...AssociationExecutions].sort((a, b) => Number(b.CreatedTime ?? 0) - Number(a.CreatedTime ?? 0));
	const known = new Map<string, FailingNode | undefined>();
	let pages = PAGES;
	for (const execution of newestFirst.slice(0, EXECUTIONS)) {
		for (const filter of readingsOf(execution)) {
			let NextToken: string | undefined;
			do {
				if (pages === 0) return failingOf(known);
				pages -= 1;
				const output = await aws.ssm.send(
					new DescribeAssociationExecutionTargetsCommand({
						...{ AssociationId, ExecutionId: execution.ExecutionId, MaxResults: PAGE },
						...(filter && { Filters: [{ Key: 'Status', Value: filter }] }),
						...(NextToken && { NextToken }),
					}),
				);
				for (const target of output.AssociationExecutionTargets ?? []) {
					const { ResourceId: node = '', Status: status = '' } = target;
					if (!known.has(node)) known.set(node, FAILING.includes(status) ? failingNode(target, described) : undefined);
				}
				NextToken = output.NextToken;
			} while (NextToken !== undefined);
		}
		// One on so many nodes is one on all of them.
		if (failingOf(known).length >= most || isLarge(execution)) break;
	}
	return failingOf(known);
}

function failingOf(known: ReadonlyMap<string, FailingNode | undefined>): FailingNode[] {
	return [...known.values()].flatMap((each) => each ?? []);
}

function isLarge({ ResourceCountByStatus: text }: AssociationExecution): boolean {
	return Object.values(listedCounts(text)).reduce((sum, count) => sum + count, 0) > PAGE;
}

/** What is read of an execution: all of its nodes, where that is one page; of many those that failed. */
function readingsOf(execution: AssociationExecution): readonly (string | undefined)[] {
	const counts = listedCounts(execution.ResourceCountByStatus);
	return isLarge(execution) ? FAILING.filter((status) => (counts[status] ?? 0) > 0) : [undefined];
}

function failingNode(
	{ ResourceId: node = '', Status = 'Failed', DetailedStatus, OutputSource }: AssociationExecutionTarget,
	described: AssociationDescription,
): FailingNode {
	const { OutputSourceId: source, OutputSourceType: type } = OutputSource ?? {};
	const folder = outputOf(described);
	const output = folder === undefined ? `${type} ${source}` : `${folder}${node}/${described.AssociationId}/${source}/`;
	return { node, status: DetailedStatus || Status, ...(source !== undefined && { output }) };
}

function outputOf({ OutputLocation }: AssociationDescription): string | undefined {
	const { OutputS3BucketName: bucket, OutputS3KeyPrefix: prefix } = OutputLocation?.S3Location ?? {};
	return bucket ? `s3://${bucket}/${prefix ? `${prefix.replace(/\/$/, '')}/` : ''}` : undefined;
}

/** Has associations applied again. Doing so twice harms nothing; what was perhaps sent is looked for first. */
export const applyAssociations: Perform = unlessPaused(async (services, operations) => {
	const facts = await inParallel(operations, 1, async (operation): Promise<[string, Fact]> => {
		return [operation.id, await send(services, operation as AssociationOperation)];
	});
	return new Map(facts);
});

async function send(services: Services, operation: AssociationOperation): Promise<Fact> {
	const { subject, again } = operation;
	const nodes = again?.nodes ?? [];
	const parts = chunks(nodes, NODES_PER_COMMAND);
	const commands: string[] = [];
	const calls: string[] = [];
	try {
		const sent = (again?.tries ?? 0) > 1 ? await sentBefore(services, operation) : new Map<string, string>();
		for (const [index, Values] of parts.entries()) {
			const Comment = commentOf(operation, index + 1, parts.length);
			const before = sent.get(Comment);
			if (before !== undefined) {
				commands.push(before);
				continue;
			}
			const output = await services.aws.ssmOnce.send(
				new SendCommandCommand({
					DocumentName: REFRESH,
					// As a target, an id that is not managed any more holds up no other.
					Targets: [{ Key: 'InstanceIds', Values }],
					Parameters: { associationIds: [subject.associationId] },
					Comment,
					TimeoutSeconds: DELIVER_WITHIN,
					MaxConcurrency: '100%',
					MaxErrors: '100%',
				}),
			);
			commands.push(output.Command?.CommandId ?? '');
			calls.push(requestIdOf(output) ?? '');
		}
	} catch (error) {
		if (callFailure(error) !== 'refused' || commands.length === 0) return { ...notDone('apply-association', error), calls };
		services.log.warn('An association is not applied again on all nodes', { operation: operation.id, why: describeError(error) });
	}
	const on = nodes.length === 1 ? 'node' : `${nodes.length} nodes,`;
	const note = `${REFRESH} on ${on} ${listed(nodes, NAMED)}: ${listed(commands, NAMED)}`;
	return { type: 'done', effect: 'apply-association', note, requestId: calls[0], calls };
}

/** At most 100 characters, and no work of a playbook's (work/naming.ts): what becomes of it the association tells. */
function commentOf({ id }: AssociationOperation, part: number, parts: number): string {
	return `${SERVICE} ${id}, part ${part} of ${parts}`;
}

/** Commands that were sent for an operation, by their comments. */
async function sentBefore({ aws }: Aws, { id, openedAt }: AssociationOperation): Promise<Map<string, string>> {
	const found = new Map<string, string>();
	let NextToken: string | undefined;
	for (let page = 0; page < SEARCH_PAGES; page += 1) {
		const output = await aws.ssm.send(
			new ListCommandsCommand({
				Filters: [
					{ key: 'InvokedAfter', value: withoutMillis(openedAt - CLOCK_SKEW) },
					{ key: 'DocumentName', value: REFRESH },
				],
				MaxResults: PAGE,
				...(NextToken && { NextToken }),
			}),
		);
		for (const { Comment = '', CommandId = '' } of output.Commands ?? []) {
			if (Comment.startsWith(`${SERVICE} ${id},`)) found.set(Comment, CommandId);
		}
		NextToken = output.NextToken;
		if (NextToken === undefined) break;
	}
	return found;
}
