/** `fleet -- report`: what is known of the fleet, for people and for other programs. */

import { nearest } from '../shared/playbook/problem.ts';
import { inventory } from './report/inventory.ts';
import { operation } from './report/operation.ts';
import { parameters } from './report/parameters.ts';
import type { Report } from './report/report.ts';
import { sessions } from './report/sessions.ts';
import { UsageError, type Verb } from './support/verb.ts';

const REPORTS: Readonly<Record<string, Report>> = { operation, inventory, sessions, parameters };
const NAMES = Object.keys(REPORTS);

export const report: Verb = {
	usage: `report ${NAMES.join('|')} [--csv | --json] …`,
	summary: `what is known of the fleet: ${NAMES.join(', ')}`,
	details: Object.entries(REPORTS)
		.map(([name, { usage, details }]) => `report ${name} ${usage}: ${details}`)
		.join('\n'),
	async run(args, desk) {
		const at = args.findIndex((arg) => Object.hasOwn(REPORTS, arg));
		const wanted = REPORTS[args[at] ?? ''];
		if (wanted !== undefined) return wanted.run(args.toSpliced(at, 1), desk);
		const what = args.find((arg) => !arg.startsWith('-'));
		const meant = what === undefined ? undefined : nearest(what, NAMES);
		const known = meant === undefined ? `there are ${NAMES.join(', ')}` : `did you mean ${meant}?`;
		throw new UsageError(what === undefined ? `does not say of what: ${known}` : `has no report '${what}'; ${known}`);
	},
};
