/** -1 where the first comes before the second, 1 where it comes after it, 0 where neither does. */
export type Order = -1 | 0 | 1;

/** Texts by their characters' codes, as C's `strcmp` has them. */
export function textOrder(one: string, other: string): Order {
	if (one === other) return 0;
	return one < other ? -1 : 1;
}

/** Whole numbers written out, of any length; nothing is 0. */
export function numberOrder(one: string, other: string): Order {
	const [left, right] = [one.replace(/^0+/, ''), other.replace(/^0+/, '')];
	return left.length === right.length ? textOrder(left, right) : left.length < right.length ? -1 : 1;
}
