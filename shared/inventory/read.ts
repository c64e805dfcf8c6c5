/** Inventory as Systems Manager keeps it: by GetInventory, a page of nodes a call. */

import { GetInventoryCommand, type InventoryFilter, type InventoryResultEntity } from '@aws-sdk/client-ssm';
import type { Deps } from '../deps.ts';
import { requestIdOf } from '../errors.ts';
import { APPLICATIONS, type NodePrograms, type Program } from '../kinds/inventory/event.ts';
import { chunks } from '../parallel.ts';

/** Nodes of one page, and values of one filter (API reference, GetInventory and InventoryFilter). */
const PAGE = 50;
const VALUES = 40;
/** Pages of one list: more nodes than a Region has. */
const PAGES = 100;

const INFORMATION = 'AWS:InstanceInformation';

/** A node as inventory has it. */
export interface InventoryNode {
	readonly node: string;
	/** `Linux`, `Windows`, `MacOS`. */
	readonly platform: string;
	/** `Amazon Linux`. */
	readonly platformName: string;
	readonly name: string;
}

export interface Page {
	readonly entities: readonly InventoryResultEntity[];
	readonly requestId?: string | undefined;
}

/** What inventory knows of one type, page by page. Rejects with what the SDK throws. */
export async function* pagesOf({ aws }: Pick<Deps, 'aws'>, type: string, filters: readonly InventoryFilter[] = []): AsyncGenerator<Page> {
	let NextToken: string | undefined;
	for (let page = 0; page < PAGES; page += 1) {
		const output = await aws.ssm.send(
			new GetInventoryCommand({
				ResultAttributes: [{ TypeName: type }],
				MaxResults: PAGE,
				...(filters.length > 0 && { Filters: [...filters] }),
				...(NextToken && { NextToken }),
			}),
		);
		yield { entities: output.Entities ?? [], requestId: requestIdOf(output) };
		NextToken = output.NextToken;
		if (!NextToken) return;
	}
}

/** What there is of some nodes, or of all. */
async function* pagesFor(deps: Pick<Deps, 'aws'>, type: string, nodes: readonly string[] | undefined): AsyncGenerator<Page> {
	if (nodes === undefined) return yield* pagesOf(deps, type);
	for (const Values of chunks([...new Set(nodes)], VALUES)) {
		yield* pagesOf(deps, type, [{ Key: `${INFORMATION}.InstanceId`, Values, Type: 'Equal' }]);
	}
}

/**
 * The nodes that there are, by their ids: inventory keeps those that are terminated for a while, which are left out.
 * @param nodes of which; all where absent. Rejects with what the SDK throws.
 */
export async function readNodes(deps: Pick<Deps, 'aws'>, nodes?: readonly string[]): Promise<Map<string, InventoryNode>> {
	const found = new Map<string, InventoryNode>();
	for await (const { entities } of pagesFor(deps, INFORMATION, nodes)) {
		for (const { Id: node = '', Data = {} } of entities) {
			const [{ PlatformType: platform = '', PlatformName: platformName = '', ComputerName: name = '', InstanceStatus } = {}] =
				Data[INFORMATION]?.Content ?? [];
			if (node && InstanceStatus !== 'Terminated') found.set(node, { node, platform, platformName, name });
		}
	}
	return found;
}

export interface Listed extends NodePrograms {
	readonly node: string;
	readonly capturedAt: number;
	readonly requestId?: string | undefined;
}

/**
 * The programs of nodes, page by page; a node whose programs were never gathered is not among them.
 * @param nodes of which; all where absent. Rejects with what the SDK throws.
 */
export async function* programsOf(deps: Pick<Deps, 'aws'>, nodes?: readonly string[]): AsyncGenerator<readonly Listed[]> {
	for await (const { entities, requestId } of pagesFor(deps, APPLICATIONS, nodes)) {
		yield entities.flatMap(({ Id: node = '', Data = {} }): Listed[] => {
			const { CaptureTime, Content = [] } = Data[APPLICATIONS] ?? {};
			const capturedAt = Date.parse(CaptureTime ?? '');
			const programs = Content.filter((entry): entry is Record<string, string> & Program => typeof entry['Name'] === 'string');
			return Number.isNaN(capturedAt) ? [] : [{ node, capturedAt, programs, requestId }];
		});
	}
}
