/** Where the alarms of a world have stood, and what kept them quiet: told by CloudWatch alone, whatever became of its events. */

import type { BusEvent } from '../../aws/eventbridge.ts';
import type { EventFate } from '../../delivery.ts';
import type { Scene } from '../flow.ts';
import { type AlarmText, isClaimed, type Meaning, meaningOf, type Value } from './alarm-claims.ts';

/** An alarm that goes into another state, or goes away. Times are epoch milliseconds. */
export interface Change {
	readonly alarm: string;
	readonly at: number;
	readonly value: Value;
	readonly meaning: Meaning;
	/** Its mute rule or what suppresses it has it quiet from the beginning on. */
	readonly held: boolean;
	/** When the mute was to end, as the event has it. */
	readonly muteEndsAt: number | undefined;
	readonly eventId: string;
	/** When its event reaches the queue. */
	readonly deliveredAt: number;
	/** When it was seen that whoever reads the queue is done with it. */
	heardAt?: number;
}

/** A time for which an alarm was muted or suppressed. */
interface Quiet {
	readonly from: number;
	to?: number;
}

const STATE = 'CloudWatch Alarm State Change';
const SERIES = 'CloudWatch Alarm Contributor State Change';
const CONFIGURATION = 'CloudWatch Alarm Configuration Change';
const QUEUE = 'fleetkeeper-local-alarm-state';
/** From the bus to the queue. */
const BUS = 200;

/** Events of an alarm that change where it stands, of one of its series, or that it is gone. */
export function isAlarmEvent({ source, detail, ...event }: BusEvent): boolean {
	const type = event['detail-type'];
	return source === 'aws.cloudwatch' && (type === STATE || type === SERIES || (type === CONFIGURATION && detail['operation'] === 'delete'));
}

/** Where an event of an alarm has it; nothing where it is about a series alone. */
export function stateOf({ detail, ...event }: BusEvent): Value | undefined {
	const type = event['detail-type'];
	if (type === CONFIGURATION) return 'gone';
	return type === STATE ? ((detail['state'] as { value: Value }).value as Value) : undefined;
}

/** CloudWatch's own time of a state: `2026-03-02T09:41:12.220+0000`. Of a deletion there is that of the event alone. */
export function timeOf({ detail, time, ...event }: BusEvent): number {
	if (event['detail-type'] === CONFIGURATION) return Date.parse(time);
	return Date.parse((detail['state'] as { timestamp: string }).timestamp.replace('+0000', 'Z'));
}

export class AlarmRecord {
	readonly #scene: Scene;
	readonly #playbooks: readonly AlarmText[];
	readonly #changes = new Map<string, Change[]>();
	readonly #quiet = new Map<string, Quiet[]>();

	constructor(scene: Scene, playbooks: readonly AlarmText[]) {
		this.#scene = scene;
		this.#playbooks = playbooks;
	}

	/** Names of the alarms that have changed and that a playbook is for. */
	get claimed(): readonly string[] {
		return [...this.#changes.keys()];
	}

	/** Oldest first. */
	changesOf(name: string): readonly Change[] {
		return this.#changes.get(name) ?? [];
	}

	/** The first that is for it, whatever state it is in. */
	playbookOf(name: string): AlarmText | undefined {
		return this.#playbooks.filter((playbook) => isClaimed([playbook], name)).sort((a, b) => a.priority - b.priority)[0];
	}

	emitted(event: BusEvent, fate: EventFate): void {
		const value = isAlarmEvent(event) ? stateOf(event) : undefined;
		if (value === undefined) return;
		this.look();
		const name = String(event.detail['alarmName']);
		const playbook = this.playbookOf(name);
		if (playbook === undefined) return;
		const now = this.#scene.now();
		const late = typeof fate === 'object' && fate.copy !== true ? fate.delayMs : 0;
		const change: Change = {
			alarm: name,
			at: now,
			value,
			meaning: meaningOf(playbook, value),
			held: this.isQuiet(name),
			muteEndsAt: this.#scene.world.services.cloudWatch.alarms().find((alarm) => alarm.name === name)?.mutedUntil,
			eventId: event.id,
			deliveredAt: now + BUS + late,
		};
		this.#changes.set(name, [...this.changesOf(name), change]);
	}

	/** Looks what is quiet, and what has been heard of. */
	look(): void {
		const { world } = this.#scene;
		const now = this.#scene.now();
		for (const { name, mutedUntil, suppressedBy } of world.services.cloudWatch.alarms()) {
			const quiet = this.#quiet.get(name) ?? [];
			const last = quiet.at(-1);
			const isQuiet = mutedUntil !== undefined || suppressedBy !== undefined;
			if (isQuiet && (last === undefined || last.to !== undefined)) this.#quiet.set(name, [...quiet, { from: now }]);
			else if (!isQuiet && last !== undefined && last.to === undefined) last.to = now;
		}
		const unheard = [...this.#changes.values()].flat().filter(({ heardAt, deliveredAt }) => heardAt === undefined && deliveredAt < now);
		if (unheard.length === 0) return;
		const waiting = this.#idsIn(QUEUE);
		for (const change of unheard) if (!waiting.has(change.eventId)) change.heardAt = now;
	}

	/** It is a dead letter: people hear of it, and we do not. */
	isBuried({ eventId }: Change): boolean {
		return this.#idsIn(`${QUEUE}-dead-letters`).has(eventId);
	}

	isQuiet(name: string): boolean {
		const last = this.#quiet.get(name)?.at(-1);
		return last !== undefined && last.to === undefined;
	}

	/** Whether it has been quiet from then on until now. */
	isQuietSince(name: string, at: number): boolean {
		const last = this.#quiet.get(name)?.at(-1);
		return last !== undefined && last.to === undefined && last.from <= at;
	}

	/** When it was quiet last, if it was after an instant. */
	quietUntil(name: string, after: number): number | undefined {
		const to = this.#quiet.get(name)?.at(-1)?.to;
		return to !== undefined && to > after ? to : undefined;
	}

	/** The changes since which it has been in what counts as ALARM, the first of them first; none where it is not. */
	inAlarm(name: string): readonly Change[] {
		const changes = this.changesOf(name);
		return changes.slice(changes.findLastIndex(({ meaning }) => meaning !== 'alarm') + 1);
	}

	/** The changes since which it has been calm, the first of them first; states that count for nothing are left out. */
	calm(name: string): readonly Change[] {
		const changes = this.changesOf(name).filter(({ meaning }) => meaning !== 'nothing');
		return changes.slice(changes.findLastIndex(({ meaning }) => meaning !== 'calm') + 1);
	}

	#idsIn(queue: string): ReadonlySet<unknown> {
		const messages = this.#scene.world.sqs.queues.get(queue)?.messages ?? [];
		return new Set(messages.map(({ body }) => (JSON.parse(body) as { id?: unknown }).id));
	}
}
