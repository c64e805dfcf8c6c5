/** State Manager. */

import type { CreateAssociationCommandInput } from '@aws-sdk/client-ssm';
import { tagsOf } from '../checks.ts';
import type { ManagedNode } from '../nodes.ts';
import { associationOperations } from './association-operations.ts';
import { type AssociationDeps, Associations } from './associations.ts';
import { associationExecutionOperations } from './execution-operations.ts';
import { type Association, settingsOf } from './model.ts';
import { REFRESH_ASSOCIATION, refreshRunner } from './refresh.ts';
import { associationFrom } from './settings.ts';

export interface StateManager {
	/** Makes an association as a deployment does: with the id that the stack knows it by. It runs a moment later. */
	addAssociation(id: string, input: CreateAssociationCommandInput): void;
	associations(): readonly Association[];
}

export function createStateManager(deps: AssociationDeps) {
	const { ctx, nodes, documents } = deps;
	const associations = new Associations(deps);
	nodes.perform(REFRESH_ASSOCIATION, refreshRunner(associations));
	const manager: StateManager = {
		addAssociation: (id, input) => {
			associations.create(associationFrom(input, documents), tagsOf(input.Tags), id);
		},
		associations: () => associations.all(),
	};
	return {
		manager,
		operations: {
			...associationOperations(associations, documents),
			...associationExecutionOperations({ ctx, associations, nodes, documents }),
		},
		/** The associations of a document with a node, the oldest first, and the runs that they are in. */
		on: (node: ManagedNode, document: string) =>
			associations
				.on(node)
				.filter((association) => settingsOf(association).document === document)
				.map(({ id, states }) => ({ associationId: id, runId: states.get(node.id)?.runId })),
		/** @throws AwsError `AssociationDoesNotExist`. */
		tags: (id: string) => associations.get(id).tags,
	};
}
