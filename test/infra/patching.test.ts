import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../../scripts/bundle.ts';
import { isAllowed } from '../../scripts/deployment/iam.ts';
import { patchTarget, patchTask, patchWindowName } from '../../shared/patching/task.ts';
import { settingsFrom } from '../../shared/settings.ts';
import type { Resource } from './package.ts';

type Values = Readonly<Record<string, unknown>>;
type Resources = Readonly<Record<string, Resource>>;
interface Framework {
	resolveVariable(name: string): Promise<unknown>;
}

const require = createRequire(import.meta.url);
const { environment, resources } = require('../../infra/patching.cjs') as {
	environment(framework: Framework): Promise<{ readonly PATCHING: string }>;
	resources(framework: Framework): Promise<{ readonly Resources: Resources }>;
};

const { params } = parse(readFileSync(join(ROOT, 'serverless.yml'), 'utf8')) as { params: { default: Values; local: Values } };
const STAGE = 'local';
const settings = settingsFrom({ STAGE });

/** The framework with the settings of stage local, but for some. */
const framework = (changes: Values = {}): Framework => ({
	resolveVariable: async (name) =>
		name === 'sls:stage' ? STAGE : { ...params.default, ...params.local, ...changes }[name.replace('param:', '')],
});
const resourcesOf = async (changes?: Values) => (await resources(framework(changes))).Resources;
const ofType = (of: Resources, type: string) => Object.entries(of).filter(([, { Type }]) => Type === `AWS::SSM::${type}`);
const properties = (of: Resources, id: string) => of[id]?.Properties;

let made: Resources;

beforeAll(async () => {
	made = await resourcesOf();
});

it('a stage without the part has nothing of Patch Manager', async () => {
	expect(await resourcesOf({ parts: 'lifecycle,state' })).toEqual({});
});

describe('the baselines', () => {
	const rules = (id: string) => properties(made, id).ApprovalRules.PatchRules as readonly Values[];

	it('are one for each group and operating system, registered for the group', () => {
		const groups = ofType(made, 'PatchBaseline').map(([, { Properties }]) => [Properties.PatchGroups[0], Properties.OperatingSystem]);
		const systems = ['AMAZON_LINUX_2023', 'UBUNTU', 'WINDOWS', 'MACOS'];
		expect(groups).toEqual(['dev', 'test', 'prod'].flatMap((group) => systems.map((os) => [group, os])));
		expect(properties(made, 'PatchTestAmazonLinux2023Baseline').Name).toBe('${self:service}-${sls:stage}-test-amazon-linux-2023');
	});

	it('approve patches for each ring when they have been proved in the one before, but for Ubuntu, which knows no day of release', () => {
		const days = (os: string) =>
			['Dev', 'Test', 'Prod'].map((group) => rules(`Patch${group}${os}Baseline`).map((rule) => rule['ApproveAfterDays']));
		for (const os of ['AmazonLinux2023', 'Windows']) {
			expect(days(os)).toEqual([
				[7, 7],
				[10, 10],
				[13, 13],
			]);
		}
		expect(days('Macos')).toEqual([[7], [10], [13]]);
		expect(days('Ubuntu')).toEqual([[undefined], [undefined], [undefined]]);
	});

	it('have the filters and levels of the rules, in the names of the operating system', () => {
		expect(rules('PatchDevWindowsBaseline')[0]).toEqual({
			PatchFilterGroup: {
				PatchFilters: [
					{ Key: 'CLASSIFICATION', Values: ['CriticalUpdates', 'SecurityUpdates'] },
					{ Key: 'MSRC_SEVERITY', Values: ['Critical', 'Important'] },
				],
			},
			ComplianceLevel: 'CRITICAL',
			ApproveAfterDays: 7,
		});
		expect(rules('PatchDevUbuntuBaseline')[0]).toMatchObject({
			PatchFilterGroup: { PatchFilters: [{ Key: 'PRIORITY' }] },
			ComplianceLevel: 'HIGH',
		});
	});

	it('keep the days between the rings for a rule with days of its own, and a date for all rings', async () => {
		const patchRules = {
			AMAZON_LINUX_2023: [
				{ classification: ['Security'], severity: ['Critical'], approveAfterDays: 0 },
				{ classification: ['Bugfix'], approveUntilDate: '2026-03-31', nonSecurity: true },
			],
		};
		const other = await resourcesOf({ patchRules });
		const [urgent, dated] = properties(other, 'PatchProdAmazonLinux2023Baseline').ApprovalRules.PatchRules;
		expect(urgent).toMatchObject({ ApproveAfterDays: 6, ComplianceLevel: 'UNSPECIFIED' });
		expect(dated).toMatchObject({ ApproveUntilDate: '2026-03-31', EnableNonSecurity: true });
		expect(dated).not.toHaveProperty('ApproveAfterDays');
		expect(urgent).not.toHaveProperty('EnableNonSecurity');
	});

	it('name patches where the settings do, and keep out what is rejected', async () => {
		const other = await resourcesOf({ approvedPatches: { WINDOWS: ['KB1'] }, rejectedPatches: { UBUNTU: ['nginx*'] } });
		expect(properties(other, 'PatchProdWindowsBaseline')).toMatchObject({ ApprovedPatches: ['KB1'] });
		expect(properties(other, 'PatchProdUbuntuBaseline')).toMatchObject({ RejectedPatches: ['nginx*'], RejectedPatchesAction: 'BLOCK' });
		for (const member of ['ApprovedPatches', 'RejectedPatches'])
			expect(properties(made, 'PatchProdUbuntuBaseline')).not.toHaveProperty(member);
	});
});

describe('the windows', () => {
	it('are one for each group, at its times, for its own targets alone', () => {
		const windows = ofType(made, 'MaintenanceWindow').map(([, { Properties }]) => Properties);
		expect(windows.map(({ Name, ScheduleOffset }) => [Name, ScheduleOffset])).toEqual([
			[patchWindowName(settings, 'dev'), undefined],
			[patchWindowName(settings, 'test'), 3],
			[patchWindowName(settings, 'prod'), 6],
		]);
		for (const each of windows) {
			expect(each).toMatchObject({ Schedule: 'cron(0 2 ? * TUE#3 *)', ScheduleTimezone: 'UTC', Duration: 3, Cutoff: 1 });
			expect(each.AllowUnassociatedTargets).toBe(false);
		}
	});

	it('of the later groups are closed: only the first has a target and a task', () => {
		for (const type of ['MaintenanceWindowTarget', 'MaintenanceWindowTask']) {
			expect(ofType(made, type).map(([, { Properties }]) => Properties.WindowId)).toEqual([{ Ref: 'PatchDevWindow' }]);
		}
	});

	it('run what the others get while their ring is open, in the words of CloudFormation', async () => {
		const [group] = settingsFrom({ STAGE, ...(await environment(framework())) }).patching?.groups ?? [];
		if (!group) throw new Error('There is no group.');
		const { TaskInvocationParameters, ...task } = patchTask({
			...{ settings, group, targetId: 'target', bucket: 'bucket', roleArn: 'role' },
		});
		const wanted = { ...task, TaskInvocationParameters: { MaintenanceWindowRunCommandParameters: TaskInvocationParameters.RunCommand } };
		const text = JSON.stringify(properties(made, 'PatchDevWindowTask'))
			.replaceAll('{"Ref":"PatchDevWindowTarget"}', '"target"')
			.replaceAll('{"Ref":"OutputBucket"}', '"bucket"')
			.replaceAll('{"Fn::GetAtt":["PatchingRole","Arn"]}', '"role"');
		expect(JSON.parse(text)).toEqual({ WindowId: { Ref: 'PatchDevWindow' }, ...wanted });
		expect(properties(made, 'PatchDevWindowTarget')).toEqual({ WindowId: { Ref: 'PatchDevWindow' }, ...patchTarget(group) });
	});
});

describe('the role of the windows', () => {
	const ARNS = { Partition: 'aws', Region: 'eu-west-1', AccountId: '111122223333' } as const;
	const filled = (value: unknown): unknown =>
		JSON.parse(
			JSON.stringify(value)
				.replaceAll(/\{"Fn::Sub":("[^"]+")\}/g, '$1')
				.replaceAll('{"Fn::GetAtt":["OutputBucket","Arn"]}', '"arn:aws:s3:::fleetkeeper-output"')
				.replaceAll(/\$\{AWS::(\w+)\}/g, (_, name: keyof typeof ARNS) => ARNS[name]),
		);
	const role = () => properties(made, 'PatchingRole');
	const sends = (resource: string, PatchGroup?: string) =>
		isAllowed([filled(role().Policies[0].PolicyDocument)], {
			...{ action: 'ssm:SendCommand', resource },
			...(PatchGroup && { context: { 'ssm:resourceTag/PatchGroup': PatchGroup } }),
		});
	const NODES = [
		'arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0',
		'arn:aws:ssm:eu-west-1:111122223333:managed-instance/mi-1',
	];

	it('is for Systems Manager, which alone may take it', () => {
		expect(filled(role().RoleName)).toBe('fleetkeeper-local-patching-eu-west-1');
		expect(role().AssumeRolePolicyDocument.Statement).toEqual([
			{ Effect: 'Allow', Principal: { Service: 'ssm.amazonaws.com' }, Action: 'sts:AssumeRole' },
		]);
	});

	it('runs the document that patches, and no other', () => {
		const { Statement } = filled(role().Policies[0].PolicyDocument) as { Statement: readonly { readonly Resource: string | string[] }[] };
		const named = Statement.flatMap(({ Resource }) => Resource).filter((each) => each.includes(':document/'));
		expect(named).toEqual(['arn:aws:ssm:eu-west-1::document/AWS-RunPatchBaseline']);
	});

	it('runs it on nodes of the patch groups, and on no others', async () => {
		for (const node of NODES) {
			expect([await sends(node, 'dev'), await sends(node, 'prod')]).toEqual([true, true]);
			expect([await sends(node, 'other'), await sends(node)]).toEqual([false, false]);
		}
	});

	it('may do nothing else but follow and cancel', () => {
		const actions = role().Policies[0].PolicyDocument.Statement.flatMap(({ Action }: { Action: string | string[] }) => Action);
		expect([...new Set(actions)].sort()).toEqual(
			['CancelCommand', 'ListCommandInvocations', 'ListCommands', 'SendCommand'].map((each) => `ssm:${each}`),
		);
	});
});

describe('the scan', () => {
	it('looks on the nodes of all groups, at its times alone, and installs nothing', () => {
		expect(properties(made, 'PatchScanAssociation')).toMatchObject({
			Name: 'AWS-RunPatchBaseline',
			Parameters: { Operation: ['Scan'] },
			Targets: [{ Key: 'tag:PatchGroup', Values: ['dev', 'test', 'prod'] }],
			ScheduleExpression: 'cron(0 1 * * ? *)',
			ApplyOnlyAtCronInterval: true,
			SyncCompliance: 'AUTO',
			OutputLocation: { S3Location: { OutputS3BucketName: { Ref: 'OutputBucket' }, OutputS3KeyPrefix: 'associations/patch-scan' } },
		});
	});

	it('is left out where it has no schedule', async () => {
		expect(await resourcesOf({ patchScanSchedule: '' })).not.toHaveProperty('PatchScanAssociation');
	});
});

describe('the function that follows the windows', () => {
	it('is told of the groups in their order, whatever the parts', async () => {
		const { PATCHING } = await environment(framework({ parts: 'events', patchSuccessPercent: '90' }));
		const { patching } = settingsFrom({ STAGE, PATCHING });
		expect(patching?.successPercent).toBe(90);
		expect(patching?.groups.map(({ name, approveAfterDays, maxErrors }) => [name, approveAfterDays, maxErrors])).toEqual([
			['dev', 7, '20%'],
			['test', 10, '10%'],
			['prod', 13, '5%'],
		]);
	});

	it('is told so much that a function takes it as its environment, with as many groups as there may be', async () => {
		const group = {
			schedule: 'cron(0 2 ? * TUE#3 *)',
			hours: 24,
			cutoffHours: 23,
			maxConcurrency: '100%',
			maxErrors: '100%',
			soakDays: 30,
		};
		const patchGroups = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`${'x'.repeat(38)}${n + 10}`, group]));
		const { PATCHING } = await environment(framework({ patchGroups }));
		// All variables of a function have 4 KB together.
		expect(PATCHING.length).toBeLessThan(3_000);
	});
});
