/** Places in an OpsItem that many operations share. Pure. */

/** Thousands of operations may share one: the item has room for so many, and each new one takes the place of an older. */
export const PLACES = 100;

/** The place of an operation among those about other subjects, by the hash in its id: `07`. */
export function placeOf({ id }: { readonly id: string }): string {
	return place(Number.parseInt(id.split('-')[1]?.slice(0, 8) ?? '', 16) || 0);
}

/** The place of an occurrence among those of the same subject. */
export function placeOfOccurrence({ occurrence }: { readonly occurrence: number }): string {
	return place(occurrence);
}

function place(n: number): string {
	return String(n % PLACES).padStart(2, '0');
}
