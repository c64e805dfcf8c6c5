/**
 * An account of AWS for one batch of events: the services of the local AWS, called without a wire between, and the ledger's table. Time
 * stands still in it.
 */

import { createEventBridge } from '../../local/aws/eventbridge.ts';
import type { Queue } from '../../local/aws/queue.ts';
import type { ServiceDefinition } from '../../local/aws/service.ts';
import { createSqs, type Sqs } from '../../local/aws/sqs.ts';
import { type AwsContext, AwsError, type Operations } from '../../local/aws/types.ts';
import { LOCAL_CREDENTIALS } from '../../local/environment.ts';
import { seedFleet } from '../../local/fleet.ts';
import { createFleetServices, type FleetServices } from '../../local/services.ts';
import { type Aws, createAws } from '../../shared/aws/clients.ts';
import { FLEET, type Ground } from './ground.ts';
import { INVENTORY, inventoryBucket } from './inventory.ts';
import { objectionsTo } from './members.ts';
import { Table } from './table.ts';

// biome-ignore lint/suspicious/noExplicitAny: inputs of all operations, as the SDK's commands have them.
export type Input = any;

export interface Call {
	readonly operation: string;
	readonly input: Input;
}

/** How AWS fails at its `nth` call: with an error, before or after the call has taken effect. */
export type Fault = (nth: number) => { readonly error: Error; readonly after: boolean } | undefined;

/** Just after the events of the samples: when a batch comes, and when there was what comes before it. Epoch milliseconds. */
export const NOW = Date.parse('2026-03-02T09:23:00Z');
const BEFORE = NOW - 120_000;

export class Account {
	readonly table = new Table();
	readonly sqs: Sqs;
	/** Since the batch came, in their order. */
	calls: Call[] = [];
	/** What AWS would not have taken, or did not take, of what it must always be given well. */
	refused: string[] = [];
	/** Whether AWS has failed, or refused a call for its rate. */
	failed = false;
	fault: Fault = () => undefined;
	now = BEFORE;
	readonly #services: FleetServices;
	readonly #operations: ReadonlyMap<string, Operations>;
	/** What has yet to be put there: it takes longer than all else that an account is made of, and few calls ask for it. */
	readonly #documents: Map<string, Ground['documents'][number]>;
	#ids = 0;

	constructor({ template, documents, parameters }: Ground) {
		const uuid = () => `a0000000-0000-4000-8000-${this.#nextId(12)}`;
		const clock = { now: () => this.now, after: () => () => undefined, random: () => 0.5 };
		const context: AwsContext = { ...template.stack, clock, emit: () => undefined, id: (length) => this.#nextId(length), uuid };
		const { buses, rules, queues } = template;
		this.sqs = createSqs(context, { queues });
		const bus = createEventBridge(context, { buses, rules, accept: () => undefined });
		this.#services = createFleetServices(context, { listLagMs: 0 });
		this.#documents = new Map(documents.map((document) => [document.name, document]));
		for (const parameter of parameters) this.#services.ssm.putParameter(parameter);
		seedFleet(this.#services, FLEET, BEFORE);
		const { objects } = this.#services.s3.createBucket(inventoryBucket(template.stack));
		for (const [key, object] of INVENTORY) objects.set(key, object);
		const definitions: Pick<ServiceDefinition, 'name' | 'operations'>[] = [
			...[...this.#services.definitions, this.sqs.definition, bus.definition],
			{ name: 'dynamodb', operations: this.table.operations },
		];
		this.#operations = new Map(definitions.map(({ name, operations }) => [name, operations]));
	}

	#nextId(length: number): string {
		this.#ids += 1;
		return this.#ids.toString(16).padStart(length, '0').slice(-length);
	}

	/** From now on is counted what comes of a batch, and AWS fails as it is told. */
	begin(now: number, fault: Fault | undefined): void {
		Object.assign(this, { now, calls: [], refused: [], failed: false, ...(fault && { fault }) });
	}

	/** A queue of a function. */
	queue(functionName: string, suffix = ''): Queue {
		const queue = this.sqs.queues.get(`fleetkeeper-local-${functionName}${suffix}`);
		if (queue === undefined) throw new Error(`${functionName} has no queue.`);
		return queue;
	}

	inputs(operation: string): readonly Input[] {
		return this.calls.filter((call) => call.operation === operation).map(({ input }) => input);
	}

	/** What Systems Manager was given to do on nodes: the ids of commands and executions, by node. */
	workIds(): Map<string, string> {
		const { ssm } = this.#services;
		const sent = ssm.commands().flatMap(({ id, instanceIds }) => instanceIds.map((node) => [node, id] as const));
		const started = ssm.executions().map(({ id, parameters }) => [String(parameters['InstanceId']), id] as const);
		return new Map([...sent, ...started]);
	}

	/** Answers a call. @throws Error as an SDK client does. */
	async answer(service: string, operation: string, input: Input): Promise<object> {
		this.calls.push({ operation, input });
		this.refused.push(...objectionsTo(input).map((problem) => `${operation}: ${problem}`));
		const fault = this.fault(this.calls.length);
		this.failed ||= fault !== undefined;
		if (fault?.after === false) throw fault.error;
		const requestId = `request-${this.calls.length}`;
		try {
			const perform = this.#operations.get(service)?.[operation] as ((input: Input) => Promise<object> | object) | undefined;
			this.#deploy(input.DocumentName ?? input.Name ?? input.CalendarNames?.[0]);
			if (perform === undefined) throw new Error(`There is no ${service}:${operation}.`);
			const output = await perform(input);
			if (fault) throw fault.error;
			if (operation === 'PutEvents') this.#lookAt(output);
			return { ...output, ...bodyOf(output), $metadata: { requestId, httpStatusCode: 200 } };
		} catch (error) {
			if (!(error instanceof AwsError)) throw error;
			throw this.#asSdkError(error, service, operation, requestId);
		}
	}

	#deploy(document: string): void {
		const { name, type, content } = this.#documents.get(document) ?? {};
		if (name === undefined || type === undefined || content === undefined) return;
		this.#documents.delete(name);
		this.#services.ssm.addDocument(name, type, content);
	}

	#lookAt({ Entries = [] }: { readonly Entries?: readonly { readonly ErrorCode?: string }[] }): void {
		for (const { ErrorCode } of Entries) if (ErrorCode !== undefined) this.refused.push(`PutEvents: ${ErrorCode}`);
	}

	#asSdkError({ code, message, status, fields }: AwsError, service: string, operation: string, requestId: string): Error {
		if (/Throttl|Exceeded/.test(code)) this.failed = true;
		else if (isOurFault(service, operation, code)) this.refused.push(`${operation}: ${code}: ${message}`);
		return Object.assign(new Error(message), { ...fields, name: code, $metadata: { requestId, httpStatusCode: status } });
	}
}

/** What an object holds, as a client gives it. */
function bodyOf({ Body }: { readonly Body?: Uint8Array }): object {
	return Body === undefined ? {} : { Body: { transformToString: async () => Buffer.from(Body).toString() } };
}

/** What is kept and told is always to be put so that AWS takes it; other calls may be refused for what they are about. */
function isOurFault(service: string, operation: string, code: string): boolean {
	if (code === 'ConditionalCheckFailedException' || code === 'OpsItemAlreadyExistsException') return false;
	return ['dynamodb', 'sqs', 'events'].includes(service) || operation.includes('OpsItem');
}

interface Command {
	readonly constructor: { readonly name: string };
	readonly input: Input;
}

/** As the local AWS names services otherwise than the SDK does. */
const SERVICES: Readonly<Record<string, string>> = { eventbridge: 'events', configservice: 'config' };

/** SDK clients of which every call goes to the account that `current` gives: they are made once, since making them takes longer than a batch. */
export function clientsOf(current: () => Account): Aws {
	const aws = createAws({ region: 'eu-west-1', credentials: LOCAL_CREDENTIALS });
	const through = <C extends object>(client: C): C => {
		const { serviceId } = (client as unknown as { readonly config: { readonly serviceId: string } }).config;
		const name = serviceId.toLowerCase().replaceAll(' ', '');
		const send = (command: Command) =>
			current().answer(SERVICES[name] ?? name, command.constructor.name.replace(/Command$/, ''), command.input);
		return Object.assign(client, { send });
	};
	const { client: make, ...own } = aws;
	const made = new Map<unknown, object>();
	return {
		...(Object.fromEntries(Object.entries(own).map(([name, client]) => [name, through(client)])) as unknown as typeof own),
		client: (Client) => {
			const client = made.get(Client) ?? through(make(Client) as object);
			made.set(Client, client);
			return client as InstanceType<typeof Client>;
		},
	};
}
