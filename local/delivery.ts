/** From the bus to the functions, by the rules, targets, queues and mappings of the template. */

import type { BusEvent, EventBridge } from './aws/eventbridge.ts';
import type { Sns } from './aws/sns.ts';
import type { Sqs } from './aws/sqs.ts';
import type { AwsContext } from './aws/types.ts';
import { startEventSource } from './event-source.ts';
import type { Lambda } from './lambda.ts';
import type { Admits } from './permissions/admission.ts';
import type { FunctionRights } from './permissions/enforcing.ts';
import { targetInput } from './target-input.ts';
import type { EventSourceMapping, Rule, RuleTarget, Template } from './template.ts';

/** What becomes of an event on its way to the rules. */
export type EventFate = 'deliver' | 'drop' | 'duplicate' | LateDelivery;

interface LateDelivery {
	readonly delayMs: number;
	/** What is late is a second copy. */
	readonly copy?: true;
}

/** A rule's delivery to a target that is neither a queue nor a function nor a topic that is there. */
export interface OtherDelivery {
	readonly at: number;
	readonly rule: string;
	readonly targetArn: string;
	readonly input: string;
}

export interface DeliveryOptions {
	readonly context: AwsContext;
	readonly template: Template;
	readonly sqs: Sqs;
	readonly sns: Sns;
	readonly lambda: Lambda;
	readonly bus: EventBridge<Rule>;
	/** Which targets take what a rule sends. */
	readonly admits: Admits;
	/** What Lambda may do for a function, by its name. */
	readonly rightsOf: (functionName: string) => FunctionRights | undefined;
	readonly fate?: (event: BusEvent) => EventFate;
	/** Whether a rule's schedule is passed over this time. */
	readonly skips?: (rule: Rule) => boolean;
	readonly pollers?: number;
}

export interface Delivery {
	/** Takes an event to the targets of every rule it matches. */
	accept(event: BusEvent, busName?: string): void;
	/** What went to log groups and other targets that are not simulated further. */
	readonly others: readonly OtherDelivery[];
	/** Starts pollers and schedules; each schedule fires first one period from now. */
	start(): void;
	stop(): void;
}

/** Typical time from PutEvents to the target. */
const BUS_LATENCY_MS = 200;

export function createDelivery(options: DeliveryOptions): Delivery {
	const { context, template, sqs, sns, lambda, bus } = options;
	const others: OtherDelivery[] = [];
	const stops: (() => void)[] = [];
	let stopped = false;

	const accept = (event: BusEvent, busName?: string) => {
		const fate = options.fate?.(event) ?? 'deliver';
		if (fate === 'drop') return;
		const delay = typeof fate === 'object' ? fate.delayMs : 0;
		const deliver = () => {
			if (stopped) return;
			for (const rule of bus.matching(event, busName)) toTargets(rule, event);
		};
		context.clock.after(BUS_LATENCY_MS + delay, deliver);
		if (fate === 'duplicate' || (typeof fate === 'object' && fate.copy)) context.clock.after(BUS_LATENCY_MS, deliver);
	};

	const toTargets = (rule: Rule, event: BusEvent) => {
		for (const target of rule.targets) toTarget(rule, target, targetInput(target, event, rule));
	};

	const toTarget = (rule: Rule, target: RuleTarget, input: string) => {
		if (!options.admits(rule.arn, target.arn)) {
			undeliverable(rule, target, input, 'NO_PERMISSIONS', `The policy of ${target.arn} does not admit ${rule.arn}.`);
		} else if (target.arn.includes(':sqs:')) {
			const queue = sqs.byArn(target.arn);
			if (queue) queue.send(input);
			else missing(rule, target, input);
		} else if (target.arn.includes(':function:')) {
			if (lambda.find(target.arn)) lambda.invokeLater(target.arn, JSON.parse(input));
			else missing(rule, target, input);
		} else if (!sns.publish(target.arn, input)) {
			others.push({ at: context.clock.now(), rule: rule.name, targetArn: target.arn, input });
		}
	};

	/** A target that is not there, or takes nothing from the rule, is not tried again. */
	const undeliverable = (rule: Rule, target: RuleTarget, input: string, code: string, message: string) => {
		const { deadLetterArn } = target;
		if (deadLetterArn === undefined || !options.admits(rule.arn, deadLetterArn)) return;
		const queue = sqs.byArn(deadLetterArn);
		const attributes = { RULE_ARN: rule.arn, TARGET_ARN: target.arn, ERROR_CODE: code, ERROR_MESSAGE: message };
		queue?.send(input, { attributes: stringAttributes(attributes) });
	};

	const missing = (rule: Rule, target: RuleTarget, input: string) =>
		undeliverable(rule, target, input, 'NO_RESOURCE', `The target ${target.arn} does not exist.`);

	/** @throws Error as Lambda refuses a mapping whose function's role cannot read the queue. */
	const checkRights = ({ functionName, queueArn }: EventSourceMapping) => {
		const [lacking] = options.rightsOf(functionName)?.lackingToRead(queueArn) ?? [];
		if (lacking === undefined) return;
		const action = lacking.slice('sqs:'.length);
		throw new Error(
			`The provided execution role does not have permissions to call ${action} on SQS: function ${functionName}, ${queueArn}.`,
		);
	};

	const schedule = (rule: Rule, periodMs: number) => {
		let cancel = () => {};
		const tick = () => {
			cancel = context.clock.after(periodMs, tick);
			if (options.skips?.(rule)) return;
			const scheduled = bus.toEvent({ source: 'aws.events', detailType: 'Scheduled Event', detail: {}, resources: [rule.arn] });
			toTargets(rule, scheduled);
		};
		cancel = context.clock.after(periodMs, tick);
		stops.push(() => cancel());
	};

	return {
		accept,
		others,
		start() {
			for (const mapping of template.mappings) {
				const queue = sqs.byArn(mapping.queueArn);
				if (!queue) throw new Error(`Function ${mapping.functionName} reads ${mapping.queueArn}, which is not in the template.`);
				if (!mapping.enabled) continue;
				checkRights(mapping);
				const pollers = options.pollers === undefined ? {} : { pollers: options.pollers };
				stops.push(startEventSource({ context, mapping, queue, lambda, ...pollers }));
			}
			for (const rule of template.rules) {
				if (rule.enabled && rule.schedule !== undefined) schedule(rule, periodMs(rule.schedule, rule.name));
			}
		},
		stop() {
			stopped = true;
			for (const stop of stops.splice(0)) stop();
		},
	};
}

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** The period of `rate(5 minutes)`. @throws Error for any other schedule: the local AWS runs no cron. */
export function periodMs(expression: string, rule: string): number {
	const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
	if (count === undefined || unit === undefined) {
		throw new Error(`Rule ${rule}: schedule '${expression}' is not a rate(...): the local AWS runs no other.`);
	}
	return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

/** Message attributes of type String. */
export function stringAttributes(values: Readonly<Record<string, string>>) {
	return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]));
}
