/**
 * The one path of every event: rule -> queue -> function, with a dead-letter queue for what no retry can help; and the
 * clocks, which call their function directly. This table is the only place that says what reaches which function.
 */

const { eventPatterns, REQUESTS } = require('./event-patterns.cjs');

const FUNCTION_TIMEOUT_SECONDS = 60;
/** A tick that has more to do than a minute holds ends what it has begun while the next one begins (shared/operation/tick.ts). */
const CLOCK_TIMEOUT_SECONDS = 75;
/** AWS advises six times the function's timeout, so that a batch in work is not delivered twice. */
const VISIBILITY_FACTOR = 6;
/** The functions give up in their own words at the same number: see shared/lambda.ts. */
const MAX_RECEIVE_COUNT = 10;
/** The longest that SQS keeps a message: 14 days. */
const DEAD_LETTER_RETENTION_SECONDS = 14 * 24 * 3600;
/** Enough for two SendCommand calls of 50 nodes each. Above 10, SQS wants a batching window. */
const BATCH_SIZE = 100;
const BATCHING_WINDOW_SECONDS = 2;
/** A tick older than this is worthless: the next one has come. */
const TICK_MAX_AGE_SECONDS = 60;

/** Run Command's and Automation's statuses of work that goes on; whatever else there is, or will be, is an end. */
const COMMAND_IN_PROGRESS = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];
const AUTOMATION_IN_PROGRESS = [
	...['Pending', 'InProgress', 'Waiting', 'Cancelling', 'PendingApproval', 'Approved', 'Scheduled', 'RunbookInProgress'],
	...['PendingChangeCalendarOverride', 'ChangeCalendarOverrideApproved'],
];

/**
 * What a command as a whole comes to is news where it runs on many nodes: our own documents are told what they run for, of others
 * only the function can say. Nodes of all other commands end by events of their own.
 */
const OF_MANY_NODES = [{ parameters: { WorkId: [{ prefix: 'command-' }] } }, { parameters: { WorkId: [{ exists: false }] } }];
const COMMAND_OVER = { status: [{ 'anything-but': COMMAND_IN_PROGRESS }] };

/** Those that watch this service, of whatever stage (watching.cjs), never set it to work: shared/playbook/match.ts says so too. */
const OWN_ALARMS = '${self:service}-watch-';
const OF_OTHERS = [{ 'anything-but': { prefix: OWN_ALARMS } }];

/** What a clock sends for a sweep: a tick is EventBridge's own scheduled event. */
const SWEEP = { source: 'fleetkeeper.clock', 'detail-type': 'Sweep', detail: {} };
/** For functions that have to know whose nodes they look for: answers of Systems Manager name neither account nor Region. */
const SWEEP_HERE = { ...SWEEP, account: '${AWS::AccountId}', region: '${AWS::Region}' };

/** All parameters of the stage are under it. */
const PARAMETER_PATH = '/${self:service}/${sls:stage}/';
const PLAYBOOK_PATH = `${PARAMETER_PATH}playbooks/`;

/** The bucket of infra/inventory.cjs, by its name: the part may be off, and the bucket not there. Account and Region follow. */
const INVENTORY_BUCKET = '${self:service}-${sls:stage}-inventory-';

/** What people do with sessions, as a trail brings it (CloudTrail records no end of a shell that is left). */
const SESSION_CALLS = ['StartSession', 'ResumeSession', 'TerminateSession'];

const mapValues = (values, map) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));

/**
 * By function: what comes through its queue, and what the clock sends it, and its timeout where it is not that of all. A function has one rule (`pattern`) or several by name
 * (`rules`); a rule is on the default bus or on the `bus` whose logical id it gives.
 */
const PATHS = {
	'instance-lifecycle': {
		pattern: {
			source: ['aws.autoscaling'],
			'detail-type': ['EC2 Instance-launch Lifecycle Action', 'EC2 Instance-terminate Lifecycle Action'],
		},
	},
	'command-status': {
		pattern: {
			source: ['aws.ssm'],
			$or: [
				{ 'detail-type': ['EC2 Command Invocation Status-change Notification'], detail: COMMAND_OVER },
				{ 'detail-type': ['EC2 Command Status-change Notification'], detail: { ...COMMAND_OVER, $or: OF_MANY_NODES } },
			],
		},
	},
	'automation-status': {
		pattern: {
			source: ['aws.ssm'],
			'detail-type': ['EC2 Automation Execution Status-change Notification'],
			detail: { Status: [{ 'anything-but': AUTOMATION_IN_PROGRESS }] },
		},
	},
	'alarm-state': {
		pattern: {
			source: ['aws.cloudwatch'],
			$or: [
				{
					'detail-type': ['CloudWatch Alarm State Change', 'CloudWatch Alarm Contributor State Change'],
					detail: { alarmName: OF_OTHERS },
				},
				{ 'detail-type': ['CloudWatch Alarm Configuration Change'], detail: { alarmName: OF_OTHERS, operation: ['delete'] } },
			],
		},
	},
	'config-compliance': {
		pattern: {
			source: ['aws.config'],
			'detail-type': ['Config Rules Compliance Change'],
			detail: { messageType: ['ComplianceChangeNotification'] },
		},
	},
	'fleet-event': {
		// Read for the rules alone: a pattern that is refused is said once, not wherever this table is asked.
		get rules() {
			const requests = { bus: 'RequestBus', pattern: { 'detail-type': REQUESTS } };
			return { requests, ...mapValues(eventPatterns(), (pattern) => ({ pattern })) };
		},
	},
	'playbook-change': {
		// Labelling is a change too, and what this function does: it is left out.
		pattern: {
			source: ['aws.ssm'],
			$or: [
				{
					'detail-type': ['Parameter Store Change'],
					detail: { name: [{ prefix: PLAYBOOK_PATH }], operation: ['Create', 'Update', 'Delete'] },
				},
				{ 'detail-type': ['Parameter Store Policy Action'], detail: { 'parameter-name': [{ prefix: PARAMETER_PATH }] } },
			],
		},
		clocks: { minute: { schedule: 'rate(1 minute)' } },
	},
	reconcile: {
		timeoutSeconds: CLOCK_TIMEOUT_SECONDS,
		// What waits for a calendar need not wait for the clock.
		rules: {
			calendar: { pattern: { source: ['aws.ssm'], 'detail-type': ['Calendar State Change'], detail: { state: ['OPEN'] } } },
		},
		clocks: {
			minute: { schedule: 'rate(1 minute)' },
			sweep: { schedule: 'rate(5 minutes)', input: SWEEP },
		},
	},
	'maintenance-window': {
		pattern: {
			source: ['aws.ssm'],
			'detail-type': ['Maintenance Window Execution State-change Notification'],
			detail: { status: [{ 'anything-but': ['PENDING', 'CANCELLING'] }] },
		},
		clocks: { minute: { schedule: 'rate(1 minute)' }, sweep: { schedule: 'rate(1 hour)', input: SWEEP_HERE } },
	},
	'inventory-change': {
		pattern: {
			source: ['aws.s3'],
			'detail-type': ['Object Created'],
			// Systems Manager writes there, and nobody else; other types of inventory no rule asks about.
			detail: { bucket: { name: [{ prefix: INVENTORY_BUCKET }] }, object: { key: [{ prefix: 'AWS:Application/' }] } },
		},
		clocks: { minute: { schedule: 'rate(1 minute)' }, sweep: { schedule: 'rate(1 day)', input: SWEEP_HERE } },
	},
	'session-event': {
		pattern: {
			source: ['aws.ssm'],
			'detail-type': ['AWS API Call via CloudTrail'],
			detail: { eventSource: ['ssm.amazonaws.com'], eventName: SESSION_CALLS },
		},
		clocks: { minute: { schedule: 'rate(1 minute)' }, sweep: { schedule: 'rate(5 minutes)', input: SWEEP_HERE } },
	},
	'agent-health': {
		pattern: {
			source: ['aws.ssm'],
			'detail-type': ['SSM Managed Instance Registration', 'SSM Managed Instance Deregistration'],
		},
		clocks: { minute: { schedule: 'rate(1 minute)' }, sweep: { schedule: 'rate(1 day)', input: SWEEP_HERE } },
	},
	'node-state': {
		pattern: {
			$or: [
				{
					source: ['aws.ssm'],
					'detail-type': ['EC2 State Manager Association State Change'],
					detail: { status: ['Failed', 'Success'] },
				},
				{
					source: ['aws.ssm'],
					'detail-type': ['EC2 State Manager Instance Association State Change'],
					detail: { status: ['Failed'] },
				},
				{
					// One of AWS's samples has an account's number there; nobody else can put events of such a source.
					source: [{ prefix: 'aws.' }],
					'detail-type': ['Configuration Compliance State Change'],
					detail: { 'compliance-type': ['Patch', 'Association'] },
				},
			],
		},
		clocks: { minute: { schedule: 'rate(1 minute)' }, sweep: { schedule: 'rate(1 hour)', input: SWEEP_HERE } },
	},
};

const logicalId = (name) => name.replace(/(^|-)([a-z])/g, (_, __, letter) => letter.toUpperCase());
/** As the framework names a function: `instance-lifecycle` is `InstanceDashlifecycleLambdaFunction`. */
const functionId = (name) => `${name[0].toUpperCase()}${name.slice(1).replaceAll('-', 'Dash')}LambdaFunction`;
const queueId = (name) => `${logicalId(name)}Queue`;
const deadLettersId = (name) => `${logicalId(name)}DeadLetters`;
/** The only rule of a function has no name of its own. */
const ruleId = (name, rule) => `${logicalId(name)}${logicalId(rule)}Rule`;
const clockId = (name, clock) => `${logicalId(name)}${logicalId(clock)}Clock`;
const arn = (id) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const filled = (text) => (text.includes('${') ? { 'Fn::Sub': text } : text);
const deployedName = (name) => `\${self:service}-\${sls:stage}-${name}`;

const timeoutOf = (name) => PATHS[name].timeoutSeconds ?? FUNCTION_TIMEOUT_SECONDS;

const deadLetters = (name) => ({
	Type: 'AWS::SQS::Queue',
	Properties: {
		QueueName: deployedName(`${name}-dead-letters`),
		MessageRetentionPeriod: DEAD_LETTER_RETENTION_SECONDS,
		SqsManagedSseEnabled: true,
	},
});

const queue = (name) => ({
	Type: 'AWS::SQS::Queue',
	Properties: {
		QueueName: deployedName(name),
		VisibilityTimeout: VISIBILITY_FACTOR * timeoutOf(name) + BATCHING_WINDOW_SECONDS,
		SqsManagedSseEnabled: true,
		RedrivePolicy: { deadLetterTargetArn: arn(deadLettersId(name)), maxReceiveCount: MAX_RECEIVE_COUNT },
	},
});

/** Lets EventBridge, for these rules alone, put messages into a queue, and nobody do anything with it past TLS. */
const queuePolicy = (queueLogicalId, rules) => ({
	Type: 'AWS::SQS::QueuePolicy',
	Properties: {
		Queues: [{ Ref: queueLogicalId }],
		PolicyDocument: {
			Version: '2012-10-17',
			Statement: [
				{
					Effect: 'Allow',
					Principal: { Service: 'events.amazonaws.com' },
					Action: 'sqs:SendMessage',
					Resource: arn(queueLogicalId),
					Condition: { ArnEquals: { 'aws:SourceArn': rules.map(arn) } },
				},
				{
					Effect: 'Deny',
					Principal: '*',
					Action: 'sqs:*',
					Resource: arn(queueLogicalId),
					Condition: { Bool: { 'aws:SecureTransport': 'false' } },
				},
			],
		},
	},
});

const rule = (name, ruleName, { pattern, bus }) => ({
	Type: 'AWS::Events::Rule',
	Properties: {
		Name: deployedName(ruleName ? `${name}-${ruleName}` : name),
		...(bus ? { EventBusName: { 'Fn::GetAtt': [bus, 'Name'] } } : {}),
		EventPattern: pattern,
		Targets: [
			{
				Id: 'queue',
				Arn: arn(queueId(name)),
				RetryPolicy: { MaximumEventAgeInSeconds: 24 * 3600, MaximumRetryAttempts: 185 },
				DeadLetterConfig: { Arn: arn(deadLettersId(name)) },
			},
		],
	},
});

const clock = (name, clockName, { schedule, input }) => ({
	Type: 'AWS::Events::Rule',
	Properties: {
		Name: deployedName(`${name}-${clockName}`),
		ScheduleExpression: schedule,
		Targets: [
			{
				Id: 'function',
				Arn: arn(functionId(name)),
				...(input ? { Input: filled(JSON.stringify(input)) } : {}),
				RetryPolicy: { MaximumEventAgeInSeconds: TICK_MAX_AGE_SECONDS, MaximumRetryAttempts: 1 },
				DeadLetterConfig: { Arn: arn(deadLettersId(name)) },
			},
		],
	},
});

const clockPermission = (name, clockName) => ({
	Type: 'AWS::Lambda::Permission',
	Properties: {
		FunctionName: arn(functionId(name)),
		Action: 'lambda:InvokeFunction',
		Principal: 'events.amazonaws.com',
		SourceArn: arn(clockId(name, clockName)),
	},
});

/** The rules of a function that lead to its queue, by name. */
const rulesOf = ({ pattern, rules = {} }) => (pattern ? { '': { pattern } } : rules);
const hasQueue = (path) => 'pattern' in path || 'rules' in path;

function resourcesOf([name, path]) {
	const { clocks = {} } = path;
	const rules = rulesOf(path);
	const ruleIds = Object.keys(rules).map((each) => ruleId(name, each));
	const clockIds = Object.keys(clocks).map((each) => clockId(name, each));
	return {
		[deadLettersId(name)]: deadLetters(name),
		[`${deadLettersId(name)}Policy`]: queuePolicy(deadLettersId(name), [...ruleIds, ...clockIds]),
		...(hasQueue(path) && {
			[queueId(name)]: queue(name),
			[`${queueId(name)}Policy`]: queuePolicy(queueId(name), ruleIds),
		}),
		...Object.fromEntries(Object.entries(rules).map(([each, what]) => [ruleId(name, each), rule(name, each, what)])),
		...Object.fromEntries(
			Object.entries(clocks).flatMap(([each, what]) => [
				[clockId(name, each), clock(name, each, what)],
				[`${clockId(name, each)}Permission`, clockPermission(name, each)],
			]),
		),
	};
}

/** The queue as the event source of its function. */
const queueEvent = (name) => ({
	sqs: {
		arn: arn(queueId(name)),
		batchSize: BATCH_SIZE,
		maximumBatchingWindow: BATCHING_WINDOW_SECONDS,
		functionResponseType: 'ReportBatchItemFailures',
	},
});

const entries = Object.entries(PATHS);
const fed = entries.filter(([, path]) => hasQueue(path));
const clocked = entries.filter(([, path]) => path.clocks);

module.exports = {
	/** @throws Error naming the entry of event-patterns.yml that cannot be used. */
	resources: () => ({ Resources: Object.assign({}, ...entries.map(resourcesOf)) }),
	/** By function name, for `events` in serverless.yml. */
	events: Object.fromEntries(fed.map(([name]) => [name, [queueEvent(name)]])),
	/** By function name: where an invocation by the clock ends that failed. */
	destinations: Object.fromEntries(clocked.map(([name]) => [name, { onFailure: { type: 'sqs', arn: arn(deadLettersId(name)) } }])),
	/** By function name, in seconds. */
	timeouts: Object.fromEntries(entries.map(([name]) => [name, timeoutOf(name)])),
	OWN_ALARMS,
	/** The names of all functions, and of those that have a queue. */
	functionNames: entries.map(([name]) => name),
	fedNames: fed.map(([name]) => name),
	/** The logical ids of a function's rules. @throws Error as `resources` does. */
	ruleIds: (name) => Object.keys(rulesOf(PATHS[name])).map((rule) => ruleId(name, rule)),
	/** The logical ids of the schedules by which a function finds what nobody reported. */
	sweepIds: (name) => ('sweep' in (PATHS[name].clocks ?? {}) ? [clockId(name, 'sweep')] : []),
	queueArn: (name) => arn(queueId(name)),
	deadLettersArn: (name) => arn(deadLettersId(name)),
};
