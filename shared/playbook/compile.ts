/** From the checked data of a playbook to its compiled form: durations in seconds, defaults filled in. */

import { brakesOf } from './brakes.ts';
import { durationSeconds } from './duration.ts';
import type { PlaybookSource } from './schema.ts';
import type {
	EventPattern,
	LifecycleResult,
	OpsItemSpec,
	Playbook,
	PlaybookOn,
	Run,
	SessionRule,
	SoftwareFloor,
	SoftwareRule,
} from './types.ts';

/** Seconds. */
const DEFAULT_DELIVER_WITHIN = 180;
const DEFAULT_REGISTER_WITHIN = 600;
const DEFAULT_CALM = 600;
export const DEFAULT_WAIT_FOR_OK = 86_400;
const DEFAULT_SETTLE = 900;

const DEFAULT_ATTEMPTS = 2;
/** A pattern cannot be empty, and every session has a target. */
const ANY_SESSION: EventPattern = { target: [{ exists: true }] };

/** Where a command runs if the playbook does not say so, by `on`; a lifecycle action is about one node. */
export const DEFAULT_NODE: Readonly<Partial<Record<PlaybookOn, string>>> = {
	alarm: '$.dimensions.InstanceId',
	noncompliant: '$.detail.resourceId',
};

/** @param source without errors: what its `on` requires is there. */
export function compile(source: PlaybookSource): Playbook {
	const { name, priority, on, when, opsItem } = source;
	const detail: EventPattern = when.detail ?? {};
	const brakes = brakesOf(source);
	const common = { name, priority, ...(Object.keys(brakes).length > 0 && { brakes }) };
	const run = source.run && runOf(on, source.run);
	const afterFailure = source.then?.onFailure?.opsItem;
	const onFailure = afterFailure ? { opsItem: opsItemOf(afterFailure) } : {};
	switch (on) {
		case 'instance-terminating':
		case 'instance-launching':
			return {
				...common,
				on,
				when: { detail, ...(when.tags && { tags: when.tags }) },
				run: run as Run,
				then: {
					onSuccess: { lifecycle: result(source.then?.onSuccess?.lifecycle) ?? 'CONTINUE' },
					onFailure: {
						lifecycle: result(source.then?.onFailure?.lifecycle) ?? (on === 'instance-launching' ? 'ABANDON' : 'CONTINUE'),
						...onFailure,
					},
				},
			};
		case 'alarm':
			return {
				...common,
				on,
				when: { detail },
				...(run && { run }),
				opsItem: opsItemOf(opsItem ?? {}),
				alarm: {
					calmSeconds: seconds(source.calm, DEFAULT_CALM),
					waitForOkSeconds: seconds(source.waitForOk, DEFAULT_WAIT_FOR_OK),
					insufficientData: source.insufficientData ?? 'ignore',
					...(source.flapping && {
						flapping: { times: source.flapping.times, withinSeconds: durationSeconds(source.flapping.within) },
					}),
				},
			};
		case 'noncompliant':
			return {
				...common,
				on,
				when: { detail },
				run: run as Run,
				then: { onFailure },
				compliance: { settleSeconds: seconds(source.settle, DEFAULT_SETTLE), attempts: source.attempts ?? DEFAULT_ATTEMPTS },
			};
		case 'event':
			return {
				...common,
				on,
				when: {
					detail,
					...(when.source && { source: when.source }),
					...(when['detail-type'] && { 'detail-type': when['detail-type'] }),
				},
				...(run && { run }),
				...(opsItem && { opsItem: opsItemOf(opsItem) }),
				then: { onFailure },
				...(source.about !== undefined && { about: [source.about].flat() }),
			};
		case 'request':
			return { ...common, on, when: { detail }, run: allowedTimes(source.run), then: { onFailure } };
		case 'session':
			return {
				...common,
				on,
				when: { detail: when.detail ?? ANY_SESSION, ...(when.tags && { tags: when.tags }) },
				rule: ruleOf(source.session),
				opsItem: opsItemOf(opsItem ?? {}),
			};
		case 'inventory':
			return {
				...common,
				on,
				when: {
					detail,
					...(when.tags && { tags: when.tags }),
					...(when.patchGroup && { patchGroup: when.patchGroup }),
					...(when.platform && { platform: when.platform }),
				},
				software: softwareOf(source.software),
				...(run && { run }),
				opsItem: opsItemOf(opsItem ?? {}),
			};
	}
}

function ruleOf({ allowed, reason, maxDuration }: NonNullable<PlaybookSource['session']> = {}): SessionRule {
	return {
		...(allowed === false && { forbidden: true }),
		...(reason === 'required' && { reasonRequired: true }),
		...(maxDuration !== undefined && { maxSeconds: durationSeconds(maxDuration) }),
	};
}

function softwareOf({ forbidden, required, below }: NonNullable<PlaybookSource['software']> = {}): SoftwareRule {
	return {
		...(forbidden && { forbidden }),
		...(required && { required }),
		...(below && { below: below.map(({ name, version = '' }) => ({ name: [name].flat(), version }) as SoftwareFloor) }),
	};
}

function seconds(written: string | undefined, fallback: number): number {
	return written === undefined ? fallback : durationSeconds(written);
}

function runOf(on: PlaybookOn, run: NonNullable<PlaybookSource['run']>): Run {
	const timeoutSeconds = durationSeconds(run.timeout);
	const node = run.node ?? (run.command === undefined ? undefined : DEFAULT_NODE[on]);
	return {
		type: run.command === undefined ? 'automation' : 'command',
		document: run.command ?? run.automation ?? '',
		parameters: Object.fromEntries(Object.entries(run.parameters ?? {}).map(([name, value]) => [name, [value].flat()])),
		timeoutSeconds,
		deliverWithinSeconds: seconds(run.deliverWithin, Math.min(DEFAULT_DELIVER_WITHIN, timeoutSeconds)),
		registerWithinSeconds:
			on === 'instance-launching' ? seconds(run.registerWithin, Math.min(DEFAULT_REGISTER_WITHIN, Math.floor(timeoutSeconds / 2))) : 0,
		...(node !== undefined && { node }),
	};
}

function allowedTimes(run: PlaybookSource['run']): { timeoutSeconds: number; deliverWithinSeconds?: number } {
	const timeoutSeconds = seconds(run?.timeout, 0);
	return { timeoutSeconds, ...(run?.deliverWithin !== undefined && { deliverWithinSeconds: durationSeconds(run.deliverWithin) }) };
}

function opsItemOf({ severity, category, priority, runbooks }: NonNullable<PlaybookSource['opsItem']>): OpsItemSpec {
	return {
		...(severity !== undefined && { severity }),
		...(category !== undefined && { category }),
		...(priority !== undefined && { priority }),
		...(runbooks !== undefined && { runbooks }),
	};
}

function result(written: 'continue' | 'abandon' | undefined): LifecycleResult | undefined {
	return written && (written === 'continue' ? 'CONTINUE' : 'ABANDON');
}
