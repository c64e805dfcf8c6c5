/** Session Manager. */

import type { RoleOf } from '../../identity.ts';
import type { AwsContext } from '../../types.ts';
import type { Bucketing } from '../data-sync/syncs.ts';
import type { Documents } from '../documents.ts';
import type { Lag } from '../lag.ts';
import type { AgentMay } from '../node-admission.ts';
import type { Nodes } from '../nodes.ts';
import { BUILT_IN_SESSIONS } from './document.ts';
import { sessionOperations } from './operations.ts';
import { Sessions } from './sessions.ts';

/** What people do at their shells: inputs of a world. */
export type SessionManager = Pick<Sessions, 'all' | 'type' | 'exit' | 'disconnect' | 'logs'>;

interface Deps {
	readonly ctx: AwsContext;
	readonly nodes: Nodes;
	readonly documents: Documents;
	readonly lag: Lag;
	readonly roleOf: RoleOf;
	readonly agentMay: AgentMay;
	readonly s3?: Bucketing;
}

export function createSessionManager(deps: Deps) {
	const { ctx, nodes, documents, agentMay, s3 } = deps;
	for (const [name, content] of Object.entries(BUILT_IN_SESSIONS)) documents.add({ name, type: 'Session', content, owner: 'Amazon' });
	const sessions = new Sessions(ctx, nodes, agentMay, s3);
	return { sessions, manager: sessions as SessionManager, operations: sessionOperations({ ...deps, sessions }) };
}
