/** IAM, as far as roles go: what a role's policies let those do who work in it, and who may work in it. */

import type { AwsError } from '../types.ts';
import { denial } from './denial.ts';
import { admits, type Decision, RolePolicies } from './evaluation.ts';
import type { Facts, Need, RequestContext, Site } from './need.ts';
import { NEEDS } from './needs/index.ts';
import { conditionKeys, type Permission, type PolicyDocument } from './policy.ts';

export interface Role {
	readonly name: string;
	readonly arn: string;
	readonly policies: readonly PolicyDocument[];
	/** Who may assume it. */
	readonly trust?: PolicyDocument;
}

/** Who works in which role. */
export interface Session {
	/** The role's ARN. */
	readonly role: string;
	/** As the end of the session's ARN. */
	readonly name: string;
}

/** A permission that a call needed, and what it was needed for. */
export interface Use {
	readonly role: string;
	readonly permission: Permission;
	readonly resource: string;
	readonly context: RequestContext;
}

export interface IamOptions {
	readonly account: string;
	readonly region: string;
	readonly roles: readonly Role[];
	/** Who works in a role of those, by the name that the request log has; undefined for everybody else, who may do anything. */
	readonly sessionOf: (caller: string) => Session | undefined;
	readonly facts: Facts;
	/** Told of every permission the first time that it lets a role do something. */
	readonly onUse?: (use: Use) => void;
}

export interface AskedCall {
	readonly service: string;
	readonly operation: string;
	readonly input: unknown;
}

export interface Iam {
	/** Who calls, where it is somebody in a role. */
	sessionOf(caller: string | undefined): Session | undefined;
	/**
	 * What a call is refused with; undefined where it is allowed, and in a role that is not known here.
	 * @throws Error for an operation of which nobody has said here what it needs.
	 */
	refusal(session: Session, call: AskedCall): AwsError | undefined;
	/** Whether a role allows one action on one resource: for what a service does in a role without a call of its API. */
	allows(session: Session, action: string, resource: string): boolean;
	/** Whether Automation may take a role for its executions. */
	assumable(role: string): boolean;
}

/** The condition keys that are given to policies: one that asks for another would never hold. */
const GLOBAL_KEYS = [
	'aws:PrincipalAccount',
	'aws:PrincipalArn',
	'aws:RequestedRegion',
	'aws:ResourceAccount',
	'aws:userid',
	'ec2:Region',
] as const;
const KNOWN_KEYS = new Set(
	[
		...GLOBAL_KEYS,
		'aws:TagKeys',
		'ec2:CreateAction',
		'events:detail-type',
		'events:source',
		'iam:PassedToService',
		'iam:PolicyARN',
		's3:prefix',
	].map((key) => key.toLowerCase()),
);
const KNOWN_PREFIXES = ['aws:requesttag/', 'aws:resourcetag/', 'ssm:resourcetag/', 'ssm:sessiondocumentaccesscheck'];

/** @throws Error for a policy that asks for a condition key of which nothing is known here. */
function checkKeys({ name }: Role, { permissions }: RolePolicies): void {
	const unknown = permissions
		.flatMap(conditionKeys)
		.find((key) => !KNOWN_KEYS.has(key) && !KNOWN_PREFIXES.some((prefix) => key.startsWith(prefix)));
	if (unknown !== undefined) throw new Error(`Role ${name} has a condition on ${unknown}, which the local AWS gives to no request.`);
}

/** The `aws:userid` of who works in a role: IAM makes an id for the role, which in this world is its name. */
export function userIdOf({ role, name }: Session): string {
	return `AROA${role.split('/').at(-1)?.toUpperCase()}:${name}`;
}

/** Worlds that are made of one template share what was worked out about its roles. */
const worked = new WeakMap<Role, RolePolicies>();

function policiesOf(role: Role): RolePolicies {
	const known = worked.get(role);
	if (known) return known;
	const policies = new RolePolicies(role.policies);
	checkKeys(role, policies);
	worked.set(role, policies);
	return policies;
}

/** Whether Automation may take a role, for an execution of this account. */
function takenByAutomation(account: string, region: string, { arn, trust }: Role): Promise<boolean> {
	const context = { 'aws:SourceAccount': account, 'aws:SourceArn': `arn:aws:ssm:${region}:${account}:automation-execution/any` };
	return admits(trust ? [trust] : [], { action: 'sts:AssumeRole', resource: arn, principal: 'ssm.amazonaws.com', account, context });
}

/** @throws Error for a role whose policies cannot be read here. */
export async function createIam({ account, region, roles, sessionOf, facts, onUse = () => {} }: IamOptions): Promise<Iam> {
	const byArn = new Map(roles.map((role) => [role.arn, { role, policies: policiesOf(role) }]));
	const site: Site = { account, region, facts, arn: (service, resource) => `arn:aws:${service}:${region}:${account}:${resource}` };
	const told = new Set<Permission>();
	const taken = new Set<string>();
	for (const role of roles) if (await takenByAutomation(account, region, role)) taken.add(role.arn);

	const sessionArn = ({ role, name }: Session) => `arn:aws:sts::${account}:assumed-role/${role.split('/').at(-1)}/${name}`;

	const contextOf = ({ role, name }: Session, need: Need): RequestContext => ({
		'aws:PrincipalArn': role,
		'aws:userid': userIdOf({ role, name }),
		'aws:PrincipalAccount': account,
		'aws:ResourceAccount': account,
		'aws:RequestedRegion': region,
		'ec2:Region': region,
		...need.context?.(),
	});

	/** Which resource of a need is not allowed, or nothing. */
	const lacking = (session: Session, need: Need): { resource: string; decision: Decision } | undefined => {
		const found = byArn.get(session.role);
		if (!found) return undefined;
		const request = { action: need.action, principal: sessionArn(session), account };
		for (const resource of need.resources) {
			const decision = found.policies.decide({ ...request, resource }, () => contextOf(session, need));
			if (decision.verdict !== 'allowed') return { resource, decision };
			for (const permission of decision.by) {
				if (told.has(permission)) continue;
				told.add(permission);
				onUse({ role: found.role.name, permission, resource, context: contextOf(session, need) });
			}
		}
		return undefined;
	};

	return {
		sessionOf: (caller) => (caller === undefined ? undefined : sessionOf(caller)),
		refusal(session, { service, operation, input }) {
			if (!byArn.has(session.role)) return undefined;
			const needs = NEEDS[service]?.[operation];
			if (!needs) throw new Error(`The local AWS does not know what permissions ${operation} of ${service} needs.`);
			for (const need of needs(input as never, site)) {
				const missing = lacking(session, need);
				if (!missing || need.otherwise?.every((other) => !lacking(session, other))) continue;
				const explicitly = missing.decision.verdict === 'explicitly-denied';
				return denial({ service, principal: sessionArn(session), action: need.action, resource: missing.resource, explicitly });
			}
			return undefined;
		},
		allows: (session, action, resource) => lacking(session, { action, resources: [resource] }) === undefined,
		assumable: (role) => !byArn.has(role) || taken.has(role),
	};
}
