/** What a command on many nodes goes to, and in how many of AWS's commands. Pure. */

import type { Target } from '../../operation/types.ts';
import { PATCH_GROUP_TAG } from '../../patching/task.ts';

export const BY_ID = 'InstanceIds';
export const BY_GROUP = 'ResourceGroup';
/** The tag by which Patch Manager knows a node's patch group, and we its ring. */
export const BY_RING = `tag:${PATCH_GROUP_TAG}`;
/** What SendCommand calls a resource group: Automation alone calls it as we do (API reference, Target). */
const GROUP_OF_SEND_COMMAND = 'resource-groups:Name';

/** What one SendCommand takes: ids, tags, and values of one tag (its API reference; user guide, "Run commands at scale"). */
const IDS = 50;
const TAGS = 5;
const VALUES = 5;

/** Nodes of a request that takes several commands: their ids stand in the operation, an item of at most 400 KB. */
export const MOST_NODES = 2_000;

/** Characters of targets in words. */
const WORDS = 200;

type Targets = readonly Target[];

export function isByTag({ key }: Target): boolean {
	return key !== BY_ID && key !== BY_GROUP;
}

/** Whether one SendCommand takes them, or their nodes have to be known by their ids. */
export function fitsOneCommand(targets: Targets): boolean {
	return !targets.every(isByTag) || (targets.length <= TAGS && targets.every(({ values }) => values.length <= VALUES));
}

/** What each command goes to: one where that is enough. Of ids, none twice. */
export function chunksOf(targets: Targets): readonly Targets[] {
	const ids = idsIn(targets);
	if (ids.length === 0) return targets.some(({ key }) => key === BY_ID) ? [] : [targets];
	return Array.from({ length: Math.ceil(ids.length / IDS) }, (_, n) => [{ key: BY_ID, values: ids.slice(n * IDS, (n + 1) * IDS) }]);
}

/** The ids among targets, each once. */
export function idsIn(targets: Targets): string[] {
	return [...new Set(targets.flatMap(({ key, values }) => (key === BY_ID ? values : [])))];
}

/** As SendCommand takes them. */
export function inputOf(targets: Targets): { Key: string; Values: string[] }[] {
	return targets.map(({ key, values }) => ({ Key: key === BY_GROUP ? GROUP_OF_SEND_COMMAND : key, Values: [...values] }));
}

/** `tag:Role=web|api and tag:Stage=prod`, `3 nodes`, `resource group web`. */
export function targetsText(targets: Targets): string {
	const ids = idsIn(targets);
	if (ids.length > 0) return ids.length === 1 ? String(ids[0]) : `${ids.length} nodes`;
	const text = targets.map(({ key, values }) => (key === BY_GROUP ? `resource group ${values[0]}` : `${key}=${values.join('|')}`));
	const whole = text.join(' and ');
	return whole.length <= WORDS ? whole : `${whole.slice(0, WORDS).toWellFormed()}…`;
}

/** What a request is for: `tag:service=nginx`, `rings dev, test of tag:service=nginx`. */
export function requestText({
	targets = [],
	rings,
}: {
	readonly targets?: Targets | undefined;
	readonly rings?: readonly string[] | undefined;
}): string {
	if (rings === undefined) return targetsText(targets);
	const named = `${rings.length === 1 ? 'ring' : 'rings'} ${rings.join(', ')}`;
	return targets.length === 0 ? named : `${named} of ${targetsText(targets)}`;
}
