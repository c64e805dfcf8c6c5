/** How OpsCenter is told of a command on many nodes: failures of a playbook and document share one OpsItem while it is open. Pure. */

import type { CommandOperation } from '../../operation/types.ts';
import type { OpsItemText } from '../kind.ts';
import { PLACES, placeOf } from '../places.ts';
import { nodeText } from './nodes.ts';

/** Nodes that an OpsItem names for each operation: `fleet -- show` has all of them. */
const NAMED = 10;

export function commandItem(operation: CommandOperation): OpsItemText {
	const { id, playbook, subject, ending, request, result, notable, output } = operation;
	const { document, on } = subject;
	const observed = result?.observed === true;
	const who = request.by === undefined ? '' : `, asked for by ${oneLine(request.by)}`;
	const standing = {
		operation: id,
		on,
		...(ending && { outcome: ending.state, reason: ending.reason }),
		...(result?.nodes && { nodes: result.nodes }),
		...(notable.length > 0 && { notable: notable.slice(0, NAMED).map(nodeText) }),
		...(request.by !== undefined && { requestedBy: request.by }),
		...(request.reason !== undefined && { requestReason: request.reason }),
		...(!observed && { output: output.s3 }),
	};
	return {
		key: `command:${playbook.name}:${document}${observed ? ':observed' : ''}`,
		title: observed
			? `Would run ${document} (observed by ${playbook.name})`
			: `${document} did not succeed on all nodes (${playbook.name})`,
		spec: ending?.then.opsItem ?? {},
		intro:
			`${observed ? 'What would have been run' : 'What did not succeed'}: here the first, up to ${PLACES} of the latest in the ` +
			'operational data, and every node by: fleet -- show <operation> --json.',
		line: `${document} on ${on}${who}: ${ending?.reason ?? ''} [${id}]`,
		resources: [],
		data: { document },
		own: { [`operation/${placeOf(operation)}`]: JSON.stringify(standing) },
	};
}

function oneLine(text: string): string {
	return text.replaceAll(/\s+/g, ' ');
}
