/**
 * AWS Systems Manager: Run Command, Automation, Parameter Store, OpsCenter, managed nodes, documents, maintenance windows, Patch
 * Manager, State Manager, compliance.
 */

import type {
	CreateResourceDataSyncCommandInput,
	GetCalendarStateCommandInput,
	SendCommandCommandInput,
	StartAutomationExecutionCommandInput,
	Target,
} from '@aws-sdk/client-ssm';
import * as schemas from '@aws-sdk/client-ssm';
import type { ApiCallListener } from '../api-call.ts';
import { LIST_LAG_MS, SSM_QUOTAS } from '../assumptions.ts';
import type { Ec2 } from '../ec2.ts';
import type { Behaviours } from '../ec2-machine.ts';
import type { Iam } from '../iam/index.ts';
import type { IamApi } from '../iam-api.ts';
import { defineService, PROTOCOLS, type ServiceDefinition } from '../service.ts';
import { quotasOf, throttled } from '../throttle.ts';
import { type AwsContext, AwsError } from '../types.ts';
import { createActivations, type HybridActivations } from './activations/index.ts';
import { agentUpdater, UPDATE_AGENT } from './agent.ts';
import { runbookOf } from './automation/assume-role.ts';
import { AutomationEngine } from './automation/engine.ts';
import type { Execution } from './automation/model.ts';
import { automationOperations } from './automation/operations.ts';
import { createReach } from './automation/reach.ts';
import { automationStarter } from './automation/starting.ts';
import { Calendars } from './calendars.ts';
import type { Command } from './command-model.ts';
import { commandOperations } from './command-operations.ts';
import { Commands } from './commands.ts';
import { Compliance } from './compliance/compliance.ts';
import { complianceOperations } from './compliance/operations.ts';
import { createDataSyncs } from './data-sync/index.ts';
import type { Bucketing } from './data-sync/syncs.ts';
import { documentOperations } from './document-operations.ts';
import { Documents } from './documents.ts';
import type { HybridMachine, NewHybridMachine } from './hybrid.ts';
import { createInventory } from './inventory/index.ts';
import type { Lag } from './lag.ts';
import { createMaintenanceWindows, type DeployedWindows } from './maintenance/index.ts';
import type { InvokeFunction } from './maintenance/other-tasks.ts';
import { type AgentMay, admissionOf, agentAllowed } from './node-admission.ts';
import { nodeOperations } from './node-operations.ts';
import { type AgentState, type ManagedNode, Nodes } from './nodes.ts';
import { opsItemOperations } from './ops-item-operations.ts';
import { type OpsItem, OpsItems } from './ops-items.ts';
import { parameterOperations } from './parameter-operations.ts';
import { type NewParameter, Parameters } from './parameters.ts';
import { createPatchManager, type PatchManager } from './patching/index.ts';
import { makeCommand } from './send-command.ts';
import { HOST_MANAGEMENT, HOST_MANAGEMENT_ROLE, ServiceSettings } from './service-settings.ts';
import { createSessionManager, type SessionManager } from './sessions/index.ts';
import { createStateManager, type StateManager } from './state-manager/index.ts';
import { tagOperations } from './tag-operations.ts';

export interface Ssm {
	readonly definition: ServiceDefinition;
	readonly lag: Lag;
	/** Stores a document as CreateDocument does, without a call. `content` is an object, or JSON or YAML text. */
	addDocument(
		name: string,
		type: 'Command' | 'Automation' | 'ChangeCalendar' | 'Session',
		content: string | Readonly<Record<string, unknown>>,
	): void;
	/** Stores or overwrites a parameter, its event included, without a call. */
	putParameter(parameter: Omit<NewParameter, 'overwrite'>): void;
	/** The keys of the account's own that encrypt a SecureString, or those under a path. */
	parameterKeys(nameOrPath: string): readonly string[];
	/** A registered node whose instance has not gone. Its `runs` are everything that ran on it. */
	node(id: string): ManagedNode | undefined;
	nodes(): readonly ManagedNode[];
	/** Whether the agent of a node answers, as its list has it; undefined of what is no managed node. */
	pingStatus(id: string): 'Online' | 'ConnectionLost' | undefined;
	/** Registers a node, silences its agent or brings it back; `none`: it never registered. */
	setAgent(id: string, agent: AgentState): void;
	/** Whether instances without a profile that would do are managed all the same; a world begins with that on. */
	manageHosts(isOn: boolean): void;
	hostsAreManaged(): boolean;
	/** Registers a node whose agent has been silent for long, for so many milliseconds: it is `ConnectionLost` from the start. */
	seedLost(id: string, silentMs?: number): void;
	/** Registers a machine that is not EC2's. */
	addHybridMachine(machine: NewHybridMachine): void;
	hybridMachines(): readonly HybridMachine[];
	/** A deaf node answers pings and never takes up a command. */
	setDeaf(id: string, deaf: boolean): void;
	/** Changes how documents end on a node, from its next run on. */
	behave(id: string, behaviours: Behaviours): void;
	/** What a deployment makes of maintenance windows. */
	readonly maintenance: DeployedWindows;
	readonly patchManager: PatchManager;
	readonly stateManager: StateManager;
	readonly activations: HybridActivations;
	/** People at their shells. */
	readonly sessionManager: SessionManager;
	/** Makes a resource data sync as a deployment does. */
	addDataSync(input: CreateResourceDataSyncCommandInput): void;
	/** A resource group of the nodes that carry these tags. */
	addResourceGroup(name: string, tags: Readonly<Record<string, string>>): void;
	/** What StartAutomationExecution would run: the version, and the role that it works in. */
	runbook(input: unknown): { readonly version: string; readonly assumeRole?: string } | undefined;
	/** The newest first. */
	commands(): readonly Command[];
	executions(): readonly Execution[];
	opsItems(): readonly OpsItem[];
}

export interface SsmOptions {
	readonly ec2: Ec2;
	/** Where resource data syncs and sessions write. */
	readonly s3?: Bucketing;
	/** Whether the bucket of a resource data sync lets it be written to, by the sync's name; any does where it is absent. */
	readonly admitsSync?: (name: string) => boolean;
	/** Roles and instance profiles; where it is absent, they allow anything. */
	readonly iamApi?: IamApi;
	/** All services of the world: what runbooks reach by `aws:executeAwsApi`, on the wire or not. Asked at each call. */
	readonly services?: () => readonly Pick<ServiceDefinition, 'name' | 'operations'>[];
	/** Told of the calls that runbooks make. */
	readonly onCall?: ApiCallListener;
	/** What runbooks may do in their roles: anything where it is absent. */
	readonly iam?: Iam;
	/** What tasks of maintenance windows invoke. */
	readonly invoke?: InvokeFunction;
	/** Calls per second, by operation, besides the published quotas. */
	readonly throttles?: Readonly<Record<string, number>>;
	readonly listLagMs?: number;
}

/** What the targets of an Automation lead to: the values themselves, or the instances with a tag. */
function targetsOf(targets: readonly Target[], ec2: Ec2): string[] {
	const [{ Key: key = '', Values: values = [] } = {}] = targets;
	if (key === 'ParameterValues') return [...new Set(values)];
	const tagged = ec2
		.instances()
		.filter(({ tags, state }) => state !== 'terminated' && values.includes(tags.get(key.slice('tag:'.length)) ?? ''));
	return tagged.map(({ id }) => id);
}

/** @throws AwsError for what is none. */
function managedInstance(nodes: Nodes, id: string): HybridMachine {
	const machine = nodes.hybrid.get(id);
	if (!machine) throw new AwsError('InvalidResourceId', `There is no managed instance ${id}.`);
	return machine;
}

export function createSsm(ctx: AwsContext, options: SsmOptions): Ssm {
	const {
		ec2,
		s3,
		iamApi,
		admitsSync = () => true,
		services = () => [],
		onCall,
		iam,
		invoke,
		throttles = {},
		listLagMs = LIST_LAG_MS,
	} = options;
	const lag: Lag = { listsMs: listLagMs };
	const settings = new ServiceSettings(ctx);
	// A world is as most fleets are: managed without a profile on every instance.
	settings.set(HOST_MANAGEMENT, HOST_MANAGEMENT_ROLE, 'System');
	const agentMay: AgentMay = (host, action, resource) => agentAllowed({ ec2, iamApi }, host, action, resource);
	const nodes = new Nodes(ctx, ec2, admissionOf({ ec2, settings, agentMay }));
	for (const source of [settings, ec2.network, ...(iamApi ? [iamApi] : [])]) source.onChange(() => nodes.reconsider());
	ec2.onProfile(() => nodes.reconsider());
	const documents = new Documents(ctx);
	const calendars = new Calendars(ctx, documents);
	const parameters = new Parameters(ctx);
	const opsItems = new OpsItems(ctx);
	const commands = new Commands(ctx, nodes);
	const { groups } = nodes;
	const sending = { ctx, documents, nodes, parameters, groups };
	const make = (input: SendCommandCommandInput) => makeCommand(input, sending);

	const reach = createReach({
		ctx,
		services: () => [definition, ec2.definition, ...services()],
		commands,
		make,
		...(onCall && { onCall }),
		...(iam && { iam }),
	});
	const engine = new AutomationEngine(ctx, reach);

	const automation = automationOperations(ctx, documents, engine, lag, (targets) => targetsOf(targets, ec2), iam);
	const maintenance = createMaintenanceWindows({
		ctx,
		commands,
		nodes,
		make,
		startAutomation: automationStarter(automation, engine),
		...(iam && { iam }),
		...(invoke && { invoke }),
	});

	const compliance = new Compliance(ctx);
	const patching = createPatchManager(ctx, nodes, compliance);
	const associations = createStateManager({ ctx, nodes, documents, calendars, compliance });
	const inventory = createInventory({ ctx, nodes, compliance, patchReport: patching.manager.report, associationsOn: associations.on });
	const dataSyncs = createDataSyncs(ctx, inventory.inventory, s3, admitsSync);
	const roleOf = (caller: string) => iam?.sessionOf(caller)?.role;
	const sessions = createSessionManager({ ctx, nodes, documents, lag, roleOf, agentMay, ...(s3 && { s3 }) });
	const activations = createActivations(ctx, nodes, (role) => (iamApi ? iamApi.trusts(role, 'ssm.amazonaws.com') : true));
	nodes.perform(UPDATE_AGENT, agentUpdater(ctx, nodes));
	ec2.onState(({ id }) => inventory.inventory.touch(id, 'AWS:InstanceInformation'));

	const operations = {
		...commandOperations(commands, sending, lag),
		...automation,
		...maintenance.operations,
		...patching.operations,
		...associations.operations,
		...inventory.operations,
		...dataSyncs.operations,
		...sessions.operations,
		...activations.operations,
		...settings.operations(roleOf),
		...complianceOperations(ctx, compliance, (id) => nodes.get(id) !== undefined),
		...documentOperations(documents),
		GetCalendarState: (input: GetCalendarStateCommandInput) => calendars.state(input),
		...parameterOperations(ctx, parameters, roleOf),
		...opsItemOperations(ctx, opsItems),
		...nodeOperations(ctx, nodes),
		...tagOperations({
			Document: (id) => documents.get(id).tags,
			Parameter: (id) => parameters.get(id).tags,
			OpsItem: (id) => opsItems.get(id).tags,
			ManagedInstance: (id) => managedInstance(nodes, id).tags,
			MaintenanceWindow: maintenance.tags,
			PatchBaseline: patching.tags,
			Association: associations.tags,
			Automation: (id) => engine.find(id)?.tags ?? new Map<string, string>(),
		}),
	};
	const definition = defineService({
		name: 'ssm',
		protocol: PROTOCOLS.ssm,
		schemas,
		operations: throttled(operations, [...SSM_QUOTAS, ...quotasOf(throttles)], ctx.clock),
	});

	return {
		definition,
		lag,
		addDocument: (name, type, content) => {
			documents.add({ name, type, content });
		},
		putParameter: (parameter) => {
			parameters.put({ ...parameter, overwrite: true });
		},
		parameterKeys: (nameOrPath) => parameters.keysOf(nameOrPath),
		node: (id) => nodes.get(id),
		nodes: () => nodes.listed(),
		pingStatus(id) {
			const node = nodes.get(id);
			return node && nodes.pingStatus(node);
		},
		setAgent: (id, agent) => nodes.setAgent(id, agent),
		seedLost: (id, silentMs) => nodes.seedLost(id, silentMs),
		manageHosts: (isOn) => (isOn ? settings.set(HOST_MANAGEMENT, HOST_MANAGEMENT_ROLE, 'System') : settings.reset(HOST_MANAGEMENT)),
		hostsAreManaged: () => settings.managesHosts(),
		addHybridMachine(machine) {
			nodes.hybrid.add(machine);
			nodes.setAgent(machine.id, 'online');
		},
		hybridMachines: () => nodes.hybrid.all(),
		setDeaf: (id, deaf) => nodes.setDeaf(id, deaf),
		behave(id, behaviours) {
			const node = nodes.get(id);
			if (!node) throw new Error(`${id} is not a managed node.`);
			node.behaviours = { ...node.behaviours, ...behaviours };
		},
		maintenance: maintenance.deployed,
		patchManager: patching.manager,
		stateManager: associations.manager,
		activations: activations.manager,
		sessionManager: sessions.manager,
		addDataSync: dataSyncs.add,
		addResourceGroup: (name, tags) => {
			groups.set(name, tags);
		},
		runbook: (input) => runbookOf(documents, input as StartAutomationExecutionCommandInput),
		commands: () => commands.all(),
		executions: () => engine.all(),
		opsItems: () => opsItems.all(),
	};
}
