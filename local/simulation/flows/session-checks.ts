/** What must hold of sessions while they go on: who is terminated, who is not, and by when. */

import type { ApiCall } from '../../aws/api-call.ts';
import type { Session } from '../../aws/ssm/sessions/sessions.ts';
import type { Scene } from '../flow.ts';
import { isCancelled, type Judged, type SessionsAtAws } from './session-at-aws.ts';

const MINUTE = 60_000;
/** A function's clock may be off by so much. Milliseconds. */
export const SKEW = 6_000;
/** From an answer of AWS to what is done about it: calls that are slow, and tried again. Milliseconds. */
const ACTS_WITHIN = 60_000;
/** What is outside the rules is terminated by then, and what is over on record, once nothing goes wrong any more. */
const DONE_WITHIN = 25 * MINUTE;
/** Where nothing goes wrong at all: an event comes within half a minute, and the clock within two. */
const DONE_WELL_WITHIN = 4 * MINUTE;
/** Of what is over by itself nobody tells: the clock looks every five minutes. */
const SEEN_WELL_WITHIN = 8 * MINUTE;

const FUNCTION = 'fleetkeeper-local-session-event';

/** What Fleetkeeper terminates is outside the rules, or an operator wants it so; and nothing is paused. */
export function checkTerminated(scene: Scene, sessions: SessionsAtAws, { operation, caller, input, error }: ApiCall): void {
	if (operation !== 'TerminateSession' || caller !== FUNCTION || error !== undefined) return;
	const { SessionId = '' } = input as { readonly SessionId?: string };
	const session = sessions.find(SessionId);
	if (session === undefined) {
		scene.violated(3, `${SessionId} is terminated, and there is no such session`);
		return;
	}
	const judged = sessions.judge(session);
	const pausedSince = sessions.pausedSince();
	if (pausedSince !== undefined && scene.now() > pausedSince + SKEW) scene.violated(3, `${SessionId} is terminated while all is paused`);
	if (sessions.recordsOf(session).some(isCancelled)) return;
	if (judged.observed) scene.violated(3, `${SessionId} is terminated, and its playbook observes`);
	else if (!isOutside(scene, session, judged)) scene.violated(3, `${SessionId} is terminated, and it is within the rules`);
}

/** Whether a session is outside the rules now, as far as AWS's list of those that are open tells. */
export function isOutside({ now, plan }: Scene, { endedAt = now() }: Session, { forbidden, capAt }: Judged): boolean {
	if (forbidden) return true;
	const shownUntil = endedAt + plan.listLagMs + ACTS_WITHIN;
	return capAt <= Math.min(now(), shownUntil) + SKEW;
}

/** What has to be ended is, and what has ended is on record. */
export function checkPace(scene: Scene, sessions: SessionsAtAws, session: Session): void {
	const { id, startedAt, endedAt } = session;
	const { setting, plan } = scene;
	const isCalm =
		sessions.areTold && plan.outages.length === 0 && [plan.calls, plan.events].every((rates) => Object.keys(rates).length === 0);
	const calmAt = setting.startAt + plan.fromMs + plan.untilMs;
	const late = (since: number, well: number) =>
		isCalm ? scene.now() - since > well + plan.listLagMs : scene.now() - Math.max(since, calmAt) > DONE_WITHIN;
	if (endedAt !== undefined) {
		const open = sessions.recordsOf(session).find(({ closedAt }) => closedAt === undefined);
		if (open !== undefined && late(endedAt, SEEN_WELL_WITHIN)) scene.violated(5, `${id} ended long ago, and ${open.id} is open still`);
		return;
	}
	const { forbidden, capAt, observed } = sessions.judge(session);
	const actsSince = sessions.actsSince();
	if (observed || actsSince === undefined) return;
	const since = Math.max(forbidden ? startedAt : capAt, actsSince);
	if (late(since, DONE_WELL_WITHIN)) scene.violated(5, `${id} goes on, and has been outside the rules for long`);
}
