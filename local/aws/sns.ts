/** Amazon SNS, as far as topics that people read by email go. */

import * as schemas from '@aws-sdk/client-sns';
import { defineService, PROTOCOLS, type ServiceDefinition } from './service.ts';
import { snsOperations } from './sns-operations.ts';
import { quotasOf, throttled } from './throttle.ts';
import { type AwsContext, AwsError } from './types.ts';

export interface Subscription {
	readonly arn: string;
	readonly topicArn: string;
	/** `email`, `email-json` */
	readonly protocol: string;
	readonly endpoint: string;
	/** What the confirmation mail carries. */
	readonly token: string;
	confirmed: boolean;
}

export interface Topic {
	readonly arn: string;
	readonly name: string;
	readonly tags: Map<string, string>;
	/** By ARN. */
	readonly subscriptions: Map<string, Subscription>;
	displayName: string;
}

/** What was published to a topic, whoever reads it. */
export interface Publication {
	/** Epoch milliseconds. */
	readonly at: number;
	readonly messageId: string;
	readonly topicArn: string;
	readonly subject?: string;
	readonly message: string;
}

/** A mail as it arrives. */
export interface Email {
	readonly at: number;
	readonly to: string;
	readonly topicArn: string;
	readonly subject: string;
	readonly text: string;
}

export interface NewTopic {
	readonly name: string;
	readonly displayName?: string;
	readonly tags?: Readonly<Record<string, string>>;
	/** Addresses that have confirmed. */
	readonly emails?: readonly string[];
}

export interface Sns {
	readonly definition: ServiceDefinition;
	/** Makes a topic that has been there for long. */
	addTopic(topic: NewTopic): Topic;
	topic(arn: string): Topic | undefined;
	topics(): readonly Topic[];
	/** The one at an address follows the link of every confirmation mail it got. */
	confirm(address: string): void;
	/** Publishes as a service does that may; false where there is no such topic. */
	publish(topicArn: string, message: string, subject?: string): boolean;
	readonly publications: readonly Publication[];
	/** In the order they arrived. */
	readonly emails: readonly Email[];
}

export interface SnsOptions {
	/** Calls per second, by operation. */
	readonly throttles?: Readonly<Record<string, number>>;
}

const NAME = /^[A-Za-z0-9_-]{1,256}$/;
/** What SNS puts over a mail without a subject. */
const DEFAULT_SUBJECT = 'AWS Notification Message';
const CONFIRM_SUBJECT = 'AWS Notification - Subscription Confirmation';
const TOKEN_LENGTH = 64;

/** Topics and their readers. */
export class Topics {
	readonly publications: Publication[] = [];
	readonly emails: Email[] = [];
	readonly #ctx: AwsContext;
	readonly #topics = new Map<string, Topic>();

	constructor(ctx: AwsContext) {
		this.#ctx = ctx;
	}

	all(): Topic[] {
		return [...this.#topics.values()];
	}

	find(arn: string): Topic | undefined {
		return this.#topics.get(arn);
	}

	/** @throws AwsError `NotFoundException` where there is none. */
	get(arn: string | undefined): Topic {
		const topic = this.#topics.get(arn ?? '');
		if (!topic) throw new AwsError('NotFoundException', 'Topic does not exist');
		return topic;
	}

	/** The topic of that name is given where there is one. @throws AwsError `InvalidParameterException`. */
	create({ name, displayName = '', tags = {} }: NewTopic): Topic {
		if (!NAME.test(name)) throw new AwsError('InvalidParameterException', 'Invalid parameter: Topic Name');
		const arn = `arn:aws:sns:${this.#ctx.region}:${this.#ctx.account}:${name}`;
		const existing = this.#topics.get(arn);
		if (existing) return existing;
		const topic: Topic = { arn, name, displayName, tags: new Map(Object.entries(tags)), subscriptions: new Map() };
		this.#topics.set(arn, topic);
		return topic;
	}

	delete(arn: string | undefined): void {
		this.#topics.delete(arn ?? '');
	}

	/** The reader has to confirm, by the token of a mail, unless it is `confirmed` from the start. */
	subscribe(topic: Topic, protocol: string, endpoint: string, confirmed = false): Subscription {
		const known = [...topic.subscriptions.values()].find((each) => each.protocol === protocol && each.endpoint === endpoint);
		if (known) return known;
		const arn = `${topic.arn}:${this.#ctx.uuid()}`;
		const subscription = { arn, topicArn: topic.arn, protocol, endpoint, token: this.#ctx.id(TOKEN_LENGTH), confirmed };
		topic.subscriptions.set(arn, subscription);
		if (!confirmed) {
			const text = `You have chosen to subscribe to the topic ${topic.arn}.\nTo confirm this subscription, use the token ${subscription.token}.`;
			this.#mail(topic, endpoint, CONFIRM_SUBJECT, text);
		}
		return subscription;
	}

	publish(topic: Topic, message: string, subject?: string): Publication {
		const at = this.#ctx.clock.now();
		const publication = { at, messageId: this.#ctx.uuid(), topicArn: topic.arn, message, ...(subject === undefined ? {} : { subject }) };
		this.publications.push(publication);
		for (const { confirmed, endpoint, protocol } of topic.subscriptions.values()) {
			if (!confirmed) continue;
			const text = protocol === 'email-json' ? JSON.stringify(notification(publication)) : message;
			this.#mail(topic, endpoint, subject ?? DEFAULT_SUBJECT, text);
		}
		return publication;
	}

	#mail({ arn }: Topic, to: string, subject: string, text: string): void {
		this.emails.push({ at: this.#ctx.clock.now(), to, topicArn: arn, subject, text });
	}
}

function notification({ messageId, topicArn, subject, message, at }: Publication): Readonly<Record<string, unknown>> {
	return {
		Type: 'Notification',
		MessageId: messageId,
		TopicArn: topicArn,
		...(subject === undefined ? {} : { Subject: subject }),
		Message: message,
		Timestamp: new Date(at).toISOString(),
	};
}

export function createSns(ctx: AwsContext, { throttles = {} }: SnsOptions = {}): Sns {
	const topics = new Topics(ctx);
	return {
		definition: defineService({
			name: 'sns',
			protocol: PROTOCOLS.sns,
			schemas,
			operations: throttled(snsOperations(ctx, topics), quotasOf(throttles), ctx.clock, 'Throttling'),
		}),
		addTopic(spec) {
			const topic = topics.create(spec);
			for (const address of spec.emails ?? []) topics.subscribe(topic, 'email', address, true);
			return topic;
		},
		topic: (arn) => topics.find(arn),
		topics: () => topics.all(),
		confirm(address) {
			const all = topics.all().flatMap(({ subscriptions }) => [...subscriptions.values()]);
			for (const subscription of all) if (subscription.endpoint === address) subscription.confirmed = true;
		},
		publish(topicArn, message, subject) {
			const topic = topics.find(topicArn);
			if (topic) topics.publish(topic, message, subject);
			return topic !== undefined;
		},
		publications: topics.publications,
		emails: topics.emails,
	};
}
