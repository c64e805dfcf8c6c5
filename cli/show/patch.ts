/** The run of a patch group's window, as `fleet -- show` tells of it. */

import { countsText, namesText, troubleOf, unprovedOf } from '../../shared/kinds/patch/words.ts';
import type { PatchOperation } from '../../shared/operation/types.ts';
import { instant, oneLine } from '../support/format.ts';

/** Nodes that are named; the report has all of them. */
const NAMED = 10;

export function patchRows(operation: PatchOperation): (readonly [string, string])[] {
	const { subject, window, ring, granted, found, report, soaksUntil } = operation;
	const trouble = troubleOf(operation);
	const unproved = unprovedOf(operation);
	const end = window.endedAt === undefined ? `goes on, until ${instant(window.endsAt)} at the latest` : `ended ${instant(window.endedAt)}`;
	const { installed, missing, failed, pendingReboot } = found?.patches ?? {};
	const { critical, security, other } = found?.severity ?? {};
	return [
		['group', subject.group],
		['window', `${subject.windowId}, run ${subject.executionId}`],
		['run', `began ${instant(window.startedAt)}, ${end}`],
		...(found === undefined || trouble === undefined ? [] : [['trouble', oneLine(trouble)] as const]),
		...(granted === undefined ? [] : [['opened by', `${granted.operation}, the run of ${instant(granted.startedAt)}`] as const]),
		...(unproved === undefined ? [] : [['unproved', unproved] as const]),
		...(found === undefined
			? []
			: ([
					['nodes', countsText(found)],
					['patches', `${installed} installed, ${missing} missing, ${failed} failed, ${pendingReboot} pending reboot`],
					['severity', `${critical} critical, ${security} security, ${other} others do not comply`],
					...(found.named.length > 0 ? [['not well', namesText(found, NAMED)] as const] : []),
				] as const)),
		...(report === undefined ? [] : [['report', report] as const]),
		...(ring.next === undefined
			? []
			: [['next', `${ring.next}, if ${ring.successPercent}% are well after a soak of ${ring.soakDays} days`] as const]),
		...(soaksUntil === undefined ? [] : [['soaks', `until ${instant(soaksUntil)}`] as const]),
	];
}
