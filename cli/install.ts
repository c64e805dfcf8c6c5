/** `fleet -- install <package>`: asks for software or a driver to be installed on many nodes, ring after ring. */

import { AS_RUN_DETAILS, AS_RUN_USAGE, ASKING, ask } from './run/ask.ts';
import { readArguments, UsageError, type Verb } from './support/verb.ts';

const DOCUMENT = 'AWS-ConfigureAWSPackage';
/** As the document takes them. */
const PACKAGE =
	/^(arn:[a-z0-9][-.a-z0-9]{0,62}:[a-z0-9][-.a-z0-9]{0,62}:([a-z0-9][-.a-z0-9]{0,62})?:([a-z0-9][-.a-z0-9]{0,62})?:(package|document)\/)?[\w/:.-]{1,128}$/;
const TYPES = ['In-place update', 'Uninstall and reinstall'];

const text = { type: 'string' } as const;
const OPTIONS = { ...ASKING, version: text, uninstall: { type: 'boolean' }, type: text } as const;

export const install: Verb = {
	usage: `install <package> --reason TEXT (--ring NAME,… | --target KEY=VALUE,… … | …) [--version V] [--type TYPE] [--uninstall] ${AS_RUN_USAGE}`,
	summary: 'asks for a package to be installed, or uninstalled, on many nodes',
	details:
		`Runs ${DOCUMENT}, which a playbook on: request allows: the package is one of Distributor's, by name or ARN, in its latest version ` +
		`unless --version names another. --type is '${TYPES[0]}' or '${TYPES[1]}' (default). ${AS_RUN_DETAILS}`,
	async run(args, desk) {
		const { values, positionals } = readArguments(args, OPTIONS, [0, 1]);
		const [name] = positionals;
		const { version, uninstall = false, type } = values;
		if (name === undefined) throw new UsageError('names no package');
		if (!PACKAGE.test(name)) throw new UsageError(`takes the name or the ARN of a package, not '${name}'`);
		if (type !== undefined && !TYPES.includes(type)) throw new UsageError(`--type is '${TYPES.join("' or '")}', not '${type}'`);
		if (type !== undefined && uninstall) throw new UsageError('--type says how to install: leave it out with --uninstall');
		if (version?.trim() === '') throw new UsageError('--version names a version: leave it out for the latest one');
		const parameters = {
			action: [uninstall ? 'Uninstall' : 'Install'],
			name: [name],
			...(version !== undefined && { version: [version] }),
			...(type !== undefined && { installationType: [type] }),
		};
		return ask({ command: DOCUMENT, parameters }, values, desk);
	},
};
