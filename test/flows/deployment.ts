/** What is deployed, and the fleet it looks after. */

import type { Fleet, FleetGroup, FleetHook, FleetNode } from '../../local/fleet.ts';
import type { Template } from '../../local/template.ts';

export const START = Date.parse('2026-03-02T09:00:00Z');
export const SECOND = 1_000;
export const MINUTE = 60_000;
/** The template is deployed at `START`; by then the playbooks are compiled. */
export const READY = START + 10 * SECOND;

export const DRAIN: FleetHook = { name: 'fleetkeeper-drain', on: 'terminate', heartbeatTimeoutSeconds: 1_800, defaultResult: 'CONTINUE' };
export const BOOTSTRAP: FleetHook = { name: 'fleetkeeper-bootstrap', on: 'launch', heartbeatTimeoutSeconds: 600, defaultResult: 'ABANDON' };
const PLAYBOOK_PATH = '/fleetkeeper/local/playbooks/';

/** The `n`th node of group `web-blue`, from 1. */
export function nodeId(n: number): string {
	return `i-0b1e${String(n).padStart(13, '0')}`;
}

export interface FleetSetup {
	/** The nodes of group `web-blue`, or how many; default one. */
	readonly nodes?: number | readonly FleetNode[];
	/** What is different about group `web-blue`. */
	readonly group?: Partial<FleetGroup>;
	readonly groups?: readonly FleetGroup[];
	/** What else there is: profiles, people, trails. */
	readonly around?: Partial<Omit<Fleet, 'groups'>>;
}

/** Group `web-blue`, with drains of 40 seconds on a 30-minute hook, and others. */
export function fleetOf({ nodes = 1, group = {}, groups = [], around = {} }: FleetSetup): Fleet {
	const own = typeof nodes === 'number' ? Array.from({ length: nodes }, (_, index) => ({ id: nodeId(index + 1) })) : nodes;
	const web: FleetGroup = {
		name: 'web-blue',
		min: 0,
		max: 100,
		tags: { service: 'nginx' },
		hooks: [DRAIN],
		nodes: own,
		...group,
		behaviours: {
			'drain-node': { durationSeconds: 40, stdout: 'drained\n', oncePer: 'WorkId' },
			'bootstrap-node': { durationSeconds: 30, stdout: 'up\n', oncePer: 'WorkId' },
			...group.behaviours,
		},
	};
	return { ...around, groups: [web, ...groups] };
}

/** Playbooks as YAML by name, in the place of the packaged ones of that name or beside them. */
export function withPlaybooks(template: Template, playbooks: Readonly<Record<string, string>>): Template {
	const given = Object.entries(playbooks).map(([name, value]) => ({ name: `${PLAYBOOK_PATH}${name}`, type: 'String', value }));
	const others = template.parameters.filter(({ name }) => !given.some((playbook) => playbook.name === name));
	return { ...template, parameters: [...others, ...given] };
}

/** Playbooks that do not change need no clock of their own: it is a third of what an idle minute costs. */
export function withoutPlaybookClock(template: Template): Template {
	return {
		...template,
		rules: template.rules.filter(({ name, schedule }) => schedule === undefined || !name.includes('-playbook-change-')),
	};
}

/** As it is deployed where the parts `patching` and `state` are off, less the functions' idle minutes: two more for every minute played. */
export function withoutUpkeep(template: Template): Template {
	return {
		...template,
		rules: template.rules.filter(
			({ name }) => !/-(maintenance-window|node-state|inventory-change|session-event|agent-health)(-|$)/.test(name),
		),
		state: {
			...template.state,
			patchBaselines: [],
			associations: [],
			maintenanceWindows: [],
			windowTargets: [],
			windowTasks: [],
			dataSyncs: [],
		},
	};
}

/** Functions with more variables in their environment. */
export function withEnvironment(template: Template, environment: Readonly<Record<string, string>>): Template {
	return { ...template, functions: template.functions.map((each) => ({ ...each, environment: { ...each.environment, ...environment } })) };
}

/** As many clocks that call `reconcile` at the same moment. */
export function withClocks(template: Template, clocks: number): Template {
	const more = template.rules
		.filter(({ name, schedule }) => schedule !== undefined && name.includes('-reconcile-'))
		.flatMap((rule) => Array.from({ length: clocks - 1 }, (_, index) => ({ ...rule, name: `${rule.name}-${index + 2}` })));
	return { ...template, rules: [...template.rules, ...more] };
}

export const BATCH_NODE = 'i-0ba7c000000000001';
export const COLLECT: FleetHook = { name: 'fleetkeeper-collect', on: 'terminate', heartbeatTimeoutSeconds: 900, defaultResult: 'CONTINUE' };
/** What runs on a batch node, in its runbook. */
export const COLLECTED = { hook: COLLECT.name, ran: ['collect-logs', 'drain-node'] } as const;

/** Group `batch-workers`, whose only node leaves by a runbook of two commands. */
export function batchWorkers(drainSeconds = 40): FleetGroup {
	const behaviours = {
		'collect-logs': { durationSeconds: 20, oncePer: 'WorkId' },
		'drain-node': { durationSeconds: drainSeconds, oncePer: 'WorkId' },
	};
	return { name: 'batch-workers', min: 0, max: 4, tags: { service: 'batch' }, behaviours, hooks: [COLLECT], nodes: [{ id: BATCH_NODE }] };
}

/** A drain of web nodes that asks for no tags, with a timeout and more keys of `when.detail` (`, Origin: [WarmPool]`). */
export function drainWeb(timeout: string, detail = ''): string {
	return `name: drain-web
priority: 100
on: instance-terminating
when:
  detail: { AutoScalingGroupName: [{ prefix: web- }], LifecycleHookName: [fleetkeeper-drain]${detail} }
run:
  command: drain-node
  timeout: ${timeout}
then:
  onFailure: { lifecycle: continue, opsItem: { severity: "3" } }
`;
}
