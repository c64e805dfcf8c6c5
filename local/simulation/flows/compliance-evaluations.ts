/** Evaluating a rule anew costs money for each resource in its scope: it is asked for where a proof is wanted, and once for that. */

import type { ApiCall } from '../../aws/api-call.ts';
import type { Execution } from '../../executing.ts';
import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import { type ComplianceText, DEFAULT_SETTLE } from './compliance-playbooks.ts';
import type { WorkAtAws } from './work-at-aws.ts';

const SKEW = 6_000;
const MINUTE = 60_000;
/** A rule is not evaluated anew more often than this by one environment. Milliseconds. */
const APART = 10 * MINUTE;

interface Asked {
	readonly at: number;
	/** When the invocation began that asked: the call may have been slow. */
	readonly invokedAt: number;
	readonly requestId: string;
	readonly environment: number;
}

export class Evaluations {
	readonly #scene: Scene;
	readonly #works: WorkAtAws;
	readonly #playbooks: readonly ComplianceText[];
	/** Calls that had their effect, by rule. */
	readonly #asked = new Map<string, Asked[]>();

	constructor(scene: Scene, works: WorkAtAws, playbooks: readonly ComplianceText[]) {
		this.#scene = scene;
		this.#works = works;
		this.#playbooks = playbooks;
	}

	called({ operation, input, error, requestId }: ApiCall, execution: Execution | undefined): void {
		if (operation !== 'StartConfigRulesEvaluation' || execution === undefined) return;
		const { ConfigRuleNames: names = [] } = input as { ConfigRuleNames?: readonly string[] };
		for (const rule of names) {
			const waiting = [...this.#scene.operations.values()].filter((each) => this.#wantsProof(each, rule, execution));
			if (waiting.length === 0) this.#scene.violated(3, `${rule} is to be evaluated anew, and nobody waits for that`);
			if (error !== undefined) continue;
			this.#checkAgain(rule, waiting, execution);
			const invokedAt = this.#scene.startedAt(execution);
			const asked = { at: this.#scene.now(), invokedAt, requestId, environment: execution.environment };
			this.#asked.set(rule, [...(this.#asked.get(rule) ?? []), asked]);
		}
	}

	/** Its work had ended well, and its settle time was over, when the call was decided. */
	#wantsProof(operation: Recorded, rule: string, execution: Execution): boolean {
		const { id, subject, state, playbook } = operation;
		if (operation.kind !== 'compliance' || subject.kind !== 'compliance' || subject.rule !== rule) return false;
		const closedMeanwhile = (this.#scene.closedOnRecord(id) ?? 0) >= this.#scene.startedAt(execution);
		if (operation.verify === undefined || (state !== 'verifying' && !closedMeanwhile)) return false;
		const settle = this.#playbooks.find(({ name }) => name === playbook.name)?.settle ?? DEFAULT_SETTLE;
		const endedAt = this.#works.succeededAt(operation);
		return endedAt !== undefined && this.#scene.now() + SKEW >= endedAt + Number.parseInt(settle, 10) * MINUTE;
	}

	#checkAgain(rule: string, waiting: readonly Recorded[], { environment }: Execution): void {
		const last = this.#asked.get(rule)?.at(-1);
		if (last === undefined || !this.#isKnown(last, rule)) return;
		const since = this.#scene.now() - last.at;
		const seconds = Math.round(since / 1_000);
		if (last.environment === environment && this.#scene.now() - last.invokedAt < APART - SKEW) {
			this.#scene.violated(3, `${rule} is evaluated anew, and was ${seconds} s before`);
		}
		const another = waiting.some((operation) => (this.#works.succeededAt(operation) ?? 0) > last.at - MINUTE);
		if (!another) this.#scene.violated(3, `${rule} is evaluated anew ${seconds} s after the last time, and no work has ended since`);
	}

	/** Its reply came, and what came of it is on record. */
	#isKnown({ at, requestId }: Asked, rule: string): boolean {
		const { world, operations } = this.#scene;
		const answered = world.requestLog.entries.some((entry) => entry.requestId === requestId && entry.error === undefined);
		const noted = [...operations.values()].some(
			({ subject, history }) =>
				subject.kind === 'compliance' &&
				subject.rule === rule &&
				history.some((line) => line.what === 'rule evaluated anew' && Math.abs(Date.parse(line.at) - at) < 30_000),
		);
		return answered && noted;
	}
}
