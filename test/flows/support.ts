/** Whole flows: the packaged template with a fleet in simulated time, and what can be read of it afterwards. */

import {
	CompleteLifecycleActionCommand,
	PutWarmPoolCommand,
	SetDesiredCapacityCommand,
	TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { expect, onTestFinished } from 'vitest';
import type { BusEvent } from '../../local/aws/eventbridge.ts';
import type { Call, CallFault } from '../../local/aws/wire.ts';
import type { EventFate } from '../../local/delivery.ts';
import type { FleetServicesOptions } from '../../local/fleet.ts';
import { ensureTemplate } from '../../local/package-template.ts';
import { loadTemplate, type Template } from '../../local/template.ts';
import { createWorld, type World } from '../../local/world.ts';
import { createLedger } from '../../shared/operation/ledger.ts';
import type { LifecycleOperation, OperationKind, OperationOfKind } from '../../shared/operation/types.ts';
import { settingsFrom } from '../../shared/settings.ts';
import { unrecorded } from './audit.ts';
import {
	type FleetSetup,
	fleetOf,
	MINUTE,
	READY,
	START,
	withClocks,
	withEnvironment,
	withoutPlaybookClock,
	withoutUpkeep,
	withPlaybooks,
} from './deployment.ts';
import { type Kill, Killer } from './kill.ts';

/** Who makes the calls of this file: they are not ours. */
const PERSON = 'operator';

/** A call of one of our functions, or of the operator's command, with its answer. */
export interface OurCall {
	readonly at: number;
	readonly caller: string;
	readonly service: string;
	readonly operation: string;
	readonly input: Readonly<Record<string, unknown>>;
	/** The error code it was answered with; `ReplyLost` where it had its effect and nobody heard. */
	readonly error?: string;
}

/** A lifecycle action that was completed, or kept alive, or was to be. */
export interface OnAction {
	readonly instanceId: string;
	readonly hook: string;
	readonly result?: string;
	readonly at: number;
	readonly error?: string;
}

export interface Setup extends FleetSetup {
	readonly seed?: number;
	/** YAML by name, in the place of the packaged playbook of that name or beside the others. */
	readonly playbooks?: Readonly<Record<string, string>>;
	readonly call?: (call: Call, at: number) => CallFault | undefined;
	readonly event?: (event: BusEvent, at: number) => EventFate;
	readonly services?: FleetServicesOptions;
	readonly pollers?: number;
	/** Begins at the deployment, before anything is compiled. */
	readonly cold?: true;
	/** How many clocks call `reconcile` at the same moment; default one. */
	readonly clocks?: number;
	/** A function that dies once. */
	readonly kill?: Kill;
	/** The parts `patching` and `state` are on. */
	readonly upkeep?: true;
	/** In the place of the packaged one, as it is. */
	readonly template?: Template;
	/** Variables that functions have beside those of the template. */
	readonly environment?: Readonly<Record<string, string>>;
}

let packaged: Promise<Template> | undefined;

/** A world with group `web-blue` (drains of 40 seconds on a 30-minute hook), ready at `READY` unless it is to be cold. */
export async function begin(setup: Setup = {}): Promise<Flow> {
	packaged ??= ensureTemplate().then((file) => loadTemplate(file));
	const built = new Flow(setup);
	const deployed = setup.template ?? (setup.upkeep ? await packaged : withoutUpkeep(await packaged));
	await built.begin(deployed);
	if (isFaultless(setup)) auditAtEnd(built);
	return built;
}

/** Of what a function does that dies, or hears no answer, nobody may know. */
function isFaultless({ call, event, kill }: Setup): boolean {
	return call === undefined && event === undefined && kill === undefined;
}

/** Whatever a test is about: every change that functions made can be found. */
function auditAtEnd(flow: Flow): void {
	try {
		onTestFinished(async ({ task }) => {
			if (task.result?.state !== 'fail') expect(await unrecorded(flow)).toEqual([]);
		});
	} catch {
		// It is of several tests: they ask themselves.
	}
}

export class Flow {
	readonly #setup: Setup;
	readonly #asked: (Call & { readonly at: number; readonly byPeople: boolean })[] = [];
	/** Every lifecycle token that was given out, and what it is about. */
	readonly #actions = new Map<string, { readonly instanceId: string; readonly hook: string }>();
	readonly #seen: (BusEvent & { readonly at: number })[] = [];
	#world: World | undefined;
	/** While people act, or look: their calls are not ours. */
	#byPeople = false;

	constructor(setup: Setup) {
		this.#setup = setup;
	}

	async begin(packaged: Template): Promise<void> {
		const { seed = 1, playbooks = {}, clocks = 1, services, pollers, cold, kill, call, event, environment = {} } = this.#setup;
		const deployed = withClocks(withPlaybooks(withEnvironment(packaged, environment), playbooks), clocks);
		const template = cold === true ? deployed : withoutPlaybookClock(deployed);
		const killer = kill && new Killer(kill);
		this.#world = await createWorld({
			seed,
			time: 'simulated',
			startAt: START,
			template,
			...(killer && { handlers: await killer.handlers(template, () => this.world) }),
			fleet: fleetOf(this.#setup),
			...(services && { serviceOptions: services }),
			...(pollers !== undefined && { pollers }),
			faults: {
				call: (asked) => {
					const byPeople = this.#byPeople && asked.caller === PERSON;
					this.#asked.push({ ...asked, at: this.now, byPeople });
					if (byPeople) return undefined;
					return (this.now >= READY && killer?.fault(asked)) || call?.(asked, this.now);
				},
				event: (put) => {
					this.#remember(put);
					return event?.(put, this.now) ?? 'deliver';
				},
			},
		});
		if (cold !== true) await this.until(READY);
	}

	get world(): World {
		if (this.#world === undefined) throw new Error('The flow has not begun.');
		return this.#world;
	}

	get now(): number {
		return this.#world?.clock.now() ?? START;
	}

	#remember(event: BusEvent): void {
		this.#seen.push({ ...event, at: this.now });
		const { LifecycleActionToken: token, EC2InstanceId: instanceId, LifecycleHookName: hook } = event.detail;
		if (typeof token === 'string') this.#actions.set(token, { instanceId: String(instanceId), hook: String(hook) });
	}

	/** Does what people do, in this world's time. */
	async people<T>(act: (aws: World['aws']) => Promise<T>): Promise<T> {
		this.#byPeople = true;
		try {
			return await this.world.run(() => act(this.world.aws));
		} finally {
			this.#byPeople = false;
		}
	}

	/** A person takes these nodes out of their group. */
	async terminate(...ids: readonly string[]): Promise<void> {
		const asked = ids.map((InstanceId) => ({ InstanceId, ShouldDecrementDesiredCapacity: true }));
		await this.people(({ autoScaling }) =>
			Promise.all(asked.map((input) => autoScaling.send(new TerminateInstanceInAutoScalingGroupCommand(input)))),
		);
	}

	/** A person sets a group's size. */
	async scale(DesiredCapacity: number, AutoScalingGroupName = 'web-blue'): Promise<void> {
		await this.people(({ autoScaling }) => autoScaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity })));
	}

	/** A person says how many prepared nodes the warm pool holds at least. */
	async resizePool(MinSize: number, AutoScalingGroupName = 'web-blue'): Promise<void> {
		await this.people(({ autoScaling }) =>
			autoScaling.send(new PutWarmPoolCommand({ AutoScalingGroupName, MinSize, PoolState: 'Stopped' })),
		);
	}

	/** A person completes a lifecycle action. */
	async completeByHand(LifecycleActionToken: string, LifecycleActionResult = 'CONTINUE'): Promise<void> {
		const { instanceId, hook } = this.#actions.get(LifecycleActionToken) ?? {};
		const AutoScalingGroupName = this.world.services.autoScaling.member(instanceId ?? '')?.group.name;
		const input = { AutoScalingGroupName, LifecycleHookName: hook, LifecycleActionToken, LifecycleActionResult };
		await this.people(({ autoScaling }) => autoScaling.send(new CompleteLifecycleActionCommand(input)));
	}

	/** Moves to an instant, or until something holds. */
	async until(goal: number | (() => boolean)): Promise<void> {
		await this.world.runUntil(goal);
	}

	async minutes(count: number): Promise<void> {
		await this.world.runFor(count * MINUTE);
	}

	/** All operations of a kind in the ledger, in the order of their opening. */
	async operations<K extends OperationKind = 'lifecycle'>(kind = 'lifecycle' as K): Promise<OperationOfKind<K>[]> {
		const ledger = createLedger({ aws: this.world.aws, settings: settingsFrom({ STAGE: 'local' }), now: () => this.now });
		const days = [START, this.now].map((at) => new Date(at).toISOString().slice(0, 10));
		return this.people(async () => {
			const ids = [await ledger.open(), ...(await Promise.all([...new Set(days)].map((day) => ledger.closedOn(day))))].flat();
			const found = (await ledger.load(ids)).filter((operation): operation is OperationOfKind<K> => operation.kind === kind);
			return found.sort((a, b) => a.openedAt - b.openedAt || a.id.localeCompare(b.id));
		});
	}

	/** The one operation about a node. @throws Error where there is none, or more than one. */
	async operation(instanceId: string): Promise<LifecycleOperation> {
		const [only, ...more] = (await this.operations()).filter(({ subject }) => subject.instanceId === instanceId);
		if (only === undefined || more.length > 0) throw new Error(`There are ${only ? more.length + 1 : 0} operations about ${instanceId}.`);
		return only;
	}

	/** What our functions and the operator's command called, in order of the calls. */
	calls(operation?: string): OurCall[] {
		const errors = new Map(this.world.requestLog.entries.map(({ requestId, error }) => [requestId, error]));
		return this.#asked
			.filter((call) => !call.byPeople && (operation === undefined || call.operation === operation))
			.map(({ at, caller = '', service, operation: name, input, requestId }) => {
				const error = errors.get(requestId);
				return { at, caller, service, operation: name, input: input as OurCall['input'], ...(error !== undefined && { error }) };
			});
	}

	#onAction(operation: string): OnAction[] {
		return this.calls(operation).map(({ at, input, error }) => {
			const { LifecycleActionToken: token, InstanceId, LifecycleHookName: hook, LifecycleActionResult: result } = input;
			const instanceId = token === undefined ? String(InstanceId) : (this.#actions.get(String(token))?.instanceId ?? `token ${token}`);
			return { at, instanceId, hook: String(hook), ...(result !== undefined && { result: String(result) }), ...(error && { error }) };
		});
	}

	/** Every CompleteLifecycleAction of ours. */
	completions(): OnAction[] {
		return this.#onAction('CompleteLifecycleAction');
	}

	heartbeats(): OnAction[] {
		return this.#onAction('RecordLifecycleActionHeartbeat');
	}

	/** The ids of every SendCommand of ours that had its effect. */
	sends(): (readonly string[])[] {
		return this.calls('SendCommand')
			.filter(({ error }) => error === undefined || error === 'ReplyLost')
			.map(({ input }) => input['InstanceIds'] as readonly string[]);
	}

	/** What did its work on a node, the repetitions that found it done left out: names of documents without their prefix. */
	ran(instanceId: string): string[] {
		const commands = [...this.world.services.ssm.commands()].reverse();
		return commands.flatMap(({ invocations }) => {
			const { run } = invocations.get(instanceId) ?? {};
			return run?.effective ? [run.document.replace('fleetkeeper-local-', '')] : [];
		});
	}

	/** OpsItems about failed work, as title and instance ids. */
	opsItems(): { readonly title: string; readonly nodes: readonly string[] }[] {
		return this.world.services.ssm.opsItems().map(({ title, data }) => {
			const nodes = [...data.keys()].filter((key) => key.startsWith('node/')).map((key) => key.slice('node/'.length));
			return { title, nodes: nodes.sort() };
		});
	}

	/** Where an instance stands in its group; undefined once it has left. */
	stateOf(instanceId: string): string | undefined {
		return this.world.services.autoScaling.member(instanceId)?.state;
	}

	/** Events that were put on the bus, of one type. */
	events(detailType: string): (BusEvent & { readonly at: number })[] {
		return this.#seen.filter((event) => event['detail-type'] === detailType);
	}

	deadLetters(functionName: string) {
		return this.world.sqs.queues.get(`fleetkeeper-local-${functionName}-dead-letters`)?.messages ?? [];
	}
}
