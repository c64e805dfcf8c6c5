/** Which managed nodes the targets of a maintenance window or an association lead to. */

import type { Target } from '@aws-sdk/client-ssm';
import { AwsError } from '../types.ts';
import type { ManagedNode, Nodes } from './nodes.ts';

const BY_ID = /^instanceids$/i;
const KEY = /^(instanceids|tag-key|tag:.+|resource-groups:(name|resourcetypefilters))$/i;
const GROUP = 'resource-groups:Name';
const GROUP_TYPES = 'resource-groups:ResourceTypeFilters';
/** User guide: five keys of five values for tags; ids up to 50. */
const MOST_TARGETS = 5;
const MOST_VALUES = 50;

/**
 * Checks targets that name nodes, before there need be any.
 * @throws AwsError `ValidationException` for too many, `code` for a key that is not known here.
 */
export function checkTargets(targets: readonly Target[], code = 'InvalidTarget'): void {
	if (targets.length > MOST_TARGETS) {
		throw new AwsError('ValidationException', "1 validation error detected: Value at 'targets' must have length less than or equal to 5");
	}
	for (const { Key: key = '', Values: values = [] } of targets) {
		if (!KEY.test(key)) throw new AwsError(code, `The target key ${key} is not supported.`);
		if (values.length === 0 || values.length > MOST_VALUES)
			throw new AwsError(code, `The target ${key} must have 1 to ${MOST_VALUES} values.`);
	}
}

/** Whether all targets match a node. `InstanceIds=*` matches every one. */
export function matchesTargets(nodes: Nodes, node: ManagedNode, targets: readonly Target[]): boolean {
	const { tags } = nodes.instance(node);
	return targets.every(({ Key: key = '', Values: values = [] }) => {
		if (BY_ID.test(key)) return values.includes(node.id) || values.includes('*');
		if (key === GROUP) return values.some((name) => isIn(tags, nodes.groups.get(name)));
		if (key === GROUP_TYPES) return values.includes('AWS::EC2::Instance');
		if (key === 'tag-key') return values.some((name) => tags.has(name));
		return values.includes(tags.get(key.slice('tag:'.length)) ?? '');
	});
}

function isIn(tags: ReadonlyMap<string, string>, group: Readonly<Record<string, string>> | undefined): boolean {
	return group !== undefined && Object.entries(group).every(([key, value]) => tags.get(key) === value);
}

/** The nodes that targets lead to: those whose instances run. */
export function nodesOf(nodes: Nodes, targets: readonly Target[]): ManagedNode[] {
	return targets.length === 0 ? [] : nodes.listed().filter((node) => matchesTargets(nodes, node, targets));
}

/** What targets name by id alone, managed or not; nothing where they ask for tags too. */
export function idsIn(targets: readonly Target[]): string[] {
	if (!targets.every(({ Key: key = '' }) => BY_ID.test(key))) return [];
	return targets.flatMap(({ Values: values = [] }) => values).filter((id) => id !== '*');
}
