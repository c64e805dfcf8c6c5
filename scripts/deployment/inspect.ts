/** Holds what was deployed against the template, resource by resource, through the services' own APIs. */

import { DescribeStacksCommand, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { type RawTemplate, Resolver } from '../../local/template/intrinsics.ts';
import type { Clients } from './clients.ts';
import { differences } from './differences.ts';
import { eventSourceMapping, instanceProfile, lambda, managedPolicy, permission, role } from './looks/functions.ts';
import { bucket, key, logGroup, logResourcePolicy, table } from './looks/keeping.ts';
import type { Look, Wanted } from './looks/look.ts';
import { eventBus, queue, rule, topic } from './looks/messaging.ts';
import { dashboard, document, parameter } from './looks/operating.ts';
import { NOT_CREATED, notKept } from './moto.ts';

const LOOKS: Readonly<Record<string, Look>> = {
	'AWS::CloudWatch::Dashboard': dashboard,
	'AWS::DynamoDB::Table': table,
	'AWS::Events::EventBus': eventBus,
	'AWS::Events::Rule': rule,
	'AWS::IAM::InstanceProfile': instanceProfile,
	'AWS::IAM::ManagedPolicy': managedPolicy,
	'AWS::IAM::Role': role,
	'AWS::KMS::Key': key,
	'AWS::Lambda::EventSourceMapping': eventSourceMapping,
	'AWS::Lambda::Function': lambda,
	'AWS::Lambda::Permission': permission,
	'AWS::Logs::LogGroup': logGroup,
	'AWS::Logs::ResourcePolicy': logResourcePolicy,
	'AWS::S3::Bucket': bucket,
	'AWS::SNS::Topic': topic,
	'AWS::SQS::Queue': queue,
	'AWS::SSM::Document': document,
	'AWS::SSM::Parameter': parameter,
};

export interface Inspection {
	/** Resources by type: what the template wants, and what was found and looked at. */
	readonly counts: ReadonlyMap<string, { readonly wanted: number; readonly found: number }>;
	readonly problems: readonly string[];
}

/** The stack's resources: physical ids by logical id. Empty texts where CloudFormation names none. */
export async function stackResources({ cloudformation }: Clients, stack: string): Promise<Map<string, string>> {
	const found = new Map<string, string>();
	for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client: cloudformation }, { StackName: stack })) {
		for (const { LogicalResourceId, PhysicalResourceId } of StackResourceSummaries) {
			if (LogicalResourceId) found.set(LogicalResourceId, PhysicalResourceId ?? '');
		}
	}
	return found;
}

/** @param where account and Region of the stack. */
export async function inspect(
	clients: Clients,
	template: RawTemplate,
	stack: string,
	where: { readonly account: string; readonly region: string },
): Promise<Inspection> {
	const physicalIds = await stackResources(clients, stack);
	const resolver = new Resolver(named(template, physicalIds), { ...where, name: stack });
	const windows = Object.entries(template.Resources).flatMap(([id, resource]) =>
		resource.Type === 'AWS::SSM::MaintenanceWindow' && resolver.isDeployed(resource)
			? [[String((resolver.resolve({ id: { Ref: id } }, id) as { readonly id: unknown }).id), id] as const]
			: [],
	);
	const counts = new Map<string, { wanted: number; found: number }>();
	const problems: string[] = [];
	for (const [logicalId, resource] of Object.entries(template.Resources)) {
		if (!resolver.isDeployed(resource)) continue;
		const { Type: type } = resource;
		const count = counts.get(type) ?? { wanted: 0, found: 0 };
		counts.set(type, count);
		count.wanted += 1;
		const physicalId = physicalIds.get(logicalId);
		if (type in NOT_CREATED) {
			if (physicalId !== undefined) problems.push(`${logicalId}: moto creates ${type} now: take it off the list and look at it.`);
			continue;
		}
		const properties = unresolved(resolver.resolve(resource.Properties ?? {}, logicalId), windows);
		const found = await lookAt({ logicalId, type, physicalId: physicalId ?? '', properties }, clients);
		problems.push(...found);
		if (found.length === 0) count.found += 1;
	}
	const stackProblems = await statusOf(clients, stack);
	return { counts, problems: [...stackProblems, ...problems] };
}

/** As moto leaves it: what a text says of windows, which it does not create, it does not fill in. */
function unresolved<T>(properties: T, windows: readonly (readonly [physicalId: string, logicalId: string])[]): T {
	const text = windows.reduce((all, [physicalId, id]) => all.replaceAll(physicalId, `\${${id}}`), JSON.stringify(properties));
	return JSON.parse(text) as T;
}

async function lookAt(wanted: Wanted, clients: Clients): Promise<string[]> {
	const { logicalId, type, properties } = wanted;
	const look = LOOKS[type];
	if (!look)
		return [`${logicalId}: nothing says how to look at ${type}: add it to scripts/deployment/looks, or to what moto does not create.`];
	try {
		const got = await look(wanted, clients);
		return differences(properties, got, notKept(logicalId, type)).map((difference) => `${logicalId} (${type}): ${difference}`);
	} catch (error) {
		return [`${logicalId} (${type}): ${(error as Error).message}`];
	}
}

async function statusOf({ cloudformation }: Clients, StackName: string): Promise<string[]> {
	const { Stacks: [stack] = [] } = await cloudformation.send(new DescribeStacksCommand({ StackName }));
	return stack?.StackStatus === 'UPDATE_COMPLETE' ? [] : [`The stack ${StackName} is ${stack?.StackStatus}.`];
}

/** The template, with the names that only AWS gives: what a reference to a key resolves to. */
function named(template: RawTemplate, physicalIds: ReadonlyMap<string, string>): RawTemplate {
	const resources = Object.entries(template.Resources).map(([id, resource]) => {
		if (resource.Type !== 'AWS::KMS::Key') return [id, resource];
		return [id, { ...resource, Properties: { ...resource.Properties, KeyName: physicalIds.get(id) ?? id } }];
	});
	return { ...template, Resources: Object.fromEntries(resources) };
}
