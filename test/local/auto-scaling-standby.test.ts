import { expect, it } from 'vitest';
import { errorOf, nodeId, smallAws, webFleet } from './support/small-aws.ts';

const standby = (ShouldDecrementDesiredCapacity: boolean) => ({
	AutoScalingGroupName: 'web',
	InstanceIds: [nodeId(1)],
	ShouldDecrementDesiredCapacity,
});

it('sets an instance aside and launches another in its place', async () => {
	const aws = smallAws(webFleet(2));
	aws.call('autoscaling', 'EnterStandby', standby(false));
	expect(aws.autoScaling.member(nodeId(1))?.state).toBe('EnteringStandby');
	await aws.advance(60);
	expect(aws.autoScaling.member(nodeId(1))?.state).toBe('Standby');
	expect([aws.autoScaling.group('web')?.desired, aws.autoScaling.group('web')?.members.size]).toEqual([2, 3]);
});

it('may want one instance less instead, within the bounds of the group', async () => {
	const aws = smallAws(webFleet(2, {}, { min: 1 }));
	aws.call('autoscaling', 'EnterStandby', standby(true));
	await aws.advance(60);
	expect([aws.autoScaling.group('web')?.desired, aws.autoScaling.group('web')?.members.size]).toEqual([1, 2]);

	const tight = smallAws(webFleet(2, {}, { min: 2 }));
	expect(errorOf(() => tight.call('autoscaling', 'EnterStandby', standby(true))).code).toBe('ValidationError');
	expect(tight.autoScaling.member(nodeId(1))?.state).toBe('InService');
});

it('takes instances in service alone', async () => {
	const aws = smallAws(webFleet(2));
	aws.call('autoscaling', 'EnterStandby', standby(false));
	await aws.advance(60);
	expect(errorOf(() => aws.call('autoscaling', 'EnterStandby', standby(false))).code).toBe('ValidationError');
});

it('is no end: a standby instance that stops is left alone', async () => {
	const aws = smallAws(webFleet(2));
	aws.call('autoscaling', 'EnterStandby', standby(false));
	await aws.advance(60);
	aws.ec2.stop(nodeId(1));
	await aws.advance(300);
	expect(aws.autoScaling.member(nodeId(1))?.state).toBe('Standby');
});
