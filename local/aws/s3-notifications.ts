/** What S3 tells EventBridge of the objects of a bucket, where the bucket has that on. */

import type { GetBucketNotificationConfigurationCommandInput, PutBucketNotificationConfigurationCommandInput } from '@aws-sdk/client-s3';
import type { S3 } from './s3.ts';
import { type AwsContext, AwsError, type Caller, type Operations } from './types.ts';

export interface Notifying {
	/** Has a bucket tell EventBridge of its objects, or no longer. */
	notify(bucket: string, isOn?: boolean): void;
}

type Implementation = (input: unknown, by?: Caller) => unknown;
type ObjectInput = { readonly Bucket: string; readonly Key: string; readonly Body?: string | Uint8Array };

/** How its event names what an operation has done (user guide, "Event message structure"). */
const TOLD: Readonly<Record<string, { readonly detailType: string; readonly more: Readonly<Record<string, string>> }>> = {
	PutObject: { detailType: 'Object Created', more: { reason: 'PutObject' } },
	DeleteObject: { detailType: 'Object Deleted', more: { reason: 'DeleteObject', 'deletion-type': 'Permanently Deleted' } },
};

/** S3 with the operations on notifications, whose operations on objects tell of what they do. */
export function withNotifications<T extends Pick<S3, 'bucket' | 'definition'>>(ctx: AwsContext, s3: T): T & Notifying {
	const notifying = new Set<string>();
	const known = s3.definition.operations as Readonly<Record<string, Implementation>>;

	function bucketNamed(name = ''): string {
		if (!s3.bucket(name)) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', { status: 404 });
		return name;
	}

	function telling(operation: string, call: Implementation): Implementation {
		return async (input, by) => {
			const output = (await call(input, by)) as { readonly ETag?: string };
			const { Bucket, Key, Body = '' } = input as ObjectInput;
			if (notifying.has(Bucket)) tell(operation, { bucket: Bucket, key: Key, size: Body.length, ...output }, by);
			return output;
		};
	}

	function tell(operation: string, object: { bucket: string; key: string; size: number; ETag?: string }, by: Caller | undefined): void {
		const { detailType = '', more = {} } = TOLD[operation] ?? {};
		const { bucket, key, size, ETag: etag } = object;
		ctx.emit({
			source: 'aws.s3',
			detailType,
			resources: [`arn:aws:s3:::${bucket}`],
			detail: {
				version: '0',
				bucket: { name: bucket },
				object: {
					key,
					...(operation === 'PutObject' ? { size } : {}),
					...(etag === undefined ? {} : { etag: etag.replaceAll('"', '') }),
					sequencer: ctx.clock.now().toString(16).toUpperCase().padStart(16, '0'),
				},
				'request-id': ctx.id(16).toUpperCase(),
				requester: by?.caller?.endsWith('.amazonaws.com') ? by.caller : ctx.account,
				'source-ip-address': '10.0.0.1',
				...more,
			},
		});
	}

	const told = Object.keys(TOLD).flatMap((operation) => {
		const call = known[operation];
		return call ? [[operation, telling(operation, call)] as const] : [];
	});
	const operations = {
		...known,
		...Object.fromEntries(told),

		PutBucketNotificationConfiguration(input: PutBucketNotificationConfigurationCommandInput): object {
			const { EventBridgeConfiguration, ...others } = input.NotificationConfiguration ?? {};
			const other = Object.entries(others).find(([, value]) => value !== undefined);
			if (other) throw new AwsError('NotImplemented', `The local AWS does not implement ${other[0]}.`, { status: 501 });
			const bucket = bucketNamed(input.Bucket);
			if (EventBridgeConfiguration) notifying.add(bucket);
			else notifying.delete(bucket);
			return {};
		},

		GetBucketNotificationConfiguration(input: GetBucketNotificationConfigurationCommandInput): object {
			return notifying.has(bucketNamed(input.Bucket)) ? { EventBridgeConfiguration: {} } : {};
		},
	} as unknown as Operations;

	return {
		...s3,
		definition: { ...s3.definition, operations },
		notify(bucket, isOn = true) {
			if (isOn) notifying.add(bucket);
			else notifying.delete(bucket);
		},
	};
}
