/** What AWS-RunPatchBaseline does on a node: it evaluates the node's baseline, installs what is missing and restarts the node. */

import type { Outcome } from '../../ec2-machine.ts';
import type { AwsContext } from '../../types.ts';
import { duringRuns } from '../node-work.ts';
import type { ManagedNode, Nodes, Work } from '../nodes.ts';
import { text } from '../values.ts';
import type { Patch } from './model.ts';
import type { NodePatching, Operation } from './node-patching.ts';

export const RUN_PATCH_BASELINE = 'AWS-RunPatchBaseline';

/** Where the fleet says nothing: a look at all packages, and the installation of one. */
const DEFAULTS = { scanSeconds: 5, secondsPerPatch: 10 } as const;
/** Exit code of the script where a patch could not be installed. */
const FAILURE = 1;

export function patchBaselineRunner(ctx: AwsContext, nodes: Nodes, patching: NodePatching) {
	const during = duringRuns(ctx, nodes);

	/** Plans the script, which has not begun: what it will do is known, and happens as time goes. */
	return (node: ManagedNode, { commandId, parameters }: Work): Outcome => {
		const given = (name: string) => text(parameters[name] ?? '');
		const foreign = ['InstallOverrideList', 'BaselineOverride'].find((name) => given(name) !== '');
		if (foreign !== undefined) return { exitCode: FAILURE, stderr: `The local AWS does not implement ${foreign}.\n` };
		const operation: Operation = {
			kind: given('Operation') === 'Install' ? 'Install' : 'Scan',
			commandId,
			snapshotId: given('SnapshotId') || ctx.uuid(),
			rebootOption: given('RebootOption') === 'NoReboot' ? 'NoReboot' : 'RebootIfNeeded',
			startedAt: ctx.clock.now(),
		};
		const { scanSeconds = DEFAULTS.scanSeconds, secondsPerPatch = DEFAULTS.secondsPerPatch } = patching.of(node);
		if (operation.kind === 'Scan') {
			during(node, commandId, scanSeconds * 1000, () => patching.record(node, operation));
			return { durationSeconds: scanSeconds, stdout: summary(node, patching, operation) };
		}
		const wanted = patching.missing(node, operation.snapshotId);
		const { failing = [] } = patching.of(node);
		const failed = wanted.filter(({ id }) => failing.includes(id));
		const reboots = operation.rebootOption === 'RebootIfNeeded' && (wanted.length > failed.length || patching.hasPending(node));
		const installSeconds = scanSeconds + wanted.length * secondsPerPatch;
		const restartSeconds = nodes.restartSeconds(node);
		during(node, commandId, installSeconds * 1000, (run) => {
			patching.install(node, wanted);
			patching.record(node, operation);
			if (!reboots) return;
			nodes.restart(node, run, patching.of(node).comesBack ?? true);
			during(node, commandId, (restartSeconds + scanSeconds) * 1000, () => patching.record(node, operation));
		});
		return {
			durationSeconds: installSeconds + (reboots ? restartSeconds + scanSeconds : 0),
			exitCode: failed.length > 0 ? FAILURE : 0,
			stdout: summary(node, patching, operation, wanted, reboots),
			...(failed.length > 0 ? { stderr: `Failed to install ${failed.map(({ id }) => id).join(', ')}.\n` } : {}),
		};
	};
}

function summary(
	node: ManagedNode,
	patching: NodePatching,
	{ kind, snapshotId, rebootOption }: Operation,
	wanted: readonly Patch[] = patching.missing(node, snapshotId),
	reboots = false,
): string {
	const { id, settings } = patching.baselineOf(node);
	return [
		`Patch Baseline: ${settings.name} (${id})`,
		`Patch Group: ${patching.groupOf(node) ?? ''}`,
		`Operation: ${kind}, snapshot ${snapshotId}, ${rebootOption}`,
		`Missing: ${wanted.map((patch) => patch.id).join(', ') || 'nothing'}`,
		...(reboots ? ['The node is restarted to complete the installation.'] : []),
		'',
	].join('\n');
}
