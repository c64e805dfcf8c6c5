/** EventBridge: buses with rules, by its API and for the services of the local AWS. */

import type {
	DescribeRuleRequest,
	ListRulesRequest,
	ListTargetsByRuleRequest,
	PutEventsRequest,
	PutEventsRequestEntry,
	PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import * as schemas from '@aws-sdk/client-eventbridge';
import { compilePattern, flatten, validatePattern } from '../../shared/event-pattern.ts';
import { isRecord } from './schema.ts';
import { defineService, PROTOCOLS, type ServiceDefinition } from './service.ts';
import { type AwsContext, AwsError, type EmittedEvent } from './types.ts';

/** An event as targets receive it. */
export interface BusEvent {
	readonly version: '0';
	readonly id: string;
	readonly 'detail-type': string;
	readonly source: string;
	readonly account: string;
	/** ISO 8601, whole seconds. */
	readonly time: string;
	readonly region: string;
	readonly resources: readonly string[];
	readonly detail: Readonly<Record<string, unknown>>;
}

/** A bus beside the default one. */
export interface Bus {
	readonly name: string;
	readonly arn: string;
}

export interface BusRule {
	readonly name: string;
	readonly arn: string;
	readonly busName: string;
	readonly enabled: boolean;
	readonly pattern?: unknown;
	/** `rate(1 minute)` */
	readonly schedule?: string;
	readonly targets: readonly { readonly arn: string }[];
}

export interface EventBridge<R extends BusRule> {
	readonly definition: ServiceDefinition;
	/** Makes an event of what a service emits: id, time, account and Region are added. */
	toEvent(emitted: EmittedEvent): BusEvent;
	/** The enabled rules of a bus, the default one where none is named, that an event matches. */
	matching(event: BusEvent, busName?: string): readonly R[];
}

/** What the buses are made of. */
export interface BusOptions<R extends BusRule> {
	/** Those beside the default one. */
	readonly buses: readonly Bus[];
	readonly rules: readonly R[];
	/** Takes an event that was put on the bus. */
	readonly accept: (event: BusEvent, busName: string) => void;
}

const DEFAULT_BUS = 'default';
const MAX_ENTRIES = 10;
/** Of all entries together: 1 MB. */
const MAX_TOTAL_BYTES = 1024 * 1024;

/**
 * EventBridge over the buses and rules of a template. They are not created here: they come from the template.
 * @throws Error naming the rule whose pattern EventBridge would refuse, or whose bus is not there.
 */
export function createEventBridge<R extends BusRule>(context: AwsContext, options: BusOptions<R>): EventBridge<R> {
	const buses = [
		{ name: DEFAULT_BUS, arn: `arn:aws:events:${context.region}:${context.account}:event-bus/${DEFAULT_BUS}` },
		...options.buses,
	];
	const known = (nameOrArn = DEFAULT_BUS) => buses.find(({ name, arn }) => name === nameOrArn || arn === nameOrArn);
	const busNamed = (nameOrArn: string | undefined): string => {
		const bus = known(nameOrArn);
		if (!bus) throw new AwsError('ResourceNotFoundException', `Event bus ${nameOrArn} does not exist.`);
		return bus.name;
	};
	for (const { name, pattern, busName } of options.rules) {
		if (!known(busName)) throw new Error(`Rule ${name} is on event bus ${busName}, which is not in the template.`);
		const cause = pattern === undefined ? undefined : validatePattern(pattern);
		if (cause) throw new Error(`Event pattern of rule ${name} is not valid: ${cause.message}`, { cause });
	}
	const patterns = new Map(options.rules.flatMap((rule) => (rule.pattern === undefined ? [] : [[rule, compilePattern(rule.pattern)]])));
	const toEvent = (emitted: EmittedEvent, at = context.clock.now()): BusEvent => ({
		version: '0',
		id: context.uuid(),
		'detail-type': emitted.detailType,
		source: emitted.source,
		account: context.account,
		time: `${new Date(at).toISOString().slice(0, 19)}Z`,
		region: context.region,
		resources: emitted.resources ?? [],
		detail: emitted.detail,
	});
	const ruleNamed = (name: string | undefined, bus: string | undefined): R => {
		const busName = busNamed(bus);
		const rule = options.rules.find((candidate) => candidate.name === name && candidate.busName === busName);
		if (!rule) throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus ${busName}.`);
		return rule;
	};

	const operations = {
		PutEvents: ({ Entries = [] }: PutEventsRequest) => {
			checkEntries(Entries);
			const results = Entries.map((entry): PutEventsResultEntry => {
				const problem = entryProblem(entry);
				if (problem) return problem;
				const event = toEvent(
					{
						source: entry.Source ?? '',
						detailType: entry.DetailType ?? '',
						detail: JSON.parse(entry.Detail ?? '{}') as Record<string, unknown>,
						resources: entry.Resources ?? [],
					},
					entry.Time?.getTime(),
				);
				// An event for a bus that is not there is taken and lost, as AWS does (github.com/aws/aws-cli/issues/9186).
				const bus = known(entry.EventBusName);
				if (bus) options.accept(event, bus.name);
				return { EventId: event.id };
			});
			return { FailedEntryCount: results.filter((result) => result.ErrorCode).length, Entries: results };
		},
		ListRules: ({ NamePrefix = '', EventBusName }: ListRulesRequest) => {
			const busName = busNamed(EventBusName);
			return { Rules: options.rules.filter((rule) => rule.busName === busName && rule.name.startsWith(NamePrefix)).map(toWire) };
		},
		DescribeRule: ({ Name, EventBusName }: DescribeRuleRequest) => toWire(ruleNamed(Name, EventBusName)),
		ListTargetsByRule: ({ Rule, EventBusName }: ListTargetsByRuleRequest) => ({
			Targets: ruleNamed(Rule, EventBusName).targets.map(({ arn }, index) => ({ Id: `target-${index + 1}`, Arn: arn })),
		}),
	};

	return {
		definition: defineService({ name: 'events', protocol: PROTOCOLS.events, schemas: { ...schemas }, operations }),
		toEvent: (emitted) => toEvent(emitted),
		matching(event, busName = DEFAULT_BUS) {
			const fields = flatten(event);
			return options.rules.filter((rule) => rule.enabled && rule.busName === busName && patterns.get(rule)?.(fields) === true);
		},
	};
}

function toWire(rule: BusRule) {
	return {
		Name: rule.name,
		Arn: rule.arn,
		EventBusName: rule.busName,
		State: rule.enabled ? ('ENABLED' as const) : ('DISABLED' as const),
		...(rule.pattern === undefined ? {} : { EventPattern: JSON.stringify(rule.pattern) }),
		...(rule.schedule === undefined ? {} : { ScheduleExpression: rule.schedule }),
	};
}

function checkEntries(entries: readonly PutEventsRequestEntry[]): void {
	if (entries.length < 1 || entries.length > MAX_ENTRIES) {
		throw new AwsError(
			'ValidationException',
			`1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and ${MAX_ENTRIES}`,
		);
	}
	const total = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
	if (total > MAX_TOTAL_BYTES) {
		throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
	}
}

/** Size of an entry as EventBridge counts it: the time as 14 bytes, the rest in UTF-8. */
function sizeOf(entry: PutEventsRequestEntry): number {
	const texts = [entry.Source, entry.DetailType, entry.Detail, ...(entry.Resources ?? [])];
	return texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), entry.Time ? 14 : 0);
}

function entryProblem(entry: PutEventsRequestEntry): PutEventsResultEntry | undefined {
	for (const name of ['Source', 'DetailType', 'Detail'] as const) {
		if (!entry[name]) {
			return {
				ErrorCode: 'InvalidArgument',
				ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
			};
		}
	}
	if (entry.Source?.startsWith('aws.')) {
		return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
	}
	try {
		if (isRecord(JSON.parse(entry.Detail ?? ''))) return undefined;
	} catch {
		// Answered below, as a detail of any other shape is.
	}
	return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
}
