import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureTemplate } from '../../local/package-template.ts';
import { type RawTemplate, Resolver } from '../../local/template/intrinsics.ts';
import { POLICIES } from '../../scripts/deployment/deployer.ts';
import { differences } from '../../scripts/deployment/differences.ts';
import { detailsOf, isAllowed } from '../../scripts/deployment/iam.ts';
import { NEEDS } from '../../scripts/deployment/needs.ts';

describe('what is deployed', () => {
	it('may have more than the template wants', () => {
		expect(differences({ a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 }, {})).toEqual([]);
	});

	it('may be given as text', () => {
		expect(differences({ seconds: 360, on: true }, { seconds: '360', on: 'true' }, {})).toEqual([]);
	});

	it.each([
		[{ a: { b: 1 } }, { a: { b: 2 } }, 'a.b is 2 instead of 1'],
		[{ a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 1 }, { b: 3 }] }, 'a[1].b is 3 instead of 2'],
		[{ a: [1] }, { a: [1, 2] }, 'a has 2 entries instead of 1'],
		[{ a: { b: 1 } }, {}, 'a is missing'],
		[{ a: { b: 1 } }, { a: {} }, 'a.b is missing'],
		[{ a: [1] }, { a: 1 }, 'a is 1 instead of [1]'],
		[{ a: { b: 1 } }, { a: 'b' }, 'a is "b" instead of {"b":1}'],
	])('%j is not %j', (wanted, got, difference) => {
		expect(differences(wanted, got, {})).toEqual([difference]);
	});

	it('may differ where that is expected, and must', () => {
		const notKept = { 'a.b': 'it is not passed on' };
		expect(differences({ a: { b: 1, c: 1 } }, { a: { c: 1 } }, notKept)).toEqual([]);
		expect(differences({ a: { b: 1, c: 1 } }, { a: { b: 1, c: 1 } }, notKept)).toEqual(['a.b is kept now: take it off the list.']);
		expect(differences({ a: { b: 1, c: 1 } }, { a: { b: 1 } }, notKept)).toHaveLength(2);
	});
});

describe('the policies that a deployment needs', () => {
	let template: RawTemplate;
	let resolver: Resolver;

	beforeAll(async () => {
		template = JSON.parse(readFileSync(await ensureTemplate(), 'utf8')) as RawTemplate;
		resolver = new Resolver(template, { account: '111122223333', region: 'eu-west-1', name: 'fleetkeeper-local' });
	}, 60_000);

	const allows = (action: string, resource: string) => isAllowed(Object.values(POLICIES), { action, resource });

	it('are for every type of resource of the template, and for no other', () => {
		expect(Object.keys(NEEDS).sort()).toEqual([...new Set(Object.values(template.Resources).map(({ Type }) => Type))].sort());
	});

	it('name every action in full, and IAM knows it', async () => {
		for (const action of Object.values(POLICIES).flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action))) {
			expect(action).toBe(`${action.split(':')[0]}:${(await detailsOf(action)).name}`);
		}
	});

	it.each(Object.entries(POLICIES))('are as short as a managed policy must be: %s', (_, policy) => {
		expect(JSON.stringify(policy).replaceAll(/\s/g, '').length).toBeLessThanOrEqual(6_144);
	});

	it.each([
		['AWS::DynamoDB::Table', 'dynamodb:CreateTable'],
		['AWS::Events::EventBus', 'events:CreateEventBus'],
		['AWS::Events::Rule', 'events:PutRule'],
		['AWS::IAM::Role', 'iam:CreateRole'],
		['AWS::Lambda::Function', 'lambda:CreateFunction'],
		['AWS::Logs::LogGroup', 'logs:CreateLogGroup'],
		['AWS::SNS::Topic', 'sns:CreateTopic'],
		['AWS::SQS::Queue', 'sqs:CreateQueue'],
	])('create each %s of the template by its name', async (type, action) => {
		const ids = Object.keys(template.Resources).filter((id) => template.Resources[id]?.Type === type);
		for (const id of ids) expect([id, await allows(action, resolver.attribute(id, 'Arn'))]).toEqual([id, true]);
	});

	it('delete nothing that holds data', async () => {
		expect(await allows('dynamodb:DeleteTable', resolver.attribute('Ledger', 'Arn'))).toBe(false);
		expect(await allows('s3:DeleteBucket', resolver.attribute('OutputBucket', 'Arn'))).toBe(false);
		for (const id of ['AuditLog', 'OutputLogGroup']) expect(await allows('logs:DeleteLogGroup', resolver.attribute(id, 'Arn'))).toBe(false);
	});
});
