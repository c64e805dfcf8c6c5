/** `npm start`: AWS on this machine, with a small fleet, and the functions running on its events. */

import {
	CreateMaintenanceWindowCommand,
	ListAssociationsCommand,
	RegisterTargetWithMaintenanceWindowCommand,
	RegisterTaskWithMaintenanceWindowCommand,
	StartAssociationsOnceCommand,
	StartSessionCommand,
} from '@aws-sdk/client-ssm';
import { DEFAULT_PORT } from './aws/http.ts';
import type { LogLine } from './environment.ts';
import { START_FLEET } from './fleets/start.ts';
import { ensureTemplate } from './package-template.ts';
import { loadTemplate } from './template.ts';
import { createWorld, type World } from './world.ts';

/** How long the playbooks may take to be compiled before the first event is served. */
const READY_WITHIN_MS = 30_000;

function portFrom(text: string | undefined): number {
	const port = text === undefined || text === '' ? DEFAULT_PORT : Number(text);
	if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
	throw new Error(`PORT is '${text}': use a whole number from 0 to 65535.`);
}

function printLog({ at, level, functionName, message, fields }: LogLine): void {
	if (level === 'debug') return;
	const time = new Date(at).toISOString().slice(11, 23);
	const details = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields, errorText)}` : '';
	process.stderr.write(`${time} ${level.toUpperCase().padEnd(5)} ${functionName} ${message}${details}\n`);
}

/** Long enough for what is registered with a window before it opens. */
const BEFORE_OPENING_MS = 5_000;
const MINUTE_MS = 60_000;

/** A window opens at the next minute and looks for missing patches: what Systems Manager knows of nodes and windows is there to be read. */
async function lookForPatches({ aws: { ssm }, clock }: World): Promise<void> {
	const opensAt = new Date(Math.ceil((clock.now() + BEFORE_OPENING_MS) / MINUTE_MS) * MINUTE_MS).toISOString().slice(0, 19);
	const settings = { Schedule: `at(${opensAt})`, Duration: 1, Cutoff: 0, AllowUnassociatedTargets: false };
	const { WindowId } = await ssm.send(new CreateMaintenanceWindowCommand({ Name: 'look-for-patches', ...settings }));
	const Targets = [{ Key: 'tag-key', Values: ['PatchGroup'] }];
	const target = { WindowId, ResourceType: 'INSTANCE', Targets } as const;
	const { WindowTargetId = '' } = await ssm.send(new RegisterTargetWithMaintenanceWindowCommand(target));
	const task = {
		...{ WindowId, TaskType: 'RUN_COMMAND' as const, TaskArn: 'AWS-RunPatchBaseline', MaxConcurrency: '100%', MaxErrors: '100%' },
		Targets: [{ Key: 'WindowTargetIds', Values: [WindowTargetId] }],
		TaskInvocationParameters: { RunCommand: { Parameters: { Operation: ['Scan'] } } },
	};
	await ssm.send(new RegisterTaskWithMaintenanceWindowCommand(task));
}

/** What else would be gathered by night: which software is where. */
async function gatherInventory({ aws: { ssm } }: World): Promise<void> {
	const AssociationFilterList = [{ key: 'Name' as const, value: 'AWS-GatherSoftwareInventory' }];
	const { Associations = [] } = await ssm.send(new ListAssociationsCommand({ AssociationFilterList }));
	const AssociationIds = Associations.flatMap(({ AssociationId }) => AssociationId ?? []);
	await ssm.send(new StartAssociationsOnceCommand({ AssociationIds }));
}

/** The AWS CLI opens none without its plugin: somebody has a shell on a node already. */
async function openSession({ aws: { ssm } }: World): Promise<void> {
	const Target = START_FLEET.groups[0]?.nodes[0]?.id;
	await ssm.send(new StartSessionCommand({ Target, DocumentName: 'fleetkeeper-local-session', Reason: 'INC-4711: the disk is full' }));
}

/** Errors have no enumerable members: JSON would show `{}`. */
function errorText(_key: string, value: unknown): unknown {
	return value instanceof Error ? `${value.name}: ${value.message}` : value;
}

function banner(url: string, world: World): string {
	const group = START_FLEET.groups[0];
	const [node] = world.services.autoScaling.groups().flatMap(({ name }) => (name === group?.name ? group.nodes : []));
	return `
Fleetkeeper on a local AWS at ${url} (account ${world.context.account}, Region ${world.context.region}). Stop with Ctrl+C.

In another terminal:

  export AWS_ENDPOINT_URL=${url} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=${world.context.region}

  aws autoscaling describe-auto-scaling-instances --output table
  aws autoscaling terminate-instance-in-auto-scaling-group --should-decrement-desired-capacity --instance-id ${node?.id}
  aws ssm list-command-invocations --details
  npm run -s fleet -- list
  aws ssm describe-instance-patch-states --instance-ids i-0ba7c000000000001 i-0ba7c000000000002   (at the next full minute)
  npm run -s fleet -- report inventory --software 'telnet*'
  npm run -s fleet -- report sessions
  npx sls invoke local -f instance-lifecycle -p events/instance-terminating.json
`;
}

async function main(): Promise<void> {
	const port = portFrom(process.env['PORT']);
	const template = await loadTemplate(await ensureTemplate());
	const world = await createWorld({
		seed: Date.now(),
		time: 'real',
		startAt: Date.now(),
		template,
		fleet: START_FLEET,
		onLog: printLog,
		onDefect: (error) => process.stderr.write(`Defect in the local AWS: ${error instanceof Error ? error.stack : String(error)}\n`),
	});
	const server = await world.listen(port);
	const stop = async () => {
		world.close();
		await server.close();
	};
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());

	const compiler = world.template.functions.find(({ file }) => file.endsWith('/playbook-change'));
	await world.runUntil(() => world.invocations.some(({ functionName }) => functionName === compiler?.name), READY_WITHIN_MS);
	await lookForPatches(world);
	await gatherInventory(world);
	await openSession(world);
	process.stdout.write(banner(server.url, world));
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exit(1);
});
