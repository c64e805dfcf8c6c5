import { describe, expect, it } from 'vitest';
import { lifecycleItem } from '../../../shared/kinds/lifecycle/item.ts';
import { nextLifecycle } from '../../../shared/kinds/lifecycle/next.ts';
import { advance } from '../../../shared/operation/engine.ts';
import { createServices } from '../../../shared/operation/services.ts';
import type { Operation } from '../../../shared/operation/types.ts';
import { event } from '../../../shared/parts/event.ts';
import { createCore } from '../../support/core.ts';
import { anAlarm, anEvent, anOperation, MINUTE, OPENED_AT, succeeded } from '../../support/operations.ts';

describe('a function', () => {
	it('that knows a kind, and not who carries out its effects, leaves them to the clock', async () => {
		const core = await createCore();
		const partly = createServices(core.deps, [{ kinds: { lifecycle: { next: nextLifecycle, item: lifecycleItem } } }]);
		await advance(partly, [{ operation: anOperation(), facts: [{ type: 'opened' }], created: true }]);
		const [running] = await partly.ledger.load([anOperation().id]);

		const [ended] = await advance(partly, [{ operation: running ?? anOperation(), facts: [succeeded] }]);

		expect(core.calls('CompleteLifecycleAction')).toEqual([]);
		expect(ended?.operation).toMatchObject({ state: 'running', ending: { state: 'succeeded', pending: ['complete-lifecycle'] } });
		expect(ended?.operation.dueAt).toBeLessThan(OPENED_AT + MINUTE);
		const [stored] = await core.another().ledger.load([anOperation().id]);
		const [closed] = await advance(core.services, [{ operation: stored ?? anOperation(), facts: [{ type: 'tick' }] }]);
		expect(closed?.operation).toMatchObject({ state: 'succeeded', result: { lifecycle: 'CONTINUE' } });
	});

	it('that knows nothing of a kind says so, and writes nothing', async () => {
		const core = await createCore();
		const before = core.writes();
		const opening = advance(core.services, [{ operation: anAlarm(), facts: [{ type: 'opened' }], created: true }]);
		await expect(opening).rejects.toThrow(`operation ${anAlarm().id} is of a kind that this function has nothing to do with`);
		expect(core.writes()).toBe(before);
	});
});

describe('an operation that opens with an OpsItem', () => {
	const spot = anEvent({ opsItem: { severity: '3' } });
	const opened = { operation: spot, facts: [{ type: 'opened' }], created: true } as const;

	it('is on record before OpsCenter is asked, and is written once more', async () => {
		const core = await createCore({ parts: [event] });
		const recorded: (Operation | undefined)[] = [];
		core.on('CreateOpsItem', async () => {
			recorded.push((await core.another().ledger.load([spot.id]))[0]);
			return { OpsItemId: 'oi-000000000001' };
		});
		const before = core.writes();
		const [outcome] = await advance(core.services, [opened]);
		expect(recorded).toMatchObject([{ id: spot.id, version: 1 }]);
		expect(outcome?.operation).toMatchObject({ version: 2, result: { opsItemId: 'oi-000000000001', opsItem: 'opened' } });
		expect(core.writes() - before).toBe(2);
	});

	it('twice at once asks OpsCenter once', async () => {
		const core = await createCore({ parts: [event] });
		await Promise.all([advance(core.services, [opened]), advance(core.another(), [opened])]);
		expect(core.calls('CreateOpsItem')).toHaveLength(1);
	});
});
