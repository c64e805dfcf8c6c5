/** `fleet -- pause [reason]`: stops all starting of work. */

import { actor, BY } from './support/act.ts';
import { instant, oneLine, table } from './support/format.ts';
import { type PauseRecord, pauseStarting, readPause } from './support/pausing.ts';
import { printJson, readArguments, UsageError, type Verb } from './support/verb.ts';

const LONGEST_REASON = 200;

export const pause: Verb = {
	usage: 'pause [reason…] [--by NAME] [--json] | pause --show [--json]',
	summary: 'stops all starting of work',
	details:
		'Functions notice within a minute. What runs already goes on; what would start waits, its hook kept alive up to the global ' +
		'timeout. --show prints who paused and resumed lately.',
	async run(args, desk) {
		const { values, positionals } = readArguments(args, { ...BY, show: { type: 'boolean' } }, [0, Infinity]);
		const reason = oneLine(positionals.join(' '));
		if (values.show && reason !== '') throw new UsageError('takes --show or a reason');
		if (reason.length > LONGEST_REASON) throw new UsageError(`takes a reason of ${LONGEST_REASON} characters or less`);
		const services = desk.services();
		if (values.show) {
			const record = await readPause(services);
			if (values.json) printJson(desk, jsonOf(record));
			else for (const line of told(record, desk.stage)) desk.io.out(line);
			return undefined;
		}
		const at = new Date(services.now()).toISOString();
		const record = await pauseStarting(services, { at, by: actor(desk, values.by), reason: reason || 'no reason given' });
		if (values.json) printJson(desk, jsonOf(record));
		else if (record.changed) {
			desk.io.out(`All starting of work in stage ${desk.stage} is paused: functions notice within a minute.`);
			desk.io.out(
				'What runs goes on. What would start waits, its hook kept alive up to its global timeout. fleet -- resume ends the pause.',
			);
		} else for (const line of told(record, desk.stage).slice(0, 1)) desk.io.out(line);
		return undefined;
	},
};

/** What `--json` prints for pause and resume. */
export function jsonOf({ paused, pauses }: PauseRecord) {
	return { paused: paused ?? null, pauses };
}

function told({ paused, pauses }: PauseRecord, stage: string): string[] {
	const now = paused
		? `Starting of work in stage ${stage} is paused by ${oneLine(paused.by)} since ${instant(paused.at)}: ${oneLine(paused.reason)}`
		: `Starting of work in stage ${stage} is not paused.`;
	return [now, ...table(pauses.map(({ at, what, by, reason = '' }) => [instant(at), what, `by ${oneLine(by)}`, oneLine(reason)]))];
}
