/** How OpsCenter is told of a patch group: one OpsItem while something is wrong, and its next ring closed. Pure. */

import { instant } from '../alarm/timers.ts';
import type { OpsItemText } from '../kind.ts';
import { placeOf } from '../places.ts';
import { subjectOf } from '../subjects.ts';
import type { PatchOperation } from './types.ts';
import { countsText, namesText, troubleOf, unprovedOf } from './words.ts';

/** Nodes that an OpsItem names. */
const NAMED = 10;
/** Of one that keeps a ring closed, and of one that does not. */
const SEVERITIES = { closed: '2', open: '3' } as const;

export function patchItem(operation: PatchOperation): OpsItemText {
	const { id, subject, window, ring, found, report, ending, state } = operation;
	const { group } = subject;
	const isClosed = (ending?.state ?? state) === 'failed';
	const severity = SEVERITIES[isClosed ? 'closed' : 'open'];
	const trouble = troubleOf(operation);
	const unproved = unprovedOf(operation);
	const waits = isClosed && ring.next !== undefined ? `; the next run of ${group} that proves well opens the ring of ${ring.next}` : '';
	// What is cut off in the end are names: the report has them all.
	const said = [
		`Run of ${instant(window.startedAt)}: ${found === undefined ? 'its nodes could not be read' : countsText(found)}.`,
		...(trouble === undefined ? [] : [`Note that ${trouble}.`]),
		...(unproved === undefined ? [] : [`Note: ${unproved}.`]),
		gateText(operation),
		`What to do: see to the nodes, and patch them on demand (fleet -- patch)${waits}. The whole story: fleet -- show ${id}`,
		report === undefined ? '' : `Every node is in the report: ${report}`,
		found && found.named.length > 0 ? `Nodes: ${namesText(found, NAMED)}.` : '',
	].filter((line) => line !== '');
	const standing = {
		operation: id,
		run: instant(window.startedAt),
		...(found && { nodes: found.nodes, named: found.named.slice(0, NAMED), patches: found.patches, severity: found.severity }),
		...(trouble !== undefined && { trouble }),
		...(ending && { outcome: ending.state, reason: ending.reason }),
		...(report !== undefined && { report }),
	};
	return {
		key: `patch/${group}`,
		title: `Patch group ${group}: not all is well after its maintenance window`,
		spec: { severity, category: 'Security' },
		intro: '',
		line: said.join('\n'),
		resources: subjectOf(subject).arns(subject),
		data: { patchGroup: group, maintenanceWindow: subject.windowId },
		own: { [`run/${placeOf(operation)}`]: JSON.stringify(standing) },
		...(isClosed && { raisedTo: severity }),
	};
}

/** How the ring of the next group stands, in a sentence; empty where there is none. */
function gateText({ ring, ending, soaksUntil, state }: PatchOperation): string {
	const { next } = ring;
	const how = ending?.state ?? state;
	if (next === undefined) return '';
	if (how === 'succeeded') return `The ring of ${next} is open: enough nodes are well.`;
	if (soaksUntil === undefined || how !== 'verifying') return `The ring of ${next} stays closed.`;
	return `The ring of ${next} opens after the soak, on ${instant(soaksUntil)}, if ${ring.successPercent}% of the nodes are still well.`;
}
