/**
 * A playbook must say what it is for by name, in every way to match it: other services put hooks on the same groups, other teams have
 * alarms and rules in the same account, and a request may start what is named and nothing else.
 */

import { matches } from '../event-pattern.ts';
import { SERVICE } from '../settings.ts';
import { DOCUMENT_FORMS, isDocumentName } from './documents.ts';
import { type Finding, quote } from './problem.ts';
import type { PlaybookOn } from './types.ts';

type Path = readonly (string | number)[];
type Pattern = Readonly<Record<string, unknown>>;

/** How a field names what a playbook is for. */
interface Naming {
	/** One of them has to name it. */
	readonly fields: readonly string[];
	/** One, and several of what it names. */
	readonly one: string;
	readonly many: string;
	/** The conditions that name, beside the exact value. */
	readonly by: readonly string[];
	readonly isName: (value: string) => boolean;
	/** What a name looks like. */
	readonly form: string;
	/** What would follow if the field were left open, or a condition were loose. */
	readonly open: string;
	readonly loose: string;
	/** What to write. */
	readonly hint: string;
}

const HOOK: Naming = {
	fields: ['LifecycleHookName'],
	one: 'hook',
	many: 'hooks',
	by: ['prefix'],
	isName: (value) => /^[A-Za-z0-9_/-]{1,255}$/.test(value),
	form: 'names have letters, digits, -, _ and /',
	open: 'every lifecycle action that matches would be completed, those of other services too',
	loose: 'it would also match hooks of other services',
	hint: 'write LifecycleHookName: [fleetkeeper-drain] or LifecycleHookName: [{ prefix: fleetkeeper- }]',
};

const ALARM: Naming = {
	fields: ['alarmName'],
	one: 'alarm',
	many: 'alarms',
	by: ['prefix', 'suffix', 'wildcard'],
	isName: (value) => /^.{1,255}$/.test(value),
	form: 'names have 1 to 255 characters',
	open: 'every alarm of the account would open an OpsItem',
	loose: 'it would also match alarms that nobody meant',
	hint: 'write alarmName: [web-cpu-high] or alarmName: [{ prefix: web- }]',
};

const RULE: Naming = {
	fields: ['configRuleName'],
	one: 'rule',
	many: 'rules',
	by: ['prefix', 'wildcard'],
	isName: (value) => /^.{1,128}$/.test(value),
	form: 'names have 1 to 128 characters',
	open: 'the resources of every rule would be remediated',
	loose: 'it would also match rules that nobody meant',
	hint: 'write configRuleName: [restricted-ssh], or of a conformance pack configRuleName: [{ prefix: restricted-ssh-conformance-pack- }]',
};

const DOCUMENT: Naming = {
	fields: ['runbook', 'command'],
	one: 'runbook or command',
	many: 'runbooks or commands',
	by: [],
	isName: isDocumentName,
	form: DOCUMENT_FORMS,
	open: 'whoever may send requests could start any document',
	loose: 'whoever may send requests could start documents that nobody meant',
	hint: 'write each runbook or command that may be run: runbook: [restart-node, AWS-RestartEC2Instance], or command: [restart-service]',
};

const SOURCE: Naming = {
	fields: ['source'],
	one: 'source',
	many: 'sources',
	by: ['prefix', 'suffix', 'equals-ignore-case', 'wildcard'],
	isName: (value) => value !== '',
	form: 'write source: [aws.health]',
	open: 'every event that reaches the function would match',
	loose: 'it would also match events that nobody meant',
	hint: 'write source: [aws.health]',
};

/** Occasions whose playbooks have to name what they are for: what a session must not be, may hold for all of them. */
export type NamedOccasion = Exclude<PlaybookOn, 'event' | 'session' | 'inventory'>;

const NAMINGS: Readonly<Record<NamedOccasion, Naming>> = {
	'instance-terminating': HOOK,
	'instance-launching': HOOK,
	alarm: ALARM,
	noncompliant: RULE,
	request: DOCUMENT,
};

/** What is wrong with a valid `detail` pattern as one that must name what it is for. */
export function namingFindings(on: NamedOccasion, detail: Pattern, at: Path): Finding[] {
	const naming = NAMINGS[on];
	const findings = fieldFindings(detail, at, naming);
	const unnamed = findings.length === 0 ? whereUnnamed(detail, at, naming.fields) : undefined;
	if (!unnamed) return [...findings, ...(findings.length === 0 ? bothFindings(detail, at, naming) : [])];
	const message =
		unnamed.length === at.length
			? `names no ${naming.one}: ${naming.open}`
			: `this branch names no ${naming.one}, and none is named beside $or`;
	return [{ at: unnamed, message, hint: naming.hint }];
}

/** The sources of an `event` playbook must be named, and ours must not be among them: what it publishes must never trigger Fleetkeeper. */
export function sourceFindings(source: readonly unknown[] | undefined, at: Path): Finding[] {
	if (!source) return [{ at: at.slice(0, -1), message: `names no source: ${SOURCE.open}`, hint: SOURCE.hint }];
	return source.flatMap((condition, i): Finding[] => {
		const here = [...at, i];
		if (!matches({ source: [condition] }, { source: SERVICE })) return conditionFindings(condition, here, SOURCE);
		const message = `matches ${quote(SERVICE)}: what Fleetkeeper publishes itself would trigger it`;
		return [{ at: here, message, hint: SOURCE.hint }];
	});
}

function fieldFindings(pattern: Pattern, at: Path, naming: Naming): Finding[] {
	return Object.entries(pattern).flatMap(([field, value]): Finding[] => {
		const here = [...at, field];
		if (field === '$or' && Array.isArray(value)) return value.flatMap((branch, i) => fieldFindings(branch, [...here, i], naming));
		if (!naming.fields.includes(field)) return [];
		if (!Array.isArray(value)) return [{ at: here, message: 'is text, and has no fields of its own', hint: naming.hint }];
		return value.flatMap((condition, i) => conditionFindings(condition, [...here, i], asNamed(naming, field)));
	});
}

/** Of several fields, the one that is at hand. */
function asNamed(naming: Naming, field: string): Naming {
	return naming.fields.length > 1 ? { ...naming, one: field, many: `${field}s` } : naming;
}

function conditionFindings(condition: unknown, at: Path, naming: Naming): Finding[] {
	const { one, many, by, form, loose, hint } = naming;
	if (condition !== null && typeof condition === 'object') {
		const [name = '', value] = Object.entries(condition)[0] ?? [];
		if (!by.includes(name) || typeof value !== 'string') return [{ at, message: `${name} does not name ${many}: ${loose}`, hint }];
		if (value === '') return [{ at, message: `an empty ${name} names every ${one}: ${loose}`, hint }];
		if (name === 'wildcard' && value === '*') return [{ at, message: `'*' names every ${one}: ${loose}`, hint }];
		return [];
	}
	if (typeof condition === 'string' && naming.isName(condition)) return [];
	const article = /^[aeiou]/.test(one) ? 'an' : 'a';
	return [{ at, message: `${quote(condition)} is not the name of ${article} ${one}`, hint: typeof condition === 'string' ? form : hint }];
}

/** Where a pattern asks for all of the fields, of which an event has one. */
function bothFindings(pattern: Pattern, at: Path, { fields }: Pick<Naming, 'fields'>, above: readonly string[] = []): Finding[] {
	const here = [...above, ...fields.filter((field) => Object.hasOwn(pattern, field))];
	if (new Set(here).size > 1) {
		const hint = `write $or: [{ ${fields.map((field) => `${field}: [...] `).join('}, { ')}}]`;
		return [{ at, message: `asks for ${here.join(' and ')}, and a request has one of them: nothing matches`, hint }];
	}
	const branches = pattern['$or'];
	return Array.isArray(branches) ? branches.flatMap((branch, i) => bothFindings(branch, [...at, '$or', i], { fields }, here)) : [];
}

/** Where a pattern leaves the fields open, or undefined where every way to match it names one. */
function whereUnnamed(pattern: Pattern, at: Path, fields: readonly string[]): Path | undefined {
	if (fields.some((field) => Object.hasOwn(pattern, field))) return undefined;
	const branches = pattern['$or'];
	if (!Array.isArray(branches)) return at;
	for (const [i, branch] of branches.entries()) {
		const unnamed = whereUnnamed(branch, [...at, '$or', i], fields);
		if (unnamed) return branches.some((other) => !whereUnnamed(other, at, fields)) ? unnamed : at;
	}
	return undefined;
}
