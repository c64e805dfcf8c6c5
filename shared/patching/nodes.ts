/** The nodes of a patch group: which there are, what they have reported, and which do not answer. */

import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api';
import {
	type CommandFilter,
	DescribeInstanceInformationCommand,
	DescribeInstancePatchStatesForPatchGroupCommand,
	type InstancePatchState,
	ListCommandInvocationsCommand,
} from '@aws-sdk/client-ssm';
import type { Deps } from '../deps.ts';
import { judgeRun, type NodePatches, overwritten, type Seen } from '../kinds/patch/survey.ts';
import type { PatchOperation } from '../kinds/patch/types.ts';
import { NODE_TYPES } from '../opening/nodes-by-tag.ts';
import { chunks } from '../parallel.ts';
import { nodeFacts } from '../work/nodes.ts';
import { PATCH_GROUP_TAG } from './task.ts';

/** Results of one page, at most (API references): these, and not the nodes, are what a report costs. */
const TAGGED = 100;
const STATES = 100;
const NODES = 50;
/** Pages of nodes whose connection is lost, in the whole account; where there are more, those of the group are asked for by their ids. */
const LOST_PAGES = 3;

type Page<T> = { readonly items: readonly T[]; readonly next: string | undefined };

/** Page after page, as many as there are. */
async function all<T>(read: (next: string | undefined) => Promise<Page<T>>): Promise<T[]> {
	const found: T[] = [];
	let next: string | undefined;
	do {
		const page = await read(next);
		found.push(...page.items);
		next = page.next;
	} while (next);
	return found;
}

type AwsOf = Pick<Deps, 'aws'>;

/** Ids of the nodes that carry the tag of a group, managed or not. What is not tagged is in no group. */
function taggedNodes({ aws }: AwsOf, group: string): Promise<string[]> {
	const TagFilters = [{ Key: PATCH_GROUP_TAG, Values: [group] }];
	return all(async (PaginationToken) => {
		const input = { TagFilters, ResourceTypeFilters: NODE_TYPES, ResourcesPerPage: TAGGED, ...(PaginationToken && { PaginationToken }) };
		const output = await aws.tagging.send(new GetResourcesCommand(input));
		const items = (output.ResourceTagMappingList ?? []).map(({ ResourceARN = '' }) => ResourceARN.slice(ResourceARN.lastIndexOf('/') + 1));
		return { items, next: output.PaginationToken };
	});
}

function patchStates({ aws }: AwsOf, PatchGroup: string): Promise<NodePatches[]> {
	return all(async (NextToken) => {
		const input = { PatchGroup, MaxResults: STATES, ...(NextToken && { NextToken }) };
		const output = await aws.ssm.send(new DescribeInstancePatchStatesForPatchGroupCommand(input));
		return { items: (output.InstancePatchStates ?? []).map(patchesOf), next: output.NextToken };
	});
}

function patchesOf(state: InstancePatchState): NodePatches {
	return {
		node: state.InstanceId ?? '',
		operation: state.Operation ?? '',
		startedAt: state.OperationStartTime?.getTime() ?? 0,
		...(state.SnapshotId && { snapshotId: state.SnapshotId }),
		installed: state.InstalledCount ?? 0,
		missing: state.MissingCount ?? 0,
		failed: state.FailedCount ?? 0,
		pendingReboot: state.InstalledPendingRebootCount ?? 0,
		critical: state.CriticalNonCompliantCount ?? 0,
		security: state.SecurityNonCompliantCount ?? 0,
		other: state.OtherNonCompliantCount ?? 0,
	};
}

/** Nodes whose connection is lost, and since when: a filter on a tag goes with no other filter. */
async function lostNodes(deps: AwsOf, group: () => readonly string[]): Promise<Map<string, string>> {
	const lost = new Map<string, string>();
	const Filters = [{ Key: 'PingStatus', Values: ['ConnectionLost', 'Inactive'] }];
	let NextToken: string | undefined;
	let pages = 0;
	do {
		if (pages === LOST_PAGES) return lostOf(deps, group());
		const input = { Filters, MaxResults: NODES, ...(NextToken && { NextToken }) };
		const output = await deps.aws.ssm.send(new DescribeInstanceInformationCommand(input));
		for (const { InstanceId = '', LastPingDateTime } of output.InstanceInformationList ?? [])
			lost.set(InstanceId, LastPingDateTime?.toISOString() ?? '');
		NextToken = output.NextToken;
		pages += 1;
	} while (NextToken);
	return lost;
}

/** @throws Error where AWS does not say how one of them is: silence is not health. */
async function lostOf(deps: AwsOf, ids: readonly string[]): Promise<Map<string, string>> {
	const lost = new Map<string, string>();
	for (const batch of chunks(ids, NODES)) {
		for (const [id, fact] of await nodeFacts(deps, batch)) {
			if (fact.type !== 'node')
				throw new Error(`whether ${id} answers cannot be read${fact.type === 'not-done' ? `: ${fact.message}` : ''}`);
			if (fact.status === 'connection-lost') lost.set(id, fact.since ?? '');
		}
	}
	return lost;
}

/**
 * How commands stand on nodes: those of one status, or of any.
 * @param enough stops as soon as it holds.
 */
async function invocationsOf(
	{ aws }: AwsOf,
	commands: readonly string[],
	found: Map<string, string>,
	status?: string,
	enough: () => boolean = () => false,
): Promise<void> {
	const Filters: CommandFilter[] = status === undefined ? [] : [{ key: 'Status', value: status }];
	for (const CommandId of commands) {
		let NextToken: string | undefined;
		do {
			const input = { CommandId, Filters, MaxResults: NODES, ...(NextToken && { NextToken }) };
			const output = await aws.ssm.send(new ListCommandInvocationsCommand(input));
			for (const { InstanceId = '', Status = '' } of output.CommandInvocations ?? []) found.set(InstanceId, Status);
			NextToken = output.NextToken;
		} while (NextToken && !enough());
	}
}

const ENDED_BY_ITSELF: readonly string[] = ['SUCCESS', 'FAILED'];
/** Ends of a command on a node of which its patches say nothing. */
const ENDS = ['Failed', 'TimedOut'];

/** All that is to be known of the nodes of a group after a run. @throws what AWS answers instead. */
export async function seeNodes(deps: AwsOf, operation: PatchOperation): Promise<Seen> {
	const { subject, window } = operation;
	const { commands = [] } = window;
	const states = await patchStates(deps, subject.group);
	const tagged = await taggedNodes(deps, subject.group);
	const lost = await lostNodes(deps, () => [...new Set([...tagged, ...states.map(({ node }) => node)])]);
	const invocations = new Map<string, string>();
	const seen = { tagged, states, lost, invocations };
	// After the soak commands tell nothing that is not told by the nodes themselves.
	if (operation.soaksUntil !== undefined) return seen;
	// Whatever came of it, a run that ended by itself has no command that goes on.
	if (!ENDED_BY_ITSELF.includes(window.status)) await invocationsOf(deps, commands, invocations, 'InProgress');
	const unsure = overwritten(operation, states).map(({ node }) => node);
	if (unsure.length > 0) await invocationsOf(deps, commands, invocations, undefined, () => unsure.every((node) => invocations.has(node)));
	else if (judgeRun(operation, seen).some(({ verdict }) => verdict === 'never-reached'))
		for (const status of ENDS) await invocationsOf(deps, commands, invocations, status);
	return seen;
}
