/** Whether the document that a playbook names is there, is of the right type, and takes the parameters it is given. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { PATH_START } from '../../shared/playbook/fields.ts';
import { nearest, type Problem, quote } from '../../shared/playbook/problem.ts';
import { SUPPLIED_PARAMETERS } from '../../shared/playbook/relations.ts';
import { isOwnDocument } from '../../shared/settings.ts';
import type { CheckedPlaybook } from './folder.ts';

export interface DocumentFacts {
	readonly type: 'Command' | 'Automation' | string;
	readonly parameters: readonly { readonly name: string; readonly required: boolean; readonly allowedPattern?: string }[];
}

/** Problems of every playbook that names a file of `runbooks/`; other documents only AWS knows. */
export function checkRunbooks(playbooks: readonly CheckedPlaybook[], runbooks: string): Problem[] {
	return playbooks.flatMap((checked) => {
		const { document } = checked.playbook.run;
		if (!isOwnDocument(document)) return [];
		const file = join(runbooks, `${document}.yaml`);
		if (existsSync(file)) return documentProblems(checked, readRunbook(file), `runbooks/${document}.yaml`);
		return [missing(checked, `there is no file runbooks/${document}.yaml`)];
	});
}

const TYPES: Readonly<Record<string, string>> = { 2.2: 'Command', 0.3: 'Automation' };

function readRunbook(file: string): DocumentFacts {
	const document = parse(readFileSync(file, 'utf8')) as {
		schemaVersion?: string;
		parameters?: Record<string, { default?: unknown; allowedPattern?: string }>;
	};
	return {
		type: TYPES[String(document.schemaVersion)] ?? `of schema version ${document.schemaVersion}`,
		parameters: Object.entries(document.parameters ?? {}).map(([name, { default: value, allowedPattern }]) => ({
			name,
			required: value === undefined,
			...(allowedPattern !== undefined && { allowedPattern }),
		})),
	};
}

export function missing({ playbook, problem }: CheckedPlaybook, message: string): Problem {
	return problem(['run', playbook.run.type], 'error', message);
}

export function documentProblems(checked: CheckedPlaybook, facts: DocumentFacts, where: string): Problem[] {
	const { run } = checked.playbook;
	const wanted = run.type === 'command' ? 'Command' : 'Automation';
	if (facts.type !== wanted) {
		const hint = facts.type === 'Command' || facts.type === 'Automation' ? `write ${facts.type.toLowerCase()}: ${run.document}` : undefined;
		return [checked.problem(['run', run.type], 'error', `${where} is ${facts.type}, not ${wanted}`, hint)];
	}
	const known = facts.parameters.map(({ name }) => name);
	const unknown = Object.keys(run.parameters)
		.filter((name) => !known.includes(name))
		.map((name) => {
			const meant = nearest(name, known);
			const hint = meant ? `did you mean ${meant}?` : `there are ${known.join(', ')}`;
			return checked.problem(['run', 'parameters', name], 'error', `${where} has no parameter ${name}`, hint);
		});
	const absent = facts.parameters
		.filter(
			({ name, required }) => required && !(name in run.parameters) && !(isOwnDocument(run.document) && SUPPLIED_PARAMETERS.includes(name)),
		)
		.map(({ name }) => checked.problem(['run', 'parameters'], 'error', `${where} needs the parameter ${name}`));
	return [...unknown, ...absent, ...facts.parameters.flatMap((parameter) => valueProblems(checked, parameter, where))];
}

function valueProblems(checked: CheckedPlaybook, { name, allowedPattern }: DocumentFacts['parameters'][number], where: string): Problem[] {
	if (allowedPattern === undefined) return [];
	const allowed = new RegExp(allowedPattern);
	return (checked.playbook.run.parameters[name] ?? [])
		.filter((value) => !value.startsWith(PATH_START) && !allowed.test(value))
		.map((value) =>
			checked.problem(['run', 'parameters', name], 'error', `${where} does not take ${quote(value)}: it must match ${allowedPattern}`),
		);
}
