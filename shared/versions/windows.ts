/**
 * Versions of Windows programs, in the order of the Windows Package Manager: numbers parted by dots, as many as there are, which for
 * the four numbers of a file's version and the three of an installer's is the order that Windows has for those.
 */

import { numberOrder, type Order, textOrder } from './order.ts';

/** A number and what stands behind it: `4-beta`. */
type Part = readonly [number: string, text: string];

/** `v1.2` and `Version 1.2` are `1.2`; `.1` is `0.1`. */
function partsOf(version: string): Part[] {
	const trimmed = version.trim();
	const bare = /^[^.\d]+\d/.test(trimmed) ? trimmed.replace(/^[^\d]+/, '') : trimmed;
	return bare.split('.').map((part) => {
		const [, digits = '', text = ''] = /^(\d*)(.*)$/s.exec(part.trim()) ?? [];
		return [digits, text.toLowerCase()];
	});
}

/** Parts that are not there are 0, and a part with a text comes before the bare number. */
export function compareWindows(one: string, other: string): Order {
	const [left, right] = [partsOf(one), partsOf(other)];
	for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
		const [digits, text] = left[at] ?? ['', ''];
		const [otherDigits, otherText] = right[at] ?? ['', ''];
		const byNumber = numberOrder(digits, otherDigits);
		if (byNumber !== 0) return byNumber;
		if ((text === '') !== (otherText === '')) return text === '' ? 1 : -1;
		const byText = textOrder(text, otherText);
		if (byText !== 0) return byText;
	}
	return 0;
}
