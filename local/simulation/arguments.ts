/** What `npm run simulate` is told on its command line. */

import { parseArgs } from 'node:util';
import { ENOUGH_SEEDS } from './report.ts';
import type { Mask } from './story.ts';

const OPTIONS = {
	seeds: { type: 'string' },
	from: { type: 'string' },
	seed: { type: 'string' },
	flows: { type: 'string' },
	mask: { type: 'string' },
	mutations: { type: 'boolean', default: false },
	json: { type: 'boolean', default: false },
	template: { type: 'string' },
} as const;

const USE = [
	'Use: npm run simulate -- [--seeds N] [--from S] [--flows a,b] [--json]   N seeds from S on (400 from 1)',
	'     npm run simulate -- --seed S [--flows a,b] [--mask JSON] [--json]   one seed again, and what happened in it',
	'     npm run simulate -- --mutations                                     shows that bugs are noticed',
	'     npm run simulate -- --burst N [--runbook] [--seed S] [--json]       N terminations at once',
].join('\n');

export interface Wanted {
	readonly first: number;
	readonly count: number;
	/** One seed, of which the story is told. */
	readonly single: boolean;
	/** Names of the flows that take part, in place of those that each seed draws. */
	readonly flows: readonly string[] | undefined;
	readonly mask: Mask;
	readonly mutations: boolean;
	readonly json: boolean;
	/** A packaged template, in place of one that is made when it is stale. */
	readonly template: string | undefined;
}

/** Thrown for arguments that make no sense; the message says what to do. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
	constructor(problem: string, cause?: unknown) {
		super(`${problem}\n${USE}`, { cause });
	}
}

/**
 * @param flowNames those that there are.
 * @throws UsageError
 */
export function wantedBy(args: readonly string[], flowNames: readonly string[]): Wanted {
	const values = parsed(args);
	const single = values.seed !== undefined;
	if (single && (values.seeds !== undefined || values.from !== undefined))
		throw new UsageError('--seed plays one seed: leave out --seeds and --from.');
	if (!single && values.mask !== undefined) throw new UsageError('--mask belongs to one story: say which with --seed.');
	const others = ['seeds', 'from', 'seed', 'flows', 'json'] as const;
	const beside = others.find((name) => values.mutations && values[name] !== undefined && values[name] !== false);
	if (beside !== undefined) throw new UsageError(`--mutations chooses its own seeds: leave out --${beside}.`);
	return {
		first: whole('seed', values.seed) ?? whole('from', values.from) ?? 1,
		count: single ? 1 : (whole('seeds', values.seeds, 1) ?? ENOUGH_SEEDS),
		single,
		flows: values.flows === undefined ? undefined : known(values.flows.split(','), flowNames),
		mask: values.mask === undefined ? {} : maskOf(values.mask),
		mutations: values.mutations,
		json: values.json,
		template: values.template,
	};
}

function parsed(args: readonly string[]) {
	try {
		return parseArgs({ args: [...args], options: OPTIONS }).values;
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : String(error), error);
	}
}

function whole(name: string, value: string | undefined, least = 0): number | undefined {
	if (value === undefined) return undefined;
	const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
	if (!Number.isSafeInteger(number) || number < least)
		throw new UsageError(`--${name} is '${value}': use a whole number, ${least} or more.`);
	return number;
}

function known(names: readonly string[], flowNames: readonly string[]): readonly string[] {
	const unknown = names.find((name) => !flowNames.includes(name));
	if (unknown !== undefined) throw new UsageError(`--flows has '${unknown}': use some of ${flowNames.join(',')}.`);
	return names;
}

/** A mask as a violation prints it. */
function maskOf(text: string): Mask {
	const value = jsonOf(text);
	const isMask = typeof value === 'object' && value !== null && !Array.isArray(value);
	const { without, faults, ...others } = (isMask ? value : { others: value }) as Record<string, unknown>;
	const areNames = [without, faults].every(
		(list) => list === undefined || (Array.isArray(list) && list.every((name) => typeof name === 'string')),
	);
	if (!areNames || Object.keys(others).length > 0)
		throw new UsageError('--mask has something else than the lists "without" and "faults": give it as the violation prints it.');
	return value as Mask;
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		throw new UsageError(`--mask is no JSON (${(error as Error).message}): give it as the violation prints it.`, error);
	}
}
