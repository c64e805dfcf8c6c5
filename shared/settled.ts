/** The result of one event among several: none of them spoils the others. */
export type Settled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** What a task gives, or what it throws. */
export async function attempt<T>(task: () => T | Promise<T>): Promise<Settled<T>> {
	try {
		return { ok: true, value: await task() };
	} catch (error) {
		return { ok: false, error };
	}
}
