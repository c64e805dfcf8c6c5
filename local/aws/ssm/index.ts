/**
 * AWS Systems Manager: Run Command, Automation, Parameter Store, OpsCenter, managed nodes, documents, maintenance windows, Patch
 * Manager, State Manager, compliance.
 */

import type {
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
import { defineService, PROTOCOLS, type ServiceDefinition } from '../service.ts';
import { quotasOf, throttled } from '../throttle.ts';
import { type AwsContext, AwsError } from '../types.ts';
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
import { documentOperations } from './document-operations.ts';
import { Documents } from './documents.ts';
import type { HybridMachine, NewHybridMachine } from './hybrid.ts';
import type { Lag } from './lag.ts';
import { createMaintenanceWindows, type DeployedWindows } from './maintenance/index.ts';
import type { InvokeFunction } from './maintenance/other-tasks.ts';
import { nodeOperations } from './node-operations.ts';
import { type AgentState, type ManagedNode, Nodes } from './nodes.ts';
import { opsItemOperations } from './ops-item-operations.ts';
import { type OpsItem, OpsItems } from './ops-items.ts';
import { parameterOperations } from './parameter-operations.ts';
import { type NewParameter, Parameters } from './parameters.ts';
import { createPatchManager, type PatchManager } from './patching/index.ts';
import { makeCommand } from './send-command.ts';
import { createStateManager, type StateManager } from './state-manager/index.ts';
import { tagOperations } from './tag-operations.ts';

export interface Ssm {
	readonly definition: ServiceDefinition;
	readonly lag: Lag;
	/** Stores a document as CreateDocument does, without a call. `content` is an object, or JSON or YAML text. */
	addDocument(name: string, type: 'Command' | 'Automation' | 'ChangeCalendar', content: string | Readonly<Record<string, unknown>>): void;
	/** Stores or overwrites a parameter, its event included, without a call. */
	putParameter(parameter: Omit<NewParameter, 'overwrite'>): void;
	/** A registered node whose instance has not gone. Its `runs` are everything that ran on it. */
	node(id: string): ManagedNode | undefined;
	nodes(): readonly ManagedNode[];
	/** Registers a node, silences its agent or brings it back; `none`: it never registered. */
	setAgent(id: string, agent: AgentState): void;
	/** Registers a node whose agent has been silent for long: it is `ConnectionLost` from the start. */
	seedLost(id: string): void;
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
	const { ec2, services = () => [], onCall, iam, invoke, throttles = {}, listLagMs = LIST_LAG_MS } = options;
	const lag: Lag = { listsMs: listLagMs };
	const nodes = new Nodes(ctx, ec2);
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

	const operations = {
		...commandOperations(commands, sending, lag),
		...automation,
		...maintenance.operations,
		...patching.operations,
		...associations.operations,
		...complianceOperations(ctx, compliance, (id) => nodes.get(id) !== undefined),
		...documentOperations(documents),
		GetCalendarState: (input: GetCalendarStateCommandInput) => calendars.state(input),
		...parameterOperations(ctx, parameters),
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
		node: (id) => nodes.get(id),
		nodes: () => nodes.listed(),
		setAgent: (id, agent) => nodes.setAgent(id, agent),
		seedLost: (id) => nodes.seedLost(id),
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
		addResourceGroup: (name, tags) => {
			groups.set(name, tags);
		},
		runbook: (input) => runbookOf(documents, input as StartAutomationExecutionCommandInput),
		commands: () => commands.all(),
		executions: () => engine.all(),
		opsItems: () => opsItems.all(),
	};
}
