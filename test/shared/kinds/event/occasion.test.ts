import { describe, expect, it } from 'vitest';
import type { FleetEvent } from '../../../../shared/kinds/event/event.ts';
import { keyOf, occasionOf } from '../../../../shared/kinds/event/occasion.ts';
import { resolvePath } from '../../../../shared/playbook/parameters.ts';

const event = (detail: Record<string, unknown>, resources?: string[]): FleetEvent => ({
	id: 'event-1',
	source: 'aws.health',
	'detail-type': 'AWS Health Event',
	account: '111122223333',
	region: 'eu-west-1',
	detail,
	...(resources && { resources }),
});

describe('what an event is about', () => {
	it('is what all its paths lead to', () => {
		const seen = event({ service: 'EC2', affected: ['i-1', 'i-2'] }, ['arn:aws:ec2:eu-west-1:111122223333:instance/i-1']);
		expect(keyOf(seen, ['$.detail.service', '$.detail.affected'])).toEqual(['EC2', 'i-1', 'i-2']);
		expect(keyOf(seen, ['$.resources.0'])).toEqual(['arn:aws:ec2:eu-west-1:111122223333:instance/i-1']);
	});

	it.each([
		['leads nowhere', event({ service: 'EC2' }), ['$.detail.service', '$.detail.eventArn']],
		['leads to an object', event({ service: { name: 'EC2' } }), ['$.detail.service']],
		['leads to nothing', event({ service: '' }), ['$.detail.service']],
		['leads to a novel', event({ service: 'x'.repeat(2_000) }), ['$.detail.service']],
		['is not given', event({}), []],
	])('is not known where a path %s', (_, seen, about) => {
		expect(keyOf(seen, about)).toBeUndefined();
	});
});

describe('what is kept of an event', () => {
	it('is all of it, mostly', () => {
		const detail = { service: 'EC2', entities: [{ value: 'i-1' }] };
		expect(occasionOf(event(detail), [])).toEqual({ ...event(detail), resources: [] });
	});

	it('is of a huge one what the work is given, and what is short', () => {
		const entities = Array.from({ length: 1_000 }, (_, n) => ({ value: `i-${n}`, tags: { note: 'x'.repeat(50) } }));
		const detail = { service: 'EC2', text: 'x'.repeat(500), entities, regions: ['a', 'b'], owner: { team: 'web', mail: 'x' } };
		const occasion = occasionOf(event(detail), [
			'$.detail.entities.7.value',
			'$.detail.entities.8.value',
			'$.detail.regions',
			'$.detail.owner.team',
			'$.region',
			'plain',
		]);
		expect(occasion.detail).toEqual({
			service: 'EC2',
			entities: { 7: { value: 'i-7' }, 8: { value: 'i-8' } },
			regions: ['a', 'b'],
			owner: { team: 'web' },
		});
		expect(resolvePath('$.detail.entities.7.value', occasion)).toEqual({ ok: true, values: ['i-7'] });
	});
});
