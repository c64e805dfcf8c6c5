/** What PutInventory takes, checked. */

import type { InventoryItem, PutInventoryCommandInput } from '@aws-sdk/client-ssm';
import { AwsError } from '../../types.ts';
import { checkLength, checkPattern } from '../checks.ts';
import type { CustomTypes } from './custom-types.ts';
import type { Inventory } from './inventory.ts';
import { AWS_TYPES, TYPE_NAME } from './schemas.ts';

const CAPTURED = /^20\d\d-(0[1-9]|1[012])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const VERSION = /^[0-9]{1,6}\.[0-9]{1,6}$/;
/** Systems Manager quotas. */
const MOST_BYTES = { item: 1_024 * 1_024, call: 1_024 * 1_024 } as const;
const MOST_ITEMS = 30;

/**
 * Takes over what a node says of itself.
 * @throws AwsError as the API names them; then nothing of the call is taken.
 */
export function putInventory(
	{ InstanceId: nodeId = '', Items: items = [] }: PutInventoryCommandInput,
	inventory: Inventory,
	custom: CustomTypes,
): void {
	checkLength(items, 'items', 1, MOST_ITEMS);
	let bytes = 0;
	for (const item of items) {
		checkItem(item);
		const size = Buffer.byteLength(JSON.stringify(item.Content ?? []));
		if (size > MOST_BYTES.item) throw of('ItemSizeLimitExceededException', item, 'The inventory item size has exceeded the size limit.');
		bytes += size;
	}
	if (bytes > MOST_BYTES.call)
		throw new AwsError('TotalSizeLimitExceededException', 'The size of inventory data has exceeded the total size limit.');
	for (const { TypeName: type = '', SchemaVersion: version = '', Content: content } of items) {
		if (content && type.startsWith('Custom:')) custom.use(nodeId, type, version, Object.keys(Object.assign({}, ...content)));
	}
	for (const item of items) {
		const {
			TypeName: type = '',
			SchemaVersion: schemaVersion = '',
			CaptureTime: capturedAt = '',
			ContentHash: hash,
			Content: entries,
		} = item;
		if (entries) inventory.put(nodeId, { type, schemaVersion, capturedAt, entries, ...(hash === undefined ? {} : { hash }) });
		else if (inventory.hashOf(nodeId, type) !== hash) {
			throw of('ItemContentMismatchException', item, 'The inventory item has mismatch contents. Send the content of the item.');
		}
	}
}

function checkItem(item: InventoryItem): void {
	const { TypeName: type = '', SchemaVersion: version = '', CaptureTime: captured } = item;
	if (!TYPE_NAME.test(type)) throw new AwsError('InvalidTypeNameException', `The parameter type name ${type} is not valid.`);
	checkPattern(captured, 'items.captureTime', CAPTURED);
	checkPattern(version, 'items.schemaVersion', VERSION);
	const schema = AWS_TYPES.find((each) => each.type === type);
	if (schema === undefined && type.startsWith('AWS:')) {
		throw new AwsError('UnknownOperationException', `The local AWS does not implement inventory of the type ${type}.`);
	}
	if (schema && schema.version !== version) {
		throw new AwsError('UnsupportedInventorySchemaVersionException', `Inventory item type ${type} has no schema version ${version}.`);
	}
	const foreign = (item.Content ?? []).flatMap((entry) => Object.keys(entry)).find((name) => schema && !(name in schema.attributes));
	if (foreign !== undefined) throw of('InvalidItemContentException', item, `One or more content items are not valid: ${foreign}.`);
}

function of(code: string, { TypeName }: InventoryItem, message: string): AwsError {
	return new AwsError(code, message, { fields: { TypeName } });
}
