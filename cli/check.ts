/** `fleet -- check [folder] [--aws] [--stage <stage>]`: are the playbooks right, and what do they make of the sample events. */

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Aws, createAws } from '../shared/aws/clients.ts';
import { describeError } from '../shared/errors.ts';
import { formatProblem, type Problem } from '../shared/playbook/problem.ts';
import { settingsFrom } from '../shared/settings.ts';
import { checkAllowed } from './check/allowed.ts';
import { checkAtAws } from './check/aws.ts';
import { checkRunbooks } from './check/documents.ts';
import { checkFolder } from './check/folder.ts';
import { checkPatterns } from './check/patterns.ts';
import { describeSamples } from './check/samples.ts';

const PATTERNS = 'infra/event-patterns.yml';

const USAGE = 'usage: fleet -- check [folder] [--aws] [--stage <stage>]';

/** Where a command writes and looks; `out` and `err` take one line without its end. */
export interface CheckIo {
	readonly out: (line: string) => void;
	readonly err: (line: string) => void;
	/** The project's folder: it has `playbooks/`, `runbooks/` and `events/`. */
	readonly cwd: string;
}

/**
 * Prints problems to `err`, everything else to `out`.
 * @param connect gives the clients for `--aws`; AWS_ENDPOINT_URL and the other variables of the SDK hold.
 * @returns the exit status: 0, or 1 where a playbook is not valid or something it needs is missing.
 */
export async function check(args: readonly string[], io: CheckIo, connect: () => Aws = createAws): Promise<number> {
	try {
		const { values, positionals } = parseArgs({
			args: [...args],
			allowPositionals: true,
			options: { aws: { type: 'boolean', default: false }, stage: { type: 'string', default: 'local' } },
		});
		if (positionals.length > 1) throw new Error(`one folder at a time: ${positionals.join(' ')}`);
		const folder = checkFolder(resolve(io.cwd, positionals[0] ?? 'playbooks'), io.cwd);
		const problems = [
			...folder.problems,
			...checkRunbooks(folder.playbooks, join(io.cwd, 'runbooks')),
			...checkPatterns(folder.playbooks, join(io.cwd, PATTERNS), PATTERNS),
			...checkAllowed(folder.playbooks, join(io.cwd, 'serverless.yml'), values.stage),
		];
		if (values.aws) problems.push(...(await checkAtAws(connect(), settingsFrom({ STAGE: values.stage }), folder.playbooks)));
		const errors = report(problems, folder.count, io);
		for (const line of describeSamples(join(io.cwd, 'events'), io.cwd, folder.set)) io.out(line);
		return errors === 0 ? 0 : 1;
	} catch (error) {
		const usage = String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
		io.err(usage ? `check: ${(error as Error).message}\n${USAGE}` : `check: ${describeError(error)}`);
		return 1;
	}
}

function report(problems: readonly Problem[], count: number, io: CheckIo): number {
	const inPlace = [...problems].sort((a, b) => (a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1));
	for (const problem of inPlace) io.err(formatProblem(problem));
	const errors = problems.filter(({ severity }) => severity === 'error').length;
	const warnings = problems.length - errors;
	io.out(
		[
			plural(count, 'playbook'),
			errors === 0 ? 'no errors' : plural(errors, 'error'),
			...(warnings > 0 ? [plural(warnings, 'warning')] : []),
		].join(', '),
	);
	return errors;
}

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
