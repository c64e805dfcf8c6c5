/**
 * What policies come to for a request, evaluated by iam-simulate. What is asked while a world runs uses its synchronous part, which
 * reads no file; the policies of resources, which only its asynchronous part takes, are asked before.
 */

import { runSimulation, runUnsafeSimulation } from '@cloud-copilot/iam-simulate';
import type { RequestContext } from './need.ts';
import { conditionKeys, list, type Permission, type PolicyDocument, permissionsOf } from './policy.ts';

export interface Request {
	/** `ssm:SendCommand` */
	readonly action: string;
	/** An ARN, or `*`. */
	readonly resource: string;
	readonly context: RequestContext;
	/** An ARN, or a service as `events.amazonaws.com`. */
	readonly principal: string;
	/** Whose the resource is. */
	readonly account: string;
}

type Verdict = 'allowed' | 'denied' | 'explicitly-denied';

export interface Decision {
	readonly verdict: Verdict;
	/** The permissions that allow it, or those that deny it. */
	readonly by: readonly Permission[];
}

function simulationOf({ action, resource, context, principal, account }: Request) {
	const contextVariables = Object.fromEntries(
		Object.entries(context).map(([key, value]) => [key, typeof value === 'string' ? value : [...value]]),
	);
	return {
		request: { principal, action, resource: { resource, accountId: account }, contextVariables },
		identityPolicies: [],
		serviceControlPolicies: [],
		resourceControlPolicies: [],
	};
}

function policyOf(statements: readonly unknown[]) {
	return { Version: '2012-10-17', Statement: statements };
}

function applies({ effect, action, resource, condition }: Permission, request: Request): boolean {
	const policy = policyOf([{ Effect: effect, Action: action, Resource: resource, ...(condition && { Condition: condition }) }]);
	return runUnsafeSimulation({ ...simulationOf(request), identityPolicies: [{ name: 'role', policy }] }, {}) !== 'ImplicitlyDenied';
}

/**
 * Whether the policies of a resource let somebody who has no policies of his own, a service, do something with it.
 * @throws Error where the request does not fit the Service Authorization Reference, or a policy is not valid.
 */
export function admits(policies: readonly PolicyDocument[], request: Request): Promise<boolean> {
	const statements = policies.flatMap(({ Statement }) => list(Statement));
	if (statements.length === 0) return Promise.resolve(false);
	const key = JSON.stringify([statements, request]);
	const answer = admitted.get(key) ?? evaluate(statements, request);
	admitted.set(key, answer);
	return answer;
}

/** Every world of a process asks the same: what the same policies say to the same request is worked out once. */
const admitted = new Map<string, Promise<boolean>>();

async function evaluate(statements: readonly unknown[], request: Request): Promise<boolean> {
	const answer = await runSimulation({ ...simulationOf(request), resourcePolicy: policyOf(statements) }, {});
	if (answer.resultType !== 'error') return answer.overallResult === 'Allowed';
	throw new Error(`${request.action} on ${request.resource} cannot be evaluated: ${JSON.stringify(answer.errors)}`);
}

/** Decisions that a role keeps; then it begins anew. */
const MOST_KEPT = 20_000;

/** The policies of a role. What was asked once is not worked out again. */
export class RolePolicies {
	readonly permissions: readonly Permission[];
	readonly #byAction = new Map<string, Permission[]>();
	readonly #wild: Permission[] = [];
	readonly #decisions = new Map<string, Decision>();

	constructor(policies: readonly PolicyDocument[]) {
		this.permissions = policies.flatMap(permissionsOf);
		for (const permission of this.permissions) {
			if (/[*?]/.test(permission.action)) {
				this.#wild.push(permission);
				continue;
			}
			const action = permission.action.toLowerCase();
			this.#byAction.set(action, [...(this.#byAction.get(action) ?? []), permission]);
		}
	}

	/** @param context asked for only where a permission of this action has a condition. */
	decide(request: Omit<Request, 'context'>, context: () => RequestContext): Decision {
		const candidates = [...(this.#byAction.get(request.action.toLowerCase()) ?? []), ...this.#wild];
		const wanted = new Set(candidates.flatMap(conditionKeys));
		const given = wanted.size > 0 ? context() : {};
		const relevant = Object.fromEntries(Object.entries(given).filter(([key]) => wanted.has(key.toLowerCase())));
		const key = `${request.action}\n${request.resource}\n${JSON.stringify(relevant)}`;
		const known = this.#decisions.get(key);
		if (known) return known;
		if (this.#decisions.size >= MOST_KEPT) this.#decisions.clear();
		const decision = decided(candidates.filter((permission) => applies(permission, { ...request, context: relevant })));
		this.#decisions.set(key, decision);
		return decision;
	}
}

function decided(applying: readonly Permission[]): Decision {
	const denying = applying.filter(({ effect }) => effect === 'Deny');
	if (denying.length > 0) return { verdict: 'explicitly-denied', by: denying };
	return { verdict: applying.length > 0 ? 'allowed' : 'denied', by: applying };
}
