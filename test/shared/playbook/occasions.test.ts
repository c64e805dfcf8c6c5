import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePlaybook } from '../../../shared/playbook/parse.ts';
import { compiled, nameOf, problemsOf } from './problems.ts';
import { ALARM, EVENT, NONCOMPLIANT, REQUEST } from './samples.ts';

describe('for every occasion', () => {
	const SAMPLES = [ALARM, NONCOMPLIANT, EVENT, REQUEST];

	it.each(SAMPLES.map((sample) => [nameOf(sample), sample]))('the sample %s has no problems', (_, sample) => {
		expect(problemsOf(sample)).toEqual([]);
	});

	it('a brake and the dry run are the same', () => {
		for (const sample of SAMPLES) {
			expect(compiled(`${sample}limits: { perHour: 5 }\ncalendar: freeze\nmode: observe\n`).brakes).toEqual({
				limits: { perHour: 5, beyond: 'wait' },
				calendar: { names: ['freeze'], closed: 'wait' },
				observe: true,
			});
		}
	});

	it('no text makes it crash: a sample with pieces of another in it', () => {
		const piece = fc.tuple(fc.constantFrom(...SAMPLES), fc.nat({ max: 400 }), fc.nat({ max: 60 }));
		fc.assert(
			fc.property(
				fc.constantFrom(...SAMPLES),
				fc.nat({ max: 400 }),
				fc.nat({ max: 40 }),
				piece,
				(sample, at, cut, [other, from, length]) => {
					const source = sample.slice(0, at) + other.slice(from, from + length) + sample.slice(at + cut);
					const parsed = parsePlaybook(source, nameOf(sample));
					for (const { line, message } of parsed.ok ? parsed.warnings : parsed.problems) {
						expect(line).toBeLessThanOrEqual(source.split('\n').length);
						expect(message).not.toBe('');
					}
				},
			),
			{ numRuns: 700 },
		);
	});
});
