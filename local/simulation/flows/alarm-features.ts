/** What playbooks and stories of alarms can reach, told from the operations as they are written. */

import type { AlarmOperation } from '../../../shared/operation/types.ts';
import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import type { AlarmText } from './alarm-claims.ts';

/** Each with how it shows that an operation has reached it, asked when it has closed. */
const REACHED = {
	'alarm: a command of ours': ({ run }) => run?.type === 'command' && !run.document.startsWith('AWS-'),
	"alarm: a command of AWS's": ({ run }) => run?.document.startsWith('AWS-') === true,
	'alarm: a runbook': ({ run }) => run?.type === 'automation',
	'alarm: nothing is run': ({ run }) => run === undefined,
	'alarm: work succeeded': said('work succeeded'),
	'alarm: work failed': said('failed', /^(?!cancelled)/),
	'alarm: work timed out': said('timed out', /timeout/),
	'alarm: no dimension names a node': said('failed', /leads nowhere/),
	'alarm: a node that cannot be reached': said('failed', /unreachable/),
	'alarm: the lower priority wins': ({ playbook }) => playbook.name.endsWith('-special'),
	'alarm: solved': said('solved', /lasted/),
	'alarm: went off again': ({ alarm }) => alarm.count > 1,
	'alarm: off again while work runs': ({ history }) =>
		within(history, 'runbook started|command sent', 'in ALARM again', 'work succeeded|failed'),
	'alarm: OK while work runs': ({ history }) => within(history, 'runbook started|command sent', 'OK', 'work succeeded|failed'),
	'alarm: flapping': ({ alarm }) => alarm.flapping === true,
	'alarm: not OK in time': said('timed out', /^not OK within/),
	'alarm: OK long after': said('opened', /^it is OK: .* is open since/),
	'alarm: deleted': said('solved', /deleted/),
	'alarm: no data is ALARM': ({ alarm }) => alarm.state === 'INSUFFICIENT_DATA' && alarm.calmAt === undefined,
	'alarm: no data is OK': said('no data'),
	'alarm: muted': said('held', /^muted by/),
	'alarm: suppressed': said('held', /suppress/i),
	'alarm: an event that came late': said('held', /came late/),
	'alarm: quiet to its end': said('skipped', /^it was held/),
	'alarm: in ALARM still': said('in ALARM still'),
	'alarm: limits wait': said('waiting', /at once are under way|within this hour|others have waited/),
	'alarm: limits skip': said('not run', /at once are under way|within this hour/),
	'alarm: calendar waits': said('waiting', /calendar .* is CLOSED/),
	'alarm: calendar skips': said('not run', /calendar .* is CLOSED/),
	'alarm: paused': said('waiting', /paused by/),
	'alarm: observed': ({ result }) => result?.observed === true,
	'alarm: work found': ({ history }) => history.some(({ what }) => what.endsWith(' (found)')),
	'alarm: sent again': said('starting again', /lists no such work/),
	'alarm: work stopped': said('work stopped'),
	'alarm: cancelled': said('failed', /^cancelled by/),
	'alarm: completed': said('skipped', /^completed by/),
	'alarm: retried': said('retried'),
	'alarm: added to an OpsItem': ({ result }) => result?.opsItem === 'added',
	'alarm: a series': ({ alarm }) => alarm.contributors !== undefined,
	'alarm: a composite': ({ occasion }) => 'alarmRule' in ((occasion.detail['configuration'] ?? {}) as object),
	'alarm: on logs': ({ occasion }) => 'queryString' in ((occasion.detail['configuration'] ?? {}) as object),
	'alarm: a second occurrence': ({ occurrence }) => occurrence > 1,
} as const satisfies Readonly<Record<string, (operation: AlarmOperation) => boolean>>;

const ONLY_ALARM = 'alarm: a playbook for ALARM alone';

export const ALARM_FEATURES: readonly string[] = [...Object.keys(REACHED), ONLY_ALARM, 'resolved before its ALARM was heard of'];

function said(what: string, why = /./): (operation: AlarmOperation) => boolean {
	return ({ history }) => history.some((line) => line.what === what && why.test(line.why));
}

/** Whether something is told between a beginning and an end. */
function within(history: AlarmOperation['history'], from: string, what: string, to: string): boolean {
	const words = history.map((line) => line.what).join('\n');
	return new RegExp(`^(${from})[^\\n]*\\n(?:(?!(${to})$).*\\n)*?${what}$`, 'm').test(words);
}

/** Counts, once, what an operation has reached that closes. */
export function countAlarmFeatures(
	scene: Scene,
	playbooks: readonly AlarmText[],
	after: AlarmOperation,
	before: Recorded | undefined,
): void {
	if (after.closedAt === undefined || before?.closedAt !== undefined) return;
	if (playbooks.find(({ name }) => name === after.playbook.name)?.when.detail.state) scene.reached(ONLY_ALARM);
	for (const [name, shows] of Object.entries(REACHED)) if (shows(after)) scene.reached(name);
}
