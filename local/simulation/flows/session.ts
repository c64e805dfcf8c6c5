/** People's shells on nodes: a record of each, and rules for them. */

import type { SessionOperation } from '../../../shared/operation/types.ts';
import type { BusEvent } from '../../aws/eventbridge.ts';
import type { Flow, Part, Scene, Watch } from '../flow.ts';
import { isSession, SessionsAtAws } from './session-at-aws.ts';
import { checkPace, checkTerminated } from './session-checks.ts';
import { drawSessions, type SessionPart } from './session-draw.ts';
import { checkEnds } from './session-ends.ts';
import { countFeatures, countRefused, FEATURES, RARE, TRANSITIONS } from './session-features.ts';

const CALLED = 'AWS API Call via CloudTrail';
const CALLS: readonly unknown[] = ['StartSession', 'ResumeSession', 'TerminateSession'];
const FUNCTION = 'fleetkeeper-local-session-event';
/** Calls of Systems Manager: two lists every five minutes, one a minute while a session is open, and more for each session. */
const MOST_CALLS = { minute: 3, session: 25 } as const;

export const session: Flow = {
	name: 'session',
	weight: 1,
	draw: drawSessions,
	watch,
	mustAccountFor,
	accounts,
	isBestEffort: () => false,
	// Their clock is one of their own: see checkPace.
	dueAt: (operation) => (isSession(operation) ? Number.POSITIVE_INFINITY : undefined),
	transitions: TRANSITIONS,
	features: FEATURES,
	faults: ['a node vanishes', "an agent's connection is lost"],
	rare: RARE,
};

function watch(scene: Scene, part: Part): Watch {
	const sessions = new SessionsAtAws(scene, part as SessionPart);
	let calls = 0;
	return {
		asked: (call) => sessions.asked(call),
		called(call) {
			if (call.service === 'ssm' && call.caller === FUNCTION) calls += 1;
			checkTerminated(scene, sessions, call);
		},
		written(after, before) {
			if (!isSession(after)) return;
			if (before === undefined) sessions.opened(after);
			countFeatures(scene, after, before as SessionOperation | undefined);
		},
		minute() {
			for (const each of sessions.all()) checkPace(scene, sessions, each);
		},
		pending: () =>
			sessions.all().flatMap((each) => {
				if (each.endedAt === undefined) return [`${each.id} is open`];
				return sessions.recordsOf(each).length === 0 ? [`nobody has taken note of ${each.id}`] : [];
			}),
		end() {
			checkEnds(scene, sessions);
			countRefused(scene);
			const minutes = Math.ceil((scene.now() - scene.setting.startAt) / 60_000);
			const most = MOST_CALLS.minute * minutes * scene.plan.clocks + MOST_CALLS.session * sessions.all().length;
			if (calls > most) scene.violated(8, `${calls} calls of Systems Manager in ${minutes} minutes: at most ${most} are enough`);
		},
	};
}

/** What the rule of the function takes. */
function mustAccountFor({ 'detail-type': type, source, detail }: BusEvent): boolean {
	return type === CALLED && source === 'aws.ssm' && CALLS.includes(detail['eventName']);
}

function accounts({ detail, ...event }: BusEvent, { operations }: Scene): boolean {
	if (!mustAccountFor({ detail, ...event })) return false;
	const ids = [detail['responseElements'], detail['requestParameters']].map(
		(each) => (each as { readonly sessionId?: unknown } | null)?.sessionId,
	);
	return [...operations.values()].some(({ subject }) => subject.kind === 'session' && ids.includes(subject.sessionId));
}
