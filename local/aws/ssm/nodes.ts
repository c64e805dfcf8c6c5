/** Managed nodes: which instances have registered, whether their agents answer, and what has run on them. */

import { CONNECTION_LOST_AFTER_MS, LATENCY_MS, within } from '../assumptions.ts';
import type { Ec2, Instance } from '../ec2.ts';
import type { Behaviours, Outcome } from '../ec2-machine.ts';
import type { AwsContext } from '../types.ts';
import { announce, type Host, HybridMachines } from './hybrid.ts';
import type { NodeRun } from './node-run.ts';
import type { Value } from './values.ts';

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

/** What runs on a node, as far as a document of AWS's own has to know. */
export interface Work {
	readonly commandId: string;
	readonly parameters: Readonly<Record<string, Value>>;
}

/** Does what a document of AWS's own does on a node, from now on, and says how its script ends. */
export type Performer = (node: ManagedNode, work: Work) => Outcome;

export type AgentState = ManagedNode['agent'] | 'none';

export class Nodes {
	readonly #ctx: AwsContext;
	readonly #ec2: Ec2;
	readonly #admits: (host: Host) => boolean;
	/** Those whose agent runs, and may not speak to Systems Manager. */
	readonly #refused = new Set<string>();
	readonly #nodes = new Map<string, ManagedNode>();
	/** How often an outcome of a list was used, by node and behaviour. */
	readonly #used = new Map<string, number>();
	readonly #waiting = new Map<string, (() => void)[]>();
	/** Resource groups: the tags that their nodes carry. */
	readonly groups = new Map<string, Readonly<Record<string, string>>>();
	readonly hybrid: HybridMachines;
	readonly #performers = new Map<string, Performer>();
	readonly #onRegister: ((node: ManagedNode) => void)[] = [];
	/** Nodes whose agent restarts them. */
	readonly #restarting = new Set<string>();
	/** Nodes that hang in such a restart: another boot helps. */
	readonly #hung = new Set<string>();

	/** @param admits whether an agent may speak to Systems Manager, as things are. */
	constructor(ctx: AwsContext, ec2: Ec2, admits: (host: Host) => boolean = () => true) {
		this.#ctx = ctx;
		this.#admits = admits;
		this.#ec2 = ec2;
		this.hybrid = new HybridMachines(ctx);
		ec2.onState((instance) => this.#booted(instance));
	}

	/** Registers a node now, or changes what its agent does; `none` makes it one that never registered. */
	setAgent(id: string, agent: AgentState): void {
		const instance = this.#host(id);
		if (!instance) throw new Error(`There is no instance ${id} in this world.`);
		if (agent === 'none') {
			this.#nodes.delete(id);
			return;
		}
		const known = this.#nodes.get(id);
		if (!known && agent === 'online' && !this.#admits(instance)) {
			this.#refused.add(id);
			return;
		}
		const node = known ?? this.#register(instance);
		if (this.#answers(node)) node.lastPingAt = this.#ctx.clock.now();
		node.agent = agent;
		this.#flush(node);
		if (!known) this.#tell(node);
	}

	/** What agents may do has changed: those that may not speak any longer fall silent, and those that may again come back in a while. */
	reconsider(): void {
		for (const node of this.#nodes.values()) {
			const host = this.#host(node.id);
			if (host?.state !== 'running' || this.#refused.has(node.id) || this.#admits(host)) continue;
			if (this.#answers(node)) node.lastPingAt = this.#ctx.clock.now();
			this.#refused.add(node.id);
		}
		const { clock } = this.#ctx;
		for (const id of this.#refused) {
			const host = this.#host(id);
			if (host && this.#admits(host)) clock.after(within(clock, LATENCY_MS.agentRetry), () => this.#readmit(id));
		}
	}

	#readmit(id: string): void {
		const host = this.#host(id);
		if (!host || !this.#refused.has(id) || !this.#admits(host)) return;
		this.#refused.delete(id);
		if (host.state === 'running') this.#up(host);
	}

	/** A machine that is deregistered is a node no longer, and no machine that AWS knows. */
	forget(id: string): void {
		this.#nodes.delete(id);
		this.hybrid.remove(id);
	}

	/** A node whose agent has been silent since before the world began, by default for just long enough to be lost. */
	seedLost(id: string, silentMs = 2 * CONNECTION_LOST_AFTER_MS): void {
		this.setAgent(id, 'lost');
		const node = this.#nodes.get(id);
		if (node) node.lastPingAt = this.#ctx.clock.now() - silentMs;
	}

	setDeaf(id: string, deaf: boolean): void {
		const node = this.#nodes.get(id);
		if (!node) throw new Error(`${id} is not a managed node.`);
		node.deaf = deaf;
		this.#flush(node);
	}

	/** A node in a state in which Systems Manager accepts it: registered, its instance neither shutting down nor gone. */
	get(id: string): ManagedNode | undefined {
		const state = this.#host(id)?.state;
		return state === undefined || state === 'shutting-down' || state === 'terminated' ? undefined : this.#nodes.get(id);
	}

	/** The nodes that are listed: stopped ones are not. */
	listed(): ManagedNode[] {
		return [...this.#nodes.keys()].flatMap((id) => {
			const node = this.get(id);
			return node && this.#host(id)?.state === 'running' ? [node] : [];
		});
	}

	/** All that have registered, as long as EC2 shows what they run on. */
	registered(): ManagedNode[] {
		return [...this.#nodes.values()].filter(({ id }) => this.#host(id) !== undefined);
	}

	/** What a node runs on. */
	instance(node: ManagedNode): Host {
		const instance = this.#host(node.id);
		if (!instance) throw new Error(`The instance of node ${node.id} is gone.`);
		return instance;
	}

	knows(id: string): boolean {
		return this.#host(id) !== undefined;
	}

	reachable(node: ManagedNode): boolean {
		const instance = this.#host(node.id);
		return this.#answers(node) && node.boot === instance?.boots && !node.deaf;
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

	/** Says what a document of AWS's own does on nodes. */
	perform(document: string, performer: Performer): void {
		this.#performers.set(document, performer);
	}

	/** Calls `listener` when a node registers, and when its agent is back after a boot. */
	onRegister(listener: (node: ManagedNode) => void): void {
		this.#onRegister.push(listener);
	}

	/** Whether the agent is there, in the boot in which it was then. */
	isUp(node: ManagedNode, boot: number): boolean {
		return this.reachable(node) && node.boot === boot;
	}

	/** How long a node is away when its agent restarts it. */
	restartSeconds(node: ManagedNode): number {
		const { bootSeconds, registerSeconds = 0, patching } = this.instance(node).machine;
		return patching?.restartSeconds ?? bootSeconds + registerSeconds;
	}

	/** The agent restarts the node in the middle of a run, which goes on when it is back, if it ever is. */
	restart(node: ManagedNode, run: NodeRun, comesBack: boolean): void {
		const host = this.hybrid.get(node.id);
		if (host) host.boots += 1;
		else {
			this.#restarting.add(node.id);
			this.#ec2.reboot(node.id);
			this.#restarting.delete(node.id);
		}
		const { boots } = this.instance(node);
		run.boot = boots;
		node.lastPingAt = this.#ctx.clock.now();
		if (comesBack) this.#backAfter(node.id, this.restartSeconds(node), boots);
		else {
			node.agent = 'lost';
			this.#hung.add(node.id);
		}
	}

	/**
	 * How the next run of a document ends on the node: as the fleet says where it has an end for the very document that is no
	 * success, else as a document of AWS's own does, else as the fleet says.
	 */
	nextOutcome(node: ManagedNode, document: string, work: Work): Outcome {
		const performer = this.#performers.get(document);
		if (!performer) return this.#saidOutcome(node, document);
		const said = document in node.behaviours ? this.#saidOutcome(node, document) : {};
		return said.hangs || said.exitCode ? said : performer(node, work);
	}

	#saidOutcome(node: ManagedNode, document: string): Outcome {
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
		return this.#host(node.id)?.state === 'running' && node.agent === 'online' && !this.#refused.has(node.id);
	}

	#host(id: string): Host | undefined {
		return this.#ec2.instance(id) ?? this.hybrid.get(id);
	}

	#register(instance: Host): ManagedNode {
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
		if (instance.state !== 'running' || registerSeconds === undefined || this.#restarting.has(instance.id)) return;
		this.#backAfter(instance.id, registerSeconds, instance.boots);
	}

	/** The agent comes up, unless the instance has booted again or stopped by then. */
	#backAfter(id: string, seconds: number, boots: number): void {
		this.#ctx.clock.after(seconds * 1000, () => {
			const instance = this.#host(id);
			if (instance?.state !== 'running' || instance.boots !== boots) return;
			if (this.#admits(instance)) this.#up(instance);
			else this.#refused.add(id);
		});
	}

	/** An agent that may speak says that it is there. */
	#up(instance: Host): void {
		const known = this.#nodes.get(instance.id);
		const node = known ?? this.#register(instance);
		this.#refused.delete(instance.id);
		node.boot = instance.boots;
		if (this.#hung.delete(instance.id)) node.agent = 'online';
		this.#flush(node);
		this.#tell(node);
		if (!known) announce(this.#ctx, 'Registration');
	}

	#tell(node: ManagedNode): void {
		for (const listener of this.#onRegister) listener(node);
	}

	#flush(node: ManagedNode): void {
		if (!this.reachable(node)) return;
		const waiting = this.#waiting.get(node.id) ?? [];
		this.#waiting.delete(node.id);
		for (const what of waiting) what();
	}
}
