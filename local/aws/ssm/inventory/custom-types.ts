/** The inventory types of an account's own, and their deletion. */

import type { InventoryDeletionStatusItem, InventoryDeletionSummary } from '@aws-sdk/client-ssm';
import { type AwsContext, AwsError } from '../../types.ts';
import type { Nodes } from '../nodes.ts';
import type { Inventory } from './inventory.ts';
import type { TypeSchema } from './schemas.ts';

interface Schema {
	version: string;
	readonly attributes: Set<string>;
}

/** Systems Manager quotas. */
const MOST_TYPES = 20;

export class CustomTypes {
	readonly #ctx: AwsContext;
	readonly #nodes: Nodes;
	readonly #inventory: Inventory;
	readonly #schemas = new Map<string, Schema>();
	/** The versions that are accepted no more, by type: the highest of them. */
	readonly #disabled = new Map<string, string>();
	readonly #deletions: InventoryDeletionStatusItem[] = [];

	constructor(ctx: AwsContext, nodes: Nodes, inventory: Inventory) {
		this.#ctx = ctx;
		this.#nodes = nodes;
		this.#inventory = inventory;
	}

	all(): TypeSchema[] {
		return [...this.#schemas].map(([type, { version, attributes }]) => ({
			type,
			version,
			attributes: Object.fromEntries([...attributes].map((name) => [name, 'string' as const])),
		}));
	}

	/** The newest first. */
	deletions(): InventoryDeletionStatusItem[] {
		return this.#deletions.toReversed();
	}

	/**
	 * Notes what a node puts of a type.
	 * @throws AwsError `CustomSchemaCountLimitExceededException`; `UnsupportedInventorySchemaVersionException` for a version that was
	 * disabled, which is an event too.
	 */
	use(nodeId: string, type: string, version: string, attributes: readonly string[]): void {
		const disabled = this.#disabled.get(type);
		if (disabled !== undefined && Number(version) <= Number(disabled)) {
			const reason = `The inventory item with type name ${type} was sent with a disabled schema version ${version}. You must send a version greater than ${disabled}`;
			this.#tell('put', 'failed', type, nodeId, reason);
			throw new AwsError('UnsupportedInventorySchemaVersionException', reason);
		}
		const known = this.#schemas.get(type);
		if (!known && this.#schemas.size >= MOST_TYPES) {
			throw new AwsError('CustomSchemaCountLimitExceededException', `You have exceeded the limit for custom schemas: ${MOST_TYPES}.`);
		}
		const schema = known ?? { version, attributes: new Set<string>() };
		schema.version = version;
		for (const name of attributes) schema.attributes.add(name);
		this.#schemas.set(type, schema);
	}

	/**
	 * Takes a type away from all nodes, at once and with its events: one for each node, and one for them all.
	 * @param keepOut whether the versions that were there are refused from now on.
	 * @param dryRun says only what would be deleted.
	 * @throws AwsError `InvalidTypeNameException`.
	 */
	delete(type: string, keepOut: boolean, dryRun: boolean): { readonly id?: string; readonly summary: InventoryDeletionSummary } {
		const schema = this.#schemas.get(type);
		if (!schema) throw new AwsError('InvalidTypeNameException', `The parameter type name ${type} is not valid.`);
		const own = this.#nodes.registered().flatMap((node) => {
			const record = this.#inventory.find(node, type);
			return record ? [{ id: node.id, version: record.schemaVersion }] : [];
		});
		const versions = [...new Set(own.map(({ version }) => version))];
		const summaryAt = (remaining: number): InventoryDeletionSummary => ({
			TotalCount: own.length,
			RemainingCount: remaining && own.length,
			SummaryItems: versions.map((Version) => {
				const Count = own.filter(({ version }) => version === Version).length;
				return { Version, Count, RemainingCount: remaining && Count };
			}),
		});
		if (dryRun) return { summary: summaryAt(1) };
		const id = this.#ctx.uuid();
		for (const { id: nodeId } of own) {
			this.#inventory.remove(nodeId, type);
			this.#tell('delete', 'succeeded', type, nodeId);
		}
		if (keepOut) this.#disabled.set(type, schema.version);
		this.#schemas.delete(type);
		const { TotalCount: totalCount, RemainingCount: remainingCount, SummaryItems = [] } = summaryAt(0);
		const summaryItems = SummaryItems.map(({ Version, Count, RemainingCount }) => ({
			version: Version,
			count: Count,
			remainingCount: RemainingCount,
		}));
		const told = JSON.stringify({ totalCount, remainingCount, summaryItems });
		this.#tell('delete-summary', 'succeeded', type, '', `The delete for type name ${type} was completed. The deletion summary is: ${told}`);
		const at = new Date(this.#ctx.clock.now());
		this.#deletions.push({
			DeletionId: id,
			TypeName: type,
			DeletionStartTime: at,
			LastStatus: 'Complete',
			LastStatusMessage: 'Deletion complete',
			DeletionSummary: summaryAt(0),
			LastStatusUpdateTime: at,
		});
		return { id, summary: summaryAt(1) };
	}

	/** AWS's sample of the event is not one of EventBridge's: here its body is the detail. */
	#tell(action: string, status: string, type: string, nodeId: string, reason = ''): void {
		const { account, region } = this.#ctx;
		this.#ctx.emit({
			source: 'aws.ssm',
			detailType: 'Inventory Resource State Change',
			resources: nodeId === '' ? [] : [`arn:aws:ssm:${region}:${account}:managed-instance/${nodeId}`],
			detail: {
				'action-status': status,
				action,
				'resource-type': 'managed-instance',
				'resource-id': nodeId,
				'action-reason': reason,
				'type-name': type,
			},
		});
	}
}
