/** What is told nobody: values of parameters whose name, or the field of the event that they come from, says that they are secret. Pure. */

import { PATH_START } from './parameters.ts';

const SECRET = /pass(word|wd|phrase)|secret|token|credential|(api|access|private)[-_]?key/i;
/** A shorter value keeps no secret, and would be found everywhere. Characters. */
const SHORTEST = 4;
const HIDDEN = '***';

type Parameters = Readonly<Record<string, readonly string[]>>;

/** @param given the values as the playbook or the request has them: paths are what counts of them. */
function isSecret(name: string, given: readonly string[]): boolean {
	return [name, ...given.filter((value) => value.startsWith(PATH_START))].some((text) => SECRET.test(text));
}

/** Parameters for people to read. @param given as they are before paths are followed. */
export function withoutSecrets(parameters: Parameters, given: Parameters): Parameters {
	return Object.fromEntries(
		Object.entries(parameters).map(([name, values]) => [name, isSecret(name, given[name] ?? []) ? [HIDDEN] : values]),
	);
}

/** For JSON.stringify: hides the fields of an event whose names say that they are secret. */
export function withoutSecretFields(name: string, value: unknown): unknown {
	return SECRET.test(name) ? HIDDEN : value;
}

/** The values of parameters that are secret. @param given as they are before paths are followed. */
export function secretsIn(parameters: Parameters, given: Parameters): string[] {
	return Object.entries(parameters)
		.flatMap(([name, values]) => (isSecret(name, given[name] ?? []) ? values : []))
		.filter((value) => value.length >= SHORTEST);
}

/** Where words of others stand in a fact: AWS's errors repeat what they were given, and commands write what they like. */
const WORDS = ['details', 'message', 'note', 'output'];

/** A fact whose words quote no secret. A text that was cut off inside of one ends before it. */
export function hush<F extends object>(fact: F, secrets: readonly string[]): F {
	if (secrets.length === 0) return fact;
	const quiet = (text: string) => secrets.reduce((rest, secret) => endBefore(rest.replaceAll(secret, HIDDEN), secret), text);
	const told = Object.entries(fact).map(([key, value]) => [key, WORDS.includes(key) && typeof value === 'string' ? quiet(value) : value]);
	return Object.fromEntries(told) as F;
}

function endBefore(text: string, secret: string): string {
	for (let length = secret.length - 1; length >= SHORTEST; length -= 1) {
		if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length) + HIDDEN;
	}
	return text;
}
