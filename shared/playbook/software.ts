/** Whether a rule for software says what it is about, in names and versions that there can be. */

import { validatePattern } from '../event-pattern.ts';
import { VERSION_SCHEMES, type VersionScheme } from '../versions/version.ts';
import { type Finding, quote } from './problem.ts';
import type { PlaybookSource } from './schema.ts';
import type { Platform } from './types.ts';

type Path = readonly (string | number)[];
type Software = NonNullable<PlaybookSource['software']>;
type Floor = NonNullable<Software['below']>[number];

const AT = ['software'];
const EXAMPLE = 'write forbidden: [telnet], required: [amazon-cloudwatch-agent] or below: [{ name: openssl, version: "3.0.8" }]';
const NAMING = 'write a name, { prefix: name }, { suffix: name }, { wildcard: "name*" } or { equals-ignore-case: name }';
const FLOOR = 'write version: "3.0.8", in quotes';

export function softwareFindings({ on, when, software }: PlaybookSource): Finding[] {
	if (on !== 'inventory') return [];
	if (software === undefined) return [{ at: AT, message: 'is missing', hint: EXAMPLE }];
	const { forbidden, required, below } = software;
	if (forbidden === undefined && required === undefined && below === undefined) {
		return [{ at: AT, message: 'asks for nothing: neither forbidden nor required nor below is there', hint: EXAMPLE }];
	}
	return [
		...namesFindings(forbidden, [...AT, 'forbidden']),
		...namesFindings(required, [...AT, 'required']),
		...(below?.length === 0 ? [{ at: [...AT, 'below'], message: 'the list is empty', hint: FLOOR }] : []),
		...(below ?? []).flatMap((floor, i) => floorFindings(floor, when.platform, [...AT, 'below', i])),
		...bothFindings(forbidden ?? [], required ?? []),
	];
}

function namesFindings(names: readonly unknown[] | undefined, at: Path): Finding[] {
	if (names?.length === 0) return [{ at, message: 'the list is empty', hint: 'name a program or leave it out' }];
	return (names ?? []).flatMap((name, i) => nameFindings(name, [...at, i]));
}

const BY = ['prefix', 'suffix', 'wildcard', 'equals-ignore-case'];

function nameFindings(name: unknown, at: Path): Finding[] {
	if (typeof name === 'string') return name.trim() === '' ? [{ at, message: 'an empty name is that of no program', hint: NAMING }] : [];
	if (name === null || typeof name !== 'object' || Array.isArray(name)) {
		return [{ at, message: `${quote(name)} is not the name of a program`, hint: 'put it in quotes' }];
	}
	const [[form = '', value] = []] = Object.entries(name);
	if (!BY.includes(form) || typeof value !== 'string') return [{ at, message: `${form || 'it'} does not name programs`, hint: NAMING }];
	if (value.replaceAll('*', '') === '') return [{ at, message: `this ${form} is met by every program`, hint: NAMING }];
	const broken = validatePattern({ name: [name] });
	return broken === undefined ? [] : [{ at, message: broken.reason, hint: NAMING }];
}

function floorFindings({ name, version }: Floor, platforms: readonly Platform[] | undefined, at: Path): Finding[] {
	const named: Finding[] =
		name === undefined
			? [{ at: [...at, 'name'], message: 'is missing', hint: 'write name: openssl, or a list of names' }]
			: Array.isArray(name)
				? namesFindings(name, [...at, 'name'])
				: nameFindings(name, [...at, 'name']);
	return [...named, ...versionFindings(version, platforms, [...at, 'version'])];
}

/**
 * What each may be: `[epoch:]version[-release]` of rpm; Debian policy 5.6.12, a digit first; numbers parted by dots on Windows and macOS,
 * with what may stand behind one.
 */
const FORMS: Readonly<Record<VersionScheme, { readonly form: RegExp; readonly example: string }>> = {
	rpm: { form: /^(\d+:)?[A-Za-z0-9._+~^]+(-[A-Za-z0-9._+~^]+)?$/, example: '"1:3.0.7-27.el9"' },
	deb: { form: /^(\d+:)?\d[A-Za-z0-9.+~-]*$/, example: '"3.0.2-0ubuntu1.18"' },
	windows: { form: /^[vV]?\d+(\.\d+)*([-+ ][A-Za-z0-9.+ -]*|[A-Za-z]\w*)?$/, example: '"10.0.19041.1"' },
	macos: { form: /^[vV]?\d+(\.\d+)*([-+ ][A-Za-z0-9.+ -]*|[A-Za-z]\w*)?$/, example: '"14.2.1"' },
};

/** By platform, what installs programs there. */
const SCHEMES: Readonly<Record<Platform, readonly VersionScheme[]>> = { Linux: ['rpm', 'deb'], Windows: ['windows'], MacOS: ['macos'] };

function versionFindings(version: Floor['version'], platforms: readonly Platform[] | undefined, at: Path): Finding[] {
	if (version === undefined) return [{ at, message: 'is missing: nobody can be below it', hint: FLOOR }];
	const possible = platforms?.length ? platforms.flatMap((platform) => SCHEMES[platform]) : VERSION_SCHEMES;
	if (typeof version === 'string') {
		// A number has to be in it: any text of letters would be a version to rpm.
		const fits = /\d/.test(version) && possible.some((scheme) => FORMS[scheme].form.test(version));
		return fits ? [] : [malformed(version, possible, at)];
	}
	const given = VERSION_SCHEMES.filter((scheme) => version[scheme] !== undefined);
	if (given.length === 0) return [{ at, message: 'is empty: nobody can be below it', hint: FLOOR }];
	const wrong = given.flatMap((scheme) => {
		const text = version[scheme] ?? '';
		return /\d/.test(text) && FORMS[scheme].form.test(text) ? [] : [malformed(text, [scheme], [...at, scheme])];
	});
	if (wrong.length > 0 || given.some((scheme) => possible.includes(scheme))) return wrong;
	const message = `is for ${given.join(' and ')}, and no program on ${platforms?.join(' or ')} has such a version`;
	return [{ at, message, hint: `write one for ${possible.join(' or ')}` }];
}

function malformed(version: string, schemes: readonly VersionScheme[], at: Path): Finding {
	const examples = [...new Set(schemes.map((scheme) => FORMS[scheme].example))];
	const message = `${quote(version)} is no version of ${schemes.join(', ')}`;
	return { at, message, hint: `write it as the package manager does: ${examples.join(' or ')}` };
}

/** What must be there and must not be, no node can have. */
function bothFindings(forbidden: readonly unknown[], required: readonly unknown[]): Finding[] {
	return required.flatMap((name, i): Finding[] => {
		if (typeof name !== 'string' || !forbidden.includes(name)) return [];
		return [{ at: [...AT, 'required', i], message: `${quote(name)} is forbidden too: no node can be right`, hint: 'leave it out of one' }];
	});
}
