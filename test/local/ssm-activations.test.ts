import { describe, expect, it } from 'vitest';
import { errorOf, START_AT, smallAws } from './support/small-aws.ts';

const HOUR = 3_600;
const MACHINE = { platform: 'Linux', bootSeconds: 10, registerSeconds: 5, behaviours: {} } as const;

type Aws = ReturnType<typeof smallAws>;

function trusting(service: string) {
	return { Statement: { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' } } as const;
}

/** With a role that Systems Manager may take, and one that it may not. */
function withRoles(): Aws {
	const aws = smallAws();
	aws.iamApi.addRole({ name: 'hybrid-node', trust: trusting('ssm.amazonaws.com') });
	aws.iamApi.addRole({ name: 'other', trust: trusting('ec2.amazonaws.com') });
	return aws;
}

const create = (aws: Aws, input: object = {}) => aws.call('ssm', 'CreateActivation', { IamRole: 'hybrid-node', ...input });
const list = (aws: Aws, ...Filters: object[]) =>
	aws.call('ssm', 'DescribeActivations', Filters.length > 0 ? { Filters } : {}).ActivationList;

/** A machine's agent registers with what CreateActivation told. */
function register(aws: Aws, { ActivationId, ActivationCode }: { ActivationId: string; ActivationCode: string }, name = 'till-7'): string {
	return aws.ssm.activations.register({ activationId: ActivationId, code: ActivationCode, name, machine: MACHINE });
}

describe('a hybrid activation', () => {
	it('lets as many machines register as it says, which get its tags, its role and its name', () => {
		const aws = withRoles();
		const activation = create(aws, { DefaultInstanceName: 'till', RegistrationLimit: 2, Tags: [{ Key: 'site', Value: 'berlin' }] });
		const first = register(aws, activation);
		register(aws, activation, 'till-8');

		expect(activation.ActivationCode).toMatch(/^[a-zA-Z0-9]{20}$/);
		expect(first).toMatch(/^mi-[0-9a-f]{17}$/);
		expect(errorOf(() => register(aws, activation)).code).toBe('RegistrationLimitExceeded');
		const filter = { Key: 'ActivationIds', Values: [activation.ActivationId] };
		expect(aws.call('ssm', 'DescribeInstanceInformation', { Filters: [filter] }).InstanceInformationList).toMatchObject([
			{ InstanceId: first, Name: 'till', ComputerName: 'till-7', IamRole: 'hybrid-node', PingStatus: 'Online' },
			{ ComputerName: 'till-8' },
		]);
		const tags = aws.call('ssm', 'ListTagsForResource', { ResourceType: 'ManagedInstance', ResourceId: first }).TagList;
		expect(tags).toEqual([{ Key: 'site', Value: 'berlin' }]);
		expect(list(aws)).toMatchObject([{ RegistrationsCount: 2, RegistrationLimit: 2, Expired: false, DefaultInstanceName: 'till' }]);
	});

	it('expires after a day unless it says otherwise, and what has registered stays', async () => {
		const aws = withRoles();
		const activation = create(aws);
		const later = create(aws, { RegistrationLimit: 5, ExpirationDate: new Date(START_AT + 30 * 24 * HOUR * 1000) });
		const node = register(aws, activation);
		await aws.advance(24 * HOUR);

		expect(list(aws).map(({ Expired }: { Expired: boolean }) => Expired)).toEqual([true, false]);
		expect(errorOf(() => register(aws, activation)).code).toBe('ActivationExpired');
		expect(errorOf(() => register(aws, { ...later, ActivationCode: 'guess' })).code).toBe('InvalidActivation');
		expect(aws.ssm.node(node)?.agent).toBe('online');
	});

	it('needs a role that trusts Systems Manager, and bounds', () => {
		const aws = withRoles();
		const refused = (input: object) => errorOf(() => create(aws, input)).code;

		expect(refused({ IamRole: 'gone' })).toBe('ValidationException');
		expect(refused({ IamRole: 'other' })).toBe('ValidationException');
		expect(refused({ RegistrationLimit: 1_001 })).toBe('ValidationException');
		expect(refused({ ExpirationDate: new Date(START_AT + 31 * 24 * HOUR * 1000) })).toBe('InvalidParameters');
		expect(refused({ ExpirationDate: new Date(START_AT) })).toBe('InvalidParameters');
		expect(list(aws)).toEqual([]);
	});

	it('is found by its filters, and deleted', () => {
		const aws = withRoles();
		const { ActivationId } = create(aws, { DefaultInstanceName: 'till' });
		create(aws);

		expect(list(aws, { FilterKey: 'DefaultInstanceName', FilterValues: ['till'] })).toMatchObject([{ ActivationId }]);
		expect(errorOf(() => list(aws, { FilterKey: 'Name', FilterValues: ['till'] })).code).toBe('InvalidFilter');
		aws.call('ssm', 'DeleteActivation', { ActivationId });
		expect(list(aws, { FilterKey: 'ActivationIds', FilterValues: [ActivationId] })).toEqual([]);
		expect(errorOf(() => aws.call('ssm', 'DeleteActivation', { ActivationId })).code).toBe('InvalidActivationId');
	});
});

describe('a machine on premises', () => {
	it('is told of when it registers and deregisters, by events that say nothing more', () => {
		const aws = withRoles();
		const node = register(aws, create(aws));
		aws.call('ssm', 'UpdateManagedInstanceRole', { InstanceId: node, IamRole: 'service-role/other' });
		aws.call('ssm', 'DeregisterManagedInstance', { InstanceId: node });

		expect(
			aws.events.filter(({ detailType }) => detailType.startsWith('SSM Managed')).map(({ detailType, detail }) => [detailType, detail]),
		).toEqual([
			['SSM Managed Instance Registration', {}],
			['SSM Managed Instance Deregistration', {}],
		]);
		expect(aws.ssm.nodes()).toEqual([]);
		expect(errorOf(() => aws.call('ssm', 'DeregisterManagedInstance', { InstanceId: node })).code).toBe('InvalidInstanceId');
	});
});
