/** Associations for tests. */

import { nodeId, type SmallAws } from './small-aws.ts';

const SHELL = { Name: 'AWS-RunShellScript', Parameters: { commands: ['true'] } };
export const WEB = { Targets: [{ Key: 'tag:service', Values: ['nginx'] }] };

/** Associates the web nodes with a script. Gives the association's id. */
export function associate(aws: SmallAws, input: object = {}): string {
	return aws.call('ssm', 'CreateAssociation', { ...SHELL, ...WEB, ...input }).AssociationDescription.AssociationId;
}

// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an output.
export function describeOne(aws: SmallAws, AssociationId: string): any {
	return aws.call('ssm', 'DescribeAssociation', { AssociationId }).AssociationDescription;
}

/** How often anything ran on a node. */
export function runsOn(aws: SmallAws, number: number): number | undefined {
	return aws.ssm.node(nodeId(number))?.runs.length;
}

/** Nodes on which every script fails. */
export function failing(durationSeconds = 0) {
	return { behaviours: { '*': { exitCode: 3, durationSeconds } } };
}
