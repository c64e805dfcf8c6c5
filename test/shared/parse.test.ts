import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { Fail } from '../../shared/errors.ts';
import { parseEvent } from '../../shared/parse.ts';

const Event = z.object({ source: z.literal('aws.ssm'), detail: z.looseObject({ status: z.string() }) });

/** What the refusal of an event says. */
function refusal(event: unknown): string {
	try {
		parseEvent(Event, event, 'a command');
	} catch (error) {
		expect(error).toBeInstanceOf(Fail);
		return (error as Fail).message;
	}
	throw new Error('The event was taken.');
}

describe('an event', () => {
	it('is taken with the parts that are known, and with those of its detail that are not', () => {
		expect(parseEvent(Event, { source: 'aws.ssm', version: '0', detail: { status: 'Success', more: 1 } }, 'a command')).toEqual({
			source: 'aws.ssm',
			detail: { status: 'Success', more: 1 },
		});
	});

	it('that lacks parts is refused with all that is missing', () => {
		expect(refusal({ detail: {} })).toBe('This is not an event of a command: source is missing; detail.status is missing');
	});

	it('with a part of the wrong type is refused with what was expected', () => {
		expect(refusal({ source: 'aws.ssm', detail: { status: 7 } })).toMatch(/^This is not an event of a command: detail\.status: .*string/);
	});

	it.each([null, 'text', 7, []])('%j is refused as a whole', (event) => {
		expect(refusal(event)).toMatch(/: the event: /);
	});

	it('that is not there is missing', () => {
		expect(refusal(undefined)).toContain('the event is missing');
	});
});
