/** Which managed nodes a command that is asked for leads to now. */

import { DescribeInstanceInformationCommand, DescribePatchGroupsCommand } from '@aws-sdk/client-ssm';
import type { CommandRequest } from '../../shared/kinds/command/event.ts';
import { BY_GROUP, BY_ID, BY_RING, idsIn, isByTag } from '../../shared/kinds/command/targets.ts';
import type { Services } from '../../shared/operation/services.ts';
import type { Target } from '../../shared/operation/types.ts';
import { chunks, inParallel } from '../../shared/parallel.ts';
import { nearest } from '../../shared/playbook/problem.ts';
import { Refusal } from '../support/verb.ts';

/** Values of one filter, and results of one page, of DescribeInstanceInformation. */
const PAGE = 50;
/** Patch groups of one page of DescribePatchGroups. */
const GROUPS = 100;
/** Nodes that a refusal names. */
const NAMED = 5;

type Aws = Pick<Services, 'aws'>;

/** How many nodes there are, and how many in each ring; neither for a resource group, of which AWS alone knows the nodes. */
interface NodesNow {
	readonly nodes?: number;
	readonly rings?: Readonly<Record<string, number>>;
}

/**
 * The managed nodes that a request leads to now.
 * @throws Refusal where there are none, in a ring too, or one that is named is not managed, or in no ring.
 */
export async function nodesAt(
	services: Aws,
	{ targets = [], rings }: Pick<CommandRequest['detail'], 'targets' | 'rings'>,
): Promise<NodesNow> {
	if (targets.some(({ key }) => key === BY_GROUP)) return {};
	if (rings !== undefined) return nodesInRings(services, targets, rings);
	const found = await managedNodes(services, targets);
	if (found.length === 0) {
		const group = targets.find(({ key }) => key === BY_RING)?.values[0];
		throw new Refusal(
			`The targets match no managed node: nothing would be run${group === undefined ? '' : await meantBy(services, group)}.`,
		);
	}
	mustBeAmong(found, idsIn(targets), 'Systems Manager does not manage');
	return { nodes: found.length };
}

async function nodesInRings(services: Aws, targets: readonly Target[], rings: readonly string[]): Promise<NodesNow> {
	const named = idsIn(targets);
	const counts: Record<string, number> = {};
	const all: string[] = [];
	for (const ring of rings) {
		const found = await managedNodes(services, [{ key: BY_RING, values: [ring] }, ...targets.filter(isByTag)]);
		const meant = named.length === 0 ? found : found.filter((id) => named.includes(id));
		if (meant.length === 0) {
			const whose = targets.length === 0 ? 'has the tag' : 'of the targets has the tag';
			throw new Refusal(`Ring ${ring} is empty: no managed node ${whose} PatchGroup=${ring}${await meantBy(services, ring)}.`);
		}
		counts[ring] = meant.length;
		all.push(...meant);
	}
	mustBeAmong(all, named, `No ring of ${rings.join(', ')} has the managed node`);
	return { nodes: all.length, rings: counts };
}

function mustBeAmong(found: readonly string[], named: readonly string[], problem: string): void {
	const missing = named.filter((id) => !found.includes(id));
	if (missing.length > 0) throw new Refusal(`${problem} ${missing.slice(0, NAMED).join(', ')}: leave ${missing.length} out.`);
}

/** ` (12 nodes now: dev 2, prod 10)`, or nothing where it is not known. */
export function nodesText({ nodes, rings }: NodesNow): string {
	if (nodes === undefined) return '';
	const each = Object.entries(rings ?? {}).map(([ring, count]) => `${ring} ${count}`);
	return ` (${nodes} nodes now${each.length > 0 ? `: ${each.join(', ')}` : ''})`;
}

/** The patch group that may be meant. People who may not list patch groups are told nothing of them. */
async function meantBy({ aws }: Aws, group: string): Promise<string> {
	const output = await aws.ssm.send(new DescribePatchGroupsCommand({ MaxResults: GROUPS })).catch(() => undefined);
	const groups = [...new Set((output?.Mappings ?? []).map(({ PatchGroup = '' }) => PatchGroup))];
	if (groups.length === 0 || groups.includes(group)) return '';
	const meant = nearest(group, groups);
	return meant ? `; did you mean ${meant}?` : `; there are the patch groups ${groups.join(', ')}`;
}

/** The ids of managed nodes that targets lead to, in no order. @throws Refusal where a node that is named is none. */
export async function managedNodes({ aws }: Aws, targets: readonly Target[]): Promise<string[]> {
	const ids = idsIn(targets);
	const filters =
		ids.length > 0
			? chunks(ids, PAGE).map((Values) => [{ Key: BY_ID, Values }])
			: [targets.map(({ key, values }) => ({ Key: key, Values: [...values] }))];
	return (await inParallel(filters, 1, (Filters) => managed(aws, Filters))).flat();
}

/** One id that AWS does not know makes it refuse the whole call: it names those that it means. */
async function managed({ ssm }: Services['aws'], Filters: { Key: string; Values: string[] }[]): Promise<string[]> {
	const found: string[] = [];
	let NextToken: string | undefined;
	do {
		const input = { Filters, MaxResults: PAGE, ...(NextToken && { NextToken }) };
		const output = await ssm.send(new DescribeInstanceInformationCommand(input)).catch((error: unknown) => {
			if ((error as Error).name !== 'InvalidInstanceId') throw error;
			throw new Refusal(`Systems Manager does not manage all of these nodes: ${(error as Error).message}`);
		});
		found.push(...(output.InstanceInformationList ?? []).map(({ InstanceId = '' }) => InstanceId));
		NextToken = output.NextToken;
	} while (NextToken);
	return found;
}
