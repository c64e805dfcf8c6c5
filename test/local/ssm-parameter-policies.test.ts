import { describe, expect, it } from 'vitest';
import { errorOf, START_AT, smallAws } from './support/small-aws.ts';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const NAME = '/app/token';

type Aws = ReturnType<typeof smallAws>;

const expiration = (days: number) => ({
	Type: 'Expiration',
	Version: '1.0',
	Attributes: { Timestamp: new Date(START_AT + days * DAY * 1000).toISOString() },
});
const warning = { Type: 'ExpirationNotification', Version: '1.0', Attributes: { Before: '12', Unit: 'Hours' } };
const unchanged = { Type: 'NoChangeNotification', Version: '1.0', Attributes: { After: '2', Unit: 'Days' } };

function put(aws: Aws, policies?: readonly object[], more: object = {}) {
	const Policies = policies && { Policies: JSON.stringify(policies) };
	return aws.call('ssm', 'PutParameter', { Name: NAME, Value: 'v', Type: 'String', Tier: 'Advanced', ...Policies, ...more });
}

const described = (aws: Aws) => aws.call('ssm', 'DescribeParameters').Parameters;
const acted = (aws: Aws) => aws.details('Parameter Store Policy Action').map((detail) => detail['policy-type']);

describe('policies of a parameter', () => {
	it('warn before it expires, and delete it then, with an event each', async () => {
		const aws = smallAws();
		put(aws, [expiration(1), warning]);
		const [{ Policies }] = described(aws);
		await aws.advance(13 * HOUR);
		const [first] = acted(aws);
		const warned = described(aws)[0].Policies.map(({ PolicyStatus }: { PolicyStatus: string }) => PolicyStatus);
		await aws.advance(12 * HOUR);

		expect(Policies).toMatchObject([
			{ PolicyType: 'Expiration', PolicyStatus: 'Pending', PolicyText: JSON.stringify(expiration(1)) },
			{ PolicyType: 'ExpirationNotification' },
		]);
		expect([first, warned]).toEqual(['ExpirationNotification', ['Pending', 'Finished']]);
		expect(acted(aws)).toEqual(['ExpirationNotification', 'Expiration']);
		expect(aws.details('Parameter Store Policy Action')[0]).toMatchObject({ 'parameter-name': NAME });
		expect(aws.details('Parameter Store Change').at(-1)).toMatchObject({ operation: 'Delete', name: NAME });
		expect(described(aws)).toEqual([]);
	});

	it('tell that it has not changed, counted from its last change; a new value keeps them', async () => {
		const aws = smallAws();
		put(aws, [unchanged]);
		await aws.advance(DAY);
		put(aws, undefined, { Overwrite: true });
		await aws.advance(1.5 * DAY);
		const early = acted(aws);
		await aws.advance(DAY);

		expect([early, acted(aws)]).toEqual([[], ['NoChangeNotification']]);
	});

	it('are replaced by others, and taken away by an empty one', async () => {
		const aws = smallAws();
		put(aws, [expiration(1)]);
		put(aws, [expiration(3)], { Overwrite: true });
		await aws.advance(2 * DAY);
		const still = described(aws).length;
		put(aws, [{}], { Overwrite: true });
		await aws.advance(2 * DAY);

		expect([still, acted(aws)]).toEqual([1, []]);
		expect(described(aws)[0].Policies).toEqual([]);
	});

	it.each([
		['of the standard tier', [unchanged], { Tier: 'Standard' }, 'ValidationException'],
		['in the past', [expiration(-1)], {}, 'InvalidPolicyAttributeException'],
		['of a type that is none', [{ Type: 'Rotation' }], {}, 'InvalidPolicyTypeException'],
		['without an expiration to warn of', [warning], {}, 'IncompatiblePolicyException'],
		['twice', [expiration(1), expiration(2)], {}, 'IncompatiblePolicyException'],
		['with another unit', [{ ...unchanged, Attributes: { After: '2', Unit: 'Weeks' } }], {}, 'InvalidPolicyAttributeException'],
		['without a number', [{ ...unchanged, Attributes: { After: 'two', Unit: 'Days' } }], {}, 'InvalidPolicyAttributeException'],
		['too many', Array.from({ length: 11 }, () => unchanged), {}, 'PoliciesLimitExceededException'],
		['that are no JSON', undefined, { Policies: 'none' }, 'ValidationException'],
	])('are refused %s', (_, policies, more, code) => {
		const aws = smallAws();
		expect(errorOf(() => put(aws, policies, more)).code).toBe(code);
		expect(described(aws)).toEqual([]);
	});
});

describe('the metadata of a parameter', () => {
	it('say who has changed it, and with which key it is encrypted', () => {
		const aws = smallAws();
		const input = { Name: NAME, Value: 'secret', Type: 'SecureString' };
		aws.ssm.definition.operations['PutParameter']?.({ ...input, KeyId: 'alias/fleetkeeper' } as never, { caller: 'alice' });
		aws.ssm.putParameter({ name: '/app/other', value: 'v', type: 'SecureString' });

		expect(described(aws)).toMatchObject([
			{ Name: '/app/other', KeyId: 'alias/aws/ssm' },
			{ Name: NAME, KeyId: 'alias/fleetkeeper', LastModifiedUser: 'arn:aws:iam::111122223333:user/alice' },
		]);
		expect(aws.ssm.parameterKeys('/app')).toEqual(['alias/fleetkeeper']);
		expect(errorOf(() => put(aws, undefined, { KeyId: 'alias/x', Overwrite: true, Type: 'String' })).code).toBe('ValidationException');
	});
});
