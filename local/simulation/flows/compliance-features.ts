/** What playbooks and stories of findings can reach, told from the operations as they are written. */

import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';

/** Each with how it shows that a remediation has reached it, asked when it has closed. */
const REACHED = {
	'by a runbook': ({ run, attempts }) => run?.type === 'automation' && attempts.start > 0,
	'by a command': ({ run, attempts }) => run?.type === 'command' && attempts.start > 0,
	'a shared command': ({ work }) => work?.shared === true,
	'the lower priority wins': ({ playbook }) => playbook.name.endsWith('-special'),
	'found by the sweep': said('opened', /sweep/),
	'proved compliant': ({ state, history }) => state === 'succeeded' && history.some(({ what }) => what === 'compliant'),
	'proved by another attempt': ({ state, attempts }) => state === 'succeeded' && attempts.start > 1,
	'gone after the work': ({ state, history }) => state === 'succeeded' && history.some(({ what }) => what === 'gone'),
	'gone before the work': ({ state, history }) => state === 'skipped' && history.some(({ what }) => what === 'gone'),
	'compliant meanwhile': said('compliant', /it is not touched/),
	'compliant although the work failed': said('compliant', /did not end well/),
	'another finding while the work is under way': said('found meanwhile'),
	'still noncompliant': said('still noncompliant'),
	'given up': said('failed', /did not help/),
	'given up at once': ({ state, attempts }) => state === 'failed' && attempts.start === 0,
	'an attempt that failed': said('attempt failed'),
	'a failed attempt was the last': (operation) => operation.state === 'failed' && !('verify' in operation) && operation.attempts.start > 0,
	timeout: ({ state }) => state === 'timed-out',
	'evaluated anew': said('rule evaluated anew'),
	'not evaluated anew': said('rule not evaluated'),
	'an OpsItem opened': ({ result }) => result?.opsItem === 'opened',
	'added to an OpsItem': ({ result }) => result?.opsItem === 'added',
	'limits wait': said('waiting', /at once are under way|within this hour|others have waited/),
	'the default limit waits': said('waiting', /^20 at once/),
	'limits skip': said('skipped', /at once are under way|within this hour/),
	'calendar waits': said('waiting', /calendar .* is CLOSED/),
	'calendar skips': said('skipped', /calendar .* is CLOSED/),
	observed: ({ result }) => result?.observed === true,
	paused: said('waiting', /paused by/),
	throttled: said('waiting', /rate limit|Rate exceeded|one call a second/),
	'no reply': said('no reply'),
	'sent again': said('starting again'),
	'another occurrence': ({ occurrence }) => occurrence > 1,
} as const satisfies Readonly<Record<string, (operation: Recorded) => boolean>>;

const named = (name: string) => `remediation: ${name}`;

export const FEATURES: readonly string[] = Object.keys(REACHED).map(named);

export const RARE: readonly string[] = [
	...['no reply', 'throttled', 'the default limit waits', 'compliant although the work failed', 'gone after the work'].map(named),
	...['timeout', 'observed', 'calendar waits', 'calendar skips', 'sent again'].map(named),
	...['starting -> waiting (retry)', 'AWS Config is slow', 'AWS Config records nothing'],
];

export const TRANSITIONS: readonly string[] = [
	...['opened -> starting', 'opened -> waiting (limit)', 'opened -> waiting (calendar)', 'opened -> waiting (pause)', 'opened -> skipped'],
	...['waiting (limit) -> starting', 'waiting (calendar) -> starting', 'waiting (retry) -> starting'],
	...['starting -> running', 'starting -> verifying', 'running -> verifying', 'running -> succeeded'],
	...['running -> waiting (retry)', 'starting -> waiting (retry)', 'running -> failed'],
	...['verifying -> starting', 'verifying -> succeeded', 'verifying -> failed'],
];

function said(what: string, why = /./): (operation: Recorded) => boolean {
	return ({ history }) => history.some((line) => line.what === what && why.test(line.why));
}

/** Counts, once, what a remediation has reached that closes. */
export function countFeatures(scene: Scene, after: Recorded): void {
	for (const [name, shows] of Object.entries(REACHED)) if (shows(after)) scene.reached(named(name));
}
