/** The story of `npm run demo -- fleet`: people at their shells, software, agents and machines outside EC2, in four days of care. */

import { EC2Client, RebootInstancesCommand } from '@aws-sdk/client-ec2';
import {
	DeleteActivationCommand,
	ResumeSessionCommand,
	SendCommandCommand,
	StartSessionCommand,
	UpdateOpsItemCommand,
} from '@aws-sdk/client-ssm';
import { type Aws, createAws } from '../../shared/aws/clients.ts';
import { inProcess } from '../aws/http.ts';
import { IN_PROCESS_CLIENT } from '../environment.ts';
import type { World } from '../world.ts';
import { EXPECTATIONS, outcomes } from './fleet-ends.ts';
import { ANNA, API, BERT, FLEET, LOST, PLAYBOOKS, PRESS, PRESSES, SCRAPPED, SESSIONS, WEB } from './fleet-estate.ts';
import type { Story } from './story.ts';
import type { Terminal } from './terminal.ts';

const DAYS = 3;

/** One story for what inventory, sessions, agents and activations can meet. */
export const FLEET_STORY: Story = {
	name: 'fleet',
	title: 'Shells, software, agents and machines elsewhere: four days of care',
	startAt: '2026-03-02T08:00:00Z',
	minutes: DAYS * 1_440 + 90,
	skipsQuiet: true,
	chapters: [
		{ from: '2026-03-02T08:00:00Z', title: 'People at their shells' },
		{ from: '2026-03-03T03:30:00Z', title: 'Software that must not be there, and software that is too old' },
		{ from: '2026-03-03T08:00:00Z', title: 'Agents that are not there, are silent or are old' },
		{ from: '2026-03-03T10:00:00Z', title: 'Machines on premises' },
		{ from: '2026-03-04T03:30:00Z', title: 'The inventory of the next night' },
		{ from: '2026-03-05T08:00:00Z', title: 'An activation is about to expire' },
	],
	functions: ['inventory-change', 'session-event', 'agent-health'],
	fleet: FLEET,
	people: [ANNA, BERT],
	playbooks: PLAYBOOKS,
	faults: {},
	script(world, terminal) {
		const on: On = (time, what) => world.at(Date.parse(`2026-03-${time}:00Z`), async () => void (await what()));
		openShells(world, terminal, on);
		keepClean(world, terminal, on);
		keepAgents(world, terminal, on);
		joinMachines(world, terminal, on);
	},
	expectations: EXPECTATIONS,
	outcomes,
};

/** Has something happen at a day and time of March: `02T09:00`. */
type On = (time: string, what: () => unknown) => void;

/** The clients of somebody with a key of his own. */
function awsOf({ wire, template }: World, caller: string): Aws {
	return createAws({ region: template.stack.region, ...IN_PROCESS_CLIENT, requestHandler: inProcess(wire, { caller }) });
}

function openShells(world: World, terminal: Terminal, on: On): void {
	const { sessionManager, opsItems } = world.services.ssm;
	const anna = awsOf(world, ANNA);
	const bert = awsOf(world, BERT);
	const hers = () => sessionManager.all().find(({ caller }) => caller === ANNA)?.id ?? '';
	on('02T09:00', () =>
		anna.ssm.send(new StartSessionCommand({ Target: WEB[0], DocumentName: SESSIONS, Reason: 'INC-4711: the disk is full' })),
	);
	on('02T09:02', () => sessionManager.type(hers(), '$ df -h /var'));
	on('02T09:06', () => sessionManager.disconnect(hers()));
	on('02T09:10', () => anna.ssm.send(new ResumeSessionCommand({ SessionId: hers() })));
	on('02T09:12', () => sessionManager.type(hers(), '$ sudo journalctl --vacuum-size=200M'));
	// Not ours, and it keeps no transcript: her policy knows no other document, and no node without the tag.
	on('02T09:15', () => anna.ssm.send(new StartSessionCommand({ Target: API[0], Reason: 'INC-4711' })).catch(ignoreRefusal));
	on('02T09:50', () => bert.ssm.send(new StartSessionCommand({ Target: WEB[1], DocumentName: SESSIONS })));
	on('02T10:00', () => terminal('report', 'sessions', '--since', '1d'));
	on('02T10:20', () => {
		const item = opsItems().find(({ title }) => title.startsWith('Sessions of'));
		return item && world.aws.ssm.send(new UpdateOpsItemCommand({ OpsItemId: item.id, Status: 'Resolved' }));
	});
}

function ignoreRefusal(error: Error): void {
	if (error.name !== 'AccessDeniedException') throw error;
}

function keepClean({ aws }: World, terminal: Terminal, on: On): void {
	const upgrade = (tier: string, how: string) =>
		aws.ssm.send(
			new SendCommandCommand({
				DocumentName: 'AWS-RunShellScript',
				Targets: [{ Key: 'tag:tier', Values: [tier] }],
				Parameters: { commands: [how] },
			}),
		);
	on('03T07:00', () => terminal('report', 'inventory', '--software', 'openssl'));
	on('03T07:10', () => upgrade('web', 'dnf -y upgrade openssl'));
	on('03T07:11', () => upgrade('api', 'apt-get -y install --only-upgrade openssl'));
	on('04T07:00', () => terminal('report', 'inventory', '--software', 'telnet*'));
	on('04T07:01', () => terminal('report', 'inventory', '--software', 'press-*'));
}

function keepAgents({ aws, services }: World, terminal: Terminal, on: On): void {
	const ec2 = aws.client(EC2Client);
	on('03T05:40', () => services.ssm.setAgent(LOST, 'lost'));
	on('03T08:01', () => terminal('show', 'no-profile'));
	on('03T08:30', async () => {
		await ec2.send(new RebootInstancesCommand({ InstanceIds: [LOST] }));
		services.ssm.setAgent(LOST, 'online');
	});
	on('03T09:00', () => terminal('deregister', SCRAPPED, '--reason', 'scrapped in January'));
}

function joinMachines(world: World, terminal: Terminal, on: On): void {
	const { activations } = world.services.ssm;
	let made = { activationId: '', code: '' };
	on('03T10:00', async () => {
		const asked = ['--limit', '3', '--expires', '60h', '--name', 'press', '--tag', 'site=ghent', '--reason', 'presses of hall 2'];
		const { answer } = await terminal('activate', ...asked);
		const [, activationId = ''] = /^Activation (\S+):/.exec(answer[0] ?? '') ?? [];
		const [, code = ''] = /shown this once: (\S+)$/.exec(answer[1] ?? '') ?? [];
		made = { activationId, code };
	});
	for (const [index, name] of PRESSES.entries()) {
		on(`03T10:${20 + index}`, () => activations.register({ ...made, name, machine: PRESS }));
	}
	on('05T08:40', () => world.aws.ssm.send(new DeleteActivationCommand({ ActivationId: made.activationId })));
}
