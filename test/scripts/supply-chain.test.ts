import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verdictOn } from '../../scripts/audit.ts';
import { bundleFunction, functionNames, ROOT } from '../../scripts/bundle.ts';
import { isAllowed, lockedPackages, type Package, packagesOf } from '../../scripts/licences.ts';

interface Manifest {
	readonly dependencies: Readonly<Record<string, string>>;
	readonly devDependencies: Readonly<Record<string, string>>;
	readonly allowScripts: Readonly<Record<string, boolean>>;
}

const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
const manifest = read('package.json') as Manifest;
const packages = lockedPackages();

const package_ = (licence: string, isTool = false): Package => ({
	name: 'one',
	version: '1.0.0',
	licence,
	isTool,
	hasInstallScript: false,
});

describe('versions', () => {
	it('are exact, so that what was tested is what is installed', () => {
		const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
		expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
	});

	it('are those of the lockfile', () => {
		const { '': root } = read('package-lock.json').packages;
		expect({ ...root.dependencies, ...root.devDependencies }).toEqual({ ...manifest.dependencies, ...manifest.devDependencies });
	});

	it('are known by the content of the package', () => {
		const locked = Object.entries(read('package-lock.json').packages as Record<string, { integrity?: string }>);
		expect(locked.filter(([path, { integrity }]) => path !== '' && !integrity?.startsWith('sha512-'))).toEqual([]);
	});
});

describe('licences', () => {
	it('of all packages are allowed', () => {
		expect(packages.filter((each) => !isAllowed(each)).map(({ name, licence }) => `${name}: ${licence}`)).toEqual([]);
	});

	it.each(['AGPL-3.0', 'GPL-3.0-only', 'MPL-2.0', 'SSPL-1.0', 'none'])('of what is deployed may not be %s', (licence) => {
		expect(isAllowed(package_(licence))).toBe(false);
	});

	it('that oblige whoever hands code on are for tools alone', () => {
		expect([isAllowed(package_('AGPL-3.0', true)), isAllowed(package_('AGPL-3.0'))]).toEqual([true, false]);
	});

	it('may be a choice, of which one is allowed', () => {
		expect([isAllowed(package_('(MIT OR GPL-3.0-only)')), isAllowed(package_('GPL-2.0-only OR GPL-3.0-only'))]).toEqual([true, false]);
	});

	it('are read for packages inside of others too', () => {
		const inside = packagesOf({
			packages: { '': {}, 'node_modules/a/node_modules/@b/c': { version: '1.0.0', license: 'MIT', dev: true } },
		});
		expect(inside).toEqual([{ name: '@b/c', version: '1.0.0', licence: 'MIT', isTool: true, hasInstallScript: false }]);
	});
});

describe('what is deployed', () => {
	it('comes from packages that are not for development', async () => {
		const bundles = await Promise.all(functionNames().map(bundleFunction));
		const used = new Set(
			bundles.flatMap(({ files }) => files.flatMap((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [])),
		);
		const deployed = new Set(packages.filter(({ isTool }) => !isTool).map(({ name }) => name));
		expect(used.size).toBeGreaterThan(10);
		expect([...used].filter((name) => !deployed.has(name))).toEqual([]);
	}, 60_000);
});

describe('programs of packages that run when they are installed', () => {
	const wanting = [...new Set(packages.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name))];

	it('are approved or refused by name', () => {
		expect(wanting.filter((name) => !(name in manifest.allowScripts))).toEqual([]);
	});

	it('are decided on only where there is one', () => {
		expect(Object.keys(manifest.allowScripts).filter((name) => !wanting.includes(name))).toEqual([]);
	});

	it('are approved for Node and the bundler alone', () => {
		const approved = Object.entries(manifest.allowScripts).filter(([, isApproved]) => isApproved);
		expect(approved.map(([name]) => name).sort()).toEqual(['esbuild', 'node']);
	});
});

describe('an audit', () => {
	const [deployed, tool] = [package_('MIT'), { ...package_('MIT', true), name: 'tool' }];
	const report = (vulnerabilities: object) => JSON.stringify({ auditReportVersion: 2, vulnerabilities });

	it('fails for what is grave and deployed, and says all there is', () => {
		const { isBad, lines } = verdictOn(report({ one: { severity: 'high' }, tool: { severity: 'low' } }), [deployed, tool]);
		expect(isBad).toBe(true);
		expect(lines).toEqual(['one: high, deployed', 'tool: low', '2 of 2 packages have known weaknesses.']);
	});

	it.each([{}, { one: { severity: 'moderate' } }, { tool: { severity: 'critical' } }])('does not fail for %j', (vulnerabilities) => {
		expect(verdictOn(report(vulnerabilities), [deployed, tool]).isBad).toBe(false);
	});

	it.each(['', JSON.stringify({ message: '405 Method Not Allowed' })])('that the registry does not answer says so: %j', (text) => {
		const { isBad, lines } = verdictOn(text, [deployed]);
		expect(isBad).toBe(false);
		expect(lines).toEqual([expect.stringContaining('nothing was looked at')]);
	});
});
