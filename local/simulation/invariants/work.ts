/** No work runs twice for one operation: by the commands, executions and runs that AWS has, not by what we believe of them. */

import { nodeOf } from '../../../shared/kinds/subjects.ts';
import type { Flow, Scene, Watch } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import { WORK_TAG } from '../work-ends.ts';

/** Runs on a node that did something. */
interface Runs {
	/** Of our own documents: the names of the work. */
	readonly own: string[];
	/** Of others. */
	others: number;
}

const COMMENT = /^fleetkeeper (\S+)\/(\d+)$/;
const OWN = 'fleetkeeper-';

export function watchWork(scene: Scene, flows: readonly Flow[]): Watch {
	const { ssm } = scene.world.services;
	/** Operations by the name of their work and their node. */
	const byWork = new Map<string, string>();
	const ranAgain = new Set<string>();
	const mostRuns = (operation: Recorded | undefined) =>
		(operation && flows.map((flow) => flow.mostRuns?.(operation)).find((count) => count !== undefined)) ?? 1;

	function look(): void {
		lookAtCommands();
		lookAtExecutions();
	}

	function lookAtCommands(): void {
		const sent = new Map<string, number>();
		const ran = new Map<string, Runs>();
		for (const { comment, document, invocations } of ssm.commands()) {
			const [, workId] = COMMENT.exec(comment) ?? [];
			if (workId === undefined) continue;
			sent.set(comment, (sent.get(comment) ?? 0) + 1);
			for (const [instanceId, { run }] of invocations) {
				const operation = byWork.get(`${workId} ${instanceId}`);
				if (run?.effective !== true || operation === undefined) continue;
				const runs = ran.get(operation) ?? { own: [], others: 0 };
				if (document.name.startsWith(OWN)) runs.own.push(workId);
				else runs.others += 1;
				ran.set(operation, runs);
			}
		}
		for (const [comment, count] of sent) {
			if (count > 1) scene.violated(2, `${count} commands have the Comment '${comment}': one attempt was sent more than once`);
		}
		for (const [id, runs] of ran) judge(id, runs);
	}

	function judge(id: string, { own, others }: Runs): void {
		const operation = scene.operations.get(id);
		const most = mostRuns(operation);
		const again = own.find((workId, index) => own.indexOf(workId) < index);
		if (again !== undefined || own.length > most) scene.violated(2, `${id}: its work ran ${own.length} times on ${nameOf(operation)}`);
		if (others > most + attemptsOnRecord(operation))
			scene.violated(2, `${id}: its work ran ${others} times, and the history does not say why`);
		if (others > most) ranAgain.add(id);
	}

	function lookAtExecutions(): void {
		const started = new Map<string, string[]>();
		for (const { tags } of ssm.executions()) {
			for (const [key, operation] of tags) if (key.startsWith(WORK_TAG)) started.set(operation, [...(started.get(operation) ?? []), key]);
		}
		for (const [id, works] of started) {
			const isTwice = new Set(works).size < works.length || works.length > mostRuns(scene.operations.get(id));
			if (isTwice) scene.violated(2, `${id}: its runbook was executed ${works.length} times`);
		}
	}

	return {
		written(after) {
			if (after.work) byWork.set(`${after.work.id} ${nodeOf(after)}`, after.id);
		},
		minute: look,
		end() {
			look();
			for (const _ of ranAgain) scene.reached('work that cannot know itself ran again');
		},
	};
}

function nameOf(operation: Recorded | undefined): string {
	return operation === undefined ? 'its node' : nodeOf(operation);
}

/** SendCommand has no token: that a command may have been sent before is at least told. */
function attemptsOnRecord(operation: Recorded | undefined): number {
	return operation?.history.filter(({ what }) => what === 'starting again').length ?? 0;
}
