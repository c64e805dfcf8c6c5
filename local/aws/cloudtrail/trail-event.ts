/** A call as CloudTrail records it. */

import { createHash } from 'node:crypto';
import type { Event } from '@aws-sdk/client-cloudtrail';
import { type ApiCall, isReadOnly } from '../api-call.ts';
import { callerArn, type RoleOf } from '../identity.ts';
import type { AwsContext } from '../types.ts';
import { resourcesOf } from './resources.ts';

/** Where a service's name in an event source is not its name in IAM. */
const SOURCES: Readonly<Record<string, string>> = { cloudwatch: 'monitoring', resourcegroupstaggingapi: 'tagging' };

/** What CloudTrail never writes down. */
const HIDDEN: Readonly<Record<string, string>> = { PutParameter: 'value', SendCommand: 'parameters' };
const HIDDEN_TEXT = 'HIDDEN_DUE_TO_SECURITY_REASONS';
const HIDDEN_ANSWERS: Readonly<Record<string, string>> = {
	StartSession: 'tokenValue',
	ResumeSession: 'tokenValue',
	CreateActivation: 'activationCode',
};
const HIDDEN_ANSWER = 'Value hidden due to security reasons.';

/** Operations that change nothing but data. CloudTrail's event history holds management events only. */
const DATA_PLANE: Readonly<Record<string, RegExp>> = {
	dynamodb: /Item|^Query$|^Scan$/,
	sqs: /Message/,
	sns: /^Publish/,
	events: /^PutEvents$/,
	s3: /Object/,
	cloudwatch: /^(PutMetricData|GetMetric)/,
};

/** Whether the event history takes a call: it is a management event, and the service knows the operation. */
export function isRecorded({ service, operation, error }: ApiCall): boolean {
	return !DATA_PLANE[service]?.test(operation) && error?.code !== 'UnknownOperationException';
}

/** An event as LookupEvents gives it. */
export function trailEvent(ctx: AwsContext, call: ApiCall, roleOf: RoleOf): Event {
	const { at, service, operation, requestId, caller = 'unknown', error } = call;
	const id = eventId(requestId);
	const readOnly = isReadOnly(operation);
	const identity = identityOf(ctx, caller, roleOf);
	const content = {
		eventVersion: '1.11',
		userIdentity: identity,
		eventTime: `${new Date(at).toISOString().slice(0, 19)}Z`,
		eventSource: `${SOURCES[service] ?? service}.amazonaws.com`,
		eventName: operation,
		awsRegion: ctx.region,
		sourceIPAddress: identity.type === 'AWSService' ? caller : '10.0.0.1',
		userAgent: identity.type === 'AWSService' ? caller : 'aws-sdk',
		...(error ? { errorCode: error.code, errorMessage: error.message } : {}),
		requestParameters: parameters(operation, call.input),
		responseElements: readOnly || error ? null : answer(operation, call.output),
		requestID: requestId,
		eventID: id,
		readOnly,
		eventType: 'AwsApiCall',
		managementEvent: true,
		recipientAccountId: ctx.account,
		eventCategory: 'Management',
	};
	return {
		EventId: id,
		EventName: operation,
		ReadOnly: String(readOnly),
		EventTime: new Date(Math.floor(at / 1000) * 1000),
		EventSource: content.eventSource,
		Username: caller,
		...('accessKeyId' in identity ? { AccessKeyId: identity.accessKeyId } : {}),
		Resources: resourcesOf(call),
		CloudTrailEvent: JSON.stringify(content),
	};
}

/** An event id that is a function of its call: the history costs the world no chance. */
function eventId(requestId: string): string {
	const hex = createHash('sha256').update(`event of ${requestId}`).digest('hex');
	return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}

/** A function calls as its role, under a session of its own name; a service in its own; anybody else as a user of the access key's name. */
function identityOf(ctx: AwsContext, caller: string, roleOf: RoleOf) {
	const { account } = ctx;
	if (caller.endsWith('.amazonaws.com')) return { type: 'AWSService', invokedBy: caller } as const;
	const role = roleOf(caller);
	if (role === undefined) {
		return {
			type: 'IAMUser',
			accountId: account,
			arn: callerArn(ctx, caller, roleOf),
			accessKeyId: caller,
			userName: caller,
		} as const;
	}
	const roleName = role.split('/').at(-1) ?? role;
	return {
		type: 'AssumedRole',
		accountId: account,
		arn: callerArn(ctx, caller, roleOf),
		sessionContext: { sessionIssuer: { type: 'Role', arn: role, accountId: account, userName: roleName } },
	} as const;
}

function parameters(operation: string, input: unknown): unknown {
	return without(HIDDEN[operation], elements(input), HIDDEN_TEXT);
}

function answer(operation: string, output: unknown): unknown {
	return without(HIDDEN_ANSWERS[operation], elements(output), HIDDEN_ANSWER);
}

function without(hidden: string | undefined, shown: Record<string, unknown> | null, text: string): unknown {
	return shown !== null && hidden !== undefined && hidden in shown ? { ...shown, [hidden]: text } : shown;
}

/** Members in lower camel case, as CloudTrail writes them; null where there is none. */
function elements(value: unknown): Record<string, unknown> | null {
	const shown = lowerCamel(value) as Record<string, unknown> | undefined;
	return shown === undefined || Object.keys(shown).length === 0 ? null : shown;
}

function lowerCamel(value: unknown): unknown {
	if (value instanceof Date) return value.toISOString();
	if (value instanceof Uint8Array) return undefined;
	if (Array.isArray(value)) return value.map(lowerCamel);
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.charAt(0).toLowerCase() + key.slice(1), lowerCamel(item)]));
}
