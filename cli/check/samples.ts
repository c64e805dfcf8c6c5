/** What the playbooks make of the sample events. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { explain } from '../../shared/event-pattern.ts';
import { namesField } from '../../shared/kinds/lifecycle/sighting.ts';
import { claimsHook, match } from '../../shared/playbook/match.ts';
import { nearest } from '../../shared/playbook/problem.ts';
import type { Playbook, PlaybookOn, PlaybookSet } from '../../shared/playbook/types.ts';

/** Which function an event is for. */
const FUNCTIONS: Readonly<Record<string, string>> = {
	'EC2 Command Invocation Status-change Notification': 'command-status',
	'EC2 Command Status-change Notification': 'command-status',
	'EC2 Automation Execution Status-change Notification': 'automation-status',
	'Parameter Store Change': 'playbook-change',
	'Parameter Store Policy Action': 'playbook-change',
	'Scheduled Event': 'reconcile',
	Sweep: 'reconcile',
};

const OCCASIONS: Readonly<Record<string, PlaybookOn>> = {
	'EC2 Instance-terminate Lifecycle Action': 'instance-terminating',
	'EC2 Instance-launch Lifecycle Action': 'instance-launching',
};

/** A few lines for each file of `events/`; none where there is no such folder. */
export function describeSamples(events: string, cwd: string, set: PlaybookSet): string[] {
	return listJson(events).flatMap((name) => {
		const file = relative(cwd, join(events, name));
		return eventsIn(readFileSync(join(events, name), 'utf8')).flatMap((event) =>
			describeEvent(event, set).map((line, i) => (i === 0 ? `${file}: ${line}` : `  ${line}`)),
		);
	});
}

interface Sample {
	readonly 'detail-type'?: unknown;
	readonly detail?: unknown;
}

function listJson(folder: string): string[] {
	try {
		return readdirSync(folder)
			.filter((name) => name.endsWith('.json'))
			.sort();
	} catch {
		return [];
	}
}

/** The event of a file, or those of its SQS batch; undefined for one that is not JSON. */
function eventsIn(text: string): (Sample | undefined)[] {
	try {
		const value: unknown = JSON.parse(text);
		const records = (value as { Records?: { body?: string }[] } | null)?.Records;
		return Array.isArray(records) ? records.flatMap(({ body = '' }) => eventsIn(body)) : [value as Sample];
	} catch {
		return [undefined];
	}
}

function describeEvent(event: Sample | undefined, set: PlaybookSet): string[] {
	if (event === undefined || event === null || typeof event !== 'object') return ['not a JSON object'];
	const type = String(event['detail-type']);
	const on = OCCASIONS[type];
	if (on) return describeLifecycle(on, event.detail, set);
	const known = [...Object.keys(FUNCTIONS), ...Object.keys(OCCASIONS)];
	const meant = nearest(type, known);
	return [FUNCTIONS[type] ? `for ${FUNCTIONS[type]}` : `for no function: detail-type is '${type}'${meant ? `, not '${meant}'` : ''}`];
}

function describeLifecycle(on: PlaybookOn, detail: unknown, set: PlaybookSet): string[] {
	const values = (detail ?? {}) as Record<string, unknown>;
	const intoPool = on === 'instance-terminating' && values['Destination'] === 'WarmPool';
	const asked = set.playbooks.filter(({ playbook }) => !intoPool || namesField(playbook.when.detail, 'Destination'));
	const withoutTags = asked.map((compiled) => ({ ...compiled, playbook: ignoringTags(compiled.playbook) }));
	const found = match(on, detail, undefined, { ...set, playbooks: withoutTags });
	if ('playbook' in found) {
		const { name, priority } = found.playbook.playbook;
		const wanted = set.playbooks.find(({ playbook }) => playbook.name === name)?.playbook.when.tags;
		const tags = wanted ? `, if the node's tags meet ${JSON.stringify(wanted)}` : '';
		return [`${name}${tags}`, `${met(found.playbook.playbook, values)}; priority ${priority}`];
	}
	if (!('none' in found)) return [];
	const { AutoScalingGroupName: group = '', LifecycleHookName: hook = '' } = values;
	const claimed = claimsHook(set, on, { group: String(group), hook: String(hook) }).length > 0;
	const whose = claimed ? '' : `: hook '${hook}' of group '${group}' is left to whoever put it there`;
	const reasons = set.playbooks
		.filter(({ playbook }) => playbook.on === on)
		.map(
			({ playbook }) =>
				`${playbook.name}: ${unmet(playbook, detail) ?? 'does not name Destination, and a return to the warm pool is no termination'}`,
		);
	return [`no playbook${whose}`, ...(reasons.length > 0 ? reasons : [found.none])];
}

const ignoringTags = ({ when: { detail }, ...playbook }: Playbook): Playbook => ({ ...playbook, when: { detail } });

function met(playbook: Playbook, values: Readonly<Record<string, unknown>>): string {
	return Object.entries(playbook.when.detail)
		.map(([field, wanted]) => (field in values ? `${field} '${values[field]}' meets ${JSON.stringify(wanted)}` : `${field} holds`))
		.join(', ');
}

function unmet(playbook: Playbook, detail: unknown): string | undefined {
	const mismatch = explain(playbook.when.detail, detail);
	if (!mismatch) return undefined;
	const actual = mismatch.actual.length === 0 ? 'is absent' : `is ${mismatch.actual.map((value) => `'${value}'`).join(', ')}`;
	return `${mismatch.path} ${actual}, wanted ${JSON.stringify(mismatch.wanted)}`;
}
