/** The services of a fleet on a clock that a test moves by hand: no bus, no functions. */

import type { EmittedEvent } from '../../../local/aws/types.ts';
import { chance, text, uuid } from '../../../local/chance.ts';
import { SimulatedClock } from '../../../local/clock.ts';
import { type Fleet, seedFleet } from '../../../local/fleet.ts';
import { turn } from '../../../local/globals.ts';
import { createFleetServices, type FleetServicesOptions } from '../../../local/services.ts';

export const START_AT = Date.parse('2026-03-02T09:00:00Z');

export type SmallAws = ReturnType<typeof smallAws>;

export function smallAws(fleet: Fleet = { groups: [] }, options: FleetServicesOptions = {}) {
	const defects: unknown[] = [];
	const clock = new SimulatedClock(START_AT, chance(1, 'aws'), (defect) => defects.push(defect));
	const ids = chance(1, 'ids');
	const events: (EmittedEvent & { readonly at: number })[] = [];
	const ctx = {
		account: '111122223333',
		region: 'eu-west-1',
		clock,
		emit: (event: EmittedEvent) => void events.push({ ...event, at: clock.now() }),
		id: (length: number, alphabet?: string) => text(ids, length, alphabet),
		uuid: () => uuid(ids),
	};
	const services = createFleetServices(ctx, options);
	seedFleet(services, fleet, clock.now());

	return {
		...services,
		ctx,
		clock,
		events,
		/** Calls an operation by service and name, as the wire would. */
		// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an output.
		call(service: string, operation: string, input: object = {}): any {
			const found = services.definitions.find(({ name }) => name === service)?.operations[operation];
			if (!found) throw new Error(`${service} has no operation ${operation}.`);
			return found(input as never);
		},
		/** Moves time on by seconds, letting everything happen that is due. */
		async advance(seconds: number): Promise<void> {
			const end = clock.now() + seconds * 1000;
			await turn();
			while ((clock.nextAt ?? Number.POSITIVE_INFINITY) <= end) {
				clock.runNext();
				await turn();
			}
			clock.moveTo(end);
			if (defects.length > 0) throw defects[0];
		},
		/** The details of all events of a type, the first first. */
		details(detailType: string): Readonly<Record<string, unknown>>[] {
			return events.filter((event) => event.detailType === detailType).map((event) => event.detail);
		},
	};
}

/** The code of the AWS error that a call throws. */
export function errorOf(call: () => unknown): { code: string; message: string; fields: Record<string, unknown> } {
	try {
		call();
	} catch (error) {
		return error as { code: string; message: string; fields: Record<string, unknown> };
	}
	throw new Error('The call was expected to fail.');
}

/** `i-` and 17 digits, ending in `number`. */
export function nodeId(number: number): string {
	return `i-${String(number).padStart(17, '0')}`;
}

/** A group `web` of so many nodes, each with its own changes by index. */
export function webFleet(
	count: number,
	changes: Readonly<Record<number, Partial<Fleet['groups'][0]['nodes'][0]>>> = {},
	group: Partial<Fleet['groups'][0]> = {},
): Fleet {
	const nodes = Array.from({ length: count }, (_, index) => ({ id: nodeId(index + 1), ...changes[index] }));
	return { groups: [{ name: 'web', min: 0, max: 20, tags: { service: 'nginx' }, ...group, nodes }] };
}
