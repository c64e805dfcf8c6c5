import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { type PackagedTemplate, packageService } from './package.ts';

interface Hooks {
	readonly 'before:deploy:deploy': () => Promise<void>;
	readonly 'after:remove:remove': () => Promise<void>;
}

const Keep = createRequire(import.meta.url)('../../infra/keep.cjs') as new (
	serverless: unknown,
	options: unknown,
	utils: { log: { notice(line: string): void } },
) => { readonly hooks: Hooks };

const KEPT = ['AuditLog', 'InventoryBucket', 'Ledger', 'OutputBucket', 'OutputLogGroup', 'SessionLogGroup'];

/** The plugin in a framework that deploys with these plugins, and what it writes. */
function keep(template: PackagedTemplate, plugins: readonly object[] = []) {
	const lines: string[] = [];
	const { hooks } = new Keep(
		{
			getProvider: () => ({ getAccountInfo: async () => ({ accountId: '111122223333', partition: 'aws' }), getRegion: () => 'eu-west-1' }),
			service: { provider: { compiledCloudFormationTemplate: template }, resources: template },
			pluginManager: { plugins },
		},
		{},
		{ log: { notice: (line) => lines.push(line) } },
	);
	return { hooks, lines };
}

let template: PackagedTemplate;

beforeAll(async () => {
	template = await packageService();
}, 60_000);

describe('what holds data', () => {
	it('stays when the stack goes, and when CloudFormation replaces it', () => {
		const kept = Object.entries(template.Resources).filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain');
		expect(kept.map(([id, { DeletionPolicy }]) => [id, DeletionPolicy]).sort()).toEqual(KEPT.map((id) => [id, 'Retain']));
		expect(kept.map(([, resource]) => (resource as { UpdateReplacePolicy?: string }).UpdateReplacePolicy)).toEqual(
			KEPT.map(() => 'Retain'),
		);
	});

	it('has names that are written out when it is deployed: only those can be imported', async () => {
		const deployed = structuredClone(template);
		await keep(deployed, [{ getCreateChangeSetParams: () => ({}) }]).hooks['before:deploy:deploy']();
		const { Ledger, OutputBucket, OutputLogGroup, AuditLog } = deployed.Resources;
		expect([Ledger?.Properties.TableName, OutputBucket?.Properties.BucketName]).toEqual([
			'fleetkeeper-local',
			'fleetkeeper-local-output-111122223333-eu-west-1',
		]);
		expect([OutputLogGroup?.Properties.LogGroupName, AuditLog?.Properties.LogGroupName]).toEqual([
			'/fleetkeeper/local/command-output',
			'/aws/events/fleetkeeper/local/operations',
		]);
	});

	it('is imported by every change set, which is otherwise as it was', async () => {
		const deploying = {
			stackName: 'fleetkeeper-local',
			getCreateChangeSetParams(this: { stackName: string }, { changeSetType }: { changeSetType: string }) {
				return { StackName: this.stackName, ChangeSetType: changeSetType };
			},
		};
		await keep(structuredClone(template), [{}, deploying]).hooks['before:deploy:deploy']();
		expect(deploying.getCreateChangeSetParams({ changeSetType: 'UPDATE' })).toEqual({
			StackName: 'fleetkeeper-local',
			ChangeSetType: 'UPDATE',
			ImportExistingResources: true,
		});
	});

	it('is named after a removal', async () => {
		const { hooks, lines } = keep(template);
		await hooks['after:remove:remove']();
		expect(lines.map((line) => line.trim().split(/ +/)[1])).toEqual(
			expect.arrayContaining(['fleetkeeper-local', 'fleetkeeper-local-output-111122223333-eu-west-1', '/fleetkeeper/local/command-output']),
		);
		expect(lines).toHaveLength(KEPT.length + 1);
	});

	it('must be of a type whose name is known here', async () => {
		const resources = { ...template.Resources, Other: { Type: 'AWS::SQS::Queue', DeletionPolicy: 'Retain', Properties: {} } };
		const { hooks } = keep({ ...template, Resources: resources });
		await expect(hooks['after:remove:remove']()).rejects.toThrow('Other is kept when the stack goes: say in infra/keep.cjs');
	});
});

it('a framework that makes no change sets is refused', async () => {
	await expect(keep(structuredClone(template), [{}]).hooks['before:deploy:deploy']()).rejects.toThrow('does not know this version');
});

it('functions create no log groups, which would be left behind', () => {
	expect(JSON.stringify(template)).not.toContain('logs:CreateLogGroup');
});
