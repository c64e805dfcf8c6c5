/** What every account begins with, read once: the packaged template, a fleet, and the playbooks in force. */

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { Fleet, FleetNode } from '../../local/fleet.ts';
import { loadTemplate, type Template } from '../../local/template.ts';
import { formatProblem } from '../../shared/playbook/problem.ts';
import { compileSet } from '../../shared/playbook/set.ts';
import { nodeId, uuid } from './samples.ts';

export interface Ground {
	readonly template: Template;
	readonly documents: readonly {
		readonly name: string;
		readonly type: 'Command' | 'Automation' | 'ChangeCalendar';
		readonly content: string | Readonly<Record<string, unknown>>;
	}[];
	readonly parameters: readonly { readonly name: string; readonly type: 'String'; readonly value: string }[];
	/** The compiled playbooks, as the ledger has them. */
	readonly playbooks: string;
}

/** Nodes of each kind: events are about these, and about some that are not there. */
const MOST_NODES = 12;

const heldNodes = (kind: string, state: 'Terminating:Wait' | 'Pending:Wait', hook: string) =>
	Array.from({ length: MOST_NODES }, (_, n): FleetNode => {
		return { id: nodeId(kind, n), state, heldBy: [{ hook, token: uuid(kind, n), sinceSeconds: 300 }] };
	});
const hook = (name: string, on: 'launch' | 'terminate') =>
	({ name, on, heartbeatTimeoutSeconds: 1_800, defaultResult: 'ABANDON' }) as const;

/** All of its nodes are held by hooks: what drains them and starts them up can be asked for. */
export const FLEET: Fleet = {
	groups: [
		{
			...{ name: 'web-blue', min: 0, max: 500, tags: { service: 'nginx' } },
			hooks: [hook('fleetkeeper-drain', 'terminate'), hook('fleetkeeper-bootstrap', 'launch')],
			nodes: [...heldNodes('d', 'Terminating:Wait', 'fleetkeeper-drain'), ...heldNodes('b', 'Pending:Wait', 'fleetkeeper-bootstrap')],
		},
		{
			...{ name: 'batch-workers', min: 0, max: 500, tags: { service: 'batch' }, hooks: [hook('fleetkeeper-collect', 'terminate')] },
			nodes: heldNodes('c', 'Terminating:Wait', 'fleetkeeper-collect'),
		},
	],
};

const ALWAYS_CLOSED = ['BEGIN:VCALENDAR', 'PRODID:-//AWS//Change Calendar 1.0//EN', 'VERSION:2.0', 'X-CALENDAR-TYPE:DEFAULT_CLOSED'];
const CALENDAR = [...ALWAYS_CLOSED, 'END:VCALENDAR', ''].join('\r\n');

const FOLDER = join(import.meta.dirname, '..', '..', 'playbooks');
const read = (file: string) => readFileSync(file, 'utf8');

/** By name, as Parameter Store has them: the project's own, and more that let through what those leave alone. */
export function playbookTexts(): Record<string, string> {
	const own = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
	const wide = parseAllDocuments(read(join(import.meta.dirname, 'playbooks.yaml')));
	return {
		...Object.fromEntries(own.map((file) => [basename(file, '.yaml'), read(join(FOLDER, file))])),
		...Object.fromEntries([...wide].map((each) => [String(each.get('name')), String(each)])),
	};
}

/** @param file the packaged template. @throws Error where a playbook is not valid. */
export async function layGround(file: string): Promise<Ground> {
	const template = await loadTemplate(file);
	const texts = Object.entries(playbookTexts()).map(([name, source]) => ({ name, source, parameterVersion: 1 }));
	const { playbooks, problems } = compileSet(texts);
	const errors = problems.filter(({ severity }) => severity === 'error');
	if (errors.length > 0) throw new Error(errors.map(formatProblem).join('\n'));
	return {
		template,
		documents: [
			// Parsed once: that takes longer than all else that an account is made of.
			...template.documents.map(({ name, type, content }) => ({ name, type: type as 'Command' | 'Automation', content: parse(content) })),
			{ name: 'change-freeze', type: 'ChangeCalendar', content: CALENDAR },
		],
		parameters: template.parameters.map(({ name, value }) => ({ name, type: 'String', value })),
		playbooks: JSON.stringify({ playbooks, compiledAt: '2026-03-02T09:00:00.000Z' }),
	};
}
