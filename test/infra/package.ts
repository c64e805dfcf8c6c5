/** Packages the service as `sls package` does, in a folder of its own and with empty handlers: what is looked at is the template. */

import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureTemplate } from '../../local/package-template.ts';
import { functionNames, ROOT } from '../../scripts/bundle.ts';

/** A CloudFormation resource; its properties are read by their documented names. */
export interface Resource {
	readonly Type: string;
	readonly DeletionPolicy?: string;
	readonly Condition?: string;
	// biome-ignore lint/suspicious/noExplicitAny: CloudFormation documents these shapes, resource by resource.
	readonly Properties: any;
}

export interface PackagedTemplate {
	readonly Resources: Readonly<Record<string, Resource>>;
	readonly Parameters?: Readonly<Record<string, { readonly Type?: string; readonly Default?: unknown }>>;
	readonly Conditions?: Readonly<Record<string, unknown>>;
	readonly Outputs: Readonly<Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: string } }>>;
}

const FILES = ['serverless.yml', 'package.json', 'tsconfig.json', '.env.local'];
const FOLDERS = ['infra', 'runbooks', 'playbooks', 'node_modules'];

const packaged = new Map<string, Promise<PackagedTemplate>>();
/** What all tests begin with has been packaged as it is. */
const DEFAULT = JSON.stringify([undefined, {}]);

async function readTemplate(file: string | Promise<string>): Promise<PackagedTemplate> {
	return JSON.parse(readFileSync(await file, 'utf8')) as PackagedTemplate;
}

/**
 * What is packaged once serves all tests of a process: leave it as it is.
 * @param params values of serverless.yml's params, besides their defaults.
 * @throws Error with the framework's output when it refuses the service; and where something temporary is left.
 */
export function packageService(stage?: string, params: Readonly<Record<string, string>> = {}): Promise<PackagedTemplate> {
	const key = JSON.stringify([stage, params]);
	const template = packaged.get(key) ?? (key === DEFAULT ? readTemplate(ensureTemplate()) : packageOnce(stage, params));
	packaged.set(key, template);
	return template;
}

async function packageOnce(stage: string | undefined, params: Readonly<Record<string, string>>): Promise<PackagedTemplate> {
	const folder = mkdtempSync(join(tmpdir(), 'package-'));
	try {
		for (const name of FILES) {
			copyFileSync(join(ROOT, name), join(folder, name));
		}
		for (const name of FOLDERS) {
			symlinkSync(join(ROOT, name), join(folder, name));
		}
		mkdirSync(join(folder, 'functions'));
		for (const name of functionNames()) {
			writeFileSync(join(folder, 'functions', `${name}.ts`), 'export const handler = async () => undefined;\n');
		}
		const sls = join(ROOT, 'node_modules', 'osls', 'bin', 'serverless.js');
		const given = Object.entries(params).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
		const args = [sls, 'package', ...(stage ? ['--stage', stage] : []), ...given];
		// Nothing of the caller's: packaging needs no credentials and no Region.
		const TMPDIR = join(folder, 'temporary');
		mkdirSync(TMPDIR);
		await promisify(execFile)(process.execPath, args, { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder, TMPDIR } });
		const left = readdirSync(TMPDIR);
		if (left.length > 0) throw new Error(`Packaging leaves in the temporary folder: ${left.join(', ')}.`);
		return await readTemplate(join(folder, '.serverless', 'cloudformation-template-update-stack.json'));
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** The resources of a type, by logical id. */
export function ofType(template: PackagedTemplate, type: string): [string, Resource][] {
	return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
}
