import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../scripts/bundle.ts';

const REFUSED = [
	['shared/work/a.ts', "import '../../functions/reconcile.ts';", 'shared/ is what the others build on'],
	['shared/work/b.ts', "import '../../local/world.ts';", 'shared/ is what the others build on'],
	['shared/work/c.ts', "import '@aws-sdk/client-ec2';", '850 KB alone'],
	['shared/work/d.ts', "import 'node:timers/promises';", 'only the global timers are its own'],
	['shared/work/e.ts', 'AbortSignal.timeout(5);', 'use an AbortController and the global setTimeout'],
	['shared/kinds/a.ts', "import '@aws-sdk/client-ssm';", 'Decisions are pure'],
	['shared/kinds/lifecycle/a.ts', "import '../../aws/clients.ts';", 'Decisions are pure'],
	['shared/kinds/alarm/a.ts', "import '@aws-sdk/client-cloudwatch';", 'Decisions are pure'],
	['shared/kinds/b.ts', "import 'node:crypto';", 'Decisions are pure: no Node module.'],
	['shared/kinds/c.ts', 'export const at = Date.now();', 'global variable Date'],
	['shared/playbook/match.ts', "export const stage = process.env['STAGE'];", 'global variable process'],
	['shared/event-pattern/a.ts', "import '../../cli/fleet.ts';", 'shared/ is what the others build on'],
	['local/aws/a.ts', "import '../../shared/settings.ts';", 'it knows nothing of ours but event-pattern'],
	['local/aws/ssm/a.ts', "import '../../world.ts';", 'it knows nothing of ours but event-pattern'],
	['functions/a.ts', "import 'zod';", 'Import zod/mini'],
] as const;

const ALLOWED = [
	['local/aws/z.ts', "import '../../shared/event-pattern.ts';"],
	['local/aws/ssm/z.ts', "import '../types.ts';"],
	['local/z.ts', "import '../shared/settings.ts';"],
	['shared/kinds/z.ts', "import 'zod/mini';"],
	['shared/kinds/lifecycle/z.ts', "import '../../operation/facts.ts';"],
] as const;

/** What the linter says, one line a file: `shared/work/a.ts: …`. */
let said: string;

/** Lints files with these paths and texts by the project's rules, in a folder of their own. */
function lint(files: readonly (readonly [string, string, string?])[]): string {
	const folder = mkdtempSync(join(tmpdir(), 'lint-'));
	try {
		const config = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'));
		writeFileSync(join(folder, 'biome.json'), JSON.stringify({ ...config, vcs: { enabled: false } }));
		cpSync(join(ROOT, 'scripts', 'lint'), join(folder, 'scripts', 'lint'), { recursive: true });
		for (const [path, text] of files) {
			mkdirSync(dirname(join(folder, path)), { recursive: true });
			writeFileSync(join(folder, path), `${text}\n`);
		}
		const biome = join(ROOT, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
		execFileSync(process.execPath, [biome, 'lint', '--reporter=github', '--max-diagnostics=none', '.'], {
			cwd: folder,
			encoding: 'utf8',
			stdio: 'pipe',
		});
		return '';
	} catch (error) {
		return (error as { stdout: string }).stdout;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

beforeAll(() => {
	said = lint([...REFUSED, ...ALLOWED]);
});

const about = (path: string): string[] => said.split('\n').filter((line) => line.includes(`/${path},`));

describe('the import rules', () => {
	it.each(REFUSED)('refuse in %s: %s', (path, _text, message) => {
		expect(about(path).join('\n')).toContain(message);
	});

	it.each(ALLOWED)('allow in %s: %s', (path) => {
		expect(about(path)).toEqual([]);
	});
});
