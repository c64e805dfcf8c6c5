import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import type { Resource } from './package.ts';

const inventoryOf = createRequire(import.meta.url)('../../infra/inventory.cjs') as (context: {
	readonly resolveVariable: (name: string) => Promise<unknown>;
}) => Promise<{ readonly Resources: Readonly<Record<string, Resource>> }>;

describe('Inventory', () => {
	const resources = async (parts: string) => {
		const params: Readonly<Record<string, unknown>> = { 'param:parts': parts, 'param:retentionDays': 90 };
		return (await inventoryOf({ resolveVariable: async (name) => params[name] })).Resources;
	};

	it('is kept where the part is on, and nowhere else', async () => {
		expect(await resources('alarms,patching')).toEqual({});
		expect(Object.keys(await resources('alarms, state'))).toEqual(['InventoryBucket', 'InventoryBucketPolicy', 'InventorySync']);
	});

	it('is synced to a bucket that tells EventBridge, and that nobody else writes to', async () => {
		const { InventoryBucket, InventoryBucketPolicy, InventorySync } = await resources('state');
		expect(InventoryBucket?.Properties).toMatchObject({
			NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
			PublicAccessBlockConfiguration: {
				BlockPublicAcls: true,
				BlockPublicPolicy: true,
				IgnorePublicAcls: true,
				RestrictPublicBuckets: true,
			},
			LifecycleConfiguration: { Rules: [{ ExpirationInDays: 90 }] },
		});
		expect(InventorySync).toMatchObject({
			DependsOn: ['InventoryBucketPolicy'],
			Properties: { S3Destination: { BucketName: { Ref: 'InventoryBucket' }, SyncFormat: 'JsonSerDe' } },
		});
		const statements: readonly { readonly Effect: string; readonly Principal: unknown; readonly Condition: object }[] =
			InventoryBucketPolicy?.Properties.PolicyDocument.Statement;
		const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
		for (const { Principal, Condition } of allowed) {
			expect(Principal).toEqual({ Service: 'ssm.amazonaws.com' });
			expect(Condition).toMatchObject({ StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } });
		}
	});
});
