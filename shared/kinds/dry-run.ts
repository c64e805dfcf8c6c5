/** What a dry run says of the work that it does not start. Pure. */

import type { Operation, WorkScope } from '../operation/types.ts';
import { resolveNode, resolveParameters } from '../playbook/parameters.ts';
import { withoutSecrets } from '../playbook/secrets.ts';

/** `run command drain-node on i-… with {"GraceSeconds":["120"]}`: with everything that paths lead to, but secrets. */
export function wouldRun({ run, occasion }: Pick<Operation, 'run' | 'occasion'>, scope?: WorkScope): string {
	if (run === undefined) return 'run nothing';
	const resolved = resolveParameters(run.parameters, occasion);
	if (!resolved.ok) return `fail: ${resolved.problem}`;
	const node = run.type === 'command' ? resolveNode(run.node ?? '', occasion) : undefined;
	if (node?.ok === false) return `fail: run.node: ${node.problem}`;
	const targets = node ? [node.node] : (scope?.targets.map(({ key }) => key) ?? []);
	const on = targets.length > 0 ? ` on ${targets.join(', ')}` : '';
	return `run ${run.type} ${run.document}${on} with ${JSON.stringify(withoutSecrets(resolved.parameters, run.parameters))}`;
}
