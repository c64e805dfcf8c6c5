/** What is said of playbooks of any occasion. */

import { expect, it } from 'vitest';
import { parsePlaybook } from '../../../shared/playbook/parse.ts';
import { formatProblem } from '../../../shared/playbook/problem.ts';
import type { Playbook } from '../../../shared/playbook/types.ts';

export const nameOf = (source: string) => /name: (.*)/.exec(source)?.[1] ?? '';

/** Every problem of a text as a person sees it, without the file. */
export function problemsOf(source: string): string[] {
	const parsed = parsePlaybook(source, nameOf(source), 'x');
	return (parsed.ok ? parsed.warnings : parsed.problems).map((problem) => formatProblem(problem).slice('x:'.length));
}

/** The sample with one part of its text replaced. */
export function changed(sample: string, what: string, by: string): string {
	expect(sample).toContain(what);
	return sample.replace(what, by);
}

export function compiled(source: string): Playbook {
	const parsed = parsePlaybook(source, nameOf(source));
	if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
	return parsed.playbook;
}

type Row = readonly [what: string, by: string, ...problems: readonly string[]];

/** One test for every row: the problems of the sample with a part of its text replaced. */
export function tells(sample: string, rows: readonly Row[]): void {
	it.each(rows)('%s -> %s: %s', (what, by, ...problems) => {
		expect(problemsOf(changed(sample, what, by))).toEqual(problems.map((problem) => expect.stringContaining(problem)));
	});
}
