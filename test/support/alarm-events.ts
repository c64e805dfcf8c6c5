/** Events of CloudWatch about alarms, as EventBridge delivers them: shapes of AWS's own samples, values of ours. */

import { OPENED_AT, SECOND } from './operations.ts';

export const NODE = 'i-0123456789abcdef0';
export const NAME = 'web-1-unresponsive';
const ARN = `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${NAME}`;

/** `2026-03-02T09:00:00.000+0000`, without a colon in the offset. */
export const stamp = (at: number) => new Date(at).toISOString().replace('Z', '+0000');

export const CPU = {
	description: 'A web node has been busy for three minutes.',
	metrics: [
		{
			id: '5a1d0c3e-7b42-4f1a-9c86-2e4d8b70f913',
			metricStat: {
				metric: { namespace: 'AWS/EC2', name: 'CPUUtilization', dimensions: { InstanceId: NODE } },
				period: 60,
				stat: 'Average',
			},
			returnData: true,
		},
	],
};

let events = 0;

function envelope(detailType: string, at: number) {
	events += 1;
	return {
		version: '0',
		id: `event-${events}`,
		'detail-type': detailType,
		source: 'aws.cloudwatch',
		account: '111122223333',
		time: new Date(Math.floor(at / SECOND) * SECOND).toISOString().replace('.000', ''),
		region: 'eu-west-1',
		resources: [ARN],
	};
}

/** A change of the alarm's state, so many milliseconds after `OPENED_AT`. */
export function stateChange(
	value: string,
	after: number,
	{ state = {}, ...detail }: { readonly state?: object } & Readonly<Record<string, unknown>> = {},
) {
	const at = OPENED_AT + after;
	return {
		...envelope('CloudWatch Alarm State Change', at),
		detail: {
			alarmName: NAME,
			configuration: CPU,
			previousState: { value: value === 'ALARM' ? 'OK' : 'ALARM', reason: 'before', timestamp: stamp(at - 60_000) },
			state: {
				value,
				reason: `Threshold Crossed: the last datapoints make it ${value}.`,
				reasonData: JSON.stringify({ version: '1.0', statistic: 'Average', period: 60, recentDatapoints: [93.1], threshold: 90 }),
				timestamp: stamp(at),
				...state,
			},
			...detail,
		},
	};
}

export function seriesChange(value: string, after: number, id: string) {
	const { detail } = stateChange(value, after);
	return {
		...envelope('CloudWatch Alarm Contributor State Change', OPENED_AT + after),
		detail: { ...detail, alarmContributor: { id, attributes: { InstanceId: NODE } } },
	};
}

/** A change of its configuration: its state's timestamp says nothing of when. */
export function configurationChange(operation: string, after: number) {
	return {
		...envelope('CloudWatch Alarm Configuration Change', OPENED_AT + after),
		detail: {
			alarmName: NAME,
			operation,
			state: { value: 'ALARM', timestamp: stamp(OPENED_AT) },
			configuration: { ...CPU, alarmName: NAME },
		},
	};
}
