/** Reading the inventory of the nodes that break rules, for operations that are open. */

import type { SoftwareFinding } from '../kinds/inventory/types.ts';
import type { Fact, InventoryFact } from '../operation/facts.ts';
import { notDone } from '../operation/not-done.ts';
import type { Perform, Services } from '../operation/services.ts';
import type { InventoryOperation } from '../operation/types.ts';
import { attempt } from '../settled.ts';
import { type Listed, programsOf, readNodes } from './read.ts';
import { findingOf, rulingsOf, tagsFor } from './rules.ts';

/** What the nodes of each operation have now, by the rule as it is now. */
export const readInventory: Perform<InventoryOperation> = async (services, operations) => {
	const facts = new Map<string, Fact>();
	for (const operation of operations) {
		const read = await attempt(() => readOne(services, operation));
		facts.set(operation.id, read.ok ? read.value : notDone('read-inventory', read.error));
	}
	return facts;
};

async function readOne(services: Services, operation: InventoryOperation): Promise<Fact> {
	const { set, reason } = await services.playbooks.load();
	if (reason !== undefined) return { type: 'not-done', effect: 'read-inventory', why: 'retry', message: reason };
	const ruling = rulingsOf(set).get(operation.subject.rule);
	if (ruling === undefined) return { type: 'inventory', from: 'look', findings: [] };
	const ids = Object.keys(operation.nodes);
	const nodes = await readNodes(services, ids);
	const tags = await tagsFor(services, [ruling], ids, operation.subject);
	const programs = new Map<string, Listed>();
	for await (const page of programsOf(services, [...nodes.keys()])) for (const each of page) programs.set(each.node, each);
	const now = services.now();
	const findings = ids.flatMap((id): SoftwareFinding[] => {
		const finding = findingOf(ruling, id, nodes.get(id), tags.get(id) ?? {}, programs.get(id), now);
		return finding === undefined ? [] : [finding];
	});
	const requestId = [...programs.values()][0]?.requestId;
	return { type: 'inventory', from: 'look', findings, rule: ruling.inForce, requestId } satisfies InventoryFact;
}
