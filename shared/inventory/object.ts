/** The object that a resource data sync has written: the programs of one node, a line of JSON for each. */

import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import { Drop, describeError, Fail, Retry } from '../errors.ts';
import { account, nodeId, region } from '../kinds/envelope.ts';
import { APPLICATIONS, type NodePrograms, type Program } from '../kinds/inventory/event.ts';
import { inventoryBucket, type Settings } from '../settings.ts';

/** `AWS:Application/accountid=111122223333/region=eu-west-1/resourcetype=ManagedInstanceInventory/i-0123456789abcdef0.json` */
const KEY = /^(AWS:[A-Za-z]+|Custom:[^/]+)\/accountid=([^/]+)\/region=([^/]+)\/resourcetype=ManagedInstanceInventory\/([^/]+)\.json$/;

interface InventoryKey {
	readonly type: string;
	readonly account: string;
	readonly region: string;
	readonly node: string;
}

/**
 * What the key of an object says that a resource data sync has written (user guide, "Querying inventory data from multiple Regions").
 * @throws Fail where it is none of these.
 */
export function keyOf(key: string): InventoryKey {
	const [, type = '', ofAccount = '', ofRegion = '', node = ''] = KEY.exec(key) ?? [];
	const fits = account.safeParse(ofAccount).success && region.safeParse(ofRegion).success && nodeId.safeParse(node).success;
	if (fits) return { type, account: ofAccount, region: ofRegion, node };
	const form = `${APPLICATIONS}/accountid=<account>/region=<Region>/resourcetype=ManagedInstanceInventory/<node>.json`;
	throw new Fail(`The object '${key}' is no inventory of a node: expected ${form}. Nothing else belongs into the bucket`);
}

/** What PutInventory takes of a node in a day is a quarter of it (Systems Manager quotas). Bytes. */
const LARGEST = 20 * 1_024 * 1_024;

/**
 * Reads one object, as it is now: what has been written since an event is newer.
 * @throws Drop where it is gone; Retry where S3 does not give it; Fail where it is malformed.
 */
export async function readObject(s3: S3Client, settings: Settings, key: string, of: InventoryKey): Promise<NodePrograms> {
	const { account, region } = of;
	const Bucket = inventoryBucket(settings, account, region);
	const where = `s3://${Bucket}/${key}`;
	const output = await s3.send(new GetObjectCommand({ Bucket, Key: key, ExpectedBucketOwner: account })).catch((error: unknown) => {
		if ((error as Error).name === 'NoSuchKey') throw new Drop('object-gone', `${where} is not there any more`);
		throw new Retry(`${where} cannot be read: ${describeError(error)}`, error);
	});
	if ((output.ContentLength ?? 0) > LARGEST) throw new Fail(`${where} has ${output.ContentLength} bytes: more than a node's inventory`);
	const body = await output.Body?.transformToString().catch((error: unknown) => {
		throw new Retry(`${where} cannot be read: ${describeError(error)}`, error);
	});
	return programsIn(body ?? '', of, where);
}

const text = z.optional(z.string());
const Line = z.looseObject({
	...{ Name: z.string(), Version: text, Release: text, Epoch: text, PackageId: text },
	...{ resourceId: z.string(), captureTime: z.string() },
});

/**
 * The programs in an object: a line of JSON for each.
 * @param node whose it is by its key.
 * @throws Fail naming the line that is malformed, and what is wrong there.
 */
function programsIn(body: string, { node }: Pick<InventoryKey, 'node'>, where: string): NodePrograms {
	const lines = body.split('\n').map((line) => line.trim());
	const programs: Program[] = [];
	let capturedAt: number | undefined;
	for (const [index, line] of lines.entries()) {
		if (line === '') continue;
		const refuse = (problem: string, cause?: unknown) =>
			new Fail(`${where}, line ${index + 1}: ${problem}. What the node has is read again with the next daily sweep`, cause);
		const { resourceId, captureTime, ...program } = readLine(line, refuse);
		if (resourceId !== node) throw refuse(`resourceId is '${resourceId.slice(0, 40)}', and the object is about ${node}`);
		const at = Date.parse(captureTime);
		if (Number.isNaN(at)) throw refuse(`captureTime '${captureTime.slice(0, 40)}' is no time`);
		capturedAt = Math.max(capturedAt ?? at, at);
		programs.push(program as Program);
	}
	return { programs, ...(capturedAt !== undefined && { capturedAt }) };
}

function readLine(line: string, refuse: (problem: string, cause?: unknown) => Fail): z.infer<typeof Line> {
	let value: unknown;
	try {
		value = JSON.parse(line);
	} catch (error) {
		throw refuse('it is not JSON', error);
	}
	const parsed = Line.safeParse(value);
	if (parsed.success) return parsed.data;
	const [issue] = parsed.error.issues;
	throw refuse(`${issue?.path.join('.') || 'it'} is missing or no text`);
}
