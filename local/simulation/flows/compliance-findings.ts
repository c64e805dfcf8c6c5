/** What AWS Config has found of each resource, evaluation by evaluation: read from AWS itself. */

import type { Result } from '../../aws/config/model.ts';
import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import { type ComplianceText, claiming } from './compliance-playbooks.ts';

export interface Evaluation {
	/** `gone`: it does not apply to the resource any more, or one of the two is not there any more. */
	readonly compliance: 'COMPLIANT' | 'NON_COMPLIANT' | 'gone';
	/** When it began, and when it was on record. Epoch milliseconds. */
	readonly invokedAt: number;
	readonly recordedAt: number;
}

/** A resource as one rule judges it. */
export class Judgement {
	readonly rule: string;
	readonly type: string;
	readonly id: string;
	readonly claimedBy: ComplianceText | undefined;
	readonly evaluations: Evaluation[] = [];
	/** What AWS Config has on record now. */
	result: Result | undefined;

	constructor(rule: string, { type, id }: Pick<Result, 'type' | 'id'>, playbooks: readonly ComplianceText[]) {
		this.rule = rule;
		this.type = type;
		this.id = id;
		this.claimedBy = claiming(playbooks, rule, type);
	}

	get name(): string {
		return `${this.id} under ${this.rule}`;
	}

	/** Since when it has been noncompliant without a break, by what is on record; undefined where it is not. */
	get noncompliantSince(): number | undefined {
		const last = this.evaluations.findLastIndex(({ compliance }) => compliance !== 'NON_COMPLIANT');
		return this.evaluations[last + 1]?.recordedAt;
	}

	/** Whether an evaluation that began after an instant has shown, until another, that there is nothing left to do. */
	isDone(after: number, until = Number.POSITIVE_INFINITY): boolean {
		return this.evaluations.some(
			({ compliance, invokedAt, recordedAt }) => compliance !== 'NON_COMPLIANT' && invokedAt > after && recordedAt <= until,
		);
	}

	isAbout({ subject }: Recorded): boolean {
		return (
			subject.kind === 'compliance' && subject.rule === this.rule && subject.resourceType === this.type && subject.resourceId === this.id
		);
	}
}

export class Judgements {
	readonly #scene: Scene;
	readonly #playbooks: readonly ComplianceText[];
	readonly #all = new Map<string, Judgement>();

	constructor(scene: Scene, playbooks: readonly ComplianceText[]) {
		this.#scene = scene;
		this.#playbooks = playbooks;
	}

	get all(): readonly Judgement[] {
		return [...this.#all.values()];
	}

	about(operation: Recorded): Judgement | undefined {
		return this.all.find((judgement) => judgement.isAbout(operation));
	}

	/** Takes note of what has been evaluated since. After every timer of the world, so that none is missed. */
	look(): void {
		const now = this.#scene.now();
		const present = new Set<string>();
		for (const { settings, results } of this.#scene.world.services.config.rules()) {
			for (const [resource, result] of results) {
				const key = `${settings.name} ${resource}`;
				present.add(key);
				this.#take(key, settings.name, result);
			}
		}
		for (const [key, judgement] of this.#all) {
			if (present.has(key) || judgement.result === undefined) continue;
			judgement.result = undefined;
			judgement.evaluations.push({ compliance: 'gone', invokedAt: now, recordedAt: now });
		}
	}

	#take(key: string, rule: string, result: Result): void {
		let judgement = this.#all.get(key);
		if (judgement === undefined) {
			judgement = new Judgement(rule, result, this.#playbooks);
			this.#all.set(key, judgement);
		}
		if (judgement.result === result || result.compliance === 'NOT_APPLICABLE') return;
		judgement.result = result;
		const { compliance, invokedAt, recordedAt } = result;
		judgement.evaluations.push({ compliance, invokedAt, recordedAt });
	}
}

/** Operations about a judgement, the newest last. */
export function operationsAbout({ operations }: Scene, judgement: Judgement): Recorded[] {
	return [...operations.values()].filter((each) => judgement.isAbout(each)).sort((a, b) => a.occurrence - b.occurrence);
}
