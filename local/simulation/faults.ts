/** What goes wrong while a story is played: each decision follows from the seed and from what it is about. */

import { isReadOnly } from '../aws/api-call.ts';
import type { BusEvent } from '../aws/eventbridge.ts';
import { AwsError } from '../aws/types.ts';
import type { Call, CallFault } from '../aws/wire.ts';
import { chance } from '../chance.ts';
import type { EventFate } from '../delivery.ts';
import type { Execution } from '../executing.ts';
import type { CallFaultKind, FaultPlan } from './fault-plan.ts';

/** What has an effect is disturbed so many times as often as what only reads: there is more of the latter. */
const EFFECTS_WORSE = 3;

function throttlingOf(service: string): AwsError {
	if (service === 'dynamodb')
		return new AwsError('ProvisionedThroughputExceededException', 'The level of configured provisioned throughput is exceeded.');
	return new AwsError(service === 'autoscaling' ? 'Throttling' : 'ThrottlingException', 'Rate exceeded');
}

export const isThrottling = (code: string) => /Throttl|ThroughputExceeded/.test(code);

const SERVER_ERROR = new AwsError('InternalServerError', 'An error occurred on the server side.', { status: 500 });

/** A fault that happened. */
export interface Happened {
	/** What it is left out by: `reply lost @ reconcile PutItem 17`. */
	readonly key: string;
	readonly kind: string;
	readonly at: number;
	readonly requestId?: string;
}

export interface FaultOptions {
	readonly seed: number;
	readonly plan: FaultPlan;
	readonly startAt: number;
	readonly now: () => number;
	/** False: this one is left out. */
	readonly allows: (key: string) => boolean;
	readonly onFault: (fault: Happened, execution?: Execution) => void;
	readonly isBestEffort: (event: BusEvent) => boolean;
	/** From now on a node takes up no command. */
	readonly deafen: (instanceId: string) => void;
}

/** Decides what goes wrong while a story is played. */
export class FaultInjector {
	readonly #options: FaultOptions;
	readonly #counts = new Map<string, number>();
	/** What reads that need not be consistent were answered with before, by table and key. */
	readonly #answers = new Map<string, string>();

	constructor(options: FaultOptions) {
		this.#options = options;
	}

	/** Only what functions call goes wrong: people and AWS itself are not what is tested. */
	call(call: Call, execution: Execution | undefined): CallFault | undefined {
		if (execution === undefined || !this.#isOn()) return undefined;
		const { plan } = this.#options;
		const name = `${shortName(execution.functionName)} ${call.operation} ${this.#count(execution, call)}`;
		const sinceStart = this.#sinceStart();
		for (const { service, fromMs, toMs, throttles } of plan.outages) {
			if (call.service !== service || sinceStart < fromMs || sinceStart >= toMs) continue;
			if (this.#happens('service out for minutes', service, execution, call)) return throttles ? throttlingOf(service) : SERVER_ERROR;
		}
		if (call.operation === 'SendCommand') this.#deafen(call, execution, name);
		const { operation, share = 0 } = plan.unanswered ?? {};
		if (call.operation === operation && this.#luck(`unanswered ${name}`) < share && this.#happens('reply lost', name, execution, call))
			return { loseReply: true };
		const kind = this.#pick(plan.calls, name, isReadOnly(call.operation) ? 1 : EFFECTS_WORSE);
		if (kind === undefined || (kind === 'conditional write fails after succeeding' && !isConditionalWrite(call))) return undefined;
		if (!this.#happens(kind, name, execution, call)) return undefined;
		return this.#disturb(kind, call, execution, name);
	}

	#deafen(call: Call, execution: Execution, name: string): void {
		const [first, second] = (call.input as { readonly InstanceIds?: readonly string[] }).InstanceIds ?? [];
		if (first === undefined || second === undefined || this.#luck(`deaf ${name}`) >= this.#options.plan.deafFirst) return;
		if (this.#happens('first node never acknowledges', name, execution, call)) this.#options.deafen(first);
	}

	#disturb(kind: CallFaultKind, call: Call, execution: Execution, name: string): CallFault | undefined {
		const seconds = (from: number, to: number) => Math.round((from + this.#luck(`seconds ${name}`) * (to - from)) * 1_000);
		switch (kind) {
			case 'throttled at random':
				return throttlingOf(call.service);
			case '5xx':
				return SERVER_ERROR;
			case '5xx after the effect':
				return { insteadOfReply: SERVER_ERROR };
			case 'time-out before the effect':
				return { arrivesAfterMs: seconds(1, 10), loseRequest: true };
			case 'time-out after the effect':
				return { repliesAfterMs: seconds(1, 10), loseReply: true };
			case 'reply lost':
			case 'conditional write fails after succeeding':
				return { loseReply: true };
			case 'slow call':
				return { arrivesAfterMs: seconds(0.5, 20), repliesAfterMs: seconds(0, 5) };
			case 'killed before a call':
				execution.kill();
				return { loseRequest: true };
			case 'killed after a call':
				execution.kill();
				return { loseReply: true };
			case 'killed at its time limit':
				return this.#luck(`half ${name}`) < 0.5
					? { arrivesAfterMs: Number.POSITIVE_INFINITY }
					: { repliesAfterMs: Number.POSITIVE_INFINITY };
		}
	}

	/** A read of an index, or one that does not ask to be consistent, may give what was there a while ago. */
	answer(call: Call, body: string, execution: Execution | undefined): string {
		if (execution === undefined) return body;
		const { plan } = this.#options;
		const name = `${shortName(execution.functionName)} ${call.operation} answer ${this.#count(execution, call, 'answer')}`;
		const input = call.input as { ConsistentRead?: boolean; RequestItems?: Record<string, { Keys: unknown[] }> };
		if (call.operation === 'BatchGetItem') {
			if (!this.#isOn() || this.#luck(name) >= plan.unprocessed || !this.#happens('keys left unprocessed', name, execution, call))
				return body;
			return withoutLast(body, input.RequestItems ?? {});
		}
		if ((call.operation !== 'Query' && call.operation !== 'GetItem') || input.ConsistentRead === true) return body;
		const key = readOf(call);
		const before = this.#answers.get(key);
		const stale = before !== undefined && before !== body && this.#isOn() && this.#luck(name) < plan.staleReads;
		if (stale && this.#happens('stale read', name, execution, call)) return before;
		this.#answers.set(key, body);
		return body;
	}

	event(event: BusEvent): EventFate {
		if (!this.#isOn()) return 'deliver';
		const name = `${event['detail-type']} ${this.#countOf(`event ${event['detail-type']}`)}`;
		const kind = this.#pick(this.#options.plan.events, name);
		if (kind === undefined || (kind === 'event dropped' && !this.#options.isBestEffort(event))) return 'deliver';
		if (!this.#happens(kind, name)) return 'deliver';
		const seconds = (from: number, to: number) => Math.round((from + this.#luck(`seconds ${name}`) * (to - from)) * 1_000);
		switch (kind) {
			case 'event dropped':
				return 'drop';
			case 'event duplicated':
				return 'duplicate';
			case 'late copy of an event':
				return { delayMs: seconds(20, 900), copy: true };
			case 'event delayed by minutes':
				return { delayMs: seconds(60, 600) };
			case 'event reordered':
				return { delayMs: seconds(1, 20) };
		}
	}

	skewMs(functionName: string, environment: number): number {
		const { skewMs } = this.#options.plan;
		const key = `${shortName(functionName)} environment ${environment}`;
		if (skewMs === 0 || !this.#happens('clock differs by seconds', key)) return 0;
		return Math.round((this.#luck(`skew ${key}`) * 2 - 1) * skewMs);
	}

	#isOn(): boolean {
		const since = this.#sinceStart();
		return since >= 0 && since < this.#options.plan.untilMs;
	}

	#sinceStart(): number {
		const { now, startAt, plan } = this.#options;
		return now() - startAt - plan.fromMs;
	}

	#happens(kind: string, name: string, execution?: Execution, call?: Call): boolean {
		const key = `${kind} @ ${name}`;
		const { allows, onFault, now } = this.#options;
		if (!allows(key)) return false;
		onFault({ key, kind, at: now(), ...(call && { requestId: call.requestId }) }, execution);
		return true;
	}

	/** One of several kinds, each in its share of all names. */
	#pick<K extends string>(rates: Readonly<Partial<Record<K, number>>>, name: string, worse = 1): K | undefined {
		let left = this.#luck(name) / worse;
		for (const [kind, rate] of Object.entries(rates) as [K, number][]) {
			left -= rate;
			if (left < 0) return kind;
		}
		return undefined;
	}

	/** 0 (inclusive) to 1 (exclusive), the same for the same name. */
	#luck(name: string): number {
		return chance(this.#options.seed, `fault ${name}`)();
	}

	#count({ functionName }: Execution, { operation }: Call, what = 'call'): number {
		return this.#countOf(`${what} ${functionName} ${operation}`);
	}

	#countOf(key: string): number {
		const count = (this.#counts.get(key) ?? 0) + 1;
		this.#counts.set(key, count);
		return count;
	}
}

/** `reconcile` for `fleetkeeper-local-reconcile`. */
export function shortName(functionName: string): string {
	return functionName.replace(/^fleetkeeper-[^-]+-/, '');
}

function isConditionalWrite({ operation, input }: Call): boolean {
	return /^(Put|Update)Item$/.test(operation) && (input as { ConditionExpression?: string }).ConditionExpression !== undefined;
}

/** What a read asks for, the moment of asking left out. */
function readOf({ operation, input }: Call): string {
	const { Key, IndexName, KeyConditionExpression, ExpressionAttributeValues = {}, ExclusiveStartKey } = input as Record<string, unknown>;
	const values = { ...(ExpressionAttributeValues as object), ':now': undefined };
	return JSON.stringify([operation, Key, IndexName, KeyConditionExpression, values, ExclusiveStartKey]);
}

/** DynamoDB gives what fits, and says which keys it has not read. */
function withoutLast(body: string, asked: Readonly<Record<string, { Keys: unknown[] }>>): string {
	const answer = JSON.parse(body) as { Responses: Record<string, unknown[]>; UnprocessedKeys: Record<string, unknown> };
	const [table, { Keys = [] } = {}] = Object.entries(asked)[0] ?? [];
	const items = answer.Responses[table ?? ''] ?? [];
	const last = items.at(-1) as Record<string, unknown> | undefined;
	if (table === undefined || last === undefined || items.length < 2) return body;
	const key = Keys.find((each) =>
		Object.entries(each as object).every(([name, value]) => JSON.stringify(last[name]) === JSON.stringify(value)),
	);
	return JSON.stringify({
		...answer,
		Responses: { ...answer.Responses, [table]: items.slice(0, -1) },
		UnprocessedKeys: { [table]: { ...asked[table], Keys: [key] } },
	});
}
