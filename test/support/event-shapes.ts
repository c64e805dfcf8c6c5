/** What AWS's events look like, for the sample events to be held to. */

/** A shape: every key is there and no other, every string looks as AWS's does. */
export type Shape = RegExp | 'number' | 'boolean' | 'null' | readonly Shape[] | { readonly [key: string]: Shape };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const INSTANCE_ID = /^i-[0-9a-f]{17}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const ACCOUNT_ARN = 'eu-west-1:111122223333';

const envelope = (source: string, detailType: RegExp, resources: readonly RegExp[], detail: Shape): Shape => ({
	version: /^0$/,
	id: UUID,
	'detail-type': detailType,
	source: new RegExp(`^${source}$`),
	account: /^111122223333$/,
	time: INSTANT,
	region: /^eu-west-1$/,
	resources,
	detail,
});

/** AWS's documented samples (EventBridge event references of Auto Scaling and Systems Manager), as shapes. */
const LIFECYCLE_ACTION = envelope(
	'aws.autoscaling',
	/^EC2 Instance-(launch|terminate) Lifecycle Action$/,
	[new RegExp(`^arn:aws:autoscaling:${ACCOUNT_ARN}:autoScalingGroup:${UUID.source.slice(1, -1)}:autoScalingGroupName/[\\w-]+$`)],
	{
		LifecycleActionToken: UUID,
		AutoScalingGroupName: /^[\w-]+$/,
		LifecycleHookName: /^[\w-]+$/,
		EC2InstanceId: INSTANCE_ID,
		LifecycleTransition: /^autoscaling:EC2_INSTANCE_(LAUNCHING|TERMINATING)$/,
		NotificationMetadata: /./,
		Origin: /^(EC2|AutoScalingGroup|WarmPool)$/,
		Destination: /^(EC2|AutoScalingGroup|WarmPool)$/,
	},
);
const COMMAND_INVOCATION = envelope(
	'aws.ssm',
	/^EC2 Command Invocation Status-change Notification$/,
	[new RegExp(`^arn:aws:ec2:${ACCOUNT_ARN}:instance/${INSTANCE_ID.source.slice(1, -1)}$`)],
	{
		'command-id': UUID,
		'document-name': /^fleetkeeper-local-[a-z-]+$/,
		'instance-id': INSTANCE_ID,
		'requested-date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
		status: /^(Success|Failed|TimedOut|Canceled)$/,
	},
);
const INSTANT_MS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const COMMAND = envelope(
	'aws.ssm',
	/^EC2 Command Status-change Notification$/,
	[new RegExp(`^arn:aws:ec2:${ACCOUNT_ARN}:instance/${INSTANCE_ID.source.slice(1, -1)}$`)],
	{
		'command-id': UUID,
		'document-name': /^fleetkeeper-local-[a-z-]+$/,
		'expire-after': INSTANT_MS,
		parameters: { ServiceName: [/./], TimeoutSeconds: [/^\d+$/], WorkId: [/^command-[0-9a-f]{16}-1\.\d+$/] },
		'requested-date-time': INSTANT_MS,
		status: /^(Success|Failed|TimedOut|Canceled)$/,
	},
);
const AUTOMATION_DATE = /^[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d\d:\d\d [AP]M$/;
const AUTOMATION_EXECUTION = envelope(
	'aws.ssm',
	/^EC2 Automation Execution Status-change Notification$/,
	[
		new RegExp(`^arn:aws:ssm:${ACCOUNT_ARN}:automation-execution/${UUID.source.slice(1, -1)}$`),
		new RegExp(`^arn:aws:ssm:${ACCOUNT_ARN}:automation-definition/[\\w-]+:\\d+$`),
	],
	{
		ExecutionId: UUID,
		Definition: /^fleetkeeper-local-[a-z-]+$/,
		DefinitionVersion: 'number',
		Status: /^(Success|Failed|TimedOut|Canceled)$/,
		StartTime: AUTOMATION_DATE,
		EndTime: AUTOMATION_DATE,
		Time: 'number',
		ExecutedBy: /^arn:aws:(iam|sts)::111122223333:/,
	},
);
const PARAMETER_CHANGE = envelope('aws.ssm', /^Parameter Store Change$/, [new RegExp(`^arn:aws:ssm:${ACCOUNT_ARN}:parameter/`)], {
	operation: /^(Create|Update|Delete|LabelParameterVersion)$/,
	name: /^\/fleetkeeper\/local\/playbooks\/[a-z-]+$/,
	type: /^String$/,
	description: /./,
});
/** AWS documents `parameter-name` and `policy-type`, and no sample. */
const PARAMETER_POLICY_ACTION = envelope(
	'aws.ssm',
	/^Parameter Store Policy Action$/,
	[new RegExp(`^arn:aws:ssm:${ACCOUNT_ARN}:parameter/`)],
	{
		'parameter-name': /^\/fleetkeeper\/local\/(playbooks\/)?[a-z-]+$/,
		'parameter-type': /^String$/,
		'policy-type': /^(Expiration|ExpirationNotification|NoChangeNotification)$/,
		'policy-content': /^\{"Type":"\w+","Version":"1\.0","Attributes":\{.*\}\}$/,
		'action-status': /^Success$/,
		'action-reason': /./,
	},
);
/** AWS's documented samples of alarms; of an alarm's deletion and of a muted one its user guide has samples too. */
const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/;
const ALARM_ARN = [new RegExp(`^arn:aws:cloudwatch:${ACCOUNT_ARN}:alarm:[\\w-]+$`)];
const ALARM_STATE = { value: /^(OK|ALARM|INSUFFICIENT_DATA)$/, reason: /./, reasonData: /^\{.*\}$/, timestamp: STAMP };
const metrics = (dimensions: Shape): Shape => [
	{
		id: UUID,
		metricStat: { metric: { namespace: /^AWS\/EC2$/, name: /^CPUUtilization$/, dimensions }, period: 'number', stat: /^Average$/ },
		returnData: 'boolean',
	},
];
const OF_NODE = metrics({ InstanceId: INSTANCE_ID });
const OF_GROUP = metrics({ AutoScalingGroupName: /^[\w-]+$/ });
const alarm = (detail: Readonly<Record<string, Shape>>, change = 'State'): Shape =>
	envelope('aws.cloudwatch', new RegExp(`^CloudWatch Alarm ${change} Change$`), ALARM_ARN, { alarmName: /^[\w-]+$/, ...detail });
const metricAlarm = (of: Shape) => ({ state: ALARM_STATE, previousState: ALARM_STATE, configuration: { description: /./, metrics: of } });
const COMPOSITE_ALARM: Readonly<Record<string, Shape>> = {
	state: {
		...ALARM_STATE,
		actionsSuppressedBy: /^(WaitPeriod|ExtensionPeriod|Alarm)$/,
		actionsSuppressedReason: /^Actions suppressed by /,
	},
	previousState: ALARM_STATE,
	configuration: {
		description: /./,
		alarmRule: /^ALARM\(/,
		actionsSuppressor: /./,
		actionsSuppressorWaitPeriod: 'number',
		actionsSuppressorExtensionPeriod: 'number',
	},
};
const MUTE = {
	mutedByArn: new RegExp(`^arn:aws:cloudwatch:${ACCOUNT_ARN}:alarm-mute-rule:`),
	muteWindowStart: STAMP,
	muteWindowEnd: STAMP,
};
const DELETED_ALARM: Readonly<Record<string, Shape>> = {
	operation: /^delete$/,
	state: { value: ALARM_STATE.value, timestamp: STAMP },
	configuration: {
		...{ evaluationPeriods: 'number', threshold: 'number', comparisonOperator: /Threshold$/, treatMissingData: /^missing$/ },
		...{ metrics: OF_NODE, alarmName: /./, description: /./, actionsEnabled: 'boolean', timestamp: STAMP },
		...{ okActions: [], alarmActions: [], insufficientDataActions: [] },
	},
};
/** As AWS Config sends it; AWS documents the message of it to SNS alone. */
const MILLISECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const evaluation = (complianceType: RegExp, annotated: object = {}): Shape => ({
	evaluationResultIdentifier: {
		evaluationResultQualifier: {
			configRuleName: /^[\w-]+$/,
			resourceType: /^AWS::EC2::Instance$/,
			resourceId: INSTANCE_ID,
			evaluationMode: /^DETECTIVE$/,
		},
		orderingTimestamp: MILLISECONDS,
	},
	...{ complianceType, resultRecordedTime: MILLISECONDS, configRuleInvokedTime: MILLISECONDS },
	...annotated,
});
const GOOD = evaluation(/^COMPLIANT$/);
const BAD = evaluation(/^NON_COMPLIANT$/, { annotation: /./ });
const complianceChange = (from: Shape, to: Shape) =>
	envelope('aws.config', /^Config Rules Compliance Change$/, [], {
		...{ resourceId: INSTANCE_ID, resourceType: /^AWS::EC2::Instance$/, awsRegion: /^eu-west-1$/, awsAccountId: /^111122223333$/ },
		...{ configRuleName: /^[\w-]+$/, configRuleARN: new RegExp(`^arn:aws:config:${ACCOUNT_ARN}:config-rule/config-rule-\\w{6}$`) },
		...{ recordVersion: /^1\.0$/, messageType: /^ComplianceChangeNotification$/, notificationCreationTime: MILLISECONDS },
		...{ newEvaluationResult: to, oldEvaluationResult: from },
	});
/** The ARN has a zone in place of the Region, and no account. */
const SPOT_INTERRUPTION = envelope(
	'aws.ec2',
	/^EC2 Spot Instance Interruption Warning$/,
	[new RegExp(`^arn:aws:ec2:eu-west-1[a-c]:instance/${INSTANCE_ID.source.slice(1, -1)}$`)],
	{ 'instance-id': INSTANCE_ID, 'instance-action': /^(hibernate|stop|terminate)$/ },
);
const HEALTH_DATE = /^[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const HEALTH_EVENT = envelope('aws.health', /^AWS Health Event$/, [INSTANCE_ID], {
	...{ eventArn: /^arn:aws:health:eu-west-1::event\/EC2\/(\w+)\/\1_\w+$/, service: /^EC2$/, eventTypeCode: /^AWS_EC2_\w+$/ },
	...{ eventTypeCategory: /^(issue|accountNotification|investigation|scheduledChange)$/, eventScopeCode: /^ACCOUNT_SPECIFIC$/ },
	...{ communicationId: /^[0-9a-f]+-\d+$/, startTime: HEALTH_DATE, endTime: HEALTH_DATE, lastUpdatedTime: HEALTH_DATE },
	...{ statusCode: /^(open|closed|upcoming)$/, eventRegion: /^eu-west-1$/, affectedAccount: /^111122223333$/ },
	...{ eventDescription: [{ language: /^en_US$/, latestDescription: /./ }], page: /^\d+$/, totalPages: /^\d+$/, backupEvent: /^false$/ },
	affectedEntities: [{ entityValue: INSTANCE_ID, status: /^PENDING$/, lastUpdatedTime: HEALTH_DATE }],
});
const CALENDAR = envelope('aws.ssm', /^Calendar State Change$/, [new RegExp(`^arn:aws:ssm:${ACCOUNT_ARN}:document/[\\w-]+$`)], {
	state: /^(OPEN|CLOSED)$/,
	atTime: INSTANT,
	nextTransitionTime: INSTANT,
});
const HEX = /^[0-9A-Fa-f]+$/;
/** User guide of S3, "EventBridge event message structure". */
const OBJECT_CREATED = envelope('aws.s3', /^Object Created$/, [/^arn:aws:s3:::[a-z0-9.-]+$/], {
	version: /^0$/,
	bucket: { name: /^fleetkeeper-local-inventory-111122223333-eu-west-1$/ },
	object: { key: /^AWS:Application\/.*\/i-[0-9a-f]{17}\.json$/, size: 'number', etag: HEX, sequencer: HEX },
	...{ 'request-id': /^[A-Z0-9]{16}$/, requester: /^ssm\.amazonaws\.com$/, 'source-ip-address': /^[\d.]+$/, reason: /^PutObject$/ },
});
/** Ours: what a team puts on the bus for requests. */
const REQUEST = envelope('ops.console', /^Run Automation Requested$/, [], {
	runbook: /^[\w-]+$/,
	parameters: { InstanceId: [INSTANCE_ID] },
	reason: /./,
	requestedBy: /./,
});
const COMMAND_REQUEST = envelope('ops.console', /^Run Command Requested$/, [], {
	command: /^[\w-]+$/,
	parameters: { ServiceName: [/^nginx$/] },
	targets: [{ key: /^tag:service$/, values: [/^nginx$/] }],
	maxConcurrency: /^\d+%?$/,
	maxErrors: /^\d+%?$/,
	reason: /./,
	requestedBy: /./,
});
/** AWS's documented samples; `targets` and the counts are JSON text. */
const ASSOCIATION_FIELDS = {
	'association-id': UUID,
	'document-name': /^AWS-UpdateSSMAgent$/,
	targets: /^\[\{"key":"InstanceIds","values":\["\*"\]\}\]$/,
	'last-successful-execution-date': INSTANT,
	'last-execution-date': INSTANT,
	status: /^(Failed|Pending|Success)$/,
} as const;
const DOCUMENT_ARN = /^arn:aws:ssm:eu-west-1::document\/AWS-UpdateSSMAgent$/;
const ASSOCIATION = envelope('aws.ssm', /^EC2 State Manager Association State Change$/, [DOCUMENT_ARN], {
	...ASSOCIATION_FIELDS,
	'association-version': /^\d+$/,
	'document-version': /^Optional(\.empty|\[.+\])$/,
	'creation-date': INSTANT_MS,
	'last-updated-date': INSTANT_MS,
	'association-status-aggregated-count': /^\{"Success":\d+,"Failed":\d+\}$/,
	'schedule-expression': /^(rate|cron)\(.+\)$/,
	'association-cwe-version': /^1\.0$/,
});
const NODE_ASSOCIATION = envelope(
	'aws.ssm',
	/^EC2 State Manager Instance Association State Change$/,
	[new RegExp(`^arn:aws:ec2:${ACCOUNT_ARN}:instance/${INSTANCE_ID.source.slice(1, -1)}$`), DOCUMENT_ARN],
	{
		...ASSOCIATION_FIELDS,
		'instance-id': INSTANCE_ID,
		'document-version': /^\d+$/,
		'creation-date': INSTANT,
		'detailed-status': /^\w+$/,
		'error-code': /^\d+$/,
		'execution-summary': /./,
		'output-url': /^https:\/\/s3\.eu-west-1\.amazonaws\.com\//,
		'instance-association-cwe-version': /^1$/,
	},
);
const PATCH_COMPLIANCE = envelope(
	'aws.ssm',
	/^Configuration Compliance State Change$/,
	[new RegExp(`^arn:aws:ssm:${ACCOUNT_ARN}:managed-instance/${INSTANCE_ID.source.slice(1, -1)}$`)],
	{
		'resource-type': /^managed-instance$/,
		'resource-id': INSTANCE_ID,
		'compliance-status': /^(compliant|non_compliant)$/,
		'compliance-type': /^Patch$/,
		'patch-baseline-id': /^pb-[0-9a-f]{17}$/,
		severity: /^(critical|high|medium|low|informational|unspecified)$/,
	},
);
const requestFor = (detail: Readonly<Record<string, Shape>>) =>
	envelope('ops.console', /^Run Command Requested$/, [], { ...detail, reason: /./, requestedBy: /./ });
const INSTALL_REQUEST = requestFor({
	command: /^AWS-ConfigureAWSPackage$/,
	parameters: { action: [/^Install$/], name: [/^\w+$/] },
	rings: [/^dev$/, /^test$/, /^prod$/],
	successPercent: 'number',
	soakSeconds: 'number',
});
const PATCH_REQUEST = requestFor({
	command: /^AWS-RunPatchBaseline$/,
	parameters: { Operation: [/^(Scan|Install)$/], RebootOption: [/^(RebootIfNeeded|NoReboot)$/] },
	targets: [{ key: /^tag:PatchGroup$/, values: [/^\w+$/] }],
	maxConcurrency: /^\d+%?$/,
	maxErrors: /^\d+%?$/,
});
/** The times of maintenance windows have microseconds. */
const INSTANT_US = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const ofWindow = (type: string, status: RegExp, more: Readonly<Record<string, Shape>>) =>
	envelope(
		'aws.ssm',
		new RegExp(`^Maintenance Window ${type} State-change Notification$`),
		[new RegExp(`^arn:aws:ssm:${ACCOUNT_ARN}:maintenancewindow/mw-[0-9a-f]{17}$`)],
		{ 'start-time': INSTANT_US, 'window-id': /^mw-[0-9a-f]{17}$/, 'window-execution-id': UUID, status, ...more },
	);
const WINDOW_STARTED = ofWindow('Execution', /^IN_PROGRESS$/, {});
const WINDOW_OVER = ofWindow('Execution', /^(SUCCESS|FAILED)$/, { 'end-time': INSTANT_US });
const WINDOW_TASK_OVER = ofWindow('Task Execution', /^FAILED$/, { 'end-time': INSTANT_US, 'task-execution-id': UUID });

const TICK = envelope('aws.events', /^Scheduled Event$/, [new RegExp(`^arn:aws:events:${ACCOUNT_ARN}:rule/[\\w-]+$`)], {});
const SQS_RECORD: Shape = {
	messageId: UUID,
	receiptHandle: /./,
	body: /^\{.*\}$/,
	attributes: {
		ApproximateReceiveCount: /^\d+$/,
		SentTimestamp: /^\d{13}$/,
		SenderId: /./,
		ApproximateFirstReceiveTimestamp: /^\d{13}$/,
	},
	messageAttributes: {},
	md5OfBody: /^[0-9a-f]{32}$/,
	eventSource: /^aws:sqs$/,
	eventSourceARN: new RegExp(`^arn:aws:sqs:${ACCOUNT_ARN}:fleetkeeper-local-[a-z-]+$`),
	awsRegion: /^eu-west-1$/,
};

/** By file of `events/`. */
/** A captured StartSession event has these, and CloudTrail's record contents describe them; tokens are hidden. */
const ROLE_ID = /^AROA[A-Z0-9]+$/;
const SESSION_ID = /^[a-z]+-[0-9a-f]{17}$/;
const sessionCall = (name: RegExp, asked: Shape, answer: Shape, more: Readonly<Record<string, Shape>> = {}): Shape =>
	envelope('aws.ssm', /^AWS API Call via CloudTrail$/, [], {
		...{ eventVersion: /^1\.\d+$/, eventTime: INSTANT, eventSource: /^ssm\.amazonaws\.com$/, eventName: name, awsRegion: /^eu-west-1$/ },
		userIdentity: {
			...{ type: /^AssumedRole$/, principalId: /^AROA[A-Z0-9]+:[a-z]+$/, arn: /^arn:aws:sts::111122223333:assumed-role\/\w+\/\w+$/ },
			...{ accountId: /^111122223333$/, accessKeyId: /^ASIA[A-Z0-9]+$/ },
			sessionContext: {
				sessionIssuer: {
					...{ type: /^Role$/, principalId: ROLE_ID, arn: /^arn:aws:iam::111122223333:role\/\w+$/ },
					...{ accountId: /^111122223333$/, userName: /^\w+$/ },
				},
				attributes: { creationDate: INSTANT, mfaAuthenticated: /^(true|false)$/ },
			},
		},
		...{ sourceIPAddress: /^192\.0\.2\.\d+$/, userAgent: /./, requestParameters: asked, responseElements: answer },
		...{ requestID: UUID, eventID: UUID, readOnly: 'boolean', eventType: /^AwsApiCall$/, managementEvent: 'boolean' },
		...{ recipientAccountId: /^111122223333$/, eventCategory: /^Management$/ },
		...more,
	});
const OPENED_SESSION = { sessionId: SESSION_ID, tokenValue: /^Value hidden due to security reasons\.$/, streamUrl: /^wss:\/\// };

/** AWS names these and documents no payload: nothing is in the samples, for nothing may be relied on. */
const REGISTRATION = envelope('aws.ssm', /^SSM Managed Instance (Reg|Dereg)istration$/, [], {});

export const SHAPES: Readonly<Record<string, Shape>> = {
	'managed-instance-registration.json': REGISTRATION,
	'managed-instance-deregistration.json': REGISTRATION,
	'instance-terminating.json': LIFECYCLE_ACTION,
	'instance-launching.json': LIFECYCLE_ACTION,
	'instance-terminating-warm-pool.json': LIFECYCLE_ACTION,
	'instance-terminating-foreign-hook.json': LIFECYCLE_ACTION,
	'command-invocation-success.json': COMMAND_INVOCATION,
	'command-invocation-failed.json': COMMAND_INVOCATION,
	'automation-success.json': AUTOMATION_EXECUTION,
	'alarm-high-cpu.json': alarm(metricAlarm(OF_NODE)),
	'alarm-high-cpu-ok.json': alarm(metricAlarm(OF_NODE)),
	'alarm-muted.json': alarm({ ...metricAlarm(OF_NODE), muteDetail: MUTE }),
	'alarm-composite-suppressed.json': alarm(COMPOSITE_ALARM),
	'alarm-deleted.json': alarm(DELETED_ALARM, 'Configuration'),
	'alarm-target-tracking.json': alarm(metricAlarm(OF_GROUP)),
	'compliance-noncompliant.json': complianceChange(GOOD, BAD),
	'compliance-compliant.json': complianceChange(BAD, GOOD),
	'spot-interruption.json': SPOT_INTERRUPTION,
	'health-scheduled-change.json': HEALTH_EVENT,
	'run-automation-requested.json': REQUEST,
	'run-command-requested.json': COMMAND_REQUEST,
	'run-command-install.json': INSTALL_REQUEST,
	'run-command-patch.json': PATCH_REQUEST,
	'maintenance-window-started.json': WINDOW_STARTED,
	'maintenance-window-ended.json': WINDOW_OVER,
	'maintenance-window-failed.json': WINDOW_OVER,
	'maintenance-window-task-failed.json': WINDOW_TASK_OVER,
	'command-success.json': COMMAND,
	'calendar-open.json': CALENDAR,
	'session-started.json': sessionCall(
		/^StartSession$/,
		{ target: INSTANCE_ID, documentName: /^fleetkeeper-local-session$/, reason: /./ },
		OPENED_SESSION,
	),
	'session-resumed.json': sessionCall(/^ResumeSession$/, { sessionId: SESSION_ID }, OPENED_SESSION),
	'session-refused.json': sessionCall(/^StartSession$/, { target: INSTANCE_ID }, 'null', {
		errorCode: /^AccessDenied$/,
		errorMessage: /./,
	}),
	'session-terminated.json': sessionCall(/^TerminateSession$/, { sessionId: SESSION_ID }, { sessionId: SESSION_ID }),
	'association-failed.json': ASSOCIATION,
	'instance-association-failed.json': NODE_ASSOCIATION,
	'configuration-compliance-non-compliant.json': PATCH_COMPLIANCE,
	'configuration-compliance-compliant.json': PATCH_COMPLIANCE,
	'inventory-written.json': OBJECT_CREATED,
	'parameter-not-changed.json': PARAMETER_POLICY_ACTION,
	'playbook-changed.json': PARAMETER_CHANGE,
	'playbook-expired.json': PARAMETER_POLICY_ACTION,
	'playbook-expiring.json': PARAMETER_POLICY_ACTION,
	'playbook-not-changed.json': PARAMETER_POLICY_ACTION,
	'tick.json': TICK,
	'sweep.json': { source: /^fleetkeeper\.clock$/, 'detail-type': /^Sweep$/, detail: {} },
	'sqs-batch-lifecycle.json': { Records: [SQS_RECORD, SQS_RECORD] },
};
