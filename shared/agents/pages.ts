/** Lists of AWS, page by page, up to a bound. */

interface Page<T> {
	readonly items: readonly T[];
	readonly next: string | undefined;
}

/** @param most pages that are read at most. Rejects with what `read` throws. */
export async function pagesOf<T>(
	most: number,
	read: (token: string | undefined) => Promise<Page<T>>,
): Promise<{ items: T[]; cut: boolean }> {
	const items: T[] = [];
	let token: string | undefined;
	for (let page = 0; page < most; page += 1) {
		const found = await read(token);
		items.push(...found.items);
		token = found.next || undefined;
		if (token === undefined) return { items, cut: false };
	}
	return { items, cut: true };
}
