/**
 * `npm run permissions [-- --from FOLDER]`: which permissions of the roles no test uses. Runs the tests and the demo first, and records
 * what they use; with --from, takes what was recorded in a folder (`FLEETKEEPER_PERMISSIONS=FOLDER npm test`). Exits with 1 where
 * something is granted that nobody uses and that has no reason.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureTemplate } from '../local/package-template.ts';
import { FOLDER_VARIABLE } from '../local/permissions/recording.ts';
import { loadTemplate } from '../local/template.ts';
import { ROOT } from './bundle.ts';
import { grantedBy } from './permissions/granted.ts';
import { REASONS } from './permissions/reasons.ts';
import { disagreements, readRecords } from './permissions/records.ts';
import { isSound, linesOf, reportOf } from './permissions/report.ts';

/** @throws Error where the tests or the demo fail. */
function collect(folder: string): void {
	for (const script of ['test', 'demo']) {
		const env = { ...process.env, [FOLDER_VARIABLE]: folder };
		const { status } = spawnSync('npm', ['run', '-s', script], { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'inherit'] });
		if (status !== 0) throw new Error(`npm run ${script} has failed: what it uses is not known.`);
	}
}

async function report(folder: string): Promise<boolean> {
	const template = await loadTemplate(await ensureTemplate());
	const records = readRecords(folder);
	const used = new Set(records.map(({ role, permission }) => `${role} ${permission}`));
	const granted = grantedBy(template);
	const found = reportOf(granted, used, REASONS);
	for (const line of linesOf(found)) console.log(line);
	// Some tests give roles more, as settings of a stage do.
	const names = new Set(granted.map(({ role, permission }) => `${role} ${permission}`));
	const own = records.filter(({ role, permission }) => names.has(`${role} ${permission}`));
	const wrong = await disagreements(own, template);
	if (wrong.length > 0) console.log('\nRequests that do not fit the Service Authorization Reference:');
	for (const line of wrong) console.log(`  ${line}`);
	return isSound(found) && wrong.length === 0;
}

const { values } = parseArgs({ options: { from: { type: 'string' } } });
const folder = values.from ?? mkdtempSync(join(tmpdir(), 'permissions-'));
try {
	if (values.from === undefined) collect(folder);
	if (!(await report(folder))) process.exitCode = 1;
} finally {
	if (values.from === undefined) rmSync(folder, { recursive: true, force: true });
}
