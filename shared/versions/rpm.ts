/** Versions of RPM packages, `[epoch:]version[-release]`, in rpm's own order (rpm-version(7)). */

import { numberOrder, type Order, textOrder } from './order.ts';

/** A run of digits, a run of letters, or one of the marks that sort by themselves; all else only separates. */
const SEGMENT = /[0-9]+|[A-Za-z]+|[~^]/g;

/** What comes first: a tilde before the end, the end before a caret, a caret before letters, letters before numbers. */
function rank(segment: string | undefined): number {
	if (segment === undefined) return 1;
	if (segment === '~') return 0;
	if (segment === '^') return 2;
	return /[0-9]/.test(segment) ? 4 : 3;
}

function segmentsOf(part: string): readonly string[] {
	return part.match(SEGMENT) ?? [];
}

/** Compares one part of two packages segment by segment, as rpm's `rpmvercmp` does. */
function partOrder(one: string, other: string): Order {
	const [left, right] = [segmentsOf(one), segmentsOf(other)];
	for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
		const [mine = '', theirs = ''] = [left[at], right[at]];
		const byKind = rank(left[at]) - rank(right[at]);
		if (byKind !== 0) return byKind < 0 ? -1 : 1;
		const order = rank(mine) === 4 ? numberOrder(mine, theirs) : textOrder(mine, theirs);
		if (order !== 0) return order;
	}
	return 0;
}

function partsOf(text: string): readonly [epoch: string, version: string, release: string | undefined] {
	const [, epoch = '0', rest = ''] = /^(?:(\d*):)?(.*)$/s.exec(text) ?? [];
	const dash = rest.lastIndexOf('-');
	return dash < 0 ? [epoch, rest, undefined] : [epoch, rest.slice(0, dash), rest.slice(dash + 1)];
}

/** A version without a release comes before the same one with any (`rpmverCmp`). */
export function compareRpm(one: string, other: string): Order {
	const [epoch, version, release] = partsOf(one);
	const [otherEpoch, otherVersion, otherRelease] = partsOf(other);
	const before = numberOrder(epoch, otherEpoch) || partOrder(version, otherVersion);
	if (before !== 0) return before;
	if (release === undefined || otherRelease === undefined) return release === otherRelease ? 0 : release === undefined ? -1 : 1;
	return partOrder(release, otherRelease);
}
