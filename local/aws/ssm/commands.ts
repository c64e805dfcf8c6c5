/** Run Command at work: the ramp, concurrency, error limits, timeouts, cancellation. */

import { CANCELLED_IN_EVENTS, LATENCY_MS, within } from '../assumptions.ts';
import type { AwsContext } from '../types.ts';
import { planSteps, platformsOf } from './command-document.ts';
import {
	type Command,
	type CommandStatus,
	count,
	errorCount,
	type Invocation,
	type InvocationStatus,
	isOver,
	share,
} from './command-model.ts';
import { nodeArn } from './hybrid.ts';
import { cancelRun, type NodeRun, startRun } from './node-run.ts';
import type { ManagedNode, Nodes } from './nodes.ts';

/** Status changes that are events; Pending and Cancelling are none. */
const EVENT_STATUS: Partial<Record<InvocationStatus, string>> = {
	InProgress: 'InProgress',
	Success: 'Success',
	Failed: 'Failed',
	TimedOut: 'TimedOut',
	Cancelled: CANCELLED_IN_EVENTS,
};

const RUN_ENDS = {
	Success: ['Success', 'Success'],
	Failed: ['Failed', 'Failed'],
	TimedOut: ['TimedOut', 'ExecutionTimedOut'],
	Cancelled: ['Cancelled', 'Cancelled'],
} as const satisfies Record<NodeRun['status'], readonly [InvocationStatus, string]>;

export class Commands {
	readonly #ctx: AwsContext;
	readonly #nodes: Nodes;
	readonly #commands = new Map<string, Command>();
	readonly #listeners = new Map<string, (() => void)[]>();

	constructor(ctx: AwsContext, nodes: Nodes) {
		this.#ctx = ctx;
		this.#nodes = nodes;
	}

	find(id: string): Command | undefined {
		return this.#commands.get(id);
	}

	/** The newest first. */
	all(): Command[] {
		return [...this.#commands.values()].reverse();
	}

	/** Takes over a checked command and starts it a moment later. */
	start(command: Command): void {
		this.#commands.set(command.id, command);
		const { clock } = this.#ctx;
		command.timers.push(
			clock.after(within(clock, LATENCY_MS.commandDispatch), () => this.#begin(command)),
			clock.after(command.timeoutSeconds * 1000, () => this.#expire(command, (invocation) => invocation.acknowledgedAt === undefined)),
			clock.after(command.expiresAt - clock.now(), () => this.#expire(command, () => true)),
		);
	}

	/** Calls `listener` once the command is over, at once if it is. */
	onEnd(command: Command, listener: () => void): void {
		if (isCommandOver(command)) listener();
		else this.#listeners.set(command.id, [...(this.#listeners.get(command.id) ?? []), listener]);
	}

	/** Asks for the end of what still runs, on all nodes or on some. Nothing is promised: an agent that is gone never hears of it. */
	cancel(command: Command, instanceIds: readonly string[] = []): void {
		const chosen = [...command.invocations.values()].filter(
			(each) => !isOver(each) && (instanceIds.length === 0 || instanceIds.includes(each.instanceId)),
		);
		if (instanceIds.length === 0 && !isCommandOver(command)) {
			command.cancelling = true;
			this.#setCommand(command, 'Cancelling', 'Cancelling');
		}
		for (const invocation of chosen) {
			if (invocation.acknowledgedAt === undefined) {
				this.#settle(command, invocation, 'Cancelled', 'Cancelled');
				continue;
			}
			this.#set(command, invocation, 'Cancelling', 'Cancelling');
			const node = this.#nodes.get(invocation.instanceId);
			if (node) this.#nodes.whenReachable(node, () => this.#stopRun(command, invocation));
		}
	}

	#begin(command: Command): void {
		if (command.status !== 'Pending') return;
		this.#setCommand(command, 'InProgress', 'InProgress');
		command.allowed = 1;
		this.#fill(command);
		this.#maybeEnd(command);
	}

	/** Addresses as many nodes as the ramp and the concurrency allow. */
	#fill(command: Command): void {
		if (command.cancelling) return;
		const invocations = [...command.invocations.values()];
		const most = Math.max(1, share(command.maxConcurrency, invocations.length));
		let busy = invocations.filter((each) => each.status === 'InProgress' || each.status === 'Cancelling').length;
		let reached = invocations.filter((each) => each.status !== 'Pending').length;
		for (const invocation of invocations) {
			if (busy >= most || reached >= command.allowed) return;
			if (invocation.status !== 'Pending') continue;
			busy += 1;
			reached += 1;
			this.#address(command, invocation);
		}
	}

	#address(command: Command, invocation: Invocation): void {
		this.#set(command, invocation, 'InProgress', 'InProgress');
		const node = this.#nodes.get(invocation.instanceId);
		if (!node) {
			this.#settle(command, invocation, 'Failed', 'Undeliverable');
			return;
		}
		if (!platformsOf(command.version.content).includes(this.#nodes.instance(node).machine.platform)) {
			this.#settle(command, invocation, 'Failed', 'InvalidPlatform');
			return;
		}
		this.#ctx.clock.after(within(this.#ctx.clock, LATENCY_MS.agentDelivery), () => {
			this.#nodes.whenReachable(node, () => this.#acknowledge(command, invocation, node));
		});
	}

	#acknowledge(command: Command, invocation: Invocation, node: ManagedNode): void {
		if (isOver(invocation)) return;
		const { clock } = this.#ctx;
		const instance = this.#nodes.instance(node);
		invocation.acknowledgedAt = clock.now();
		const run = startRun(
			{
				commandId: command.id,
				document: command.document.name,
				parameters: command.values,
				steps: planSteps(command.version.content, command.values, instance.machine.platform),
				outcome: this.#nodes.nextOutcome(node, command.document.name, { commandId: command.id, parameters: command.values }),
				boot: instance.boots,
				earlier: node.runs,
			},
			clock,
		);
		invocation.run = run;
		node.runs.push(run);
		command.timers.push(
			clock.after(run.endsAt - clock.now() + within(clock, LATENCY_MS.agentReport), () => {
				this.#nodes.whenReachable(node, () => this.#report(command, invocation, run));
			}),
		);
		this.#ramp(command);
	}

	/** The agent reports a run's end, unless a reboot has ended it without a word. */
	#report(command: Command, invocation: Invocation, run: NodeRun): void {
		const node = this.#nodes.get(invocation.instanceId);
		if (isOver(invocation) || !node || node.boot !== run.boot) return;
		const [status, details] = RUN_ENDS[run.status];
		this.#settle(command, invocation, status, details);
	}

	#stopRun(command: Command, invocation: Invocation): void {
		const { run } = invocation;
		const { clock } = this.#ctx;
		if (!run || isOver(invocation) || run.endsAt <= clock.now()) return;
		cancelRun(run, clock.now());
		clock.after(within(clock, LATENCY_MS.agentReport), () => this.#report(command, invocation, run));
	}

	/** Once the first node has answered, in whatever way, the ramp doubles step by step. */
	#ramp(command: Command): void {
		if (command.ramping) return;
		command.ramping = true;
		let step = 1;
		const grow = () => {
			step *= 2;
			command.allowed += step;
			this.#fill(command);
			if (command.allowed < command.invocations.size) schedule();
		};
		const schedule = () => command.timers.push(this.#ctx.clock.after(within(this.#ctx.clock, LATENCY_MS.commandRamp), grow));
		if (command.invocations.size > 1) schedule();
	}

	/** At the delivery timeout what no agent took up, at the command's expiry everything ends as not delivered. */
	#expire(command: Command, which: (invocation: Invocation) => boolean): void {
		for (const invocation of command.invocations.values()) {
			if (!isOver(invocation) && which(invocation)) this.#settle(command, invocation, 'TimedOut', 'DeliveryTimedOut', false);
		}
		this.#maybeEnd(command);
	}

	#settle(command: Command, invocation: Invocation, status: InvocationStatus, details: string, goOn = true): void {
		invocation.endedAt = this.#ctx.clock.now();
		this.#set(command, invocation, status, details);
		this.#ramp(command);
		if (errorCount(command) > share(command.maxErrors, command.invocations.size)) this.#stopSending(command);
		if (!goOn) return;
		if (command.status !== 'Pending') this.#fill(command);
		this.#maybeEnd(command);
	}

	/** More errors than allowed: what was not sent is ended by the system, what runs goes on. */
	#stopSending(command: Command): void {
		for (const invocation of command.invocations.values()) {
			if (invocation.status !== 'Pending') continue;
			invocation.endedAt = this.#ctx.clock.now();
			this.#set(command, invocation, 'Cancelled', 'Terminated');
		}
	}

	#maybeEnd(command: Command): void {
		if (isCommandOver(command) || ![...command.invocations.values()].every(isOver)) return;
		for (const cancel of command.timers) cancel();
		const [status, details] = finalStatus(command);
		this.#setCommand(command, status, details);
		const listeners = this.#listeners.get(command.id) ?? [];
		this.#listeners.delete(command.id);
		for (const listener of listeners) listener();
	}

	#set(command: Command, invocation: Invocation, status: InvocationStatus, details: string): void {
		const changed = invocation.status !== status;
		invocation.status = status;
		invocation.details = details;
		const shown = EVENT_STATUS[status];
		if (!changed || shown === undefined) return;
		this.#ctx.emit({
			source: 'aws.ssm',
			detailType: 'EC2 Command Invocation Status-change Notification',
			resources: [nodeArn(this.#ctx, invocation.instanceId)],
			detail: {
				'command-id': command.id,
				'document-name': command.document.name,
				'instance-id': invocation.instanceId,
				'requested-date-time': new Date(command.requestedAt).toISOString(),
				status: shown,
			},
		});
	}

	#setCommand(command: Command, status: CommandStatus, details: string): void {
		command.status = status;
		command.details = details;
		const shown = EVENT_STATUS[status];
		if (shown === undefined) return;
		this.#ctx.emit({
			source: 'aws.ssm',
			detailType: 'EC2 Command Status-change Notification',
			resources: [...command.invocations.keys()].map((id) => nodeArn(this.#ctx, id)),
			detail: {
				'command-id': command.id,
				'document-name': command.document.name,
				'expire-after': new Date(command.expiresAt).toISOString(),
				parameters: command.parameters,
				'requested-date-time': new Date(command.requestedAt).toISOString(),
				status: shown,
			},
		});
	}
}

function isCommandOver(command: Command): boolean {
	return command.status !== 'Pending' && command.status !== 'InProgress' && command.status !== 'Cancelling';
}

/** The status of a command whose invocations are all over. */
function finalStatus(command: Command): [CommandStatus, string] {
	const total = command.invocations.size;
	if (total === 0) return ['Success', 'NoInstancesInTag'];
	if (command.cancelling) return ['Cancelled', 'Cancelled'];
	const succeeded = count(command, ['Success']);
	if (succeeded === total) return ['Success', 'Success'];
	// 'The value of max-errors or more invocations' makes the whole command failed or timed out.
	const limit = Math.max(1, share(command.maxErrors, total));
	if (errorCount(command) >= limit) return ['Failed', 'Failed'];
	if (count(command, ['DeliveryTimedOut']) >= limit) return ['TimedOut', 'DeliveryTimedOut'];
	const refused = count(command, ['Undeliverable', 'InvalidPlatform', 'AccessDenied']);
	if (refused === total) return ['Failed', 'Failed'];
	if (refused + succeeded === total) return ['Success', 'Success'];
	return ['Failed', 'Incomplete'];
}
