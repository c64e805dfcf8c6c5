/** What documents of AWS's own do on a node while their scripts run. */

import type { AwsContext } from '../types.ts';
import type { NodeRun } from './node-run.ts';
import type { ManagedNode, Nodes } from './nodes.ts';

export type During = (node: ManagedNode, commandId: string, delayMs: number, what: (run: NodeRun) => void) => void;

/** Does something a while from now, as part of a run, unless that was stopped or the node went away by then. */
export function duringRuns(ctx: AwsContext, nodes: Nodes): During {
	return (node, commandId, delayMs, what) => {
		const due = ctx.clock.now() + delayMs;
		ctx.clock.after(delayMs, () => {
			const run = node.runs.findLast((each) => each.commandId === commandId);
			if (!run || !nodes.isUp(node, run.boot)) return;
			const isStopped = run.status === 'Cancelled' || (run.status === 'TimedOut' && run.endsAt < due);
			if (!isStopped) what(run);
		});
	};
}
