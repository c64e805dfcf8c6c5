/** AWS JSON, AWS Query, EC2 Query and REST with XML, seen from the server. */

import { JsonCodec, XmlCodec } from '@aws-sdk/core/protocols';
import { readForm } from './form.ts';
import { restProtocol } from './rest/protocol.ts';
import { checkInput, errorModel, isRecord, NormalizedSchema, type OperationSchema, type SchemaReference } from './schema.ts';
import type { JsonProtocol, QueryProtocol, ServiceDefinition } from './service.ts';
import { AwsError } from './types.ts';

export interface WireRequest {
	readonly method: string;
	/** With its query. */
	readonly path: string;
	/** Names in lower case. */
	readonly headers: Readonly<Record<string, string | undefined>>;
	/** Bytes, where a service keeps them as they are; text is UTF-8. */
	readonly body: string | Uint8Array;
}

export interface WireResponse {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string | Uint8Array;
}

/** One service's protocol. */
export interface ServerProtocol {
	/** @throws AwsError for a request that does not fit the operation's schema. */
	decode(operation: OperationSchema, request: WireRequest): unknown;
	encode(operation: OperationSchema, output: unknown, requestId: string): WireResponse;
	encodeError(error: AwsError, requestId: string): WireResponse;
}

/** Epoch seconds in JSON, ISO 8601 in XML, where a schema does not say otherwise: the numbers are the SDK's own. */
const EPOCH_SECONDS = 7;
const DATE_TIME = 5;

const STRING = 0;

export function serverProtocol(service: ServiceDefinition): ServerProtocol {
	const { protocol } = service;
	if (protocol.kind === 'json') return jsonProtocol(service, protocol);
	return protocol.kind === 'rest-xml' ? restProtocol(service, protocol) : queryProtocol(service, protocol);
}

/** The body of a request whose protocol is text. */
export function bodyText({ body }: Pick<WireRequest, 'body'>): string {
	return typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}

function jsonProtocol(service: ServiceDefinition, protocol: JsonProtocol): ServerProtocol {
	const codec = new JsonCodec({ timestampFormat: { useTrait: true, default: EPOCH_SECONDS }, jsonName: false });
	const serializer = codec.createSerializer();
	const deserializer = codec.createDeserializer();
	const headers = (requestId: string) => ({
		'content-type': `application/x-amz-json-${protocol.version}`,
		'x-amzn-requestid': requestId,
	});
	return {
		decode(operation, request) {
			const schema = NormalizedSchema.of(operation.input);
			const raw = parseJson(bodyText(request));
			checkInput(schema, raw);
			try {
				return deserializer.readObject(schema, raw as never);
			} catch (cause) {
				throw new AwsError('SerializationException', cause instanceof Error ? cause.message : String(cause));
			}
		},
		encode(operation, output, requestId) {
			if (NormalizedSchema.of(operation.output).isUnitSchema()) return { status: 200, headers: headers(requestId), body: '' };
			serializer.write(operation.output as never, output ?? {});
			return { status: 200, headers: headers(requestId), body: serializer.flush() };
		},
		encodeError(error, requestId) {
			const model = errorModel(service.schemas, error.code);
			const status = model?.status ?? error.status;
			const queryError = `${model?.queryCode ?? error.code};${status < 500 ? 'Sender' : 'Receiver'}`;
			return {
				status,
				headers: { ...headers(requestId), ...(protocol.queryCompatible ? { 'x-amzn-query-error': queryError } : {}) },
				body: JSON.stringify({ __type: error.code, [model?.messageMember ?? 'message']: error.message, ...error.fields }),
			};
		},
	};
}

function queryProtocol(service: ServiceDefinition, protocol: QueryProtocol): ServerProtocol {
	const { xmlNamespace } = protocol;
	const ec2 = protocol.kind === 'ec2';
	const serializer = new XmlCodec({
		xmlNamespace,
		serviceNamespace: service.name,
		timestampFormat: { useTrait: true, default: DATE_TIME },
		httpBindings: false,
	}).createSerializer();
	const respond = (status: number, schema: unknown, value: unknown, requestId: string): WireResponse => {
		serializer.write(schema as never, value);
		return {
			status,
			headers: { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId },
			body: `<?xml version="1.0" encoding="UTF-8"?>\n${serializer.flush()}`,
		};
	};
	return {
		decode(operation, request) {
			const schema = NormalizedSchema.of(operation.input);
			const input = readForm(schema, new URLSearchParams(bodyText(request)), { ec2 });
			checkInput(schema, input);
			return input;
		},
		encode(operation, output, requestId) {
			const wrap = ec2 ? ec2Response(operation, requestId) : queryResponse(operation, requestId);
			return respond(200, wrap.schema, wrap.value(output ?? {}), requestId);
		},
		encodeError(error, requestId) {
			const model = errorModel(service.schemas, error.code);
			const code = model?.queryCode ?? QUERY_CODES[error.code] ?? error.code;
			const status = model?.queryStatus ?? error.status;
			const known = model?.members.filter((member) => member.toLowerCase() !== 'message') ?? [];
			const members = ['Type', 'Code', 'Message', ...known];
			const schemas = [STRING, STRING, STRING, ...known.map((member) => model?.memberSchemas[model.members.indexOf(member)])];
			const content = { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: error.message, ...error.fields };
			const body = struct('Error', members, schemas);
			return ec2
				? respond(
						status,
						struct('Response', ['Errors', 'RequestID'], [struct('Errors', ['Error'], [body]), STRING]),
						{ Errors: { Error: content }, RequestID: requestId },
						requestId,
					)
				: respond(
						status,
						struct('ErrorResponse', ['Error', 'RequestId'], [body, STRING]),
						{ Error: content, RequestId: requestId },
						requestId,
					);
		},
	};
}

/** What the JSON protocols call by one name and the Query protocols by another. */
const QUERY_CODES: Readonly<Record<string, string>> = {
	ValidationException: 'ValidationError',
	ThrottlingException: 'Throttling',
};

interface Wrapped {
	readonly schema: unknown;
	value(output: unknown): unknown;
}

/** `<XResponse><XResult>…</XResult><ResponseMetadata><RequestId/></ResponseMetadata></XResponse>` */
function queryResponse(operation: OperationSchema, requestId: string): Wrapped {
	const metadata = struct('ResponseMetadata', ['RequestId'], [STRING]);
	const ResponseMetadata = { RequestId: requestId };
	const name = `${operation.name}Response`;
	if (NormalizedSchema.of(operation.output).isUnitSchema()) {
		return { schema: struct(name, ['ResponseMetadata'], [metadata]), value: () => ({ ResponseMetadata }) };
	}
	const result = `${operation.name}Result`;
	return {
		schema: struct(name, [result, 'ResponseMetadata'], [operation.output, metadata]),
		value: (output) => ({ [result]: output, ResponseMetadata }),
	};
}

/** `<XResponse><requestId/>…members of the output…</XResponse>` */
function ec2Response(operation: OperationSchema, requestId: string): Wrapped {
	const schema = NormalizedSchema.of(operation.output);
	const tuple = schema.isStructSchema() ? (schema.getSchema() as readonly unknown[]) : [];
	const members = (tuple[4] ?? []) as readonly string[];
	const schemas = (tuple[5] ?? []) as readonly unknown[];
	return {
		schema: struct(`${operation.name}Response`, ['requestId', ...members], [STRING, ...schemas]),
		value: (output) => ({ requestId, ...(output as object) }),
	};
}

/** A structure schema in the packages' own notation. */
function struct(name: string, members: readonly string[], schemas: readonly unknown[]): SchemaReference {
	return [3, 'local', name, 0, [...members], [...schemas]] as unknown as SchemaReference;
}

function parseJson(body: string): unknown {
	try {
		const value: unknown = body === '' ? {} : JSON.parse(body);
		if (isRecord(value)) return value;
	} catch {
		// Answered below, as a body of any other shape is.
	}
	throw new AwsError('SerializationException', 'The request body is not a JSON object.');
}
