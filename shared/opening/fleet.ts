/** What comes through the function for everything else: events of any kind, and requests. */

import { COMMAND_REQUESTED } from '../kinds/command/event.ts';
import type { Services } from '../operation/services.ts';
import type { Settled } from '../settled.ts';
import type { Opening } from './admit.ts';
import { openFromCommandRequests } from './command.ts';
import { openFromFleetEvents } from './event.ts';

type Opened = Settled<Opening<'command'>> | Settled<Opening<'event'>>;

/** Opens operations, or tells those that are open. Results are in order of the events. */
export async function openFromFleet(services: Services, events: readonly unknown[]): Promise<Opened[]> {
	const isCommand = (event: unknown) => (event as { 'detail-type'?: unknown } | null)?.['detail-type'] === COMMAND_REQUESTED;
	const [commands, others] = [events.filter(isCommand), events.filter((event) => !isCommand(event))];
	const [ofCommands, ofOthers]: Opened[][] = [
		commands.length > 0 ? await openFromCommandRequests(services, commands) : [],
		others.length > 0 ? await openFromFleetEvents(services, others) : [],
	];
	return events.map((event) => (isCommand(event) ? ofCommands : ofOthers)?.shift() as Opened);
}
