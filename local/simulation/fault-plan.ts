/** What can go wrong in a story, and how much of it a seed draws. */

import type { Draw } from './draw.ts';

/** Faults of calls that functions make. */
export const CALL_FAULTS = [
	'throttled at random',
	'5xx',
	'5xx after the effect',
	'time-out before the effect',
	'time-out after the effect',
	'reply lost',
	'conditional write fails after succeeding',
	'slow call',
	'killed before a call',
	'killed after a call',
	'killed at its time limit',
] as const;
export type CallFaultKind = (typeof CALL_FAULTS)[number];

export const EVENT_FAULTS = [
	'event dropped',
	'event duplicated',
	'late copy of an event',
	'event delayed by minutes',
	'event reordered',
] as const;
export type EventFaultKind = (typeof EVENT_FAULTS)[number];

/** What holds for a whole story, or comes of it. */
const CONDITIONS = [
	'service out for minutes',
	'throttled at a quota',
	'stale read',
	'keys left unprocessed',
	'lagging lists',
	'lagging tags',
	'clock differs by seconds',
	'several instances of a function at once',
	'two clocks',
	'first node never acknowledges',
] as const;

export const FAULTS: readonly string[] = [...CALL_FAULTS, ...EVENT_FAULTS, ...CONDITIONS];

/** A seed's faults before anything has happened. */
export interface FaultPlan {
	/** Share of calls, by kind. */
	readonly calls: Readonly<Partial<Record<CallFaultKind, number>>>;
	/** Share of events, by kind. */
	readonly events: Readonly<Partial<Record<EventFaultKind, number>>>;
	/** Share of commands to several nodes whose first one takes up nothing from then on: Run Command must not wait for it. */
	readonly deafFirst: number;
	/** Share of reads that need not be consistent. */
	readonly staleReads: number;
	/** Share of BatchGetItem calls. */
	readonly unprocessed: number;
	readonly outages: readonly Outage[];
	/** An operation that has its effect and often no reply. */
	readonly unanswered?: { readonly operation: string; readonly share: number };
	/** How far clocks of environments are off at most. Milliseconds. */
	readonly skewMs: number;
	readonly listLagMs: number;
	readonly tagLagMs: number;
	/** Calls per second by operation, where they are lower than usual. */
	readonly quotas: Readonly<Partial<Record<'ssm' | 'autoScaling' | 'tagging', Readonly<Record<string, number>>>>>;
	/** How many clocks tick at the same moment. */
	readonly clocks: 1 | 2;
	/** Milliseconds after the story's start: before that nothing goes wrong. Outages are counted from then. */
	readonly fromMs: number;
	/** Milliseconds after that: from then on nothing goes wrong any more. */
	readonly untilMs: number;
}

interface Outage {
	readonly service: string;
	readonly fromMs: number;
	readonly toMs: number;
	readonly throttles: boolean;
}

const MINUTE = 60_000;
/** Calls whose effect cannot be seen at once: after a lost reply the most is to be got wrong. */
const UNANSWERED = [
	[6, 'SendCommand'],
	[1, 'StartAutomationExecution'],
	[1, 'CompleteLifecycleAction'],
	[1, 'CreateOpsItem'],
] as const;
/** Longer than anybody waits for a list: then a command is sent twice, and its marker must stop it. Seconds. */
const LONG_LAG = [150, 400] as const;
const SERVICES = ['ssm', 'autoscaling', 'dynamodb', 'events', 'sqs', 'tagging'] as const;

/** Some seeds are calm, some mild, some wild: a bug shows best where little else goes wrong. */
export function drawFaults(draw: Draw, actsWithinMs: number): FaultPlan {
	const mood = draw.weighted([
		[15, 0],
		[45, 0.012],
		[30, 0.04],
		[10, 0.1],
	]);
	const untilMs = actsWithinMs + draw.whole(5, 45) * MINUTE;
	const rates = <K extends string>(kinds: readonly K[], share: number, most: number) =>
		Object.fromEntries(draw.some(kinds, mood === 0 ? 0 : share).map((kind) => [kind, most * (0.3 + (0.7 * draw.whole(0, 100)) / 100)]));
	const about = draw.of('unanswered');
	const unanswered =
		mood > 0 && about.chance(0.35) ? { operation: about.weighted(UNANSWERED), share: about.whole(20, 50) / 100 } : undefined;
	const longLag = unanswered?.operation === 'SendCommand' && about.chance(0.7) ? about.whole(...LONG_LAG) : undefined;
	const plan: FaultPlan = {
		calls: rates(CALL_FAULTS, 0.4, mood),
		events: rates(EVENT_FAULTS, 0.4, mood * 8),
		deafFirst: draw.of('first node').chance(0.5) ? 0.4 : 0,
		staleReads: draw.chance(0.3) ? mood * 5 : 0,
		unprocessed: draw.chance(0.2) ? mood * 3 : 0,
		outages: mood > 0 && draw.chance(0.25) ? [drawOutage(draw, actsWithinMs)] : [],
		skewMs: draw.chance(0.4) ? draw.whole(1, 5) * 1_000 : 0,
		listLagMs: draw.weighted([
			[50, 1_000],
			[30, draw.whole(2, 30) * 1_000],
			[20, draw.whole(30, 100) * 1_000],
			[20, draw.whole(...LONG_LAG) * 1_000],
		]),
		tagLagMs: draw.chance(0.2) ? draw.whole(5, 90) * 1_000 : 0,
		quotas: draw.chance(0.2)
			? {
					ssm: { SendCommand: 0.2, ListCommandInvocations: 0.5, DescribeInstanceInformation: 0.2 },
					autoScaling: { CompleteLifecycleAction: 0.2, DescribeAutoScalingInstances: 0.2 },
				}
			: {},
		clocks: draw.chance(0.2) ? 2 : 1,
		fromMs: 0,
		untilMs,
	};
	return { ...plan, ...(unanswered && { unanswered }), ...(longLag && { listLagMs: longLag * 1_000 }) };
}

function drawOutage(draw: Draw, withinMs: number): Outage {
	const fromMs = draw.whole(0, withinMs);
	return { service: draw.one(SERVICES), fromMs, toMs: fromMs + draw.whole(1, 8) * MINUTE, throttles: draw.chance(0.5) };
}
