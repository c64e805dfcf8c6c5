/** The operations on inventory. */

import type {
	DeleteInventoryCommandInput,
	DeleteInventoryCommandOutput,
	DescribeInventoryDeletionsCommandInput,
	DescribeInventoryDeletionsCommandOutput,
	GetInventoryCommandInput,
	GetInventoryCommandOutput,
	GetInventorySchemaCommandInput,
	GetInventorySchemaCommandOutput,
	ListInventoryEntriesCommandInput,
	ListInventoryEntriesCommandOutput,
	PutInventoryCommandInput,
	PutInventoryCommandOutput,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../../paging.ts';
import { AwsError, type Output } from '../../types.ts';
import { checkAmong, checkLength, pageSize } from '../checks.ts';
import type { ManagedNode, Nodes } from '../nodes.ts';
import { aggregate } from './aggregation.ts';
import type { CustomTypes } from './custom-types.ts';
import { conditionsOf, meets, passesAll } from './filters.ts';
import type { Inventory } from './inventory.ts';
import { putInventory } from './putting.ts';
import { AWS_TYPES, TYPE_NAME, type TypeSchema } from './schemas.ts';

/** What GetInventory gives where it is not asked for anything else. */
const DEFAULT_TYPE = 'AWS:InstanceInformation';

export function inventoryOperations(inventory: Inventory, custom: CustomTypes, nodes: Nodes) {
	const schemas = () => [...AWS_TYPES, ...custom.all()];

	/** @throws AwsError `InvalidTypeNameException` for what is no name; `UnknownOperationException` for what is not here. */
	function checkType(type: string, code = 'InvalidTypeNameException'): void {
		if (!TYPE_NAME.test(type)) throw new AwsError(code, `The parameter type name ${type} is not valid.`);
		if (schemas().some((schema) => schema.type === type)) return;
		if (type.startsWith('Custom:')) throw new AwsError(code, `The parameter type name ${type} is not valid.`);
		throw new AwsError('UnknownOperationException', `The local AWS does not implement inventory of the type ${type}.`);
	}

	function nodeOf(id: string): ManagedNode {
		const node = nodes.get(id);
		if (!node) throw new AwsError('InvalidInstanceId', `The instance ID ${id} is not valid.`);
		return node;
	}

	function matching(filters: GetInventoryCommandInput['Filters']): ManagedNode[] {
		checkLength(filters, 'filters', 1, 5);
		const conditions = conditionsOf(filters);
		for (const { type, attribute } of conditions) checkAttribute(schemas(), type, attribute);
		return inventory.nodes().filter((node) => passesAll(conditions, (type) => inventory.find(node, type)?.entries ?? []));
	}

	return {
		PutInventory(input: PutInventoryCommandInput): Output<PutInventoryCommandOutput> {
			nodeOf(input.InstanceId ?? '');
			putInventory(input, inventory, custom);
			return { Message: 'Inventory was successfully put.' };
		},

		GetInventory(input: GetInventoryCommandInput): Output<GetInventoryCommandOutput> {
			const size = pageSize(input.MaxResults, 1, 50);
			const [{ TypeName: type = DEFAULT_TYPE } = {}] = input.ResultAttributes ?? [];
			checkType(type, 'InvalidResultAttributeException');
			const own = matching(input.Filters);
			if (input.Aggregators) {
				const found = page(aggregate(input.Aggregators, own, inventory), input.NextToken, size);
				return { Entities: found.items, ...nextToken(found) };
			}
			const found = page(own, input.NextToken, size);
			const Entities = found.items.map((node) => {
				const record = inventory.find(node, type);
				const { schemaVersion: SchemaVersion = '', capturedAt: CaptureTime, hash: ContentHash, entries = [] } = record ?? {};
				const Content = entries.map((entry) => ({ ...entry }));
				return { Id: node.id, Data: record ? { [type]: { TypeName: type, SchemaVersion, CaptureTime, ContentHash, Content } } : {} };
			});
			return { Entities, ...nextToken(found) };
		},

		ListInventoryEntries(input: ListInventoryEntriesCommandInput): Output<ListInventoryEntriesCommandOutput> {
			const { InstanceId: id = '', TypeName: type = '' } = input;
			checkType(type);
			const record = inventory.find(nodeOf(id), type);
			const conditions = conditionsOf(input.Filters, type);
			for (const condition of conditions) {
				if (condition.type !== type) throw new AwsError('InvalidFilter', `The filter ${condition.type} is not of the type ${type}.`);
				checkAttribute(schemas(), type, condition.attribute);
			}
			const entries = (record?.entries ?? []).filter((entry) => conditions.every((condition) => meets(entry, condition)));
			const found = page(entries, input.NextToken, pageSize(input.MaxResults, 1, 50));
			return {
				InstanceId: id,
				TypeName: type,
				...(record && { SchemaVersion: record.schemaVersion, CaptureTime: record.capturedAt }),
				Entries: found.items.map((entry) => ({ ...entry })),
				...nextToken(found),
			};
		},

		GetInventorySchema(input: GetInventorySchemaCommandInput): Output<GetInventorySchemaCommandOutput> {
			const { TypeName: type } = input;
			if (type !== undefined) checkType(type);
			const found = page(
				schemas().filter((schema) => type === undefined || schema.type === type),
				input.NextToken,
				pageSize(input.MaxResults, 50, 200),
			);
			const Schemas = found.items.map(({ type: TypeName, version: Version, attributes }) => ({
				TypeName,
				Version,
				Attributes: Object.entries(attributes).map(([Name, DataType]) => ({ Name, DataType })),
			}));
			return { Schemas, ...nextToken(found) };
		},

		DeleteInventory(input: DeleteInventoryCommandInput): Output<DeleteInventoryCommandOutput> {
			const { TypeName: type = '', SchemaDeleteOption: option = 'DeleteSchema', DryRun: dryRun = false } = input;
			checkAmong(option, 'schemaDeleteOption', ['DisableSchema', 'DeleteSchema']);
			const { id, summary } = custom.delete(type, option === 'DisableSchema', dryRun);
			return { ...(id === undefined ? {} : { DeletionId: id }), TypeName: type, DeletionSummary: summary };
		},

		DescribeInventoryDeletions(input: DescribeInventoryDeletionsCommandInput): Output<DescribeInventoryDeletionsCommandOutput> {
			const { DeletionId: id } = input;
			const wanted = custom.deletions().filter(({ DeletionId }) => id === undefined || DeletionId === id);
			if (id !== undefined && wanted.length === 0) throw new AwsError('InvalidDeletionIdException', `The deletion ID ${id} is not valid.`);
			const found = page(wanted, input.NextToken, pageSize(input.MaxResults, 1, 50));
			return { InventoryDeletions: found.items, ...nextToken(found) };
		},
	};
}

function checkAttribute(schemas: readonly TypeSchema[], type: string, attribute: string): void {
	const schema = schemas.find((each) => each.type === type);
	if (schema && attribute in schema.attributes) return;
	throw new AwsError('InvalidFilter', `The filter key ${type}.${attribute} is not valid.`);
}
