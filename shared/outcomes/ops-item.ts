/** Telling people: one OpsItem a playbook and group while it is open, with the nodes added to it. */

import { CreateOpsItemCommand, type OpsItemDataValue, UpdateOpsItemCommand } from '@aws-sdk/client-ssm';
import { callFailure, describeError, requestIdOf } from '../errors.ts';
import type { Fact } from '../operation/facts.ts';
import type { Perform, Services } from '../operation/services.ts';
import type { Operation } from '../operation/types.ts';
import { groupBy } from '../parallel.ts';
import { SERVICE } from '../settings.ts';

/** Characters of an OpsItem's description. */
const DESCRIPTION = 2_048;

export const openOpsItem: Perform = async (services, operations) => {
	const facts = new Map<string, Fact>();
	for (const group of groupBy(operations, ({ playbook, subject }) => `${playbook.name}:${subject.group}`).values()) {
		const fact = await openFor(services, group);
		for (const { id } of group) facts.set(id, fact);
	}
	return facts;
};

async function openFor(services: Services, operations: readonly Operation[]): Promise<Fact> {
	try {
		const { opsItemId, note, output } = await createOrAdd(services, operations);
		const requestId = requestIdOf(output);
		return { type: 'done', effect: 'open-ops-item', note, ...(opsItemId && { opsItemId }), requestId };
	} catch (error) {
		const requestId = requestIdOf(error);
		const message = describeError(error);
		services.log.error('OpsItem not opened', { operations: operations.map(({ id }) => id), error });
		if (callFailure(error) === 'refused') return { type: 'done', effect: 'open-ops-item', note: `not opened: ${message}` };
		return { type: 'not-done', effect: 'open-ops-item', why: 'retry', message, requestId };
	}
}

async function createOrAdd({ aws, settings }: Services, operations: readonly Operation[]) {
	const [first] = operations;
	if (first === undefined) throw new RangeError('An OpsItem is about at least one operation');
	const { playbook, subject } = first;
	const spec = first.ending?.then.opsItem ?? {};
	const nodes = Object.fromEntries(operations.map((operation) => [`node/${operation.subject.instanceId}`, nodeData(operation)]));
	const dedupString = `${SERVICE}:${settings.stage}:${playbook.name}:${subject.group}`;
	try {
		const output = await aws.ssm.send(
			new CreateOpsItemCommand({
				Title: `${playbook.name} fails on nodes of ${subject.group}`,
				Source: SERVICE,
				Description: describe(operations).slice(0, DESCRIPTION),
				...(spec.severity && { Severity: spec.severity }),
				...(spec.category && { Category: spec.category }),
				...(spec.priority && { Priority: spec.priority }),
				OperationalData: {
					'/aws/dedup': searchable(JSON.stringify({ dedupString })),
					// Deduplication hashes the resource too: it must be the group, which all nodes have in common.
					...(subject.groupArn && { '/aws/resources': searchable(JSON.stringify([{ arn: subject.groupArn }])) }),
					playbook: searchable(playbook.name),
					autoScalingGroup: searchable(subject.group),
					...nodes,
				},
			}),
		);
		return { opsItemId: output.OpsItemId, note: `${output.OpsItemId} opened`, output };
	} catch (error) {
		const { name, OpsItemId } = error as Error & { OpsItemId?: string };
		if (name !== 'OpsItemAlreadyExistsException' || OpsItemId === undefined) throw error;
		const output = await aws.ssm.send(new UpdateOpsItemCommand({ OpsItemId, OperationalData: nodes }));
		return { opsItemId: OpsItemId, note: `node added to ${OpsItemId}`, output };
	}
}

function describe(operations: readonly Operation[]): string {
	const lines = operations.map(({ id, subject, ending }) => `${subject.instanceId} (${subject.hook}): ${ending?.reason ?? ''} [${id}]`);
	return ['What each node failed on; later ones are in the operational data.', ...lines].join('\n');
}

function nodeData({ id, ending, result }: Operation): OpsItemDataValue {
	return searchable(JSON.stringify({ operation: id, reason: ending?.reason, lifecycle: result?.lifecycle }));
}

function searchable(Value: string): OpsItemDataValue {
	return { Type: 'SearchableString', Value };
}
