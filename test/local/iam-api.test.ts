import { describe, expect, it } from 'vitest';
import { errorOf, smallAws } from './support/small-aws.ts';

const CORE = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore';
const WRITE = 'arn:aws:iam::111122223333:policy/write';
const BUCKET = 'arn:aws:s3:::output';

function withRole() {
	const aws = smallAws();
	const { iamApi } = aws;
	iamApi.addPolicy('write', { Statement: { Effect: 'Allow', Action: 's3:PutObject', Resource: `${BUCKET}/*` } });
	const guard = { Statement: { Effect: 'Deny', Action: 's3:PutObject', Resource: `${BUCKET}/secret/*` } } as const;
	iamApi.addRole({ name: 'node', policies: [guard], attached: ['AmazonSSMManagedInstanceCore', 'write'] });
	iamApi.addInstanceProfile('web', 'node');
	const decide = (action: string, resource: string) => {
		const input = { PolicySourceArn: 'arn:aws:iam::111122223333:role/node', ActionNames: [action], ResourceArns: [resource] };
		return aws.call('iam', 'SimulatePrincipalPolicy', input).EvaluationResults[0].EvalDecision;
	};
	return { ...aws, decide };
}

describe('IAM', () => {
	it('says what the policies of a role come to', () => {
		const { decide } = withRole();

		expect(decide('s3:PutObject', `${BUCKET}/a`)).toBe('allowed');
		expect(decide('s3:PutObject', `${BUCKET}/secret/a`)).toBe('explicitDeny');
		expect(decide('s3:GetObject', `${BUCKET}/a`)).toBe('implicitDeny');
		expect(decide('ssm:UpdateInstanceInformation', '*')).toBe('allowed');
	});

	it('attaches managed policies to roles, and takes them off', () => {
		const { call, decide } = withRole();
		const attached = () => call('iam', 'ListAttachedRolePolicies', { RoleName: 'node' }).AttachedPolicies;

		call('iam', 'DetachRolePolicy', { RoleName: 'node', PolicyArn: WRITE });
		expect(attached()).toEqual([{ PolicyArn: CORE, PolicyName: 'AmazonSSMManagedInstanceCore' }]);
		expect(decide('s3:PutObject', `${BUCKET}/a`)).toBe('implicitDeny');

		call('iam', 'AttachRolePolicy', { RoleName: 'node', PolicyArn: WRITE });
		expect(decide('s3:PutObject', `${BUCKET}/a`)).toBe('allowed');
	});

	it('leads from an instance profile to its role, and refuses what is not there', () => {
		const { call } = withRole();
		const code = (operation: string, input: object) => errorOf(() => call('iam', operation, input)).code;

		const { InstanceProfile } = call('iam', 'GetInstanceProfile', { InstanceProfileName: 'web' });
		expect(InstanceProfile.Roles).toMatchObject([{ RoleName: 'node', Arn: 'arn:aws:iam::111122223333:role/node' }]);
		expect(code('GetInstanceProfile', { InstanceProfileName: 'db' })).toBe('NoSuchEntityException');
		expect(code('GetRole', { RoleName: 'db' })).toBe('NoSuchEntityException');
		expect(code('AttachRolePolicy', { RoleName: 'node', PolicyArn: `${WRITE}-all` })).toBe('NoSuchEntityException');
		expect(code('DetachRolePolicy', { RoleName: 'node', PolicyArn: `${WRITE}-all` })).toBe('NoSuchEntityException');
	});
});
