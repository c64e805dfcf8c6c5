/** Resource data syncs: what inventory knows of nodes, kept as objects in a bucket. */

import type { CreateResourceDataSyncCommandInput, ResourceDataSyncItem, ResourceDataSyncS3Destination } from '@aws-sdk/client-ssm';
import { LATENCY_MS, within } from '../../assumptions.ts';
import type { S3 } from '../../s3.ts';
import { type AwsContext, AwsError, type Caller } from '../../types.ts';
import { checkLength, given } from '../checks.ts';
import type { Inventory, InventoryRecord } from '../inventory/inventory.ts';
import type { ManagedNode } from '../nodes.ts';

export interface DataSync {
	readonly name: string;
	readonly destination: ResourceDataSyncS3Destination;
	readonly createdAt: number;
	status: 'InProgress' | 'Successful' | 'Failed';
	message?: string;
	lastAt?: number;
	lastSuccessAt?: number;
}

export type Bucketing = Pick<S3, 'bucket' | 'definition'>;

/** Systems Manager quotas. */
const MOST_SYNCS = 5;
export const TO_DESTINATION = 'SyncToDestination';

export class DataSyncs {
	readonly #ctx: AwsContext;
	readonly #inventory: Inventory;
	readonly #s3: Bucketing;
	readonly #syncs = new Map<string, DataSync>();
	/** What is to be written, by sync, node and type. */
	readonly #due = new Set<string>();

	readonly #admits: (sync: string) => boolean;

	/** @param admits whether a sync's bucket lets Systems Manager write there, by the sync's name. */
	constructor(ctx: AwsContext, inventory: Inventory, s3: Bucketing, admits: (sync: string) => boolean) {
		this.#ctx = ctx;
		this.#admits = admits;
		this.#inventory = inventory;
		this.#s3 = s3;
		inventory.onChange((nodeId, type) => this.#changed(nodeId, type));
	}

	all(): DataSync[] {
		return [...this.#syncs.values()];
	}

	/** Makes a sync, and begins with all that is known. @throws AwsError as the API names them. */
	create({ SyncName: name = '', SyncType: type = TO_DESTINATION, S3Destination: destination }: CreateResourceDataSyncCommandInput): void {
		checkLength(name, 'syncName', 1, 64);
		if (type !== TO_DESTINATION) {
			throw new AwsError('UnknownOperationException', `The local AWS does not implement resource data syncs of the type ${type}.`);
		}
		if (this.#syncs.has(name)) {
			throw new AwsError('ResourceDataSyncAlreadyExistsException', `Sync with name ${name} already exists`, { fields: { SyncName: name } });
		}
		if (this.#syncs.size >= MOST_SYNCS) {
			throw new AwsError('ResourceDataSyncCountExceededException', `You can have at most ${MOST_SYNCS} resource data syncs.`);
		}
		if (!destination) throw invalid('An S3 destination is required.');
		const { BucketName: bucket = '', SyncFormat: format, Region: region } = destination;
		if (format !== 'JsonSerDe') throw invalid(`The sync format ${format} is not supported.`);
		if (region !== this.#ctx.region) throw invalid(`The bucket ${bucket} is not in the Region ${region}.`);
		if (!this.#s3.bucket(bucket)) throw invalid(`The S3 bucket ${bucket} does not exist.`);
		const sync: DataSync = { name, destination, createdAt: this.#ctx.clock.now(), status: 'InProgress' };
		this.#syncs.set(name, sync);
		for (const node of this.#inventory.nodes()) for (const record of this.#inventory.of(node)) this.#plan(sync, node.id, record.type);
	}

	/** What has been written stays. @throws AwsError `ResourceDataSyncNotFoundException`. */
	delete(name: string): void {
		if (!this.#syncs.delete(name)) {
			const fields = { SyncName: name, SyncType: TO_DESTINATION };
			throw new AwsError('ResourceDataSyncNotFoundException', `Sync with name ${name} does not exist`, { fields });
		}
	}

	#changed(nodeId: string, type: string): void {
		for (const sync of this.#syncs.values()) this.#plan(sync, nodeId, type);
	}

	/** Writes a moment later what is known then. */
	#plan(sync: DataSync, nodeId: string, type: string): void {
		const key = `${sync.name} ${nodeId} ${type}`;
		if (this.#due.has(key)) return;
		this.#due.add(key);
		const { clock } = this.#ctx;
		clock.after(within(clock, LATENCY_MS.dataSync), async () => {
			this.#due.delete(key);
			const node = this.#inventory.nodes().find(({ id }) => id === nodeId);
			const record = node && this.#inventory.find(node, type);
			if (record && this.#syncs.get(sync.name) === sync) await this.#write(sync, node, record);
		});
	}

	async #write(sync: DataSync, { id }: ManagedNode, record: InventoryRecord): Promise<void> {
		const { account, region, clock } = this.#ctx;
		const { BucketName: Bucket, Prefix: prefix, AWSKMSKeyARN: key } = sync.destination;
		const path = `${record.type}/accountid=${account}/region=${region}/resourcetype=ManagedInstanceInventory/${id}.json`;
		const encryption = key === undefined ? {} : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: key };
		sync.lastAt = clock.now();
		try {
			if (!this.#admits(sync.name))
				throw new AwsError('AccessDenied', `Access Denied: the policy of ${Bucket} does not admit ssm.amazonaws.com.`);
			const put = this.#s3.definition.operations['PutObject'] as ((input: unknown, by: Caller) => unknown) | undefined;
			if (!put) throw new AwsError('UnknownOperationException', 'The local AWS does not implement s3:PutObject.');
			const Key = prefix === undefined ? path : `${prefix}/${path}`;
			await put({ Bucket, Key, Body: Buffer.from(linesOf(id, record)), ...encryption }, { caller: 'ssm.amazonaws.com' });
			sync.status = 'Successful';
			sync.lastSuccessAt = clock.now();
			delete sync.message;
		} catch (error) {
			if (!(error instanceof AwsError)) throw error;
			sync.status = 'Failed';
			sync.message = error.message;
		}
	}
}

/** One line of JSON an entry, each with what it is of (observed: the objects that Athena reads). */
function linesOf(resourceId: string, { entries, capturedAt: captureTime, schemaVersion }: InventoryRecord): string {
	return entries.map((entry) => `${JSON.stringify({ ...entry, resourceId, captureTime, schemaVersion })}\n`).join('');
}

function invalid(message: string): AwsError {
	return new AwsError('ResourceDataSyncInvalidConfigurationException', message);
}

export function wireSync({ name, destination, createdAt, status, message, lastAt, lastSuccessAt }: DataSync): ResourceDataSyncItem {
	return {
		SyncName: name,
		SyncType: TO_DESTINATION,
		S3Destination: destination,
		SyncCreatedTime: new Date(createdAt),
		LastStatus: status,
		...given('LastSyncStatusMessage', message),
		...given('LastSyncTime', lastAt === undefined ? undefined : new Date(lastAt)),
		...given('LastSuccessfulSyncTime', lastSuccessAt === undefined ? undefined : new Date(lastSuccessAt)),
	};
}
