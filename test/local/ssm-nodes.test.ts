import { describe, expect, it } from 'vitest';
import { errorOf, nodeId, type SmallAws, smallAws, webFleet } from './support/small-aws.ts';

describe('DescribeInstanceInformation', () => {
	const list = (aws: SmallAws, input: object = {}) => aws.call('ssm', 'DescribeInstanceInformation', input);

	it('omits what never registered and what is stopped, and tells what lost its connection', async () => {
		const aws = smallAws(webFleet(4, { 1: { agent: 'none' }, 2: { agent: 'lost' } }));
		aws.ec2.stop(nodeId(4));
		await aws.advance(30);

		const shown = list(aws).InstanceInformationList.map((node: { InstanceId: string; PingStatus: string }) => [
			node.InstanceId,
			node.PingStatus,
		]);

		expect(shown).toEqual([
			[nodeId(1), 'Online'],
			[nodeId(3), 'ConnectionLost'],
		]);
	});

	it('pages by ten and fails on an unknown id', () => {
		const aws = smallAws(webFleet(12));
		const first = list(aws);
		expect(first.InstanceInformationList).toHaveLength(10);
		expect(list(aws, { NextToken: first.NextToken }).InstanceInformationList).toHaveLength(2);
		expect(errorOf(() => list(aws, { Filters: [{ Key: 'InstanceIds', Values: [nodeId(99)] }] })).code).toBe('InvalidInstanceId');
	});

	it('reports a node that fell silent as lost only after its pings have failed to come', async () => {
		const aws = smallAws(webFleet(1));
		aws.ssm.setAgent(nodeId(1), 'lost');
		await aws.advance(60);
		expect(list(aws).InstanceInformationList[0].PingStatus).toBe('Online');
		await aws.advance(300);
		expect(list(aws).InstanceInformationList[0].PingStatus).toBe('ConnectionLost');
	});
});
