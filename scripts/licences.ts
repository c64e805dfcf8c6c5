/**
 * `npm run licences`: the packages that are deployed, with their licences, as the lockfile has them. Exits with 1 where one is not allowed.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './bundle.ts';
import { table } from './table.ts';

/** Those that ask of what is deployed no more than that the licence goes with the code. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT', 'MIT-0'];

/** Of tools that run here alone, and are not handed on. */
const ALLOWED_FOR_TOOLS = [...ALLOWED, 'AGPL-3.0', 'AGPL-3.0-only', 'AGPL-3.0-or-later', 'MPL-2.0', 'PSF-2.0', 'Python-2.0'];

export interface Package {
	readonly name: string;
	readonly version: string;
	/** An SPDX expression. */
	readonly licence: string;
	/** Whether only development needs it. */
	readonly isTool: boolean;
	/** Whether it wants to run a program of its own when it is installed. */
	readonly hasInstallScript: boolean;
}

interface Lock {
	readonly packages: Readonly<
		Record<string, { version?: string; license?: string; dev?: boolean; devOptional?: boolean; hasInstallScript?: boolean }>
	>;
}

const MODULES = 'node_modules/';

/** Every package of a lockfile, once for each place where it is installed. */
export function packagesOf({ packages }: Lock): Package[] {
	return Object.entries(packages)
		.filter(([path]) => path !== '')
		.map(([path, { version = '', license = 'none', dev, devOptional, hasInstallScript }]) => ({
			name: path.slice(path.lastIndexOf(MODULES) + MODULES.length),
			version,
			licence: license,
			isTool: dev === true || devOptional === true,
			hasInstallScript: hasInstallScript === true,
		}));
}

export function lockedPackages(): Package[] {
	return packagesOf(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock);
}

/** Whether a package may be used as it is. Of a choice of licences one must be allowed. */
export function isAllowed({ licence, isTool }: Package): boolean {
	const choices = licence.replace(/^\((.*)\)$/, '$1').split(' OR ');
	return choices.some((choice) => (isTool ? ALLOWED_FOR_TOOLS : ALLOWED).includes(choice));
}

function main(): void {
	const packages = lockedPackages();
	const deployed = packages.filter(({ isTool }) => !isTool);
	console.log(table([['package', 'version', 'licence'], ...deployed.map(({ name, version, licence }) => [name, version, licence])]));
	console.log(`\n${deployed.length} packages are deployed; ${packages.length - deployed.length} more are tools of development.`);
	for (const { name, licence } of packages.filter((each) => !isAllowed(each))) {
		console.error(`${name}: the licence ${licence} is not allowed: see scripts/licences.ts.`);
		process.exitCode = 1;
	}
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
