import { describe, expect, it } from 'vitest';
import { operationId, parseOperationId, sharedWorkId, subjectId, uuidFrom } from '../../../shared/operation/ids.ts';
import { TERMINATING } from '../../support/operations.ts';

describe("an operation's id", () => {
	it('follows from what the operation is about, and from nothing else', () => {
		expect(subjectId({ ...TERMINATING, origin: 'WarmPool', destination: 'EC2' })).toBe(subjectId(TERMINATING));
	});

	it.each(['account', 'region', 'group', 'hook', 'instanceId'] as const)('is another where the %s is another', (part) => {
		expect(subjectId({ ...TERMINATING, [part]: 'another' })).not.toBe(subjectId(TERMINATING));
	});

	it('is another for the other transition', () => {
		expect(subjectId({ ...TERMINATING, transition: 'autoscaling:EC2_INSTANCE_LAUNCHING' })).not.toBe(subjectId(TERMINATING));
	});

	it('gives back its parts', () => {
		expect(parseOperationId(operationId(TERMINATING, 12))).toEqual({ subjectId: subjectId(TERMINATING), occurrence: 12 });
	});

	it.each([
		'',
		'lifecycle',
		'lifecycle-3f2a9c1b7d4e5f60',
		'lifecycle-3f2a9c1b7d4e5f60-0',
		'lifecycle-xyz-1',
		'../lifecycle-3f2a9c1b7d4e5f60-1',
	])('is not %j', (id) => {
		expect(parseOperationId(id)).toBeUndefined();
	});
});

it('the same operations share work of the same name, in whatever order', () => {
	expect(sharedWorkId(['a', 'b'])).toBe(sharedWorkId(['b', 'a']));
	expect(sharedWorkId(['a', 'b'])).not.toBe(sharedWorkId(['a', 'c']));
});

it('a UUID that follows from a name is one that Systems Manager takes, and differs by name', () => {
	expect(uuidFrom('a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
	expect(uuidFrom('a')).toBe(uuidFrom('a'));
	expect(uuidFrom('a')).not.toBe(uuidFrom('b'));
});
