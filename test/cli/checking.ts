/** A project of one playbook and its runbook, for `check` to look at. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { check } from '../../cli/check.ts';
import type { Aws } from '../../shared/aws/clients.ts';
import { DRAIN } from '../shared/playbook/samples.ts';

export const RUNBOOK = `schemaVersion: "2.2"
parameters:
  WorkId: { type: String }
  ServiceName: { type: String, default: nginx }
  GraceSeconds: { type: String, default: "60", allowedPattern: "^[0-9]{1,4}$" }
mainSteps: []
`;

/** Makes the project anew before every test, in a folder of its own. */
export function aProject() {
	let cwd = '';
	const write = (file: string, text: string) => {
		mkdirSync(dirname(join(cwd, file)), { recursive: true });
		writeFileSync(join(cwd, file), text);
	};
	const remove = (file: string) => rmSync(join(cwd, file));
	const run = async (args: readonly string[] = [], connect?: () => Aws) => {
		const out: string[] = [];
		const err: string[] = [];
		const status = await check(args, { out: (line) => out.push(line), err: (line) => err.push(line), cwd }, connect);
		return { status, out, err };
	};
	beforeEach(() => {
		cwd = mkdtempSync(join(tmpdir(), 'fleetkeeper-check-'));
		write('runbooks/drain-node.yaml', RUNBOOK);
		write('playbooks/drain-web.yaml', DRAIN);
	});
	afterEach(() => rmSync(cwd, { recursive: true }));
	return { write, remove, run };
}
