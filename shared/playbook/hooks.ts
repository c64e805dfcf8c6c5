/**
 * A lifecycle playbook must say whose hooks it serves: other services put hooks on the same groups, and completing theirs would let
 * instances go that they still need.
 */

import { LIFECYCLE_FIELDS } from './fields.ts';
import { type Finding, nearest, quote } from './problem.ts';

type Path = readonly (string | number)[];

const HOOK = 'LifecycleHookName';
const HOOK_NAME = /^[A-Za-z0-9_/-]{1,255}$/;
const HINT = 'write LifecycleHookName: [fleetkeeper-drain] or LifecycleHookName: [{ prefix: fleetkeeper- }]';

/** What is wrong with a valid `detail` pattern as the pattern of a lifecycle playbook. */
export function hookFindings(detail: Readonly<Record<string, unknown>>, at: Path): Finding[] {
	const findings = fieldFindings(detail, at);
	const unnamed = findings.length === 0 ? whereUnnamed(detail, at) : undefined;
	if (!unnamed) return findings;
	const message =
		unnamed.length === at.length
			? 'names no hook: every lifecycle action that matches would be completed, those of other services too'
			: 'this branch names no hook, and none is named beside $or';
	return [{ at: unnamed, message, hint: HINT }];
}

function fieldFindings(pattern: Readonly<Record<string, unknown>>, at: Path): Finding[] {
	return Object.entries(pattern).flatMap(([field, value]): Finding[] => {
		const here = [...at, field];
		if (field === '$or' && Array.isArray(value)) return value.flatMap((branch, i) => fieldFindings(branch, [...here, i]));
		if (!LIFECYCLE_FIELDS.some((known) => known === field)) {
			const meant = nearest(field, LIFECYCLE_FIELDS);
			const hint = meant ? `did you mean ${meant}?` : `there are ${LIFECYCLE_FIELDS.join(', ')}`;
			return [{ at: here, message: 'a lifecycle event has no such field', hint, onKey: true }];
		}
		if (!Array.isArray(value)) return [{ at: here, message: 'is text in a lifecycle event', hint: `write ${field}: [value]` }];
		return field === HOOK ? value.flatMap((condition, i) => conditionFindings(condition, [...here, i])) : [];
	});
}

function conditionFindings(condition: unknown, at: Path): Finding[] {
	if (typeof condition === 'string') {
		if (HOOK_NAME.test(condition)) return [];
		return [{ at, message: `${quote(condition)} is not the name of a hook`, hint: 'names have letters, digits, -, _ and /' }];
	}
	if (condition !== null && typeof condition === 'object') {
		const [name, value] = Object.entries(condition)[0] ?? [];
		if (name === 'prefix' && typeof value === 'string') {
			return value === '' ? [{ at, message: 'an empty prefix names every hook, those of other services too', hint: HINT }] : [];
		}
		return [{ at, message: `${name} does not name hooks: it would also match hooks of other services`, hint: HINT }];
	}
	return [{ at, message: `${quote(condition)} is not the name of a hook`, hint: HINT }];
}

/** Where a pattern leaves the hook open, or undefined where every way to match it names one. */
function whereUnnamed(pattern: Readonly<Record<string, unknown>>, at: Path): Path | undefined {
	if (Object.hasOwn(pattern, HOOK)) return undefined;
	const branches = pattern['$or'];
	if (!Array.isArray(branches)) return at;
	for (const [i, branch] of branches.entries()) {
		const unnamed = whereUnnamed(branch, [...at, '$or', i]);
		if (unnamed) return branches.some((other) => !whereUnnamed(other, at)) ? unnamed : at;
	}
	return undefined;
}
