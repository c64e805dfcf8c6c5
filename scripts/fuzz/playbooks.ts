/** Fuzzes the checker of playbooks with texts, and what it makes of them with events. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
// biome-ignore lint/style/noRestrictedImports: it alone reads JSON Schema, and nothing here is deployed.
import { config, fromJSONSchema } from 'zod';
import { claimsHook, claimsRule, couldBeAlarm, match, matchEvent } from '../../shared/playbook/match.ts';
import { parsePlaybook } from '../../shared/playbook/parse.ts';
import { formatProblem, type Problem } from '../../shared/playbook/problem.ts';
import { compileSet } from '../../shared/playbook/set.ts';
import { readSource } from '../../shared/playbook/source.ts';
import { LIFECYCLE_OCCASIONS, type Playbook, type PlaybookSet } from '../../shared/playbook/types.ts';
import { type Failure, failureOf, Violated } from './events.ts';
import { functionsWith } from './functions.ts';
import { mutated, mutation } from './mutations.ts';
import { type PlaybookText, playbookText } from './playbook-texts.ts';
import { unreadable } from './readable.ts';
import type { Event } from './samples.ts';

const PUBLISHED = readFileSync(join(import.meta.dirname, '..', '..', 'playbooks', 'playbook.schema.json'), 'utf8');
// Imported whole, it puts words of its own in the place of none, which the checker has an eye on.
config({ localeError: () => undefined });
/** What an editor goes by. Zod reads no `not`: the schema says by it that there is one of `command` and `automation` alone. */
const SCHEMA = fromJSONSchema(JSON.parse(PUBLISHED, (key, value) => (key === 'not' ? undefined : value)));
/** For a text of 8 KB, or an event. Milliseconds of CPU. */
const SLOW = 1_500;
const FILE = 'p.yaml';
/** Of a problem; characters. */
const QUOTED = 1_000;

const SAMPLES = functionsWith(new Map()).flatMap(({ samples }) => samples);

/** Events that a playbook may be held against. */
const events: fc.Arbitrary<readonly Event[]> = fc.array(
	fc
		.tuple(fc.constantFrom(...SAMPLES), fc.array(mutation, { maxLength: 2 }))
		.map(([sample, mutations]) => mutated(sample.make(1), mutations)),
	{ minLength: 1, maxLength: 3 },
);

export type Check = typeof parsePlaybook;

export interface FuzzedPlaybooks {
	readonly texts: number;
	readonly accepted: number;
	/** Texts of keys and values that the schema takes and the checker refuses: relations, patterns, paths are beyond a schema. */
	readonly beyondSchema: number;
	readonly failure?: Failure;
}

/** @param check in the place of the checker: a broken one must be noticed. */
export function fuzzPlaybooks(
	texts: number,
	{ seed, path, check = parsePlaybook }: { readonly seed: number; readonly path?: string; readonly check?: Check },
): FuzzedPlaybooks {
	const counts = { texts: 0, accepted: 0, beyondSchema: 0 };
	const holds = fc.property(playbookText, events, (text, against) => {
		const { violations, ok, bySchema } = judge(text, against, check);
		counts.texts += 1;
		if (ok) counts.accepted += 1;
		else if (bySchema) counts.beyondSchema += 1;
		if (violations.length > 0) throw new Violated(violations);
	});
	const details = fc.check(holds, { seed, numRuns: texts, ...(path !== undefined && { path }) });
	const failure = failureOf<[PlaybookText, readonly Event[]]>(details, ([text, against]) => ({ ...text, events: against }));
	return { ...counts, ...(failure && { failure }) };
}

function judge({ name, text }: PlaybookText, against: readonly Event[], check: Check) {
	const found: (string | undefined)[] = [];
	const parsed = timed(() => check(text, name, FILE), found);
	const data = readSource(text, FILE).data;
	const bySchema = data !== undefined && SCHEMA.safeParse(data).success;
	if (parsed !== undefined) {
		const problems = parsed.ok ? parsed.warnings : parsed.problems;
		found.push(...problems.flatMap((problem) => wrongWith(problem, text)));
		if (!parsed.ok && !problems.some(({ severity }) => severity === 'error')) found.push('it is refused, and no error says why');
		if (parsed.ok && !bySchema) found.push('the checker takes it, and the published schema does not');
		if (parsed.ok) {
			const { playbooks } = compileSet([{ name, source: text, parameterVersion: 1 }]);
			if (playbooks.length !== 1) found.push('it is valid by itself, and not in a set');
			found.push(...lostFrom(parsed.playbook, data));
			for (const event of against) timed(() => heldAgainst(parsed.playbook, event), found);
		}
	}
	return { violations: found.filter((each) => each !== undefined), ok: parsed?.ok === true, bySchema };
}

function timed<T>(task: () => T, found: (string | undefined)[]): T | undefined {
	const began = process.threadCpuUsage();
	try {
		return task();
	} catch (error) {
		found.push(`it throws ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
		return undefined;
	} finally {
		const { user, system } = process.threadCpuUsage(began);
		const ms = (user + system) / 1_000;
		if (ms > SLOW) found.push(`it takes ${Math.round(ms)} ms`);
	}
}

function wrongWith(problem: Problem, text: string): string[] {
	const { file, line, column, message, hint, path } = problem;
	const lines = text.split(/\r\n|\n|\r/).length;
	const found: (string | false | undefined)[] = [
		file !== FILE && `a problem is in file ${JSON.stringify(file)}`,
		!(Number.isInteger(line) && line >= 1 && line <= lines + 1) && `a problem is in line ${line} of ${lines}`,
		!(Number.isInteger(column) && column >= 1) && `a problem is in column ${column}`,
		message.trim() === '' && 'a problem has no message',
		hint !== undefined && hint.trim() === '' && 'a problem has an empty hint',
		path.includes('undefined') && !text.includes('undefined') && `a problem is at ${path}`,
		unreadable(formatProblem(problem).slice(0, QUOTED), text),
	];
	return found.filter((each): each is string => typeof each === 'string');
}

/** Nothing of what was written is lost on the way: a condition that goes missing lets more through. */
function lostFrom({ when }: Playbook, data: Readonly<Record<string, unknown>> | undefined): string[] {
	const lost = Object.entries(data?.['when'] ?? {}).filter(([part, pattern]) => !isDeepStrictEqual(Reflect.get(when, part), pattern));
	return lost.map(([part, pattern]) => {
		return `when.${part} is written as ${JSON.stringify(pattern)} and taken as ${JSON.stringify(Reflect.get(when, part))}`;
	});
}

function heldAgainst(playbook: Playbook, event: Event): void {
	const set: PlaybookSet = { playbooks: [{ playbook, parameterVersion: 1 }], compiledAt: '' };
	const { detail } = event ?? {};
	const text = (value: unknown) => (typeof value === 'string' ? value : 'x');
	for (const on of LIFECYCLE_OCCASIONS) {
		match(on, detail, undefined, set);
		match(on, detail, { service: 'nginx' }, set);
		claimsHook(set, on, { group: text(detail?.AutoScalingGroupName), hook: text(detail?.LifecycleHookName) });
	}
	const envelope = { ...(typeof event?.source === 'string' && { source: event.source }), detail };
	for (const on of ['alarm', 'noncompliant', 'event', 'request'] as const) matchEvent(on, envelope, set);
	claimsRule(set, text(detail?.configRuleName));
	if (playbook.on === 'alarm') couldBeAlarm(playbook, text(detail?.alarmName));
}
