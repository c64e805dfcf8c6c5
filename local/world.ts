/**
 * A world: AWS, its time and its chance, the deployed functions, and the wiring between them. The demo, the tests, the simulation
 * and `npm start` all run in one of these.
 */

import { type Aws, createAws } from '../shared/aws/clients.ts';
import type { ApiCall } from './aws/api-call.ts';
import { createDynamoDb } from './aws/dynamodb.ts';
import { type BusEvent, createEventBridge } from './aws/eventbridge.ts';
import { type HttpEndpoint, inProcess, listen } from './aws/http.ts';
import { RequestLog } from './aws/request-log.ts';
import { createSqs, type Sqs } from './aws/sqs.ts';
import { createSts } from './aws/sts.ts';
import type { AwsContext, Clock, EmittedEvent } from './aws/types.ts';
import { type Call, type CallFault, createWire, type Wire } from './aws/wire.ts';
import { chance, text, uuid } from './chance.ts';
import { RealClock, SimulatedClock } from './clock.ts';
import { createDelivery, type EventFate, type OtherDelivery, stringAttributes } from './delivery.ts';
import { type Handlers, IN_PROCESS_CLIENT, type LogLine, loadHandlers, startEnvironment } from './environment.ts';
import { currentExecution, type Execution } from './executing.ts';
import { deployTemplate, type Fleet, seedFleet } from './fleet.ts';
import { type InvocationRecord, type InvocationResult, Lambda } from './lambda.ts';
import { admissionsOf } from './permissions/admission.ts';
import { refusedSyncsOf } from './permissions/delivery-admission.ts';
import { iamOf, rightsOf } from './permissions/enforcing.ts';
import { QuietClocks } from './quiet.ts';
import { REAL_RUNNER, type Runner, simulatedRunner } from './runner.ts';
import { createFleetServices, type FleetServices, type FleetServicesOptions } from './services.ts';
import type { Rule, Template } from './template.ts';
import { warmClients } from './warm.ts';

/** What goes wrong, decided call by call and event by event. */
export interface Faults {
	/** Asked before a call takes effect. */
	call?(call: Call, execution?: Execution): CallFault | undefined;
	/** What a call of DynamoDB that succeeded is answered with, in place of `body`. */
	answer?(call: Call, body: string, execution?: Execution): string;
	/** Asked when an event is put on the bus. */
	event?(event: BusEvent): EventFate;
	/** How far the clock of a function's new environment is ahead of the world's. Milliseconds. */
	skewMs?(functionName: string, environment: number): number;
}

export interface WorldOptions {
	readonly seed: number | string;
	readonly time: 'simulated' | 'real';
	/** Epoch milliseconds; simulated time begins here (real time begins now). */
	readonly startAt: number;
	readonly template: Template;
	/** Groups and nodes that have been there for long; none where it is absent. */
	readonly fleet?: Fleet;
	/** Throttles and lags of the services that a fleet lives in. */
	readonly serviceOptions?: FleetServicesOptions;
	readonly faults?: Faults;
	/** In place of the sources that the template's functions name. */
	readonly handlers?: Handlers;
	/** Pollers per queue, five where it is absent. */
	readonly pollers?: number;
	/** Whether clocks need not run while nothing happens: for stories of months. */
	readonly skipsQuiet?: boolean;
	/** Function invocations at once, 1,000 where it is absent. */
	readonly concurrency?: number;
	/** Told of every log line of a function as it is written. */
	readonly onLog?: (line: LogLine) => void;
	/** Told of every call as it is answered: `error` where it had no effect, whatever the caller has heard. */
	readonly onCall?: (call: ApiCall, execution?: Execution) => void;
	/** Told of defects of the local AWS; in simulated time they end the run instead. */
	readonly onDefect?: (error: unknown) => void;
}

export interface World extends Runner {
	readonly context: AwsContext;
	readonly clock: Clock;
	readonly template: Template;
	readonly services: FleetServices;
	readonly sqs: Sqs;
	readonly wire: Wire;
	readonly requestLog: RequestLog;
	/** Clients for tests and stories, in process; the request log has them as `operator`. */
	readonly aws: Aws;
	readonly logs: readonly LogLine[];
	/** What functions counted, by name and dimensions: `failed{"playbook":"drain-web"}`. */
	readonly metrics: ReadonlyMap<string, number>;
	readonly invocations: readonly InvocationRecord[];
	/** What rules sent to log groups and other targets that are not simulated further. Topics keep theirs: `services.sns`. */
	readonly otherDeliveries: readonly OtherDelivery[];
	/** Puts an event on the default bus, in the name of any source. */
	putEvent(event: EmittedEvent): void;
	/** Invokes a function, by its name or by its file's, and moves time until it has ended. */
	invoke(functionName: string, event: unknown): Promise<InvocationResult>;
	/** Calls `what` at an instant (epoch milliseconds), as part of the story. */
	at(time: number, what: () => void | Promise<void>): void;
	runFor(durationMs: number): Promise<void>;
	/** Serves the world over HTTP on 127.0.0.1 (real time). Queue URLs then point there. */
	listen(port: number): Promise<HttpEndpoint>;
	close(): void;
}

/**
 * Makes a world: tables, queues, rules, functions, documents, parameters, roles and policies from the template, then the fleet.
 * Functions and runbooks may do what their roles allow. Schedules fire first one period after the start.
 * @throws Error where the template names what is not there (a function's source, a queue), or a role cannot read its queue.
 */
export async function createWorld(options: WorldOptions): Promise<World> {
	const { template, seed } = options;
	const { account, region } = template.stack;
	await warmClients(region);
	const handlers = options.handlers ?? (await loadHandlers(template.functions));

	const defects: unknown[] = [];
	const onDefect = (error: unknown) => {
		if (options.onDefect) options.onDefect(error);
		else defects.push(error);
	};
	const simulated = options.time === 'simulated' ? new SimulatedClock(options.startAt, chance(seed, 'aws'), onDefect) : undefined;
	const real = simulated ? undefined : new RealClock(chance(seed, 'aws'), onDefect);
	const clock = (simulated ?? real) as Clock;
	const ids = chance(seed, 'ids');
	const quiet = options.skipsQuiet ? new QuietClocks() : undefined;

	const context: AwsContext = {
		account,
		region,
		clock,
		emit: (event) => {
			quiet?.emitted(event);
			delivery.accept(bus.toEvent(event));
		},
		id: (length, alphabet) => text(ids, length, alphabet),
		uuid: () => uuid(ids),
	};
	let endpoint: string | undefined;
	const sqs = createSqs(context, { queues: template.queues, endpoint: () => endpoint });
	const bus = createEventBridge(context, {
		buses: template.buses,
		rules: template.rules,
		accept: (event, busName) => delivery.accept(event, busName),
	});
	const dynamoDb = createDynamoDb({ account, region });
	const iam = await iamOf(template, () => services, options.fleet?.operators);
	const rights = new Map(template.functions.map((definition) => [definition.name, rightsOf(definition, iam, template.stack)]));
	const refusedSyncs = await refusedSyncsOf(template);
	const services: FleetServices = createFleetServices(context, {
		admitsSync: (name) => !refusedSyncs.has(name),
		roleOf: (functionName) => iam.sessionOf(functionName)?.role,
		iam,
		invoke: async (functionName, payload) => {
			const result = await lambda.invoke(functionName, payload);
			return result.ok ? { ok: true } : { ok: false, message: `${result.errorType}: ${result.errorMessage}` };
		},
		...options.serviceOptions,
		others: () => [sqs.definition, bus.definition, ...(options.serviceOptions?.others?.() ?? [])],
	});
	const requestLog = new RequestLog();
	const wire = createWire({
		context,
		log: requestLog,
		services: [...services.definitions, sqs.definition, bus.definition, createSts(context)],
		passthrough: [dynamoDb],
		authorize: (call) => {
			const session = iam.sessionOf(call.caller);
			return session && iam.refusal(session, call);
		},
		fault: (call) => {
			const fault = options.faults?.call?.(call, currentExecution());
			if (fault) quiet?.disturb();
			return fault;
		},
		answer: (call, body) => options.faults?.answer?.(call, body, currentExecution()) ?? body,
		onCall: (call) => {
			quiet?.observe(call);
			services.observe(call);
			options.onCall?.(call, currentExecution());
		},
		onDefect,
	});

	const logs: LogLine[] = [];
	const metrics = new Map<string, number>();
	const environmentOptions = {
		context,
		wire,
		onLog: (line: LogLine) => {
			logs.push(line);
			options.onLog?.(line);
		},
		onCount: (name: string, dimensions: Readonly<Record<string, string>>, value: number) => {
			const key = Object.keys(dimensions).length === 0 ? name : `${name}${JSON.stringify(dimensions)}`;
			metrics.set(key, (metrics.get(key) ?? 0) + value);
			services.cloudWatch.record('Fleetkeeper', name, { service: template.stack.name, ...dimensions }, value);
		},
	};
	let environments = 0;
	const lambda = new Lambda({
		context,
		functions: template.functions,
		start: (definition) => {
			const create = handlers[definition.name];
			if (!create) throw new Error(`There is no handler for function ${definition.name}.`);
			environments += 1;
			const skewMs = options.faults?.skewMs?.(definition.name, environments) ?? 0;
			const log = rights.get(definition.name)?.logs() === false ? { onLog: () => undefined } : {};
			return startEnvironment(definition, create, { ...environmentOptions, ...log, number: environments, skewMs });
		},
		send: ({ name }, arn, body, attributes) => {
			if (rights.get(name)?.sends(arn) !== false) sqs.byArn(arn)?.send(body, { attributes: stringAttributes(attributes) });
		},
		...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
		onRunning: (running) => services.cloudWatch.record('AWS/Lambda', 'ConcurrentExecutions', {}, running),
	});
	const delivery = createDelivery({
		context,
		template,
		sqs,
		sns: services.sns,
		lambda,
		bus,
		admits: await admissionsOf(template),
		rightsOf: (functionName) => rights.get(functionName),
		fate: (event) => options.faults?.event?.(event) ?? 'deliver',
		...(quiet && {
			skips: ({ name, targets: [target] }: Rule) => quiet.skips(name, lambda.find(target?.arn ?? '')?.name ?? '', clock.now()),
		}),
		...(options.pollers === undefined ? {} : { pollers: options.pollers }),
	});

	await dynamoDb.createTables(template.tables);
	for (const [TableName, AttributeName] of Object.entries(template.timeToLive)) {
		const TimeToLiveSpecification = { Enabled: true, AttributeName };
		await dynamoDb.handle('UpdateTimeToLive', JSON.stringify({ TableName, TimeToLiveSpecification }));
	}
	delivery.start();
	deployTemplate(services, template);
	if (options.fleet) seedFleet(services, options.fleet, clock.now());

	const runner = simulated
		? simulatedRunner({ clock: simulated, random: chance(seed, 'code'), isBusy: () => dynamoDb.pending > 0, defects })
		: REAL_RUNNER;
	const clientOptions = { region, ...IN_PROCESS_CLIENT, requestHandler: inProcess(wire, { caller: 'operator' }) };
	return {
		context,
		clock,
		template,
		services,
		sqs,
		wire,
		requestLog,
		aws: createAws(clientOptions),
		logs,
		metrics,
		invocations: lambda.invocations,
		otherDeliveries: delivery.others,
		putEvent: (event) => context.emit(event),
		invoke: (functionName, event) => runner.run(() => lambda.invoke(functionName, event)),
		run: runner.run,
		runUntil: runner.runUntil,
		runFor: (durationMs) => runner.runUntil(clock.now() + durationMs),
		at: (time, what) => {
			clock.after(time - clock.now(), what);
		},
		async listen(port) {
			const server = await listen(wire, port);
			endpoint = server.url;
			return server;
		},
		close() {
			delivery.stop();
			real?.stop();
		},
	};
}
