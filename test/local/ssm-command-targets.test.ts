import { describe, expect, it } from 'vitest';
import { errorOf, type SmallAws, smallAws, webFleet } from './support/small-aws.ts';

const RUN = { DocumentName: 'AWS-RunShellScript', Parameters: { commands: ['true'] } };
const GROUP = 'resource-groups:Name';
const words = (count: number) => Array.from({ length: count }, (_, n) => `i-${String(n).padStart(17, '0')}`);

function nodesOf(aws: SmallAws, Targets: readonly object[]): number {
	return aws.call('ssm', 'SendCommand', { ...RUN, Targets }).Command.TargetCount;
}

describe('The targets of SendCommand', () => {
	it('may be a resource group: the nodes with its tags', () => {
		const aws = smallAws(webFleet(3));
		const tags = Object.fromEntries(aws.ec2.instances()[0]?.tags ?? []);
		aws.ssm.addResourceGroup('web', { 'aws:autoscaling:groupName': tags['aws:autoscaling:groupName'] ?? '' });
		expect(nodesOf(aws, [{ Key: GROUP, Values: ['web'] }])).toBe(3);
		expect(nodesOf(aws, [{ Key: GROUP, Values: ['nobody'] }])).toBe(0);
	});

	it.each([
		['InstanceIds', 51, 50],
		['tag:Role', 6, 5],
		[GROUP, 2, 1],
	])('%s have no more values than it takes', (Key, values, most) => {
		const aws = smallAws(webFleet(1));
		const error = errorOf(() => nodesOf(aws, [{ Key, Values: words(values) }]));
		expect([error.code, error.message]).toEqual(['ValidationException', expect.stringContaining(`1 to ${most} values`)]);
	});
});
