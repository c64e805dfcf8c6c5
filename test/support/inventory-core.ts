/** The core on what inventory knows of nodes: their programs, tags, and objects in a bucket. */

import { S3Client } from '@aws-sdk/client-s3';
import { putItem, tableOf } from '../../shared/aws/table.ts';
import type { Program } from '../../shared/kinds/inventory/event.ts';
import { openFromInventory } from '../../shared/opening/inventory.ts';
import { command } from '../../shared/parts/command.ts';
import { inventoryAtAws } from '../../shared/parts/inventory-at-aws.ts';
import { COMPILED_KEY } from '../../shared/playbook/compiled-item.ts';
import type { CompiledPlaybook, InventoryPlaybook } from '../../shared/playbook/types.ts';
import { awsError, type Core, createCore, type Input, SETTINGS } from './core.ts';

export const WHERE = { account: '111122223333', region: 'eu-west-1' } as const;
export const BUCKET = 'fleetkeeper-test-inventory-111122223333-eu-west-1';
export const node = (n: number) => `i-${String(n).padStart(17, '0')}`;
export const keyOf = (id: string, account: string = WHERE.account, type = 'AWS:Application') =>
	`${type}/accountid=${account}/region=eu-west-1/resourcetype=ManagedInstanceInventory/${id}.json`;

export const TELNET: Program = { Name: 'telnet', Version: '0.17', Release: '90.el9' };
export const NGINX: Program = { Name: 'nginx', Version: '1.24.0' };

export interface InventoryWorld {
	/** By node. */
	readonly programs: Map<string, { readonly at: number; readonly programs: readonly Program[] }>;
	readonly tags: Map<string, Readonly<Record<string, string>>>;
	readonly terminated: Set<string>;
	/** By key, beside those of nodes. */
	readonly objects: Map<string, string>;
	/** How long a page of inventory takes. */
	readonly takes: { seconds: number };
	/** Other rules are in force, and known within a minute. */
	replace(playbooks: readonly InventoryPlaybook[]): Promise<void>;
}

const INFORMATION = 'AWS:InstanceInformation';

/** What S3 gives of an object that a sync has written. */
function body(id: string, { at, programs }: { readonly at: number; readonly programs: readonly Program[] }): string {
	const about = { resourceId: id, captureTime: new Date(at).toISOString(), schemaVersion: '1.1' };
	return programs.map((program) => `${JSON.stringify({ ...program, ...about })}\n`).join('');
}

/** @param playbooks the rules in force. */
export async function createInventoryCore(
	...playbooks: readonly InventoryPlaybook[]
): Promise<Core & InventoryWorld & { readonly s3: S3Client }> {
	const compiled = playbooks.map((playbook): CompiledPlaybook => ({ playbook, parameterVersion: 1 }));
	const core = await createCore({ playbooks: compiled, parts: [inventoryAtAws(), command] });
	const world: InventoryWorld = {
		...{ programs: new Map(), tags: new Map(), terminated: new Set(), objects: new Map(), takes: { seconds: 0 } },
		async replace(others) {
			const set = JSON.stringify({ playbooks: others.map((playbook) => ({ playbook, parameterVersion: 2 })), compiledAt: '' });
			await putItem(tableOf({ ...core.deps, settings: SETTINGS }), { ...COMPILED_KEY, set, sources: '{}', revision: 2 });
		},
	};
	core.on('GetInventory', ({ ResultAttributes, Filters, NextToken, MaxResults }: Input) => {
		const [{ TypeName: type }] = ResultAttributes;
		const wanted: readonly string[] = Filters?.[0].Values ?? [...world.programs.keys()];
		const from = Number(NextToken ?? 0);
		core.pass(world.takes.seconds * 1_000);
		const known = wanted.filter((id) => world.programs.has(id));
		const Entities = known.slice(from, from + MaxResults).map((Id) => {
			const { at = 0, programs = [] } = world.programs.get(Id) ?? {};
			const Content =
				type === INFORMATION
					? [{ PlatformType: 'Linux', PlatformName: 'Amazon Linux', InstanceStatus: world.terminated.has(Id) ? 'Terminated' : 'Active' }]
					: programs;
			return { Id, Data: { [type]: { TypeName: type, CaptureTime: new Date(at).toISOString(), Content } } };
		});
		return { Entities, ...(known.length > from + MaxResults && { NextToken: String(from + MaxResults) }) };
	});
	core.on('GetResources', ({ ResourceARNList }: Input) => ({
		ResourceTagMappingList: ResourceARNList.flatMap((ResourceARN: string) => {
			const tags = world.tags.get(ResourceARN.slice(ResourceARN.lastIndexOf('/') + 1));
			return tags === undefined ? [] : [{ ResourceARN, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }];
		}),
	}));
	core.on('GetObject', ({ Key }: Input) => {
		const id = /([^/]+)\.json$/.exec(Key)?.[1] ?? '';
		const known = world.programs.get(id);
		const text = world.objects.get(Key) ?? (known && body(id, known));
		if (text === undefined) throw awsError('NoSuchKey', 'The specified key does not exist.', 404);
		return { ContentLength: text.length, Body: { transformToString: async () => text } };
	});
	return { ...core, ...world, s3: core.deps.aws.client(S3Client) };
}

export type InventoryCore = Awaited<ReturnType<typeof createInventoryCore>>;

let events = 0;

export function written(core: Core, key: string, changes: object = {}) {
	return {
		...{ id: `event-${++events}`, ...WHERE, source: 'aws.s3', 'detail-type': 'Object Created', time: new Date(core.now()).toISOString() },
		resources: [`arn:aws:s3:::${BUCKET}`],
		detail: { version: '0', bucket: { name: BUCKET }, object: { key, size: 100 } },
		...changes,
	};
}

/** Nodes have these programs now. */
export function have(core: InventoryCore, programs: readonly Program[], ...ids: readonly string[]): void {
	for (const id of ids) core.programs.set(id, { at: core.now(), programs });
}

/** Their inventory is written, and comes. @returns what became of each event. */
export async function comes(core: InventoryCore, ...ids: readonly string[]): Promise<string[]> {
	return hear(core, ...ids.map((id) => written(core, keyOf(id))));
}

export async function hear(core: InventoryCore, ...told: readonly unknown[]): Promise<string[]> {
	const results = await openFromInventory(core.services, core.s3, told);
	return results.map((result) => {
		if (result.ok) return result.value.map(({ outcome, operation }) => `${outcome} ${operation.subject.rule}`).join(', ');
		const { reason, name } = result.error as Error & { reason?: string };
		return reason ?? name;
	});
}

export function aRule(changes: Partial<InventoryPlaybook> = {}): InventoryPlaybook {
	return {
		...{ name: 'no-telnet', priority: 1, on: 'inventory', when: { detail: {} }, software: { forbidden: ['telnet'] }, opsItem: {} },
		...changes,
	};
}
