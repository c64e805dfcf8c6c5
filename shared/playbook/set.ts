/** All playbooks together. */

import type { Settings } from '../settings.ts';
import { allowedFindings } from './allowed.ts';
import { type ParsePlaybook, parsePlaybook } from './parse.ts';
import type { Problem } from './problem.ts';
import { type CompiledPlaybook, OCCASIONS, type Playbook } from './types.ts';

export interface PlaybookText {
	/** What it is stored under. */
	readonly name: string;
	readonly source: string;
	readonly parameterVersion: number;
	/** How problems call it; the name with `.yaml` where absent. */
	readonly file?: string;
}

export interface CompiledSet {
	/** The valid ones, in order of `on`, then `priority`. */
	readonly playbooks: readonly CompiledPlaybook[];
	/** Errors and warnings, each with the name of what it is stored under. */
	readonly problems: readonly (Problem & { readonly name: string })[];
}

/**
 * Checks every playbook by itself and all against each other. Of two that claim the same name, or the same priority for the same `on`,
 * neither is compiled: which one was meant is not for the compiler to guess.
 * @param settings of the stage, where it is to be known which documents it allows.
 */
export function compileSet(texts: readonly PlaybookText[], settings?: Settings, parse: ParsePlaybook = parsePlaybook): CompiledSet {
	const problems: (Problem & { name: string })[] = [];
	const valid = texts.flatMap((text) => {
		const parsed = parse(text.source, text.name, text.file);
		for (const problem of parsed.ok ? parsed.warnings : parsed.problems) problems.push({ ...problem, name: text.name });
		if (!parsed.ok) return [];
		const refused = settings ? allowedFindings(parsed.playbook, settings) : [];
		for (const { at, message, hint = '' } of refused) {
			problems.push({ ...parsed.at(at), message, hint, severity: 'error', name: text.name });
		}
		return refused.length > 0 ? [] : [{ text, parsed }];
	});
	const playbooks = valid.filter(({ text, parsed }) => {
		const others = valid.filter((other) => other.text !== text).map((other) => ({ ...other.text, playbook: other.parsed.playbook }));
		const clash = clashOf(parsed.playbook, others);
		if (clash) problems.push({ ...parsed.at(clash.at), message: clash.message, severity: 'error', name: text.name });
		return !clash;
	});
	return {
		playbooks: inSetOrder(playbooks.map(({ text, parsed }) => ({ playbook: parsed.playbook, parameterVersion: text.parameterVersion }))),
		problems,
	};
}

function clashOf(playbook: Playbook, others: readonly { playbook: Playbook; file?: string; name: string }[]) {
	const sameName = others.find((other) => other.playbook.name === playbook.name);
	if (sameName) return { at: ['name'], message: `${playbook.name} is the name of two playbooks` };
	const samePriority = others.find((other) => samePlace(other.playbook, playbook));
	if (!samePriority) return undefined;
	const message = `${playbook.priority} is the priority of both ${playbook.name} and ${samePriority.playbook.name} for ${playbook.on}`;
	return { at: ['priority'], message };
}

/** Whether two playbooks claim the same place in the order. */
export function samePlace(a: Playbook, b: Playbook): boolean {
	return a.on === b.on && a.priority === b.priority;
}

export function inSetOrder(playbooks: readonly CompiledPlaybook[]): readonly CompiledPlaybook[] {
	const place = ({ on }: Playbook) => OCCASIONS.indexOf(on);
	return [...playbooks].sort((a, b) => place(a.playbook) - place(b.playbook) || a.playbook.priority - b.playbook.priority);
}
