/** What a dry run says of the work that it does not start. Pure. */

import type { Operation } from '../operation/types.ts';
import { resolveNode, resolveParameters } from '../playbook/parameters.ts';
import { withoutSecrets } from '../playbook/secrets.ts';

/**
 * `run command drain-node on i-… with {"GraceSeconds":["120"]}`: with everything that paths lead to, but secrets.
 * @param targets in words, where it runs on more than one node or resource.
 */
export function wouldRun({ run, occasion }: Pick<Operation, 'run' | 'occasion'>, targets?: string): string {
	if (run === undefined) return 'run nothing';
	const resolved = resolveParameters(run.parameters, occasion);
	if (!resolved.ok) return `fail: ${resolved.problem}`;
	const node = run.type === 'command' && targets === undefined ? resolveNode(run.node ?? '', occasion) : undefined;
	if (node?.ok === false) return `fail: run.node: ${node.problem}`;
	const on = node?.node ?? targets;
	return `run ${run.type} ${run.document}${on ? ` on ${on}` : ''} with ${JSON.stringify(withoutSecrets(resolved.parameters, run.parameters))}`;
}
