/** When a run is looked at, and how long what is awaited may take. Pure. */

import type { WindowRun } from './types.ts';

const MINUTE = 60_000;

/** A run whose end is not reported is looked up so often. Milliseconds. */
export const LOOK_EVERY = 20 * MINUTE;
/** After a call that AWS did not grant: reading a group takes dozens. Milliseconds. */
export const READ_AGAIN = { 'look-at-run': MINUTE, 'survey-nodes': 5 * MINUTE } as const;
/**
 * A node that is not back so long after the end of its window is not waited for: restarting takes minutes, and an agent whose node hangs
 * reports no end to anybody. Milliseconds.
 */
const BACK_WITHIN = 30 * MINUTE;
/** How long a run, or its soak, that is over may stay unjudged because AWS does not say how it stands. Milliseconds. */
export const JUDGED_WITHIN = 24 * 60 * MINUTE;
export const DAY = 24 * 60 * MINUTE;

/** From then on what has not ended counts as not back. */
export function verdictAt({ endsAt }: Pick<WindowRun, 'endsAt'>): number {
	return endsAt + BACK_WITHIN;
}
