/** Dead letters in the words of a terminal, and as JSON. */

import { instant, oneLine, span, table } from '../support/format.ts';
import type { Letter } from './letter.ts';
import { MOST } from './messages.ts';
import type { Act } from './plan.ts';
import type { Item, Look } from './put-back.ts';

/** Letters of one queue that are printed: a burst that failed has the same reason many times. */
const PRINTED = 20;
/** Characters of a message id that tell it from others. */
const SHORT_ID = 8;

export interface Told {
	readonly go: boolean;
	/** Messages that could not be let go at once. */
	readonly unreleased: number;
}

export function letterLines(looks: readonly Look[], items: readonly Item[], stage: string, { go, unreleased }: Told): string[] {
	const lines = looks.flatMap((look) => {
		const own = items.filter(({ queue }) => queue === look.queue);
		return own.length === 0 ? [] : queueLines(look, own, go);
	});
	if (lines.length === 0)
		return [`Nothing is in the dead-letter queues of stage ${stage}: ${looks.map(({ queue }) => queue.of).join(', ')}.`];
	return [...lines, ...(go ? doneLines(items) : plannedLines(items)), ...letGoLines(unreleased)];
}

function queueLines({ queue, at, held }: Look, items: readonly Item[], go: boolean): string[] {
	const shown = items.slice(0, PRINTED);
	const hidden = items.length - shown.length;
	const rows = table(shown.map(({ letter }) => rowOf(letter, at)));
	return [
		`${queue.name}: ${held.more ? `${MOST} messages or more` : plural(items.length, 'message')}`,
		...shown.flatMap((item, index) => [`  ${rows[index]}`, ...detailsOf(item, go).map((line) => `      ${line}`)]),
		...(hidden > 0 ? [`  and ${hidden} more: --json has them all`] : []),
		'',
	];
}

function rowOf({ messageId, since, event }: Letter, now: number): string[] {
	return [messageId.slice(0, SHORT_ID), span(now - since), event?.type ?? 'not JSON', event?.subject ?? ''];
}

const HOW: Readonly<Record<Letter['givenUp'], string>> = {
	refused: 'refused for good: ',
	tried: 'given up: ',
	undelivered: '',
	died: '',
	failed: '',
	unknown: '',
};

function detailsOf({ letter, act, why, problem }: Item, go: boolean): string[] {
	const { givenUp, event, rule } = letter;
	const traces = [...(event?.id === undefined ? [] : [`event ${event.id}`]), ...(rule === undefined ? [] : [`rule ${oneLine(rule)}`])];
	const fate = go ? (problem === undefined ? DONE[act] : 'NOT DONE') : PLANNED[act];
	const because = problem ?? why;
	return [
		`${HOW[givenUp]}${letter.why}`,
		...(traces.length > 0 ? [traces.join(', ')] : []),
		`-> ${fate}${because === undefined ? '' : `: ${because}`}`,
	];
}

const PLANNED: Readonly<Record<Act, string>> = { 'put back': 'can be put back', delete: 'can be deleted', leave: 'left' };
const DONE: Readonly<Record<Act, string>> = { 'put back': 'put back', delete: 'deleted', leave: 'left' };

function plannedLines(items: readonly Item[]): string[] {
	const [back, gone] = [count(items, 'put back'), count(items, 'delete')];
	const refused = items.some(({ act, letter }) => act === 'leave' && letter.back.to !== 'nowhere' && letter.givenUp === 'refused');
	const worthless = items.some(({ act, letter }) => act === 'leave' && letter.back.to === 'nowhere');
	return [
		`Nothing was changed.${back > 0 ? ` --go puts back ${back} of ${items.length}.` : ''}${gone > 0 ? ` --go deletes ${gone} of ${items.length}.` : ''}`,
		...(refused ? ['What was refused: put right what it says, then --all --go puts it back too.'] : []),
		...(refused || worthless ? ['What is not worth putting back: --discard --go deletes it.'] : []),
	];
}

function doneLines(items: readonly Item[]): string[] {
	const failed = items.filter(({ problem }) => problem !== undefined).length;
	const done = (act: Act) => items.filter((item) => item.act === act && item.problem === undefined).length;
	const parts = [
		...(done('put back') > 0 ? [`${done('put back')} put back`] : []),
		...(done('delete') > 0 ? [`${done('delete')} deleted`] : []),
		...(done('leave') > 0 ? [`${done('leave')} left`] : []),
		...(failed > 0 ? [`${failed} failed`] : []),
	];
	return [
		`${parts.join(', ')}.`,
		...(done('put back') > 0
			? ['What its function gives up again comes back here within the hour; fleet -- list shows what it opens.']
			: []),
	];
}

function letGoLines(unreleased: number): string[] {
	return unreleased === 0 ? [] : [`${plural(unreleased, 'message')} could not be let go at once: they show again within two minutes.`];
}

function count(items: readonly Item[], act: Act): number {
	return items.filter((item) => item.act === act).length;
}

const plural = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** What `--json` prints: `act` is what was done with --go, and what would be without. */
export function lettersAsJson(looks: readonly Look[], items: readonly Item[], stage: string, { go, unreleased }: Told) {
	return {
		stage,
		done: go,
		queues: looks.map(({ queue, held, letters }) => ({ name: queue.name, messages: letters.length, more: held.more })),
		letters: items.map(({ queue, letter: { messageId, since, givenUp, why: reason, event, rule, message }, act, why, problem }) => ({
			queue: queue.name,
			messageId,
			since: instant(since),
			givenUp,
			reason,
			...(event && { event }),
			...(rule !== undefined && { rule }),
			body: message.Body,
			act,
			...(why !== undefined && { why }),
			...(problem !== undefined && { problem }),
		})),
		unreleased,
	};
}
