/** Runbooks that bring agents back. */

import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../local/fleet.ts';
import { nodeId } from '../local/support/small-aws.ts';
import { type Runbooks, runbooksOn } from './automation.ts';

const [GOOD, WEAK, BARE] = [nodeId(1), nodeId(2), nodeId(3)];
const PROFILE = 'fleetkeeper-local-node-eu-west-1';

/** A node with the stage's profile, one whose profile allows nothing and one without a profile. */
const world = () =>
	runbooksOn(
		parseFleet(`
defaultHostManagement: false
profiles:
  - { name: ${PROFILE}, policies: [AmazonSSMManagedInstanceCore] }
  - { name: web, policies: [] }
  - { name: other, policies: [AmazonSSMManagedInstanceCore] }
groups:
  - { name: good, min: 0, max: 3, profile: ${PROFILE}, nodes: [{ id: ${GOOD}, agentVersion: 3.3.40.0 }] }
  - { name: weak, min: 0, max: 3, profile: web, nodes: [{ id: ${WEAK} }] }
  - { name: bare, min: 0, max: 3, nodes: [{ id: ${BARE} }] }
`),
	);

const pings = ({ aws }: Runbooks): Record<string, string> =>
	Object.fromEntries(
		aws
			.call('ssm', 'DescribeInstanceInformation')
			.InstanceInformationList.map(({ InstanceId, PingStatus }: Record<string, string>) => [InstanceId, PingStatus]),
	);

describe('attach-instance-profile', () => {
	it("gives an instance the stage's profile, and ends when its agent answers", async () => {
		const runbooks = world();
		const ended = await runbooks.run('attach-instance-profile', { InstanceId: BARE });

		expect(ended.steps.at(-1)).toBe('waitUntilOnline Success');
		expect(ended.status).toBe('Success');
		expect(pings(runbooks)).toMatchObject({ [BARE]: 'Online' });
		expect(runbooks.aws.ec2.instance(BARE)?.profile?.name).toBe(PROFILE);
	});

	it('leaves a profile alone that is there already, and says whether the agent answers with it', async () => {
		const runbooks = world();
		const [good, weak] = [
			await runbooks.run('attach-instance-profile', { InstanceId: GOOD }),
			await runbooks.run('attach-instance-profile', { InstanceId: WEAK }),
		];

		expect([good.status, weak.status]).toEqual(['Success', 'TimedOut']);
		expect([...good.steps, ...weak.steps].filter((step) => step.startsWith('attach'))).toEqual([]);
		expect(runbooks.aws.ec2.instance(WEAK)?.profile?.name).toBe('web');
	});

	it('gives nobody a role that the automation role may not pass', async () => {
		const runbooks = world();
		const ended = await runbooks.run('attach-instance-profile', { InstanceId: BARE, InstanceProfile: 'other' });

		expect(ended.status).toBe('Failed');
		expect(ended.message).toContain('iam:PassRole');
	});
});

describe('allow-systems-manager', () => {
	it('lets the role of a profile speak to Systems Manager, as often as it is run', async () => {
		const runbooks = world();
		const ends = [
			await runbooks.run('allow-systems-manager', { InstanceProfile: 'web' }),
			await runbooks.run('allow-systems-manager', { InstanceProfile: 'web' }),
		];
		await runbooks.aws.advance(600);

		expect(ends.map(({ status }) => status)).toEqual(['Success', 'Success']);
		expect(pings(runbooks)).toMatchObject({ [WEAK]: 'Online' });
	});

	it('fails where there is no such profile', async () => {
		const ended = await world().run('allow-systems-manager', { InstanceProfile: 'gone' });
		expect(ended).toMatchObject({ status: 'Failed', steps: ['findRole Failed'] });
	});
});

describe('update-agent', () => {
	it('brings an agent up to date', async () => {
		const { aws, run } = world();
		const version = () => aws.call('ssm', 'DescribeInstanceInformation').InstanceInformationList[0];
		const before = version().IsLatestVersion;
		const ended = await run('update-agent', { InstanceId: GOOD });

		expect(ended).toMatchObject({ message: '', status: 'Success' });
		expect([before, version().IsLatestVersion]).toEqual([false, true]);
	});
});
