/** What a simulation prints: stories, and the counts of a run. */

import type { FleetGroup } from '../fleet.ts';
import type { Summary } from './report.ts';
import type { Reported } from './seed.ts';
import { groupsOf, playbooksOf } from './story.ts';
import { since, type Told, timeline } from './timeline.ts';

/** A story as it was played: what was deployed, and what happened. */
export function tell(told: Told): string[] {
	const { story } = told;
	const { setting, plan } = story;
	const conditions = [
		...(plan.listLagMs > 1_000 ? [`lists lag by ${plan.listLagMs / 1_000} s`] : []),
		...(plan.tagLagMs > 0 ? [`tags lag by ${plan.tagLagMs / 1_000} s`] : []),
		...(plan.clocks > 1 ? ['two clocks tick at once'] : []),
		...(Object.keys(plan.quotas).length > 0 ? [`quotas a second: ${JSON.stringify(plan.quotas)}`] : []),
	];
	return [
		`Flows: ${story.parts.map(({ flow }) => flow.name).join(', ')}. It begins at ${new Date(setting.startAt).toISOString()}${conditions.length > 0 ? `; ${conditions.join('; ')}` : ''}.`,
		...groupsOf(story).flatMap(groupLines),
		...playbooksOf(story).map((playbook) => `playbook ${JSON.stringify(playbook)}`),
		...timeline(told),
	];
}

function groupLines({ name, tags, hooks = [], warmPool, nodes, behaviours, launches = [] }: FleetGroup): string[] {
	return [
		`group ${name} ${JSON.stringify({ tags, ...(warmPool && { warmPool }) })}, its documents: ${JSON.stringify(behaviours)}`,
		...hooks.map((hook) => `  hook ${JSON.stringify(hook)}`),
		...nodes.map(({ id, ...node }) => `  node ${id} ${JSON.stringify(node)}`),
		...(hooks.some(({ on }) => on === 'launch') ? launches.map((launch, index) => `  launch ${index + 1} ${JSON.stringify(launch)}`) : []),
	];
}

/** The violations of a run, each with its seed, its shortest story, and how to play that again. */
export function violationLines(violations: readonly Reported[], startOf: (seed: number) => number): string[] {
	return violations.flatMap(({ seed, flows, invariant, what, at, mask, story }) => [
		'',
		`seed ${seed} violates invariant ${invariant} at ${since(at - startOf(seed))}: ${what}`,
		'The shortest story found that still shows it:',
		...story.map((line) => `  ${line}`),
		`Again: npm run simulate -- --seed ${seed} --flows ${flows.join(',')} --mask '${JSON.stringify(mask).replaceAll("'", "'\\''")}'`,
	]);
}

/** Counts in three columns of a table, the rarest last. */
export function summaryLines({ seeds, operations, events, calls, faults, transitions, features }: Summary, seconds: number): string[] {
	const rate = Math.round(operations / seconds);
	return [
		`${seeds} seeds: ${operations} operations, ${events} events, ${calls} calls in ${seconds.toFixed(1)} s (${rate} operations a second)`,
		...section('faults', faults),
		...section('transitions', transitions),
		...section('features', features),
	];
}

function section(title: string, counts: Readonly<Record<string, number>>): string[] {
	const entries = Object.entries(counts).sort(([, a], [, b]) => b - a);
	return ['', `${title}:`, ...entries.map(([name, count]) => `${String(count).padStart(9)}  ${name}`)];
}
