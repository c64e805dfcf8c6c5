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

function home(region: string): string {
	return `https://${region}.${CONSOLE_DOMAINS[partitionOf(region)]}`;
}

/** What `encodeURIComponent` leaves as it is ends a link where mail and chat programs look for one in a text. */
function encoded(name: string): string {
	return encodeURIComponent(name).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}
