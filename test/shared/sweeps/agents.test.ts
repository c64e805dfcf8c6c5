import { describe, expect, it } from 'vitest';
import { CHECKS_APART } from '../../../shared/agents/check.ts';
import { openAgents } from '../../../shared/opening/agent.ts';
import { advance } from '../../../shared/operation/engine.ts';
import type { AgentOperation } from '../../../shared/operation/types.ts';
import type { CompiledPlaybook, EventPlaybook } from '../../../shared/playbook/types.ts';
import { handleAgentClock, hearRegistrations } from '../../../shared/sweeps/agents.ts';
import { createAgentCore, machine, node, registration, WHERE } from '../../support/agent-core.ts';
import { throttled } from '../../support/core.ts';
import { MINUTE } from '../../support/operations.ts';

type Core = Awaited<ReturnType<typeof createAgentCore>>;

const DAY = 1_440 * MINUTE;
const SWEEP = { source: 'fleetkeeper.clock', 'detail-type': 'Sweep', detail: {}, ...WHERE };
const TICK = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {}, ...WHERE };
const check = (core: Core) => handleAgentClock(core.services, core.clients, SWEEP);
const tick = (core: Core) => handleAgentClock(core.services, core.clients, TICK);
const hear = async (core: Core, ...events: readonly unknown[]) =>
	(await hearRegistrations(core.services, core.clients, events)).map((result) => (result.ok ? result.value.outcome : result.error));
const open = async (core: Core) =>
	Object.fromEntries((await openAgents(core.services)).map((operation) => [operation.subject.cause, operation] as const));
const causes = async (core: Core) =>
	Object.fromEntries(Object.entries(await open(core)).map(([cause, { nodes }]) => [cause, Object.keys(nodes).sort()]));
const runs = ({ world }: Core, id: string, more: object = {}) => world.instances.set(id, more);
const profile = (name: string) => ({ IamInstanceProfile: { Arn: `arn:aws:iam::111122223333:instance-profile/${name}` } });
const ALL = ['ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:OpenControlChannel'];

/** Work for instances without a profile, as a playbook has it. */
const FIX: CompiledPlaybook<EventPlaybook> = {
	parameterVersion: 1,
	playbook: {
		name: 'fix-profiles',
		priority: 100,
		on: 'event',
		when: { source: ['fleetkeeper.agents'], detail: { cause: ['no-profile'] } },
		about: ['$.detail.node'],
		run: {
			type: 'automation',
			document: 'attach-instance-profile',
			parameters: { InstanceId: ['$.detail.node'] },
			timeoutSeconds: 7_200,
			deliverWithinSeconds: 7_200,
			registerWithinSeconds: 0,
		},
		then: { onFailure: {} },
	},
} as CompiledPlaybook<EventPlaybook>;

const OBSERVE = { ...FIX, playbook: { ...FIX.playbook, brakes: { observe: true } } } as CompiledPlaybook<EventPlaybook>;

describe('The check of all agents', () => {
	it('says of each instance that runs unmanaged why it does', async () => {
		const core = await createAgentCore();
		core.world.profiles
			.set('web', ALL)
			.set('batch', [ALL[2] ?? ''])
			.set('good', []);
		runs(core, node(1));
		runs(core, node(2), profile('web'));
		runs(core, node(3), profile('batch'));
		runs(core, node(4), profile('gone'));
		runs(core, node(5), profile('good'));
		runs(core, node(6), { LaunchTime: new Date(core.now() - 10 * MINUTE) });
		runs(core, node(7), { Tags: [{ Key: 'fleetkeeper-agent', Value: 'ignore' }] });
		runs(core, node(8));
		core.world.nodes.set(node(8), {});

		expect(await check(core)).toEqual({ waiting: 5, opened: 3 });
		const found = await open(core);
		expect(await causes(core)).toEqual({ 'no-profile': [node(1)], 'no-permissions': [node(2), node(3), node(4)], 'never-seen': [node(5)] });
		expect(Object.values(found['no-permissions']?.nodes ?? {}).map(({ detail }) => detail)).toEqual([
			`profile web may not ${ALL.join(', ')}; never seen`.slice(0, 120),
			'profile batch may not ssmmessages:OpenControlChannel; never seen',
			'profile gone has no role; never seen',
		]);
		expect(core.calls('CreateOpsItem').map(({ Title }) => Title)).toHaveLength(3);
	});

	it('looks for neither profile nor role where instances are managed without', async () => {
		const core = await createAgentCore();
		core.world.hostManagement = true;
		runs(core, node(1));
		runs(core, node(2), profile('web'));
		await check(core);

		expect(await causes(core)).toEqual({ 'never-seen': [node(1), node(2)] });
		expect(core.called()).not.toContain('SimulatePrincipalPolicy');
	});

	it('knows subnets without a way out, by their own route table or the main one, and what their VPCs lack', async () => {
		const core = await createAgentCore();
		core.world.hostManagement = true;
		const main = { VpcId: 'vpc-1', Associations: [{ Main: true }], Routes: [{ DestinationCidrBlock: '10.0.0.0/16', State: 'active' }] };
		const open = {
			VpcId: 'vpc-1',
			Associations: [{ SubnetId: 'subnet-b' }],
			Routes: [{ DestinationCidrBlock: '0.0.0.0/0', State: 'active' }],
		};
		const dead = {
			VpcId: 'vpc-1',
			Associations: [{ SubnetId: 'subnet-c' }],
			Routes: [{ DestinationCidrBlock: '0.0.0.0/0', State: 'blackhole' }],
		};
		core.on('DescribeRouteTables', () => ({ RouteTables: [main, open, dead] }));
		core.on('DescribeVpcEndpoints', () => ({ VpcEndpoints: [{ VpcId: 'vpc-1', ServiceName: 'com.amazonaws.eu-west-1.ssm' }] }));
		for (const [n, SubnetId] of ['subnet-a', 'subnet-b', 'subnet-c'].entries()) runs(core, node(n), { VpcId: 'vpc-1', SubnetId });
		await check(core);

		expect(await causes(core)).toEqual({ 'no-endpoints': [node(0), node(2)], 'never-seen': [node(1)] });
		expect((await openAgents(core.services)).flatMap(({ nodes }) => Object.values(nodes).map(({ detail }) => detail))).toContain(
			'subnet-a lacks ssmmessages; never seen',
		);
	});

	it('tells nodes that are silent from those that may be gone, and agents that are outdated from those that are not', async () => {
		const core = await createAgentCore();
		core.world.hostManagement = true;
		const lost = (days: number) => ({ PingStatus: 'ConnectionLost', LastPingDateTime: new Date(core.now() - days * DAY) });
		const spent = '5b3e8f0a-1c2d-4e6f-8a9b-0c1d2e3f4a5b';
		core.world.activations.push({
			ActivationId: spent,
			RegistrationLimit: 1,
			RegistrationsCount: 1,
			ExpirationDate: new Date(core.now() + 9 * DAY),
		});
		runs(core, node(1));
		core.world.nodes.set(node(1), lost(1));
		// It does not run: nothing is amiss.
		core.world.nodes.set(node(2), lost(1));
		core.world.nodes.set(machine(1), { ...lost(2), ActivationId: spent });
		core.world.nodes.set(machine(2), lost(31));
		core.world.nodes.set(node(3), { AgentVersion: '3.3.40.0', IsLatestVersion: false });
		core.world.nodes.set(node(4), { AgentVersion: '3.2.1.0', PlatformType: 'Windows', IsLatestVersion: false });
		core.world.nodes.set(node(5), { AgentVersion: '3.3.987.0', PlatformType: 'Windows', IsLatestVersion: false });
		await check(core);

		expect(await causes(core)).toEqual({
			'connection-lost': [node(1), machine(1)].sort(),
			'stale-registration': [machine(2)],
			outdated: [node(3), node(4)],
		});
		const { nodes } = (await open(core))['connection-lost'] as AgentOperation;
		expect(nodes[machine(1)]?.detail).toMatch(/^silent since 20.* UTC; its activation is used up \(1 of 1\)$/);
	});

	it('warns of one that is short in its last quarter', async () => {
		const core = await createAgentCore();
		const limits = { RegistrationLimit: 5, RegistrationsCount: 1, Expired: false };
		const ofOneDay = (ActivationId: string, left: number) => {
			const ExpirationDate = new Date(core.now() + left * DAY);
			core.world.activations.push({ ActivationId, ...limits, ExpirationDate, CreatedDate: new Date(ExpirationDate.getTime() - DAY) });
		};
		ofOneDay('young', 0.3);
		ofOneDay('old', 0.2);
		await check(core);

		expect(await causes(core)).toEqual({ 'activation-expiring': ['old'] });
	});

	it('warns of activations that expire, that have expired, and that are used up', async () => {
		const core = await createAgentCore();
		const id = (n: number) => `5b3e8f0a-1c2d-4e6f-8a9b-00000000000${n}`;
		const activation = (n: number, days: number, RegistrationsCount: number, RegistrationLimit = 5) => {
			const at = { ExpirationDate: new Date(core.now() + days * DAY), Expired: days < 0 };
			core.world.activations.push({ ActivationId: id(n), DefaultInstanceName: 'plant', RegistrationLimit, RegistrationsCount, ...at });
		};
		activation(1, 1, 2);
		activation(2, 3, 2);
		activation(3, -1, 2);
		activation(4, -8, 2);
		activation(5, 3, 5);
		activation(6, 1, 1, 1);
		activation(7, -1, 5);
		await check(core);

		expect(await causes(core)).toEqual({ 'activation-expiring': [id(1)], 'activation-expired': [id(3)], 'activation-used-up': [id(5)] });
		expect((await open(core))['activation-expiring']?.nodes[id(1)]?.detail).toMatch(/^plant, 2 of 5 registered, expires 20/);
	});

	it('of a thousand nodes costs a call a page, and names so many in the OpsItem as it has room for', async () => {
		const core = await createAgentCore();
		for (let n = 0; n < 1_000; n += 1) {
			runs(core, node(n));
			core.world.nodes.set(node(n), n < 950 ? {} : { PingStatus: 'ConnectionLost' });
		}
		for (let n = 1_000; n < 2_200; n += 1) runs(core, node(n));
		await check(core);

		const counts = ['DescribeInstances', 'DescribeInstanceInformation', 'DescribeActivations', 'GetServiceSetting', 'CreateOpsItem'];
		expect(counts.map((name) => core.calls(name).length)).toEqual([3, 20, 1, 1, 1]);
		expect(core.called().filter((name) => !counts.includes(name) && name !== 'PutEvents')).toEqual([]);
		const { nodes, more } = (await open(core))['no-profile'] as AgentOperation;
		expect([Object.keys(nodes).length, more]).toEqual([1_000, 250]);
		const [{ OperationalData, Description }] = core.calls('CreateOpsItem');
		expect(OperationalData.affected.Value).toBe('1250');
		expect(OperationalData.nodes.Value).toMatch(/and 1210 more$/);
		expect(Description.length).toBeLessThan(2_048);
	});

	it('says nothing of nodes that a list cut short may hold', async () => {
		const core = await createAgentCore();
		runs(core, node(1));
		core.on('DescribeInstanceInformation', () => ({ InstanceInformationList: [], NextToken: 'more' }));
		await check(core);

		expect(await causes(core)).toEqual({});
		expect(core.calls('DescribeInstanceInformation')).toHaveLength(60);
		expect(core.logs.filter(({ level }) => level === 'warn')).toHaveLength(1);
	});

	it('is done by the clock in a while where AWS does not let it be done now', async () => {
		const core = await createAgentCore();
		runs(core, node(1));
		core.on('DescribeActivations', () => {
			throw throttled();
		});
		expect(await check(core)).toEqual({ waiting: 0, opened: 0 });
		core.on('DescribeActivations', () => ({ ActivationList: [] }));
		core.pass(MINUTE);
		await tick(core);
		expect(await causes(core)).toEqual({});
		core.pass(CHECKS_APART);
		await tick(core);
		expect(await causes(core)).toEqual({ 'no-profile': [node(1)] });
	});

	it('solves what nothing has any more, and leaves alone for a day what a person has ended', async () => {
		const core = await createAgentCore();
		runs(core, node(1));
		runs(core, node(2), profile('gone'));
		await check(core);
		core.world.instances.delete(node(2));
		const operation = (await open(core))['no-profile'] as AgentOperation;
		await advance(core.services, [{ operation, facts: [{ type: 'operator', verb: 'cancel', by: 'anna' }] }]);
		core.pass(60 * MINUTE);
		await check(core);
		expect(await causes(core)).toEqual({});
		expect(core.calls('UpdateOpsItem').filter(({ Status }) => Status === 'Resolved')).toHaveLength(1);
		core.pass(DAY);
		await check(core);
		expect(await causes(core)).toEqual({ 'no-profile': [node(1)] });
	});
});

describe('Registrations', () => {
	it('are one check for many, and one more by the clock where one has begun lately', async () => {
		const core = await createAgentCore();
		runs(core, node(1));
		const checks = () => core.calls('DescribeInstances').length;
		expect(await hear(core, registration(), registration('Deregistration'))).toEqual(['checked', 'checked']);
		core.pass(MINUTE);
		expect(await hear(core, registration())).toEqual(['asked']);
		await tick(core);
		expect(checks()).toBe(1);
		core.pass(CHECKS_APART);
		await tick(core);
		expect(checks()).toBe(2);
		core.pass(CHECKS_APART);
		await tick(core);
		expect((await open(core))['no-profile']?.history[0]?.why).toContain('a node registered, or was deregistered');
	});

	it('may say whatever they like, but for the envelope', async () => {
		const core = await createAgentCore();
		const odd = { ...registration(), detail: ['what', { is: 'this' }], resources: ['arn:odd'] };
		const { account: _account, ...nowhere } = registration();
		expect(await hear(core, odd, nowhere)).toMatchObject([
			'checked',
			{ name: 'Fail', message: expect.stringContaining('account is missing') },
		]);
	});
});

describe('An instance that is put right', () => {
	it('keeps its cause until its agent has had the time to answer', async () => {
		const core = await createAgentCore();
		core.world.profiles.set('good', []);
		runs(core, node(1));
		await check(core);
		runs(core, node(1), profile('good'));
		core.pass(15 * MINUTE);
		await tick(core);
		expect((await open(core))['no-profile']?.nodes[node(1)]?.detail).toContain('its agent has yet to answer');
		expect(Object.keys(await causes(core))).toEqual(['no-profile']);

		core.pass(60 * MINUTE);
		await check(core);
		expect(await causes(core)).toEqual({ 'never-seen': [node(1)] });
	});
});

describe('A playbook for a cause', () => {
	it('is given each node once a day, some at a time', async () => {
		const core = await createAgentCore([OBSERVE]);
		for (let n = 0; n < 15; n += 1) runs(core, node(n));
		await check(core);
		const given = () =>
			core
				.calls('PutEvents')
				.flatMap(({ Entries }) => Entries)
				.filter(({ Detail }) => Detail.includes('fix-profiles')).length;
		expect(given()).toBe(10);
		expect((await open(core))['no-profile']?.history.map(({ what }) => what)).toContain('remediation');
		core.pass(MINUTE);
		await tick(core);
		expect(given()).toBe(15);
		core.pass(60 * MINUTE);
		await check(core);
		await tick(core);
		expect(given()).toBe(15);
		core.pass(DAY);
		await check(core);
		expect(given()).toBe(25);
	});

	it('begins its work on the node', async () => {
		const core = await createAgentCore([FIX]);
		runs(core, node(1));
		await check(core);
		expect(core.calls('StartAutomationExecution')).toMatchObject([
			{ DocumentName: 'fleetkeeper-test-attach-instance-profile', Parameters: { InstanceId: [node(1)] } },
		]);
	});

	it('has its OpsItem resolved only after its end is on record: who finds the cause again must know of it', async () => {
		const core = await createAgentCore();
		runs(core, node(1));
		await check(core);
		core.world.instances.clear();
		let atResolving: AgentOperation | undefined;
		core.on('UpdateOpsItem', async ({ Status }) => {
			if (Status === 'Resolved') atResolving = (await open(core))['no-profile'];
			return {};
		});
		core.pass(60 * MINUTE);
		await check(core);

		expect(atResolving?.ending).toMatchObject({ state: 'succeeded', pending: ['resolve-ops-item'] });
	});

	it('is given what is on record alone: who finds the node anew would give it again', async () => {
		const core = await createAgentCore([OBSERVE]);
		runs(core, node(1));
		await check(core);
		runs(core, node(2));
		let written: (() => Promise<AgentOperation | undefined>) | undefined = async () => (await open(core))['no-profile'];
		let atHanding: AgentOperation | undefined;
		core.on('PutEvents', async () => {
			atHanding ??= await written?.();
			written = undefined;
			return { Entries: [] };
		});
		core.pass(60 * MINUTE);
		await check(core);

		expect(Object.keys(atHanding?.nodes ?? {})).toEqual([node(1), node(2)]);
	});

	it('is looked for again where there was none', async () => {
		const core = await createAgentCore();
		runs(core, node(1));
		await check(core);
		expect((await open(core))['no-profile']).not.toHaveProperty('handing');
		expect(core.called()).not.toContain('StartAutomationExecution');
	});
});
