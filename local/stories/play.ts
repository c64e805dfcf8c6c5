/** Plays a story in simulated time, and holds what happened against what it says. */

import { subjectOf } from '../../shared/kinds/subjects.ts';
import { createLedger } from '../../shared/operation/ledger.ts';
import type { Operation } from '../../shared/operation/types.ts';
import { settingsFrom } from '../../shared/settings.ts';
import type { ApiCall } from '../aws/api-call.ts';
import type { CallCounts, RequestEntry } from '../aws/request-log.ts';
import type { Publication } from '../aws/sns.ts';
import type { LogLine } from '../environment.ts';
import { loadTemplate, type Template } from '../template.ts';
import { createWorld, type World } from '../world.ts';
import type { Expectation, SeldomPlayed, Story } from './story.ts';
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
	/** Machines outside EC2 that became nodes, in their order. */
	readonly joined: readonly Joined[];
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
	/** A name, where the story has several people. */
	readonly who?: string;
	readonly service: string;
	readonly operation: string;
	readonly input: Readonly<Record<string, unknown>>;
	/** The name of the error, where AWS refused it. */
	readonly refused?: string;
}

interface Joined {
	readonly at: number;
	/** `mi-` and 17 digits. */
	readonly id: string;
	/** The computer's own. */
	readonly name: string;
	readonly activationId: string;
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
	const callers = new Set([PERSON, ...(story.people ?? [])]);
	const terminals = new Terminals(PERSON);
	const world: World = await createWorld({
		seed,
		time: 'simulated',
		startAt,
		template: withPlaybooks(await loadTemplate(template), story),
		fleet: story.fleet,
		...(story.skipsQuiet && { skipsQuiet: true }),
		...(story.serviceOptions && { serviceOptions: story.serviceOptions }),
		faults: story.faults,
		onCall(call) {
			if (callers.has(call.caller ?? '') && !(call.caller === PERSON && terminals.isBusy)) people.push(askedIn(call));
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
		const calls = countByService(entries.filter(({ caller = '' }) => !callers.has(caller)));
		const operations = await readOperations(world, startAt);
		return {
			operations,
			calls,
			people: asked,
			joined: joinedSince(world, startAt),
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

const SELDOM_PLAYED: readonly SeldomPlayed[] = ['inventory-change', 'session-event', 'agent-health'];

/** Playbooks of the story are in Parameter Store from the start, as those that are deployed. What it is not about hears nothing. */
function withPlaybooks(template: Template, { playbooks = {}, functions = [] }: Story): Template {
	const more = Object.entries(playbooks).map(([name, value]) => ({ name: `${SETTINGS.playbookPath}${name}`, type: 'String', value }));
	const left = SELDOM_PLAYED.filter((name) => !functions.includes(name));
	const isPlayed = (rule: string) => !left.some((name) => `${rule}-`.includes(`-${name}-`));
	const others = template.parameters.filter(({ name }) => !more.some((each) => each.name === name));
	return { ...template, parameters: [...others, ...more], rules: template.rules.filter(({ name }) => isPlayed(name)) };
}

function askedIn({ at, service, operation, input, caller, error }: ApiCall): Asked {
	return {
		...{ at, service, operation, input: (input ?? {}) as Asked['input'] },
		...(caller !== undefined && caller !== PERSON && { who: caller }),
		...(error && { refused: error.code }),
	};
}

function joinedSince({ services }: World, startAt: number): Joined[] {
	const joined = services.ssm.hybridMachines().filter(({ registeredAt }) => registeredAt > startAt);
	return joined.map(({ registeredAt, id, name, activationId }) => ({ at: registeredAt, id, name, activationId }));
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
		// What gives playbooks their work comes before that work.
		const gives = ({ kind }: Operation) => Number(kind === 'agent');
		return operations.sort((a, b) => a.openedAt - b.openedAt || gives(b) - gives(a) || name(a).localeCompare(name(b)));
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
