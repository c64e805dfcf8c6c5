/** Runs the shell script of a Command document under bash, in an empty folder, with nothing on its path but stubs and text tools. */

import { spawn } from 'node:child_process';
import { accessSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployedDocument } from './documents.ts';

export interface ScriptResult {
	/** The exit status, or the signal that ended the script. */
	readonly ended: number | string;
	readonly stdout: string;
	readonly stderr: string;
}

export interface Node {
	/** Where the scripts work; holds `state/` (the markers) and `logs/`. */
	readonly folder: string;
	/** Makes or replaces a stub: the body of a bash script. Every call of a stub is put on record first. */
	stub(name: string, body?: string): void;
	/** What was called so far, each with its arguments: `systemctl stop nginx`. */
	calls(): string[];
	/** Runs the Linux script of a document with these parameters and, for the rest, its defaults. */
	run(document: string, parameters: Readonly<Record<string, string>>): Promise<ScriptResult>;
	remove(): void;
}

/** What a script may use as it is: nothing in here touches more than the files it is given. */
const TOOLS = ['bash', 'cat', 'mkdir', 'mv', 'rm', 'find', 'flock', 'date', 'tar', 'gzip', 'awk', 'cut', 'sort', 'wc', 'kill'];
const TOOL_FOLDERS = ['/usr/bin', '/bin', '/usr/local/bin', '/opt/homebrew/bin'];

function toolPath(tool: string): string {
	for (const folder of TOOL_FOLDERS) {
		try {
			accessSync(join(folder, tool));
			return join(folder, tool);
		} catch {
			// Not in this folder: the next one may have it.
		}
	}
	throw new Error(`This test needs ${tool} in one of ${TOOL_FOLDERS.join(', ')}.`);
}

/** The script that the agent would run: parameters are replaced as text, as Systems Manager does it. */
function scriptOf(name: string, parameters: Readonly<Record<string, string>>): string {
	const { content } = deployedDocument(name);
	const step = content.mainSteps.find(({ action }) => action === 'aws:runShellScript');
	const lines = step?.inputs['runCommand'] as readonly string[];
	return lines.join('\n').replace(/\{\{ (\w+) \}\}/g, (_, parameter: string) => {
		const value = parameters[parameter] ?? content.parameters[parameter]?.default;
		if (value === undefined) {
			throw new Error(`${name} needs the parameter ${parameter}.`);
		}
		return String(value);
	});
}

/** A node with no service and no tools but those in `TOOLS`: tests stub what they need. */
export function emptyNode(): Node {
	const folder = mkdtempSync(join(tmpdir(), 'node-'));
	const [stubs, tools, record] = [join(folder, 'stubs'), join(folder, 'tools'), join(folder, 'calls')];
	for (const each of [stubs, tools, join(folder, 'work'), join(folder, 'logs')]) {
		mkdirSync(each);
	}
	for (const tool of TOOLS) {
		symlinkSync(toolPath(tool), join(tools, tool));
	}
	writeFileSync(record, '');
	const env = {
		PATH: `${stubs}:${tools}`,
		CALLS: record,
		FOLDER: folder,
		FLEETKEEPER_STATE_DIR: join(folder, 'state'),
		FLEETKEEPER_LOG_DIR: join(folder, 'logs'),
		AWS_SSM_INSTANCE_ID: 'i-0fee1dead0c0ffee0',
	};

	return {
		folder,
		stub(name, body = 'exit 0') {
			const file = join(stubs, name);
			writeFileSync(file, `#!${toolPath('bash')}\nprintf '%s\\n' "${name} $*" >>"$CALLS"\n${body}\n`);
			chmodSync(file, 0o755);
		},
		calls: () => readFileSync(record, 'utf8').split('\n').filter(Boolean),
		run(document, parameters) {
			const script = scriptOf(document, parameters);
			return new Promise((resolve, reject) => {
				const child = spawn(toolPath('bash'), ['--norc', '-c', script], {
					cwd: join(folder, 'work'),
					env,
					stdio: ['ignore', 'pipe', 'pipe'],
				});
				let [stdout, stderr] = ['', ''];
				child.stdout.on('data', (data) => {
					stdout += data;
				});
				child.stderr.on('data', (data) => {
					stderr += data;
				});
				child.on('error', reject);
				child.on('close', (status, signal) => resolve({ ended: status ?? String(signal), stdout, stderr }));
			});
		},
		remove: () => rmSync(folder, { recursive: true, force: true }),
	};
}
