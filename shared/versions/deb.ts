/** Versions of Debian packages, `[epoch:]upstream[-revision]`, in dpkg's own order (deb-version(7)). */

import { numberOrder, type Order } from './order.ts';

/** Texts and numbers in turn, a text first: `1.2~rc` is `''`, `1`, `.`, `2`, `~rc`, `''`. */
const PAIR = /([^0-9]*)([0-9]*)/g;

/** A tilde comes before the end, letters before whatever else there is. */
function weight(character: string | undefined): number {
	if (character === undefined) return 0;
	if (character === '~') return -1;
	const code = character.charCodeAt(0);
	return /[A-Za-z]/.test(character) ? code : code + 256;
}

function textOrder(one: string, other: string): Order {
	for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
		const difference = weight(one[at]) - weight(other[at]);
		if (difference !== 0) return difference < 0 ? -1 : 1;
	}
	return 0;
}

function partOrder(one: string, other: string): Order {
	const [left, right] = [[...one.matchAll(PAIR)], [...other.matchAll(PAIR)]];
	for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
		const [, text = '', digits = ''] = left[at] ?? [];
		const [, otherText = '', otherDigits = ''] = right[at] ?? [];
		const order = textOrder(text, otherText) || numberOrder(digits, otherDigits);
		if (order !== 0) return order;
	}
	return 0;
}

function partsOf(text: string): readonly [epoch: string, upstream: string, revision: string] {
	const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/s.exec(text) ?? [];
	const dash = rest.lastIndexOf('-');
	return dash < 0 ? [epoch, rest, ''] : [epoch, rest.slice(0, dash), rest.slice(dash + 1)];
}

/** A revision that is not there is as good as `0`. */
export function compareDeb(one: string, other: string): Order {
	const [epoch, upstream, revision] = partsOf(one);
	const [otherEpoch, otherUpstream, otherRevision] = partsOf(other);
	return numberOrder(epoch, otherEpoch) || partOrder(upstream, otherUpstream) || partOrder(revision, otherRevision);
}
