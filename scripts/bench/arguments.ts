/** What the benchmark is asked for. */

import { parseArgs } from 'node:util';
import type { Part } from './part.ts';

/** Enough for medians that hold, within a few minutes. */
const RUNS = 21;

export interface Asked {
	readonly parts: readonly Part[];
	readonly runs: number;
	readonly json: boolean;
}

/** @throws Error saying what is wrong with the arguments, and what may be given. */
export function readArguments(args: readonly string[], all: readonly Part[]): Asked {
	const { values } = parseArgs({
		args: [...args],
		options: {
			only: { type: 'string', multiple: true, default: [] },
			runs: { type: 'string', default: String(RUNS) },
			json: { type: 'boolean', default: false },
		},
	});
	const names = all.map(({ name }) => name);
	const unknown = values.only.find((name) => !names.includes(name));
	if (unknown !== undefined) throw new Error(`--only is '${unknown}': use one of ${names.join(', ')}.`);
	const runs = Number(values.runs);
	if (!Number.isSafeInteger(runs) || runs < 1) throw new Error(`--runs is '${values.runs}': use a whole number, 1 or more.`);
	return { parts: all.filter(({ name }) => values.only.length === 0 || values.only.includes(name)), runs, json: values.json };
}
