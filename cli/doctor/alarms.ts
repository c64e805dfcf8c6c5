/** The alarms that watch Fleetkeeper itself. */

import { CloudWatchClient, type MetricAlarm, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { SERVICE } from '../../shared/settings.ts';
import { PUBLISHING } from '../redrive/queues.ts';
import { functionNames } from '../support/deployed.ts';
import { oneLine } from '../support/format.ts';
import { type Check, named, note, ok, plural, toDo } from './check.ts';

export const alarms: Check = {
	name: 'alarms',
	async look({ aws, stage }) {
		const AlarmNamePrefix = `${SERVICE}-watch-${stage}-`;
		const own: MetricAlarm[] = [];
		for await (const page of paginateDescribeAlarms({ client: aws.client(CloudWatchClient) }, { AlarmNamePrefix })) {
			own.push(...(page.MetricAlarms ?? []).filter(({ AlarmName = '' }) => isOurs(AlarmName.slice(AlarmNamePrefix.length))));
		}
		if (own.length === 0) return [toDo('no alarm watches this stage', `npx sls deploy --stage ${stage}`)];
		const silent = own.filter(({ ActionsEnabled }) => ActionsEnabled === false).map(({ AlarmName = '' }) => AlarmName);
		const ringing = own.filter(({ StateValue }) => StateValue === 'ALARM');
		return [
			...ringing.map(({ AlarmName, StateReason = '' }) =>
				toDo(`${AlarmName} is in ALARM: ${oneLine(StateReason)}`, 'docs/operating.md says what it means and what to do'),
			),
			...(silent.length > 0
				? [note(`nobody is told of these: ${named(silent)}`, 'aws cloudwatch enable-alarm-actions --alarm-names …')]
				: []),
			...(ringing.length === 0 ? [ok(`none of ${plural(own.length, 'alarm')} is in ALARM`)] : []),
		];
	},
};

/** Not of a stage whose name begins as this one's: see infra/watching.cjs for the names. */
function isOurs(name: string): boolean {
	const ofFunctions = functionNames.flatMap((each) => ['errors', 'throttles', 'dead-letters'].map((what) => `${each}-${what}`));
	return [...ofFunctions, `${PUBLISHING}-dead-letters`, 'clock', 'retries', 'oldest-open'].includes(name);
}
