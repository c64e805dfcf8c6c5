/** Every delivered event ends as an operation, a counted skip with its reason, or a dead letter. */

import type { BusEvent } from '../../aws/eventbridge.ts';
import type { Flow, Scene, Watch } from '../flow.ts';
import { accountsForWork, isWorkEnd } from '../work-ends.ts';

export function watchEvents(scene: Scene, flows: readonly Flow[]): Watch {
	const delivered: BusEvent[] = [];
	const mustAccountFor = (event: BusEvent) => isWorkEnd(event) || flows.some((flow) => flow.mustAccountFor(event));
	const accounts = (event: BusEvent) =>
		(isWorkEnd(event) && accountsForWork(event, scene)) || flows.some((flow) => flow.accounts(event, scene));
	return {
		emitted(event, fate) {
			if (fate !== 'drop' && mustAccountFor(event)) delivered.push(event);
		},
		end() {
			const { logs, metrics, sqs } = scene.world;
			const drops = logs.filter(({ message }) => message === 'Event dropped');
			const dropped = new Set(drops.flatMap(({ fields }) => (fields['reason'] && fields['why'] ? [fields['eventId']] : [])));
			const counted = [...metrics].filter(([name]) => name.startsWith('EventsDropped')).reduce((sum, [, count]) => sum + count, 0);
			if (counted !== drops.length) scene.violated(7, `${drops.length} events were dropped, and ${counted} of them counted`);
			const dead = [...sqs.queues].flatMap(([name, { messages }]) => (name.endsWith('-dead-letters') ? messages : []));
			const deadIds = new Set(dead.flatMap(({ body, attributes }) => (isExplained(attributes) ? [idOf(body)] : [])));
			for (const event of delivered) {
				if (dropped.has(event.id) || deadIds.has(event.id)) continue;
				if (accounts(event)) continue;
				scene.violated(7, `event ${event.id} has vanished: ${event['detail-type']} ${JSON.stringify(event.detail).slice(0, 300)}`);
			}
		},
	};
}

/** A message that a function buries says why; one that SQS or Lambda moved speaks for itself. */
function isExplained(attributes: Readonly<Record<string, unknown>>): boolean {
	return attributes['Reason'] !== undefined || attributes['MessageId'] === undefined;
}

function idOf(body: string): unknown {
	try {
		return (JSON.parse(body) as { id?: unknown }).id;
	} catch {
		return undefined;
	}
}
