/** Nodes counted by what inventory knows of them. */

import type { InventoryAggregator, InventoryGroup, InventoryResultEntity } from '@aws-sdk/client-ssm';
import { AwsError } from '../../types.ts';
import type { ManagedNode } from '../nodes.ts';
import { conditionsOf, passesAll } from './filters.ts';
import type { Entry, Inventory } from './inventory.ts';

type Count = Record<string, string>;

/** The result of each aggregator, as one entity (user guide, "Aggregating inventory data"). */
export function aggregate(
	aggregators: readonly InventoryAggregator[],
	nodes: readonly ManagedNode[],
	inventory: Inventory,
): InventoryResultEntity[] {
	return aggregators.map(({ Expression: expression, Aggregators: nested, Groups: groups }) => {
		if (groups) {
			return {
				Data: Object.fromEntries(groups.map((group) => [group.Name ?? '', item(group.Name ?? '', grouped(group, nodes, inventory))])),
			};
		}
		const attributes = attributesOf({ Expression: expression, Aggregators: nested });
		const [{ type } = { type: '' }] = attributes;
		return { Data: { [type]: item(type, counted(attributes, nodes, inventory)) } };
	});
}

function item(TypeName: string, Content: Count[]) {
	return { TypeName, SchemaVersion: '1.0', Content };
}

interface Attribute {
	readonly type: string;
	readonly name: string;
}

/** The attributes of an aggregator and of those within it. @throws AwsError `InvalidAggregatorException`. */
function attributesOf({ Expression: expression = '', Aggregators: within = [] }: InventoryAggregator): Attribute[] {
	const [, type, name] = /^((?:AWS|Custom):[^.]+)\.([^.]+)$/.exec(expression) ?? [];
	if (type === undefined || name === undefined)
		throw new AwsError('InvalidAggregatorException', `The expression ${expression} is not valid.`);
	return [{ type, name }, ...within.slice(0, 1).flatMap(attributesOf)];
}

/** How many nodes have each combination of values; those of one type are of one entry. */
function counted(attributes: readonly Attribute[], nodes: readonly ManagedNode[], inventory: Inventory): Count[] {
	const types = [...new Set(attributes.map(({ type }) => type))];
	const counts = new Map<string, number>();
	for (const node of nodes) {
		let rows: Entry[] = [{}];
		for (const type of types) {
			const names = attributes.filter((attribute) => attribute.type === type).map(({ name }) => name);
			const entries = (inventory.find(node, type)?.entries ?? []).filter((entry) => names.every((name) => entry[name] !== undefined));
			rows = rows.flatMap((row) =>
				entries.map((entry) => ({ ...row, ...Object.fromEntries(names.map((name) => [name, entry[name] ?? ''])) })),
			);
		}
		for (const row of new Set(rows.map((each) => JSON.stringify(each)))) counts.set(row, (counts.get(row) ?? 0) + 1);
	}
	const sorted = [...counts].sort(([one], [other]) => (one < other ? -1 : 1));
	return sorted.map(([row, count]) => ({ ...(JSON.parse(row) as Count), Count: String(count) }));
}

function grouped({ Name: name, Filters: filters }: InventoryGroup, nodes: readonly ManagedNode[], inventory: Inventory): Count[] {
	if (!name) throw new AwsError('InvalidInventoryGroupException', 'A group must have a name.');
	const conditions = conditionsOf(filters);
	const matching = nodes.filter((node) => passesAll(conditions, (type) => inventory.find(node, type)?.entries ?? []));
	return [{ matchingCount: String(matching.length) }, { notMatchingCount: String(nodes.length - matching.length) }];
}
