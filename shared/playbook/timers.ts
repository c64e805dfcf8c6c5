/** Whether the durations of a playbook fit each other, the clock that ticks once a minute, and what AWS allows. */

import { DEFAULT_WAIT_FOR_OK } from './compile.ts';
import { durationSeconds, durationText } from './duration.ts';
import type { Finding } from './problem.ts';
import type { PlaybookSource } from './schema.ts';
import { isLifecycle } from './types.ts';

/** Run Command gives up on a node between 30 seconds and 30 days after SendCommand; a hook lives at most 48 hours. */
const MIN_TIMEOUT_SECONDS = 30;
/** GlobalTimeout of a lifecycle hook is the smaller of this and 100 times its heartbeat timeout. Longer work is refused everywhere. */
const MAX_TIMEOUT_SECONDS = 172_800;
const MINUTE = 60;
const DAY = 86_400;

type RunSource = NonNullable<PlaybookSource['run']>;

export function timerFindings(source: PlaybookSource): Finding[] {
	const { run, on, calm, waitForOk, flapping, settle, session } = source;
	return [
		...(run ? [...timeoutFindings(source, run), ...deliveryFindings(run), ...registrationFindings(on, run)] : []),
		...between(['calm'], calm, MINUTE, DAY),
		...between(['waitForOk'], waitForOk, 10 * MINUTE, 7 * DAY),
		...between(['flapping', 'within'], flapping?.within, MINUTE, 7 * DAY),
		...between(['settle'], settle, MINUTE, DAY),
		// It is the clock that ends one, a minute or two late; a document's maxSessionDuration goes up to a day.
		...between(['session', 'maxDuration'], session?.maxDuration, 5 * MINUTE, DAY),
	];
}

function between(at: readonly string[], written: string | undefined, least: number, most: number): Finding[] {
	if (written === undefined) return [];
	const seconds = durationSeconds(written);
	if (seconds < least) return [{ at, message: `${written} is too short`, hint: `write ${durationText(least)} or more` }];
	return seconds > most ? [{ at, message: `${written} is too long`, hint: `write ${durationText(most)} or less` }] : [];
}

function timeoutFindings({ on, waitForOk }: PlaybookSource, { timeout }: RunSource): Finding[] {
	const at = ['run', 'timeout'];
	const seconds = durationSeconds(timeout);
	if (seconds < MIN_TIMEOUT_SECONDS) {
		return [{ at, message: `${timeout} is impossible: reaching a node takes up to 30s`, hint: 'write 30s or more' }];
	}
	if (seconds <= MAX_TIMEOUT_SECONDS) return on === 'alarm' ? waitFindings(timeout, waitForOk) : [];
	const message = isLifecycle(on)
		? 'is impossible: a lifecycle hook holds an instance for 48h at most'
		: 'is too long: work may take 48h at most';
	return [{ at, message: `${timeout} ${message}`, hint: 'write 48h or less' }];
}

function deliveryFindings({ deliverWithin, timeout, automation }: RunSource): Finding[] {
	if (deliverWithin === undefined) return [];
	const at = ['run', 'deliverWithin'];
	const seconds = durationSeconds(deliverWithin);
	const findings: Finding[] = [];
	if (seconds < MIN_TIMEOUT_SECONDS) findings.push({ at, message: `${deliverWithin} is too short: Run Command takes 30s or more` });
	if (seconds > durationSeconds(timeout)) findings.push({ at, message: `${deliverWithin} is longer than the timeout of ${timeout}` });
	if (automation !== undefined) {
		findings.push({ at, message: 'has no effect on an automation, which sends its commands itself', severity: 'warning', onKey: true });
	}
	return findings;
}

function registrationFindings(on: PlaybookSource['on'], { registerWithin, timeout }: RunSource): Finding[] {
	if (registerWithin === undefined || on !== 'instance-launching') return [];
	const seconds = durationSeconds(timeout);
	if (durationSeconds(registerWithin) < seconds) return [];
	const message = `${registerWithin} leaves no time for the work: the timeout of ${timeout} counts from the event`;
	return [{ at: ['run', 'registerWithin'], message, hint: `write less than ${durationText(seconds)}` }];
}

function waitFindings(timeout: string, waitForOk: string | undefined): Finding[] {
	const wait = waitForOk ? durationSeconds(waitForOk) : DEFAULT_WAIT_FOR_OK;
	if (durationSeconds(timeout) <= wait) return [];
	if (waitForOk)
		return [{ at: ['waitForOk'], message: `${waitForOk} is less than the work may take: ${timeout}`, hint: `write ${timeout} or more` }];
	const message = `${timeout} is longer than an operation waits for OK: ${durationText(wait)}`;
	return [{ at: ['run', 'timeout'], message, hint: `write waitForOk: ${timeout}` }];
}
