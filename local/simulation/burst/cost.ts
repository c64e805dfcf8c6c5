/** What a burst costs, from what was called. */

import type { ApiCall } from '../../aws/api-call.ts';
import type { Call } from '../../aws/wire.ts';
import type { Execution } from '../../executing.ts';
import type { World } from '../../world.ts';
import { PRICES } from './assumptions.ts';

export interface CostLine {
	readonly what: string;
	readonly units: number;
	readonly dollars: number;
}

/** Bytes of DynamoDB's request units, and of what CloudWatch Logs adds to each event. */
const WRITE_UNIT = 1024;
const READ_UNIT = 4096;
const LOG_EVENT_OVERHEAD = 26;
/** Messages that a poller receives, and deletes, in one request. */
const MESSAGES_PER_REQUEST = 10;

type Attributes = Readonly<Record<string, unknown>>;

/** Counts what is paid for by its units, as it happens. */
export class Bill {
	#writes = 0;
	#reads = 0;
	#published = 0;
	#messages = 0;
	readonly #invocations = new Set<string>();

	/** Takes note of who calls: an invocation by a queue has received its messages. */
	asked(execution: Execution | undefined): void {
		if (execution === undefined || this.#invocations.has(execution.requestId)) return;
		this.#invocations.add(execution.requestId);
		this.#messages += (execution.event as { Records?: unknown[] }).Records?.length ?? 0;
	}

	/** Takes note of what DynamoDB answers: writes are counted by their input, reads by what was read. */
	answered({ service, operation, input }: Call, answer: string): void {
		if (service !== 'dynamodb') return;
		if (operation === 'PutItem') this.#put((input as { readonly Item: Attributes }).Item);
		else if (operation === 'UpdateItem') this.#writes += units(answer.length, WRITE_UNIT);
		else if (operation === 'BatchGetItem') {
			const { Responses = {} } = JSON.parse(answer) as { readonly Responses?: Readonly<Record<string, readonly Attributes[]>> };
			for (const item of Object.values(Responses).flat()) this.#reads += units(sizeOf(item), READ_UNIT);
		} else if (operation === 'GetItem' || operation === 'Query') this.#reads += units(answer.length, READ_UNIT);
	}

	called({ operation, input, error }: ApiCall): void {
		if (operation === 'PutEvents' && !error) this.#published += (input as { readonly Entries: readonly unknown[] }).Entries.length;
	}

	/** An item in the sparse index has its place there written with it, and mostly an old one deleted. */
	#put(item: Attributes): void {
		this.#writes += units(sizeOf(item), WRITE_UNIT) + ('dueShard' in item ? 2 : 0);
	}

	/** An estimate of everything since the world began, line by line. */
	lines({ template, invocations, logs, requestLog, services }: World): CostLine[] {
		const memory = new Map(template.functions.map(({ name, memoryMb }) => [name, memoryMb / 1024]));
		const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);
		const gbSeconds = invocations.map(({ functionName, at, endedAt }) => ((endedAt - at) / 1000) * (memory.get(functionName) ?? 0));
		const logBytes = logs.map(({ message, fields }) => message.length + JSON.stringify(fields).length + LOG_EVENT_OVERHEAD);
		const steps = services.ssm.executions().map((execution) => execution.steps.filter(({ attempts }) => attempts > 0).length);
		const sqsCalls = requestLog.entries.filter(({ service }) => service === 'sqs').length;
		const line = (what: string, count: number, price: number): CostLine => ({ what, units: Math.round(count), dollars: count * price });
		return [
			line('Lambda requests', invocations.length, PRICES.lambdaRequest),
			line('Lambda GB-seconds', sum(gbSeconds), PRICES.lambdaGbSecond),
			line('DynamoDB write units', this.#writes, PRICES.dynamoDbWriteUnit),
			line('DynamoDB read units', this.#reads, PRICES.dynamoDbReadUnit),
			// EventBridge sends each message alone.
			line('SQS requests', sqsCalls + this.#messages * (1 + 2 / MESSAGES_PER_REQUEST), PRICES.sqsRequest),
			line('EventBridge events', this.#published, PRICES.eventPublished),
			line('Automation steps', sum(steps), PRICES.automationStep),
			line('CloudWatch Logs bytes', sum(logBytes), PRICES.logGigabyte / 1024 ** 3),
		];
	}
}

/** The names and values of an item, without what the JSON adds to tell their types: about an eighth. */
function sizeOf(item: Attributes): number {
	return (JSON.stringify(item).length * 7) / 8;
}

function units(bytes: number, unit: number): number {
	return Math.max(1, Math.ceil(bytes / unit));
}
