/** Whether the software on a node is what a rule wants. Pure. */

import { compilePattern, flatten } from '../../event-pattern.ts';
import { type InventoryPlaybook, PLATFORMS, type SoftwareFloor, type SoftwareRule } from '../../playbook/types.ts';
import { compareVersions, installedVersion, type VersionScheme } from '../../versions/version.ts';
import type { NodePrograms, Program } from './event.ts';

/** What rules choose nodes by. */
export interface RuledNode {
	readonly node: string;
	/** As Systems Manager spells it: `Linux`, `Windows`, `MacOS`. */
	readonly platform: string;
	readonly tags: Readonly<Record<string, string>>;
}

/** Where instance metadata has tags, a key cannot have a space: Patch Manager reads both. */
const PATCH_GROUPS = ['PatchGroup', 'Patch Group'];

export interface Rule {
	/** Whether it is for a node. */
	applies(node: RuledNode): boolean;
	/** What is wrong with a node that it is for, in a few words; nothing where all is well. */
	judge(node: Pick<RuledNode, 'platform'>, found: Pick<NodePrograms, 'programs'>): string | undefined;
	/** Whether some node could break it that has these programs, of whatever platform and tags. */
	mayBreak(found: Pick<NodePrograms, 'programs'>): boolean;
}

/** Whether a rule has to know the tags of nodes. */
export function asksForTags({ when }: InventoryPlaybook): boolean {
	return when.tags !== undefined || when.patchGroup !== undefined;
}

/** A rule that many nodes are held to. */
export function ruleOf({ when, software }: InventoryPlaybook): Rule {
	const { tags, patchGroup, platform } = when;
	const hasTags = tags && compilePattern(tags);
	const isInGroup = patchGroup && compilePattern({ patchGroup });
	const checks = checksOf(software);
	const problemsOf = (programs: readonly Program[], of: string) => checks.flatMap((check) => check(programs, of));
	return {
		applies(node) {
			if (platform !== undefined && !platform.some((each) => each === node.platform)) return false;
			if (hasTags && !hasTags(flatten(node.tags))) return false;
			return !isInGroup || isInGroup(flatten({ patchGroup: PATCH_GROUPS.flatMap((key) => node.tags[key] ?? []) }));
		},
		judge({ platform: ofNode }, { programs }) {
			const problems = problemsOf(programs, ofNode);
			return problems.length === 0 ? undefined : told([...new Set(problems)]);
		},
		mayBreak: ({ programs }) => (platform ?? PLATFORMS).some((each) => problemsOf(programs, each).length > 0),
	};
}

type Check = (programs: readonly Program[], platform: string) => readonly string[];

function checksOf({ forbidden = [], required = [], below = [] }: SoftwareRule): Check[] {
	const isForbidden = namedBy(forbidden);
	return [
		(programs, platform) => programs.filter(isForbidden).map((program) => `${programText(program, platform)} is forbidden`),
		...required.map((name): Check => {
			const isRequired = namedBy([name]);
			return (programs) => (programs.some(isRequired) ? [] : [`${nameText(name)} is missing`]);
		}),
		...below.map(belowCheck),
	];
}

/** Each copy of a program counts: one that is too old is not made up for by another beside it. */
function belowCheck({ name, version }: SoftwareFloor): Check {
	const isMeant = namedBy(name);
	return (programs, platform) =>
		programs.filter(isMeant).flatMap((program) => {
			const installed = installedVersion(program, platform);
			const floor = floorFor(version, installed.scheme);
			if (floor === undefined || compareVersions(installed.scheme, installed.version, floor) >= 0) return [];
			return [`${programText(program, platform)} is below ${floor}`];
		});
}

/** The version that a rule asks for of programs of one kind; nothing where it asks for none. */
function floorFor(version: SoftwareFloor['version'], scheme: VersionScheme): string | undefined {
	return typeof version === 'string' ? version : version[scheme];
}

/** The same programs are on many nodes. */
function namedBy(conditions: readonly unknown[]): (program: Pick<Program, 'Name'>) => boolean {
	if (conditions.length === 0) return () => false;
	const isMeant = compilePattern({ name: conditions });
	const known = new Map<string, boolean>();
	return ({ Name }) => {
		const before = known.get(Name);
		if (before !== undefined) return before;
		const now = isMeant(flatten({ name: Name }));
		known.set(Name, now);
		return now;
	};
}

/** Characters of what a node says of itself, and of all that is wrong with it; problems that are named. */
const NAME = 80;
const MOST = 200;
const NAMED = 3;

function programText(program: Program, platform: string): string {
	const { version } = installedVersion(program, platform);
	return tidy(`${program.Name}${version === '' ? '' : ` ${version}`}`, NAME);
}

function told(problems: readonly string[]): string {
	const more = problems.length - NAMED;
	return tidy(`${problems.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`, MOST);
}

/** What comes from nodes is data: it ends no line and rings no bell. */
function tidy(text: string, most: number): string {
	const plain = text.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
	return plain.length <= most ? plain : `${plain.slice(0, most - 1).toWellFormed()}…`;
}

/** `telnet`, `telnet*`: what a condition of a pattern means. */
function nameText(condition: unknown): string {
	if (condition === null || typeof condition !== 'object') return String(condition);
	const [[form, value] = []] = Object.entries(condition);
	if (form === 'prefix') return `${value}*`;
	return form === 'suffix' ? `*${value}` : String(value);
}

/** A rule in words: `forbidden: telnet, rsh*; required: chrony; below: openssl 3.0.8`. */
export function ruleText({ forbidden = [], required = [], below = [] }: SoftwareRule): string {
	const floors = below.map(({ name, version }) => `${name.map(nameText).join('|')} ${floorText(version)}`);
	const parts = [
		['forbidden', forbidden.map(nameText)],
		['required', required.map(nameText)],
		['below', floors],
	] as const;
	return parts.flatMap(([what, names]) => (names.length === 0 ? [] : [`${what}: ${names.join(', ')}`])).join('; ');
}

function floorText(version: SoftwareFloor['version']): string {
	if (typeof version === 'string') return version;
	return Object.entries(version)
		.map(([scheme, each]) => `${each} (${scheme})`)
		.join(' or ');
}
