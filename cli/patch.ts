/** `fleet -- patch scan|install`: asks for a scan for patches, or for their installation, outside the maintenance windows. */

import { BY_ID, BY_RING } from '../shared/kinds/command/targets.ts';
import { AS_RUN_DETAILS, AS_RUN_USAGE, ASKING, ask } from './run/ask.ts';
import { readArguments, UsageError, type Verb } from './support/verb.ts';

const DOCUMENT = 'AWS-RunPatchBaseline';
/** The document's Operation, by what people write. */
const OPERATIONS: Readonly<Record<string, string>> = { scan: 'Scan', install: 'Install' };

const texts = { type: 'string', multiple: true } as const;
const OPTIONS = { ...ASKING, 'patch-group': texts, node: texts, 'no-reboot': { type: 'boolean' } } as const;

export const patch: Verb = {
	usage: `patch scan|install --reason TEXT (--patch-group NAME,… | --node ID,… | --ring NAME,… | …) [--no-reboot] ${AS_RUN_USAGE}`,
	summary: 'asks for a scan for patches, or their installation, now',
	details:
		`Runs ${DOCUMENT}, which a playbook on: request allows, with one snapshot of the baselines for all nodes. It lasts three days: rings ` +
		'that take longer get what is approved by then. Nodes restart after an installation unless it is with --no-reboot. ' +
		AS_RUN_DETAILS,
	async run(args, desk) {
		const { values, positionals } = readArguments(args, OPTIONS, [0, 1]);
		const [what = ''] = positionals;
		const operation = Object.hasOwn(OPERATIONS, what) ? OPERATIONS[what] : undefined;
		if (operation === undefined) throw new UsageError(`takes scan or install${what === '' ? '' : `, not '${what}'`}`);
		const { 'patch-group': groups, node: nodes, ring, 'no-reboot': stays = false } = values;
		if (stays && what === 'scan') throw new UsageError('--no-reboot is for install: a scan restarts nothing');
		if (groups && nodes) throw new UsageError('takes one of --patch-group and --node');
		if (groups && ring) throw new UsageError('takes one of --patch-group and --ring: rings are patch groups, one after another');
		const chosen = groups ? of(BY_RING, groups) : nodes && of(BY_ID, nodes);
		const parameters = { Operation: [operation], ...(what === 'install' && { RebootOption: [stays ? 'NoReboot' : 'RebootIfNeeded'] }) };
		return ask({ command: DOCUMENT, parameters }, values, desk, chosen);
	},
};

const of = (key: string, given: readonly string[]) => [{ key, values: given.flatMap((each) => each.split(',')) }];
