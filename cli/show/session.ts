/** What `fleet -- show` says of a session. */

import type { SessionOperation } from '../../shared/operation/types.ts';
import { instant, oneLine, span } from '../support/format.ts';

export function sessionRows({ subject, transcript, capAt, breach, resumes, result }: SessionOperation): [string, string][] {
	const { sessionId, owner, node, document, reason, startedAt } = subject;
	const { endedAt, seconds = 0 } = result?.session ?? {};
	const kept = result === undefined || result.session === undefined ? transcript : result.session.transcript;
	return [
		['session', oneLine(sessionId)],
		['who', oneLine(owner)],
		['node', oneLine(node)],
		['why', reason === undefined ? 'no reason given' : oneLine(reason)],
		['document', oneLine(document)],
		['lasted', `${instant(startedAt)} to ${endedAt === undefined ? 'now' : `${instant(endedAt)}, ${span(seconds * 1_000)}`}`],
		...(resumes > 0 ? [['resumed', resumes === 1 ? 'once' : `${resumes} times`] as [string, string]] : []),
		...(capAt === undefined ? [] : [['may last', `until ${instant(capAt)}`] as [string, string]]),
		...(breach === undefined ? [] : [['outside', oneLine(breach)] as [string, string]]),
		['transcript', kept === undefined ? 'none that is known' : oneLine(`${kept.s3}; log group ${kept.logGroup}, stream ${kept.logStream}`)],
	];
}
