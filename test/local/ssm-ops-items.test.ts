import { describe, expect, it } from 'vitest';
import { errorOf, type SmallAws, smallAws } from './support/small-aws.ts';

const ITEM = { Title: 'Drain failed', Description: 'A node was not drained.', Source: 'fleet' };
const dedup = (dedupString: string, arn?: string) => ({
	'/aws/dedup': { Type: 'SearchableString', Value: JSON.stringify({ dedupString }) },
	...(arn === undefined ? {} : { '/aws/resources': { Type: 'SearchableString', Value: JSON.stringify([{ arn }]) } }),
});
const create = (aws: SmallAws, more: object = {}): string => aws.call('ssm', 'CreateOpsItem', { ...ITEM, ...more }).OpsItemId;
const update = (aws: SmallAws, OpsItemId: string, more: object) => aws.call('ssm', 'UpdateOpsItem', { OpsItemId, ...more });
const item = (aws: SmallAws, OpsItemId: string) => aws.call('ssm', 'GetOpsItem', { OpsItemId }).OpsItem;

describe('deduplication', () => {
	it.each(['Open', 'InProgress'])('answers with the id of the item that is %s', (Status) => {
		const aws = smallAws();
		const first = create(aws, { OperationalData: dedup('drain web') });
		update(aws, first, { Status });

		const error = errorOf(() => create(aws, { OperationalData: dedup('drain web') }));

		expect(error).toMatchObject({ code: 'OpsItemAlreadyExistsException', fields: { OpsItemId: first } });
		expect(aws.ssm.opsItems()).toHaveLength(1);
	});

	it('makes a new item once the first is resolved, which then cannot be opened again', () => {
		const aws = smallAws();
		const first = create(aws, { OperationalData: dedup('drain web') });
		update(aws, first, { Status: 'Resolved' });
		const second = create(aws, { OperationalData: dedup('drain web') });

		expect(second).not.toBe(first);
		expect(errorOf(() => update(aws, first, { Status: 'Open' })).code).toBe('OpsItemAlreadyExistsException');
	});

	it('looks at the resource that the item is about, too', () => {
		const aws = smallAws();
		create(aws, { OperationalData: dedup('drain', 'arn:one') });
		expect(() => create(aws, { OperationalData: dedup('drain', 'arn:two') })).not.toThrow();
		expect(errorOf(() => create(aws, { OperationalData: dedup('drain', 'arn:one') })).code).toBe('OpsItemAlreadyExistsException');
	});
});

it('merges operational data by key and deletes what is asked', () => {
	const aws = smallAws();
	const id = create(aws, { OperationalData: { nodes: { Value: '["i-1"]', Type: 'SearchableString' }, note: { Value: 'first' } } });
	update(aws, id, {
		OperationalData: { nodes: { Value: '["i-1","i-2"]', Type: 'SearchableString' }, count: { Value: '2' } },
		OperationalDataToDelete: ['note'],
	});

	expect(item(aws, id).OperationalData).toEqual({ nodes: { Value: '["i-1","i-2"]', Type: 'SearchableString' }, count: { Value: '2' } });
	expect(item(aws, id)).toMatchObject({ Version: '2', Status: 'Open', Title: 'Drain failed' });
});

describe('CreateOpsItem refuses', () => {
	it.each([
		['a source of AWS', { Source: 'my-aws-tool' }],
		['an empty title', { Title: '' }],
		['a title of 1,025 characters', { Title: 'x'.repeat(1025) }],
		['a description of 2,049 characters', { Description: 'x'.repeat(2049) }],
		['priority 6', { Priority: 6 }],
		['a reserved key', { OperationalData: { '/aws/other': { Value: '1' } } }],
		['a dedup value that is not JSON', { OperationalData: { '/aws/dedup': { Value: 'drain' } } }],
		['a value beyond 20 KB', { OperationalData: { log: { Value: 'x'.repeat(20_481) } } }],
	])('%s', (_, more) => {
		const aws = smallAws();
		expect(errorOf(() => create(aws, more)).code).toBe('OpsItemInvalidParameterException');
		expect(aws.ssm.opsItems()).toHaveLength(0);
	});

	it('the 10,001st in a month', async () => {
		const aws = smallAws();
		for (let made = 0; made < 10_000; made++) create(aws);
		expect(errorOf(() => create(aws))).toMatchObject({ code: 'OpsItemLimitExceededException', fields: { Limit: 10_000 } });
		await aws.advance(31 * 86_400);
		expect(() => create(aws)).not.toThrow();
	});
});

it('finds items by status, source and searchable data', () => {
	const aws = smallAws();
	const first = create(aws, { OperationalData: dedup('one'), Severity: '3' });
	const second = create(aws, { Source: 'other' });
	update(aws, second, { Status: 'Resolved' });
	const found = (...OpsItemFilters: object[]) =>
		aws.call('ssm', 'DescribeOpsItems', { OpsItemFilters }).OpsItemSummaries.map((summary: { OpsItemId: string }) => summary.OpsItemId);

	expect(found({ Key: 'Status', Values: ['Open'], Operator: 'Equal' })).toEqual([first]);
	expect(found({ Key: 'Source', Values: ['other'], Operator: 'Equal' })).toEqual([second]);
	expect(found({ Key: 'Title', Values: ['failed'], Operator: 'Contains' })).toEqual([second, first]);
	const value = JSON.stringify({ key: '/aws/dedup', value: JSON.stringify({ dedupString: 'one' }) });
	expect(found({ Key: 'OperationalData', Values: [value], Operator: 'Equal' })).toEqual([first]);
});

it('tells of creation and update', () => {
	const aws = smallAws();
	const id = create(aws);
	update(aws, id, { Status: 'Resolved' });

	expect(aws.details('OpsItem Create')).toEqual([
		{
			'created-by': 'arn:aws:iam::111122223333:user/operator',
			'created-time': '2026-03-02T09:00:00.000000Z',
			source: 'fleet',
			status: 'Open',
			'ops-item-id': id,
			title: 'Drain failed',
			'ops-item-type': '/aws/issue',
			description: 'A node was not drained.',
		},
	]);
	expect(aws.details('OpsItem Update')[0]).toMatchObject({ status: 'Resolved', 'modified-time': '2026-03-02T09:00:00.000000Z' });
	expect(errorOf(() => item(aws, 'oi-000000000000')).code).toBe('OpsItemNotFoundException');
});
