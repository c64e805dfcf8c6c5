import { describe, expect, it } from 'vitest';
import { Draw } from '../../local/simulation/draw.ts';
import {
	claimingSession,
	drawSessionPlaybooks,
	isForbidden,
	longestOf,
	type SessionText,
} from '../../local/simulation/flows/session-playbooks.ts';
import { compileSet } from '../../shared/playbook/set.ts';

const ANNA = 'arn:aws:iam::111122223333:user/anna';
const BEGUN = { owner: ANNA, target: 'i-05e00000000000001', documentName: 'fleetkeeper-local-session', reason: undefined };

const text = (name: string, priority: number, rest: Pick<SessionText, 'when' | 'session'>): SessionText => ({
	...{ name, priority, on: 'session' },
	...rest,
});

describe('Playbooks for sessions, as a story draws them', () => {
	it('are all such as the compiler takes', () => {
		const drawn = Array.from({ length: 60 }, (_, seed) => drawSessionPlaybooks(new Draw(seed)));
		const sources = drawn.flatMap((set, seed) =>
			compileSet(set.map((each) => ({ name: each.name, source: JSON.stringify(each), parameterVersion: 1 }))).problems.map(
				(problem) => `seed ${seed}: ${JSON.stringify(problem)}`,
			),
		);

		expect(sources).toEqual([]);
		expect(new Set(drawn.flat().map(({ name }) => name)).size).toBe(6);
	});
});

describe('The playbook that claims a session', () => {
	const all = [
		text('anywhere', 900, { when: {}, session: { maxDuration: '5m' } }),
		text('prod', 200, { when: { tags: { environment: ['prod'] } }, session: { reason: 'required' } }),
		text('documents', 150, { when: { detail: { documentName: [{ 'anything-but': BEGUN.documentName }] } }, session: { allowed: false } }),
		text('glass', 10, { when: { detail: { reason: [{ prefix: 'break' }], owner: [ANNA] } }, session: {} }),
	];
	const claims = (changes: object, tags: Readonly<Record<string, string>> = {}) =>
		claimingSession(all, { ...BEGUN, ...changes }, tags)?.name;

	it('is the first by priority of which all holds', () => {
		expect(claims({})).toBe('anywhere');
		expect(claims({}, { environment: 'prod' })).toBe('prod');
		expect(claims({ documentName: 'another' }, { environment: 'prod' })).toBe('documents');
		expect(claims({ documentName: 'another', reason: 'break-glass' })).toBe('glass');
		expect(claims({ reason: 'break-glass', owner: 'arn:aws:iam::111122223333:user/bert' })).toBe('anywhere');
		expect(claimingSession(all.slice(1), BEGUN, {})).toBeUndefined();
	});

	it('says whether it may begin, and how long it may last', () => {
		const [anywhere, prod, documents] = all;
		expect([prod, documents, anywhere, undefined].map((each) => isForbidden(each, BEGUN))).toEqual([true, true, false, false]);
		expect(isForbidden(prod, { reason: 'INC-7' })).toBe(false);
		expect([anywhere, prod, undefined].map(longestOf)).toEqual([300_000, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
	});
});
