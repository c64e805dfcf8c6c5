/** The story of `npm run demo`: a fleet scales in and out on a bad day. */

import { SetDesiredCapacityCommand, TerminateInstanceInAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import type { Operation } from '../../shared/operation/types.ts';
import type { Behaviours } from '../aws/ec2-machine.ts';
import type { BusEvent } from '../aws/eventbridge.ts';
import type { Fleet } from '../fleet.ts';
import type { Expectation, Story } from './story.ts';

const START = '2026-03-02T09:00:00Z';

const WEB: Behaviours = {
	'drain-node': { durationSeconds: [35, 110], stdout: 'no open connections left; {{ ServiceName }} is stopped\n', oncePer: 'WorkId' },
	'bootstrap-node': { durationSeconds: [20, 60], stdout: '{{ ServiceName }} is active\n', oncePer: 'WorkId' },
};

const NODE = {
	drains: 'i-0b1ea000000000001',
	drainsToo: 'i-0b1ea000000000002',
	drainFails: 'i-0b1ea000000000003',
	agentOffline: 'i-0b1ea000000000004',
	drainsLong: 'i-0b1ea000000000005',
	statusLost: 'i-0b1ea000000000006',
	eventLost: 'i-09ee0000000000001',
	eventTwice: 'i-09ee0000000000002',
	batch: 'i-0ba7c000000000001',
	foreign: 'i-0a919000000000001',
} as const;

const DRAIN = { name: 'fleetkeeper-drain', on: 'terminate', heartbeatTimeoutSeconds: 1_800, defaultResult: 'CONTINUE' } as const;
const BOOTSTRAP = { name: 'fleetkeeper-bootstrap', on: 'launch', heartbeatTimeoutSeconds: 600, defaultResult: 'ABANDON' } as const;

const FLEET: Fleet = {
	groups: [
		{
			name: 'web-blue',
			min: 0,
			max: 12,
			tags: { service: 'nginx' },
			behaviours: WEB,
			hooks: [DRAIN, BOOTSTRAP],
			launches: [
				{},
				{ behaviours: { 'bootstrap-node': { exitCode: 1, durationSeconds: [15, 40], stdout: 'nginx: configuration file test failed\n' } } },
			],
			nodes: [
				{ id: NODE.drains },
				{ id: NODE.drainsToo },
				{
					id: NODE.drainFails,
					behaviours: { 'drain-node': { exitCode: 1, durationSeconds: [20, 60], stdout: 'nginx does not stop: 3 workers are stuck\n' } },
				},
				{ id: NODE.agentOffline, agent: 'lost' },
				{
					id: NODE.drainsLong,
					behaviours: { 'drain-node': { durationSeconds: [5_390, 5_410], stdout: 'no open connections left; nginx is stopped\n' } },
				},
				{ id: NODE.statusLost },
				{ id: 'i-0b1ea000000000007' },
				{ id: 'i-0b1ea000000000008' },
				{ id: 'i-0b1ea000000000009' },
			],
		},
		{
			name: 'web-green',
			min: 0,
			max: 6,
			tags: { service: 'nginx' },
			behaviours: WEB,
			hooks: [DRAIN],
			nodes: [{ id: NODE.eventLost }, { id: NODE.eventTwice }, { id: 'i-09ee0000000000003' }],
		},
		{
			name: 'batch-workers',
			min: 0,
			max: 4,
			tags: { service: 'batch' },
			behaviours: {
				'collect-logs': { durationSeconds: [10, 30], stdout: 'uploaded the logs to s3://{{ Bucket }}/{{ Prefix }}/\n' },
				'drain-node': { durationSeconds: [20, 60], stdout: '{{ ServiceName }} is stopped\n', oncePer: 'WorkId' },
			},
			hooks: [{ name: 'fleetkeeper-collect', on: 'terminate', heartbeatTimeoutSeconds: 900, defaultResult: 'CONTINUE' }],
			nodes: [{ id: NODE.batch }, { id: 'i-0ba7c000000000002' }],
		},
		{
			name: 'api-green',
			min: 0,
			max: 4,
			tags: { service: 'api' },
			hooks: [{ name: 'codedeploy-terminate', on: 'terminate', heartbeatTimeoutSeconds: 600, defaultResult: 'CONTINUE' }],
			nodes: [{ id: NODE.foreign }, { id: 'i-0a919000000000002' }],
		},
	],
};

function isAbout(event: BusEvent, detailType: string, instanceId: string): boolean {
	const { detail } = event;
	return event['detail-type'] === detailType && (detail['EC2InstanceId'] ?? detail['instance-id']) === instanceId;
}

const TERMINATE_ACTION = 'EC2 Instance-terminate Lifecycle Action';
const COMMAND_ENDED = 'EC2 Command Invocation Status-change Notification';

const node =
	(id: string) =>
	({ subject }: Operation) =>
		subject.kind === 'lifecycle' && subject.instanceId === id;
const bootstrap = (state: Operation['state']) => (operation: Operation) =>
	operation.playbook.name === 'bootstrap-web' && operation.state === state;
const isAbandoned = ({ playbook, subject }: Operation) =>
	playbook.name === 'drain-web' && subject.kind === 'lifecycle' && !Object.values<string>(NODE).includes(subject.instanceId);
const heartbeats = ({ history }: Operation) => history.filter(({ what }) => what === 'heartbeat').length;
const happened = (what: string, why: RegExp) => (operation: Operation) =>
	operation.history.some((entry) => entry.what === what && why.test(entry.why));

const EXPECTATIONS: readonly Expectation[] = [
	{ part: 'a node drains and goes', about: node(NODE.drains), state: 'succeeded', lifecycle: 'CONTINUE' },
	{
		part: 'so does its neighbour, served by the same command',
		about: node(NODE.drainsToo),
		state: 'succeeded',
		lifecycle: 'CONTINUE',
		also: ({ work }) => work?.shared === true,
	},
	{
		part: 'one drain fails: the node goes, and an OpsItem says so',
		about: node(NODE.drainFails),
		state: 'failed',
		lifecycle: 'CONTINUE',
		opsItem: true,
	},
	{
		part: "one node's agent is offline: settled at once",
		about: node(NODE.agentOffline),
		state: 'failed',
		lifecycle: 'CONTINUE',
		opsItem: true,
	},
	{
		part: 'one drain takes 90 minutes on a 30-minute hook',
		about: node(NODE.drainsLong),
		state: 'succeeded',
		lifecycle: 'CONTINUE',
		also: (operation) => heartbeats(operation) >= 5,
	},
	{ part: 'one status event never arrives: the clock looks', about: node(NODE.statusLost), state: 'succeeded', lifecycle: 'CONTINUE' },
	{
		part: 'one lifecycle event never arrives: the sweep finds it',
		about: node(NODE.eventLost),
		state: 'succeeded',
		lifecycle: 'CONTINUE',
		also: happened('opened', /sweep/),
	},
	{ part: 'one arrives twice: one operation, one drain', about: node(NODE.eventTwice), state: 'succeeded', lifecycle: 'CONTINUE' },
	{
		part: 'a runbook collects the logs of a batch node before it goes',
		about: node(NODE.batch),
		state: 'succeeded',
		lifecycle: 'CONTINUE',
	},
	{ part: 'new nodes are bootstrapped into service', about: bootstrap('succeeded'), count: 2, state: 'succeeded', lifecycle: 'CONTINUE' },
	{ part: 'the abandoned node passes the drain too before it goes', about: isAbandoned, state: 'succeeded', lifecycle: 'CONTINUE' },
	{
		part: 'another launch fails and is abandoned; its replacement is one of those two',
		about: bootstrap('failed'),
		state: 'failed',
		lifecycle: 'ABANDON',
		opsItem: true,
	},
];

/** One story for all that a drain can meet. */
export const CORE_STORY: Story = {
	name: 'core',
	title: 'A fleet scales in and out on a bad day',
	startAt: START,
	minutes: 130,
	fleet: FLEET,
	faults: {
		event(event) {
			if (isAbout(event, COMMAND_ENDED, NODE.statusLost) || isAbout(event, TERMINATE_ACTION, NODE.eventLost)) return 'drop';
			return isAbout(event, TERMINATE_ACTION, NODE.eventTwice) ? 'duplicate' : 'deliver';
		},
	},
	script(world) {
		const { autoScaling } = world.aws;
		const minute = (minutes: number, what: () => Promise<unknown>) =>
			world.at(Date.parse(START) + minutes * 60_000, async () => {
				await what();
			});
		const scale = (AutoScalingGroupName: string, DesiredCapacity: number) =>
			autoScaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity }));
		minute(2, () => scale('web-blue', 3));
		minute(12, () => scale('web-green', 1));
		minute(20, () => scale('batch-workers', 1));
		minute(25, () =>
			autoScaling.send(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: NODE.foreign, ShouldDecrementDesiredCapacity: true })),
		);
		minute(40, () => scale('web-blue', 5));
	},
	expectations: EXPECTATIONS,
	outcomes(world) {
		const inService = ({ members }: { members: Map<string, { state: string }> }) =>
			[...members.values()].filter(({ state }) => state === 'InService').length;
		const groups = Object.fromEntries(world.services.autoScaling.groups().map((group) => [group.name, inService(group)]));
		const completions = world.requestLog.entries.filter(({ operation }) => operation === 'CompleteLifecycleAction');
		const opsItems = world.services.ssm.opsItems().filter(({ title }) => title.includes('web-blue'));
		return [
			{
				part: 'both failed drains of the group are in one OpsItem',
				holds: opsItems.filter(({ title }) => title.startsWith('drain-web')).length === 1,
			},
			{ part: 'a hook of somebody else is left alone, and ends by its own timer', holds: groups['api-green'] === 1 },
			{
				part: 'every group has the nodes it should have',
				holds: groups['web-blue'] === 5 && groups['web-green'] === 1 && groups['batch-workers'] === 1,
			},
			{
				part: 'one completed lifecycle action for each operation',
				holds:
					completions.filter(({ error }) => error === undefined).length ===
					EXPECTATIONS.reduce((sum, { count = 1 }) => sum + Number(count), 0),
			},
		];
	},
};
