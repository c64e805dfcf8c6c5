/** What SendCommand checks before anything happens, and the command it makes. */

import type { SendCommandCommandInput, Target } from '@aws-sdk/client-ssm';
import { type AwsContext, AwsError } from '../types.ts';
import { invalidInstances } from './checks.ts';
import { executionTimeoutSeconds, parametersOf, platformsOf } from './command-document.ts';
import type { Command } from './command-model.ts';
import { resolveParameters } from './document-parameters.ts';
import type { Documents } from './documents.ts';
import type { Nodes } from './nodes.ts';
import type { Parameters } from './parameters.ts';

const MOST_INSTANCES = 50;
const MOST_TARGETS = 5;
/** Values of a tag, and ids, of one target (user guide, "Run commands at scale"; API reference, Target). */
const MOST_VALUES = 5;
const GROUP = 'resource-groups:Name';
const MOST_COMMENT = 100;
const TIMEOUT_SECONDS = { least: 30, most: 2_592_000, default: 3_600 } as const;
const CONCURRENCY = /^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$/;
const ERRORS = /^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$/;
const DEFAULT_CONCURRENCY = '50';
const DEFAULT_ERRORS = '0';

export interface SendCommandDeps {
	readonly ctx: AwsContext;
	readonly documents: Documents;
	readonly nodes: Nodes;
	readonly parameters: Parameters;
	/** Resource groups: the tags that their nodes carry. */
	readonly groups?: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** @throws AwsError as the API names them; the whole call is refused for one node that is not managed. */
export function makeCommand(input: SendCommandCommandInput, deps: SendCommandDeps): Command {
	const { ctx, documents, parameters } = deps;
	checkLimits(input);
	const document = documents.get(input.DocumentName);
	if (document.type !== 'Command')
		throw new AwsError('InvalidDocument', `Document ${document.name} is of type ${document.type}, not Command.`);
	const version = documents.version(document, input.DocumentVersion);
	if (input.DocumentHash !== undefined && input.DocumentHash !== version.hash) {
		throw new AwsError('InvalidDocument', 'The document hash does not match the document.');
	}
	const given = input.Parameters ?? {};
	const resolved = Object.fromEntries(
		Object.entries(given).map(([name, values]) => [name, values.map((value) => parameters.substitute(value))]),
	);
	const values = resolveParameters(parametersOf(version.content), resolved, 'InvalidParameters');
	const instanceIds = input.InstanceIds ?? [];
	const targets = input.Targets ?? [];
	const nodeIds = instanceIds.length > 0 ? checkInstances(instanceIds, platformsOf(version.content), deps) : resolveTargets(targets, deps);
	const timeoutSeconds = input.TimeoutSeconds ?? TIMEOUT_SECONDS.default;
	const now = ctx.clock.now();
	return {
		id: ctx.uuid(),
		document,
		version,
		parameters: given,
		values,
		instanceIds,
		targets,
		comment: input.Comment ?? '',
		requestedAt: now,
		timeoutSeconds,
		expiresAt: now + (timeoutSeconds + executionTimeoutSeconds(version.content, values)) * 1000,
		maxConcurrency: input.MaxConcurrency ?? DEFAULT_CONCURRENCY,
		maxErrors: input.MaxErrors ?? DEFAULT_ERRORS,
		output: {
			...(input.OutputS3BucketName === undefined ? {} : { bucket: input.OutputS3BucketName }),
			...(input.OutputS3KeyPrefix === undefined ? {} : { prefix: input.OutputS3KeyPrefix }),
			...(input.CloudWatchOutputConfig === undefined ? {} : { cloudWatch: input.CloudWatchOutputConfig }),
		},
		...(input.ServiceRoleArn === undefined ? {} : { serviceRole: input.ServiceRoleArn }),
		...(input.NotificationConfig === undefined ? {} : { notification: input.NotificationConfig }),
		invocations: new Map(nodeIds.map((instanceId) => [instanceId, { instanceId, status: 'Pending', details: 'Pending' }])),
		status: 'Pending',
		details: 'Pending',
		cancelling: false,
		allowed: 0,
		ramping: false,
		timers: [],
	};
}

function checkLimits(input: SendCommandCommandInput): void {
	const instanceIds = input.InstanceIds ?? [];
	const targets = input.Targets ?? [];
	const { TimeoutSeconds: timeout, MaxConcurrency: concurrency, MaxErrors: errors } = input;
	const checks: readonly [boolean, string][] = [
		[instanceIds.length > 0 || targets.length > 0, 'Either InstanceIds or Targets must be given.'],
		[instanceIds.length === 0 || targets.length === 0, 'InstanceIds and Targets cannot be given together.'],
		[
			instanceIds.length <= MOST_INSTANCES,
			"Value at 'instanceIds' failed to satisfy constraint: Member must have length less than or equal to 50",
		],
		[targets.length <= MOST_TARGETS, "Value at 'targets' failed to satisfy constraint: Member must have length less than or equal to 5"],
		...targets.map(({ Key: key = '', Values: values = [] }): [boolean, string] => {
			const most = key === 'InstanceIds' ? MOST_INSTANCES : key === GROUP ? 1 : MOST_VALUES;
			return [values.length >= 1 && values.length <= most, `Target ${key} must have 1 to ${most} values`];
		}),
		[
			(input.Comment?.length ?? 0) <= MOST_COMMENT,
			"Value at 'comment' failed to satisfy constraint: Member must have length less than or equal to 100",
		],
		[
			timeout === undefined || (timeout >= TIMEOUT_SECONDS.least && timeout <= TIMEOUT_SECONDS.most),
			`Value '${timeout}' at 'timeoutSeconds' must be between ${TIMEOUT_SECONDS.least} and ${TIMEOUT_SECONDS.most}`,
		],
		[
			concurrency === undefined || CONCURRENCY.test(concurrency),
			`Value '${concurrency}' at 'maxConcurrency' failed to satisfy its pattern`,
		],
		[errors === undefined || ERRORS.test(errors), `Value '${errors}' at 'maxErrors' failed to satisfy its pattern`],
		[
			input.OutputS3BucketName === undefined || /^[a-z0-9][a-z0-9.-]{2,62}$/.test(input.OutputS3BucketName),
			'The output bucket name is not valid.',
		],
	];
	const failed = checks.find(([holds]) => !holds);
	if (failed) throw new AwsError('ValidationException', `1 validation error detected: ${failed[1]}`);
	const duplicate = instanceIds.find((id, index) => instanceIds.indexOf(id) !== index);
	if (duplicate !== undefined) throw new AwsError('DuplicateInstanceId', `The instance ID ${duplicate} is given twice.`);
}

function checkInstances(ids: readonly string[], platforms: readonly string[], { ctx, nodes }: SendCommandDeps): readonly string[] {
	const unmanaged = ids.filter((id) => !nodes.get(id));
	if (unmanaged.length > 0) throw invalidInstances(ctx, unmanaged);
	const unsupported = ids.filter((id) => {
		const node = nodes.get(id);
		return node && !platforms.includes(nodes.instance(node).machine.platform);
	});
	if (unsupported.length > 0) {
		throw new AwsError('UnsupportedPlatformType', `The document does not support the platform of ${unsupported.join(', ')}.`);
	}
	return ids;
}

/** The registered nodes that all targets match. Ids among the targets that are not managed become undeliverable invocations. */
function resolveTargets(targets: readonly Target[], { nodes, groups }: Pick<SendCommandDeps, 'nodes' | 'groups'>): string[] {
	const [first] = targets;
	if (targets.length === 1 && first?.Key === 'InstanceIds') return [...new Set(first.Values ?? [])];
	return nodes
		.listed()
		.filter((node) =>
			targets.every(({ Key: key = '', Values: values = [] }) => {
				const { tags } = nodes.instance(node);
				if (key === 'InstanceIds') return values.includes(node.id);
				if (key === GROUP) return isInGroup(tags, groups?.get(values[0] ?? ''));
				if (key === 'tag-key') return values.some((name) => tags.has(name));
				if (key.startsWith('tag:')) return values.includes(tags.get(key.slice('tag:'.length)) ?? '');
				throw new AwsError('InvalidTarget', `The target key ${key} is not supported.`);
			}),
		)
		.map((node) => node.id);
}

function isInGroup(tags: ReadonlyMap<string, string>, wanted: Readonly<Record<string, string>> | undefined): boolean {
	return wanted !== undefined && Object.entries(wanted).every(([key, value]) => tags.get(key) === value);
}
