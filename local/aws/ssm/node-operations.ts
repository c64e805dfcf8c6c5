/** The operations on managed nodes. */

import type {
	DescribeInstanceInformationCommandInput,
	DescribeInstanceInformationCommandOutput,
	InstanceInformation,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../paging.ts';
import { type AwsContext, AwsError, type Output } from '../types.ts';
import { agentVersionOf, LATEST_AGENT } from './agent.ts';
import { invalidInstances } from './checks.ts';
import type { Host } from './hybrid.ts';
import type { ManagedNode, Nodes } from './nodes.ts';
import { computerName, platformOf } from './platforms.ts';

const NODE_ID = /^(i-(\w{8}|\w{17})|mi-\w{17})$/;
const PAGE = { least: 5, most: 50, default: 10 } as const;
type Condition = { readonly key: string; readonly values: readonly string[] };

export function nodeOperations(ctx: AwsContext, nodes: Nodes) {
	function passes(node: ManagedNode, { key, values }: Condition): boolean {
		if (key.startsWith('tag:')) return values.includes(nodes.instance(node).tags.get(key.slice('tag:'.length)) ?? '');
		switch (key) {
			case 'InstanceIds':
				return values.includes(node.id);
			case 'PingStatus':
				return values.includes(nodes.pingStatus(node));
			case 'PlatformType':
			case 'PlatformTypes':
				return values.includes(nodes.instance(node).machine.platform);
			case 'ResourceType':
				return values.includes(nodes.hybrid.get(node.id) ? 'ManagedInstance' : 'EC2Instance');
			case 'AgentVersion':
				return values.includes(agentVersionOf(nodes, node, ctx.clock.now()));
			case 'ActivationIds':
				return values.includes(nodes.hybrid.get(node.id)?.activationId ?? '');
			case 'IamRole':
				return values.includes(nodes.hybrid.get(node.id)?.role ?? '');
			case 'tag-key':
				return values.some((name) => nodes.instance(node).tags.has(name));
			default:
				throw new AwsError('InvalidInstanceInformationFilterValue', `The filter key ${key} is not valid.`);
		}
	}

	function wire(node: ManagedNode): InstanceInformation {
		const instance = nodes.instance(node);
		const version = agentVersionOf(nodes, node, ctx.clock.now());
		return {
			InstanceId: node.id,
			PingStatus: nodes.pingStatus(node),
			LastPingDateTime: new Date(nodes.lastPingAt(node)),
			AgentVersion: version,
			IsLatestVersion: version === LATEST_AGENT,
			PlatformType: instance.machine.platform,
			...platformOf(instance.machine),
			RegistrationDate: new Date(node.registeredAt),
			IPAddress: instance.privateIp,
			...source(node, instance),
		};
	}

	function source(node: ManagedNode, host: Host): Partial<InstanceInformation> {
		const hybrid = nodes.hybrid.get(node.id);
		const ComputerName = computerName(ctx, host, hybrid);
		if (!hybrid) {
			return { ResourceType: 'EC2Instance', ComputerName, SourceId: node.id, SourceType: 'AWS::EC2::Instance' };
		}
		const { name, displayName: Name = name, activationId: ActivationId, role: IamRole } = hybrid;
		const managed = { ResourceType: 'ManagedInstance', SourceType: 'AWS::SSM::ManagedInstance' } as const;
		return { ...managed, SourceId: node.id, ComputerName, Name, ActivationId, IamRole };
	}

	return {
		DescribeInstanceInformation(input: DescribeInstanceInformationCommandInput): Output<DescribeInstanceInformationCommandOutput> {
			const conditions: Condition[] = [
				...(input.Filters ?? []).map((filter) => ({ key: filter.Key ?? '', values: filter.Values ?? [] })),
				...(input.InstanceInformationFilterList ?? []).map((filter) => ({ key: filter.key ?? '', values: filter.valueSet ?? [] })),
			];
			const tagged = conditions.filter(({ key }) => key.startsWith('tag'));
			if (tagged.length > 0 && tagged.length < conditions.length) {
				throw new AwsError('InvalidInstanceInformationFilterValue', 'Tag filters cannot be combined with other filters.');
			}
			const size = input.MaxResults ?? PAGE.default;
			if (size < PAGE.least || size > PAGE.most) {
				throw new AwsError('ValidationException', `Value '${size}' at 'maxResults' must be between ${PAGE.least} and ${PAGE.most}`);
			}
			const ids = conditions.filter(({ key }) => key === 'InstanceIds').flatMap(({ values }) => values);
			const malformed = ids.find((id) => !NODE_ID.test(id));
			if (malformed !== undefined) {
				throw new AwsError(
					'ValidationException',
					`1 validation error detected: Value '${malformed}' at 'instanceIds' failed to satisfy its pattern`,
				);
			}
			const unknown = ids.filter((id) => !nodes.knows(id));
			if (unknown.length > 0) throw invalidInstances(ctx, unknown);
			const matching = nodes.listed().filter((node) => conditions.every((condition) => passes(node, condition)));
			const found = page(matching, input.NextToken, size);
			return { InstanceInformationList: found.items.map(wire), ...nextToken(found) };
		},
	};
}
