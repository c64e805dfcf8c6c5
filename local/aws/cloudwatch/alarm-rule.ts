/** The rule of a composite alarm: `ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA(c))`. */

import { AwsError } from '../types.ts';
import type { StateValue } from './model.ts';

export type AlarmRule =
	| { readonly kind: 'constant'; readonly value: boolean }
	| { readonly kind: 'state'; readonly state: StateValue; readonly alarm: string }
	| { readonly kind: 'not'; readonly of: AlarmRule }
	| { readonly kind: 'and' | 'or'; readonly of: readonly AlarmRule[] }
	| { readonly kind: 'atLeast'; readonly count: number; readonly percent: boolean; readonly of: readonly AlarmRule[] };

const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|([(),])|([^\s(),"]+))/y;
const STATES = new Set<string>(['OK', 'ALARM', 'INSUFFICIENT_DATA']);

interface Token {
	readonly text: string;
	readonly quoted: boolean;
}

/**
 * Reads a rule. Precedence is NOT, AND, OR; alarms are named by name or ARN, quoted where they hold blanks or brackets.
 * @throws AwsError `ValidationException` saying where it cannot be read.
 */
export function parseAlarmRule(text: string): AlarmRule {
	const tokens = tokenize(text);
	let position = 0;
	const peek = () => tokens[position];
	const isNext = (word: string) => peek()?.quoted === false && peek()?.text === word;
	const refuse = () => invalidRule(`error at '${peek()?.text ?? 'its end'}'`);
	const expect = (word: string) => {
		if (!isNext(word)) throw refuse();
		position++;
	};
	const name = (): string => {
		const token = peek();
		if (!token || (!token.quoted && /^[(),]$/.test(token.text))) throw refuse();
		position++;
		return token.text;
	};
	const joined = (word: 'AND' | 'OR', operand: () => AlarmRule): AlarmRule => {
		const of = [operand()];
		while (isNext(word)) {
			position++;
			of.push(operand());
		}
		return of.length === 1 && of[0] ? of[0] : { kind: word === 'AND' ? 'and' : 'or', of };
	};
	const or = (): AlarmRule => joined('OR', and);
	const and = (): AlarmRule => joined('AND', unary);
	const unary = (): AlarmRule => {
		if (!isNext('NOT')) return primary();
		position++;
		return { kind: 'not', of: unary() };
	};
	const primary = (): AlarmRule => {
		if (isNext('(')) {
			position++;
			const inner = or();
			expect(')');
			return inner;
		}
		const word = name();
		if (word === 'TRUE' || word === 'FALSE') return { kind: 'constant', value: word === 'TRUE' };
		if (word === 'AT_LEAST') return atLeast();
		if (!STATES.has(word)) throw invalidRule(`'${word}' is no state and no function`);
		expect('(');
		const alarm = name();
		expect(')');
		return { kind: 'state', state: word as StateValue, alarm: bareName(alarm) };
	};
	/** `AT_LEAST(2, ALARM, (a, b, c))`, or with a percentage of them. */
	const atLeast = (): AlarmRule => {
		expect('(');
		const amount = /^(\d+)(%?)$/.exec(name());
		expect(',');
		const negated = isNext('NOT');
		if (negated) position++;
		const state = name();
		if (!amount || !STATES.has(state)) throw refuse();
		expect(',');
		expect('(');
		const of: AlarmRule[] = [];
		do {
			if (of.length > 0) expect(',');
			const one: AlarmRule = { kind: 'state', state: state as StateValue, alarm: bareName(name()) };
			of.push(negated ? { kind: 'not', of: one } : one);
		} while (isNext(','));
		expect(')');
		expect(')');
		return { kind: 'atLeast', count: Number(amount[1]), percent: amount[2] === '%', of };
	};

	const rule = or();
	if (position < tokens.length) throw refuse();
	return rule;
}

/** Whether a rule holds, given where each alarm stands; an alarm that is not there is in no state. */
export function holds(rule: AlarmRule, stateOf: (alarm: string) => StateValue | undefined): boolean {
	switch (rule.kind) {
		case 'constant':
			return rule.value;
		case 'state':
			return stateOf(rule.alarm) === rule.state;
		case 'not':
			return !holds(rule.of, stateOf);
		case 'and':
			return rule.of.every((each) => holds(each, stateOf));
		case 'or':
			return rule.of.some((each) => holds(each, stateOf));
		case 'atLeast': {
			const wanted = rule.percent ? (rule.of.length * rule.count) / 100 : rule.count;
			return rule.of.filter((each) => holds(each, stateOf)).length >= wanted;
		}
	}
}

/** The alarms that a rule names, each once. */
export function alarmsOf(rule: AlarmRule): string[] {
	switch (rule.kind) {
		case 'constant':
			return [];
		case 'state':
			return [rule.alarm];
		case 'not':
			return alarmsOf(rule.of);
		default:
			return [...new Set(rule.of.flatMap(alarmsOf))];
	}
}

/** The name of an alarm that is given by name or ARN. */
export function bareName(nameOrArn: string): string {
	return /^arn:aws[\w-]*:cloudwatch:[^:]*:[^:]*:alarm:(.+)$/s.exec(nameOrArn)?.[1] ?? nameOrArn;
}

function tokenize(text: string): Token[] {
	const tokens: Token[] = [];
	const end = text.trimEnd().length;
	TOKEN.lastIndex = 0;
	while (TOKEN.lastIndex < end) {
		const match = TOKEN.exec(text);
		if (!match) throw invalidRule('a quotation mark is not closed');
		const [, quoted, mark, word] = match;
		tokens.push({ text: quoted?.replaceAll(/\\(.)/g, '$1') ?? mark ?? word ?? '', quoted: quoted !== undefined });
	}
	return tokens;
}

function invalidRule(why: string): AwsError {
	return new AwsError('ValidationException', `AlarmRule must be a valid expression: ${why}.`);
}
