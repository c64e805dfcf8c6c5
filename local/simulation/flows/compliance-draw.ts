/** A story of findings: what AWS Config judges, the playbooks that claim what it finds, and what people do. */

import type { World } from '../../world.ts';
import type { Draw } from '../draw.ts';
import type { Act, Part, Setting } from '../flow.ts';
import { drawNodeActs, drawOtherActs, drawSecurityGroupActs } from './compliance-acts.ts';
import { CALENDAR, drawPlaybooks, type Rule } from './compliance-playbooks.ts';
import { drawNodes, drawSecurityGroups, type Judged, RUNBOOK, ruleOf } from './compliance-resources.ts';
import { drawCalendar } from './lifecycle-playbooks.ts';

const MINUTE = 60_000;

/** A rule, and since when it is there. */
interface DrawnRule extends Rule {
	readonly periodic: boolean;
	/** Milliseconds after the story begins; absent: it has been there for long, and what it finds nobody was told of. */
	readonly madeAt?: number;
}

export function drawCompliance(draw: Draw, setting: Setting): Part {
	const rules = drawRules(draw.of('rules'), setting);
	const kinds = new Set(rules.map(({ kind }) => kind));
	const size = draw.weighted([
		[16, draw.whole(2, 6)],
		// More than may be worked on at once by default.
		[2, draw.whole(24, 28)],
	]);
	const group = drawNodes(draw.of('nodes'), kinds.has('drift') || kinds.has('imdsv2') ? size : 0);
	const securityGroups = drawSecurityGroups(draw.of('security groups'), kinds.has('open-ssh') ? draw.whole(1, 4) : 0);
	const playbooks = rules.flatMap((rule, index) => {
		const count = rule.kind === 'open-ssh' ? securityGroups.length : group.nodes.length;
		return drawPlaybooks(draw.of(`playbooks ${index}`), rule, index, count);
	});
	const calendar = playbooks.some(({ calendar }) => calendar !== undefined);
	const lagSeconds = draw.weighted([
		[5, draw.whole(5, 60)],
		[4, draw.whole(60, 180)],
		[1, draw.whole(300, 720)],
	]);
	return {
		groups: [group],
		fleet: { securityGroups },
		playbooks,
		documents: [RUNBOOK, ...(calendar ? [drawCalendar(draw.of('calendar'), setting, CALENDAR)] : [])],
		prepare({ services: { config } }) {
			config.lagMs = lagSeconds * 1_000;
			config.record();
		},
		acts: [
			...rules.map(ruleAct),
			...(lagSeconds >= 300 ? [slowness(lagSeconds)] : []),
			...drawNodeActs(draw.of('acts'), group, kinds, setting),
			...drawSecurityGroupActs(draw.of('acts'), securityGroups, setting),
			...drawOtherActs(draw.of('other acts'), rules, setting),
		],
	};
}

function drawRules(draw: Draw, { actsWithinMs }: Setting): DrawnRule[] {
	const count = draw.weighted([
		[5, 1],
		[3, 2],
		[1, 3],
	]);
	return Array.from({ length: count }, (_, index) => {
		const kind = draw.weighted<Judged>([
			[6, 'drift'],
			[2, 'imdsv2'],
			[3, 'open-ssh'],
		]);
		return {
			kind,
			name: `${kind}-${index}`,
			periodic: kind === 'drift' && draw.chance(0.35),
			...(draw.chance(0.5) && { madeAt: draw.whole(0, actsWithinMs / MINUTE / 2) * MINUTE }),
		};
	});
}

function ruleAct({ kind, name, periodic, madeAt }: DrawnRule): Act {
	const rule = ruleOf(kind, name, periodic);
	const words = `the rule ${name}${periodic ? ', evaluated once an hour,' : ''}`;
	if (madeAt === undefined)
		return {
			id: `compliance ${name}`,
			at: 0,
			what: `${words} has been there for long`,
			do: ({ services }) => services.config.addRule(rule),
		};
	return {
		id: `compliance ${name}`,
		at: madeAt,
		what: `somebody makes ${words}`,
		do: ({ services }: World) => services.config.createRule(rule),
	};
}

function slowness(seconds: number): Act {
	const what = `AWS Config records what changes ${seconds} s later`;
	return { id: 'compliance slowness', at: 0, fault: 'AWS Config is slow', what, do: () => undefined };
}
