/** Which operation a REST request asks for, by the `http` traits of the operations' schemas. */

import { NormalizedSchema, type OperationSchema, operationSchema, requiredMembers } from '../schema.ts';
import type { RestProtocol, ServiceDefinition } from '../service.ts';
import type { AddressedRequest } from './request.ts';

/** What an operation binds to requests, and the status of its answer. */
interface Route {
	readonly operation: OperationSchema;
	readonly method: string;
	readonly status: number;
	readonly hasBucket: boolean;
	readonly hasKey: boolean;
	/** Parameters of the query that every request for it has, with their values. */
	readonly fixed: ReadonlyMap<string, string>;
	/** Names of headers and query parameters that are bound to required members. */
	readonly headers: readonly string[];
	readonly query: readonly string[];
}

/** The name of the operation, which clients add to some requests. It decides between operations that are otherwise asked for alike. */
const OPERATION_NAME = 'x-id';

/** `[9, namespace, name, {http: [method, path template, status]}, …]` */
type HttpTraits = { readonly http?: readonly [string, string, number] };

/** Worlds share what was read from the schemas of one package. */
const read = new WeakMap<object, readonly Route[]>();

function routesOf(schemas: ServiceDefinition['schemas']): readonly Route[] {
	const known = read.get(schemas);
	if (known) return known;
	const routes = Object.keys(schemas).flatMap((key) => routeOf(schemas, key));
	read.set(schemas, routes);
	return routes;
}

function routeOf(schemas: ServiceDefinition['schemas'], key: string): Route[] {
	const operation = operationSchema(schemas, key.slice(0, -1));
	const { http } = ((schemas[key] as readonly unknown[])[3] ?? {}) as HttpTraits;
	if (!operation || !http) return [];
	const [method, template, status] = http;
	const [path = '', query = ''] = template.split('?');
	const input = NormalizedSchema.of(operation.input);
	const required = input.isStructSchema() ? requiredMembers(input) : new Set<string>();
	const members = input.isStructSchema() ? [...input.structIterator()] : [];
	const bound = (trait: 'httpHeader' | 'httpQuery') =>
		members.filter(([name]) => required.has(name)).flatMap(([, member]) => member.getMergedTraits()[trait] ?? []);
	return [
		{
			operation,
			method,
			status,
			hasBucket: members.some(([name]) => name === 'Bucket'),
			hasKey: path.includes('{Key+}'),
			fixed: new Map(new URLSearchParams(query)),
			headers: bound('httpHeader').map((name) => name.toLowerCase()),
			query: bound('httpQuery'),
		},
	];
}

/** The operation that a request asks for: of all that it fits, the one that asks for most of what it has. */
export function operationOf(schemas: ServiceDefinition['schemas'], request: AddressedRequest): string | undefined {
	const fitting = routesOf(schemas).filter((route) => fits(route, request));
	const best = fitting.toSorted((a, b) => weight(b, request) - weight(a, request))[0];
	return best?.operation.name;
}

/** The HTTP status that an operation answers with. */
export function statusOf(schemas: ServiceDefinition['schemas'], operation: string): number {
	return routesOf(schemas).find((route) => route.operation.name === operation)?.status ?? 200;
}

function fits(route: Route, { method, bucket, key, query, headers }: AddressedRequest): boolean {
	return (
		route.method === method &&
		route.hasBucket === (bucket !== undefined) &&
		route.hasKey === (key !== undefined) &&
		[...route.fixed].every(([name, value]) => name === OPERATION_NAME || query.get(name) === value) &&
		route.query.every((name) => query.has(name)) &&
		route.headers.every((name) => headers[name] !== undefined)
	);
}

function weight({ fixed, query, headers }: Route, request: AddressedRequest): number {
	const named = fixed.get(OPERATION_NAME);
	const isNamed = named !== undefined && named === request.query.get(OPERATION_NAME);
	return [...fixed.keys()].filter((name) => name !== OPERATION_NAME).length + query.length + headers.length + (isNamed ? 0.5 : 0);
}

/** Whether a request is for a service: its signature's scope names it, or its host does. */
export function isAddressedTo({ signingName }: RestProtocol, headers: Readonly<Record<string, string | undefined>>): boolean {
	const scope = /Credential=[^/]+\/[^/]+\/[^/]+\/([^/]+)\//.exec(headers['authorization'] ?? '')?.[1];
	return scope === undefined ? hostPattern(signingName).test(headers['host'] ?? '') : scope === signingName;
}

/** `<bucket>.s3.<region>.amazonaws.com`, and the same without a bucket. The bucket's name may have dots. */
export function hostPattern(signingName: string): RegExp {
	return new RegExp(`^(?:(.+)\\.)?${signingName}\\.[a-z0-9-]+\\.amazonaws\\.com(?::\\d+)?$`);
}
