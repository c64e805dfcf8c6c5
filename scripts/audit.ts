/**
 * `npm run audit`: the weaknesses that the registry knows of in the packages of the lockfile. Exits with 1 where one that is high or
 * critical is in what is deployed. Not every registry, and no machine without a network, answers: then it says so.
 */

import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { ROOT } from './bundle.ts';
import { lockedPackages, type Package } from './licences.ts';

/** As much of `npm audit --json` as is read. */
interface Report {
	readonly auditReportVersion?: number;
	readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string }>>;
	/** What went wrong, where there is no report. */
	readonly message?: string;
}

export interface Verdict {
	readonly isBad: boolean;
	readonly lines: readonly string[];
}

const GRAVE = ['high', 'critical'];
const PATIENCE_MS = 60_000;

/** What an answer of npm's comes to. @param text its standard output, whatever its exit status. */
export function verdictOn(text: string, packages: readonly Package[]): Verdict {
	const { auditReportVersion, vulnerabilities = {}, message } = parsed(text);
	if (auditReportVersion === undefined) {
		return { isBad: false, lines: [`The registry answers no audit here: nothing was looked at. (${message ?? 'npm says nothing'})`] };
	}
	const deployed = new Set(packages.filter(({ isTool }) => !isTool).map(({ name }) => name));
	const found = Object.entries(vulnerabilities);
	const grave = found.filter(([name, { severity }]) => deployed.has(name) && GRAVE.includes(severity));
	const lines = found.map(([name, { severity }]) => `${name}: ${severity}${deployed.has(name) ? ', deployed' : ''}`);
	return { isBad: grave.length > 0, lines: [...lines.sort(), `${found.length} of ${packages.length} packages have known weaknesses.`] };
}

function parsed(text: string): Report {
	try {
		return JSON.parse(text) as Report;
	} catch {
		return {};
	}
}

function main(): void {
	execFile('npm', ['audit', '--json', '--package-lock-only'], { cwd: ROOT, timeout: PATIENCE_MS }, (_error, stdout) => {
		const { isBad, lines } = verdictOn(stdout, lockedPackages());
		for (const line of lines) console.log(line);
		if (isBad) process.exitCode = 1;
	});
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
