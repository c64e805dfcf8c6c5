/** What must hold once everything has settled: people are told of what is wrong, all of it and nothing else. */

import type { AssociationOperation, StateOperation } from '../../../shared/operation/types.ts';
import type { OpsItem } from '../../aws/ssm/ops-items.ts';
import type { Scene } from '../flow.ts';
import type { StatesAtAws } from './state-at-aws.ts';
import { isAssociation, isState } from './state-checks.ts';

const OURS = /do(es)? not comply with|^Association .* fails$/;

export function checkSettled(scene: Scene, states: StatesAtAws): void {
	const open = [...scene.operations.values()].filter(({ closedAt }) => closedAt === undefined);
	checkNodes(scene, states, open.filter(isState));
	checkAssociations(scene, states, open.filter(isAssociation));
	const told = new Set(open.map(({ result }) => result?.opsItemId));
	for (const { id, title, status } of scene.world.services.ssm.opsItems())
		if (OURS.test(title) && status === 'Open' && !told.has(id)) scene.violated(4, `${id} is open still, and all is well: '${title}'`);
}

function checkNodes(scene: Scene, states: StatesAtAws, open: readonly StateOperation[]): void {
	for (const { type, node } of states.wrong()) {
		const holders = open.filter(({ subject, nodes }) => subject.complianceType === type && node in nodes);
		if (holders.length === 0) scene.violated(1, `${node} does not comply (${type}), and no operation is about it`);
		if (holders.length > 1)
			scene.violated(4, `${node} does not comply (${type}), and ${holders.map(({ id }) => id).join(', ')} are about it`);
	}
	for (const operation of open) {
		const { id, subject, nodes } = operation;
		const ids = Object.keys(nodes);
		const well = ids.filter((node) => !states.isWrong(subject.complianceType, node));
		if (ids.length === 0) scene.violated(3, `${id} is open, and about nothing`);
		if (well.length > 0) scene.violated(3, `${id} is about ${well.join(', ')}, and nothing is wrong there (${subject.complianceType})`);
		const told = toldOf(itemOf(scene, operation), 'noncompliant');
		if (subject.node === undefined && told !== String(ids.length))
			scene.violated(3, `the OpsItem of ${id} tells of ${told} nodes, and ${ids.length} do not comply`);
	}
}

function checkAssociations(scene: Scene, states: StatesAtAws, open: readonly AssociationOperation[]): void {
	const failing = states.failing();
	for (const { id, name } of failing)
		if (!open.some(({ subject }) => subject.associationId === id)) scene.violated(1, `${name} fails, and no operation is about it`);
	for (const operation of open) {
		const { on, name } = failing.find(({ id }) => id === operation.subject.associationId) ?? {};
		if (on === undefined) scene.violated(3, `${operation.id} is open, and ${operation.name} fails nowhere`);
		const told = toldOf(itemOf(scene, operation), 'failing');
		if (on !== undefined && told !== String(on))
			scene.violated(3, `the OpsItem of ${operation.id} tells of ${told} nodes, and ${name} fails on ${on}`);
	}
}

/** The OpsItem of an operation that is open: it is open too. */
function itemOf({ world, violated }: Scene, { id, result }: AssociationOperation | StateOperation): OpsItem | undefined {
	const item = world.services.ssm.opsItems().find((each) => each.id === result?.opsItemId);
	if (item?.status !== 'Open') violated(1, `${id} is open, and its OpsItem is ${item?.status ?? 'not there'}`);
	return item;
}

function toldOf(item: OpsItem | undefined, key: string): string | undefined {
	return item?.data.get(key)?.Value;
}
