/** Paths into an event, and what they lead to. Pure. */

/** A parameter value of this beginning is a path into the event. */
export const PATH_START = '$.';
/** Names of dimensions can have dots in them: all that follows is the name. */
export const DIMENSION_START = '$.dimensions.';

/** What paths lead into: the event, as far as it is kept. An alarm's metric dimensions stand beside its detail. */
export interface ParameterSource {
	readonly detail: unknown;
	readonly account: string;
	readonly region: string;
	readonly source?: string;
	readonly 'detail-type'?: string;
	readonly id?: string;
	readonly time?: string;
	readonly resources?: readonly string[];
	readonly dimensions?: Readonly<Record<string, string>>;
}

interface Unresolved {
	readonly ok: false;
	/** Says which path leads nowhere, or not to text, and for a parameter which. */
	readonly problem: string;
}
export type ResolvedParameters = { readonly ok: true; readonly parameters: Readonly<Record<string, readonly string[]>> } | Unresolved;
export type ResolvedPath = { readonly ok: true; readonly values: readonly string[] } | Unresolved;
export type ResolvedNode = { readonly ok: true; readonly node: string } | Unresolved;

/** The parameters of a run with every path (`$.detail.EC2InstanceId`) replaced by what is there; a list there gives all its values. */
export function resolveParameters(parameters: Readonly<Record<string, readonly string[]>>, source: ParameterSource): ResolvedParameters {
	const resolved: Record<string, readonly string[]> = {};
	for (const [name, values] of Object.entries(parameters)) {
		const found: string[] = [];
		for (const value of values) {
			const at = resolvePath(value, source);
			if (!at.ok) return { ok: false, problem: `parameter ${name}: ${at.problem}` };
			found.push(...at.values);
		}
		resolved[name] = found;
	}
	return { ok: true, parameters: resolved };
}

/** What a path leads to, as text: the one value there, or all values of a list. A text that is no path stands for itself. */
export function resolvePath(path: string, source: ParameterSource): ResolvedPath {
	if (!path.startsWith(PATH_START)) return { ok: true, values: [path] };
	const found = follow(path, source);
	const problem = (what: string) => ({ ok: false, problem: `${path} ${what}` }) as const;
	if (found === undefined) return problem('leads nowhere: the event has no such field');
	if (found === null) return problem('leads to null, not to text');
	const values: readonly unknown[] = Array.isArray(found) ? found : [found];
	if (values.length === 0) return problem('leads to an empty list');
	if (values.includes(null)) return problem('leads to a list with null in it, not to text');
	if (values.some((value) => typeof value === 'object')) return problem('leads to an object, not to text');
	return { ok: true, values: values.map(String) };
}

/** An instance id by itself, or at the end of an ARN or of what AWS Config calls the resource. */
const NODE = /(?:^|[/:])(i-[0-9a-f]{8}(?:[0-9a-f]{9})?|mi-[0-9a-f]{17})$/;

/** The managed node that a run's `node` means. */
export function resolveNode(node: string, source: ParameterSource): ResolvedNode {
	const at = resolvePath(node, source);
	if (!at.ok) return at;
	const [first = '', ...more] = at.values;
	if (more.length > 0) return { ok: false, problem: `${node} leads to ${at.values.length} values, not to one node` };
	const id = NODE.exec(first)?.[1];
	return id === undefined
		? { ok: false, problem: `${node} leads to '${first.slice(0, 80)}', which is no managed node` }
		: { ok: true, node: id };
}

function follow(path: string, source: ParameterSource): unknown {
	const steps = path.startsWith(DIMENSION_START)
		? ['dimensions', path.slice(DIMENSION_START.length)]
		: path.slice(PATH_START.length).split('.');
	let found: unknown = source;
	for (const step of steps) found = into(found, step);
	return found;
}

/** A field of an object, an entry of a list by its index from 0. */
function into(value: unknown, step: string): unknown {
	if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) return undefined;
	return Array.isArray(value) && !/^\d+$/.test(step) ? undefined : Reflect.get(value, step);
}
