/** A seed's result as plain data, which a worker can hand over; a violation comes with its shortest story. */

import { loadTemplate, type Template } from '../template.ts';
import { FLOWS } from './flows/index.ts';
import { minimise } from './minimise.ts';
import { type Played, type PlayOptions, play, type Violation } from './play.ts';
import { tell } from './print.ts';
import type { Mask } from './story.ts';
import type { Counts } from './tally.ts';
import type { Told } from './timeline.ts';

export interface Reported extends Violation {
	/** Names of the flows that took part. */
	readonly flows: readonly string[];
	/** What of the story is enough to see it. */
	readonly mask: Mask;
	/** That story, line by line. */
	readonly story: readonly string[];
}

export interface SeedResult {
	readonly seed: number;
	readonly operations: number;
	readonly events: number;
	readonly calls: number;
	readonly faults: Counts;
	readonly transitions: Counts;
	readonly features: Counts;
	readonly hash: string;
	readonly violations: readonly Reported[];
	/** The story, line by line, where it was asked for. */
	readonly story?: readonly string[];
}

export interface SeedRequest {
	readonly seed: number;
	/** Names of the flows that take part, in place of those that the seed draws. */
	readonly flows?: readonly string[] | undefined;
	readonly mask?: Mask;
	/** Whether a violation's shortest story is looked for. */
	readonly shorten: boolean;
	/** Whether the story is told. */
	readonly told?: boolean;
}

let loaded: { readonly file: string; readonly template: Promise<Template> } | undefined;

/** @param file the packaged template. */
export async function simulateSeed(file: string, { seed, flows, mask = {}, shorten, told = false }: SeedRequest): Promise<SeedResult> {
	if (loaded?.file !== file) loaded = { file, template: loadTemplate(file) };
	const template = await loaded.template;
	const replay = (options: Partial<PlayOptions>) => play({ seed, template, flows: FLOWS, only: flows, mask, ...options });
	const story: string[] = [];
	const afterwards = (about: Told) => story.push(...tell(about));
	const played = await replay(told ? { afterwards } : {});
	const { operations, events, calls, faults, transitions, features, hash, violations } = played;
	return {
		...{ seed, operations, events, calls, faults, transitions, features, hash },
		violations:
			violations.length > 0 && shorten
				? await shortened(played, mask, replay)
				: violations.map((each) => ({ ...each, flows: flowsOf(played), mask, story })),
		...(told && { story }),
	};
}

async function shortened(played: Played, whole: Mask, replay: (options: Partial<PlayOptions>) => Promise<Played>): Promise<Reported[]> {
	const { mask } = await minimise(played, (mask) => replay({ mask: join(whole, mask) }));
	const least = join(whole, mask);
	const story: string[] = [];
	const { violations } = await replay({ mask: least, afterwards: (about) => story.push(...tell(about)) });
	return violations.map((violation) => ({ ...violation, flows: flowsOf(played), mask: least, story }));
}

function flowsOf({ story }: Played): string[] {
	return story.parts.map(({ flow }) => flow.name);
}

function join(whole: Mask, { without = [], faults = whole.faults }: Mask): Mask {
	const all = [...(whole.without ?? []), ...without];
	return { ...(all.length > 0 && { without: all }), ...(faults && { faults }) };
}
