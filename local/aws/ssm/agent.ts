/** Systems Manager's agent on nodes: its versions, and what AWS-UpdateSSMAgent does. */

import type { AwsContext } from '../types.ts';
import type { ManagedNode, Nodes, Performer } from './nodes.ts';
import type { Value } from './values.ts';

export const UPDATE_AGENT = 'AWS-UpdateSSMAgent';
/** What AWS offers in this world. */
export const LATEST_AGENT = '3.3.987.0';
const UPDATE_SECONDS = 10;

/** The version of a node's agent: what it came with, unless AWS-UpdateSSMAgent has put another in its place. */
export function agentVersionOf(nodes: Nodes, node: ManagedNode, now: number): string {
	const updates = node.runs.filter(({ document, status, endsAt }) => document === UPDATE_AGENT && status === 'Success' && endsAt <= now);
	const last = updates.at(-1);
	return last ? wanted(last.parameters) : (nodes.instance(node).machine.agentVersion ?? LATEST_AGENT);
}

function wanted(parameters: Readonly<Record<string, Value>>): string {
	return String(parameters['version'] ?? '') || LATEST_AGENT;
}

/** What the agent was before is not put back unless it is asked for (document AWS-UpdateSSMAgent, `allowDowngrade`). */
export function agentUpdater(ctx: AwsContext, nodes: Nodes): Performer {
	return (node, { parameters }) => {
		const before = agentVersionOf(nodes, node, ctx.clock.now());
		const after = wanted(parameters);
		const isOlder = compareVersions(after, before) < 0;
		if (isOlder && parameters['allowDowngrade'] !== 'true') {
			return { exitCode: 1, stderr: `Updating amazon-ssm-agent to an older version, please enable allow downgrade to proceed\n` };
		}
		const stdout =
			before === after
				? `amazon-ssm-agent ${after} has already been installed, update skipped\n`
				: `Updated amazon-ssm-agent from ${before} to ${after}\n`;
		return { durationSeconds: before === after ? 1 : UPDATE_SECONDS, stdout };
	};
}

/** Numbers parted by dots. */
function compareVersions(one: string, other: string): number {
	const [left, right] = [one.split('.').map(Number), other.split('.').map(Number)];
	const at = left.findIndex((number, index) => number !== right[index]);
	return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}
