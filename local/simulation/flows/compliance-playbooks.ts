/** The playbooks of a compliance story, and which of them claims what a rule finds. */

import type { Draw } from '../draw.ts';
import type { PlaybookText } from '../flow.ts';
import { HARDEN, JUDGED, type Judged, REPAIR } from './compliance-resources.ts';

type Condition = string | { readonly prefix: string };

/** A playbook for findings, as far as the simulation draws them. */
export interface ComplianceText extends PlaybookText {
	readonly when: { readonly detail: { readonly configRuleName: readonly Condition[]; readonly resourceType?: readonly string[] } };
	readonly run: { readonly command?: string; readonly automation?: string; readonly timeout: string; readonly parameters?: object };
	readonly settle?: string;
	readonly attempts?: number;
	readonly limits?: { readonly concurrent?: number; readonly perHour?: number; readonly beyond: string };
	readonly calendar?: string;
	readonly calendarClosed?: string;
	readonly mode?: string;
}

/** What a playbook has that says nothing of it (README). */
export const DEFAULT_ATTEMPTS = 2;
export const DEFAULT_SETTLE = '15m';
export const DEFAULT_CONCURRENT = 20;

export const CALENDAR = 'audit-freeze';

/** A rule of a story. */
export interface Rule {
	readonly kind: Judged;
	readonly name: string;
}

/** The playbook of the lowest priority that matches. */
export function claiming(playbooks: readonly ComplianceText[], rule: string, resourceType: string): ComplianceText | undefined {
	const claims = ({ when: { detail } }: ComplianceText) =>
		detail.configRuleName.some((condition) => (typeof condition === 'string' ? condition === rule : rule.startsWith(condition.prefix))) &&
		(detail.resourceType === undefined || detail.resourceType.includes(resourceType));
	return playbooks.filter(claims).sort((a, b) => a.priority - b.priority)[0];
}

/** @param count how many resources the rule judges. */
export function drawPlaybooks(draw: Draw, rule: Rule, index: number, count: number): ComplianceText[] {
	// A rule that no playbook claims, now and then.
	if (draw.chance(0.06)) return [];
	const first = drawPlaybook(draw.of('first'), rule, { name: `remedy-${index}`, priority: 200 + index * 10, count });
	if (!draw.chance(0.2)) return [first];
	return [first, drawPlaybook(draw.of('second'), rule, { name: `remedy-${index}-special`, priority: 199 + index * 10, count })];
}

interface Claim {
	readonly name: string;
	readonly priority: number;
	readonly count: number;
}

function drawPlaybook(draw: Draw, { kind, name: rule }: Rule, { name, priority, count }: Claim): ComplianceText {
	const limits = {
		...(draw.chance(0.8) && { concurrent: draw.whole(1, 3) }),
		// As many as let a story end within its hours.
		...(count <= 6 && draw.chance(0.25) && { perHour: draw.whole(count, 2 * count) }),
	};
	const isSpecial = name.endsWith('-special');
	return {
		name,
		priority,
		on: 'noncompliant',
		when: {
			detail: {
				configRuleName: draw.chance(0.5) ? [rule] : [{ prefix: rule.slice(0, -2) }],
				...((isSpecial || draw.chance(0.3)) && { resourceType: draw.chance(0.8) ? [JUDGED[kind].type] : ['AWS::S3::Bucket'] }),
			},
		},
		run: drawRun(draw.of('run'), kind),
		...(draw.chance(0.85) && { settle: `${draw.whole(1, 6)}m` }),
		...(draw.chance(0.5) && { attempts: draw.whole(1, 3) }),
		...(draw.chance(0.5) && { then: { onFailure: { opsItem: { severity: draw.one(['2', '3']), category: 'Security' } } } }),
		...(draw.chance(0.6) && Object.keys(limits).length > 0 && { limits: { ...limits, beyond: draw.one(['wait', 'skip']) } }),
		...(draw.chance(0.25) && { calendar: CALENDAR, calendarClosed: draw.one(['wait', 'skip']) }),
		...(draw.chance(0.08) && { mode: 'observe' }),
	};
}

function drawRun(draw: Draw, kind: Judged): ComplianceText['run'] {
	const timeout = `${draw.weighted([
		[2, draw.whole(1, 2)],
		[6, draw.whole(3, 12)],
	])}m`;
	if (kind === 'drift' && draw.chance(0.35)) return { command: REPAIR, timeout };
	const { runbook, parameter } = JUDGED[kind];
	const pause = draw.weighted([
		[6, draw.whole(1, 60)],
		[2, draw.whole(60, 300)],
	]);
	const parameters = { [parameter]: '$.detail.resourceId', ...(runbook === HARDEN && { Pause: `PT${pause}S` }) };
	return { automation: runbook, parameters, timeout };
}
