import { CloudFormationClient, DescribeStackResourcesCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { describe, expect, it } from 'vitest';
import { clientOptions } from './support/sdk.ts';
import { errorOf, nodeId, smallAws } from './support/small-aws.ts';

const GROUP = 'AWS::AutoScaling::AutoScalingGroup';

function withStack() {
	const aws = smallAws();
	aws.cloudFormation.addStack({
		name: 'web',
		tags: { team: 'web' },
		resources: [
			{ logicalId: 'Group', type: GROUP, physicalId: 'web-blue' },
			{ logicalId: 'Bastion', type: 'AWS::EC2::Instance', physicalId: nodeId(1) },
		],
	});
	return aws;
}

describe('A stack', () => {
	it('is found by one of its resources, with all of them', () => {
		const { call } = withStack();

		const { StackResources } = call('cloudformation', 'DescribeStackResources', { PhysicalResourceId: nodeId(1) });

		expect(StackResources).toMatchObject([
			{ StackName: 'web', LogicalResourceId: 'Group', PhysicalResourceId: 'web-blue', ResourceType: GROUP },
			{ StackName: 'web', LogicalResourceId: 'Bastion' },
		]);
	});

	it('that is not there is an error, as is a resource of none', () => {
		const { call } = withStack();

		expect(errorOf(() => call('cloudformation', 'DescribeStacks', { StackName: 'api' })).message).toBe('Stack with id api does not exist');
		const unowned = errorOf(() => call('cloudformation', 'DescribeStackResources', { PhysicalResourceId: nodeId(2) }));
		expect(unowned).toMatchObject({ code: 'ValidationError', message: `Stack for ${nodeId(2)} does not exist` });
		const both = errorOf(() => call('cloudformation', 'DescribeStackResources', { PhysicalResourceId: nodeId(1), StackName: 'web' }));
		expect(both.code).toBe('ValidationError');
	});

	it('is read by the SDK client', async () => {
		const client = new CloudFormationClient(clientOptions(withStack()));

		const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: 'web' }));
		const resources = await client.send(new DescribeStackResourcesCommand({ StackName: 'web', LogicalResourceId: 'Group' }));

		expect(Stacks).toMatchObject([{ StackName: 'web', StackStatus: 'CREATE_COMPLETE', Tags: [{ Key: 'team', Value: 'web' }] }]);
		expect(resources.StackResources).toMatchObject([{ PhysicalResourceId: 'web-blue', StackId: Stacks?.[0]?.StackId }]);
		const unknown = client.send(new DescribeStacksCommand({ StackName: 'api' }));
		await expect(unknown).rejects.toMatchObject({ name: 'ValidationError', message: 'Stack with id api does not exist' });
	});
});
