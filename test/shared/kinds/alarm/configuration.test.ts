import { describe, expect, it } from 'vitest';
import { dimensionsOf } from '../../../../shared/kinds/alarm/configuration.ts';

const metric = (dimensions?: object) => ({
	id: 'm',
	metricStat: { metric: { namespace: 'AWS/EC2', name: 'CPU', ...(dimensions && { dimensions }) } },
});

describe('The dimensions of an alarm', () => {
	it('are those of all its metrics', () => {
		const metrics = [metric({ InstanceId: 'i-1' }), { id: 'e', expression: 'm1 + m2' }, metric({ InstanceId: 'i-1', device: 'sda' })];

		expect(dimensionsOf({ configuration: { metrics } })).toEqual({ InstanceId: 'i-1', device: 'sda' });
	});

	it('leave out one that means several things: work on the first would be a guess', () => {
		const metrics = [metric({ InstanceId: 'i-1', group: 'web' }), metric({ InstanceId: 'i-2', group: 'web' })];

		expect(dimensionsOf({ configuration: { metrics } })).toEqual({ group: 'web' });
	});

	it('are none where it has none', () => {
		expect([{}, { configuration: {} }, { configuration: { metrics: [metric()] } }].map(dimensionsOf)).toEqual([{}, {}, {}]);
	});
});
