import { expect, it } from 'vitest';
import { errorOf, nodeId, smallAws, webFleet } from './support/small-aws.ts';

const MACHINE = { platform: 'Linux', bootSeconds: 10, registerSeconds: 20, behaviours: {} } as const;

it('a launched instance boots, then its agent registers, each with its time and events', async () => {
	const aws = smallAws();
	const { id } = aws.ec2.launch({ machine: MACHINE });

	await aws.advance(11);
	expect(aws.ec2.instance(id)?.state).toBe('running');
	expect(aws.ssm.node(id)).toBeUndefined();
	await aws.advance(20);
	expect(aws.ssm.node(id)).toBeDefined();

	expect(aws.details('EC2 Instance State-change Notification')).toEqual([
		{ 'instance-id': id, state: 'pending' },
		{ 'instance-id': id, state: 'running' },
	]);
});

it('stops, starts and terminates; the agent answers again some time after the start', async () => {
	const aws = smallAws();
	const { id } = aws.ec2.launch({ machine: MACHINE });
	await aws.advance(40);
	const online = () => aws.call('ssm', 'DescribeInstanceInformation').InstanceInformationList.length;

	const [change] = aws.call('ec2', 'StopInstances', { InstanceIds: [id] }).StoppingInstances;
	expect(change).toEqual({ InstanceId: id, PreviousState: { Code: 16, Name: 'running' }, CurrentState: { Code: 64, Name: 'stopping' } });
	await aws.advance(30);
	expect([aws.ec2.instance(id)?.state, online()]).toEqual(['stopped', 0]);

	aws.call('ec2', 'StartInstances', { InstanceIds: [id] });
	await aws.advance(40);
	expect([aws.ec2.instance(id)?.state, online()]).toEqual(['running', 1]);

	aws.call('ec2', 'TerminateInstances', { InstanceIds: [id] });
	await aws.advance(30);
	expect(aws.ec2.instance(id)?.state).toBe('terminated');
	await aws.advance(3600);
	expect(errorOf(() => aws.call('ec2', 'DescribeInstances', { InstanceIds: [id] })).code).toBe('InvalidInstanceID.NotFound');
});

it('finds instances by tag and state', () => {
	const aws = smallAws(webFleet(3, { 1: { tags: { service: 'apache' } } }));
	aws.ec2.terminate(nodeId(3));
	const found = (...Filters: object[]) =>
		aws
			.call('ec2', 'DescribeInstances', { Filters })
			.Reservations.map((reservation: { Instances: { InstanceId: string }[] }) => reservation.Instances[0]?.InstanceId);

	expect(found({ Name: 'tag:service', Values: ['nginx'] })).toEqual([nodeId(1), nodeId(3)]);
	expect(found({ Name: 'tag:service', Values: ['ng*'] }, { Name: 'instance-state-name', Values: ['running'] })).toEqual([nodeId(1)]);
	expect(errorOf(() => found({ Name: 'colour', Values: ['blue'] })).code).toBe('InvalidParameterValue');
});

it('tells malformed ids from unknown ones', () => {
	const aws = smallAws();
	expect(errorOf(() => aws.call('ec2', 'DescribeInstances', { InstanceIds: ['web-1'] })).code).toBe('InvalidInstanceID.Malformed');
	expect(errorOf(() => aws.call('ec2', 'TerminateInstances', { InstanceIds: [nodeId(1)] })).code).toBe('InvalidInstanceID.NotFound');
});

it('a command does not survive a reboot of its node', async () => {
	const aws = smallAws(webFleet(1, {}, { behaviours: { '*': { durationSeconds: 60 } } }));
	const { CommandId } = aws.call('ssm', 'SendCommand', {
		DocumentName: 'AWS-RunShellScript',
		InstanceIds: [nodeId(1)],
		Parameters: { commands: ['true'], executionTimeout: ['120'] },
		TimeoutSeconds: 30,
	}).Command;
	await aws.advance(10);
	aws.ec2.reboot(nodeId(1));
	await aws.advance(150);
	expect(aws.call('ssm', 'ListCommands', { CommandId }).Commands[0].StatusDetails).toBe('DeliveryTimedOut');
});
