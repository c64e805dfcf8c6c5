/** Milliseconds that a question about the context of an alarm may take. All are asked at once: an OpsItem waits no longer. */
const ANSWER_WITHIN = 5_000;

/** A question that was not answered in time. */
export class NoAnswer extends Error {}

/**
 * What `ask` gives. Its signal says when it need not go on.
 * @throws NoAnswer after five seconds, whatever `ask` does; before that, what `ask` throws.
 */
export async function inTime<T>(ask: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
	const abort = new AbortController();
	let timer: ReturnType<typeof setTimeout> | undefined;
	const timeIsUp = new Promise<never>((_, reject) => {
		timer = setTimeout(() => {
			reject(new NoAnswer(`no answer within ${ANSWER_WITHIN / 1000} s`));
			abort.abort();
		}, ANSWER_WITHIN);
	});
	try {
		return await Promise.race([ask(abort.signal), timeIsUp]);
	} finally {
		clearTimeout(timer);
	}
}
