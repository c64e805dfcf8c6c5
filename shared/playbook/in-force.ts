/** Which version of each playbook is in force: the newest that is valid. */

import type { Settings } from '../settings.ts';
import type { CompiledItem, SourceState } from './compiled-item.ts';
import { type ParsePlaybook, parsePlaybook } from './parse.ts';
import { formatProblem } from './problem.ts';
import { compileSet, inSetOrder, type PlaybookText, samePlace } from './set.ts';
import type { CompiledPlaybook } from './types.ts';

export interface InForce {
	readonly playbooks: readonly CompiledPlaybook[];
	readonly sources: Readonly<Record<string, SourceState>>;
}

/**
 * @param texts the newest version of every playbook.
 * @param before what is in force so far: a playbook that is no longer valid stays as it was there.
 * @param history older versions, newest first: asked for where a playbook is invalid and was never in force, or versions passed unseen.
 * @param settings of the stage, which says what documents it allows.
 */
export async function compileInForce(
	texts: readonly PlaybookText[],
	before: Pick<CompiledItem, 'set' | 'sources'>,
	history: (name: string) => Promise<readonly PlaybookText[]>,
	settings?: Settings,
	parse: ParsePlaybook = parsePlaybook,
): Promise<InForce> {
	const { playbooks: valid, problems } = compileSet(texts, settings, parse);
	const playbooks = [...valid];
	const sources: Record<string, SourceState> = {};
	for (const { name, parameterVersion } of texts) {
		const known = before.sources[name];
		const told = {
			...(known?.opsItemId !== undefined && { opsItemId: known.opsItemId }),
			...(known?.reported !== undefined && { reported: known.reported }),
			...(known?.labelled !== undefined && { labelled: known.labelled }),
		};
		if (valid.some(({ playbook }) => playbook.name === name)) {
			sources[name] = { parameterVersion, valid: true, ...told };
			continue;
		}
		const stored = before.set?.playbooks.find(({ playbook }) => playbook.name === name);
		const last =
			stored && sawAllBefore(parameterVersion, known) ? stored : newer(stored, await lastValid(name, parameterVersion, known, history));
		const rival = last && playbooks.find(({ playbook }) => samePlace(playbook, last.playbook));
		if (last && !rival) playbooks.push(last);
		const errors = problems.filter((problem) => problem.name === name && problem.severity === 'error').map(formatProblem);
		const standing =
			last && !rival
				? `Version ${last.parameterVersion} stays in force.`
				: rival
					? `Not in force at all: ${rival.playbook.name} has taken the priority of version ${last.parameterVersion}.`
					: 'Not in force at all: no version of it is valid.';
		sources[name] = {
			parameterVersion,
			valid: false,
			problem: [...errors, standing].join('\n'),
			...(!last && { noneValid: true }),
			...told,
		};
	}
	for (const [name, { opsItemId, reported }] of Object.entries(before.sources)) {
		if (sources[name] || opsItemId === undefined) continue;
		sources[name] = { parameterVersion: 0, valid: true, opsItemId, ...(reported !== undefined && { reported }) };
	}
	return { playbooks: inSetOrder(playbooks), sources };
}

/** Whether no version passed unseen since the last run: a valid one may be among them. */
function sawAllBefore(parameterVersion: number, known: SourceState | undefined): boolean {
	return known !== undefined && parameterVersion - known.parameterVersion <= 1;
}

function newer(a: CompiledPlaybook | undefined, b: CompiledPlaybook | undefined): CompiledPlaybook | undefined {
	return a && b ? (a.parameterVersion < b.parameterVersion ? b : a) : (a ?? b);
}

/** Old versions do not change: a playbook that was looked into and had no valid one is not looked into again. */
async function lastValid(
	name: string,
	parameterVersion: number,
	known: SourceState | undefined,
	history: (name: string) => Promise<readonly PlaybookText[]>,
): Promise<CompiledPlaybook | undefined> {
	if (known?.noneValid && known.parameterVersion === parameterVersion) return undefined;
	for (const text of await history(name)) {
		if (text.parameterVersion >= parameterVersion) continue;
		const parsed = parsePlaybook(text.source, name, text.file);
		if (parsed.ok) return { playbook: parsed.playbook, parameterVersion: text.parameterVersion };
	}
	return undefined;
}
