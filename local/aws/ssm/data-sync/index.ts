/** Resource data syncs: their operations. */

import type {
	CreateResourceDataSyncCommandInput,
	DeleteResourceDataSyncCommandInput,
	ListResourceDataSyncCommandInput,
	ListResourceDataSyncCommandOutput,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../../paging.ts';
import type { AwsContext, Output } from '../../types.ts';
import { pageSize } from '../checks.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { type Bucketing, DataSyncs, TO_DESTINATION, wireSync } from './syncs.ts';

/** @param s3 where there is none, there is no bucket either. */
export function createDataSyncs(ctx: AwsContext, inventory: Inventory, s3: Bucketing | undefined, admits: (sync: string) => boolean) {
	const syncs = new DataSyncs(ctx, inventory, s3 ?? { bucket: () => undefined, definition: NO_S3 }, admits);
	return {
		/** Makes a sync as a deployment does. */
		add: (input: CreateResourceDataSyncCommandInput) => syncs.create(input),
		operations: {
			CreateResourceDataSync(input: CreateResourceDataSyncCommandInput): object {
				syncs.create(input);
				return {};
			},

			DeleteResourceDataSync({ SyncName: name = '' }: DeleteResourceDataSyncCommandInput): object {
				syncs.delete(name);
				return {};
			},

			ListResourceDataSync(input: ListResourceDataSyncCommandInput): Output<ListResourceDataSyncCommandOutput> {
				const { SyncType: type = TO_DESTINATION } = input;
				const found = page(type === TO_DESTINATION ? syncs.all() : [], input.NextToken, pageSize(input.MaxResults, 1, 50));
				return { ResourceDataSyncItems: found.items.map(wireSync), ...nextToken(found) };
			},
		},
	};
}

const NO_S3 = { name: 's3', operations: {} } as unknown as Bucketing['definition'];
