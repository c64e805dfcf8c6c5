/** Managed nodes: which instances have registered, whether their agents answer, and what has run on them. */

import { CONNECTION_LOST_AFTER_MS } from '../assumptions.ts';
import type { Ec2, Instance } from '../ec2.ts';
import type { Behaviours, Outcome } from '../ec2-machine.ts';
import { type AwsContext, AwsError } from '../types.ts';
import type { NodeRun } from './node-run.ts';

export interface ManagedNode {
	readonly id: string;
	readonly registeredAt: number;
	/** Everything that ran on it, the oldest first. */
	readonly runs: NodeRun[];
	agent: 'online' | 'lost';
	/** It says it is there, and takes up no command. */
	deaf: boolean;
	/** The instance's boot in which the agent came up last. */
	boot: number;
	/** When it last answered: from then on the agent is silent, unless it is online. */
	lastPingAt: number;
	behaviours: Behaviours;
}

export type AgentState = ManagedNode['agent'] | 'none';

export class Nodes {
	readonly #ctx: AwsContext;
	readonly #ec2: Ec2;
	readonly #nodes = new Map<string, ManagedNode>();
	/** How often an outcome of a list was used, by node and behaviour. */
	readonly #used = new Map<string, number>();
	readonly #waiting = new Map<string, (() => void)[]>();

	constructor(ctx: AwsContext, ec2: Ec2) {
		this.#ctx = ctx;
		this.#ec2 = ec2;
		ec2.onState((instance) => this.#booted(instance));
	}

	/** Registers a node now, or changes what its agent does; `none` makes it one that never registered. */
	setAgent(id: string, agent: AgentState): void {
		const instance = this.#ec2.instance(id);
		if (!instance) throw new Error(`There is no instance ${id} in this world.`);
		if (agent === 'none') {
			this.#nodes.delete(id);
			return;
		}
		const node = this.#nodes.get(id) ?? this.#register(instance);
		if (node.agent === 'online') node.lastPingAt = this.#ctx.clock.now();
		node.agent = agent;
		this.#flush(node);
	}

	/** A node whose agent has been silent since before the world began. */
	seedLost(id: string): void {
		this.setAgent(id, 'lost');
		const node = this.#nodes.get(id);
		if (node) node.lastPingAt = this.#ctx.clock.now() - 2 * CONNECTION_LOST_AFTER_MS;
	}

	setDeaf(id: string, deaf: boolean): void {
		const node = this.#nodes.get(id);
		if (!node) throw new Error(`${id} is not a managed node.`);
		node.deaf = deaf;
		this.#flush(node);
	}

	/** A node in a state in which Systems Manager accepts it: registered, its instance neither shutting down nor gone. */
	get(id: string): ManagedNode | undefined {
		const state = this.#ec2.instance(id)?.state;
		return state === undefined || state === 'shutting-down' || state === 'terminated' ? undefined : this.#nodes.get(id);
	}

	/** The nodes that are listed: stopped ones are not. */
	listed(): ManagedNode[] {
		return [...this.#nodes.keys()].flatMap((id) => {
			const node = this.get(id);
			return node && this.#ec2.instance(id)?.state === 'running' ? [node] : [];
		});
	}

	instance(node: ManagedNode): Instance {
		const instance = this.#ec2.instance(node.id);
		if (!instance) throw new Error(`The instance of node ${node.id} is gone.`);
		return instance;
	}

	knows(id: string): boolean {
		return this.#ec2.instance(id) !== undefined;
	}

	reachable(node: ManagedNode): boolean {
		const instance = this.#ec2.instance(node.id);
		return instance?.state === 'running' && node.agent === 'online' && node.boot === instance.boots && !node.deaf;
	}

	pingStatus(node: ManagedNode): 'Online' | 'ConnectionLost' {
		return this.#answers(node) || this.#ctx.clock.now() - node.lastPingAt < CONNECTION_LOST_AFTER_MS ? 'Online' : 'ConnectionLost';
	}

	lastPingAt(node: ManagedNode): number {
		return this.#answers(node) ? this.#ctx.clock.now() : node.lastPingAt;
	}

	/** Calls `what` as soon as the node can be reached, now if it can. */
	whenReachable(node: ManagedNode, what: () => void): void {
		if (this.reachable(node)) what();
		else this.#waiting.set(node.id, [...(this.#waiting.get(node.id) ?? []), what]);
	}

	/** How the next run of a document ends on the node. */
	nextOutcome(node: ManagedNode, document: string): Outcome {
		const keys = Object.keys(node.behaviours).sort((one, other) => other.length - one.length);
		const key = keys.find((each) => each === document) ?? keys.find((each) => document.endsWith(`-${each}`)) ?? '*';
		const behaviour = node.behaviours[key] ?? {};
		if (!Array.isArray(behaviour)) return behaviour as Outcome;
		const list = behaviour as readonly Outcome[];
		const counter = `${node.id} ${key}`;
		const turn = this.#used.get(counter) ?? 0;
		this.#used.set(counter, turn + 1);
		return list[Math.min(turn, list.length - 1)] ?? {};
	}

	#answers(node: ManagedNode): boolean {
		return this.#ec2.instance(node.id)?.state === 'running' && node.agent === 'online';
	}

	#register(instance: Instance): ManagedNode {
		const node: ManagedNode = {
			id: instance.id,
			registeredAt: this.#ctx.clock.now(),
			runs: [],
			agent: 'online',
			deaf: false,
			boot: instance.boots,
			lastPingAt: this.#ctx.clock.now(),
			behaviours: instance.machine.behaviours,
		};
		this.#nodes.set(node.id, node);
		return node;
	}

	#booted(instance: Instance): void {
		const { registerSeconds } = instance.machine;
		if (instance.state !== 'running' || registerSeconds === undefined) return;
		const { boots } = instance;
		this.#ctx.clock.after(registerSeconds * 1000, () => {
			if (instance.state !== 'running' || instance.boots !== boots) return;
			const node = this.#nodes.get(instance.id) ?? this.#register(instance);
			node.boot = boots;
			this.#flush(node);
		});
	}

	#flush(node: ManagedNode): void {
		if (!this.reachable(node)) return;
		const waiting = this.#waiting.get(node.id) ?? [];
		this.#waiting.delete(node.id);
		for (const what of waiting) what();
	}
}

/** @throws AwsError `InvalidInstanceId` in Run Command's words. */
export function invalidInstances(ctx: Pick<AwsContext, 'account'>, ids: readonly string[]): AwsError {
	return new AwsError('InvalidInstanceId', `Instances [[${ids.join(', ')}]] not in a valid state for account ${ctx.account}`);
}
