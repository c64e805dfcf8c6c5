import { describe, expect, it } from 'vitest';
import { requestIdOf } from '../../../shared/errors.ts';
import { lineOf, withCalls } from '../../../shared/operation/history.ts';
import type { Operation } from '../../../shared/operation/types.ts';

const AT = Date.parse('2026-03-02T09:00:00Z');
const FOUND = requestIdOf({ $metadata: { requestId: 'request-1', call: 'Auto Scaling CompleteLifecycleAction' } });
const operationWith = (...history: Operation['history']) => ({ history }) as unknown as Operation;

describe('a line of the history', () => {
	it('names the call behind it, and its request id alone finds it', () => {
		expect(lineOf({ what: 'completed', why: 'CONTINUE', requestId: FOUND }, AT)).toEqual({
			...{ at: '2026-03-02T09:00:00.000Z', what: 'completed', why: 'CONTINUE' },
			...{ requestId: 'request-1', call: 'Auto Scaling CompleteLifecycleAction' },
		});
	});

	it('has no call where none is known', () => {
		expect(lineOf({ what: 'opened', why: 'its event came' }, AT)).not.toHaveProperty('requestId');
	});

	it('keeps changes that have no line of their own, each once, and those of other lines not at all', () => {
		const first = lineOf({ what: 'completed', why: '', requestId: FOUND }, AT);
		const last = lineOf({ what: 'in ALARM again', why: '' }, AT);
		const once = withCalls(operationWith(first, last), [`${FOUND}`, 'request-2 SSM UpdateOpsItem']);
		const twice = withCalls(once, ['request-2 SSM UpdateOpsItem']);
		expect(twice.history).toEqual([first, { ...last, calls: [{ requestId: 'request-2', call: 'SSM UpdateOpsItem' }] }]);
	});

	it('keeps the last fifty', () => {
		const line = lineOf({ what: 'in ALARM again', why: '' }, AT);
		const { history } = withCalls(
			operationWith(line),
			Array.from({ length: 60 }, (_, n) => `request-${n + 100} SSM UpdateOpsItem`),
		);
		expect(history[0]?.calls?.map(({ requestId }) => requestId)).toEqual(Array.from({ length: 50 }, (_, n) => `request-${n + 110}`));
	});
});
