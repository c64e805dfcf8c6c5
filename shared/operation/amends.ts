/** What a run has done to OpsItems while others moved the operations. */

import type { Fact } from './facts.ts';
import type { Asked } from './perform.ts';
import type { Operation } from './types.ts';

interface Overtaken {
	/** As the run has it. */
	readonly current: Operation;
	/** What it has done, and not put on record. */
	readonly done: readonly Fact[];
}

/** An OpsItem that is known was told of what was known before the others moved it: what is known now it has yet to be told of. */
export function isOldStory(fact: Fact, operation: Operation | undefined): boolean {
	return fact.type === 'done' && fact.opsItemId !== undefined && fact.opsItemId === operation?.result?.opsItemId;
}

/** What this run has done to OpsItems of operations that others have closed meanwhile, and is not what those have put on record. */
export function amendsOf(lost: readonly Overtaken[], fresh: ReadonlyMap<string, Operation>): Asked[] {
	return lost.flatMap(({ current, done }) => {
		const operation = fresh.get(current.id);
		if (operation?.closedAt === undefined || operation.result === undefined) return [];
		const { result } = operation;
		return done.flatMap((fact): Asked[] => {
			if (fact.type !== 'done') return [];
			if (fact.effect === 'resolve-ops-item') return result.resolved ? [] : [{ operation, effect: { name: 'reopen-ops-item' } }];
			const { opsItemId } = fact;
			if (fact.opsItem !== 'opened' || !opsItemId || opsItemId === result.opsItemId || !result.resolved) return [];
			return [{ operation: { ...operation, result: { ...result, opsItemId } }, effect: { name: 'resolve-ops-item' } }];
		});
	});
}
