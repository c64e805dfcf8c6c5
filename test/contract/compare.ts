/** Runs the contract on a system and says where it does not hold. */

import { isDeepStrictEqual } from 'node:util';
import type { Difference } from './differences.ts';
import { ACCOUNT, type Case, type System } from './system.ts';

export interface Verdict {
	readonly name: string;
	/** What is wrong; nothing where the case holds, or differs as listed. */
	readonly problem?: string;
	/** The listed difference that was found. */
	readonly difference?: Difference;
}

/**
 * Runs the cases one after the other.
 * @param differences those expected of this system; one that is not found is a problem.
 */
export async function compare(
	system: System,
	cases: readonly Case[],
	differences: readonly Difference[],
	onVerdict: (verdict: Verdict) => void = () => undefined,
): Promise<Verdict[]> {
	const verdicts: Verdict[] = [];
	for (const each of cases) {
		const difference = differences.find((listed) => listed.case === each.name);
		const verdict = judge(each, await observe(system, each), difference);
		verdicts.push(verdict);
		onVerdict(verdict);
	}
	const unknown = differences.filter((listed) => !cases.some(({ name }) => name === listed.case));
	return [
		...verdicts,
		...unknown.map((listed) => ({ name: listed.case, problem: 'a difference is listed for it, and there is no such case' })),
	];
}

/** What a system gives for a case, comparable with another's. What a case throws is a value like any other. */
export async function observe(system: System, each: Case): Promise<unknown> {
	try {
		const seen = await system.run(() => each.act(system));
		return JSON.parse(JSON.stringify(seen ?? null).replaceAll(system.account, ACCOUNT));
	} catch (error) {
		if (!(error instanceof Error)) return { threw: String(error) };
		// A service's error is known by its name; any other one only by what it says.
		return { threw: error.name === 'Error' ? error.message : error.name };
	}
}

function judge({ name, gives }: Case, seen: unknown, difference: Difference | undefined): Verdict {
	if (!difference) return isDeepStrictEqual(seen, gives) ? { name } : { name, problem: mismatch(gives, seen) };
	if (isDeepStrictEqual(seen, gives)) return { name, problem: 'differs no longer: take it off the list of differences' };
	if (isDeepStrictEqual(seen, difference.moto)) return { name, difference };
	return { name, problem: `differs otherwise than listed: ${mismatch(difference.moto, seen)}` };
}

function mismatch(expected: unknown, seen: unknown): string {
	return `expected ${JSON.stringify(expected)}, got ${JSON.stringify(seen)}`;
}
