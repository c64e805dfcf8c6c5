/** AWS Config: the recorder, rules, and whether resources comply with them. */

import * as schemas from '@aws-sdk/client-config-service';
import { type ApiCall, isReadOnly } from '../api-call.ts';
import { CONFIG_RECORDING_LAG_MS } from '../assumptions.ts';
import type { Ec2 } from '../ec2.ts';
import type { S3 } from '../s3.ts';
import { defineService, PROTOCOLS, type ServiceDefinition } from '../service.ts';
import { quotasOf, throttled } from '../throttle.ts';
import type { AwsContext } from '../types.ts';
import { MANAGED_RULES } from './managed-rules.ts';
import {
	type ComplianceType,
	type ConfigRule,
	type ConfigurationItem,
	type Evaluator,
	type Remediation,
	type ResourceProvider,
	type RuleSettings,
	resourceKey,
} from './model.ts';
import { bucketProvider, instanceProvider, securityGroupProvider } from './providers.ts';
import { Recorder } from './recorder.ts';
import { recorderOperations } from './recorder-operations.ts';
import { ruleOperations } from './rule-operations.ts';
import { Rules } from './rules.ts';

/** A rule as a world makes it. What is left out of a managed one is AWS's. */
export interface NewRule
	extends Partial<Pick<RuleSettings, 'onChange' | 'resourceTypes'>>,
		Omit<RuleSettings, 'source' | 'onChange' | 'resourceTypes' | 'evaluate'> {
	/** The identifier of an AWS-managed rule, or how a custom one judges a resource. */
	readonly judge: string | Evaluator;
	readonly remediation?: Remediation;
}

export interface Config {
	readonly definition: ServiceDefinition;
	/** From a resource's change to its configuration item, in milliseconds. */
	lagMs: number;
	/** Makes the recorder find another type of resource. Before `record`. */
	addProvider(provider: ResourceProvider): void;
	/** The recorder runs, and has recorded everything that is there. It is off until this, or until the API starts it. */
	record(): void;
	/** Adds a rule that has been there for long: what it finds of what is recorded is on record, and no event goes out. */
	addRule(rule: NewRule): void;
	/** Adds a rule now: it evaluates what is in scope, and events tell what it finds. */
	createRule(rule: NewRule): void;
	/** What a rule last found of a resource; undefined where it found nothing, or the resource is gone. */
	compliance(rule: string, type: string, id: string): ComplianceType | undefined;
	/** Looks for changes of a service's resources: for those that neither a call makes nor a change of an instance's state. */
	look(service: string): void;
	/** Looks for what a call may have changed. */
	observe(call: ApiCall): void;
	/** The recorded items of a resource, the oldest first. */
	historyOf(type: string, id: string): readonly ConfigurationItem[];
	rules(): readonly ConfigRule[];
	/** Evaluations so far, of one resource by one rule each, as they are billed. */
	readonly evaluations: number;
}

export interface ConfigOptions {
	readonly ec2: Ec2;
	readonly s3: S3;
	readonly lagMs?: number;
	/** Calls per second, by operation. AWS publishes none. */
	readonly throttles?: Readonly<Record<string, number>>;
}

export function createConfig(ctx: AwsContext, { ec2, s3, lagMs = CONFIG_RECORDING_LAG_MS, throttles = {} }: ConfigOptions): Config {
	const rules = new Rules(ctx, () => recorder);
	const recorder = new Recorder(ctx, lagMs, (item) => rules.itemRecorded(item));
	for (const provider of [instanceProvider(ctx, ec2), securityGroupProvider(ctx, ec2), bucketProvider(ctx, s3)]) {
		recorder.addProvider(provider);
	}
	ec2.onState(() => recorder.lookSoon('ec2'));
	const operations = { ...ruleOperations(ctx, rules, recorder), ...recorderOperations(ctx, recorder) };

	function put(rule: NewRule, options: { readonly quietly: boolean }): void {
		const made = rules.put(settingsOf(ctx, rule), options);
		if (rule.remediation) made.remediation = rule.remediation;
	}

	return {
		definition: defineService({
			name: 'config',
			protocol: PROTOCOLS.config,
			schemas,
			operations: throttled(operations, quotasOf(throttles), ctx.clock),
		}),
		get lagMs() {
			return recorder.lagMs;
		},
		set lagMs(lag) {
			recorder.lagMs = lag;
		},
		addProvider: (provider) => recorder.addProvider(provider),
		record: () => recorder.start({ quietly: true }),
		addRule: (rule) => put(rule, { quietly: true }),
		createRule: (rule) => put(rule, { quietly: false }),
		compliance: (rule, type, id) => rules.find(rule)?.results.get(resourceKey({ type, id }))?.compliance,
		look: (service) => recorder.lookSoon(service),
		observe: ({ service, operation, error }) => {
			if (!error && !isReadOnly(operation)) recorder.lookSoon(service);
		},
		historyOf: (type, id) => recorder.historyOf({ type, id }),
		rules: () => rules.all(),
		get evaluations() {
			return rules.evaluations;
		},
	};
}

function settingsOf({ region, account }: AwsContext, { judge, remediation, ...rule }: NewRule): RuleSettings {
	if (typeof judge !== 'string') {
		const source = { owner: 'CUSTOM_LAMBDA', identifier: `arn:aws:lambda:${region}:${account}:function:${rule.name}` } as const;
		return { resourceTypes: [], onChange: rule.every === undefined, ...rule, source, evaluate: judge };
	}
	const managed = MANAGED_RULES[judge];
	if (!managed) throw new Error(`The local AWS knows no AWS-managed rule ${judge}.`);
	return { ...managed, ...rule, source: { owner: 'AWS', identifier: judge } };
}
