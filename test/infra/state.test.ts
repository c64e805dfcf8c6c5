import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../../scripts/bundle.ts';
import type { Resource } from './package.ts';

type Values = Readonly<Record<string, unknown>>;

const state = createRequire(import.meta.url)('../../infra/state.cjs') as (framework: {
	resolveVariable(name: string): Promise<unknown>;
}) => Promise<{ readonly Resources: Readonly<Record<string, Resource>> }>;

const { params } = parse(readFileSync(join(ROOT, 'serverless.yml'), 'utf8')) as { params: { default: Values; local: Values } };

/** The associations of stage local, but for some settings. */
async function associations(changes: Values = {}) {
	const values: Values = { ...params.default, ...params.local, ...changes };
	return (await state({ resolveVariable: async (name) => values[name.replace('param:', '')] })).Resources;
}

const documents = async (changes?: Values) => Object.values(await associations(changes)).map(({ Properties }) => Properties.Name);

describe('what nodes are kept in', () => {
	it('is nothing where the part is off', async () => {
		expect(await associations({ parts: 'lifecycle,patching' })).toEqual({});
	});

	it('is a fresh agent and an inventory, on all managed nodes', async () => {
		expect(await documents()).toEqual(['AWS-UpdateSSMAgent', 'AWS-GatherSoftwareInventory']);
		for (const { Properties } of Object.values(await associations())) {
			expect(Properties.Targets).toEqual([{ Key: 'InstanceIds', Values: ['*'] }]);
		}
	});

	it('is the CloudWatch agent too where its configuration is named', async () => {
		const { CloudWatchAgentAssociation } = await associations({ cloudWatchAgentParameter: 'AmazonCloudWatch-linux' });
		expect(CloudWatchAgentAssociation?.Properties).toMatchObject({
			AssociationName: '${self:service}-${sls:stage}-cloudwatch-agent',
			Name: 'AmazonCloudWatch-ManageAgent',
			Parameters: {
				action: ['configure'],
				mode: ['auto'],
				optionalConfigurationSource: ['ssm'],
				optionalConfigurationLocation: ['AmazonCloudWatch-linux'],
			},
		});
	});

	it('can be for the nodes of a tag alone', async () => {
		const { InventoryAssociation } = await associations({ stateTargets: 'tag:Environment=prod=blue' });
		expect(InventoryAssociation?.Properties.Targets).toEqual([{ Key: 'tag:Environment', Values: ['prod=blue'] }]);
	});

	it('is left out where it has no schedule', async () => {
		expect(await documents({ inventorySchedule: '' })).toEqual(['AWS-UpdateSSMAgent']);
		expect(await documents({ cloudWatchAgentParameter: 'x', cloudWatchAgentSchedule: '' })).toHaveLength(2);
	});

	it('is brought about at its times alone, on a tenth of the nodes at once but for what only reads, with its output kept', async () => {
		for (const { Properties } of Object.values(await associations({ cloudWatchAgentParameter: 'x' }))) {
			const [, name] = /-\$\{sls:stage\}-(.+)$/.exec(Properties.AssociationName) ?? [];
			expect(Properties).toMatchObject({
				ScheduleExpression: expect.stringMatching(/^cron\(/),
				ApplyOnlyAtCronInterval: true,
				...(name === 'inventory' ? { MaxConcurrency: '50%', MaxErrors: '100%' } : { MaxConcurrency: '10%', MaxErrors: '10%' }),
				SyncCompliance: 'AUTO',
				ComplianceSeverity: expect.stringMatching(/^(LOW|MEDIUM)$/),
				OutputLocation: { S3Location: { OutputS3BucketName: { Ref: 'OutputBucket' }, OutputS3KeyPrefix: `associations/${name}` } },
			});
		}
	});
});
