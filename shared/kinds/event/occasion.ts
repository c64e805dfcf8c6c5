/** What is kept of an event, and what it is about. Pure. */

import type { Occasion } from '../../operation/types.ts';
import { PATH_START, resolvePath } from '../../playbook/parameters.ts';
import type { FleetEvent } from './event.ts';

/** A detail that is longer is kept in part. Characters of JSON. */
const WHOLE = 16_000;
/** Of a detail that is kept in part: texts of this length, beside what paths lead to. Characters. */
const SHORT = 200;
/** ARNs of one event. */
const RESOURCES = 50;
/** What tells one subject from another is short; what is longer tells nothing. Characters. */
const KEY = 1_000;

/** @param paths what the playbook's work is given of the event. */
export function occasionOf(event: Omit<FleetEvent, 'detail'> & Pick<Occasion, 'detail'>, paths: readonly string[]): Occasion {
	const { id, source, 'detail-type': detailType, account, region, time, detail } = event;
	return {
		id,
		source,
		'detail-type': detailType,
		account,
		region,
		...(time !== undefined && { time }),
		resources: resourcesOf(event),
		detail: JSON.stringify(detail).length <= WHOLE ? detail : partOf(detail, paths),
	};
}

export function resourcesOf({ resources = [] }: Pick<FleetEvent, 'resources'>): readonly string[] {
	return resources.slice(0, RESOURCES);
}

/** The values that the paths lead to; nothing where one of them leads nowhere. */
export function keyOf(event: FleetEvent, about: readonly string[]): readonly string[] | undefined {
	const values: string[] = [];
	for (const path of about) {
		const at = resolvePath(path, { ...event, resources: event.resources ?? [] } as Parameters<typeof resolvePath>[1]);
		if (!at.ok) return undefined;
		values.push(...at.values);
	}
	const length = values.reduce((sum, each) => sum + each.length, 0);
	return length === 0 || length > KEY ? undefined : values;
}

function partOf(detail: Occasion['detail'], paths: readonly string[]): Record<string, unknown> {
	const short = Object.entries(detail).filter(([, found]) => found === null || String(found).length <= SHORT);
	const part = Object.fromEntries(short.filter(([, found]) => typeof found !== 'object'));
	const start = `${PATH_START}detail.`;
	let room = WHOLE;
	for (const path of paths.filter((each) => each.startsWith(start))) {
		const steps = path.slice(start.length).split('.');
		room -= JSON.stringify(at(detail, steps) ?? '').length;
		// The rest is too much for any parameter.
		if (room < 0) break;
		copy(detail, part, steps);
	}
	return part;
}

function at(from: unknown, steps: readonly string[]): unknown {
	const into = (value: unknown, step: string) =>
		value !== null && typeof value === 'object' && Object.hasOwn(value, step) ? Reflect.get(value, step) : undefined;
	return steps.reduce(into, from);
}

/** Copies what is at the end of a path. A list of which one entry is wanted becomes an object: paths lead through both alike. */
function copy(from: unknown, to: Record<string, unknown>, [step = '', ...deeper]: readonly string[]): void {
	if (from === null || typeof from !== 'object' || !Object.hasOwn(from, step)) return;
	const found: unknown = Reflect.get(from, step);
	if (deeper.length === 0) to[step] = found;
	else {
		const next = to[step];
		const part: Record<string, unknown> = next !== null && typeof next === 'object' ? { ...next } : {};
		copy(found, part, deeper);
		to[step] = part;
	}
}
