/** What the OpsItem of an alarm says: one a playbook and alarm while it is open. Pure. */

import { alarmUrl } from '../../context/console.ts';
import { resourcesOf } from '../../context/resources.ts';
import type { AlarmOperation, Contributor } from '../../operation/types.ts';
import type { OpsItemText } from '../kind.ts';
import { hasBegun } from '../working.ts';
import { descriptionOf, metricsOf, thresholdOf, watchedBy } from './configuration.ts';
import { calmWords, isCalm, lasted } from './ending.ts';
import { instant, span } from './timers.ts';
import { flappingWords, wouldRun } from './work.ts';

/** ARNs beside the alarm's own: OpsCenter relates up to 100, and a person reads fewer. */
const RESOURCES = 20;
/** Series that are named. */
const SERIES = 30;
/** What a line of the description takes of what it quotes: OpsCenter takes 2,048 in all, and has the whole as data. Characters. */
const LINE = 400;

export function alarmItem(operation: AlarmOperation): OpsItemText {
	const { id, playbook, subject, occasion, ending, alarm } = operation;
	const { account, region } = subject;
	const spec = ending?.then.opsItem ?? operation.opsItem;
	const arns = resourcesOf(metricsOf(occasion.detail), { account, region }).flatMap(({ arn }) => arn ?? []);
	const facts = factsOf(operation);
	return {
		key: `alarm:${playbook.name}:${subject.alarm}`,
		title: `${subject.alarm} ${alarm.state === 'INSUFFICIENT_DATA' ? 'has no data' : 'is in ALARM'}`,
		spec,
		intro: [descriptionOf(occasion.detail), ...Object.entries(facts).map(([name, value]) => `${NAMES[name]}: ${value}`)]
			.flatMap((line) => (line === undefined ? [] : line.length > LINE ? `${line.slice(0, LINE)}...` : line))
			.join('\n'),
		line: `${planned(operation)} [${id}]`,
		resources: [...arns.slice(0, RESOURCES), subject.alarmArn],
		data: { alarm: subject.alarm, ...facts },
		own: {
			operation: id,
			status: statusOf(operation),
			occurrences: `${alarm.count}: ${times(operation)}`,
			latestReason: alarm.reason,
			lasted: isCalm(operation) ? lasted(operation) : `since ${instant(alarm.alarms[0] ?? alarm.stateAt)}`,
			...(alarm.ran.length > 0 && { ran: alarm.ran.join('\n') }),
			...(alarm.contributors && { inAlarm: seriesOf(alarm.contributors) }),
		},
		...(ending?.then.opsItem?.severity !== undefined && { raisedTo: ending.then.opsItem.severity }),
		isResolved: true,
	};
}

const NAMES: Readonly<Record<string, string>> = { metric: 'Watches', threshold: 'Threshold', reason: 'Reason', consoleUrl: 'Console' };

function factsOf({ subject, occasion, alarm }: AlarmOperation): Readonly<Record<string, string>> {
	const metric = watchedBy(occasion.detail);
	const threshold = thresholdOf(occasion.detail);
	return {
		...(metric !== undefined && { metric }),
		...(threshold !== undefined && { threshold }),
		reason: alarm.reason,
		consoleUrl: alarmUrl(subject.region, subject.alarm),
	};
}

/** What is done about it, as far as that is known when the item is opened. */
function planned(operation: AlarmOperation): string {
	const { run, result, alarm, ending, playbook } = operation;
	if (ending !== undefined) return ending.reason;
	if (run === undefined) return `Playbook ${playbook.name} runs nothing`;
	if (result?.observed) return `Playbook ${playbook.name} observes: it would ${wouldRun(operation)}`;
	if (alarm.flapping) return `Nothing is run: ${flappingWords(operation)}`;
	return `Playbook ${playbook.name} runs ${run.type} ${run.document}`;
}

/** How it stands, in a line. */
function statusOf(operation: AlarmOperation): string {
	const { ending, alarm, result, run, state, waiting, history, timers } = operation;
	const after = standsAt(operation);
	const work = `${run?.type} ${run?.document}`;
	if (ending?.state === 'succeeded') return `solved: ${ending.reason}`;
	if (ending?.state === 'timed-out' && ending.then.opsItem === undefined) return `${ending.reason}: a later OK still resolves this`;
	if (ending !== undefined) return `${after}; ${ending.state}: ${ending.reason}`;
	if (alarm.flapping && !hasBegun(operation))
		return `${after}; it flaps (${flappingWords(operation)}): no work is started until it is calm`;
	if (result?.observed) return `${after}; observed only: would ${wouldRun(operation)}`;
	if (waiting !== undefined) return `${after}; ${work} waits: ${history.findLast(({ what }) => what === 'waiting')?.why ?? waiting}`;
	if (state !== 'verifying') return `${after}; ${work} runs`;
	return `${after}; this is resolved once it has been OK for ${span(timers.calmSeconds * 1_000)}`;
}

function standsAt(operation: AlarmOperation): string {
	const { alarm } = operation;
	if (alarm.deleted) return 'deleted';
	if (isCalm(operation)) return calmWords(alarm);
	return alarm.state === 'INSUFFICIENT_DATA' ? 'without data' : 'in ALARM';
}

function times({ alarm: { alarms, count } }: AlarmOperation): string {
	const [first, last] = [alarms[0], alarms.at(-1)];
	if (first === undefined || last === undefined) return 'at a time that is not known';
	return count === 1 ? instant(first) : `from ${instant(first)} to ${instant(last)}`;
}

function seriesOf(contributors: Readonly<Record<string, Contributor>>): string {
	const names = Object.values(contributors).flatMap(({ name, inAlarm }) => (inAlarm ? [name] : []));
	if (names.length === 0) return 'no series';
	return [...names.slice(0, SERIES), ...(names.length > SERIES ? [`and ${names.length - SERIES} more`] : [])].join('\n');
}
