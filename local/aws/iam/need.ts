/** What IAM asks of a call: which actions it needs, and on what. */

/** Condition keys and their values, as a request gives them. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

export interface Need {
	/** `ssm:SendCommand` */
	readonly action: string;
	/** ARNs, each of which has to be allowed; `*` where IAM knows no resource for the action (Service Authorization Reference). */
	readonly resources: readonly string[];
	/** The condition keys of this action; made only where a policy asks for one. */
	readonly context?: () => RequestContext;
	/** Where it is not allowed: what is enough in its place. */
	readonly otherwise?: readonly Need[];
}

/** What a need depends on beside the call itself. */
export interface Facts {
	/** Version and assume role of what StartAutomationExecution would run; undefined where there is no such runbook. */
	runbook(input: unknown): { readonly version: string; readonly assumeRole?: string } | undefined;
	/** The tags of an instance, as conditions on `ssm:resourceTag` and `aws:ResourceTag` ask for them. */
	instanceTags(id: string): ReadonlyMap<string, string> | undefined;
	/** The keys of the account's own that encrypt a SecureString, or those under a path: ids, ARNs or aliases. */
	parameterKeys?(nameOrPath: string): readonly string[];
	/** The name of the role in an instance profile. */
	profileRole?(profile: string): string | undefined;
	/** The `aws:userid` of who has started a session of Session Manager, where it is somebody in a role. */
	sessionUserId?(id: string): string | undefined;
}

/** Where a call is made, and what is known there. */
export interface Site {
	readonly account: string;
	readonly region: string;
	readonly facts: Facts;
	/** An ARN of this account and Region: `arn('ssm', 'opsitem/oi-1')`. */
	arn(service: string, resource: string): string;
}

/** What each operation of a service needs, by API name. Each takes the input as the SDK client types it. */
export type Needs = Readonly<Record<string, (input: never, site: Site) => readonly Need[]>>;

export const ANYTHING = ['*'] as const;

/** For operations whose actions are of the same name, and know no resource. */
export function onAnything(service: string, operations: readonly string[]): Needs {
	return Object.fromEntries(operations.map((operation) => [operation, () => [{ action: `${service}:${operation}`, resources: ANYTHING }]]));
}

/** The condition keys of a request that sets tags. */
export function tagContext(tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[]): RequestContext {
	return {
		'aws:TagKeys': tags.map(({ Key = '' }) => Key),
		...Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [`aws:RequestTag/${Key}`, Value])),
	};
}
