/** The dashboard of a stage: is it working, what is it doing, what is stuck. */

const { fedNames, functionNames } = require('./paths.cjs');

const OWN = '${self:service}-${sls:stage}';
const AUDIT_LOG = '/aws/events/${self:service}/${sls:stage}/operations';
const OUTCOMES = ['succeeded', 'failed', 'timed-out', 'skipped'];
const DAY = '-P1D';
const PERIOD = 300;
/** A dashboard is a grid of this width. */
const COLUMNS = 24;

const text = (markdown) => ({ type: 'text', properties: { markdown } });
const graph = (title, metrics, options = {}) => ({
	type: 'metric',
	properties: { title, region: '${AWS::Region}', period: PERIOD, stat: 'Sum', view: 'timeSeries', metrics, ...options },
});
const logs = (title, groups, query) => ({
	type: 'log',
	properties: {
		title,
		region: '${AWS::Region}',
		view: 'table',
		query: [...groups.map((group) => `SOURCE '${group}'`), ...query].join(' | '),
	},
});

const own = (metric, label) => ['Fleetkeeper', metric, 'service', OWN, { label }];
const ofClock = ([clock, label]) => ['Fleetkeeper', 'SecondsBehind', 'service', OWN, 'clock', clock, { label }];
const ofFunctions = (metric) => functionNames.map((name) => ['AWS/Lambda', metric, 'FunctionName', `${OWN}-${name}`, { label: name }]);
const ofQueues = (names, metric, suffix = '') =>
	names.map((name) => ['AWS/SQS', metric, 'QueueName', `${OWN}-${name}${suffix}`, { label: name }]);

/** Every metric of one name, whatever its other dimensions are. @param {string} condition on one of those */
const search = (metric, dimensions, stat = 'Sum', condition = '') =>
	`SEARCH('{Fleetkeeper,service,${dimensions}} service="${OWN}" MetricName="${metric}"${condition}', '${stat}', ${PERIOD})`;
const expression = (id, formula, label = '') => [{ id, expression: formula, label }];

const arnOf = (alarm) => `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm:${alarm}`;

/**
 * Rows of widgets, each as high as said and all of its widgets as wide.
 * @param {readonly string[]} alarms their names
 * @param {readonly [string, string][]} clocks those of single functions, with their function
 */
const rows = (alarms, clocks) => [
	[1, text('## Is it working?')],
	[5, { type: 'alarm', properties: { title: 'Alarms: docs/operating.md says what to do', alarms: alarms.map(arnOf) } }],
	[
		6,
		graph('The clock: seconds behind (no line: it stands still)', [own('SecondsBehind', 'behind'), ...clocks.map(ofClock)], {
			...{ stat: 'Maximum', period: 60 },
		}),
		graph('Errors', ofFunctions('Errors')),
		graph('Throttles of functions', ofFunctions('Throttles')),
		graph('Dead letters', ofQueues([...functionNames, 'publishing'], 'ApproximateNumberOfMessagesVisible', '-dead-letters'), {
			stat: 'Maximum',
		}),
	],
	[1, text('## What is it doing?')],
	[
		6,
		graph('Operations', [
			expression('opened', `SUM(${search('OperationsOpened', 'playbook')})`, 'opened'),
			...OUTCOMES.map((outcome, index) =>
				expression(`closed${index}`, `SUM(${search('OperationsClosed', 'playbook,outcome', 'Sum', ` outcome="${outcome}"`)})`, outcome),
			),
		]),
		graph('Opened, by playbook', [expression('opened', search('OperationsOpened', 'playbook'))]),
		graph('Seconds to close, nine of ten, by playbook', [expression('close', search('SecondsToClose', 'playbook', 'p90'))]),
		graph('Calls that AWS throttled, by service', [expression('throttled', search('CallsThrottled', 'calledService'))]),
	],
	[
		6,
		graph('Events left alone, by reason', [expression('dropped', search('EventsDropped', 'reason'))]),
		graph('Events tried again, and given up', [own('EventsRetried', 'tried again'), own('EventsRefused', 'given up')]),
		graph('Invocations', ofFunctions('Invocations')),
		graph('Milliseconds of an invocation', ofFunctions('Duration'), { stat: 'Maximum' }),
	],
	[1, text('## What is stuck?')],
	[
		6,
		graph('Open operations', [own('OpenOperations', 'open')], { stat: 'Maximum' }),
		graph('Seconds the oldest has been open', [own('OldestOpenSeconds', 'oldest')], { stat: 'Maximum' }),
		graph('Seconds the oldest message has waited, by queue', ofQueues(fedNames, 'ApproximateAgeOfOldestMessage'), { stat: 'Maximum' }),
	],
	[
		8,
		logs(
			'Open at the end of the time shown, the oldest first',
			[AUDIT_LOG],
			[
				'stats earliest(detail.openedAt) as opened, latest(detail.state) as state, latest(detail.message) as news by detail.operationId',
				'filter state in ["waiting", "starting", "running", "verifying"]',
				'sort opened asc',
				'limit 50',
			],
		),
		logs(
			'Failed and timed out',
			[AUDIT_LOG],
			[
				'fields @timestamp, detail.message, detail.operationId',
				'filter detail.state in ["failed", "timed-out"]',
				'sort @timestamp desc',
				'limit 50',
			],
		),
	],
	[
		8,
		logs(
			'Warnings and errors of the functions',
			functionNames.map((name) => `/aws/lambda/${OWN}-${name}`),
			['fields @timestamp, level, message, why, operation', 'filter level in ["WARN", "ERROR"]', 'sort @timestamp desc', 'limit 50'],
		),
	],
];

function placed(alarms, clocks) {
	let y = 0;
	return rows(alarms, clocks).flatMap(([height, ...widgets]) => {
		const width = COLUMNS / widgets.length;
		const row = widgets.map((widget, index) => ({ ...widget, x: index * width, y, width, height }));
		y += height;
		return row;
	});
}

module.exports = {
	dashboard: (alarms, clocks) => ({
		Type: 'AWS::CloudWatch::Dashboard',
		Properties: {
			DashboardName: OWN,
			DashboardBody: { 'Fn::Sub': JSON.stringify({ start: DAY, widgets: placed(alarms, clocks) }) },
		},
	}),
};
