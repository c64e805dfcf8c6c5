/** Playbooks for sessions, and which of them claims one, read from their text alone. */

import type { Draw } from '../draw.ts';
import type { PlaybookText } from '../flow.ts';
import { secondsOf } from './claims.ts';

/** A session as whoever has started it asked for it. */
interface Begun {
	/** The ARN of who. */
	readonly owner: string;
	readonly target: string;
	readonly documentName: string;
	readonly reason?: string | undefined;
}

type Condition = string | { readonly prefix: string } | { readonly 'anything-but': string };
type Conditions = Readonly<Partial<Record<keyof Begun, readonly Condition[]>>>;

/** A playbook for sessions, as far as the simulation draws them. */
export interface SessionText extends PlaybookText {
	readonly when?: { readonly detail?: Conditions; readonly tags?: Readonly<Record<string, readonly string[]>> };
	readonly session: { readonly allowed?: false; readonly reason?: 'required'; readonly maxDuration?: string };
	readonly mode?: 'observe';
}

/** Those who may have no shell at all begin so. */
export const CONTRACTOR = 'contractor-';
const USERS = 'arn:aws:iam::111122223333:user/';
export const OWN_DOCUMENT = 'fleetkeeper-local-session';
/** A reason that lets through what nobody may do otherwise. */
export const BREAK_GLASS = 'break-glass';

/** @param draw of these alone. */
export function drawSessionPlaybooks(draw: Draw): SessionText[] {
	const cap = () => draw.one(['5m', '8m', '12m', '20m', '40m']);
	const observes = (share: number) => (draw.chance(share) ? ({ mode: 'observe' } as const) : {});
	const named = (
		name: string,
		priority: number,
		rest: Pick<SessionText, 'when' | 'session' | 'mode'> & { readonly opsItem?: object },
	): SessionText => ({
		...{ name: `session-${name}`, priority, on: 'session' },
		...rest,
	});
	const all: readonly (readonly [share: number, () => SessionText])[] = [
		[0.3, () => named('glass', 10, { when: { detail: { reason: [{ prefix: BREAK_GLASS }] } }, session: {} })],
		[0.4, () => named('vault', 50, { when: { tags: { tier: ['vault'] } }, session: { allowed: false }, ...observes(0.15) })],
		[
			0.6,
			() =>
				named('contractors', 100, {
					when: { detail: { owner: [{ prefix: USERS + CONTRACTOR }] } },
					session: { allowed: false },
					...observes(0.15),
				}),
		],
		[
			0.3,
			() =>
				named('documents', 150, { when: { detail: { documentName: [{ 'anything-but': OWN_DOCUMENT }] } }, session: { allowed: false } }),
		],
		[
			0.7,
			() =>
				named('prod', 200, {
					when: { tags: { environment: ['prod'] } },
					session: { reason: 'required', ...(draw.chance(0.6) && { maxDuration: cap() }) },
					...observes(0.1),
					opsItem: { severity: draw.one(['1', '2']), category: 'Security' },
				}),
		],
		[0.5, () => named('anywhere', 900, { when: {}, session: { maxDuration: cap() }, ...observes(0.1) })],
	];
	return all.flatMap(([share, make]) => (draw.chance(share) ? [make()] : []));
}

/** The playbook of the lowest priority that matches. */
export function claimingSession(
	playbooks: readonly SessionText[],
	begun: Begun,
	tags: Readonly<Record<string, string>>,
): SessionText | undefined {
	const matching = playbooks.filter(({ when: { detail = {}, tags: asked = {} } = {} }) => {
		const fields = Object.entries(detail) as [keyof Begun, readonly Condition[]][];
		return (
			fields.every(([field, conditions]) => conditions.some((condition) => meets(condition, begun[field]))) &&
			Object.entries(asked).every(([key, values]) => values.includes(tags[key] ?? ''))
		);
	});
	return matching.toSorted((a, b) => a.priority - b.priority)[0];
}

function meets(condition: Condition, value: string | undefined): boolean {
	if (value === undefined) return false;
	if (typeof condition === 'string') return condition === value;
	return 'prefix' in condition ? value.startsWith(condition.prefix) : value !== condition['anything-but'];
}

/** Whether a session must not have begun, by the playbook that claims it. */
export function isForbidden(text: SessionText | undefined, { reason }: Pick<Begun, 'reason'>): boolean {
	return text?.session.allowed === false || (text?.session.reason === 'required' && reason === undefined);
}

/** Milliseconds; `Infinity` where nobody sets a limit. */
export function longestOf(text: SessionText | undefined): number {
	const { maxDuration } = text?.session ?? {};
	return maxDuration === undefined ? Number.POSITIVE_INFINITY : secondsOf(maxDuration) * 1_000;
}
