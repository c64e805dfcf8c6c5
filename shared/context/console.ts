/** Links into the AWS console. */

import { partitionOf } from './partition.ts';

const CONSOLE_DOMAINS = { aws: 'console.aws.amazon.com', 'aws-cn': 'console.amazonaws.cn', 'aws-us-gov': 'console.amazonaws-us-gov.com' };

/** An alarm in the CloudWatch console. It is the form that alarm notifications carry: it outlives a sign-in on the way. */
export function alarmUrl(region: string, alarmName: string): string {
	return `${home(region)}/cloudwatch/deeplink.js?region=${region}#alarmsV2:alarm/${encoded(alarmName)}`;
}

/** An execution of a runbook. */
export function executionUrl(region: string, executionId: string): string {
	return `${home(region)}/systems-manager/automation/execution/${encoded(executionId)}?region=${region}`;
}

/** A command of Run Command, with its nodes. */
export function commandUrl(region: string, commandId: string): string {
	return `${home(region)}/systems-manager/run-command/${encoded(commandId)}?region=${region}`;
}

/** An OpsItem of OpsCenter. */
export function opsItemUrl(region: string, opsItemId: string): string {
	return `${home(region)}/systems-manager/opsitems/${encoded(opsItemId)}?region=${region}`;
}

/** A managed node in Fleet Manager: an instance, or a machine outside EC2. */
export function nodeUrl(region: string, nodeId: string): string {
	return `${home(region)}/systems-manager/fleet-manager/managed-nodes/${encoded(nodeId)}/general?region=${region}`;
}

/** A folder of a bucket, as `s3://bucket/folder/`. */
export function folderUrl(region: string, folder: string): string {
	const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(folder) ?? [];
	return `${home(region)}/s3/buckets/${bucket}?region=${region}&prefix=${encoded(prefix)}`;
}

/** A log group of CloudWatch Logs, or one of its streams. The console wants names encoded twice, with `$` for `%`. */
export function logsUrl(region: string, logGroup: string, logStream?: string): string {
	const twice = (name: string) => encodeURIComponent(encodeURIComponent(name)).replaceAll('%', '$');
	const stream = logStream === undefined ? '' : `/log-events/${twice(logStream)}`;
	return `${home(region)}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${twice(logGroup)}${stream}`;
}

/** An event of CloudTrail's event history. */
export function trailUrl(region: string, eventId: string): string {
	return `${home(region)}/cloudtrailv2/home?region=${region}#/events/${encoded(eventId)}`;
}

function home(region: string): string {
	return `https://${region}.${CONSOLE_DOMAINS[partitionOf(region)]}`;
}

/** What `encodeURIComponent` leaves as it is ends a link where mail and chat programs look for one in a text. */
function encoded(name: string): string {
	return encodeURIComponent(name).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}
