/** One standard SQS queue: visibility, redrive, delay. */

import { createHash } from 'node:crypto';
import type { AwsContext } from './types.ts';

export interface QueueSettings {
	readonly name: string;
	readonly arn: string;
	readonly visibilityTimeoutSeconds: number;
	readonly delaySeconds: number;
	/** With keys that SQS manages. */
	readonly encrypted?: boolean;
	readonly redrive?: { readonly deadLetterArn: string; readonly maxReceiveCount: number };
}

/** As the SQS client types it. */
export interface MessageAttribute {
	readonly DataType: string | undefined;
	readonly StringValue?: string | undefined;
	readonly BinaryValue?: Uint8Array | undefined;
}
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

export interface StoredMessage {
	readonly id: string;
	readonly body: string;
	readonly bodyMd5: string;
	readonly attributes: MessageAttributes;
	readonly sentAt: number;
	/** ARN of the queue whose redrive policy moved it here. */
	readonly deadLetterSource?: string;
	readonly firstReceivedAt?: number;
	readonly receiveCount: number;
}

export interface ReceivedMessage extends StoredMessage {
	readonly receipt: string;
}

interface Entry {
	message: StoredMessage;
	/** The handle of the last receipt. */
	receipt?: string;
	/** Stops the clock that makes it visible. */
	cancel?: () => void;
}

export interface SendOptions {
	readonly attributes?: MessageAttributes;
	readonly delaySeconds?: number;
}

export class Queue {
	readonly settings: QueueSettings;
	readonly #context: Pick<AwsContext, 'clock' | 'uuid' | 'id'>;
	readonly #deadLetters: (arn: string) => Queue | undefined;
	/** In the order in which they became visible. */
	readonly #visible = new Map<string, Entry>();
	readonly #delayed = new Map<string, Entry>();
	readonly #inFlight = new Map<string, Entry>();
	readonly #byReceipt = new Map<string, Entry>();
	readonly #listeners = new Set<() => void>();

	constructor(
		settings: QueueSettings,
		context: Pick<AwsContext, 'clock' | 'uuid' | 'id'>,
		deadLetters: (arn: string) => Queue | undefined,
	) {
		this.settings = settings;
		this.#context = context;
		this.#deadLetters = deadLetters;
	}

	/** Everything in the queue: visible, then delayed, then in flight. */
	get messages(): readonly StoredMessage[] {
		return [this.#visible, this.#delayed, this.#inFlight].flatMap((entries) => [...entries.values()].map(({ message }) => message));
	}

	get counts(): { readonly visible: number; readonly delayed: number; readonly inFlight: number } {
		return { visible: this.#visible.size, delayed: this.#delayed.size, inFlight: this.#inFlight.size };
	}

	/** Calls `listener` whenever a message becomes visible; the returned function ends that. */
	onVisible(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	send(body: string, options: SendOptions = {}): StoredMessage {
		const message: StoredMessage = {
			id: this.#context.uuid(),
			body,
			bodyMd5: createHash('md5').update(body).digest('hex'),
			attributes: options.attributes ?? {},
			sentAt: this.#context.clock.now(),
			receiveCount: 0,
		};
		this.#add(message, options.delaySeconds ?? this.settings.delaySeconds);
		return message;
	}

	/** Takes up to `max` messages; those received too often go to the dead-letter queue instead. */
	receive(max: number, visibilityTimeoutSeconds: number = this.settings.visibilityTimeoutSeconds): ReceivedMessage[] {
		const received: ReceivedMessage[] = [];
		// A copy: with a timeout of 0 a message is visible again at once, but not to the call that received it.
		for (const [id, entry] of [...this.#visible]) {
			if (received.length === max) break;
			this.#visible.delete(id);
			if (this.#moveToDeadLetters(entry)) continue;
			received.push(this.#hand(entry, visibilityTimeoutSeconds));
		}
		return received;
	}

	/** Deletes by the handle of the last receipt; an older handle does nothing, as on a standard queue. */
	delete(receipt: string): void {
		const entry = this.#byReceipt.get(receipt);
		if (entry) this.#forget(entry);
	}

	/** 0 makes a message visible at once. Whether the message is in flight under this handle. */
	changeVisibility(receipt: string, timeoutSeconds: number): boolean {
		const entry = this.#byReceipt.get(receipt);
		if (!entry || !this.#inFlight.has(entry.message.id)) return false;
		this.#hide(entry, timeoutSeconds);
		return true;
	}

	purge(): void {
		for (const entry of [...this.#visible.values(), ...this.#delayed.values(), ...this.#inFlight.values()]) this.#forget(entry);
	}

	#add(message: StoredMessage, delaySeconds = 0): void {
		const entry: Entry = { message };
		if (delaySeconds <= 0) {
			this.#show(entry);
			return;
		}
		this.#delayed.set(message.id, entry);
		entry.cancel = this.#context.clock.after(delaySeconds * 1000, () => {
			this.#delayed.delete(message.id);
			this.#show(entry);
		});
	}

	#show(entry: Entry): void {
		this.#visible.set(entry.message.id, entry);
		for (const listener of [...this.#listeners]) listener();
	}

	#hand(entry: Entry, visibilityTimeoutSeconds: number): ReceivedMessage {
		const { message } = entry;
		entry.message = {
			...message,
			receiveCount: message.receiveCount + 1,
			firstReceivedAt: message.firstReceivedAt ?? this.#context.clock.now(),
		};
		if (entry.receipt !== undefined) this.#byReceipt.delete(entry.receipt);
		const receipt = this.#context.id(RECEIPT_LENGTH);
		entry.receipt = receipt;
		this.#byReceipt.set(receipt, entry);
		this.#inFlight.set(message.id, entry);
		this.#hide(entry, visibilityTimeoutSeconds);
		return { ...entry.message, receipt };
	}

	#hide(entry: Entry, seconds: number): void {
		entry.cancel?.();
		const reappear = () => {
			this.#inFlight.delete(entry.message.id);
			this.#show(entry);
		};
		if (seconds <= 0) reappear();
		else entry.cancel = this.#context.clock.after(seconds * 1000, reappear);
	}

	#moveToDeadLetters(entry: Entry): boolean {
		const { redrive } = this.settings;
		if (!redrive || entry.message.receiveCount < redrive.maxReceiveCount) return false;
		const target = this.#deadLetters(redrive.deadLetterArn);
		if (!target) return false;
		this.#forget(entry);
		target.#add({ ...entry.message, deadLetterSource: this.settings.arn });
		return true;
	}

	#forget(entry: Entry): void {
		entry.cancel?.();
		for (const entries of [this.#visible, this.#delayed, this.#inFlight]) entries.delete(entry.message.id);
		if (entry.receipt !== undefined) this.#byReceipt.delete(entry.receipt);
	}
}

const RECEIPT_LENGTH = 64;
const RECEIPT = new RegExp(`^[0-9a-f]{${RECEIPT_LENGTH}}$`);

/** Whether a text is a receipt handle at all, if perhaps an old one. */
export function isReceipt(text: string | undefined): text is string {
	return text !== undefined && RECEIPT.test(text);
}
