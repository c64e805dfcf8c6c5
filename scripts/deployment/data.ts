/** What a stage holds: data, put there as functions and nodes would; and the names and versions of what it is made of. */

import { ListDashboardsCommand } from '@aws-sdk/client-cloudwatch';
import { ListTablesCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { ListEventBusesCommand, ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { ListTopicsCommand } from '@aws-sdk/client-sns';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import {
	DescribeParametersCommand,
	GetDocumentCommand,
	PutParameterCommand,
	paginateGetParametersByPath,
	paginateListDocuments,
} from '@aws-sdk/client-ssm';
import type { Answer, Clients } from './clients.ts';

export interface Place {
	readonly account: string;
	readonly region: string;
}

const ITEM = { pk: { S: 'operation-in-flight' }, sk: { S: 'operation' } };
const OBJECT = 'commands/output.txt';
const STREAM = 'one';

const bucketOf = (stage: string, { account, region }: Place) => `fleetkeeper-${stage}-output-${account}-${region}`;
const logGroupsOf = (stage: string) => [`/fleetkeeper/${stage}/command-output`, `/aws/events/fleetkeeper/${stage}/operations`];

/** Puts an operation, output of a command and log lines where they belong. */
export async function fill({ dynamodb, ask }: Clients, stage: string, place: Place): Promise<void> {
	await dynamodb.send(new PutItemCommand({ TableName: `fleetkeeper-${stage}`, Item: ITEM }));
	await ask('s3', 'PutObject', { Bucket: bucketOf(stage, place), Key: OBJECT, Body: 'drained' });
	for (const logGroupName of logGroupsOf(stage)) {
		await ask('cloudwatch-logs', 'CreateLogStream', { logGroupName, logStreamName: STREAM });
		await ask('cloudwatch-logs', 'PutLogEvents', {
			logGroupName,
			logStreamName: STREAM,
			logEvents: [{ timestamp: Date.now(), message: 'drained' }],
		});
	}
}

/** Which of the places that `fill` put something into still hold it. */
export async function contents(clients: Clients, stage: string, place: Place): Promise<{ holding: string[]; empty: string[] }> {
	const { dynamodb, ask } = clients;
	const [TableName, Bucket] = [`fleetkeeper-${stage}`, bucketOf(stage, place)];
	const looks: [string, () => Promise<number | undefined>][] = [
		[TableName, async () => (await dynamodb.send(new ScanCommand({ TableName }))).Items?.length],
		[Bucket, async () => (await ask('s3', 'HeadObject', { Bucket, Key: OBJECT })).ContentLength],
		...logGroupsOf(stage).map((logGroupName): [string, () => Promise<number>] => [
			logGroupName,
			async () => (await ask('cloudwatch-logs', 'GetLogEvents', { logGroupName, logStreamName: STREAM })).events.length,
		]),
	];
	const holding: string[] = [];
	const empty: string[] = [];
	for (const [name, look] of looks) {
		const held = await look().catch(() => 0);
		(held ? holding : empty).push(name);
	}
	return { holding, empty };
}

/** Every name in the account that says it is of a stage, whatever it names. */
export async function namesOf(clients: Clients, stage: string): Promise<string[]> {
	const { ask, cloudwatch, dynamodb, events, sns, sqs, ssm } = clients;
	const names: (string | undefined)[] = [];
	const { EventBuses = [] } = await events.send(new ListEventBusesCommand({}));
	for (const { Name } of EventBuses) {
		const { Rules = [] } = await events.send(new ListRulesCommand({ EventBusName: Name }));
		names.push(Name, ...Rules.map((rule) => rule.Name));
	}
	for await (const { DocumentIdentifiers = [] } of paginateListDocuments({ client: ssm }, {})) {
		names.push(...DocumentIdentifiers.map(({ Name }) => Name));
	}
	names.push(...((await dynamodb.send(new ListTablesCommand({}))).TableNames ?? []));
	names.push(...((await sqs.send(new ListQueuesCommand({}))).QueueUrls ?? []).map(last));
	names.push(...((await sns.send(new ListTopicsCommand({}))).Topics ?? []).map(({ TopicArn = '' }) => last(TopicArn)));
	names.push(...((await ssm.send(new DescribeParametersCommand({}))).Parameters ?? []).map(({ Name }) => Name));
	names.push(...((await cloudwatch.send(new ListDashboardsCommand({}))).DashboardEntries ?? []).map((each) => each.DashboardName));
	const lists: readonly [Answer, string, string][] = [
		[await ask('lambda', 'ListFunctions'), 'Functions', 'FunctionName'],
		[await ask('iam', 'ListRoles'), 'Roles', 'RoleName'],
		[await ask('iam', 'ListPolicies', { Scope: 'Local' }), 'Policies', 'PolicyName'],
		[await ask('s3', 'ListBuckets'), 'Buckets', 'Name'],
		[await ask('cloudwatch-logs', 'DescribeLogGroups'), 'logGroups', 'logGroupName'],
		[await ask('cloudwatch-logs', 'DescribeResourcePolicies'), 'resourcePolicies', 'policyName'],
	];
	for (const [answer, list, name] of lists) names.push(...(answer[list] ?? []).map((each: Answer) => each[name]));
	const isOfStage = new RegExp(`fleetkeeper[-/]${stage}([-/]|$)`);
	return names.filter((name) => name !== undefined).filter((name) => isOfStage.test(name));
}

const last = (text: string): string => text.split(/[:/]/).at(-1) ?? text;

/** What is deployed, and since when. */
export interface Standing {
	/** The text of a playbook or document; the hash of a function's code. */
	readonly what: string;
	readonly since: string;
}

const playbooksOf = (stack: string) => `/${stack.replace('-', '/')}/playbooks/`;

/** Somebody edits a playbook in the console: the text is its new one. */
export async function edit({ ssm }: Clients, stack: string, playbook: string, Value: string): Promise<void> {
	await ssm.send(new PutParameterCommand({ Name: `${playbooksOf(stack)}${playbook}`, Value, Overwrite: true }));
}

/** Every playbook, document and function of a stage, by type and name: `playbook drain-web`. */
export async function standing({ ask, ssm }: Clients, stack: string): Promise<Map<string, Standing>> {
	const found = new Map<string, Standing>();
	const set = (name: string, what: unknown, since: unknown) => found.set(name, { what: String(what), since: String(since) });
	for await (const { Parameters = [] } of paginateGetParametersByPath({ client: ssm }, { Path: playbooksOf(stack) })) {
		for (const { Name = '', Value, LastModifiedDate } of Parameters) set(`playbook ${last(Name)}`, Value, LastModifiedDate);
	}
	for await (const { DocumentIdentifiers = [] } of paginateListDocuments({ client: ssm }, {})) {
		for (const { Name = '', CreatedDate } of DocumentIdentifiers.filter((each) => each.Name?.startsWith(`${stack}-`))) {
			const { Content } = await ssm.send(new GetDocumentCommand({ Name }));
			set(`document ${Name.slice(stack.length + 1)}`, JSON.stringify(Content), CreatedDate);
		}
	}
	const { Functions } = await ask('lambda', 'ListFunctions');
	for (const { FunctionName, CodeSha256, LastModified } of Functions) {
		if (FunctionName.startsWith(`${stack}-`)) set(`function ${FunctionName.slice(stack.length + 1)}`, CodeSha256, LastModified);
	}
	return found;
}
