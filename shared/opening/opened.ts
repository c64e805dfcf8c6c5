/** What every operation has that opens. */

import { lineOf } from '../operation/history.ts';
import { operationId } from '../operation/ids.ts';
import type { Subject } from '../operation/types.ts';

/**
 * @param at when it opens: epoch milliseconds.
 * @param why the first line of its history; absent where that is yet to be found out.
 * @param requestId of the call that is told of there.
 */
export function opened<S extends Subject>(subject: S, occurrence: number, at: number, why?: string, requestId?: string) {
	return {
		id: operationId(subject, occurrence),
		kind: subject.kind as S['kind'],
		subject,
		occurrence,
		history: why === undefined ? [] : [lineOf({ what: 'opened', why, requestId }, at)],
		openedAt: at,
		attempts: { start: 0, ending: 0 },
		version: 0,
		publishedVersion: 0,
	};
}
