/** A diagnosis in the words of a terminal, and as JSON. */

import { oneLine } from '../support/format.ts';
import type { Finding, Place, Verdict } from './check.ts';

export interface Result {
	/** Of the check. */
	readonly name: string;
	readonly findings: readonly Finding[];
}

const WORDS: Readonly<Record<Verdict, string>> = { ok: 'ok', note: 'note', 'to-do': 'TO DO', unknown: 'unknown' };
const WIDTHS = { name: 13, verdict: 8 };

export function diagnosisLines(stage: string, place: Place | undefined, results: readonly Result[]): string[] {
	const where = place === undefined ? '' : `, account ${place.account}, ${place.region}`;
	return [`Fleetkeeper, stage ${stage}${where}`, '', ...results.flatMap(resultLines), '', summary(results)];
}

function resultLines({ name, findings }: Result): string[] {
	return findings.flatMap(({ verdict, what, remedy }, index) => [
		`${(index === 0 ? name : '').padEnd(WIDTHS.name)}${WORDS[verdict].padEnd(WIDTHS.verdict)}${oneLine(what)}`,
		...(remedy === undefined ? [] : [`${' '.repeat(WIDTHS.name + WIDTHS.verdict)}-> ${oneLine(remedy)}`]),
	]);
}

function summary(results: readonly Result[]): string {
	const count = (wanted: Verdict) => results.flatMap(({ findings }) => findings).filter(({ verdict }) => verdict === wanted).length;
	const [toDo, unknown] = [count('to-do'), count('unknown')];
	const left = unknown > 0 ? `; ${unknown} unknown` : '';
	if (toDo === 0) return `Nothing to do${left}.`;
	return `${toDo} ${toDo === 1 ? 'thing' : 'things'} to do${left}.`;
}

/** What `--json` prints. */
export function diagnosisAsJson(stage: string, place: Place | undefined, results: readonly Result[]) {
	const toDo = results.flatMap(({ findings }) => findings).filter(({ verdict }) => verdict === 'to-do').length;
	return { stage, ...place, toDo, checks: results };
}
