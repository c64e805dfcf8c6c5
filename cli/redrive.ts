/** `fleet -- redrive [<function>]`: what was given up, why, and back to where it came from. */

import type { Aws } from '../shared/aws/clients.ts';
import { readLetter } from './redrive/letter.ts';
import { holdMessages } from './redrive/messages.ts';
import { mustBeNamed, planFor, SHORTEST_ID } from './redrive/plan.ts';
import { carryOut, type Item, type Look } from './redrive/put-back.ts';
import { deadLetterQueues } from './redrive/queues.ts';
import { letterLines, lettersAsJson } from './redrive/report.ts';
import { printJson, readArguments, UsageError, type Verb } from './support/verb.ts';

const flag = { type: 'boolean', default: false } as const;
const OPTIONS = { id: { type: 'string', multiple: true }, all: flag, discard: flag, go: flag } as const;

export const redrive: Verb = {
	usage: 'redrive [<function>] [--id ID]… [--all | --discard] [--go] [--json]',
	summary: 'shows what was given up and why, and puts it back',
	details:
		'Looking changes nothing. With --go, each message that may work now goes back to the queue of its function, and only then out of ' +
		'the dead-letter queue. Left are ticks of the clock, which the next tick makes good, and what its function refused for good: ' +
		'--all puts that back too, once what it says has been put right. --discard is for what is not worth putting back: it is deleted ' +
		'instead. --id, the beginning of the id of a message or an event, names single ones, whatever they are.',
	async run(args, desk) {
		const { values, positionals } = readArguments(args, OPTIONS, [0, 1]);
		const { id: ids = [], all, discard, go } = values;
		if (all && discard) throw new UsageError('takes one of --all and --discard');
		const short = ids.find((id) => id.length < SHORTEST_ID);
		if (short !== undefined) throw new UsageError(`takes --id with ${SHORTEST_ID} characters or more, not '${short}'`);
		const { io, stage } = desk;
		const aws = desk.connect();
		const { now } = desk.services();
		const looks = await lookInto(aws, stage, positionals[0], now);
		const items: Item[] = [];
		let unreleased = 0;
		try {
			const wish = { ids, all, discard };
			const letters = looks.flatMap((look) => look.letters);
			mustBeNamed(letters, wish);
			for (const look of looks) {
				if (go) items.push(...(await carryOut(aws, stage, look, wish, now)));
				else items.push(...look.letters.map((letter) => ({ queue: look.queue, letter, ...planFor(letter, wish) })));
			}
		} finally {
			for (const { held } of looks) unreleased += await held.release();
		}
		if (values.json) printJson(desk, lettersAsJson(looks, items, stage, { go, unreleased }));
		else for (const line of letterLines(looks, items, stage, { go, unreleased })) io.out(line);
		return items.some(({ problem }) => problem !== undefined) ? 1 : undefined;
	},
};

/** Looks into all queues at once. Rejects with what the SDK throws; what others show is let go then. */
async function lookInto(aws: Aws, stage: string, of: string | undefined, now: () => number): Promise<Look[]> {
	const queues = await deadLetterQueues(aws, stage, of);
	const at = now();
	const looks = await Promise.allSettled(
		queues.map(async (queue): Promise<Look> => {
			const held = await holdMessages(aws, queue.url);
			return { queue, held, letters: held.messages.map((message) => readLetter(queue, message)), at };
		}),
	);
	const failed = looks.find(({ status }) => status === 'rejected');
	if (failed === undefined) return looks.flatMap((look) => (look.status === 'fulfilled' ? [look.value] : []));
	for (const look of looks) if (look.status === 'fulfilled') await look.value.held.release();
	throw (failed as PromiseRejectedResult).reason;
}
