/** The operator's command: `npm run -s fleet -- <verb>`. */

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Drop, Fail, Retry } from '../shared/errors.ts';
import { nearest } from '../shared/playbook/problem.ts';
import { SettingsError } from '../shared/settings.ts';
import { activate } from './activate.ts';
import { cancel } from './cancel.ts';
import { check } from './check.ts';
import { complete } from './complete.ts';
import { deregister } from './deregister.ts';
import { doctor } from './doctor.ts';
import { extend } from './extend.ts';
import { install } from './install.ts';
import { list } from './list.ts';
import { patch } from './patch.ts';
import { pause } from './pause.ts';
import { redrive } from './redrive.ts';
import { release } from './release.ts';
import { report } from './report.ts';
import { request } from './request.ts';
import { resume } from './resume.ts';
import { retry } from './retry.ts';
import { run } from './run.ts';
import { show } from './show.ts';
import { openDesk, type Surroundings } from './support/desk.ts';
import { explain } from './support/explain.ts';
import { table } from './support/format.ts';
import { Refusal, UsageError, type Verb } from './support/verb.ts';

const CHECK: Verb = {
	usage: 'check [folder] [--aws]',
	summary: 'validates the playbooks; --aws also asks AWS',
	details: 'Says for each sample event which playbook matches, and why.',
	run: (args, desk) => check(args, desk.io, () => desk.connect()),
};

const VERBS: ReadonlyMap<string, Verb> = new Map(
	Object.entries({
		list,
		show,
		retry,
		extend,
		cancel,
		complete,
		pause,
		resume,
		request,
		run,
		install,
		patch,
		activate,
		deregister,
		redrive,
		release,
		report,
		doctor,
		check: CHECK,
	}),
);

const DONE = 0;
const FAILED = 1;
const MISUSED = 2;

/**
 * Carries out one command line.
 * @returns the exit status: 0, 1 where it could not be done, 2 where the command line is wrong.
 */
export async function fleet(args: readonly string[], surroundings: Surroundings): Promise<number> {
	const { io, env } = surroundings;
	const { verb: name, rest, stage, help } = readCommandLine(args);
	if (name === undefined || name === 'help') return helpOn(rest[0], name === undefined && !help, surroundings);
	const verb = VERBS.get(name);
	if (verb === undefined) return unknown(name, surroundings);
	if (help) return helpOn(name, false, surroundings);
	try {
		return (await verb.run(rest, openDesk(stage, surroundings))) ?? DONE;
	} catch (error) {
		if (env['DEBUG'] && error instanceof Error) io.err(error.stack ?? error.message);
		if (error instanceof UsageError) {
			io.err(`fleet ${name}: ${error.message}\nusage: fleet -- ${verb.usage}`);
			return MISUSED;
		}
		io.err(`fleet ${name}: ${isOurs(error) ? error.message : explain(error, stage, env)}`);
		return FAILED;
	}
}

/** Errors whose message says all there is to say. */
function isOurs(error: unknown): error is Error {
	return [Refusal, Drop, Fail, Retry, SettingsError].some((type) => error instanceof type);
}

/** The verb is the first operand, wherever options stand. */
function readCommandLine(args: readonly string[]) {
	const text = { type: 'string' } as const;
	const { tokens, values } = parseArgs({
		args: [...args],
		strict: false,
		tokens: true,
		allowPositionals: true,
		options: { stage: text, by: text, day: text, help: { type: 'boolean', short: 'h' } },
	});
	const first = tokens.find(({ kind }) => kind === 'positional');
	const rest = args.filter((_, index) => index !== first?.index);
	const verb = first?.kind === 'positional' ? first.value : undefined;
	return { verb, rest, stage: typeof values.stage === 'string' ? values.stage : 'local', help: values.help === true };
}

function helpOn(name: string | undefined, misused: boolean, { io }: Surroundings): number {
	if (name === undefined || name.startsWith('-')) {
		(misused ? io.err : io.out)(OVERVIEW);
		return misused ? MISUSED : DONE;
	}
	const verb = VERBS.get(name);
	if (verb === undefined) return unknown(name, { io, env: {} });
	const capital = `${verb.summary.charAt(0).toUpperCase()}${verb.summary.slice(1)}.`;
	io.out(`usage: fleet -- ${verb.usage} [--stage STAGE]\n\n${[capital, verb.details ?? ''].join('\n').trim()}`);
	return DONE;
}

function unknown(name: string, { io }: Surroundings): number {
	const meant = nearest(name, [...VERBS.keys()]);
	io.err(`fleet: there is no verb '${name}'; ${meant ? `did you mean ${meant}?` : `there are ${[...VERBS.keys()].join(', ')}`}`);
	return MISUSED;
}

const OVERVIEW = [
	'usage: npm run -s fleet -- <verb> [--stage STAGE]',
	'',
	...table([...VERBS].map(([name, { summary }]) => [`  ${name}`, summary])),
	'  help <verb>',
	'',
	'<operation> is its id, the unique beginning of one (lifecycle-3f2a), or what one operation is about: an instance id, the name of an',
	'alarm, the id of a resource.',
	'The stage is local unless --stage names another: your AWS credentials and Region apply there. --json prints one JSON document.',
].join('\n');

if (import.meta.main) {
	process.exitCode = await fleet(process.argv.slice(2), {
		io: { out: console.log, err: console.error, cwd: fileURLToPath(new URL('../', import.meta.url)) },
		env: process.env,
	});
}
