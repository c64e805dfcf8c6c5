/** How OpsCenter is told of remediations that do not help: one OpsItem a playbook and rule while it is open. Pure. */

import type { ComplianceOperation } from '../../operation/types.ts';
import { isArn } from '../envelope.ts';
import type { OpsItemText } from '../kind.ts';
import { PLACES, placeOf } from '../places.ts';

export function complianceItem({ id, playbook, subject, run, ending, result, occasion }: ComplianceOperation): OpsItemText {
	const { rule, resourceType, resourceId } = subject;
	const observed = result?.observed === true;
	const { configRuleARN } = occasion.detail;
	const reason = ending?.reason ?? '';
	return {
		key: `rule:${playbook.name}:${rule}${observed ? ':observed' : ''}`,
		title: observed
			? `Would run ${run.document} on what ${rule} finds noncompliant (observed by ${playbook.name})`
			: `${playbook.name} cannot make resources comply with ${rule}`,
		spec: ending?.then.opsItem ?? {},
		intro:
			`${observed ? 'What would have been done for each resource' : 'What each resource failed on'}: here the first, ` +
			`up to ${PLACES} of the latest in the operational data, and all of a day by: fleet -- list --closed --day <YYYY-MM-DD>.`,
		line: `${resourceId} (${resourceType}): ${reason} [${id}]`,
		// Deduplication hashes it too: it must be the rule, which all resources have in common.
		resources: typeof configRuleARN === 'string' && isArn(configRuleARN) ? [configRuleARN] : [],
		data: { configRule: rule },
		own: {
			[`resource/${placeOf({ id })}`]: JSON.stringify({ resource: resourceId, type: resourceType, operation: id, reason }),
		},
	};
}
