/** Which rule a session is outside of, and where it is kept. Pure. */

import type { SessionSubject } from '../../operation/types.ts';
import { durationText } from '../../playbook/duration.ts';
import type { SessionRule } from '../../playbook/types.ts';
import { outputBucket, type Settings } from '../../settings.ts';
import type { SessionOperation, Transcript } from './types.ts';

/** What is wrong with a session from its start, in words. */
export function breachOf({ reason }: SessionSubject, { forbidden, reasonRequired }: SessionRule): string | undefined {
	if (forbidden) return 'its playbook forbids such a session';
	return reasonRequired && reason === undefined ? 'it was started without a reason' : undefined;
}

/** When its time is over, epoch milliseconds. */
export function capOf({ startedAt }: SessionSubject, { maxSeconds }: SessionRule): number | undefined {
	return maxSeconds === undefined ? undefined : startedAt + maxSeconds * 1_000;
}

export function tooLong({ rule }: Pick<SessionOperation, 'rule'>): string {
	return `it has been open for more than ${durationText(rule.maxSeconds ?? 0)}`;
}

/** Where infra/sessions.cjs has sessions of the stage's own document kept. */
const PREFIX = 'sessions';

/** Of another document nobody here knows. */
export function transcriptOf(settings: Settings, { sessionId, document, account, region }: SessionSubject): Transcript | undefined {
	if (document.slice(document.lastIndexOf('/') + 1) !== `${settings.documentPrefix}session`) return undefined;
	return {
		s3: `s3://${outputBucket(settings, account, region)}/${PREFIX}/${sessionId}.log`,
		logGroup: settings.outputLogGroup.replace(/[^/]*$/, PREFIX),
		logStream: sessionId,
	};
}
