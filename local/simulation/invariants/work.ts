/** No work runs twice for one operation: by the commands, executions and runs that AWS has, not by what we believe of them. */

import { nodeOf } from '../../../shared/kinds/subjects.ts';
import type { Scene, Watch } from '../flow.ts';
import type { Recorded } from '../ledger.ts';

const COMMENT = /^fleetkeeper (\S+)\/(\d+)$/;
const WORK_TAG = 'fleetkeeper:work:';
const OWN = 'fleetkeeper-';

export function watchWork(scene: Scene): Watch {
	const { ssm } = scene.world.services;
	/** Operations by the name of their work and their node. */
	const byWork = new Map<string, string>();

	function look(): void {
		const sent = new Map<string, number>();
		const ran = new Map<string, { own: number; others: number }>();
		for (const { comment, document, invocations } of ssm.commands()) {
			const [, workId] = COMMENT.exec(comment) ?? [];
			if (workId === undefined) continue;
			sent.set(comment, (sent.get(comment) ?? 0) + 1);
			for (const [instanceId, { run }] of invocations) {
				const operation = byWork.get(`${workId} ${instanceId}`);
				if (run?.effective !== true || operation === undefined) continue;
				const count = ran.get(operation) ?? { own: 0, others: 0 };
				if (document.name.startsWith(OWN)) count.own += 1;
				else count.others += 1;
				ran.set(operation, count);
			}
		}
		for (const [comment, count] of sent) {
			if (count > 1) scene.violated(2, `${count} commands have the Comment '${comment}': one attempt was sent more than once`);
		}
		for (const [id, { own, others }] of ran) {
			const operation = scene.operations.get(id);
			if (own > 1) scene.violated(2, `${id}: its work ran ${own} times on ${nameOf(operation)}`);
			if (others > 1 + attemptsOnRecord(operation))
				scene.violated(2, `${id}: its work ran ${others} times, and the history does not say why`);
			if (others > 1) scene.reached('work that cannot know itself ran again');
		}
		lookAtExecutions();
	}

	function lookAtExecutions(): void {
		const executions = new Map<string, number>();
		for (const { tags } of ssm.executions()) {
			for (const [key, operation] of tags) if (key.startsWith(WORK_TAG)) executions.set(operation, (executions.get(operation) ?? 0) + 1);
		}
		for (const [id, count] of executions) if (count > 1) scene.violated(2, `${id}: its runbook was executed ${count} times`);
	}

	return {
		written(after) {
			if (after.work) byWork.set(`${after.work.id} ${nodeOf(after)}`, after.id);
		},
		minute: look,
		end: look,
	};
}

function nameOf(operation: Recorded | undefined): string {
	return operation === undefined ? 'its node' : nodeOf(operation);
}

/** SendCommand has no token: that a command may have been sent before is at least told. */
function attemptsOnRecord(operation: Recorded | undefined): number {
	return operation?.history.filter(({ what }) => what === 'starting again').length ?? 0;
}
