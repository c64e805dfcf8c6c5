/** The playbooks: which are in force, which are not and why, and whether what they name is there. */

import { getItem, tableOf } from '../../shared/aws/table.ts';
import { COMPILED_KEY, readCompiledItem } from '../../shared/playbook/compiled-item.ts';
import { readPlaybookParameters } from '../../shared/playbook/parameter-store.ts';
import type { Problem } from '../../shared/playbook/problem.ts';
import { checkAlarms } from '../check/alarms.ts';
import { calendarProblems, checkDocuments } from '../check/aws.ts';
import { instant, oneLine } from '../support/format.ts';
import { type Check, type Finding, found, note, ok, plural, problemFinding, type Site, toDo } from './check.ts';
import { standingFor } from './standing.ts';

export const playbooks: Check = {
	name: 'playbooks',
	async look(site) {
		return [
			...(await found(() => compiled(site), 'what is compiled')),
			...(await found(() => namedDocumentsOf(site), 'their documents')),
			...(await found(() => namedCalendarsOf(site), 'their calendars')),
			...(await found(() => namedAlarmsOf(site), 'their alarms')),
		];
	},
};

async function compiled({ services, settings, stage }: Site): Promise<Finding[]> {
	const { set, sources, paused } = readCompiledItem(await getItem(tableOf(services), COMPILED_KEY));
	const stored = await readPlaybookParameters(services);
	const remedy = 'the log of playbook-change says why; it runs every minute';
	if (set === undefined) return [toDo(`${plural(stored.length, 'playbook')} stored, and nothing is compiled yet`, remedy)];
	const broken = Object.entries(sources).flatMap(([name, { problem }]) => (problem === undefined ? [] : [{ name, problem }]));
	const unseen = stored.filter(({ name, parameterVersion }) => (sources[name]?.parameterVersion ?? 0) < parameterVersion);
	return [
		...(paused
			? [
					note(
						`all starting of work is paused by ${oneLine(paused.by)} since ${instant(paused.at)}: ${oneLine(paused.reason)}`,
						'fleet -- resume ends it',
					),
				]
			: []),
		...broken.map(({ name, problem }) =>
			toDo(`${name}: ${withoutPath(problem, `${settings.playbookPath}${name}:`)}`, remedyOf(name, stage)),
		),
		...unseen.map(({ name, parameterVersion }) =>
			note(`${name}: version ${parameterVersion} has yet to be compiled`, `a minute is enough; if it stays so, ${remedy}`),
		),
		...(set.playbooks.length === 0
			? [note('no playbook is in force: nothing opens an operation', 'write one into playbooks/, and deploy')]
			: []),
		...(set.playbooks.length > 0 && broken.length === 0 ? [ok(`${set.playbooks.length} in force, none broken`)] : []),
	];
}

/** A problem is several lines, each with the whole name of the parameter. */
function withoutPath(problem: string, path: string): string {
	return problem.replaceAll(path, '').split('\n').map(oneLine).join('; ');
}

const remedyOf = (name: string, stage: string) =>
	`put it right in playbooks/${name}.yaml, and deploy; or aws ssm put-parameter --overwrite (stage ${stage})`;

async function namedDocumentsOf(site: Site): Promise<Finding[]> {
	const { playbooks: all } = await site.standing();
	const problems: Problem[] = [];
	for (const checked of all) problems.push(...(await checkDocuments(site.aws, site.settings, checked)));
	return problems.map((problem) => problemFinding(problem, severityOf(problem)));
}

async function namedCalendarsOf(site: Site): Promise<Finding[]> {
	const { playbooks: all } = await site.standing();
	const problems: Problem[] = [];
	for (const checked of all) problems.push(...(await calendarProblems(site.aws, checked)));
	return problems.map((problem) => problemFinding(problem, severityOf(problem)));
}

async function namedAlarmsOf(site: Site): Promise<Finding[]> {
	const forAlarms = standingFor(await site.standing(), (playbook) => playbook.on === 'alarm');
	return (await checkAlarms(site.aws, forAlarms)).map((problem) => problemFinding(problem, severityOf(problem)));
}

const severityOf = ({ severity }: Problem) => (severity === 'error' ? 'to-do' : 'note');
