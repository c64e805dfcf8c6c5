import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LifecycleEvent, sightingOf } from '../../../../shared/kinds/lifecycle/event.ts';
import { isReturnToWarmPool, namesField, occasionOf, transitionsOfState } from '../../../../shared/kinds/lifecycle/sighting.ts';
import { parseEvent } from '../../../../shared/parse.ts';
import { lifecycleEvent, nodeId } from '../../../support/core.ts';

const EVENTS = join(import.meta.dirname, '..', '..', '..', '..', 'events');
const sample = (name: string): unknown => JSON.parse(readFileSync(join(EVENTS, name), 'utf8'));
const sightingIn = (event: unknown) => sightingOf(parseEvent(LifecycleEvent, event, 'a lifecycle action'), 0);

describe('a lifecycle event', () => {
	it.each(readdirSync(EVENTS).filter((name) => /^instance-(launching|terminating).*\.json$/.test(name)))('is read from %s', (name) => {
		expect(sightingIn(sample(name)).subject).toMatchObject({ kind: 'lifecycle', account: '111122223333', region: 'eu-west-1' });
	});

	it('says which hook of which group holds which instance, and by which token', () => {
		const { subject, token, eventId, seenBy } = sightingIn(lifecycleEvent(nodeId(7)));
		expect(subject).toMatchObject({
			group: 'web-1',
			hook: 'fleetkeeper-drain',
			instanceId: nodeId(7),
			origin: 'AutoScalingGroup',
			destination: 'EC2',
		});
		expect({ token, eventId, seenBy }).toEqual({
			token: expect.stringMatching(/^.{36}$/),
			eventId: `event-of-${nodeId(7)}`,
			seenBy: 'event',
		});
	});

	it('may lack origin, destination and metadata, and may have parts that are not known', () => {
		const event = lifecycleEvent(nodeId(7), { Origin: undefined, Destination: undefined, NewsOfTomorrow: 1 });
		const { subject } = sightingIn(JSON.parse(JSON.stringify(event)));
		expect(subject).not.toHaveProperty('origin');
		expect(subject).not.toHaveProperty('destination');
	});

	it.each([
		['hook-name-missing.json', 'detail.LifecycleHookName is missing'],
		['detail-missing.json', 'detail is missing'],
		['instance-id-malformed.json', 'detail.EC2InstanceId: expected an instance id'],
		['token-not-a-string.json', 'detail.LifecycleActionToken'],
		['transition-unknown.json', 'detail.LifecycleTransition'],
		['detail-type-unknown.json', 'detail-type'],
		['not-an-event.json', 'This is not an event of a lifecycle action'],
	])('that is bad (%s) is refused by what is wrong with it', (name, said) => {
		expect(() => sightingIn(sample(join('bad', name)))).toThrow(said);
	});
});

describe('a sighting', () => {
	it('is an occasion for playbooks of its transition', () => {
		expect(occasionOf('autoscaling:EC2_INSTANCE_TERMINATING')).toBe('instance-terminating');
		expect(occasionOf('autoscaling:EC2_INSTANCE_LAUNCHING')).toBe('instance-launching');
	});

	it('is a return to the warm pool only where a termination goes there', () => {
		const subject = sightingIn(lifecycleEvent(nodeId(7), { Destination: 'WarmPool' })).subject;
		expect(isReturnToWarmPool(subject)).toBe(true);
		expect(isReturnToWarmPool({ ...subject, transition: 'autoscaling:EC2_INSTANCE_LAUNCHING' })).toBe(false);
		expect(isReturnToWarmPool({ ...subject, destination: 'EC2' })).toBe(false);
	});

	it('in a state could be of each transition that has that state', () => {
		expect(transitionsOfState('Terminating:Wait')).toEqual(['autoscaling:EC2_INSTANCE_TERMINATING']);
		expect(transitionsOfState('Warmed:Terminating:Wait')).toEqual(['autoscaling:EC2_INSTANCE_TERMINATING']);
		expect(transitionsOfState('Pending:Wait')).toEqual(['autoscaling:EC2_INSTANCE_LAUNCHING']);
		expect(transitionsOfState('Warmed:Pending:Wait')).toHaveLength(2);
		expect(transitionsOfState('InService')).toEqual([]);
	});
});

it('a pattern names a field at its top or in a branch of $or', () => {
	expect(namesField({ Destination: ['WarmPool'] }, 'Destination')).toBe(true);
	expect(namesField({ $or: [{ Origin: ['EC2'] }, { Destination: ['WarmPool'] }] }, 'Destination')).toBe(true);
	expect(namesField({ Origin: [{ prefix: 'Destination' }] }, 'Destination')).toBe(false);
});
