/** Systems Manager. */

import type {
	AddTagsToResourceCommandInput,
	CreateOpsItemCommandInput,
	GetCalendarStateCommandInput,
	PutParameterCommandInput,
	SendCommandCommandInput,
	StartAutomationExecutionCommandInput,
	Target,
} from '@aws-sdk/client-ssm';
import { ANYTHING, type Need, type Needs, onAnything, type RequestContext, type Site, tagContext } from '../need.ts';

/** What AWS offers to every account; no account can give a document such a name (API reference of CreateDocument). */
const OF_AWS = /^(AWS|Amazon|AMZN)/i;

/** AWS's own documents have no account in their ARNs (user guide, "Setting up identity based policies examples"). */
export function documentArn(nameOrArn: string, { region, arn }: Site): string {
	if (nameOrArn.startsWith('arn:')) return nameOrArn;
	return OF_AWS.test(nameOrArn) ? `arn:aws:ssm:${region}::document/${nameOrArn}` : arn('ssm', `document/${nameOrArn}`);
}

export function nodeArn(id: string, { arn }: Site): string {
	return id.startsWith('mi-') ? arn('ssm', `managed-instance/${id}`) : arn('ec2', `instance/${id}`);
}

const SERVICE = 'ssm.amazonaws.com';

export function passRole(role: string): Need {
	return { action: 'iam:PassRole', resources: [role], context: () => ({ 'iam:PassedToService': SERVICE }) };
}

/** Of a call on several nodes, the tags that all of them have: a condition has to hold for each. */
export function nodeTags(ids: readonly string[], { facts }: Site): RequestContext {
	const [first, ...others] = ids.map((id) => facts.instanceTags(id) ?? new Map<string, string>());
	const common = [...(first ?? [])].filter(([key, value]) => others.every((tags) => tags.get(key) === value));
	return resourceTags(common);
}

function resourceTags(tags: readonly (readonly [string, string])[]): RequestContext {
	return Object.fromEntries(
		tags.flatMap(([key, value]) => [
			[`ssm:resourceTag/${key}`, value],
			[`aws:ResourceTag/${key}`, value],
		]),
	);
}

/**
 * Of nodes that are targeted by tags, the tags that they must have: IAM looks at them node by node (user guide, "Restricting Run Command
 * access based on tags"). One for each value where a tag may have several.
 */
function targetedTags(targets: readonly Target[]): RequestContext[] {
	const byTag = targets.flatMap(({ Key: key = '', Values: values = [] }) =>
		key.startsWith('tag:') ? [{ key: key.slice(4), values }] : [],
	);
	const sure = byTag.flatMap(({ key, values: [value = '', ...others] }) => (others.length === 0 ? [[key, value] as const] : []));
	const possible = byTag
		.filter(({ values }) => values.length > 1)
		.flatMap(({ key, values }) => values.map((value) => [key, value] as const));
	return possible.length === 0 ? [resourceTags(sure)] : possible.map((tag) => resourceTags([...sure, tag]));
}

/** Who targets a resource group must be allowed to list it (user guide, "Run commands at scale"; API reference of ListGroupResources). */
function listGroups(names: readonly string[], { arn }: Site): Need[] {
	const stacks = [arn('cloudformation', 'stack/*')];
	return [
		{ action: 'resource-groups:ListGroupResources', resources: names.map((name) => arn('resource-groups', `group/${name}`)) },
		{ action: 'cloudformation:DescribeStacks', resources: stacks },
		{ action: 'cloudformation:ListStackResources', resources: stacks },
		{ action: 'tag:GetResources', resources: ANYTHING },
	];
}

function sendCommand(input: SendCommandCommandInput, site: Site): Need[] {
	const { DocumentName: name = '', InstanceIds: ids = [], Targets: targets = [], OutputS3BucketName: bucket, ServiceRoleArn: role } = input;
	const named = [...ids, ...targets.flatMap(({ Key: key, Values: values = [] }) => (key === 'InstanceIds' ? values : []))];
	// Targets by tag may be any instance.
	const nodes = named.length > 0 ? named.map((id) => nodeArn(id, site)) : [site.arn('ec2', 'instance/*')];
	const contexts = named.length > 0 ? [() => nodeTags(named, site)] : targetedTags(targets).map((tags) => () => tags);
	return [
		{ action: 'ssm:SendCommand', resources: [documentArn(name, site)] },
		...contexts.map((context) => ({ action: 'ssm:SendCommand', resources: nodes, context })),
		...targets.flatMap(({ Key: key, Values: values = [] }) => (key === 'resource-groups:Name' ? listGroups(values, site) : [])),
		...(bucket === undefined ? [] : [{ action: 'ssm:SendCommand', resources: [`arn:aws:s3:::${bucket}`] }]),
		...(role === undefined ? [] : [passRole(role)]),
	];
}

/** IAM is asked before there is an execution: its ARN has no id yet. */
const EXECUTION_TO_BE = 'automation-execution/*';

function startAutomationExecution(input: StartAutomationExecutionCommandInput, site: Site): Need[] {
	const { DocumentName: name = '', DocumentVersion: given, Tags: tags = [] } = input;
	const { version = given ?? '$DEFAULT', assumeRole } = site.facts.runbook(input) ?? {};
	const document = documentArn(name, site);
	const definition = `${document.replace(':document/', ':automation-definition/')}:${version}`;
	const execution = site.arn('ssm', EXECUTION_TO_BE);
	const context = () => tagContext(tags);
	return [
		{ action: 'ssm:StartAutomationExecution', resources: [definition, document, execution], context },
		...(tags.length === 0 ? [] : [{ action: 'ssm:AddTagsToResource', resources: [execution], context }]),
		...(assumeRole ? [passRole(assumeRole)] : []),
	];
}

/** Tags at the creation of an OpsItem need AddTagsToResource too (API reference of CreateOpsItem). */
function createOpsItem({ Tags: tags = [] }: CreateOpsItemCommandInput, { arn }: Site): Need[] {
	const context = () => tagContext(tags);
	return [
		{ action: 'ssm:CreateOpsItem', resources: ANYTHING, context },
		...(tags.length === 0 ? [] : [{ action: 'ssm:AddTagsToResource', resources: [arn('ssm', 'opsitem/*')], context }]),
	];
}

const TAGGED: Readonly<Record<string, string>> = {
	Association: 'association',
	Automation: 'automation-execution',
	Document: 'document',
	MaintenanceWindow: 'maintenancewindow',
	ManagedInstance: 'managed-instance',
	OpsItem: 'opsitem',
	Parameter: 'parameter',
	PatchBaseline: 'patchbaseline',
};

type Tagged = Pick<AddTagsToResourceCommandInput, 'ResourceType' | 'ResourceId' | 'Tags'>;

const onTagged =
	(action: string) =>
	({ ResourceType: type = 'Document', ResourceId: id = '', Tags: tags = [] }: Tagged, { arn }: Site): Need[] => [
		{ action, resources: [arn('ssm', `${TAGGED[type]}/${bare(id)}`)], context: () => tagContext(tags) },
	];

/** A parameter's ARN has its name without the leading slash. */
function bare(name: string): string {
	return name.replace(/^\//, '');
}

/** For operations on one resource, which the member `member` of the input names. */
const on =
	(action: string, kind: string, member: string) =>
	(input: Readonly<Record<string, unknown>>, { arn }: Site): Need[] => [
		{ action: `ssm:${action}`, resources: [arn('ssm', `${kind}/${bare(String(input[member] ?? ''))}`)] },
	];

const ofOne = (kind: string, member: string, actions: readonly string[]): Needs =>
	Object.fromEntries(actions.map((action) => [action, on(action, kind, member)]));

type Reading = { readonly Name?: string; readonly Path?: string; readonly WithDecryption?: boolean };

/**
 * Whoever has a SecureString decrypted uses its key, which the account's own policies guard; that of AWS's own they need not
 * (user guide, "How Parameter Store uses KMS").
 */
const reading =
	(operation: string, member: 'Name' | 'Path') =>
	(input: Reading, site: Site): Need[] => {
		const name = input[member] ?? '';
		const keys = input.WithDecryption ? (site.facts.parameterKeys?.(name) ?? []) : [];
		return [
			...on(operation, 'parameter', member)(input, site),
			...(keys.length === 0 ? [] : [{ action: 'kms:Decrypt', resources: keys.map((key) => keyArn(key, site)) }]),
		];
	};

/** The standard tier encrypts with the key, the advanced one with a key made of it. */
function putParameter(input: PutParameterCommandInput, site: Site): Need[] {
	const { Name = '', KeyId: key, Tier: tier } = input;
	const action = tier === 'Advanced' ? 'kms:GenerateDataKey' : 'kms:Encrypt';
	return [
		...on('PutParameter', 'parameter', 'Name')({ Name }, site),
		...(key === undefined || key === 'alias/aws/ssm' ? [] : [{ action, resources: [keyArn(key, site)] }]),
	];
}

/** What key an alias leads to is known to nobody here: it stands for any. */
function keyArn(key: string, { arn }: Site): string {
	if (key.startsWith('arn:')) return key;
	return arn('kms', `key/${key.startsWith('alias/') ? '*' : key}`);
}

export const SSM_NEEDS: Needs = {
	...onAnything('ssm', ['CancelCommand', 'DescribeAutomationExecutions', 'DescribeInstanceInformation']),
	...onAnything('ssm', ['ListCommandInvocations', 'ListCommands']),
	...ofOne('opsitem', 'OpsItemId', ['GetOpsItem', 'UpdateOpsItem']),
	...ofOne('automation-execution', 'AutomationExecutionId', ['GetAutomationExecution', 'StopAutomationExecution']),
	...ofOne('parameter', 'Name', ['DeleteParameter', 'LabelParameterVersion', 'UnlabelParameterVersion']),
	GetParameter: reading('GetParameter', 'Name'),
	GetParameterHistory: reading('GetParameterHistory', 'Name'),
	GetParametersByPath: reading('GetParametersByPath', 'Path'),
	PutParameter: putParameter,
	AddTagsToResource: onTagged('ssm:AddTagsToResource'),
	ListTagsForResource: onTagged('ssm:ListTagsForResource'),
	CreateOpsItem: createOpsItem,
	GetCalendarState: ({ CalendarNames: names = [] }: GetCalendarStateCommandInput, site) => [
		{ action: 'ssm:GetCalendarState', resources: names.map((name) => documentArn(name, site)) },
	],
	SendCommand: sendCommand,
	StartAutomationExecution: startAutomationExecution,
};
