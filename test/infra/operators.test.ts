import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureTemplate } from '../../local/package-template.ts';
import { type RawTemplate, Resolver } from '../../local/template/intrinsics.ts';
import { apiOperations, bundleText, ROOT } from '../../scripts/bundle.ts';
import { detailsOf, isAllowed } from '../../scripts/deployment/iam.ts';

type Make = (framework: { resolveVariable(name: string): Promise<string> }) => Promise<Pick<RawTemplate, 'Resources'>>;
const policiesFor = createRequire(import.meta.url)('../../infra/operators.cjs') as Make;

interface Statement {
	readonly Effect: 'Allow' | 'Deny';
	readonly Action: readonly string[];
	readonly Resource: unknown;
}
interface Policy {
	readonly Statement: readonly Statement[];
}
type Context = Readonly<Record<string, string | string[]>>;

const ACCOUNT = '111122223333';
const AUTHOR = `arn:aws:iam::${ACCOUNT}:role/authors`;
const PERSON = `arn:aws:iam::${ACCOUNT}:role/oncall`;
const SETTINGS: Readonly<Record<string, string>> = {
	'param:allowedDocuments': 'AWS-RestartEC2Instance, arn:aws:ssm:eu-west-1:444455556666:document/theirs',
	'param:playbookAuthors': AUTHOR,
};
const STAGE = 'local';
/** Characters of a managed policy (IAM quotas), and of the longest names that a stage and a Region can have. */
const [LONGEST_POLICY, LONGEST_STAGE, LONGEST_REGION] = [6_144, 20, 14];

/** IAM could narrow them; why they are not: composite alarms, or resources that IAM has learned of only lately. */
const WIDE: readonly string[] = [
	...['cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData', 'cloudwatch:ListMetrics'],
	...['config:DescribeConfigurationRecorderStatus', 'config:DescribeConfigurationRecorders', 'config:DescribeRemediationConfigurations'],
];

const ssm = (resource: string) => `arn:aws:ssm:eu-west-1:${ACCOUNT}:${resource}`;
const INSTANCE = `arn:aws:ec2:eu-west-1:${ACCOUNT}:instance/i-0123456789abcdef0`;
const PLAYBOOK = ssm(`parameter/fleetkeeper/${STAGE}/playbooks/drain-web`);
const LEDGER = `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/fleetkeeper-${STAGE}`;

/** The simulator knows no document without an account, as AWS's own are: both sides get one. */
const withAccount = (text: string) => text.replaceAll(/(:ssm:[a-z0-9-]+)::/g, '$1:000000000000:');

let policies: Readonly<Record<string, Policy>>;

beforeAll(async () => {
	const packaged = JSON.parse(readFileSync(await ensureTemplate(), 'utf8')) as RawTemplate;
	const { Resources } = await policiesFor({ resolveVariable: async (name) => SETTINGS[name] ?? '' });
	const text = JSON.stringify({ ...packaged, Resources: { ...packaged.Resources, ...Resources } });
	const template = JSON.parse(text.replaceAll('${self:service}', 'fleetkeeper').replaceAll('${sls:stage}', STAGE)) as RawTemplate;
	const resolver = new Resolver(template, { account: ACCOUNT, region: 'eu-west-1', name: 'stack' });
	policies = Object.fromEntries(
		Object.keys(Resources).map((id) => [
			id,
			JSON.parse(withAccount(JSON.stringify(resolver.resolve(template.Resources[id]?.Properties?.['PolicyDocument'], id)))) as Policy,
		]),
	);
}, 60_000);

const policy = (id: string): Policy => {
	const found = policies[id];
	if (found === undefined) throw new Error(`There is no policy ${id}.`);
	return found;
};

/** Whether IAM lets somebody who has these policies do it. */
function may(of: readonly (string | Policy)[], action: string, resource: string, context: Context = {}, principal = PERSON) {
	const documents = of.map((each) => (typeof each === 'string' ? policy(each) : each));
	return isAllowed(documents, { action, resource: withAccount(resource), context, principal });
}

const actionsOf = (id: string): readonly string[] => policy(id).Statement.flatMap(({ Action }) => Action);
const ADMINISTRATOR = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['*'], Resource: '*' }] } as const;

describe('the policies for people', () => {
	it('name every action in full, and IAM knows it', async () => {
		for (const id of Object.keys(policies)) {
			for (const action of actionsOf(id)) {
				expect(action).toBe(`${action.split(':')[0]}:${(await detailsOf(action)).name}`);
			}
		}
	});

	it('allow on every resource only what IAM cannot narrow', async () => {
		const wide = Object.values(policies).flatMap(({ Statement }) => Statement.filter(({ Resource }) => Resource === '*'));
		const narrowable: string[] = [];
		for (const action of wide.flatMap(({ Action }) => Action)) {
			if (!(await detailsOf(action)).isWildcardOnly) narrowable.push(action);
		}
		expect(narrowable.sort()).toEqual([...WIDE].sort());
	});

	it('are as short as a managed policy must be, with the longest name of a stage', () => {
		const longest = (document: Policy) =>
			JSON.stringify(document)
				.replaceAll(/\s/g, '')
				.replaceAll(STAGE, 'x'.repeat(LONGEST_STAGE))
				.replaceAll('eu-west-1', 'x'.repeat(LONGEST_REGION)).length;
		const tooLong = Object.entries(policies).filter(([, document]) => longest(document) > LONGEST_POLICY);
		expect(tooLong.map(([id, document]) => [id, longest(document)])).toEqual([]);
	});

	it('grant what each verb of the command can ask of AWS', async () => {
		const modules = readdirSync(join(ROOT, 'cli')).filter((file) => file.endsWith('.ts') && file !== 'fleet.ts');
		expect(await notAllowed([...modules, 'support/desk.ts'], ['ReadPolicy', 'RunPolicy', 'OperatePolicy', 'HybridPolicy'])).toEqual([]);
	}, 30_000);

	it('let a reader list, show, check, and ask what is missing', async () => {
		expect(await notAllowed(['list.ts', 'show.ts', 'check.ts', 'doctor.ts'], ['ReadPolicy'])).toEqual([]);
	}, 30_000);
});

const PREFIXES: Readonly<Record<string, string>> = {
	'auto-scaling': 'autoscaling',
	'config-service': 'config',
	eventbridge: 'events',
	'resource-groups-tagging-api': 'tag',
	'service-quotas': 'servicequotas',
};

/** The calls that are in modules of the command, as actions that no policy grants. Endpoint discovery is never called. */
async function notAllowed(modules: readonly string[], ids: readonly string[]): Promise<string[]> {
	const bundle = await bundleText(modules.map((module) => `export * from './cli/${module}';`).join('\n'));
	const actions = [...apiOperations(bundle)].flatMap(([client, names]) => {
		const service = client.replace('@aws-sdk/client-', '');
		return names.map((name) => `${PREFIXES[service] ?? service}:${service === 'sqs' ? name.replace(/Batch$/, '') : name}`);
	});
	const granted = ids.flatMap(actionsOf);
	// A batch needs what each of its entries would.
	return actions.filter((action) => action !== 'dynamodb:DescribeEndpoints' && !granted.includes(action)).sort();
}

describe('the policy for sessions', () => {
	const TAGGED = { 'ssm:resourceTag/fleetkeeper-sessions': STAGE, 'ssm:SessionDocumentAccessCheck': 'true' };
	const start = (resource: string, context: Context) => may(['SessionPolicy'], 'ssm:StartSession', resource, context);

	it('starts one on a node that has the tag of this stage, and on no other', async () => {
		expect(await start(INSTANCE, TAGGED)).toBe(true);
		expect(await start(ssm('managed-instance/mi-0123456789abcdef0'), TAGGED)).toBe(true);
		expect(await start(INSTANCE, { 'ssm:SessionDocumentAccessCheck': 'true' })).toBe(false);
		expect(await start(INSTANCE, { ...TAGGED, 'ssm:resourceTag/fleetkeeper-sessions': 'prod' })).toBe(false);
	});

	it('starts none that goes past the check of its document, nor one of another document', async () => {
		const checked = { 'ssm:SessionDocumentAccessCheck': 'true' };
		expect(await start(INSTANCE, { ...TAGGED, 'ssm:SessionDocumentAccessCheck': 'false' })).toBe(false);
		expect(await start(ssm('document/SSM-SessionManagerRunShell'), checked)).toBe(true);
		expect(await start(ssm('document/AWS-StartPortForwardingSession'), checked)).toBe(false);
	});

	it("is for the stage's own document alone where the part is on, with its key", async () => {
		const { Resources } = await policiesFor({ resolveVariable: async (name) => (name === 'param:parts' ? 'alarms,sessions' : '') });
		const [policies] = [JSON.stringify(Resources['SessionPolicy']?.Properties?.['PolicyDocument'])];
		const text = policies.replaceAll('${self:service}', 'fleetkeeper').replaceAll('${sls:stage}', STAGE);
		const known = { account: ACCOUNT, region: 'eu-west-1', name: 'stack' };
		const key = { SessionKey: { Type: 'AWS::KMS::Key', Properties: {} } };
		const own = new Resolver({ Resources: key }, known).resolve(JSON.parse(text), 'SessionPolicy') as Policy;
		const checked = { 'ssm:SessionDocumentAccessCheck': 'true' };
		const opens = (name: string, context: Context = checked) => may([own], 'ssm:StartSession', ssm(`document/${name}`), context);

		expect(await opens(`fleetkeeper-${STAGE}-session`)).toBe(true);
		expect(await opens('SSM-SessionManagerRunShell')).toBe(false);
		expect(await opens('fleetkeeper-prod-session')).toBe(false);
		expect(await opens(`fleetkeeper-${STAGE}-session`, { 'ssm:SessionDocumentAccessCheck': 'false' })).toBe(false);
		expect(JSON.stringify(own)).toContain('"Action":["kms:GenerateDataKey"],"Resource":"arn:aws:kms:eu-west-1:');
	});

	it.each(['ssm:TerminateSession', 'ssm:ResumeSession'])('lets people do %s to their own alone', async (action) => {
		const of = (starter: string) =>
			may(['SessionPolicy'], action, ssm('session/anna-0123456789abcdef0'), {
				'aws:userid': 'AROAEXAMPLE:anna',
				'ssm:resourceTag/aws:ssmmessages:session-id': starter,
			});
		expect([await of('AROAEXAMPLE:anna'), await of('AROAEXAMPLE:bert')]).toEqual([true, false]);
	});
});

describe('the policy for running documents', () => {
	const runs = async (action: string, ...resources: string[]) => {
		const each = await Promise.all(resources.map((resource) => may(['RunPolicy'], action, resource)));
		return each.every(Boolean);
	};

	it("runs the stage's own commands and runbooks, and those that the settings allow", async () => {
		const own = `fleetkeeper-${STAGE}-restart-node`;
		expect(await runs('ssm:SendCommand', INSTANCE, ssm(`document/${own}`), 'arn:aws:ssm:eu-west-1:444455556666:document/theirs')).toBe(
			true,
		);
		const runbooks = [
			ssm(`automation-definition/${own}:$DEFAULT`),
			'arn:aws:ssm:eu-west-1::automation-definition/AWS-RestartEC2Instance:1',
		];
		expect(await runs('ssm:StartAutomationExecution', ...runbooks)).toBe(true);
	});

	it('runs nothing else', async () => {
		const shell = 'arn:aws:ssm:eu-west-1::document/AWS-RunShellScript';
		expect(await runs('ssm:SendCommand', shell)).toBe(false);
		expect(await runs('ssm:SendCommand', ssm('document/fleetkeeper-prod-drain-node'))).toBe(false);
		expect(await runs('ssm:StartAutomationExecution', 'arn:aws:ssm:eu-west-1::automation-definition/AWS-StopEC2Instance:1')).toBe(false);
	});

	it('passes the automation role to Systems Manager alone', async () => {
		const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/fleetkeeper-${STAGE}-${name}-eu-west-1`;
		const pass = (name: string, service: string) => may(['RunPolicy'], 'iam:PassRole', role(name), { 'iam:PassedToService': service });
		expect(await pass('automation', 'ssm.amazonaws.com')).toBe(true);
		expect(await pass('automation', 'lambda.amazonaws.com')).toBe(false);
		expect(await pass('other', 'ssm.amazonaws.com')).toBe(false);
	});
});

describe('the policy for reading', () => {
	it('reads operations, playbooks, executions and logs of the stage', async () => {
		const log = `arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:/aws/lambda/fleetkeeper-${STAGE}-reconcile`;
		expect(await may(['ReadPolicy'], 'dynamodb:Query', `${LEDGER}/index/due`)).toBe(true);
		expect(await may(['ReadPolicy'], 'ssm:GetParameterHistory', PLAYBOOK)).toBe(true);
		expect(await may(['ReadPolicy'], 'logs:FilterLogEvents', log)).toBe(true);
		expect(await may(['ReadPolicy'], 'ssm:GetParameter', ssm('parameter/secrets/database'))).toBe(false);
	});

	it('changes nothing, and starts nothing', async () => {
		const levels = await Promise.all(
			actionsOf('ReadPolicy').map(async (action) => [action, (await detailsOf(action)).accessLevel] as const),
		);
		expect(levels.filter(([, level]) => !/^(Read|List)/.test(level))).toEqual([]);
	});
});

describe('the policy for operating', () => {
	const writes = (item: string, context: Context = {}) =>
		may(['OperatePolicy'], 'dynamodb:UpdateItem', LEDGER, { 'dynamodb:LeadingKeys': [item], ...context });

	it('writes operations and their work', async () => {
		expect([await writes('operation#lifecycle-3f2a'), await writes('work#1'), await writes('limits#drain-web')]).toEqual([
			true,
			true,
			true,
		]);
	});

	it('pauses, and leaves the playbooks in force alone', async () => {
		expect(await writes('playbooks', { 'dynamodb:Attributes': ['pk', 'sk', 'paused', 'pauses'] })).toBe(true);
		expect(await writes('playbooks', { 'dynamodb:Attributes': ['pk', 'sk', 'paused', 'set'] })).toBe(false);
		expect(await may(['OperatePolicy'], 'dynamodb:PutItem', LEDGER, { 'dynamodb:LeadingKeys': ['playbooks'] })).toBe(false);
	});

	it('tells the world as Fleetkeeper, and asks for runbooks and commands on the bus for requests alone', async () => {
		const put = (bus: string, context: Context) =>
			may(['OperatePolicy'], 'events:PutEvents', `arn:aws:events:eu-west-1:${ACCOUNT}:event-bus/${bus}`, context);
		expect(await put('default', { 'events:source': 'fleetkeeper' })).toBe(true);
		expect(await put('default', { 'events:source': 'aws.autoscaling' })).toBe(false);
		for (const type of ['Run Automation Requested', 'Run Command Requested']) {
			const asked = { 'events:source': 'ops.cli', 'events:detail-type': type };
			expect(await put(`fleetkeeper-${STAGE}-requests`, asked)).toBe(true);
			expect(await put('default', asked)).toBe(false);
		}
	});

	it('writes no playbook', async () => {
		expect(await may(['ReadPolicy', 'RunPolicy', 'OperatePolicy', 'SessionPolicy'], 'ssm:PutParameter', PLAYBOOK)).toBe(false);
	});
});

describe('the policy for authors', () => {
	it('writes playbooks of this stage, and no other parameter', async () => {
		const put = (name: string) => may(['AuthorPolicy'], 'ssm:PutParameter', ssm(`parameter/${name}`));
		expect(await put(`fleetkeeper/${STAGE}/playbooks/drain-web`)).toBe(true);
		expect(await put('fleetkeeper/prod/playbooks/drain-web')).toBe(false);
		expect(await put('app/database')).toBe(false);
	});
});

describe('the guard', () => {
	const guarded = (action: string, resource: string, principal: string) =>
		may([ADMINISTRATOR, 'GuardPolicy'], action, resource, {}, principal);
	const LABELLING = `arn:aws:iam::${ACCOUNT}:role/fleetkeeper-${STAGE}-playbook-change-eu-west-1-lambdaRole`;
	const DOCUMENT = ssm(`document/fleetkeeper-${STAGE}-drain-node`);

	it.each(['ssm:PutParameter', 'ssm:DeleteParameter', 'ssm:DeleteParameters', 'ssm:LabelParameterVersion'])(
		'denies %s of a playbook to an administrator, unless it is an author',
		async (action) => {
			expect([await guarded(action, PLAYBOOK, PERSON), await guarded(action, PLAYBOOK, AUTHOR)]).toEqual([false, true]);
		},
	);

	it.each(['ssm:CreateDocument', 'ssm:UpdateDocument', 'ssm:UpdateDocumentDefaultVersion', 'ssm:DeleteDocument'])(
		"denies %s of the stage's own documents to an administrator, unless it is an author",
		async (action) => {
			expect([await guarded(action, DOCUMENT, PERSON), await guarded(action, DOCUMENT, AUTHOR)]).toEqual([false, true]);
		},
	);

	it('lets the function that labels playbooks do so, and no more', async () => {
		expect(await guarded('ssm:LabelParameterVersion', PLAYBOOK, LABELLING)).toBe(true);
		expect(await guarded('ssm:PutParameter', PLAYBOOK, LABELLING)).toBe(false);
	});

	it('leaves all else alone', async () => {
		expect(await guarded('ssm:PutParameter', ssm('parameter/app/database'), PERSON)).toBe(true);
		expect(await guarded('ssm:GetParameter', PLAYBOOK, PERSON)).toBe(true);
		expect(await guarded('ssm:UpdateDocument', ssm('document/theirs'), PERSON)).toBe(true);
	});

	it('grants nothing by itself', async () => {
		expect(await may(['GuardPolicy'], 'ssm:PutParameter', PLAYBOOK, {}, AUTHOR)).toBe(false);
	});

	it('denies all of them where nobody is named', async () => {
		const { Resources } = await policiesFor({ resolveVariable: async () => '' });
		const document = JSON.stringify(Resources['GuardPolicy']?.Properties?.['PolicyDocument']);
		expect(document.match(/aws:PrincipalArn/g)).toHaveLength(1);
	});
});

describe('the policy for machines outside EC2', () => {
	const passing = (role: string, service = 'ssm.amazonaws.com') =>
		may(['HybridPolicy'], 'iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/${role}`, { 'iam:PassedToService': service });

	it("passes the stage's own role for them, to Systems Manager alone", async () => {
		const own = `fleetkeeper-${STAGE}-hybrid-eu-west-1`;
		expect(await passing(own)).toBe(true);
		expect(await passing(own, 'ec2.amazonaws.com')).toBe(false);
		expect(await passing(`fleetkeeper-${STAGE}-automation-eu-west-1`)).toBe(false);
	});

	it('writes codes of activations and no other parameter, and deregisters machines', async () => {
		const puts = (name: string) => may(['HybridPolicy'], 'ssm:PutParameter', ssm(`parameter/fleetkeeper/${STAGE}/${name}`));
		expect(await puts('activations/5b3e8f0a-1c2d-4e6f-8a9b-0c1d2e3f4a5b')).toBe(true);
		expect(await puts('playbooks/drain-web')).toBe(false);
		expect(await may(['HybridPolicy'], 'ssm:DeregisterManagedInstance', ssm('managed-instance/mi-0123456789abcdef0'))).toBe(true);
		expect(
			await may(
				['ReadPolicy', 'RunPolicy', 'OperatePolicy'],
				'ssm:DeregisterManagedInstance',
				ssm('managed-instance/mi-0123456789abcdef0'),
			),
		).toBe(false);
		// Whoever may read everything reads no code.
		expect(await may(['ReadPolicy'], 'ssm:GetParameter', ssm(`parameter/fleetkeeper/${STAGE}/activations/5b3e8f0a`))).toBe(false);
	});
});
