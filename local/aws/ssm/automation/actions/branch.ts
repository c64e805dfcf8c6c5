/** `aws:branch`: the next step depends on values. */

import { isRecord } from '../../values.ts';
import type { Action } from '../action.ts';

type Test = (value: unknown, operand: unknown) => boolean;

const TESTS: Readonly<Record<string, Test>> = {
	StringEquals: (value, operand) => String(value) === String(operand),
	EqualsIgnoreCase: (value, operand) => String(value).toLowerCase() === String(operand).toLowerCase(),
	StartsWith: (value, operand) => String(value).startsWith(String(operand)),
	EndsWith: (value, operand) => String(value).endsWith(String(operand)),
	Contains: (value, operand) =>
		Array.isArray(value) ? value.map(String).includes(String(operand)) : String(value).includes(String(operand)),
	NumericEquals: (value, operand) => Number(value) === Number(operand),
	NumericGreater: (value, operand) => Number(value) > Number(operand),
	NumericLesser: (value, operand) => Number(value) < Number(operand),
	NumericGreaterOrEquals: (value, operand) => Number(value) >= Number(operand),
	NumericLesserOrEquals: (value, operand) => Number(value) <= Number(operand),
	BooleanEquals: (value, operand) => String(value).toLowerCase() === String(operand).toLowerCase(),
};

export const branch: Action = ({ inputs, done }) => {
	const choices = inputs['Choices'];
	if (!Array.isArray(choices)) throw new Error('The input Choices must be a list.');
	const chosen = choices.find((choice) => isRecord(choice) && holds(choice));
	const nextStep = isRecord(chosen) ? chosen['NextStep'] : inputs['Default'];
	if (nextStep === undefined || nextStep === null) done({ status: 'Failed', message: 'No choice applies, and there is no Default.' });
	else done({ status: 'Success', nextStep: String(nextStep) });
	return undefined;
};

function holds(rule: Record<string, unknown>): boolean {
	const { And: and, Or: or, Not: not } = rule;
	if (Array.isArray(and)) return and.every((each) => isRecord(each) && holds(each));
	if (Array.isArray(or)) return or.some((each) => isRecord(each) && holds(each));
	if (isRecord(not)) return !holds(not);
	const name = Object.keys(rule).find((key) => key !== 'Variable' && key !== 'NextStep') ?? '';
	const test = TESTS[name];
	if (!test) throw new Error(`The choice has the unknown operation ${name}.`);
	return test(rule['Variable'], rule[name]);
}
