/** Plays a story in simulated time, and holds what happened against what it says. */

import { subjectOf } from '../../shared/kinds/subjects.ts';
import { createLedger } from '../../shared/operation/ledger.ts';
import type { Operation } from '../../shared/operation/types.ts';
import { settingsFrom } from '../../shared/settings.ts';
import type { CallCounts, RequestEntry } from '../aws/request-log.ts';
import type { Publication } from '../aws/sns.ts';
import type { Call } from '../aws/wire.ts';
import type { LogLine } from '../environment.ts';
import { loadTemplate, type Template } from '../template.ts';
import { createWorld, type World } from '../world.ts';
import type { Expectation, Story } from './story.ts';
import { Terminals, type Typed } from './terminal.ts';

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
	/** At the command line. */
	readonly typed: readonly Typed[];
	/** Of the topics that the story names. */
	readonly messages: readonly Publication[];
	readonly dropped: readonly LogLine[];
	readonly verdicts: readonly Verdict[];
	readonly endedAt: number;
}

/** What a person asked of AWS. */
export interface Asked {
	readonly at: number;
	readonly service: string;
	readonly operation: string;
	readonly input: Readonly<Record<string, unknown>>;
}

const PERSON = 'operator';
const DAY_MS = 86_400_000;
const SETTINGS = settingsFrom({ STAGE: 'local' });

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
	const terminals = new Terminals(PERSON);
	const world: World = await createWorld({
		seed,
		time: 'simulated',
		startAt,
		template: withPlaybooks(await loadTemplate(template), story),
		fleet: story.fleet,
		...(story.skipsQuiet && { skipsQuiet: true }),
		...(story.serviceOptions && { serviceOptions: story.serviceOptions }),
		faults: {
			...story.faults,
			call(call) {
				if (call.caller === PERSON && !terminals.isBusy) people.push(askedIn(call, world.clock.now()));
				return story.faults.call?.(call);
			},
		},
		...(onLog && { onLog }),
	});
	try {
		await world.run(async () => story.prepare?.(world));
		story.script(world, terminals.at(world));
		await world.runUntil(startAt + story.minutes * 60_000);
		const { entries } = world.requestLog;
		// What is read from here on is not the story's.
		const asked = [...people];
		const calls = countByService(entries.filter(({ caller }) => caller !== PERSON));
		const operations = await readOperations(world, startAt);
		return {
			operations,
			calls,
			people: asked,
			typed: terminals.typed,
			messages: world.services.sns.publications.filter(({ topicArn }) => story.topics?.includes(nameOf(topicArn))),
			dropped: world.logs.filter(({ message }) => message === 'Event dropped'),
			verdicts: [
				...story.expectations.map((expectation) => judge(expectation, operations)),
				...strangers(story, operations),
				...story.outcomes(world, operations),
			],
			endedAt: world.clock.now(),
		};
	} finally {
		world.close();
	}
}

/** Playbooks of the story are in Parameter Store from the start, as those that are deployed. */
/** The rules of functions that no story is about. */
const NOT_PLAYED = /-(inventory-change|session-event|agent-health)(-|$)/;

function withPlaybooks(template: Template, { playbooks = {} }: Story): Template {
	const more = Object.entries(playbooks).map(([name, value]) => ({ name: `${SETTINGS.playbookPath}${name}`, type: 'String', value }));
	return { ...template, parameters: [...template.parameters, ...more], rules: template.rules.filter(({ name }) => !NOT_PLAYED.test(name)) };
}

function askedIn({ service, operation, input }: Call, at: number): Asked {
	return { at, service, operation, input: input as Asked['input'] };
}

function nameOf(arn: string): string {
	return arn.slice(arn.lastIndexOf(':') + 1);
}

function countByService(entries: readonly RequestEntry[]): CallCounts {
	const counts: Record<string, Record<string, number>> = {};
	for (const { service, operation } of entries) {
		const own = counts[service] ?? {};
		counts[service] = { ...own, [operation]: (own[operation] ?? 0) + 1 };
	}
	return counts;
}

/** All operations of the story, in order of their opening. */
async function readOperations(world: World, startAt: number): Promise<Operation[]> {
	const ledger = createLedger({ aws: world.aws, settings: SETTINGS, now: () => world.clock.now() });
	return world.run(async () => {
		const closed: string[][] = [];
		for (let at = startAt; dayOf(at) <= dayOf(world.clock.now()); at += DAY_MS) closed.push(await ledger.closedOn(dayOf(at)));
		const operations = await ledger.load([...(await ledger.open()), ...closed.flat()]);
		const name = ({ subject }: Operation) => subjectOf(subject).name(subject);
		return operations.sort((a, b) => a.openedAt - b.openedAt || name(a).localeCompare(name(b)));
	});
}

function dayOf(at: number): string {
	return new Date(at).toISOString().slice(0, 10);
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
	const expected = count === 'some' ? Math.max(1, found.length) : count;
	if (found.length === expected && asTold.length === expected) return { part, holds: true };
	const seen = found.map(({ id, state: ended, result }) => [id, ended, result?.lifecycle, result?.opsItemId].filter(Boolean).join(' '));
	return { part, holds: false, found: `${found.length} of ${count} operations: ${seen.join('; ') || 'none'}` };
}

/** Operations that no part of the story is about. */
function strangers({ expectations }: Story, operations: readonly Operation[]): Verdict[] {
	const unknown = operations.filter((operation) => !expectations.some(({ about }) => about(operation)));
	return [
		{
			part: 'and nothing else was touched',
			holds: unknown.length === 0,
			...(unknown.length > 0 && { found: unknown.map(({ id, subject }) => `${id}: ${subjectOf(subject).about(subject)}`).join('; ') }),
		},
	];
}
