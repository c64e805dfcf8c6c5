/** Sessions as AWS has them, and what the rules make of each, by the playbooks' text and the nodes' tags. */

import type { SessionOperation } from '../../../shared/operation/types.ts';
import type { Session } from '../../aws/ssm/sessions/sessions.ts';
import type { Call } from '../../aws/wire.ts';
import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import type { SessionPart } from './session-draw.ts';
import { claimingSession, isForbidden, longestOf, type SessionText } from './session-playbooks.ts';

/** A record of the compiled playbooks is believed for so long, and the invocation that has it may go on. Milliseconds. */
const BELIEVED = 120_000;

/** The playbook of sessions that none claims. */
export const NO_RULE = 'sessions';

export const isSession = (operation: Recorded): operation is SessionOperation => operation.kind === 'session';

/** How a session stands to the rules. */
export interface Judged {
	readonly text: SessionText | undefined;
	/** From its start. */
	readonly forbidden: boolean;
	/** When its time is over: epoch milliseconds, perhaps `Infinity`. */
	readonly capAt: number;
	readonly observed: boolean;
}

export class SessionsAtAws {
	readonly #scene: Scene;
	readonly #part: SessionPart;
	readonly #tags = new Map<string, Readonly<Record<string, string>>>();
	/** Operations of a session, by its id; one, if all is well. */
	readonly #records = new Map<string, Set<string>>();
	/** Sessions that were taken note of when their node was gone: its tags may have been, too. */
	readonly #untagged = new Set<string>();
	#pausedAt: number | undefined;
	#resumedAt = 0;

	constructor(scene: Scene, part: SessionPart) {
		this.#scene = scene;
		this.#part = part;
		for (const { tags = {}, nodes } of part.groups ?? []) for (const { id } of nodes) this.#tags.set(id, tags);
	}

	/** Whether CloudTrail brings what people do with sessions. */
	get areTold(): boolean {
		return (this.#part.fleet?.trails ?? []).length > 0;
	}

	all(): readonly Session[] {
		return this.#scene.world.services.ssm.sessionManager.all();
	}

	find(id: string): Session | undefined {
		return this.all().find((session) => session.id === id);
	}

	/** Takes note of an operation when it is opened. */
	opened({ id, subject: { sessionId, node } }: SessionOperation): void {
		this.#records.set(sessionId, (this.#records.get(sessionId) ?? new Set()).add(id));
		const instance = this.#scene.world.services.ec2.instance(node);
		if (instance === undefined || instance.state === 'terminated') this.#untagged.add(sessionId);
	}

	recordsOf({ id }: Session): SessionOperation[] {
		const ids = [...(this.#records.get(id) ?? [])];
		return ids.flatMap((each) => {
			const operation = this.#scene.operations.get(each);
			return operation !== undefined && isSession(operation) ? [operation] : [];
		});
	}

	judge(session: Session): Judged {
		const { id, owner, target, document: documentName, startedAt } = session;
		const reason = session.reason?.trim() || undefined;
		const begun = { owner, target, documentName, reason };
		const records = this.recordsOf(session);
		const [tagged, untagged] = [this.#tags.get(target) ?? {}, {}].map((tags) => claimingSession(this.#part.playbooks, begun, tags));
		const isUntagged = this.#untagged.has(id) && records.some(({ playbook }) => playbook.name === (untagged?.name ?? NO_RULE));
		const text = isUntagged ? untagged : tagged;
		const more = records.reduce((sum, { history }) => sum + extendedBy(history), 0);
		return {
			text,
			forbidden: isForbidden(text, begun),
			capAt: startedAt + longestOf(text) + more,
			observed: text?.mode === 'observe',
		};
	}

	/** Takes note of pauses, whoever asks for them. */
	asked({ operation, input }: Call): void {
		const { UpdateExpression = '' } = (operation === 'UpdateItem' ? input : {}) as { readonly UpdateExpression?: string };
		if (UpdateExpression.includes('SET paused =')) this.#pausedAt ??= this.#scene.now();
		if (!UpdateExpression.includes('REMOVE paused')) return;
		this.#pausedAt = undefined;
		this.#resumedAt = this.#scene.now();
	}

	/** Since when a pause must be known to everybody; undefined where none is. */
	pausedSince(): number | undefined {
		return this.#pausedAt === undefined ? undefined : this.#pausedAt + BELIEVED;
	}

	/** Since when nothing holds terminations back; undefined while a pause does. */
	actsSince(): number | undefined {
		return this.#pausedAt === undefined ? this.#resumedAt : undefined;
	}
}

/** Milliseconds that an operator has added. */
function extendedBy(history: SessionOperation['history']): number {
	return history.reduce((sum, { what, why }) => {
		const [, seconds = '0'] = (what === 'extended' && /it may last (\d+) s more/.exec(why)) || [];
		return sum + Number(seconds) * 1_000;
	}, 0);
}

/** An operator wants it ended. */
export function isCancelled({ history }: SessionOperation): boolean {
	return history.some(({ what, why }) => what === 'cancelled' && why.includes('it is terminated'));
}

/** An operator has it that nobody looks for its end. */
export function isLeft({ result }: SessionOperation): boolean {
	return /^completed by/.test(result?.reason ?? '');
}
