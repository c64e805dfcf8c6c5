/** The clocks of an association's operation. Everything is epoch milliseconds unless its name says otherwise. Pure. */

const MINUTE = 60_000;

/** One node fails while others still apply it: for so long the others are waited for, and looked at in between. */
export const GATHER = 10 * MINUTE;
export const GATHER_LOOK = 2 * MINUTE;
/** From being applied again to the look at what came of it, where no event tells; nodes may still be at it, and are looked at again. */
export const OUTCOME = 10 * MINUTE;
/** Nodes that have yet to apply it may be away: where it fails on no other for so long, nothing is amiss. */
export const PATIENCE = 30 * MINUTE;
/** While a pause holds it, how it stands is looked at now and then: whoever paused may have ended it. */
export const PAUSED_LOOK = 5 * MINUTE;
/** After a call that may have applied it: a list of commands may lag so long behind. */
export const FOUND_AFTER = 2 * MINUTE;
/** How often applying it is tried. */
export const TRIES = 10;

const FIRST_LOOK = 30 * MINUTE;
const LAST_LOOK = 360 * MINUTE;

/** From one look at an association that fails to the next. */
export function lookAfter(looks: number): number {
	return Math.min(FIRST_LOOK * 2 ** looks, LAST_LOOK);
}
