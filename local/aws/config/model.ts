/** What AWS Config knows: resources as they were recorded, rules, and what rules found. */

import type { ConfigurationItemStatus, MaximumExecutionFrequency } from '@aws-sdk/client-config-service';

export type ComplianceType = 'COMPLIANT' | 'NON_COMPLIANT' | 'NOT_APPLICABLE';

type Json = Readonly<Record<string, unknown>>;

/** A resource as it stands, in the shape of its type's configuration items. */
export interface ResourceState {
	readonly id: string;
	readonly name?: string;
	readonly arn: string;
	readonly availabilityZone?: string;
	/** Epoch milliseconds. */
	readonly createdAt?: number;
	readonly tags: Readonly<Record<string, string>>;
	readonly configuration: Json;
	readonly supplementaryConfiguration?: Json;
}

/** Where the recorder finds the resources of a type. */
export interface ResourceProvider {
	/** `AWS::EC2::Instance` */
	readonly type: string;
	/** The service whose calls may change such a resource, as the request log names it. */
	readonly service: string;
	/** Those that exist now. */
	list(): readonly ResourceState[];
}

export interface ConfigurationItem extends ResourceState {
	readonly type: string;
	readonly status: Extract<ConfigurationItemStatus, 'OK' | 'ResourceDiscovered' | 'ResourceDeleted'>;
	/** Epoch milliseconds. */
	readonly capturedAt: number;
}

export type Verdict = ComplianceType | { readonly compliance: ComplianceType; readonly annotation: string };

/** Judges a resource by its configuration as it was last recorded. */
export type Evaluator = (item: ConfigurationItem, parameters: Readonly<Record<string, string>>) => Verdict;

/** What a rule was made with. */
export interface RuleSettings {
	readonly name: string;
	readonly description?: string;
	/** An AWS-managed rule by its identifier, or a custom one. */
	readonly source: { readonly owner: 'AWS' | 'CUSTOM_LAMBDA'; readonly identifier: string };
	/** Evaluated when a resource in scope changes; or periodically; or both. */
	readonly onChange: boolean;
	readonly every?: MaximumExecutionFrequency;
	/** Resources in scope: of these types, and with this tag or id where one is given. */
	readonly resourceTypes: readonly string[];
	readonly tag?: { readonly key: string; readonly value?: string };
	readonly resourceId?: string;
	readonly parameters?: Readonly<Record<string, string>>;
	/** The service that made it, for a conformance pack's rule. */
	readonly createdBy?: string;
	readonly evaluate: Evaluator;
}

/** AWS's own remediation of a rule. It is known, not run. */
export interface Remediation {
	readonly document: string;
	readonly automatic: boolean;
	readonly maximumAttempts?: number;
	readonly retrySeconds?: number;
}

/** What a rule last found of a resource. */
export interface Result {
	readonly type: string;
	readonly id: string;
	readonly compliance: ComplianceType;
	readonly annotation?: string;
	/** Epoch milliseconds: of the change or the time that the evaluation is for, of the rule's invocation, of its result. */
	readonly orderingAt: number;
	readonly invokedAt: number;
	readonly recordedAt: number;
}

export interface ConfigRule {
	settings: RuleSettings;
	readonly arn: string;
	readonly id: string;
	readonly createdAt: number;
	/** By `resourceKey`. */
	readonly results: Map<string, Result>;
	remediation?: Remediation;
	/** Evaluations under way. */
	evaluating: number;
	/** Epoch milliseconds. */
	lastInvokedAt?: number;
	lastEvaluatedAt?: number;
}

export function resourceKey({ type, id }: Pick<Result, 'type' | 'id'>): string {
	return `${type}/${id}`;
}

/** How often a periodic rule is evaluated. */
export const FREQUENCY_MS: Readonly<Record<MaximumExecutionFrequency, number>> = {
	One_Hour: 3_600_000,
	Three_Hours: 10_800_000,
	Six_Hours: 21_600_000,
	Twelve_Hours: 43_200_000,
	TwentyFour_Hours: 86_400_000,
};
