/** Plays a story in simulated time, and holds what happened against what it says. */

import { createLedger } from '../../shared/operation/ledger.ts';
import type { Operation } from '../../shared/operation/types.ts';
import { settingsFrom } from '../../shared/settings.ts';
import type { CallCounts, RequestEntry } from '../aws/request-log.ts';
import type { Call } from '../aws/wire.ts';
import type { LogLine } from '../environment.ts';
import { loadTemplate } from '../template.ts';
import { createWorld, type World } from '../world.ts';
import type { Expectation, Story } from './story.ts';

export interface Verdict {
	readonly part: string;
	readonly holds: boolean;
	/** What was found instead, where it does not hold. */
	readonly found?: string;
}

export interface Played {
	readonly operations: readonly Operation[];
	/** Of the functions alone; what people did is not Fleetkeeper's. */
	readonly calls: CallCounts;
	readonly people: readonly Asked[];
	readonly dropped: readonly LogLine[];
	readonly verdicts: readonly Verdict[];
	readonly endedAt: number;
}

/** What a person asked of AWS. */
export interface Asked {
	readonly at: number;
	readonly operation: string;
	readonly input: Readonly<Record<string, unknown>>;
}

const PERSON = 'operator';

export interface PlayOptions {
	readonly seed: number;
	/** The packaged template's path. */
	readonly template: string;
	readonly onLog?: (line: LogLine) => void;
}

/** Plays the story from its start to its end. */
export async function play(story: Story, { seed, template, onLog }: PlayOptions): Promise<Played> {
	const startAt = Date.parse(story.startAt);
	const people: Asked[] = [];
	const world: World = await createWorld({
		seed,
		time: 'simulated',
		startAt,
		template: await loadTemplate(template),
		fleet: story.fleet,
		faults: {
			...story.faults,
			call(call) {
				if (call.caller === PERSON && call.service === 'autoscaling') people.push(asked(call, world.clock.now()));
				return story.faults.call?.(call);
			},
		},
		...(onLog && { onLog }),
	});
	try {
		story.script(world);
		await world.runUntil(startAt + story.minutes * 60_000);
		const { entries } = world.requestLog;
		const calls = countByService(entries.filter(({ caller }) => caller !== PERSON));
		const operations = await readOperations(world, startAt);
		return {
			operations,
			calls,
			people,
			dropped: world.logs.filter(({ message }) => message === 'Event dropped'),
			verdicts: [
				...story.expectations.map((expectation) => judge(expectation, operations)),
				...strangers(story, operations),
				...story.outcomes(world),
			],
			endedAt: world.clock.now(),
		};
	} finally {
		world.close();
	}
}

function asked({ operation, input }: Call, at: number): Asked {
	return { at, operation, input: input as Asked['input'] };
}

function countByService(entries: readonly RequestEntry[]): CallCounts {
	const counts: Record<string, Record<string, number>> = {};
	for (const { service, operation } of entries) {
		const own = counts[service] ?? {};
		counts[service] = { ...own, [operation]: (own[operation] ?? 0) + 1 };
	}
	return counts;
}

/** All operations of the story's day, in order of their opening. */
async function readOperations(world: World, startAt: number): Promise<Operation[]> {
	const ledger = createLedger({ aws: world.aws, settings: settingsFrom({ STAGE: 'local' }), now: () => world.clock.now() });
	return world.run(async () => {
		const day = new Date(startAt).toISOString().slice(0, 10);
		const operations = await ledger.load([...(await ledger.open()), ...(await ledger.closedOn(day))]);
		return operations.sort((a, b) => a.openedAt - b.openedAt || a.subject.instanceId.localeCompare(b.subject.instanceId));
	});
}

function judge(expectation: Expectation, operations: readonly Operation[]): Verdict {
	const { part, about, count = 1, state, lifecycle, opsItem = false, also = () => true } = expectation;
	const found = operations.filter(about);
	const asTold = found.filter(
		(operation) =>
			operation.state === state &&
			operation.result?.lifecycle === lifecycle &&
			(operation.result?.opsItemId !== undefined) === opsItem &&
			also(operation),
	);
	if (found.length === count && asTold.length === count) return { part, holds: true };
	const seen = found.map(({ id, state: ended, result }) => `${id} ${ended}, ${result?.lifecycle ?? 'no lifecycle result'}`);
	return { part, holds: false, found: `${found.length} of ${count} operations: ${seen.join('; ') || 'none'}` };
}

/** Operations that no part of the story is about. */
function strangers({ expectations }: Story, operations: readonly Operation[]): Verdict[] {
	const unknown = operations.filter((operation) => !expectations.some(({ about }) => about(operation)));
	return [
		{
			part: 'and nothing else was touched',
			holds: unknown.length === 0,
			...(unknown.length > 0 && { found: unknown.map(({ id, subject }) => `${id} on ${subject.instanceId}`).join('; ') }),
		},
	];
}
