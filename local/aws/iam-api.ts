/**
 * The API of IAM, as far as the roles of instances go: which policies a role has, and what they come to. That functions and runbooks
 * keep to their roles is not decided here: see iam/.
 */

import type {
	AttachRolePolicyCommandInput,
	ContextEntry,
	DetachRolePolicyCommandInput,
	EvaluationResult,
	GetInstanceProfileCommandInput,
	GetInstanceProfileCommandOutput,
	GetRoleCommandInput,
	GetRoleCommandOutput,
	ListAttachedRolePoliciesCommandInput,
	ListAttachedRolePoliciesCommandOutput,
	SimulatePrincipalPolicyCommandInput,
	SimulatePrincipalPolicyCommandOutput,
	Role as WireRole,
} from '@aws-sdk/client-iam';
import * as schemas from '@aws-sdk/client-iam';
import { RolePolicies } from './iam/evaluation.ts';
import { list, type PolicyDocument, type Statement } from './iam/policy.ts';
import { AWS_MANAGED_POLICIES } from './iam-managed-policies.ts';
import { defineService, PROTOCOLS, type ServiceDefinition } from './service.ts';
import { type AwsContext, AwsError, type Output } from './types.ts';

interface Role {
	readonly name: string;
	readonly arn: string;
	/** Epoch milliseconds. */
	readonly createdAt: number;
	readonly inline: readonly PolicyDocument[];
	/** ARNs of managed policies. */
	readonly attached: Set<string>;
	/** Who may assume it. */
	readonly trust?: PolicyDocument;
}

export interface NewRole {
	readonly name: string;
	readonly policies?: readonly PolicyDocument[];
	/** Names or ARNs of managed policies, AWS's own included. */
	readonly attached?: readonly string[];
	readonly trust?: PolicyDocument;
}

export interface IamApi {
	readonly definition: ServiceDefinition;
	/** Whether there is a managed policy of that name. */
	hasPolicy(name: string): boolean;
	/** A managed policy of the account's. */
	addPolicy(name: string, document: PolicyDocument): void;
	addRole(role: NewRole): void;
	/** An instance profile with the role of a name, which may not be there. */
	addInstanceProfile(name: string, roleName?: string): void;
	hasInstanceProfile(name: string): boolean;
	/** The name of the role in it. */
	profileRole(name: string): string | undefined;
	/** Whether a role may do something: on anything, where no resource is named. */
	roleAllows(name: string, action: string, resource?: string): boolean;
	/** Whether a role lets a service assume it; undefined where there is no such role. */
	trusts(roleName: string, service: string): boolean | undefined;
	/** Calls `listener` when policies of a role are changed. */
	onChange(listener: () => void): void;
}

const DECISIONS = { allowed: 'allowed', denied: 'implicitDeny', 'explicitly-denied': 'explicitDeny' } as const;

export function createIamApi(ctx: AwsContext): IamApi {
	const roles = new Map<string, Role>();
	const profiles = new Map<string, string>();
	const listeners: (() => void)[] = [];
	/** By ARN. */
	const managed = new Map(AWS_MANAGED_POLICIES.map(({ name, document }) => [`arn:aws:iam::aws:policy/${name}`, document]));
	const own = (kind: string, name: string) => `arn:aws:iam::${ctx.account}:${kind}/${name}`;

	function roleNamed(name: string | undefined): Role {
		const role = roles.get(name ?? '');
		if (!role) throw new AwsError('NoSuchEntityException', `The role with name ${name} cannot be found.`, { status: 404 });
		return role;
	}

	function policyArn(nameOrArn: string | undefined): string {
		const arn = [nameOrArn ?? '', own('policy', nameOrArn ?? ''), `arn:aws:iam::aws:policy/${nameOrArn}`].find((each) => managed.has(each));
		if (arn === undefined)
			throw new AwsError('NoSuchEntityException', `Policy ${nameOrArn} does not exist or is not attachable.`, { status: 404 });
		return arn;
	}

	function policiesOf({ inline, attached }: Role): RolePolicies {
		return new RolePolicies([...inline, ...[...attached].flatMap((arn) => managed.get(arn) ?? [])]);
	}

	function changed(): void {
		for (const listener of listeners) listener();
	}

	function wireRole({ name, arn, createdAt }: Role): WireRole {
		return { Path: '/', RoleName: name, RoleId: `AROA${name.toUpperCase()}`, Arn: arn, CreateDate: new Date(createdAt) };
	}

	const operations = {
		GetRole: ({ RoleName }: GetRoleCommandInput): Output<GetRoleCommandOutput> => ({ Role: wireRole(roleNamed(RoleName)) }),

		GetInstanceProfile({ InstanceProfileName: name = '' }: GetInstanceProfileCommandInput): Output<GetInstanceProfileCommandOutput> {
			const roleName = profiles.get(name);
			if (roleName === undefined) throw new AwsError('NoSuchEntityException', `Instance Profile ${name} cannot be found.`, { status: 404 });
			const role = roles.get(roleName);
			const InstanceProfile = {
				Path: '/',
				InstanceProfileName: name,
				InstanceProfileId: `AIPA${name.toUpperCase()}`,
				Arn: own('instance-profile', name),
				CreateDate: new Date(role?.createdAt ?? ctx.clock.now()),
				Roles: role ? [wireRole(role)] : [],
			};
			return { InstanceProfile };
		},

		ListAttachedRolePolicies({ RoleName }: ListAttachedRolePoliciesCommandInput): Output<ListAttachedRolePoliciesCommandOutput> {
			const AttachedPolicies = [...roleNamed(RoleName).attached].map((PolicyArn) => ({
				PolicyArn,
				PolicyName: PolicyArn.split('/').at(-1),
			}));
			return { AttachedPolicies };
		},

		AttachRolePolicy({ RoleName, PolicyArn }: AttachRolePolicyCommandInput): object {
			roleNamed(RoleName).attached.add(policyArn(PolicyArn));
			changed();
			return {};
		},

		DetachRolePolicy({ RoleName, PolicyArn }: DetachRolePolicyCommandInput): object {
			if (!roleNamed(RoleName).attached.delete(PolicyArn ?? '')) {
				throw new AwsError('NoSuchEntityException', `Policy ${PolicyArn} was not found.`, { status: 404 });
			}
			changed();
			return {};
		},

		SimulatePrincipalPolicy(input: SimulatePrincipalPolicyCommandInput): Output<SimulatePrincipalPolicyCommandOutput> {
			const { PolicySourceArn = '', ActionNames = [], ResourceArns = ['*'], ContextEntries = [] } = input;
			const role = roleNamed(PolicySourceArn.split('/').at(-1));
			const policies = policiesOf(role);
			const context = contextOf(ContextEntries);
			const EvaluationResults = ActionNames.flatMap((action) =>
				ResourceArns.map((resource): EvaluationResult => {
					const request = { action, resource, principal: role.arn, account: ctx.account };
					const { verdict } = policies.decide(request, () => context);
					return { EvalActionName: action, EvalResourceName: resource, EvalDecision: DECISIONS[verdict], MatchedStatements: [] };
				}),
			);
			return { EvaluationResults, IsTruncated: false };
		},
	};

	return {
		definition: defineService({ name: 'iam', protocol: PROTOCOLS.iam, schemas, operations }),
		hasPolicy: (name) => managed.has(own('policy', name)) || managed.has(`arn:aws:iam::aws:policy/${name}`),
		addPolicy: (name, document) => {
			managed.set(own('policy', name), document);
		},
		addRole: ({ name, policies = [], attached = [], trust }) => {
			const role = {
				name,
				arn: own('role', name),
				createdAt: ctx.clock.now(),
				inline: policies,
				attached: new Set(attached.map(policyArn)),
				...(trust && { trust }),
			};
			roles.set(name, role);
		},
		addInstanceProfile: (name, roleName = name) => {
			profiles.set(name, roleName);
		},
		hasInstanceProfile: (name) => profiles.has(name),
		profileRole: (name) => profiles.get(name),
		roleAllows(name, action, resource = '*') {
			const role = roles.get(name);
			if (!role) return false;
			const request = { action, resource, principal: role.arn, account: ctx.account };
			return policiesOf(role).decide(request, () => ({})).verdict === 'allowed';
		},
		trusts(roleName, service) {
			const role = roles.get(roleName);
			return role && list(role.trust?.Statement).some((statement) => admitsService(statement, service));
		},
		onChange(listener) {
			listeners.push(listener);
		},
	};
}

/** Whether a statement of a trust policy is about a service. Conditions on the source of the request hold for this account's own. */
function admitsService({ Effect, Action, Principal }: Statement, service: string): boolean {
	const principal = Principal as { readonly Service?: string | readonly string[] } | undefined;
	return Effect === 'Allow' && list(Action).includes('sts:AssumeRole') && list(principal?.Service).includes(service);
}

function contextOf(entries: readonly ContextEntry[]): Record<string, readonly string[]> {
	return Object.fromEntries(entries.map(({ ContextKeyName = '', ContextKeyValues = [] }) => [ContextKeyName, ContextKeyValues]));
}
