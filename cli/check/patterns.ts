/** Whether the events that playbooks `on: event` are for reach Fleetkeeper at all: `infra/event-patterns.yml` says which do. */

import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { FINDING } from '../../shared/kinds/agent/event.ts';
import { couldMatch } from '../../shared/playbook/match.ts';
import type { Problem } from '../../shared/playbook/problem.ts';
import type { EventPattern, EventPlaybook } from '../../shared/playbook/types.ts';
import type { CheckedPlaybook } from './folder.ts';

/** What Fleetkeeper gives to playbooks itself, past every bus. */
const OWN: readonly EventPattern[] = [{ source: [FINDING.source], 'detail-type': [FINDING['detail-type']] }];

/** Problems of playbooks whose events no pattern lets in; none where there is no such file. */
export function checkPatterns(playbooks: readonly CheckedPlaybook[], file: string, name: string): Problem[] {
	if (!existsSync(file)) return [];
	const given = (parse(readFileSync(file, 'utf8')) ?? {}) as Record<string, EventPattern>;
	const patterns = [...Object.values(given), ...OWN];
	return playbooks.flatMap(({ playbook, problem }): Problem[] => {
		if (playbook.on !== 'event' || eventsOf(playbook).some((event) => patterns.some((pattern) => couldMatch(pattern, event)))) return [];
		return [problem(['when'], 'warning', `no pattern of ${name} lets such events in: nothing happens`, 'add one there, and deploy')];
	});
}

/** Events that a playbook is for, as far as it says so by exact values: what it says by other conditions is taken as met. */
function eventsOf({ when }: EventPlaybook): Record<string, string>[] {
	const exact = (conditions: readonly unknown[] = []) => {
		const values = conditions.filter((condition) => typeof condition === 'string');
		return values.length === conditions.length && values.length > 0 ? values : [undefined];
	};
	return exact(when.source).flatMap((source) =>
		exact(when['detail-type']).map((detailType) => ({
			...(source !== undefined && { source }),
			...(detailType !== undefined && { 'detail-type': detailType }),
		})),
	);
}
