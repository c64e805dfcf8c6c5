/**
 * Clocks that would find what they have found already. Months of simulated time are mostly minutes in which nothing happens: a world may
 * leave the runs of its clocks out of them. What a run finds is different where something was written or came about in what it reads, or
 * where something in the ledger has come due since; and it is looked at now and then whatever happens.
 */

import { type ApiCall, isReadOnly } from './aws/api-call.ts';
import { isRecord } from './aws/schema.ts';

/** What changes at AWS by time alone, and tells nobody, is found this much later at the most. */
const LONGEST_QUIET_MS = 24 * 3_600_000;

interface Run {
	readonly at: number;
	readonly functionName: string;
	/** What its function has read since. */
	readonly reads: Set<string>;
	/** What has happened there since. */
	readonly news: Set<string>;
}

export class QuietClocks {
	/** By clock: its last run. */
	readonly #runs = new Map<string, Run>();
	/** By key: when the ledger has to be looked at. */
	readonly #due = new Map<string, number>();

	/** Takes note of a call that was answered. */
	observe({ service, operation, input, error, caller }: ApiCall): void {
		const topics = service === 'dynamodb' ? itemsOf(operation, input) : [topicOf(service, operation)];
		for (const [clock, { functionName, reads }] of this.#runs) {
			if (functionName !== caller) continue;
			if (error !== undefined) this.#runs.delete(clock);
			for (const topic of topics) reads.add(topic);
		}
		if (error !== undefined || isReadOnly(operation)) return;
		for (const topic of topics) this.#happen(topic);
		if (service === 'dynamodb') this.#written(operation, input);
	}

	/** Takes note of an event on its way. */
	emitted({ source, detailType }: { readonly source: string; readonly detailType: string }): void {
		this.#happen(topicOf(source.replace(/^aws\./, ''), detailType));
	}

	/** Takes note of a fault: a run that met one may not have found what there is. */
	disturb(): void {
		this.#runs.clear();
	}

	#happen(topic: string): void {
		for (const { news } of this.#runs.values()) news.add(topic);
	}

	/** Whether a clock's run is left out at an instant; one that is not is taken for a run. */
	skips(clock: string, functionName: string, now: number): boolean {
		const last = this.#runs.get(clock);
		if (last && now - last.at < LONGEST_QUIET_MS && !this.#isDue(now) && ![...last.news].some((topic) => last.reads.has(topic)))
			return true;
		this.#runs.set(clock, { at: now, functionName, reads: new Set(), news: new Set() });
		return false;
	}

	#isDue(now: number): boolean {
		for (const at of this.#due.values()) if (at <= now) return true;
		return false;
	}

	/** The ledger has what is due among its items, with the time (shared/operation/ledger.ts). */
	#written(operation: string, input: unknown): void {
		const item = operation === 'PutItem' && isRecord(input) ? input['Item'] : undefined;
		if (!isRecord(item)) return;
		const { pk, sk, dueShard, dueAt } = item as Readonly<Record<string, { readonly S?: string; readonly N?: string } | undefined>>;
		const key = `${pk?.S}/${sk?.S}`;
		if (dueShard?.S?.startsWith('open#') && dueAt?.N !== undefined) this.#due.set(key, Number(dueAt.N));
		else this.#due.delete(key);
	}
}

/** Systems Manager is many things: nothing that happens to nodes changes a parameter. */
function topicOf(service: string, what: string): string {
	return service === 'ssm' && /Parameter/.test(what) ? 'ssm parameters' : service;
}

/** What is asked with a time is what is due, which is known here. */
const UP_TO_NOW = /dueAt <= /;

/** Kinds of items of the ledger that a call reads or writes: what stands before the `#` in their keys. */
function itemsOf(operation: string, input: unknown): string[] {
	const {
		Item,
		Key,
		KeyConditionExpression = '',
	} = input as {
		readonly Item?: { readonly pk?: { readonly S?: string } };
		readonly Key?: { readonly pk?: { readonly S?: string } };
		readonly KeyConditionExpression?: string;
	};
	if (operation === 'Query') return UP_TO_NOW.test(KeyConditionExpression) ? [] : ['operation'];
	const pk = (Item ?? Key)?.pk?.S;
	return pk === undefined ? ['operation', 'nodes', 'work'] : [pk.split('#')[0] ?? pk];
}
