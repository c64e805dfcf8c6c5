/** What must hold of the run of a window once its operation has closed, and of all of them in the end. */

import type { PatchOperation } from '../../../shared/operation/types.ts';
import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import { GROUPS, groupOf } from './patch-draw.ts';
import type { Rings } from './patch-rings.ts';

const isPatch = (operation: Recorded): operation is PatchOperation => operation.kind === 'patch';

/** After a run the ring of its group is closed, unless a later run of the group before has opened it anew; and so is what it did not prove. */
export function checkClosed(scene: Scene, rings: Rings, operation: PatchOperation): void {
	const { id, subject, state, window: run, ring, result } = operation;
	const windows = rings.windows();
	const own = windows.find(({ id: windowId }) => windowId === subject.windowId);
	const next = windows.find(({ settings }) => ring.next !== undefined && groupOf(settings.name) === ring.next);
	const isStillOpen = (window: typeof own) =>
		window !== undefined && window.tasks.size > 0 && (rings.openedAt(window.id) ?? Number.NEGATIVE_INFINITY) <= run.startedAt;
	const patched = (run.tasks ?? 0) > 0;
	if (patched && ring.before !== undefined && isStillOpen(own))
		scene.violated(3, `${id} is over, and the ring of ${subject.group} is open still`);
	if (patched && state === 'failed' && isStillOpen(next))
		scene.violated(3, `${id} has proved nothing, and the ring of ${ring.next} is open`);
	if (state === 'failed' && result?.opsItemId === undefined && result?.opsItem !== 'refused')
		scene.violated(1, `${id} has failed (${result?.reason}), and no OpsItem says so`);
	if (state === 'succeeded' && ring.next !== undefined && !tells(operation, /ring of .* is open/))
		scene.violated(3, `${id} has succeeded, and the ring of ${ring.next} was never opened`);
}

function tells({ history }: PatchOperation, what: RegExp): boolean {
	return history.some(({ why }) => what.test(why));
}

/** Every run has one operation, and one report where it ran anything; no OpsItem is open about a group whose last run was all well. */
export function checkRuns(scene: Scene, rings: Rings): void {
	const operations = [...scene.operations.values()].filter(isPatch);
	const { s3, ssm } = scene.world.services;
	const reports = s3.buckets().flatMap(({ objects }) => [...objects].filter(([key]) => key.startsWith('patch-reports/')));
	for (const { id, tasks, window } of rings.executions()) {
		const of = operations.filter(({ subject }) => subject.executionId === id);
		if (of.length !== 1) scene.violated(1, `${of.length} operations are about the run ${id} of ${window.settings.name}`);
		const own = reports.filter(([key]) => key.endsWith(`${id}.json`));
		const wanted = tasks.length > 0 ? 1 : 0;
		if (own.length !== wanted) scene.violated(1, `the run ${id} of ${window.settings.name} has ${own.length} reports, not ${wanted}`);
		for (const [key, { bytes }] of own) checkReport(scene, key, bytes);
	}
	for (const group of GROUPS) {
		const last = operations.filter(({ subject, state }) => subject.group === group && state !== 'skipped').at(-1);
		const open = ssm.opsItems().filter(({ title, status }) => title.startsWith(`Patch group ${group}:`) && status === 'Open');
		if (last?.state === 'succeeded' && isWell(last) && open.length > 0)
			scene.violated(4, `all of ${group} is well (${last.id}), and ${open[0]?.id} is open still`);
		if (last?.state === 'failed' && open.length === 0) scene.violated(4, `${last.id} has failed, and its OpsItem is not open`);
	}
}

function isWell({ found, window }: PatchOperation): boolean {
	const { well = 0, ...others } = found?.nodes ?? {};
	return window.status === 'SUCCESS' && well > 0 && Object.values(others).every((count) => count === 0);
}

/** A report names every node that was patched by the run. */
function checkReport(scene: Scene, key: string, bytes: Uint8Array): void {
	const { each = [], window } = JSON.parse(Buffer.from(bytes).toString()) as {
		readonly each?: readonly { readonly node: string }[];
		readonly window: { readonly executionId: string };
	};
	const { ssm, ec2 } = scene.world.services;
	for (const { id } of ec2.instances()) {
		const isOfRun = ssm.patchManager.report(id)?.operation.snapshotId === window.executionId;
		if (isOfRun && !each.some(({ node }) => node === id)) scene.violated(3, `${key} does not have ${id}, which the run has patched`);
	}
}
