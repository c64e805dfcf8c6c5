import { PATH_START } from './fields.ts';

/** What paths in parameters lead into. */
export interface ParameterSource {
	readonly detail: unknown;
	readonly account: string;
	readonly region: string;
}

export type ResolvedParameters =
	| { readonly ok: true; readonly parameters: Readonly<Record<string, readonly string[]>> }
	| {
			readonly ok: false;
			/** Names the parameter, and the path that leads nowhere. */
			readonly problem: string;
	  };

/** The parameters of a run with every path (`$.detail.EC2InstanceId`) replaced by what is there; a list there gives all its values. */
export function resolveParameters(parameters: Readonly<Record<string, readonly string[]>>, source: ParameterSource): ResolvedParameters {
	const resolved: Record<string, readonly string[]> = {};
	for (const [name, values] of Object.entries(parameters)) {
		const found: string[] = [];
		for (const value of values) {
			const at = value.startsWith(PATH_START) ? follow(value, source) : [value];
			if (typeof at === 'string') return { ok: false, problem: `parameter ${name}: ${value} ${at}` };
			found.push(...at);
		}
		resolved[name] = found;
	}
	return { ok: true, parameters: resolved };
}

/** The values a path leads to, or why there are none. */
function follow(path: string, source: ParameterSource): string[] | string {
	let found: unknown = { detail: source.detail, account: source.account, region: source.region };
	for (const step of path.slice(PATH_START.length).split('.')) {
		found = isRecord(found) && Object.hasOwn(found, step) ? found[step] : undefined;
	}
	if (found === undefined || found === null) return 'leads nowhere: the event has no such field';
	const values = Array.isArray(found) ? found : [found];
	if (values.length === 0) return 'leads to an empty list';
	if (values.some((value) => value === null || typeof value === 'object')) return 'leads to an object, not to text';
	return values.map(String);
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return value !== null && typeof value === 'object' && !Array.isArray(value);
}
