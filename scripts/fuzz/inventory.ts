/** What nodes say of their software: objects of a resource data sync, good ones, strange ones, and such as nobody can read. */

import type { StoredObject } from '../../local/aws/s3-objects.ts';
import { nodeId } from './samples.ts';

/** Nodes of each kind that the fleet has (ground.ts). */
const NODES = 12;
const AT = '2026-03-02T03:34:10Z';

export function inventoryBucket({ account, region }: { readonly account: string; readonly region: string }): string {
	return `fleetkeeper-local-inventory-${account}-${region}`;
}

/** The key of the programs of a node. */
export function keyOf(node: string): string {
	return `AWS:Application/accountid=111122223333/region=eu-west-1/resourcetype=ManagedInstanceInventory/${node}.json`;
}

/** The `n`th node that breaks a rule, breaks one in strange words, breaks none, or says what cannot be read. */
export const breaking = (n: number) => nodeId('d', n % (NODES / 2));
export const strange = (n: number) => nodeId('d', NODES / 2 + (n % STRANGE.length));
export const clean = (n: number) => nodeId('b', n % NODES);
export const unreadable = (n: number) => nodeId('c', n % UNREADABLE.length);

type Line = Readonly<Record<string, unknown>>;

const said = (resourceId: string, line: Line) => JSON.stringify({ resourceId, captureTime: AT, schemaVersion: '1.1', ...line });
const telnet = { Name: 'telnet', Version: '0.17', Release: '90.el9', Epoch: '1' };
const nginx = { Name: 'nginx', Version: '1.24.0', Release: '1.el9', Epoch: '' };

/** They break a rule, whatever else they say. */
const STRANGE: readonly ((node: string) => string)[] = [
	(node) => said(node, { ...telnet, Version: `0.\u0000\u0007\u001b[31m\u2028\u202e${'9'.repeat(5_000)}` }),
	(node) => said(node, { ...telnet, Version: '\ud83d', Release: '\u200b' }),
	(node) => `\r\n${said(node, telnet)}\r\n\n${said(node, { Name: '', Version: '' })}\n`,
	(node) => said(node, { ...telnet, Epoch: '-1', PackageId: '.deb', captureTime: '2199-01-01T00:00:00Z' }),
	(node) => `{"__proto__":{"Name":"rsh"},"constructor":1,${said(node, telnet).slice(1)}`,
	(node) =>
		[...Array(2_000).keys()]
			.map((n) => said(node, { ...nginx, Name: `p${n}` }))
			.concat(said(node, telnet))
			.join('\n'),
];

const UNREADABLE: readonly ((node: string) => string)[] = [
	(node) => `${said(node, nginx)}\n{"Name":"telnet"`,
	() => said(nodeId('a', 1), telnet),
	(node) => said(node, { ...telnet, captureTime: 'yesterday \u0007' }),
	(node) => said(node, { Version: '1' }),
	(node) => said(node, { ...telnet, Name: 7 }),
	(node) => said(node, { ...telnet, Version: ['1', '2'] }),
	() => 'null',
	() => '[1,2]',
	() => `${'['.repeat(20_000)}`,
	() => '\ufeff<xml/>',
	(node) => said(node, { ...telnet, captureTime: '' }),
	(node) => said('\u202e\u0000', telnet).replace(node, ''),
];

function objectOf(text: string): StoredObject {
	const bytes = Buffer.from(text);
	return {
		bytes,
		etag: '"0"',
		modifiedAt: 0,
		encryption: { SSEAlgorithm: 'AES256', bucketKey: false },
		headers: {},
		metadata: {},
		sums: {},
	};
}

const texts = (nodes: number, nodeOf: (n: number) => string, textOf: (node: string, n: number) => string) =>
	Array.from({ length: nodes }, (_, n) => [keyOf(nodeOf(n)), objectOf(textOf(nodeOf(n), n))] as const);

/** By key. */
export const INVENTORY: ReadonlyMap<string, StoredObject> = new Map([
	...texts(NODES / 2, breaking, (node) => [telnet, nginx].map((line) => said(node, line)).join('\n')),
	...texts(STRANGE.length, strange, (node, n) => STRANGE[n]?.(node) ?? ''),
	...texts(NODES, clean, (node) => said(node, nginx)),
	...texts(UNREADABLE.length, unreadable, (node, n) => UNREADABLE[n]?.(node) ?? ''),
]);

/** Nodes that break no rule. */
export const CLEAN: ReadonlySet<string> = new Set(Array.from({ length: NODES }, (_, n) => clean(n)));
