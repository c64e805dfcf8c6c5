import { describe, expect, it } from 'vitest';
import { callFailure, Drop, describeError, Fail, Retry, requestIdOf } from '../../shared/errors.ts';
import { awsError, noReply } from '../support/core.ts';

describe('what a failed call says about trying again', () => {
	it.each([
		'ThrottlingException',
		'Throttling',
		'RequestLimitExceeded',
		'TooManyRequestsException',
		'AutomationExecutionLimitExceededException',
	])('%s: nothing was done, and it may be asked again', (name) => {
		expect(callFailure(awsError(name))).toBe('throttled');
	});

	it('what the SDK itself takes for throttling is throttling', () => {
		expect(callFailure(awsError('SlowDown', 'slow down', 503, { $retryable: { throttling: true } }))).toBe('throttled');
	});

	it.each(['InvalidDocument', 'AccessDeniedException', 'ValidationException'])('%s: nothing was done, and never will be', (name) => {
		expect(callFailure(awsError(name))).toBe('refused');
	});

	it.each([
		['a server error', awsError('InternalServerError', 'oops', 500)],
		['a reply that never came', noReply()],
		['no error of AWS at all', new TypeError('undefined is not a function')],
	])('%s proves nothing: it may have been done', (_, error) => {
		expect(callFailure(error)).toBe('unknown');
	});
});

describe('an error in one line', () => {
	it('is its AWS name and what it says', () => {
		expect(describeError(awsError('ValidationError', 'No active Lifecycle Action'))).toBe('ValidationError: No active Lifecycle Action');
	});

	it('does not repeat itself', () => {
		expect(describeError(new Error('plain'))).toBe('plain');
		expect(describeError(awsError('Throttling', 'Throttling: Rate exceeded'))).toBe('Throttling: Rate exceeded');
	});

	it('is whatever was thrown, where that was no error', () => {
		expect(describeError('thrown text')).toBe('thrown text');
	});
});

it.each([
	['Drop', new Drop('not-ours', 'message')],
	['Retry', new Retry('message', new Error('cause'))],
	['Fail', new Fail('message', new Error('cause'))],
])('%s is named after its kind', (name, error) => {
	expect(error).toMatchObject({ name, message: 'message' });
});

it('an error keeps its cause, where there is one', () => {
	const cause = new Error('cause');
	expect(new Retry('message', cause).cause).toBe(cause);
	expect(new Retry('message')).not.toHaveProperty('cause');
});

it('the request id of an answer or an error finds the call in CloudTrail', () => {
	expect(requestIdOf({ $metadata: { requestId: 'request-1' } })).toBe('request-1');
	expect(requestIdOf(awsError('Throttling'))).toBe('request-of-Throttling');
	expect(requestIdOf(undefined)).toBeUndefined();
});
