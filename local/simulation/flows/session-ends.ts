/** What must hold once all is over: each session has one record, and it tells what AWS knows; people are told of what was outside the rules. */

import type { SessionOperation } from '../../../shared/operation/types.ts';
import type { Session } from '../../aws/ssm/sessions/sessions.ts';
import type { Scene } from '../flow.ts';
import { isCancelled, isLeft, type Judged, NO_RULE, type SessionsAtAws } from './session-at-aws.ts';
import { isOutside, SKEW } from './session-checks.ts';
import { TELLS_OF } from './session-people.ts';
import { OWN_DOCUMENT } from './session-playbooks.ts';

/** Events tell their time to the second. Milliseconds. */
const TO_THE_SECOND = 1_000;
const BUCKET = 'fleetkeeper-local-output-111122223333-eu-west-1';
const LOG_GROUP = '/fleetkeeper/local/sessions';

export function checkEnds(scene: Scene, sessions: SessionsAtAws): void {
	for (const session of sessions.all()) {
		const [record, ...more] = sessions.recordsOf(session);
		if (record === undefined) scene.violated(1, `${session.id} is on no record`);
		else if (more.length > 0) scene.violated(4, `${session.id} is on record ${more.length + 1} times`);
		else checkRecord(scene, sessions, session, record);
	}
	const known = new Set(sessions.all().map(({ id }) => id));
	for (const { id, subject } of scene.operations.values())
		if (subject.kind === 'session' && !known.has(subject.sessionId))
			scene.violated(3, `${id} is about ${subject.sessionId}, which never was`);
}

function checkRecord(scene: Scene, sessions: SessionsAtAws, session: Session, record: SessionOperation): void {
	const wrong = (what: string) => scene.violated(3, `${record.id} of ${session.id}: ${what}`);
	const { subject, playbook, closedAt } = record;
	const judged = sessions.judge(session);
	if (closedAt === undefined) wrong('it is open still');
	if (subject.owner !== session.owner) wrong(`who is ${subject.owner}, and AWS has ${session.owner}`);
	if (subject.node !== session.target) wrong(`the node is ${subject.node}, and AWS has ${session.target}`);
	if (subject.document !== session.document) wrong(`the document is ${subject.document}, and AWS has ${session.document}`);
	const reason = session.reason?.trim() || undefined;
	if (subject.reason !== reason) wrong(`why is '${subject.reason}', and AWS has '${reason}'`);
	if (Math.abs(subject.startedAt - session.startedAt) > TO_THE_SECOND) wrong('it began at another time');
	const claims = judged.text?.name ?? NO_RULE;
	if (playbook.name !== claims) wrong(`it is under the rules of ${playbook.name}, and ${claims} claims it`);
	if (!isLeft(record)) checkEnd(scene, session, record, judged);
	checkTold(scene, session, record, judged);
}

function checkEnd(scene: Scene, session: Session, record: SessionOperation, judged: Judged): void {
	const wrong = (what: string) => scene.violated(3, `${record.id} of ${session.id}: ${what}`);
	const { result, state } = record;
	const { endedAt = 0, status, startedAt } = session;
	const end = result?.session;
	if (end === undefined) wrong(`its end is not on record: ${result?.reason}`);
	else {
		const off = end.endedAt - endedAt;
		if (Math.abs(off) > 2 * TO_THE_SECOND) wrong(`it ended ${Math.round(off / 1_000)} s sooner than is on record`);
		if (Math.abs(end.seconds * 1_000 - (endedAt - startedAt)) > 4 * TO_THE_SECOND) wrong(`it lasted for other than ${end.seconds} s`);
		checkTranscript(scene, session, record);
	}
	const expected = expectedOf(session, record, judged);
	if (expected !== undefined && state !== expected) wrong(`it is ${state} (${result?.reason}), not ${expected}`);
	if (status === 'Failed' && !/never began/.test(result?.reason ?? '')) wrong(`it never began, and that is not said: ${result?.reason}`);
}

/** Undefined where seconds decide. */
function expectedOf(
	{ endedAt = 0, status }: Session,
	record: SessionOperation,
	{ forbidden, capAt }: Judged,
): SessionOperation['state'] | undefined {
	if (forbidden) return 'failed';
	if (status === 'Failed') return 'skipped';
	if (isCancelled(record) || endedAt > capAt + SKEW) return 'failed';
	return endedAt > capAt - SKEW ? undefined : 'succeeded';
}

/** Where the record says that the transcript is, it is: of our own document alone, for the others keep none, or elsewhere. */
function checkTranscript({ world, violated }: Scene, session: Session, { id, result }: SessionOperation): void {
	const { transcript } = result?.session ?? {};
	const isKept = session.document === OWN_DOCUMENT && session.status !== 'Failed';
	if (!isKept) {
		if (transcript !== undefined) violated(3, `${id} tells of a transcript, and nobody keeps one`);
		return;
	}
	const key = `sessions/${session.id}.log`;
	if (transcript?.s3 !== `s3://${BUCKET}/${key}` || transcript.logGroup !== LOG_GROUP || transcript.logStream !== session.id)
		violated(3, `${id} does not tell where its transcript is: ${JSON.stringify(transcript)}`);
	const { s3, ssm } = world.services;
	// Of a node that is gone, what was not streamed is lost.
	if (ssm.node(session.target) !== undefined && !s3.bucket(BUCKET)?.objects.has(key)) violated(3, `${id} has no transcript at AWS`);
}

/** Of what was outside the rules there is one OpsItem, open until a person resolves it, which tells how it ended; of anything else none. */
function checkTold(scene: Scene, session: Session, record: SessionOperation, judged: Judged): void {
	const wrong = (invariant: 3 | 4, what: string) => scene.violated(invariant, `${record.id} of ${session.id}: ${what}`);
	const key = `session/${record.id}`;
	const items = scene.world.services.ssm.opsItems().filter(({ data }) => data.has(key));
	const expected = expectedOf(session, record, judged);
	const isOut = judged.forbidden || (expected === 'failed' && !isCancelled(record)) || judged.capAt + SKEW < (session.endedAt ?? 0);
	if (!isOut) {
		if (items.length > 0 && !isOutside(scene, session, judged)) wrong(3, `${items[0]?.id} tells of it, and it was within the rules`);
		return;
	}
	const [item, ...more] = items;
	if (item === undefined) {
		if (!isLeft(record)) wrong(3, 'it was outside the rules, and nobody is told');
		return;
	}
	if (more.some(({ status }) => status === 'Open') && item.status === 'Open') wrong(4, 'two open OpsItems tell of it');
	if (more.length > 0 && [item, ...more].every(({ status }) => status === 'Open')) wrong(4, `${items.length} OpsItems tell of it`);
	const [, owner, playbook] = TELLS_OF.exec(item.title) ?? [];
	if (owner !== session.owner || playbook !== record.playbook.name) wrong(3, `it is told of under '${item.title}'`);
	const text = item.data.get(key)?.Value ?? '';
	if (!isLeft(record) && !text.includes(record.result?.reason ?? '?')) wrong(3, `its OpsItem does not tell how it ended: ${text}`);
}
