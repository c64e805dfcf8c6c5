import { DeregisterManagedInstanceCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import type { Fleet, FleetGroup } from '../../local/fleet.ts';
import { items as allItems } from './states.ts';
import { begin, type Flow, type Setup } from './support.ts';

const PROFILE = 'fleetkeeper-local-node-eu-west-1';
const FUNCTION = 'fleetkeeper-local-agent-health';
const SWEEP = { source: 'fleetkeeper.clock', 'detail-type': 'Sweep', detail: {}, account: '111122223333', region: 'eu-west-1' };

const id = (group: number, n = 1) => `i-0a${group}${String(n).padStart(14, '0')}`;
const [GOOD, WEAK, BARE] = [1, 2, 3];
const group = (name: string, number: number, count: number, profile?: string): FleetGroup => ({
	...{ name, min: 0, max: 100, behaviours: {}, hooks: [], ...(profile && { profile }) },
	nodes: Array.from({ length: count }, (_, n) => ({ id: id(number, n + 1) })),
});

/** Instances with a profile that will do, with one that will not, and with none; machines elsewhere. */
const FLEET: Setup = {
	upkeep: true,
	nodes: 0,
	groups: [group('good', GOOD, 1, PROFILE), group('weak', WEAK, 1, 'web'), group('bare', BARE, 2)],
	around: {
		defaultHostManagement: false,
		profiles: [
			{ name: PROFILE, policies: ['AmazonSSMManagedInstanceCore'] },
			{ name: 'web', policies: [] },
		],
		activations: [
			{ name: 'plant', role: 'fleetkeeper-local-hybrid-eu-west-1', limit: 5, registered: 1, expiresInHours: 5 },
			{ name: 'depot', role: 'fleetkeeper-local-hybrid-eu-west-1', limit: 2, registered: 1, expiresInHours: -1 },
		],
		machines: [{ id: 'mi-0a1b2c3d4e5f60718', name: 'press-1', agent: 'lost' }],
	},
};

const FIX = (mode = 'act') => `
name: fix-profiles
priority: 500
on: event
when:
  source: [fleetkeeper.agents]
  detail-type: [Agent Finding]
  detail: { cause: [no-profile] }
about: [$.detail.node, $.detail.cause]
run:
  automation: attach-instance-profile
  parameters: { InstanceId: $.detail.node }
  timeout: 2h
then:
  onFailure: { opsItem: { severity: "3" } }
limits: { concurrent: 1 }
mode: ${mode}
`;

const with_ = (around: Partial<Omit<Fleet, 'groups'>>, more: Partial<Setup> = {}) =>
	begin({ ...FLEET, ...more, around: { ...FLEET.around, ...around } });
/** The check of the day. */
async function check(flow: Flow): Promise<void> {
	const result = await flow.world.invoke(FUNCTION, SWEEP);
	if (!result.ok) throw new Error(result.errorMessage);
}
const causes = async (flow: Flow) =>
	Object.fromEntries((await flow.operations('agent')).map(({ subject, nodes, state }) => [subject.cause, [state, Object.keys(nodes)]]));
const items = (flow: Flow) => allItems(flow).filter(({ data }) => data['cause'] !== undefined);

describe('The check of agents', () => {
	it('opens one OpsItem for each cause, with its nodes and the runbook that helps', async () => {
		const flow = await with_({});
		await flow.minutes(45);
		await check(flow);

		expect(await causes(flow)).toEqual({
			'no-profile': ['verifying', [id(BARE, 1), id(BARE, 2)]],
			'no-permissions': ['verifying', [id(WEAK)]],
			'connection-lost': ['verifying', ['mi-0a1b2c3d4e5f60718']],
			'activation-expiring': ['verifying', [expect.any(String)]],
			'activation-expired': ['verifying', [expect.any(String)]],
		});
		const noProfile = items(flow).find(({ data }) => data['cause'] === 'no-profile');
		expect(noProfile?.title).toBe('Instances run without an instance profile');
		expect(noProfile?.data).toMatchObject({ affected: '2', nodes: `${id(BARE, 1)}: never seen\n${id(BARE, 2)}: never seen` });
		expect(JSON.stringify(noProfile?.data['/aws/automations'])).toContain('fleetkeeper-local-attach-instance-profile');
		const weak = items(flow).find(({ data }) => data['cause'] === 'no-permissions');
		expect(weak?.data['nodes']).toContain('profile web may not ssm:UpdateInstanceInformation');
	});

	it('sees where endpoints are missing', async () => {
		const flow = await with_({ network: { internet: false, endpoints: ['ssm'] } });
		await flow.minutes(45);
		await check(flow);

		expect((await causes(flow))['no-endpoints']).toEqual(['verifying', [id(GOOD)]]);
		const [item] = items(flow).filter(({ data }) => data['cause'] === 'no-endpoints');
		expect(item?.data['nodes']).toMatch(/subnet-\w+ lacks ssmmessages; never seen/);
	});

	it('is answered by a playbook, node by node under its brakes, until no node has the cause', async () => {
		const flow = await with_({}, { playbooks: { 'fix-profiles': FIX() } });
		await flow.minutes(45);
		await check(flow);
		await flow.minutes(30);

		const fixes = await flow.operations('event');
		expect(fixes.map(({ playbook, state }) => [playbook.name, state])).toEqual([
			['fix-profiles', 'succeeded'],
			['fix-profiles', 'succeeded'],
		]);
		expect((await causes(flow))['no-profile']).toEqual(['succeeded', []]);
		expect((await causes(flow))['never-seen']).toBeUndefined();
		expect(items(flow).find(({ data }) => data['cause'] === 'no-profile')?.status).toBe('Resolved');
		expect([1, 2].map((n) => flow.world.services.ec2.instance(id(BARE, n))?.profile?.name)).toEqual([PROFILE, PROFILE]);
	});

	it('starts nothing where the playbook observes', async () => {
		const flow = await with_({}, { playbooks: { 'fix-profiles': FIX('observe') } });
		await flow.minutes(45);
		await check(flow);
		await flow.minutes(10);

		expect((await flow.operations('event')).map(({ state, result }) => [state, result?.observed])).toEqual([
			['skipped', true],
			['skipped', true],
		]);
		expect(flow.world.services.ec2.instance(id(BARE))?.profile).toBeUndefined();
	});

	it('is done once for all nodes that register or are deregistered within some minutes, whatever their events say', async () => {
		const flow = await with_({});
		await flow.minutes(45);
		await check(flow);
		await flow.minutes(6);
		const checks = () => flow.calls('DescribeActivations').filter(({ caller }) => caller === FUNCTION).length;
		const before = checks();
		await flow.people(({ ssm }) => ssm.send(new DeregisterManagedInstanceCommand({ InstanceId: 'mi-0a1b2c3d4e5f60718' })));
		for (let n = 0; n < 20; n += 1) flow.world.putEvent({ source: 'aws.ssm', detailType: 'SSM Managed Instance Registration', detail: {} });
		await flow.minutes(1);

		expect((await causes(flow))['connection-lost']).toEqual(['succeeded', []]);
		expect(checks() - before).toBeLessThanOrEqual(2);
		expect(flow.deadLetters('agent-health')).toEqual([]);
	});

	it('costs few calls where all is well, and the minutes between next to none', async () => {
		const flow = await begin({ upkeep: true, nodes: 100 });
		await flow.minutes(45);
		const before = flow.calls().length;
		await check(flow);

		const calls = flow.calls().slice(before);
		expect(calls.map(({ operation }) => operation).sort()).toEqual([
			'DescribeActivations',
			'DescribeInstanceInformation',
			'DescribeInstanceInformation',
			'DescribeInstances',
			'Query',
			'UpdateItem',
		]);
	});
});
