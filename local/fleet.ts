/** Fleets as data: groups, hooks, nodes and how documents end on them. */

import { parse } from 'yaml';
import * as z from 'zod/mini';
import { type Hook, isWarmed, LAUNCHING, type LifecycleState, TERMINATING } from './aws/auto-scaling/model.ts';
import type { Application, Behaviours, Machine, Patching, Platform } from './aws/ec2-machine.ts';
import { deployStateOf } from './deployed-state.ts';
import { type FleetCare, seedCare } from './fleet-care.ts';
import { type FleetPatch, releasePatches } from './fleet-patches.ts';
import { FLEET } from './fleet-schema.ts';
import type { FleetServices } from './services.ts';
import type { Template } from './template.ts';

export type { FleetServicesOptions } from './services.ts';

export interface FleetHook {
	readonly name: string;
	readonly on: 'launch' | 'terminate';
	/** Default 3,600, as Auto Scaling's own. */
	readonly heartbeatTimeoutSeconds?: number;
	/** Default ABANDON, as Auto Scaling's own. */
	readonly defaultResult?: 'CONTINUE' | 'ABANDON';
	readonly metadata?: string;
}

export interface FleetNode {
	readonly id: string;
	/** Default `InService`. */
	readonly state?: LifecycleState;
	/** `deaf` answers pings and takes up no command; `none` never registered. Default `online`. */
	readonly agent?: 'online' | 'lost' | 'deaf' | 'none';
	/** Besides the group's. */
	readonly tags?: Readonly<Record<string, string>>;
	/** Before the group's. */
	readonly behaviours?: Behaviours;
	/** Besides the group's. */
	readonly patching?: Partial<Patching>;
	/** Besides the group's. */
	readonly applications?: readonly Application[];
	/** Default: the group's. */
	readonly agentVersion?: string;
	/** Default `required`: IMDSv2 alone. */
	readonly httpTokens?: 'optional' | 'required';
	/** In a `*:Wait` state: which hooks hold it, whose events nobody got. */
	readonly heldBy?: readonly { readonly hook: string; readonly token: string; readonly sinceSeconds: number }[];
}

export interface FleetGroup {
	readonly name: string;
	readonly min: number;
	readonly max: number;
	/** Default: as many as are in service. */
	readonly desired?: number;
	readonly platform?: Platform;
	/** From launch to `running`; default 10. */
	readonly bootSeconds?: number;
	/** From `running` to the agent's registration; default 15, null for never. */
	readonly registerSeconds?: number | null;
	/** Propagated to its nodes. */
	readonly tags?: Readonly<Record<string, string>>;
	/** How documents end on its nodes. */
	readonly behaviours?: Behaviours;
	/** What Patch Manager meets on its nodes. */
	readonly patching?: Patching;
	readonly hooks?: readonly FleetHook[];
	readonly warmPool?: {
		readonly minSize: number;
		readonly maxPrepared?: number;
		readonly poolState: 'Stopped' | 'Running';
		readonly reuseOnScaleIn?: boolean;
	};
	readonly retainOnAbandon?: boolean;
	/** The next launches one by one, where they differ. */
	readonly launches?: readonly {
		readonly behaviours?: Behaviours;
		readonly registerSeconds?: number | null;
		readonly bootSeconds?: number;
	}[];
	/** The instance profile of its nodes; default none. */
	readonly profile?: string;
	/** What is installed on its nodes. */
	readonly applications?: readonly Application[];
	/** Of the agent on its nodes; default: the latest. */
	readonly agentVersion?: string;
	/** In the order they were launched. */
	readonly nodes: readonly FleetNode[];
}

/** A machine on premises that Systems Manager manages. */
export interface FleetMachine {
	/** `mi-` and 17 digits. */
	readonly id: string;
	readonly name: string;
	readonly platform?: Platform;
	readonly agent?: FleetNode['agent'];
	/** Of a lost agent: for how many days nobody has heard of it. */
	readonly silentDays?: number;
	readonly tags?: Readonly<Record<string, string>>;
	readonly behaviours?: Behaviours;
	readonly patching?: Patching;
	readonly applications?: readonly Application[];
	readonly agentVersion?: string;
}

/** An instance profile with a role of the same name. */
export interface FleetProfile {
	readonly name: string;
	/** Managed policies by name: AWS's own, and the stack's where it is deployed. */
	readonly policies: readonly string[];
}

export interface FleetBucket {
	readonly name: string;
	/** Default true, as S3 makes them. */
	readonly blocksPublicAccess?: boolean;
}

export interface FleetSecurityGroup {
	readonly id: string;
	readonly name: string;
	/** Ports open to a range of addresses, over TCP. */
	readonly open: readonly { readonly port: number; readonly cidr: string }[];
}

export interface Fleet extends FleetCare {
	readonly groups: readonly FleetGroup[];
	readonly buckets?: readonly FleetBucket[];
	readonly securityGroups?: readonly FleetSecurityGroup[];
	readonly profiles?: readonly FleetProfile[];
	/** Machines that are not EC2's. */
	readonly machines?: readonly FleetMachine[];
	/** Resource groups: all that carries these tags. */
	readonly resourceGroups?: readonly { readonly name: string; readonly tags: Readonly<Record<string, string>> }[];
	/** What vendors have released, and will. */
	readonly patches?: readonly FleetPatch[];
}

/**
 * Deploys the template's buckets, topics, documents, parameters, alarms, roles and managed policies, and what keeps nodes in a state; each parameter's `Parameter Store Change` goes out as at a deployment.
 * Whoever is subscribed to a topic has confirmed.
 */
export function deployTemplate(services: FleetServices, template: Template): void {
	const { ssm, sns, s3 } = services;
	const { topics, documents, parameters, buckets } = template;
	deployAround(services, template);
	for (const { name, ...settings } of buckets) s3.createBucket(name, settings);
	for (const { name, displayName, emails } of topics) sns.addTopic({ name, emails, ...(displayName === undefined ? {} : { displayName }) });
	for (const { name, type, content } of documents) {
		if (type !== 'Command' && type !== 'Automation' && type !== 'ChangeCalendar' && type !== 'Session')
			throw new Error(`The template has the document ${name} of type ${type}, which the local AWS does not know.`);
		ssm.addDocument(name, type, content);
	}
	for (const { name, type, value, tier, description } of parameters) {
		ssm.putParameter({ name, value, type: type === 'StringList' ? type : 'String', tier, description });
	}
	for (const { name, role } of template.state.instanceProfiles) services.iamApi.addInstanceProfile(name, role);
	for (const bucket of template.state.notifyingBuckets) services.s3.notify(bucket);
	deployStateOf(ssm, template);
}

/** What the operator's command asks for, and none of the functions. Nothing evaluates the alarms: they have no data. */
function deployAround({ cloudWatch, cloudFormation, iamApi }: FleetServices, template: Template): void {
	const { stack, resources, alarms, roles, managedPolicies } = template;
	cloudFormation.addStack({ name: stack.name, resources });
	for (const alarm of alarms) cloudWatch.addMetricAlarm(alarm, 'INSUFFICIENT_DATA', alarm.AlarmName);
	for (const { name, document } of managedPolicies) iamApi.addPolicy(name, document);
	for (const { name, policies, trust } of roles) iamApi.addRole({ name, policies, ...(trust && { trust }) });
}

/** Puts a fleet into the services as if it had been there for long: nothing boots, no event goes out. */
export function seedFleet(services: FleetServices, fleet: Fleet, now: number): void {
	for (const { name, policies } of fleet.profiles ?? []) {
		services.iamApi.addRole({ name, attached: policies.filter((policy) => services.iamApi.hasPolicy(policy)) });
		services.iamApi.addInstanceProfile(name);
	}
	seedCare(services, fleet, now);
	for (const { name, tags } of fleet.resourceGroups ?? []) services.ssm.addResourceGroup(name, tags);
	releasePatches(services.ssm, fleet.patches ?? []);
	for (const group of fleet.groups) seedGroup(services, group, now);
	for (const machine of fleet.machines ?? []) seedMachine(services, machine);
	for (const { name, blocksPublicAccess = true } of fleet.buckets ?? []) {
		services.s3.createBucket(name, blocksPublicAccess ? {} : { publicAccessBlock: undefined });
	}
	for (const { id, name, open } of fleet.securityGroups ?? []) {
		const permissions = open.map(({ port, cidr }) => ({
			...{ IpProtocol: 'tcp', FromPort: port, ToPort: port },
			...(cidr.includes(':') ? { Ipv6Ranges: [{ CidrIpv6: cidr }] } : { IpRanges: [{ CidrIp: cidr }] }),
		}));
		services.ec2.createSecurityGroup(id, name, permissions);
	}
}

type Software = Pick<FleetNode, 'applications' | 'agentVersion'>;

const DAY_MS = 86_400_000;
const LAUNCHED_BEFORE_MS = DAY_MS;

function seedGroup({ ec2, ssm, autoScaling }: FleetServices, group: FleetGroup, now: number): void {
	const inService = group.nodes.filter((node) => (node.state ?? 'InService') === 'InService').length;
	const machine = machineOf(group);
	const { warmPool } = group;
	autoScaling.createGroup({
		name: group.name,
		min: group.min,
		max: group.max,
		desired: group.desired ?? inService,
		machine,
		tags: group.tags ?? {},
		hooks: (group.hooks ?? []).map(hookOf),
		...(warmPool ? { warmPool: { ...warmPool, reuseOnScaleIn: warmPool.reuseOnScaleIn ?? false } } : {}),
		retainOnAbandon: group.retainOnAbandon ?? false,
		nextLaunches: (group.launches ?? []).map((launch) =>
			machineOf({ ...group, ...launch, behaviours: { ...group.behaviours, ...launch.behaviours } }),
		),
	});
	for (const [index, node] of group.nodes.entries()) {
		const state = node.state ?? 'InService';
		const { id, agent = 'online' } = node;
		ec2.launch({
			id,
			machine: {
				...machine,
				behaviours: { ...machine.behaviours, ...node.behaviours },
				...patchingOf(group, node),
				...softwareOf(group, node),
			},
			tags: { ...group.tags, 'aws:autoscaling:groupName': group.name, ...node.tags },
			state: isWarmed(state) && warmPool?.poolState === 'Stopped' ? 'stopped' : 'running',
			launchedAt: now - LAUNCHED_BEFORE_MS + index * 1000,
			...(node.httpTokens ? { httpTokens: node.httpTokens } : {}),
		});
		seedAgent(ssm, id, agent);
		const actions = (node.heldBy ?? []).map(({ hook, token, sinceSeconds }) => ({ hook, token, startedAt: now - sinceSeconds * 1000 }));
		autoScaling.adopt(group.name, id, state, actions);
	}
}

function seedAgent(ssm: FleetServices['ssm'], id: string, agent: NonNullable<FleetNode['agent']>, silentDays?: number): void {
	if (agent === 'lost') ssm.seedLost(id, silentDays === undefined ? undefined : silentDays * DAY_MS);
	else ssm.setAgent(id, agent === 'none' ? 'none' : 'online');
	if (agent === 'deaf') ssm.setDeaf(id, true);
}

function seedMachine({ ssm }: FleetServices, { id, name, tags = {}, agent = 'online', silentDays, ...machine }: FleetMachine): void {
	ssm.addHybridMachine({ id, name, tags, machine: machineOf(machine) });
	seedAgent(ssm, id, agent, silentDays);
}

function patchingOf(group: Pick<FleetGroup, 'patching'>, node: Pick<FleetNode, 'patching'> = {}): Pick<Machine, 'patching'> {
	const { os = node.patching?.os } = group.patching ?? {};
	return os === undefined ? {} : { patching: { os, ...group.patching, ...node.patching } };
}

/** A node has what its group has, and its own. */
function softwareOf(group: Software, node: Software = {}): Pick<Machine, 'applications' | 'agentVersion'> {
	const { agentVersion = group.agentVersion } = node;
	const applications = [...(group.applications ?? []), ...(node.applications ?? [])];
	return { ...(applications.length > 0 ? { applications } : {}), ...(agentVersion === undefined ? {} : { agentVersion }) };
}

function machineOf(group: Omit<FleetGroup, 'nodes' | 'name' | 'min' | 'max'>): Machine {
	const { platform = 'Linux', bootSeconds = 10, registerSeconds = 15, behaviours = {}, profile } = group;
	const agent = registerSeconds === null ? {} : { registerSeconds };
	const described = { ...patchingOf(group), ...softwareOf(group), ...(profile === undefined ? {} : { profile }) };
	return { platform, bootSeconds, ...agent, behaviours, ...described };
}

function hookOf({ name, on, heartbeatTimeoutSeconds = 3600, defaultResult = 'ABANDON', metadata }: FleetHook): Hook {
	return {
		name,
		transition: on === 'launch' ? LAUNCHING : TERMINATING,
		heartbeatTimeoutSeconds,
		defaultResult,
		...(metadata === undefined ? {} : { metadata }),
	};
}

/** Reads a fleet from YAML. @throws Error naming what is wrong and where. */
export function parseFleet(yaml: string): Fleet {
	const result = z.safeParse(FLEET, parse(yaml));
	if (result.success) return result.data as Fleet;
	const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
	throw new Error(`The fleet is not valid.\n${problems.join('\n')}`);
}
