/** The playbooks of a folder, checked as `playbook-change` would check them. */

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { parsePlaybook } from '../../shared/playbook/parse.ts';
import type { Finding, Problem } from '../../shared/playbook/problem.ts';
import { compileSet } from '../../shared/playbook/set.ts';
import type { Playbook, PlaybookSet } from '../../shared/playbook/types.ts';

/** A valid playbook of the folder, and how to point at a part of it. */
export interface CheckedPlaybook<P extends Playbook = Playbook> {
	readonly playbook: P;
	problem(path: Finding['at'], severity: Problem['severity'], message: string, hint?: string): Problem;
}

export interface CheckedFolder {
	/** How many playbooks the folder has, valid or not. */
	readonly count: number;
	readonly playbooks: readonly CheckedPlaybook[];
	readonly set: PlaybookSet;
	readonly problems: readonly Problem[];
}

const ENDING = '.yaml';

/** @throws Error naming the folder where it cannot be read. */
export function checkFolder(folder: string, cwd: string): CheckedFolder {
	const names = listFolder(folder, cwd);
	const texts = names
		.filter((name) => name.endsWith(ENDING))
		.map((name) => {
			const file = relative(cwd, join(folder, name)) || name;
			return { name: basename(name, ENDING), source: readFileSync(join(folder, name), 'utf8'), file, parameterVersion: 0 };
		});
	const { playbooks, problems } = compileSet(texts);
	const passedOver = names
		.filter((name) => /\.ya?ml$/i.test(name) && !name.endsWith(ENDING))
		.map((name): Problem => {
			const message = 'is passed over: the file of a playbook ends in .yaml';
			return { file: relative(cwd, join(folder, name)), line: 1, column: 1, path: '', message, severity: 'error' };
		});
	return {
		count: texts.length,
		playbooks: playbooks.flatMap(({ playbook }) => {
			const text = texts.find(({ name }) => name === playbook.name);
			const parsed = text && parsePlaybook(text.source, text.name, text.file);
			return parsed?.ok ? [{ playbook, problem: problemMaker(parsed.at) }] : [];
		}),
		set: { playbooks, compiledAt: new Date(0).toISOString() },
		problems: [...problems, ...passedOver],
	};
}

/** Makes problems of a playbook of which it is known where its parts are. */
export function problemMaker(at: (path: Finding['at']) => Pick<Problem, 'file' | 'line' | 'column' | 'path'>): CheckedPlaybook['problem'] {
	return (path, severity, message, hint) => ({ ...at(path), severity, message, ...(hint !== undefined && { hint }) });
}

function listFolder(folder: string, cwd: string): string[] {
	try {
		return readdirSync(folder).sort();
	} catch (cause) {
		throw new Error(`there is no folder '${relative(cwd, folder) || folder}' to check; name the folder of your playbooks`, { cause });
	}
}
