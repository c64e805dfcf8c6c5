/** The packaged template, made anew when what it is made of has changed. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));
const OUTPUT = '.serverless';
const TEMPLATE = path.join(OUTPUT, 'cloudformation-template-update-stack.json');
const STAMP = path.join(OUTPUT, 'local-stamp');

const LOCK = path.join(PROJECT, 'node_modules', '.cache', 'fleetkeeper-package.lock');
const LOCK_LOOK_MS = 100;
/** Packaging takes seconds. */
const LOCK_STALE_MS = 120_000;
const PACKAGED_WITHIN_MS = 100_000;

/** What the template is made of. Of the functions only the names matter: their code is not in the template. */
const SOURCES = ['serverless.yml', 'infra', 'playbooks', 'runbooks', 'shared/settings.ts', 'shared/patching', 'shared/context'] as const;
const NAMED_SOURCES = ['functions'] as const;

/** Stage and Region of the local AWS; any account id and keys do, for nothing is asked of AWS. */
const ENVIRONMENT = {
	AWS_ACCESS_KEY_ID: 'test',
	AWS_SECRET_ACCESS_KEY: 'test',
	AWS_REGION: 'eu-west-1',
	SLS_TELEMETRY_DISABLED: '1',
};

/**
 * The path of the packaged template of stage `local`; packages first where it is missing or its sources have changed.
 * @throws Error with what `sls package` printed, where it fails.
 */
export async function ensureTemplate(): Promise<string> {
	const file = path.join(PROJECT, TEMPLATE);
	const stamp = path.join(PROJECT, STAMP);
	const sources = await sourceHash();
	const isFresh = async () => (await textOf(stamp)) === `${sources} ${await hashOf(file)}`;
	if (await isFresh()) return file;
	return oneAtATime(async () => {
		if (await isFresh()) return file;
		await packageTemplate();
		await writeFile(stamp, `${sources} ${await hashOf(file)}`);
		return file;
	});
}

/** The template itself is part of the stamp: another stage may have been packaged in its place. */
async function hashOf(file: string): Promise<string> {
	return createHash('sha256')
		.update((await textOf(file)) ?? '')
		.digest('hex');
}

/** Two packagings at once would write into the same folder: the second process waits, then finds the work done. */
async function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
	await mkdir(path.dirname(LOCK), { recursive: true });
	while (!(await tookLock())) await new Promise((resolve) => setTimeout(resolve, LOCK_LOOK_MS));
	try {
		return await work();
	} finally {
		await rmdir(LOCK);
	}
}

/** Takes the lock, or tells that another process has it. A lock that a dead process left is removed. */
async function tookLock(): Promise<boolean> {
	try {
		await mkdir(LOCK);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
		const since = await stat(LOCK).then(
			({ mtimeMs }) => mtimeMs,
			() => Date.now(),
		);
		if (Date.now() - since > LOCK_STALE_MS) await rmdir(LOCK).catch(() => undefined);
		return false;
	}
}

async function packageTemplate(): Promise<void> {
	const sls = path.join(PROJECT, 'node_modules', '.bin', 'sls');
	try {
		const options = { cwd: PROJECT, env: { ...process.env, ...ENVIRONMENT }, timeout: PACKAGED_WITHIN_MS };
		await promisify(execFile)(sls, ['package', '--stage', 'local'], options);
	} catch (cause) {
		const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
		throw new Error(`The template cannot be packaged. 'sls package --stage local' says:\n${stdout}${stderr}`, { cause });
	}
}

/** A hash of the content of every source, and of the names of the functions. */
async function sourceHash(): Promise<string> {
	const hash = createHash('sha256');
	for (const source of SOURCES) {
		for (const file of await filesUnder(source)) hash.update(`${file}\n`).update(await readFile(path.join(PROJECT, file)));
	}
	for (const source of NAMED_SOURCES) hash.update((await filesUnder(source)).join('\n'));
	return hash.digest('hex');
}

/** The files of a folder and its subfolders, or the file itself, relative to the project and in order of name. */
async function filesUnder(source: string): Promise<string[]> {
	try {
		const entries = await readdir(path.join(PROJECT, source), { recursive: true, withFileTypes: true });
		return entries
			.filter((entry) => entry.isFile())
			.map((entry) => path.relative(PROJECT, path.join(entry.parentPath, entry.name)))
			.sort();
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return [source];
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
		throw error;
	}
}

async function textOf(file: string): Promise<string | undefined> {
	return readFile(file, 'utf8').catch(() => undefined);
}
