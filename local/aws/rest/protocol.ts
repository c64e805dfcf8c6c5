/** REST with XML, seen from the server: what is in the path, query, headers and body of a request and of its answer says the schema. */

import { XmlCodec } from '@aws-sdk/core/protocols';
import { readScalar } from '../form.ts';
import type { ServerProtocol, WireRequest, WireResponse } from '../protocols.ts';
import { errorModel, isRecord, NormalizedSchema, type OperationSchema } from '../schema.ts';
import type { RestProtocol, ServiceDefinition } from '../service.ts';
import { AwsError } from '../types.ts';
import { addressed, contentOf } from './request.ts';
import { statusOf } from './route.ts';

/** ISO 8601 in XML, where a schema does not say otherwise: the number is the SDK's own. */
const DATE_TIME = 5;

type Members = readonly (readonly [string, NormalizedSchema])[];

export function restProtocol({ schemas, name }: ServiceDefinition, protocol: RestProtocol): ServerProtocol {
	const codec = new XmlCodec({
		xmlNamespace: protocol.xmlNamespace,
		serviceNamespace: name,
		timestampFormat: { useTrait: true, default: DATE_TIME },
		httpBindings: false,
	});
	const serializer = codec.createSerializer();
	const deserializer = codec.createDeserializer();
	const xml = (schema: NormalizedSchema, value: unknown): string => {
		serializer.write(schema, value);
		return `<?xml version="1.0" encoding="UTF-8"?>\n${serializer.flush()}`;
	};

	/** The body of a request, as the member that it is bound to. */
	const payload = (member: NormalizedSchema, bytes: Uint8Array): unknown => {
		if (!member.isStructSchema()) return member.isBlobSchema() ? bytes : Buffer.from(bytes).toString('utf8');
		try {
			return deserializer.read(member, bytes);
		} catch (cause) {
			throw Object.assign(new AwsError('MalformedXML', MALFORMED), { cause });
		}
	};

	return {
		decode(operation, request) {
			const { bucket, key, query, headers } = addressed(protocol, request);
			const { bytes, trailers } = contentOf(request);
			const carried = { ...headers, ...trailers };
			const labels: Readonly<Record<string, string | undefined>> = { Bucket: bucket, Key: key };
			const input: Record<string, unknown> = {};
			for (const [member, schema] of membersOf(operation.input)) {
				const { httpLabel, httpHeader, httpQuery, httpPrefixHeaders, httpPayload } = schema.getMergedTraits();
				if (httpPayload) {
					if (bytes.length > 0 || schema.isBlobSchema()) input[member] = payload(schema, bytes);
				} else if (httpPrefixHeaders !== undefined) {
					const found = prefixed(carried, httpPrefixHeaders);
					if (Object.keys(found).length > 0) input[member] = found;
				} else {
					const text = httpLabel ? labels[member] : httpHeader ? carried[httpHeader.toLowerCase()] : query.get(httpQuery ?? '');
					if (text !== undefined && text !== null) input[member] = fromText(schema, text, member);
				}
			}
			return input;
		},

		encode(operation, output, requestId) {
			const value = isRecord(output) ? output : {};
			const members = membersOf(operation.output);
			const headers: Record<string, string> = { 'x-amz-request-id': requestId };
			for (const [member, schema] of members) {
				const { httpHeader, httpPrefixHeaders } = schema.getMergedTraits();
				const given = value[member];
				if (given === undefined || given === null) continue;
				if (httpHeader !== undefined) headers[httpHeader.toLowerCase()] = toText(given);
				for (const [key, text] of httpPrefixHeaders === undefined ? [] : Object.entries(given)) {
					headers[`${httpPrefixHeaders}${key}`.toLowerCase()] = String(text);
				}
			}
			return { status: statusOf(schemas, operation.name), headers, ...bodyOf(operation, members, value, headers, xml) };
		},

		encodeError(error, requestId) {
			const status = errorModel(schemas, error.code)?.status ?? error.status;
			const fields = { Code: error.code, Message: error.message, ...error.fields, RequestId: requestId };
			const names = Object.keys(fields);
			const schema = NormalizedSchema.of([3, 'local', 'Error', 0, names, names.map(() => STRING)] as never);
			// An error has no namespace of its own (S3 API reference, "REST error responses").
			const text = xml(schema, fields).replace(` xmlns="${protocol.xmlNamespace}"`, '');
			return { status, headers: { 'content-type': XML, 'x-amz-request-id': requestId }, body: text };
		},
	};
}

const STRING = 0;
const XML = 'application/xml';
const MALFORMED = 'The XML you provided was not well-formed or did not validate against our published schema';

type Xml = (schema: NormalizedSchema, value: unknown) => string;

/** A member that is the whole body, or all that are bound to nothing else, in XML. */
function bodyOf(
	operation: OperationSchema,
	members: Members,
	value: Readonly<Record<string, unknown>>,
	headers: Readonly<Record<string, string>>,
	xml: Xml,
): Pick<WireResponse, 'body'> & Partial<Pick<WireResponse, 'headers'>> {
	const whole = members.find(([, schema]) => schema.getMergedTraits().httpPayload);
	if (whole) {
		const [member, schema] = whole;
		const given = value[member];
		if (given === undefined) return { body: '' };
		if (schema.isStructSchema()) return { body: xml(schema, given), headers: { ...headers, 'content-type': XML } };
		return { body: given as Uint8Array };
	}
	const free = members.filter(([, schema]) => !isBound(schema)).map(([member]) => member);
	if (free.length === 0) return { body: '' };
	const content = Object.fromEntries(free.map((member) => [member, value[member]]));
	return { body: xml(NormalizedSchema.of(operation.output), content), headers: { ...headers, 'content-type': XML } };
}

function isBound(schema: NormalizedSchema): boolean {
	const { httpHeader, httpPrefixHeaders } = schema.getMergedTraits();
	return httpHeader !== undefined || httpPrefixHeaders !== undefined;
}

function membersOf(reference: OperationSchema['input']): Members {
	const schema = NormalizedSchema.of(reference);
	return schema.isStructSchema() ? [...schema.structIterator()] : [];
}

function prefixed(headers: WireRequest['headers'], prefix: string): Record<string, string> {
	return Object.fromEntries(
		Object.entries(headers).flatMap(([name, text]) =>
			name.startsWith(prefix) && text !== undefined ? [[name.slice(prefix.length), text]] : [],
		),
	);
}

function fromText(schema: NormalizedSchema, text: string, member: string): unknown {
	if (!schema.isListSchema()) return readScalar(schema, text, member);
	return text.split(',').map((item) => readScalar(schema.getValueSchema(), item.trim(), member));
}

/** A time in a header is an HTTP date. */
function toText(value: unknown): string {
	return value instanceof Date ? value.toUTCString() : String(value);
}
