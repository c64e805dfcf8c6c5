/** What comes from outside, made so that every service of AWS takes it again: DynamoDB, OpsCenter and SQS are given parts of it. */

import { Fail } from './errors.ts';

/** DynamoDB takes 32 levels, some of which are the ledger's own. */
const LEVELS = 25;
/** What DynamoDB holds of a number (38 digits, in this range), and a JavaScript number gives back as it was. */
const LEAST = 1e-130;
const MOST = 1e126;

/**
 * The event as it came, mostly. A number that cannot be kept becomes null, half a surrogate pair becomes U+FFFD, and a field without a
 * name, or of the name `__proto__`, is left out.
 * @throws Fail where it is nested too deep.
 */
export function tame(value: unknown, level = 0): unknown {
	if (typeof value === 'string') return value.toWellFormed();
	if (typeof value === 'number') return canHold(value) ? value : null;
	if (value === null || typeof value !== 'object') return value;
	if (level > LEVELS) throw new Fail(`The event is nested more than ${LEVELS} deep: no operation can keep it`);
	if (Array.isArray(value)) return value.map((each) => tame(each, level + 1));
	const named = Object.entries(value).filter(([name]) => name !== '' && name !== '__proto__');
	return Object.fromEntries(named.map(([name, each]) => [name.toWellFormed(), tame(each, level + 1)]));
}

function canHold(number: number): boolean {
	const size = Math.abs(number);
	return size === 0 || (size >= LEAST && size < MOST);
}
