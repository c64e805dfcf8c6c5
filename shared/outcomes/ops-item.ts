/** Telling people: one OpsItem a playbook and group while it is open, with the nodes added to it. */

import { CreateOpsItemCommand, GetOpsItemCommand, type OpsItemDataValue, UpdateOpsItemCommand } from '@aws-sdk/client-ssm';
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
		const factOf = await openFor(services, group);
		for (const operation of group) facts.set(operation.id, factOf(operation));
	}
	return facts;
};

async function openFor(services: Services, operations: readonly Operation[]): Promise<(operation: Operation) => Fact> {
	try {
		const { opsItemId, openedBy, output } = await createOrAdd(services, operations);
		const requestId = requestIdOf(output);
		return ({ id }) => {
			const opsItem = id === openedBy ? 'opened' : 'added';
			const note = opsItem === 'opened' ? `${opsItemId} opened` : `node added to ${opsItemId}`;
			return { type: 'done', effect: 'open-ops-item', note, ...(opsItemId && { opsItemId, opsItem }), requestId };
		};
	} catch (error) {
		const requestId = requestIdOf(error);
		const message = describeError(error);
		services.log.error('OpsItem not opened', { operations: operations.map(({ id }) => id), error });
		if (callFailure(error) === 'refused') return () => ({ type: 'done', effect: 'open-ops-item', note: `not opened: ${message}` });
		return () => ({ type: 'not-done', effect: 'open-ops-item', why: 'retry', message, requestId });
	}
}

async function createOrAdd({ aws, settings }: Services, operations: readonly Operation[]) {
	const [first] = operations;
	if (first === undefined) throw new RangeError('An OpsItem is about at least one operation');
	const { playbook, subject } = first;
	const spec = first.ending?.then.opsItem ?? {};
	const nodes = Object.fromEntries(operations.map((operation) => [`node/${operation.subject.instanceId}`, nodeData(operation)]));
	const observed = first.result?.observed === true;
	const dedupString = `${SERVICE}:${settings.stage}:${playbook.name}:${subject.group}${observed ? ':observed' : ''}`;
	try {
		const output = await aws.ssm.send(
			new CreateOpsItemCommand({
				Title: observed
					? `Would run ${first.run.document} on nodes of ${subject.group} (observed by ${playbook.name})`
					: `${playbook.name} fails on nodes of ${subject.group}`,
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
					openedBy: searchable(first.id),
					...nodes,
				},
			}),
		);
		return { opsItemId: output.OpsItemId, openedBy: first.id, output };
	} catch (error) {
		const { name, OpsItemId } = error as Error & { OpsItemId?: string };
		if (name !== 'OpsItemAlreadyExistsException' || OpsItemId === undefined) throw error;
		// One of these may have opened it itself, in a call whose reply was lost.
		const { OpsItem } = await aws.ssm.send(new GetOpsItemCommand({ OpsItemId }));
		const output = await aws.ssm.send(new UpdateOpsItemCommand({ OpsItemId, OperationalData: nodes }));
		return { opsItemId: OpsItemId, openedBy: OpsItem?.OperationalData?.['openedBy']?.Value, output };
	}
}

function describe(operations: readonly Operation[]): string {
	const what = operations[0]?.result?.observed ? 'What would have been done for each node' : 'What each node failed on';
	const lines = operations.map(({ id, subject, ending }) => `${subject.instanceId} (${subject.hook}): ${ending?.reason ?? ''} [${id}]`);
	return [`${what}; later ones are in the operational data.`, ...lines].join('\n');
}

function nodeData({ id, ending, result }: Operation): OpsItemDataValue {
	return searchable(JSON.stringify({ operation: id, reason: ending?.reason, lifecycle: result?.lifecycle }));
}

function searchable(Value: string): OpsItemDataValue {
	return { Type: 'SearchableString', Value };
}
