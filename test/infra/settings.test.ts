import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../../scripts/bundle.ts';
import { ofType, type PackagedTemplate, packageService } from './package.ts';

type Values = Readonly<Record<string, unknown>>;
type Params = Readonly<Record<string, Values | undefined>>;

/** As the framework makes a plugin. */
const Settings = createRequire(import.meta.url)('../../infra/settings.cjs') as {
	new (serverless: object): { readonly hooks: { readonly 'before:package:cleanup': () => void } };
	readonly TYPES: Readonly<Record<string, string>>;
	problems(stage: string, values: Values): string[];
	valuesFor(stage: string, params: Params, given: readonly string[]): Values;
};
const { problems, TYPES, valuesFor } = Settings;

const { params } = parse(readFileSync(join(ROOT, 'serverless.yml'), 'utf8')) as { params: { default: Values } };
const DEFAULTS = params.default;
const problemsWith = (values: Values) => problems('prod', { ...DEFAULTS, ...values });

/** As CloudFormation would fill it in. */
const filled = (text: string): string =>
	text.replaceAll('${AWS::AccountId}', '111122223333').replaceAll('${AWS::Region}', 'eu-west-1').replaceAll('${AWS::Partition}', 'aws');

describe('a setting', () => {
	it('has a default that fits', () => {
		expect(problems('prod', DEFAULTS)).toEqual([]);
	});

	it('is in docs/settings.md, with its type and its default, and nothing else is', () => {
		const [, table = ''] = readFileSync(join(ROOT, 'docs', 'settings.md'), 'utf8').split('\n## Settings\n');
		const rows = [...table.matchAll(/^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|/gm)].map(([, ...cells]) => cells.map((cell) => cell.trim()));
		const settings = rows.filter(([name = '']) => name[0] === name[0]?.toLowerCase());
		const written = (name: string, value: unknown) => {
			if (typeof value === 'object') return settings.find(([each]) => each === name)?.[2];
			return value === '' ? 'none' : `\`${value}\``;
		};
		const wanted = Object.entries(DEFAULTS).map(([name, value]) => [name, TYPES[name], written(name, value)]);
		const sorted = (list: readonly unknown[]) => [...list].sort();
		expect(sorted(settings)).toEqual(sorted(wanted));
	});

	it.each(Object.keys(DEFAULTS))('is checked: %s', (name) => {
		const [problem = '', ...others] = problemsWith({ [name]: 'not, that!' });
		expect(others).toEqual([]);
		expect(problem).toMatch(new RegExp(`^Setting '${name}' is 'not, that!': .*use .*\\.$`));
	});

	it.each([
		['logLevel', 'DEBUG'],
		['retentionDays', 30],
		['retentionDays', '30'],
		['alertEmail', 'ops@example.com'],
		['requesters', 'arn:aws:iam::111122223333:role/oncall, arn:aws:iam::444455556666:user/team/anna'],
		['playbookAuthors', 'arn:aws:iam::111122223333:role/deploy'],
		['deploymentRole', 'arn:aws:iam::111122223333:role/ci/deployment'],
		['allowedDocuments', 'AWS-RestartEC2Instance,arn:aws:ssm:eu-west-1:444455556666:document/shared'],
		['calendar', 'business-hours'],
		['calendar', 'arn:aws:ssm:eu-west-1:444455556666:document/freeze'],
		['oldestOpenHours', '50'],
		['parts', 'alarms, events'],
		['parts', 'patching,state'],
		['parts', 'sessions'],
		['sessionIdleMinutes', '60'],
		['sessionMaxMinutes', '1440'],
		['sessionRunAs', 'ops'],
		['sessionPreferences', 'on'],
		['patchScanSchedule', 'cron(30 22 ? * MON-FRI *)'],
		['agentUpdateSchedule', ''],
		['inventorySchedule', 'cron(0 0/12 * * ? *)'],
		['cloudWatchAgentParameter', '/agents/cloudwatch'],
		['stateTargets', 'tag:Environment=prod'],
		['patchSuccessPercent', '90'],
	])('%s may be %j', (name, value) => {
		expect(problemsWith({ [name]: value })).toEqual([]);
	});

	it.each([
		['logLevel', 'debug', /use one of DEBUG, INFO, WARN, ERROR/],
		['retentionDays', 45, /CloudWatch Logs takes: 1, 3, 5/],
		['auditRetentionDays', 0, /CloudWatch Logs takes/],
		['alertEmail', 'ops', /ops@example\.com/],
		['alertEmail', 'a@example.com,b@example.com', /one address/],
		['requesters', '*', /ARNs of roles and users/],
		['requesters', ['arn:aws:iam::111122223333:role/oncall'], /in one text, separated by commas/],
		['playbookAuthors', 'arn:aws:iam::111122223333:role/*', /ARNs of roles and users/],
		['deploymentRole', 'deployment', /ARN of one role/],
		['allowedDocuments', 'AWS-*', /in full/],
		['allowedDocuments', 'drain-node', /'drain-node' does not fit/],
		['allowedDocuments', 'arn:aws:ssm:*:444455556666:document/shared', /in full/],
		['calendar', 'a b', /Change Calendar/],
		['oldestOpenHours', 0, /whole number of hours/],
		['parts', 'alarms,everything', /'everything' does not fit; use lifecycle, alarms, compliance, events, patching, state/],
		['parts', '', /fleet -- pause/],
		['patchScanSchedule', 'rate(1 day)', /use cron/],
		['agentUpdateSchedule', 'cron(0/5 * * * ? *)', /no interval under 30 minutes/],
		['inventorySchedule', 'daily', /use cron/],
		['cloudWatchAgentSchedule', 'cron(0 5 ? 1 SUN *)', /takes no month/],
		['cloudWatchAgentParameter', 'two names', /name of one parameter/],
		['sessionIdleMinutes', '61', /whole number of minutes, 1 to 60/],
		['sessionMaxMinutes', 0, /1 to 1440/],
		['sessionRunAs', 'ops; id', /one user/],
		['sessionPreferences', 'yes', /use one of on, off/],
		['stateTargets', '', /use \* for all managed nodes/],
		['stateTargets', 'i-0123456789abcdef0', /tag:<key>=<value>/],
		['patchSuccessPercent', '95%', /1 to 100/],
	])('%s may not be %j', (name, value, advice) => {
		const [problem, ...others] = problemsWith({ [name]: value });
		expect(problem).toMatch(advice);
		expect(others).toEqual([]);
	});

	it('that does not exist is said with those that do', () => {
		expect(problemsWith({ alertMail: 'ops@example.com' })).toEqual([
			expect.stringMatching(/^Setting 'alertMail' does not exist: use one of .*alertEmail/),
		]);
	});

	it('is taken from the command line before the block of the stage before the defaults', () => {
		const blocks = { default: { a: 1, b: 1, c: 1 }, prod: { b: 2, c: 2, a: null }, dev: { a: 3 } };
		expect(valuesFor('prod', blocks, ['c=3', 'd=x=y'])).toEqual({ a: 1, b: 2, c: '3', d: 'x=y' });
	});
});

it.each(['Prod', '1dev', 'a-stage-with-too-long-a-name'])('the stage %j is refused', (stage) => {
	expect(problems(stage, DEFAULTS)).toEqual([expect.stringContaining(`Stage '${stage}': use 1 to 20`)]);
});

it('packaging ends where a setting does not fit, with all that is wrong', () => {
	const { hooks } = new Settings({
		getProvider: () => ({ getStage: () => 'prod' }),
		configurationInput: { params: { default: DEFAULTS } },
		processedInput: { options: { param: ['retentionDays=45', 'calendr=x'] } },
		classes: { Error },
	});
	expect(hooks['before:package:cleanup']).toThrow(/Setting 'calendr' does not exist[\s\S]*Setting 'retentionDays' is '45'/);
});

describe('a stage with settings of its own', () => {
	let template: PackagedTemplate;

	beforeAll(async () => {
		const shared = 'arn:aws:ssm:eu-west-1:444455556666:document/shared';
		template = await packageService('prod', {
			parts: 'alarms,events',
			calendar: 'freeze',
			allowedDocuments: `AWS-RestartEC2Instance,${shared}`,
		});
	}, 60_000);

	it('has the rules of parts that are off disabled, and no others', () => {
		const states = ofType(template, 'AWS::Events::Rule').filter(([, { Properties }]) => Properties.State !== undefined);
		expect(states.map(([id, { Properties }]) => [id, Properties.State])).toEqual([
			['InstanceLifecycleRule', 'DISABLED'],
			['ConfigComplianceRule', 'DISABLED'],
			['MaintenanceWindowRule', 'DISABLED'],
			['MaintenanceWindowSweepClock', 'DISABLED'],
			['InventoryChangeRule', 'DISABLED'],
			['InventoryChangeSweepClock', 'DISABLED'],
			['SessionEventRule', 'DISABLED'],
			['SessionEventSweepClock', 'DISABLED'],
			['AgentHealthRule', 'DISABLED'],
			['AgentHealthSweepClock', 'DISABLED'],
			['NodeStateRule', 'DISABLED'],
			['NodeStateSweepClock', 'DISABLED'],
		]);
	});

	it('has nothing of Patch Manager and State Manager where their parts are off', () => {
		const types = new Set(Object.values(template.Resources).map(({ Type }) => Type));
		expect([...types].filter((type) => /MaintenanceWindow|PatchBaseline|Association$/.test(type))).toEqual([]);
		expect(template.Resources).not.toHaveProperty('PatchingRole');
	});

	it('tells its functions of parts and calendar', () => {
		const { Variables } = template.Resources['ReconcileLambdaFunction']?.Properties.Environment ?? {};
		expect(Variables).toMatchObject({ PARTS: 'alarms,events', CALENDAR: 'freeze' });
	});

	it.each([
		['ssm:SendCommand', ['document/AWS-RestartEC2Instance', 'document/shared']],
		[
			'ssm:StartAutomationExecution',
			[
				'automation-definition/AWS-RestartEC2Instance:*',
				'automation-definition/shared:*',
				'document/AWS-RestartEC2Instance',
				'document/shared',
			],
		],
	])('lets its functions run the documents it allows, with %s', (action, documents) => {
		const { Policies } = template.Resources['FleetDasheventIamRoleLambdaExecution']?.Properties ?? {};
		const [statement] = Policies[0].PolicyDocument.Statement.filter(({ Action }: { Action: string[] }) => Action.includes(action));
		const texts = statement.Resource.map((each: string | { 'Fn::Sub'?: string }) =>
			typeof each === 'string' ? each : filled(each['Fn::Sub'] ?? ''),
		) as string[];
		const foreign = texts.filter((text) => /(document|automation-definition)\//.test(text) && !text.includes('/fleetkeeper-prod-'));
		expect(foreign.map((text) => text.split(':').slice(5).join(':')).sort()).toEqual([...documents].sort());
		// AWS's own documents belong to no account.
		expect(foreign.filter((text) => text.includes('AWS-Restart')).every((text) => text.includes('ssm:eu-west-1::'))).toBe(true);
	});
});
