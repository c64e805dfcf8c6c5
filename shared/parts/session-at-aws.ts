/** Sessions: the kind, and who asks Session Manager. */

import type { Part } from '../operation/services.ts';
import { lookAtSessions, terminateSessions } from '../outcomes/session.ts';
import { session } from './session.ts';

export function sessionAtAws(): Part {
	return { ...session, performers: { 'look-at-session': lookAtSessions, 'terminate-session': terminateSessions } };
}
