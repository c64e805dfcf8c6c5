import { describe, expect, it } from 'vitest';
import { eventItem } from '../../../../shared/kinds/event/item.ts';
import { anEvent, RUNBOOK, SPOT_INTERRUPTION } from '../../../support/operations.ts';

const OPS_ITEM = { severity: '3', runbooks: ['restart-node'] };
const FAILED = { state: 'failed', reason: 'step reboot: denied', then: { opsItem: { severity: '1' } }, pending: [] } as const;

describe('the OpsItem of an event', () => {
	const operation = anEvent({
		opsItem: OPS_ITEM,
		run: RUNBOOK,
		occasion: { detail: { 'instance-id': 'i-1', note: 'x'.repeat(9_000) }, time: '2026-03-02T12:05:00Z', account: '', region: '' },
	});

	it('says what happened, to what, and what is done about it', () => {
		const item = eventItem(operation);
		expect(item.title).toBe('EC2 Spot Instance Interruption Warning: i-0123456789abcdef0');
		expect(item.intro).toContain('from aws.ec2 of 2026-03-02T12:05:00Z');
		expect(item.line).toBe(`automation restart-node is run [${operation.id}]`);
		expect(item.resources).toEqual(SPOT_INTERRUPTION.resources);
		expect(item.spec).toEqual(OPS_ITEM);
		expect(item.data['detail']).toMatch(/^\{"instance-id":"i-1"/);
		expect(item.data['detail']?.length).toBeLessThan(4_000);
	});

	it('is the same for all occurrences of a subject, and another for another subject', () => {
		const key = (changes: object) => eventItem(anEvent({ opsItem: {}, ...changes })).key;
		const again = anEvent({ opsItem: {}, occurrence: 2 });
		expect(eventItem({ ...again, id: again.id.replace(/-1$/, '-2') }).key).toBe(key({}));
		expect(key({ subject: { ...SPOT_INTERRUPTION, key: ['i-2'] } })).not.toBe(key({}));
		expect(key({ result: { observed: true, reason: '' } })).not.toBe(key({}));
	});

	it('is told how the work ended, and of how many events', () => {
		const { own, raisedTo } = eventItem({ ...operation, events: 3, ending: FAILED });
		expect(raisedTo).toBe('1');
		expect(JSON.parse(own['operation/01'] ?? '')).toEqual({
			operation: operation.id,
			about: 'i-0123456789abcdef0',
			events: 3,
			ran: 'automation restart-node',
			outcome: 'failed',
			reason: 'step reboot: denied',
		});
	});

	it('has room for the latest occurrences, however many there are', () => {
		const places = Array.from({ length: 300 }, (_, n) => Object.keys(eventItem(anEvent({ opsItem: {}, occurrence: n + 1 })).own)).flat();
		expect(new Set(places).size).toBe(100);
		expect(new Set(places.slice(-100)).size).toBe(100);
	});

	it('names what it is about where there is no resource, but no event id', () => {
		const title = (subject: object, eventId = 'event-1') =>
			eventItem(anEvent({ opsItem: {}, eventId, subject: { ...SPOT_INTERRUPTION, resources: [], ...subject } })).title;
		expect(title({ key: ['order\n4711'] })).toBe('EC2 Spot Instance Interruption Warning: order 4711');
		expect(title({ key: ['event-1'] })).toBe('EC2 Spot Instance Interruption Warning');
		expect(title({ resources: ['arn:aws:sqs:eu-west-1:111122223333:jobs', 'i-2', 'i-3'] })).toBe(
			'EC2 Spot Instance Interruption Warning: jobs and 2 more',
		);
	});

	it('takes ARNs alone as resources', () => {
		const resources = ['i-1', 'arn:aws:ec2:eu-west-1a:instance/i-2', 'arn:aws:sqs:eu-west-1:111122223333:jobs', 'arn:aws:s3:::logs'];
		const { resources: taken, data } = eventItem(anEvent({ opsItem: {}, subject: { ...SPOT_INTERRUPTION, key: ['event-1'], resources } }));
		expect(taken).toEqual(['arn:aws:sqs:eu-west-1:111122223333:jobs', 'arn:aws:s3:::logs']);
		expect(data['resources']).toContain('i-1, arn:aws:ec2:eu-west-1a:instance/i-2');
	});

	it('takes of several events about a subject what all of them name: OpsCenter tells items apart by their resources too', () => {
		const own = 'arn:aws:sqs:eu-west-1:111122223333:jobs';
		const { resources } = eventItem(
			anEvent({ opsItem: {}, subject: { ...SPOT_INTERRUPTION, key: ['jobs'], resources: [own, 'arn:aws:s3:::logs'] } }),
		);
		expect(resources).toEqual([own]);
	});
});

describe('the OpsItem of failures', () => {
	it('is one a playbook and source, and has a line for each', () => {
		const one = anEvent({ run: RUNBOOK, ending: FAILED, request: { by: 'anna', reason: 'kernel update' } });
		const other = anEvent({ run: RUNBOOK, ending: FAILED, subject: { ...SPOT_INTERRUPTION, key: ['i-2'], resources: [] } });
		const [a, b] = [eventItem(one), eventItem(other)];
		expect([a.key, a.title, a.resources, a.data]).toEqual([b.key, b.title, b.resources, b.data]);
		expect(a.title).toBe('spot-interruptions fails on events of aws.ec2');
		expect(a.line).toBe(
			`EC2 Spot Instance Interruption Warning (i-0123456789abcdef0), restart-node, asked for by anna: step reboot: denied [${one.id}]`,
		);
		expect(a.spec).toEqual({ severity: '1' });
		expect(a.raisedTo).toBeUndefined();
		expect(a.own).not.toEqual(b.own);
	});

	it('has room for the latest of them, however many there are', () => {
		const hashes = Array.from({ length: 500 }, (_, n) => (n * 2_654_435_761).toString(16).padStart(16, '0').slice(-16));
		const places = hashes.flatMap((hash) => Object.keys(eventItem(anEvent({ id: `event-${hash}-1`, ending: FAILED })).own));
		expect(new Set(places).size).toBeLessThanOrEqual(100);
	});
});
