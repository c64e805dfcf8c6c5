/** The one door of the local AWS: finds the service of a request, speaks its protocol, keeps the log, lets faults in. */

import type { ApiCallListener } from './api-call.ts';
import { bodyText, type ServerProtocol, serverProtocol, type WireRequest, type WireResponse } from './protocols.ts';
import type { RequestLog } from './request-log.ts';
import { addressed } from './rest/request.ts';
import { isAddressedTo, operationOf } from './rest/route.ts';
import { operationSchema } from './schema.ts';
import type { RestProtocol, ServiceDefinition } from './service.ts';
import { type AwsContext, AwsError, type Caller } from './types.ts';

export type { WireRequest, WireResponse } from './protocols.ts';

/** A call as the faults see it, before it takes effect. */
export interface Call {
	readonly service: string;
	readonly operation: string;
	/** Deserialised; DynamoDB's as its JSON has it. */
	readonly input: unknown;
	readonly caller: string | undefined;
	/** The request log has its outcome under this id. */
	readonly requestId: string;
}

/** An error to answer with in place of the effect, or what disturbs the call on its way. */
export type CallFault = AwsError | Disturbance;

/** The call takes effect unless it never arrives. Times are milliseconds; after `Infinity` nothing comes and nobody says so. */
export interface Disturbance {
	readonly arrivesAfterMs?: number;
	/** The connection breaks before AWS has the request. */
	readonly loseRequest?: true;
	/** The connection breaks before the caller has the reply. */
	readonly loseReply?: true;
	readonly insteadOfReply?: AwsError;
	readonly repliesAfterMs?: number;
}

export interface PassthroughReply {
	readonly status: number;
	readonly body: string;
}

/** A service that is spoken to in its own words: a request comes in, a response goes out. */
export interface PassthroughService {
	readonly name: string;
	/** The `X-Amz-Target` prefix. */
	readonly target: string;
	handle(operation: string, body: string): Promise<PassthroughReply>;
}

export interface WireOptions {
	readonly context: Pick<AwsContext, 'clock' | 'uuid'>;
	readonly log: RequestLog;
	readonly services: readonly ServiceDefinition[];
	readonly passthrough?: readonly PassthroughService[];
	/** What a call is refused with for want of a permission; asked before anything else. */
	readonly authorize?: (call: Call) => AwsError | undefined;
	/** Asked before every call takes effect. */
	readonly fault?: (call: Call) => CallFault | undefined;
	/** Given what a service that is spoken to in its own words answers to a call that succeeded: what it gives is the answer instead. */
	readonly answer?: (call: Call, body: string) => string;
	/** Told of every call once it has had its effect or is refused, whether or not its reply ever comes. */
	readonly onCall?: ApiCallListener;
	/** Told of what a service threw that is not an AwsError. */
	readonly onDefect: (error: unknown, call: Pick<Call, 'service' | 'operation'>) => void;
}

/** The answer to a request; `lost` where a fault broke the connection. */
export type WireAnswer = WireResponse | 'lost';

export interface Wire {
	/** Answers a request as AWS would. Never rejects. */
	handle(request: WireRequest, caller?: string): Promise<WireAnswer>;
}

interface Bound {
	readonly definition: ServiceDefinition;
	readonly protocol: ServerProtocol;
}

interface Answered {
	readonly response: WireAnswer;
	/** What the request log has as its error, unless its reply is disturbed. */
	readonly error?: string;
	readonly input?: unknown;
	readonly output?: unknown;
	/** What it was refused with. */
	readonly refused?: { readonly code: string; readonly message: string };
	/** What disturbs the reply. */
	readonly fault?: Disturbance;
	readonly encodeError: (error: AwsError) => WireResponse;
}

export function createWire(options: WireOptions): Wire {
	const bound: Bound[] = options.services.map((definition) => ({ definition, protocol: serverProtocol(definition) }));
	const byTarget = new Map<string, Bound>();
	const byVersion = new Map<string, Bound>();
	const rest: (Bound & { readonly http: RestProtocol })[] = [];
	for (const entry of bound) {
		const { protocol } = entry.definition;
		if (protocol.kind === 'json') byTarget.set(protocol.target, entry);
		else if (protocol.kind === 'rest-xml') rest.push({ ...entry, http: protocol });
		else byVersion.set(protocol.version, entry);
	}
	const passthrough = new Map((options.passthrough ?? []).map((service) => [service.target, service]));

	/** Tells of what has happened, and brings the reply as far as the fault lets it. */
	const finish = async (service: string, operation: string, requestId: string, caller: string | undefined, answered: Answered) => {
		const { input, output, refused, fault = {}, encodeError } = answered;
		const { repliesAfterMs = 0, loseReply, insteadOfReply } = fault;
		const told = () => ({ at: options.context.clock.now(), service, operation, requestId, ...(caller ? { caller } : {}) });
		options.onCall?.({ ...told(), input, ...(refused ? { error: refused } : { output }) });
		if (repliesAfterMs > 0) await pause(repliesAfterMs);
		const error = loseReply ? LOST : (insteadOfReply?.code ?? answered.error);
		options.log.record({ ...told(), ...(error ? { error } : {}) });
		if (loseReply) return 'lost';
		return insteadOfReply ? encodeError(insteadOfReply) : answered.response;
	};

	return {
		async handle(request, caller = callerOf(request)) {
			const requestId = options.context.uuid();
			const answer = async (service: Bound, operation: string) => {
				const answered = await serve(service, operation, request, requestId, caller);
				return finish(service.definition.name, operation, requestId, caller, answered);
			};
			const restful = rest.find(({ http }) => isAddressedTo(http, request.headers));
			if (restful) {
				const operation = operationOf(restful.definition.schemas, addressed(restful.http, request));
				if (operation === undefined) return unknownService(request, requestId);
				const given = await answer(restful, operation);
				return request.method === 'HEAD' && given !== 'lost' ? { ...given, body: '' } : given;
			}
			const { prefix, version, operation } = addressee(request);
			const raw = passthrough.get(prefix ?? '');
			if (raw && operation) {
				return finish(raw.name, operation, requestId, caller, await passOn(raw, operation, bodyText(request), requestId, caller));
			}
			const service = byTarget.get(prefix ?? '') ?? byVersion.get(version ?? '');
			return service && operation ? answer(service, operation) : unknownService(request, requestId);
		},
	};

	async function serve(service: Bound, operation: string, request: WireRequest, id: string, caller: string | undefined): Promise<Answered> {
		const { definition, protocol } = service;
		const encodeError = (error: AwsError) => protocol.encodeError(error, id);
		let input: unknown;
		try {
			const schema = operationSchema(definition.schemas, operation);
			const implementation = definition.operations[operation] as ((input: unknown, by: Caller) => unknown) | undefined;
			if (!schema || !implementation) {
				throw new AwsError('UnknownOperationException', `The local AWS does not implement ${definition.name}:${operation}.`);
			}
			input = protocol.decode(schema, request);
			const call = { service: definition.name, operation, input, caller, requestId: id };
			const fault = options.authorize?.(call) ?? options.fault?.(call);
			if (fault instanceof AwsError) throw fault;
			if (fault && !(await arrives(fault))) return { ...NEVER_THERE, input, encodeError };
			const output = await implementation(input, { caller });
			return { response: protocol.encode(schema, output, id), input, output, encodeError, ...(fault && { fault }) };
		} catch (error) {
			const answer = asAwsError(error, definition.name, operation);
			return { response: encodeError(answer), error: answer.code, input, refused: answer, encodeError };
		}
	}

	async function passOn(
		service: PassthroughService,
		operation: string,
		body: string,
		id: string,
		caller: string | undefined,
	): Promise<Answered> {
		const input = parseOrUndefined(body);
		const encodeError = ({ code, message, status, fields }: AwsError) =>
			jsonResponse(status, JSON.stringify({ __type: `com.amazonaws.${service.name}#${code}`, message, ...fields }), id);
		try {
			const call = { service: service.name, operation, input, caller, requestId: id };
			const fault = options.authorize?.(call) ?? options.fault?.(call);
			if (fault instanceof AwsError) throw fault;
			if (fault && !(await arrives(fault))) return { ...NEVER_THERE, input, encodeError };
			const { status, body: text } = await service.handle(operation, body);
			const disturbed = fault && { fault };
			if (status < 300)
				return { response: jsonResponse(status, options.answer?.(call, text) ?? text, id), input, encodeError, ...disturbed };
			const code = errorType(text);
			return { response: jsonResponse(status, text, id), error: code, input, refused: { code, message: text }, encodeError, ...disturbed };
		} catch (error) {
			const answer = asAwsError(error, service.name, operation);
			return { response: encodeError(answer), error: answer.code, input, refused: answer, encodeError };
		}
	}

	/** Whether a disturbed call comes to AWS at all. */
	async function arrives({ arrivesAfterMs = 0, loseRequest }: Disturbance): Promise<boolean> {
		if (arrivesAfterMs > 0) await pause(arrivesAfterMs);
		return !loseRequest;
	}

	function pause(ms: number): Promise<void> {
		return new Promise((resolve) => {
			if (ms !== Number.POSITIVE_INFINITY) options.context.clock.after(ms, resolve);
		});
	}

	function asAwsError(error: unknown, service: string, operation: string): AwsError {
		if (error instanceof AwsError) return error;
		options.onDefect(error, { service, operation });
		const reason = error instanceof Error ? error.message : String(error);
		return new AwsError('InternalFailure', `Defect in the local AWS, ${service}:${operation}: ${reason}`, { status: 500 });
	}
}

/** What the request log has as the error of a call whose reply was lost, and of one that never arrived. */
const LOST = 'ReplyLost';
const REQUEST_LOST = 'RequestLost';
const NEVER_THERE = {
	response: 'lost',
	error: REQUEST_LOST,
	refused: { code: REQUEST_LOST, message: 'The request never arrived.' },
} as const;

/**
 * Whom a request is for: an `X-Amz-Target` of `<prefix>.<operation>`, or the form's `Version` and `Action`. Of a prefix with dots
 * (the AWS CLI's for CloudTrail is a Java class name) the last part names the service.
 */
function addressee(request: WireRequest): { prefix?: string; version?: string; operation?: string } {
	const target = request.headers['x-amz-target'];
	if (target !== undefined) {
		const [operation, prefix] = target.split('.').reverse();
		return { ...(prefix ? { prefix } : {}), ...(operation ? { operation } : {}) };
	}
	const form = new URLSearchParams(bodyText(request));
	const version = form.get('Version');
	const operation = form.get('Action');
	return { ...(version ? { version } : {}), ...(operation ? { operation } : {}) };
}

function unknownService(request: WireRequest, requestId: string): WireResponse {
	const { prefix, version, operation } = addressee(request);
	const named = prefix ?? version;
	const message = named
		? `The local AWS has no service '${named}' (asked for ${operation ?? 'nothing'}).`
		: `${request.method} ${request.path} names no service: neither X-Amz-Target nor Action and Version are there.`;
	return jsonResponse(404, JSON.stringify({ __type: 'UnknownOperationException', message }), requestId);
}

function jsonResponse(status: number, body: string, requestId: string): WireResponse {
	return { status, headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': requestId }, body };
}

/** The access key id that signed a request. */
function callerOf(request: WireRequest): string | undefined {
	return /Credential=([^/]+)\//.exec(request.headers['authorization'] ?? '')?.[1];
}

function errorType(body: string): string {
	const parsed = parseOrUndefined(body) as { __type?: string } | undefined;
	return parsed?.__type?.split('#').at(-1) ?? 'Unknown';
}

function parseOrUndefined(body: string): unknown {
	try {
		return JSON.parse(body);
	} catch {
		return undefined;
	}
}
