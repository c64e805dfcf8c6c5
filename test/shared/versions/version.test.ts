import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions, installedVersion, VERSION_SCHEMES, type VersionScheme } from '../../../shared/versions/version.ts';

type Case = readonly [one: string, other: string, expected: number];

/** The cases that a package manager publishes. */
function published(scheme: VersionScheme): Case[] {
	const text = readFileSync(new URL(`vectors/${scheme}.tsv`, import.meta.url), 'utf8');
	const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
	return lines.map((line) => {
		const [one = '', other = '', expected = ''] = line.split('\t');
		return [one, other, Number(expected)];
	});
}

describe.each([
	['rpm', 103],
	['deb', 43],
	['windows', 34],
] as const)('versions of %s', (scheme, count) => {
	it(`stand in the order of all ${count} published cases, either way round`, () => {
		const cases = published(scheme);
		const wrong = cases.filter(
			([one, other, expected]) =>
				compareVersions(scheme, one, other) !== expected || compareVersions(scheme, other, one) !== (expected === 0 ? 0 : -expected),
		);

		expect(cases).toHaveLength(count);
		expect(wrong).toEqual([]);
	});
});

describe('whole versions of RPM packages', () => {
	it.each([
		['1:1.0-1', '2.0-9', 1],
		['0:1.0-1', '1.0-1', 0],
		['1.0-2', '1.0-10', -1],
		['3.0.7-18.el9', '3.0.7-18.el9_2', -1],
		['1.0', '1.0-1', -1],
		['10.0-1', '9.9-30', 1],
	] as const)('%s against %s is %i', (one, other, expected) => {
		expect(compareVersions('rpm', one, other)).toBe(expected);
	});
});

describe('versions of Windows files and installers', () => {
	it.each([
		['10.0.19041.3636', '10.0.19041.3803', -1],
		['8.0.341', '8.0.341.0', 0],
		['120.0.6099.130', '99.0.4844.51', 1],
		['24.09 (x64)', '24.09', -1],
	] as const)('%s against %s is %i', (one, other, expected) => {
		expect(compareVersions('windows', one, other)).toBe(expected);
	});
});

describe('the order of versions', () => {
	/** Texts that are much alike, for most pairs would differ in their first character. */
	const version = fc
		.array(fc.constantFrom('0', '00', '1', '01', '2', '10', 'a', 'B', 'rc', '.', '..', '-', '~', '^', '+', '_', ':', ' '), { maxLength: 7 })
		.map((parts) => parts.join(''));

	it.each(VERSION_SCHEMES)('of %s is one: every version equals itself, the order turns with the pair, and it carries over', (scheme) => {
		const compare = (one: string, other: string) => compareVersions(scheme, one, other);
		fc.assert(
			fc.property(version, version, version, (one, other, third) => {
				expect(compare(one, one)).toBe(0);
				expect(compare(one, other) + compare(other, one)).toBe(0);
				const [low, middle, high] = [one, other, third].sort(compare) as [string, string, string];
				expect(compare(low, middle)).toBeLessThanOrEqual(0);
				expect(compare(middle, high)).toBeLessThanOrEqual(0);
				expect(compare(low, high)).toBe(Math.min(compare(low, middle), compare(middle, high)));
			}),
			{ numRuns: 500 },
		);
	});

	it('is of numbers of any length', () => {
		for (const scheme of VERSION_SCHEMES) expect(compareVersions(scheme, '1.99999999999999999998', '1.99999999999999999999')).toBe(-1);
	});
});

describe("an installed program's version", () => {
	it.each([
		[
			'an RPM package',
			{ Version: '3.0.7', Release: '18.el9', Epoch: '1', PackageId: 'openssl-3.0.7-18.el9.src.rpm' },
			'Linux',
			'rpm',
			'1:3.0.7-18.el9',
		],
		['one without an epoch', { Version: '5.1.8', Release: '6.el9', Epoch: '' }, 'Linux', 'rpm', '5.1.8-6.el9'],
		[
			'a Debian package',
			{ Version: '1:9.6p1-3ubuntu13', PackageId: 'openssh_1:9.6p1-3ubuntu13_amd64.deb' },
			'Linux',
			'deb',
			'1:9.6p1-3ubuntu13',
		],
		['a Windows program', { Version: '120.0.6099.130' }, 'Windows', 'windows', '120.0.6099.130'],
		['a macOS program', { Version: '17.4' }, 'MacOS', 'macos', '17.4'],
		['one without a version', {}, 'Windows', 'windows', ''],
	] as const)('is that of %s', (_, program, platform, scheme, version) => {
		expect(installedVersion(program, platform)).toEqual({ scheme, version });
	});
});
