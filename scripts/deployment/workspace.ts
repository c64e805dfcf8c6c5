/** A copy of what is deployed, which may be changed, and the framework run in it as a person would. */

import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RawTemplate } from '../../local/template/intrinsics.ts';
import { ROOT } from '../bundle.ts';

const COPIED = ['serverless.yml', 'package.json', 'tsconfig.json', '.env.local', 'infra', 'runbooks', 'playbooks', 'functions', 'shared'];

export interface Ran {
	readonly status: number;
	/** What it wrote, on both streams. */
	readonly output: string;
}

export class Workspace {
	readonly #folder = mkdtempSync(join(tmpdir(), 'deployment-'));
	readonly #environment: Readonly<Record<string, string>>;

	/** @param endpoint of AWS. */
	constructor(endpoint: string, region: string) {
		for (const name of COPIED) cpSync(join(ROOT, name), join(this.#folder, name), { recursive: true });
		symlinkSync(join(ROOT, 'node_modules'), join(this.#folder, 'node_modules'));
		this.#environment = {
			PATH: process.env['PATH'] ?? '',
			HOME: this.#folder,
			NO_COLOR: '1',
			AWS_ENDPOINT_URL: endpoint,
			AWS_REGION: region,
			AWS_ACCESS_KEY_ID: 'test',
			AWS_SECRET_ACCESS_KEY: 'test',
			// Milliseconds between two looks at the stack; the framework's own is meant for AWS.
			SLS_AWS_MONITORING_FREQUENCY: '100',
		};
	}

	/** Runs `sls`. Never fails: the status says how it ended. */
	sls(...args: readonly string[]): Promise<Ran> {
		const program = join(ROOT, 'node_modules', 'osls', 'bin', 'serverless.js');
		return new Promise((resolve) => {
			execFile(process.execPath, [program, ...args], { cwd: this.#folder, env: this.#environment }, (error, stdout, stderr) => {
				const status = typeof error?.code === 'number' ? error.code : error ? 1 : 0;
				resolve({ status, output: `${stdout}${stderr}` });
			});
		});
	}

	/** The template of the last deployment. */
	template(): RawTemplate {
		return JSON.parse(readFileSync(join(this.#folder, '.serverless', 'cloudformation-template-update-stack.json'), 'utf8')) as RawTemplate;
	}

	/** Changes a file. @throws Error where the change changes nothing. */
	edit(file: string, change: (text: string) => string): void {
		const path = join(this.#folder, file);
		const before = readFileSync(path, 'utf8');
		const after = change(before);
		if (after === before) throw new Error(`${file} is as it was before.`);
		writeFileSync(path, after);
	}

	remove(): void {
		rmSync(this.#folder, { recursive: true, force: true });
	}
}
