/** What an event is about, in a few words. */

import { oneLine, shortened } from '../support/format.ts';

type Fields = Readonly<Record<string, unknown>>;

const LONGEST = 100;

/** By the fields of `detail` that say it, those first that say most. */
const SAYING: readonly (readonly string[])[] = [
	['EC2InstanceId', 'LifecycleHookName', 'AutoScalingGroupName'],
	['alarmName'],
	['configRuleName', 'resourceId'],
	['runbook', 'requestedBy'],
	['command', 'requestedBy'],
	['instance-id', 'document-name'],
	['instance-id'],
	['ExecutionId', 'Definition'],
	['name'],
	['parameter-name'],
	['operationId', 'state'],
	['eventTypeCode'],
];

export function subjectOf(event: Fields): string {
	const detail = (event['detail'] ?? {}) as Fields;
	const fields = SAYING.find(([first = '']) => typeof detail[first] === 'string') ?? [];
	const said = fields.map((field) => detail[field]).filter((value) => typeof value === 'string');
	const resources = Array.isArray(event['resources']) ? event['resources'] : [];
	return shortened(oneLine((said.length > 0 ? said : resources.slice(0, 1)).join(', ')), LONGEST);
}
