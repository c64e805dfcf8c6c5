/** The budgets of AWS calls of alarms and remediations. */

import { describe, expect, it } from 'vitest';
import { CARES } from './care.ts';

describe('The AWS calls of', () => {
	it.each(CARES.map((care) => [care.what, care] as const))('%s are within their budget', async (_, { allowed, cost }) => {
		const { total, controlPlane, by } = await cost();

		expect(total, JSON.stringify(by)).toBeLessThanOrEqual(allowed.total);
		expect(controlPlane, JSON.stringify(by)).toBeLessThanOrEqual(allowed.controlPlane ?? Number.POSITIVE_INFINITY);
	});
});
