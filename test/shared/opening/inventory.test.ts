import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openFromInventory } from '../../../shared/opening/inventory.ts';
import type { InventorySubject } from '../../../shared/operation/types.ts';
import { awsError, throttled } from '../../support/core.ts';
import {
	aRule,
	BUCKET,
	comes,
	createInventoryCore,
	have,
	hear,
	type InventoryCore,
	keyOf,
	NGINX,
	node,
	TELNET,
	WHERE,
	written,
} from '../../support/inventory-core.ts';
import { MINUTE } from '../../support/operations.ts';

const [A, B, C] = [node(1), node(2), node(3)];
const ofRule = (core: InventoryCore, rule = 'no-telnet') => {
	const subject: InventorySubject = { kind: 'inventory', rule, ...WHERE };
	return core.services.ledger.latest(subject);
};
const nodesOf = async (core: InventoryCore, rule?: string) => Object.keys((await ofRule(core, rule))?.nodes ?? {});
/** What an error says, event by event. */
const said = async (core: InventoryCore, ...events: readonly unknown[]) =>
	(await openFromInventory(core.services, core.s3, events)).map((result) => (result.ok ? '' : (result.error as Error).message));

describe('Inventory that has come', () => {
	it('opens one operation and one OpsItem for all nodes that break a rule, and is over with the last', async () => {
		const core = await createInventoryCore(aRule());
		have(core, [NGINX, TELNET], A, B);
		have(core, [NGINX], C);
		expect(await comes(core, A, C, B)).toEqual(['opened no-telnet', 'opened no-telnet', 'opened no-telnet']);
		expect(await nodesOf(core)).toEqual([A, B]);
		expect(core.calls('CreateOpsItem')).toMatchObject([{ Title: 'Software on nodes breaks rule no-telnet' }]);

		core.pass(2 * MINUTE);
		have(core, [NGINX], A);
		expect(await comes(core, A)).toEqual(['exists no-telnet']);
		expect(await nodesOf(core)).toEqual([B]);
		core.pass(2 * MINUTE);
		have(core, [], B);
		await comes(core, B);
		expect(await ofRule(core)).toMatchObject({ state: 'succeeded', result: { resolved: true } });
	});

	it('is read once for each object, and AWS is asked only about nodes that may break a rule', async () => {
		const core = await createInventoryCore(aRule({ when: { detail: {}, tags: { Environment: ['prod'] } } }));
		const ids = Array.from({ length: 30 }, (_, n) => node(n));
		have(core, [NGINX], ...ids);
		await comes(core, ...ids);
		expect(core.called().filter((name) => name !== 'GetObject')).toEqual([]);
		expect(core.calls('GetObject')[0]).toEqual({ Bucket: BUCKET, Key: keyOf(ids[0] ?? ''), ExpectedBucketOwner: WHERE.account });

		have(core, [TELNET], ...ids);
		for (const id of ids) core.tags.set(id, { Environment: id === A ? 'test' : 'prod' });
		await comes(core, ...ids);
		expect(core.calls('GetInventory')).toHaveLength(1);
		expect(core.calls('GetResources')).toHaveLength(1);
		expect(await nodesOf(core)).toHaveLength(29);
	});

	it('is held to every rule, each with an operation of its own', async () => {
		const core = await createInventoryCore(
			aRule(),
			aRule({ name: 'chrony', priority: 2, software: { required: ['chrony'] } }),
			aRule({ name: 'windows', priority: 3, when: { detail: {}, platform: ['Windows'] } }),
		);
		have(core, [TELNET], A);
		expect(await comes(core, A)).toEqual(['opened no-telnet, opened chrony']);
		expect((await ofRule(core, 'chrony'))?.what).toEqual({ [A]: 'chrony is missing' });
	});

	it('may come twice, late, and after its operation has closed', async () => {
		const core = await createInventoryCore(aRule());
		have(core, [TELNET], A);
		const event = written(core, keyOf(A));
		expect(await hear(core, event, event)).toEqual(['opened no-telnet', 'opened no-telnet']);
		expect(await hear(core, event)).toEqual(['exists no-telnet']);
		core.pass(2 * MINUTE);
		have(core, [], A);
		core.objects.set(keyOf(A), '');
		await comes(core, A);
		expect((await ofRule(core))?.state).toBe('succeeded');
		core.objects.set(keyOf(A), JSON.stringify({ ...TELNET, resourceId: A, captureTime: new Date(core.now() - MINUTE).toISOString() }));
		expect(await comes(core, A)).toEqual(['old-news']);
		core.pass(2 * MINUTE);
		core.objects.clear();
		have(core, [TELNET], A);
		expect(await comes(core, A)).toEqual(['opened no-telnet']);
		expect(await ofRule(core)).toMatchObject({ occurrence: 2, state: 'verifying' });
	});

	it('that two runs hear of at the same moment is in the same operation', async () => {
		const core = await createInventoryCore(aRule());
		have(core, [TELNET], A, B);
		await Promise.all([comes(core, A), comes({ ...core, services: core.another() }, B)]);
		expect(await nodesOf(core)).toEqual([A, B]);
	});

	it('of a node that is well, or that AWS does not know any more, opens nothing', async () => {
		const core = await createInventoryCore(aRule());
		have(core, [NGINX], A);
		have(core, [TELNET], B);
		core.terminated.add(B);
		expect(await comes(core, A, B, C)).toEqual(['nothing-open', 'unknown-node', 'object-gone']);
	});

	it('is tried again where AWS does not answer, and no other event with it', async () => {
		const core = await createInventoryCore(aRule());
		have(core, [TELNET], A);
		core.on('GetInventory', () => {
			throw throttled();
		});
		expect(await comes(core, A)).toEqual(['Retry']);
		core.on('GetObject', () => {
			throw awsError('AccessDenied', 'Access Denied', 403);
		});
		expect(await said(core, written(core, keyOf(A)))).toEqual([
			expect.stringContaining(`s3://${BUCKET}/${keyOf(A)} cannot be read: AccessDenied`),
		]);
	});

	it.each<[string, string, string]>([
		['no JSON', '{"Name":', 'line 1: it is not JSON'],
		['no program', '{"resourceId":"x","captureTime":"2026-03-02T09:00:00Z"}', 'line 1: Name is missing or no text'],
		['of another node', JSON.stringify({ Name: 'x', resourceId: B, captureTime: '2026-03-02T09:00:00Z' }), `the object is about ${A}`],
		['of no time', JSON.stringify({ Name: 'x', resourceId: A, captureTime: 'yesterday' }), "captureTime 'yesterday' is no time"],
		['no list of lines', '[]', 'line 1: it is missing or no text'],
	])('that is malformed is refused by itself, with what and where: %s', async (_, text, problem) => {
		const core = await createInventoryCore(aRule());
		have(core, [TELNET], B);
		core.objects.set(keyOf(A), text);
		const events = [written(core, keyOf(A)), written(core, keyOf(B))];
		expect(await hear(core, ...events)).toEqual(['Fail', 'opened no-telnet']);
		expect((await said(core, events[0]))[0]).toContain(problem);
	});

	it('is of this bucket, account and Region, and of programs', async () => {
		const core = await createInventoryCore(aRule());
		const elsewhere = { detail: { bucket: { name: 'somebody-elses' }, object: { key: keyOf(A) } } };
		const events = [
			written(core, keyOf(A), elsewhere),
			written(core, keyOf(A, '444455556666')),
			written(core, keyOf(A, undefined, 'AWS:Network')),
			written(core, 'AWS:Application/notes.txt'),
			written(core, keyOf('web-1')),
			written(core, keyOf(A), { 'detail-type': 'Object Deleted' }),
			undefined,
		];
		expect(await hear(core, ...events)).toEqual(['foreign-bucket', 'other-account', 'other-inventory', 'Fail', 'Fail', 'Fail', 'Fail']);
		expect(core.called()).toEqual([]);
		expect((await said(core, events[3]))[0]).toContain("The object 'AWS:Application/notes.txt' is no inventory of a node: expected");
	});

	it('is dropped where no playbook has a rule, as the sample is where its bucket is another', async () => {
		const core = await createInventoryCore();
		expect(await comes(core, A)).toEqual(['no-playbook']);
		const sample: unknown = JSON.parse(readFileSync('events/inventory-written.json', 'utf8'));
		expect(await hear(core, sample)).toEqual(['foreign-bucket']);
	});
});
