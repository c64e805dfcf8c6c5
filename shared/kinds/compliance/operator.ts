/** What a person's command means for a remediation. Pure. */

import type { Fact, Step } from '../../operation/facts.ts';
import type { ComplianceOperation } from '../../operation/types.ts';
import { proceed } from '../ending.ts';
import { ask, note, nothing } from '../steps.ts';
import { begin, hasBegun } from '../working.ts';
import { afresh, course } from './attempts.ts';
import { decide } from './ending.ts';

export function operator(
	operation: ComplianceOperation,
	fact: Extract<Fact, { type: 'operator' }>,
	now: number,
): Step<ComplianceOperation> {
	const { verb, by } = fact;
	const { ending, verify } = operation;
	const cancel = hasBegun(operation);
	switch (verb) {
		case 'extend': {
			const gained = fact.seconds ?? 0;
			const said = note('extended', `by ${by}: ${gained} s more`);
			// What is verified has no deadline: AWS Config gets more time.
			if (verify !== undefined) return nothing({ ...operation, verify: { ...verify, lookAt: verify.lookAt + gained * 1_000 } }, said);
			return nothing({ ...operation, deadlineAt: operation.deadlineAt + gained * 1_000 }, said);
		}
		case 'retry': {
			const asked = note('retried', `by ${by}`);
			if (ending !== undefined) return proceed(operation, [asked], now);
			if (cancel) return nothing(operation, asked);
			if (verify !== undefined) return ask(operation, [{ name: 'read-compliance' }], asked);
			if (operation.waiting === 'retry') return ask(afresh(operation), [{ name: 'read-compliance' }], asked);
			const step = begin(course, operation, now);
			return { ...step, notes: [asked, ...step.notes] };
		}
		case 'cancel':
			if (ending !== undefined) return proceed(operation, [note('cancelled', `by ${by}: it is ending already`)], now);
			return decide(operation, { state: 'failed', reason: `cancelled by ${by}`, cancel }, now);
		case 'complete':
			if (ending !== undefined) return proceed(operation, [note('completed', `by ${by}: it is ending already`)], now);
			return decide(operation, { state: 'skipped', reason: `completed by ${by}`, cancel }, now);
	}
}
