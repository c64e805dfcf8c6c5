/** What CloudWatch knows of the alarms that playbooks name. */

import { AlarmType, CloudWatchClient, type MetricAlarm, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import type { Aws } from '../../shared/aws/clients.ts';
import { couldBeAlarm } from '../../shared/playbook/match.ts';
import { DIMENSION_START } from '../../shared/playbook/parameters.ts';
import type { Problem } from '../../shared/playbook/problem.ts';
import type { AlarmPlaybook } from '../../shared/playbook/types.ts';
import type { CheckedPlaybook } from './folder.ts';

interface Alarm {
	readonly name: string;
	/** Names of the dimensions of its metrics; none of a composite or log alarm. */
	readonly dimensions: readonly string[];
}

/** How many names a message lists. */
const NAMED = 3;

/** Asks nothing where there is no such playbook. Rejects with what the SDK throws. */
export async function checkAlarms(aws: Aws, playbooks: readonly CheckedPlaybook<AlarmPlaybook>[]): Promise<Problem[]> {
	if (playbooks.length === 0) return [];
	const alarms = await describeAlarms(aws.client(CloudWatchClient));
	return playbooks.flatMap((checked) => {
		const meant = alarms.filter(({ name }) => couldBeAlarm(checked.playbook, name));
		if (meant.length === 0)
			return [checked.problem(['when', 'detail'], 'warning', 'no CloudWatch alarm matches', 'make one, or correct its name')];
		return dimensionProblems(checked, meant);
	});
}

async function describeAlarms(client: CloudWatchClient): Promise<Alarm[]> {
	const alarms: Alarm[] = [];
	// Without their types only metric alarms are returned.
	for await (const page of paginateDescribeAlarms({ client }, { AlarmTypes: Object.values(AlarmType) })) {
		for (const alarm of page.MetricAlarms ?? []) alarms.push({ name: alarm.AlarmName ?? '', dimensions: dimensionsOf(alarm) });
		for (const { AlarmName: name = '' } of [...(page.CompositeAlarms ?? []), ...(page.LogAlarms ?? [])]) {
			alarms.push({ name, dimensions: [] });
		}
	}
	return alarms;
}

function dimensionsOf({ Dimensions = [], Metrics = [] }: MetricAlarm): string[] {
	return [...Dimensions, ...Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric?.Dimensions ?? [])].map(({ Name = '' }) => Name);
}

/** Work that takes a dimension fails for an alarm whose metric has none of that name. */
function dimensionProblems({ playbook, problem }: CheckedPlaybook<AlarmPlaybook>, alarms: readonly Alarm[]): Problem[] {
	const { run } = playbook;
	if (!run) return [];
	const paths = [
		...(run.node === undefined ? [] : [{ at: ['run', 'node'], path: run.node }]),
		...Object.entries(run.parameters).flatMap(([name, values]) => values.map((path) => ({ at: ['run', 'parameters', name], path }))),
	];
	return paths
		.filter(({ path }) => path.startsWith(DIMENSION_START))
		.flatMap(({ at, path }): Problem[] => {
			const without = alarms.filter(({ dimensions }) => !dimensions.includes(path.slice(DIMENSION_START.length)));
			if (without.length === 0) return [];
			const names = without.slice(0, NAMED).map(({ name }) => name);
			const more = without.length > NAMED ? ' …' : '';
			const message = `${without.length} of ${alarms.length} alarms that match have no ${path}, and the work fails for them: ${names.join(', ')}${more}`;
			return [problem(at, 'warning', message)];
		});
}
