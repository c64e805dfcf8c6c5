/** The core on agents: instances that run, nodes that Systems Manager manages, profiles, activations. */

import { agentAtAws } from '../../shared/parts/agent-at-aws.ts';
import { event } from '../../shared/parts/event.ts';
import type { CompiledPlaybook } from '../../shared/playbook/types.ts';
import { createCore } from './core.ts';

export const WHERE = { account: '111122223333', region: 'eu-west-1' } as const;
export const node = (n: number) => `i-${String(n).padStart(17, '0')}`;
export const machine = (n: number) => `mi-${String(n).padStart(17, '0')}`;

export interface AgentWorld {
	/** Instances that run: what is different about each. */
	readonly instances: Map<string, object>;
	/** Nodes: what is different about each. */
	readonly nodes: Map<string, object>;
	/** By profile, what its role may not do; undefined where there is no such profile. */
	readonly profiles: Map<string, readonly string[] | undefined>;
	readonly activations: object[];
	hostManagement: boolean;
}

const DAY = 86_400_000;

/** An account where nothing runs, until a test says otherwise. */
export async function createAgentCore(playbooks: readonly CompiledPlaybook[] = []) {
	let clients: ReturnType<typeof agentAtAws>['clients'] | undefined;
	const core = await createCore({
		playbooks,
		parts: (deps) => {
			const part = agentAtAws(deps);
			clients = part.clients;
			return [part, event];
		},
	});
	const world: AgentWorld = { instances: new Map(), nodes: new Map(), profiles: new Map(), activations: [], hostManagement: false };
	const page = <T>(all: readonly T[], { NextToken, MaxResults }: { NextToken?: string; MaxResults: number }) => {
		const from = Number(NextToken ?? 0);
		const next = from + MaxResults;
		return { items: all.slice(from, next), ...(next < all.length && { NextToken: String(next) }) };
	};
	core.on('DescribeInstances', (input) => {
		const { items, NextToken } = page([...world.instances], input);
		const LaunchTime = new Date(core.now() - DAY);
		return { Reservations: [{ Instances: items.map(([InstanceId, more]) => ({ InstanceId, LaunchTime, ...more })) }], NextToken };
	});
	core.on('DescribeInstanceInformation', (input) => {
		const { items, NextToken } = page([...world.nodes], input);
		const usual = { PingStatus: 'Online', AgentVersion: '3.3.987.0', IsLatestVersion: true, PlatformType: 'Linux' };
		return { InstanceInformationList: items.map(([InstanceId, more]) => ({ InstanceId, ...usual, ...more })), NextToken };
	});
	core.on('DescribeActivations', () => ({ ActivationList: world.activations }));
	core.on('GetServiceSetting', () => ({ ServiceSetting: { SettingValue: world.hostManagement ? 'service-role/hosts' : '$None' } }));
	core.on('GetInstanceProfile', ({ InstanceProfileName: name }) => {
		const isThere = world.profiles.get(name) !== undefined;
		return { InstanceProfile: { Roles: isThere ? [{ Arn: `arn:aws:iam::111122223333:role/${name}` }] : [] } };
	});
	core.on('SimulatePrincipalPolicy', ({ PolicySourceArn, ActionNames }) => ({
		EvaluationResults: ActionNames.map((EvalActionName: string) => {
			const denied = world.profiles.get(PolicySourceArn.split('/').at(-1))?.includes(EvalActionName);
			return { EvalActionName, EvalDecision: denied ? 'implicitDeny' : 'allowed' };
		}),
	}));
	core.on('DescribeRouteTables', () => ({ RouteTables: [] }));
	if (clients === undefined) throw new Error('The part was not made.');
	return { ...core, world, clients };
}

let events = 0;

/** What AWS tells of a node that registers: nothing but the envelope. */
export const registration = (what: 'Registration' | 'Deregistration' = 'Registration') => ({
	...{ id: `event-${++events}`, ...WHERE, source: 'aws.ssm', resources: [] },
	...{ 'detail-type': `SSM Managed Instance ${what}`, detail: {} },
});
