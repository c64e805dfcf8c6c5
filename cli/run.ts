/** `fleet -- run <document>`: asks for a command to be run on many nodes. */

import { ASKING, ask, HOW_DETAILS, HOW_USAGE } from './run/ask.ts';
import { WHOM_DETAILS, WHOM_USAGE } from './run/whom.ts';
import { parametersOf } from './support/asking.ts';
import { readArguments, UsageError, type Verb } from './support/verb.ts';

const OPTIONS = { ...ASKING, parameter: { type: 'string', multiple: true } } as const;

export const run: Verb = {
	usage: `run <document> --reason TEXT ${WHOM_USAGE} [--parameter NAME=VALUE]… ${HOW_USAGE}`,
	summary: 'asks for a command on many nodes that a playbook on: request allows',
	details: `${WHOM_DETAILS}A --parameter that is given again adds a value to its list. ${HOW_DETAILS}`,
	async run(args, desk) {
		const { values, positionals } = readArguments(args, OPTIONS, [0, 1]);
		const [command] = positionals;
		if (command === undefined) throw new UsageError('names no document');
		const parameters = values.parameter && parametersOf(values.parameter);
		return ask({ command, ...(parameters && { parameters }) }, values, desk);
	},
};
