/** What must hold between the parts of a playbook, beyond the form of each. */

import { isOwnDocument } from '../settings.ts';
import { brakeFindings } from './brakes.ts';
import { DEFAULT_NODE } from './compile.ts';
import { documentNameFindings } from './documents.ts';
import { FOR } from './keys.ts';
import { PATH_START } from './parameters.ts';
import { onlyPathFindings, pathFindings } from './paths.ts';
import { patternFindings } from './patterns.ts';
import { type Finding, quote } from './problem.ts';
import type { PlaybookSource } from './schema.ts';
import { softwareFindings } from './software.ts';
import { timerFindings } from './timers.ts';

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
const PARAMETER_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const NODE_ID = /^(i-[0-9a-f]{8}([0-9a-f]{9})?|mi-[0-9a-f]{17})$/;
/** OpsCenter associates at most this many with an OpsItem. */
const MAX_RUNBOOKS = 10;
/** The engine gives these to the documents of `runbooks/`. */
export const SUPPLIED_PARAMETERS: readonly string[] = ['WorkId', 'TimeoutSeconds', 'AutomationAssumeRole'];

type RunSource = NonNullable<PlaybookSource['run']>;

export function relationFindings(source: PlaybookSource, name: string): Finding[] {
	const { run } = source;
	const misplaced = keyFindings(source);
	return [
		...nameFindings(source, name),
		...misplaced,
		...patternFindings(source),
		...workFindings(source),
		...softwareFindings(source),
		...(run ? [...parameterFindings(source, run), ...nodeFindings(source, run)] : []),
		// A timer that is for another occasion has said so.
		...(misplaced.length === 0 ? timerFindings(source) : []),
		...outcomeFindings(source),
		...brakeFindings(source),
	];
}

function nameFindings(source: PlaybookSource, name: string): Finding[] {
	if (!NAME.test(source.name)) {
		const hint = 'use 1 to 63 of a-z, 0-9 and -, beginning with a letter';
		return [{ at: ['name'], message: `${quote(source.name)} is not a playbook name`, hint }];
	}
	if (source.name === name) return [];
	const hint = `write ${name}, or rename the file or parameter`;
	return [{ at: ['name'], message: `${quote(source.name)} is not the name it is stored under`, hint }];
}

/** Keys that stand under an `on` that they are not for. */
function keyFindings(source: PlaybookSource): Finding[] {
	return Object.entries(FOR).flatMap(([path, on]): Finding[] => {
		const at = path.split('.');
		const value = at.reduce<unknown>((inside, key) => (inside as Record<string, unknown> | undefined)?.[key], source);
		if (value === undefined || on.includes(source.on)) return [];
		return [{ at, message: `is for ${on.join(', ')}, not for ${source.on}`, hint: 'leave it out', onKey: true }];
	});
}

function workFindings(source: PlaybookSource): Finding[] {
	const { on, run, opsItem, session } = source;
	const listed = opsItem?.runbooks ? runbookFindings(opsItem.runbooks, ['opsItem', 'runbooks']) : [];
	if (on === 'session') {
		const said = session
			? []
			: [{ at: ['session'], message: 'is missing', hint: 'write session: { reason: required }, or { allowed: false }' }];
		return [...said, ...listed];
	}
	if (run) return [...(on === 'request' ? [] : documentFindings(run)), ...listed];
	if (on === 'alarm' || on === 'inventory') return listed;
	if (on !== 'event') return [{ at: ['run'], message: 'is missing' }, ...listed];
	return opsItem ? listed : [{ at: [], message: 'does nothing', hint: 'write run: for work, opsItem: for an OpsItem, or both' }];
}

function runbookFindings(names: readonly string[], at: readonly string[]): Finding[] {
	const invalid = names.flatMap((name, i) => documentNameFindings(name, [...at, i]));
	if (names.length <= MAX_RUNBOOKS) return invalid;
	return [{ at, message: `has ${names.length} runbooks; an OpsItem takes ${MAX_RUNBOOKS}` }, ...invalid];
}

function documentFindings({ command, automation }: RunSource): Finding[] {
	if ((command === undefined) === (automation === undefined)) {
		const message = command === undefined ? 'names no work' : 'names both a command and an automation';
		return [{ at: ['run'], message, hint: 'write one of command: <document> and automation: <document>' }];
	}
	return documentNameFindings(command ?? automation ?? '', ['run', command === undefined ? 'automation' : 'command']);
}

function parameterFindings({ on }: PlaybookSource, run: RunSource): Finding[] {
	const own = isOwnDocument(run.command ?? run.automation ?? '');
	return Object.entries(run.parameters ?? {}).flatMap(([name, value]): Finding[] => {
		const at = ['run', 'parameters', name];
		if (!PARAMETER_NAME.test(name)) return [{ at, message: `${quote(name)} is not the name of a document parameter`, onKey: true }];
		if (own && SUPPLIED_PARAMETERS.includes(name)) {
			return [{ at, message: `${name} is supplied by Fleetkeeper to the documents of runbooks/`, hint: 'leave it out', onKey: true }];
		}
		if (Array.isArray(value) && value.length === 0) return [{ at, message: 'the list is empty', hint: 'give it a value or leave it out' }];
		return [value].flat().flatMap((entry, i) => pathFindings(on, entry, Array.isArray(value) ? [...at, i] : at));
	});
}

function nodeFindings({ on }: PlaybookSource, { node, command }: RunSource): Finding[] {
	const at = ['run', 'node'];
	if (!FOR['run.node']?.includes(on)) return [];
	if (node === undefined) {
		if (command === undefined || DEFAULT_NODE[on] !== undefined) return [];
		return [{ at: ['run'], message: 'the command has no node to run on', hint: 'write node: $.detail.<field>, or the id of an instance' }];
	}
	if (command === undefined) {
		return [{ at, message: 'is for a command: an automation takes its nodes as parameters', hint: 'leave it out', onKey: true }];
	}
	if (node.startsWith(PATH_START)) return pathFindings(on, node, at);
	if (NODE_ID.test(node)) return [];
	return [{ at, message: `${quote(node)} is not a managed node`, hint: 'write $.detail.<field>, or the id of an instance: i-… or mi-…' }];
}

function outcomeFindings(source: PlaybookSource): Finding[] {
	const { on, run, about, flapping } = source;
	const findings: Finding[] = [];
	const idle = 'has no effect without run: no work is started';
	if (on === 'instance-launching' && source.then?.onFailure?.lifecycle === 'continue') {
		const at = ['then', 'onFailure', 'lifecycle'];
		findings.push({ at, message: 'a node that could not be prepared goes into service', severity: 'warning' });
	}
	if (!run && on === 'alarm' && flapping) findings.push({ at: ['flapping'], message: idle, severity: 'warning', onKey: true });
	if (!run && on === 'event' && source.then) findings.push({ at: ['then'], message: idle, severity: 'warning', onKey: true });
	if (Array.isArray(about) && about.length === 0) {
		findings.push({ at: ['about'], message: 'the list is empty', hint: 'name a path or leave it out' });
	}
	for (const [i, path] of [about ?? []].flat().entries()) {
		findings.push(...onlyPathFindings(on, path, Array.isArray(about) ? ['about', i] : ['about'], 'write $.detail.<field>'));
	}
	return findings;
}
