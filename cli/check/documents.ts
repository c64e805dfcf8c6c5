/** Whether the documents that a playbook names are there, are of the right type, and take the parameters they are given. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { PATH_START } from '../../shared/playbook/parameters.ts';
import { nearest, type Problem, quote } from '../../shared/playbook/problem.ts';
import { SUPPLIED_PARAMETERS } from '../../shared/playbook/relations.ts';
import { allowedBy } from '../../shared/playbook/startable.ts';
import type { Playbook, Run } from '../../shared/playbook/types.ts';
import { isOwnDocument } from '../../shared/settings.ts';
import type { CheckedPlaybook } from './folder.ts';

export interface DocumentFacts {
	readonly type: 'Command' | 'Automation' | string;
	readonly parameters: readonly { readonly name: string; readonly required: boolean; readonly allowedPattern?: string }[];
}

/** A document that a playbook names. */
export interface NamedDocument {
	readonly document: string;
	readonly type: Run['type'];
	/** Where it is named. */
	readonly at: readonly (string | number)[];
	/** The work that gives it parameters; a person or a request does where there is none. */
	readonly run?: Run;
}

/** All documents that a playbook names: its work, and the runbooks that operators and requests may start. */
export function namedDocuments(playbook: Playbook): NamedDocument[] {
	if (playbook.on === 'request') {
		return [
			...allowedBy(playbook, 'runbook').map((document) => ({ document, type: 'automation' as const, at: ['when', 'detail', 'runbook'] })),
			...allowedBy(playbook, 'command').map((document) => ({ document, type: 'command' as const, at: ['when', 'detail', 'command'] })),
		];
	}
	const { run } = playbook;
	const { runbooks = [] } = ('opsItem' in playbook && playbook.opsItem) || {};
	return [
		...(run ? [{ document: run.document, type: run.type, at: ['run', run.type], run }] : []),
		...runbooks.map((document, i) => ({ document, type: 'automation' as const, at: ['opsItem', 'runbooks', i] })),
	];
}

/** Problems of every playbook that names a file of `runbooks/`; other documents only AWS knows. */
export function checkRunbooks(playbooks: readonly CheckedPlaybook[], runbooks: string): Problem[] {
	return playbooks.flatMap((checked) =>
		namedDocuments(checked.playbook).flatMap((named) => {
			const { document, at } = named;
			if (!isOwnDocument(document)) return [];
			const file = join(runbooks, `${document}.yaml`);
			if (existsSync(file)) return documentProblems(checked, named, readRunbook(file), `runbooks/${document}.yaml`);
			return [checked.problem(at, 'error', `there is no file runbooks/${document}.yaml`)];
		}),
	);
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

/** Holds what a playbook says of a document against the document. @param where how problems call the document. */
export function documentProblems(checked: CheckedPlaybook, named: NamedDocument, facts: DocumentFacts, where: string): Problem[] {
	const { document, type, at, run } = named;
	const wanted = type === 'command' ? 'Command' : 'Automation';
	if (facts.type !== wanted) {
		const other = facts.type === 'Command' || facts.type === 'Automation' ? `write ${facts.type.toLowerCase()}: ${document}` : undefined;
		return [checked.problem(at, 'error', `${where} is ${facts.type}, not ${wanted}`, run && other)];
	}
	return run ? parameterProblems(checked, run, facts, where) : [];
}

function parameterProblems(checked: CheckedPlaybook, run: Run, { parameters }: DocumentFacts, where: string): Problem[] {
	const known = parameters.map(({ name }) => name);
	const unknown = Object.keys(run.parameters)
		.filter((name) => !known.includes(name))
		.map((name) => {
			const meant = nearest(name, known);
			const hint = meant ? `did you mean ${meant}?` : `there are ${known.join(', ')}`;
			return checked.problem(['run', 'parameters', name], 'error', `${where} has no parameter ${name}`, hint);
		});
	const supplied = isOwnDocument(run.document) ? SUPPLIED_PARAMETERS : [];
	const absent = parameters
		.filter(({ name, required }) => required && !(name in run.parameters) && !supplied.includes(name))
		.map(({ name }) => checked.problem(['run', 'parameters'], 'error', `${where} needs the parameter ${name}`));
	return [...unknown, ...absent, ...parameters.flatMap((parameter) => valueProblems(checked, run, parameter, where))];
}

function valueProblems(
	checked: CheckedPlaybook,
	run: Run,
	{ name, allowedPattern }: DocumentFacts['parameters'][number],
	where: string,
): Problem[] {
	if (allowedPattern === undefined) return [];
	const allowed = new RegExp(allowedPattern);
	return (run.parameters[name] ?? [])
		.filter((value) => !value.startsWith(PATH_START) && !allowed.test(value))
		.map((value) =>
			checked.problem(['run', 'parameters', name], 'error', `${where} does not take ${quote(value)}: it must match ${allowedPattern}`),
		);
}
