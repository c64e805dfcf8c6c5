/** The operations on what came of associations. */

import type {
	AssociationExecutionFilter,
	AssociationExecutionTargetsFilter,
	DescribeAssociationExecutionsCommandInput,
	DescribeAssociationExecutionsCommandOutput,
	DescribeAssociationExecutionTargetsCommandInput,
	DescribeAssociationExecutionTargetsCommandOutput,
	DescribeEffectiveInstanceAssociationsCommandInput,
	DescribeEffectiveInstanceAssociationsCommandOutput,
	DescribeInstanceAssociationsStatusCommandInput,
	DescribeInstanceAssociationsStatusCommandOutput,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../../paging.ts';
import { type AwsContext, AwsError, type Output } from '../../types.ts';
import { given, pageSize } from '../checks.ts';
import type { Documents } from '../documents.ts';
import type { ManagedNode, Nodes } from '../nodes.ts';
import { outputUrlOf } from './association-runs.ts';
import type { Associations } from './associations.ts';
import { summaryOf } from './events.ts';
import { type AssociationExecution, coarse, type NodeExecution, settingsOf } from './model.ts';

const RESOURCE_TYPE = 'ManagedInstance';

interface Deps {
	readonly ctx: AwsContext;
	readonly associations: Associations;
	readonly nodes: Nodes;
	readonly documents: Documents;
}

export function associationExecutionOperations({ ctx, associations, nodes, documents }: Deps) {
	function nodeOf(id: string | undefined): ManagedNode {
		const node = nodes.get(id ?? '');
		if (!node) throw new AwsError('InvalidInstanceId', `The instance ID ${id} is not valid.`);
		return node;
	}

	return {
		/** The newest first. */
		DescribeAssociationExecutions(input: DescribeAssociationExecutionsCommandInput): Output<DescribeAssociationExecutionsCommandOutput> {
			const { id, executions } = associations.get(input.AssociationId);
			const matching = executions.toReversed().filter((each) => (input.Filters ?? []).every((filter) => passes(each, filter)));
			const found = page(matching, input.NextToken, pageSize(input.MaxResults, 1, 50));
			const AssociationExecutions = found.items.map((execution) => ({
				AssociationId: id,
				AssociationVersion: execution.version,
				ExecutionId: execution.id,
				Status: execution.status,
				DetailedStatus: execution.status,
				CreatedTime: new Date(execution.createdAt),
				LastExecutionDate: new Date(execution.at),
				ResourceCountByStatus: countsText(execution),
			}));
			return { AssociationExecutions, ...nextToken(found) };
		},

		DescribeAssociationExecutionTargets(
			input: DescribeAssociationExecutionTargetsCommandInput,
		): Output<DescribeAssociationExecutionTargetsCommandOutput> {
			const { id, executions } = associations.get(input.AssociationId);
			const execution = executions.find((each) => each.id === input.ExecutionId);
			if (!execution) {
				throw new AwsError('AssociationExecutionDoesNotExist', `The association has no execution ${input.ExecutionId}.`);
			}
			const matching = [...execution.nodes.values()].filter((state) =>
				(input.Filters ?? []).every((filter) => passesTarget(state, filter)),
			);
			const found = page(matching, input.NextToken, pageSize(input.MaxResults, 1, 50));
			const AssociationExecutionTargets = found.items.map((state) => ({
				AssociationId: id,
				AssociationVersion: execution.version,
				ExecutionId: execution.id,
				ResourceId: state.nodeId,
				ResourceType: RESOURCE_TYPE,
				Status: state.status,
				DetailedStatus: state.status,
				LastExecutionDate: new Date(state.at),
				...given('OutputSource', state.run && { OutputSourceId: state.runId, OutputSourceType: 'RunCommand' }),
			}));
			return { AssociationExecutionTargets, ...nextToken(found) };
		},

		DescribeInstanceAssociationsStatus(
			input: DescribeInstanceAssociationsStatusCommandInput,
		): Output<DescribeInstanceAssociationsStatusCommandOutput> {
			const node = nodeOf(input.InstanceId);
			const found = page(associations.on(node), input.NextToken, pageSize(input.MaxResults, 1, 50));
			const InstanceAssociationStatusInfos = found.items.map((association) => {
				const { document, documentVersion, name } = settingsOf(association);
				const state = association.states.get(node.id);
				const outputUrl = state ? outputUrlOf(association, state, ctx.region) : '';
				const failed = state?.run?.plugins.find(({ status }) => status !== 'Success');
				return {
					AssociationId: association.id,
					AssociationVersion: String(association.versions.length),
					...given('AssociationName', name),
					Name: document,
					DocumentVersion: documentVersion,
					InstanceId: node.id,
					Status: state ? coarse(state.status) : 'Pending',
					DetailedStatus: state?.status ?? 'Associated',
					...given('ExecutionDate', state && new Date(state.at)),
					...given('ExecutionSummary', (state && summaryOf(state)) || undefined),
					...given('ErrorCode', failed && String(failed.responseCode)),
					...given('OutputUrl', outputUrl ? { S3OutputUrl: { OutputUrl: outputUrl } } : undefined),
				};
			});
			return { InstanceAssociationStatusInfos, ...nextToken(found) };
		},

		DescribeEffectiveInstanceAssociations(
			input: DescribeEffectiveInstanceAssociationsCommandInput,
		): Output<DescribeEffectiveInstanceAssociationsCommandOutput> {
			const node = nodeOf(input.InstanceId);
			const found = page(associations.on(node), input.NextToken, pageSize(input.MaxResults, 1, 5));
			const Associations = found.items.map((association) => {
				const { document, documentVersion } = settingsOf(association);
				return {
					AssociationId: association.id,
					AssociationVersion: String(association.versions.length),
					InstanceId: node.id,
					Content: documents.version(documents.get(document), documentVersion).text,
				};
			});
			return { Associations, ...nextToken(found) };
		},
	};
}

/** `{Success=2, Failed=1}`, as the API writes it. */
function countsText({ nodes }: AssociationExecution): string {
	const counts = new Map<string, number>();
	for (const { status } of nodes.values()) counts.set(status, (counts.get(status) ?? 0) + 1);
	return `{${[...counts].map(([status, count]) => `${status}=${count}`).join(', ')}}`;
}

function passes(
	execution: AssociationExecution,
	{ Key: key, Value: value = '', Type: type = 'EQUAL' }: AssociationExecutionFilter,
): boolean {
	switch (key) {
		case 'ExecutionId':
			return execution.id === value;
		case 'Status':
			return execution.status === value;
		case 'CreatedTime': {
			const at = Date.parse(value);
			if (type === 'GREATER_THAN') return execution.createdAt > at;
			return type === 'LESS_THAN' ? execution.createdAt < at : execution.createdAt === at;
		}
		default:
			throw new AwsError('ValidationException', `The filter key ${key} is not valid.`);
	}
}

function passesTarget({ nodeId, status }: NodeExecution, { Key: key, Value: value }: AssociationExecutionTargetsFilter): boolean {
	switch (key) {
		case 'Status':
			return status === value;
		case 'ResourceId':
			return nodeId === value;
		case 'ResourceType':
			return value === RESOURCE_TYPE;
		default:
			throw new AwsError('ValidationException', `The filter key ${key} is not valid.`);
	}
}
