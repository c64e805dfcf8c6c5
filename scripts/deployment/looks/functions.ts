/** Functions and what they may do. */

import { documentFrom } from '../moto.ts';
import { known, type Look } from './look.ts';

export const lambda: Look = async ({ properties: { FunctionName } }, { ask }) => {
	const { CodeSize, ...configuration } = await ask('lambda', 'GetFunctionConfiguration', { FunctionName });
	if (!(CodeSize > 0)) throw new Error('it has no code.');
	return known(configuration);
};

export const eventSourceMapping: Look = async ({ properties: { FunctionName } }, { ask }) => {
	const { EventSourceMappings } = await ask('lambda', 'ListEventSourceMappings', { FunctionName });
	const [mapping, ...others] = EventSourceMappings;
	if (!mapping || others.length > 0) throw new Error(`${FunctionName} has ${EventSourceMappings.length} of them.`);
	return known({ ...mapping, FunctionName: mapping.FunctionArn, Enabled: mapping.State === 'Enabled' });
};

export const permission: Look = async ({ properties: { FunctionName, SourceArn } }, { ask }) => {
	const { Policy } = await ask('lambda', 'GetPolicy', { FunctionName });
	for (const { Action, Principal, Condition, Resource } of JSON.parse(Policy).Statement) {
		const source = Condition?.ArnLike?.['AWS:SourceArn'];
		if (source === SourceArn) return { Action, Principal: Principal.Service, SourceArn: source, FunctionName: Resource };
	}
	throw new Error(`${SourceArn} may not call ${FunctionName}.`);
};

/** IAM gives documents encoded as parts of a URL. */
const decoded = (text: string): unknown => documentFrom(decodeURIComponent(text));

export const role: Look = async ({ properties: { RoleName } }, { ask }) => {
	const { Role } = await ask('iam', 'GetRole', { RoleName });
	const { PolicyNames } = await ask('iam', 'ListRolePolicies', { RoleName });
	const Policies = [];
	for (const PolicyName of PolicyNames) {
		const { PolicyDocument } = await ask('iam', 'GetRolePolicy', { RoleName, PolicyName });
		Policies.push({ PolicyName, PolicyDocument: decoded(PolicyDocument) });
	}
	const { AttachedPolicies } = await ask('iam', 'ListAttachedRolePolicies', { RoleName });
	return known({
		...Role,
		AssumeRolePolicyDocument: decoded(Role.AssumeRolePolicyDocument),
		Policies,
		ManagedPolicyArns: AttachedPolicies.map(({ PolicyArn }: { PolicyArn: string }) => PolicyArn),
	});
};

export const instanceProfile: Look = async ({ physicalId: InstanceProfileName }, { ask }) => {
	const { InstanceProfile } = await ask('iam', 'GetInstanceProfile', { InstanceProfileName });
	return known({ ...InstanceProfile, Roles: InstanceProfile.Roles.map(({ RoleName }: { RoleName: string }) => RoleName) });
};

export const managedPolicy: Look = async ({ physicalId }, { ask }) => {
	const { Policy } = await ask('iam', 'GetPolicy', { PolicyArn: physicalId });
	const { PolicyVersion } = await ask('iam', 'GetPolicyVersion', { PolicyArn: physicalId, VersionId: Policy.DefaultVersionId });
	return known({ ...Policy, ManagedPolicyName: Policy.PolicyName, PolicyDocument: decoded(PolicyVersion.Document) });
};
