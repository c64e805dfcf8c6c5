/** Patch Manager. */

import type { CreatePatchBaselineCommandInput } from '@aws-sdk/client-ssm';
import type { Patching } from '../../ec2-machine.ts';
import type { AwsContext } from '../../types.ts';
import { tagsOf } from '../checks.ts';
import type { Compliance } from '../compliance/compliance.ts';
import type { Nodes } from '../nodes.ts';
import { baselineOperations } from './baseline-operations.ts';
import { baselineFrom } from './baseline-settings.ts';
import { Baselines } from './baselines.ts';
import { Catalogue } from './catalogue.ts';
import { groupOperations } from './group-operations.ts';
import type { Patch } from './model.ts';
import { NodePatching, type PatchReport } from './node-patching.ts';
import { patchBaselineRunner, RUN_PATCH_BASELINE } from './run-patch-baseline.ts';
import { stateOperations } from './state-operations.ts';

export interface PatchManager {
	/** A vendor releases a patch: nothing knows of it before its day. */
	release(patch: Patch): void;
	/** Makes a baseline as a deployment does: with the id that the stack knows it by, its groups, and whether it is a default. */
	addBaseline(id: string, input: CreatePatchBaselineCommandInput, groups: readonly string[], isDefault: boolean): void;
	/** What patching meets on a node becomes different: a disk is full, somebody has repaired it. What is installed stays. */
	change(nodeId: string, changes: Partial<Omit<Patching, 'installed'>>): void;
	/** What the last operation on a node has found. */
	report(nodeId: string): PatchReport | undefined;
}

export function createPatchManager(ctx: AwsContext, nodes: Nodes, compliance: Compliance) {
	const baselines = new Baselines(ctx);
	const catalogue = new Catalogue(ctx.clock);
	const patching = new NodePatching(ctx, nodes, baselines, catalogue, compliance);
	nodes.perform(RUN_PATCH_BASELINE, patchBaselineRunner(ctx, nodes, patching));
	const manager: PatchManager = {
		release: (patch) => catalogue.add(patch),
		addBaseline(id, input, groups, isDefault) {
			const baseline = baselines.create(baselineFrom(input), tagsOf(input.Tags), id);
			for (const group of groups) baselines.register(baseline, group);
			if (isDefault) baselines.makeDefault(baseline);
		},
		change: (nodeId, changes) => patching.change(nodeId, changes),
		report: (nodeId) => patching.report(nodeId),
	};
	return {
		manager,
		operations: {
			...baselineOperations(baselines),
			...groupOperations(baselines, patching),
			...stateOperations(ctx, { baselines, catalogue, patching }, (id) => nodes.knows(id)),
		},
		/** @throws AwsError `DoesNotExistException`. */
		tags: (id: string) => baselines.get(id).tags,
	};
}
