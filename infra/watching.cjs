/**
 * What tells whether Fleetkeeper itself is well: alarms that go to the alert topic. What each of them means and what to do stands in
 * docs/operating.md. The dashboard is in watching-dashboard.cjs.
 */

const { OWN_ALARMS, functionNames } = require('./paths.cjs');
const { listOf } = require('./settings.cjs');
const { dashboard } = require('./watching-dashboard.cjs');

const OWN = '${self:service}-${sls:stage}';
const PREFIX = `${OWN_ALARMS}\${sls:stage}-`;
/** The namespace of the functions' own metrics, and the dimension that all of them have: see shared/telemetry.ts. */
const NAMESPACE = 'Fleetkeeper';
const STAGE = { service: OWN };

const MINUTE = 60;
const FIVE_MINUTES = 300;
/** Five ticks in a row that did not come, or found work that had been due for as long. */
const TICKS_MISSED = 5;

/** Above `over` in `periods` of the last `of`. */
const alarm = (name, description, { namespace, metric, dimensions, statistic, period, over, periods = 1, of = periods, missing }) => ({
	Type: 'AWS::CloudWatch::Alarm',
	Properties: {
		AlarmName: `${PREFIX}${name}`,
		AlarmDescription: `${description} What to do: docs/operating.md.`,
		Namespace: namespace,
		MetricName: metric,
		Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
		Statistic: statistic,
		Period: period,
		EvaluationPeriods: of,
		DatapointsToAlarm: periods,
		ComparisonOperator: 'GreaterThanThreshold',
		Threshold: over,
		TreatMissingData: missing ?? 'notBreaching',
		AlarmActions: [{ Ref: 'AlertTopic' }],
		OKActions: [{ Ref: 'AlertTopic' }],
	},
});

/** A single failure is repeated, and what no repetition helps ends in a dead-letter queue: this is for what goes on. */
const LASTING = { statistic: 'Sum', period: FIVE_MINUTES, over: 0, periods: 2, of: 3 };

const deadLetters = (name) =>
	alarm(`${name}-dead-letters`, `Something for ${name} is in its dead-letter queue: it was given up.`, {
		namespace: 'AWS/SQS',
		metric: 'ApproximateNumberOfMessagesVisible',
		dimensions: { QueueName: `${OWN}-${name}-dead-letters` },
		statistic: 'Maximum',
		period: FIVE_MINUTES,
		over: 0,
	});

const ofFunction = (name, metric, description) =>
	alarm(`${name}-${metric.toLowerCase()}`, description, {
		namespace: 'AWS/Lambda',
		metric,
		dimensions: { FunctionName: `${OWN}-${name}` },
		...LASTING,
	});

const own = (name, description, metric, rest) =>
	alarm(name, description, { namespace: NAMESPACE, metric, dimensions: STAGE, statistic: 'Maximum', ...rest });

/** That a clock stays away is as bad as that it lags. @param {Record<string, string>} more dimensions of its metric */
const clockAlarm = (name, description, more = {}) =>
	own(name, description, 'SecondsBehind', {
		dimensions: { ...STAGE, ...more },
		period: MINUTE,
		over: TICKS_MISSED * MINUTE,
		periods: TICKS_MISSED,
		missing: 'breaching',
	});

/** Parts with clocks that only they have, by the names that their metric gives them (shared/operation/clock.ts), and their functions. */
const OWN_CLOCKS = [
	['patching', 'patch', 'maintenance-window'],
	['state', 'state', 'node-state'],
	['state', 'inventory', 'inventory-change'],
	['agents', 'agent', 'agent-health'],
	['sessions', 'session', 'session-event'],
];

const clocksOf = (parts) => OWN_CLOCKS.filter(([part]) => parts.includes(part));

const ownClocks = (parts) =>
	clocksOf(parts).map(([, clock, name]) => [
		`${clock[0].toUpperCase()}${clock.slice(1)}ClockAlarm`,
		clockAlarm(`${clock}-clock`, `The clock of ${name} does not run, or does not get done what is due.`, { clock }),
	]);

/** By logical id. @param {number} oldestOpenHours @param {string[]} parts what is on */
function alarms(oldestOpenHours, parts) {
	const byFunction = functionNames.flatMap((name) => {
		const id = name.replace(/(^|-)([a-z])/g, (_, __, letter) => letter.toUpperCase());
		return [
			[`${id}ErrorsAlarm`, ofFunction(name, 'Errors', `The function ${name} keeps failing.`)],
			[`${id}ThrottlesAlarm`, ofFunction(name, 'Throttles', `Lambda keeps refusing to run the function ${name}.`)],
			[`${id}DeadLettersAlarm`, deadLetters(name)],
		];
	});
	return {
		...Object.fromEntries(byFunction),
		PublishingDeadLettersAlarm: deadLetters('publishing'),
		RetriesAlarm: own('retries', 'Events keep going back to their queues.', 'EventsRetried', LASTING),
		ClockAlarm: clockAlarm('clock', 'The clock (reconcile) does not run, or does not get done what is due.'),
		...Object.fromEntries(ownClocks(parts)),
		OldestOpenAlarm: own('oldest-open', `An operation has been open for more than ${oldestOpenHours} hours.`, 'OldestOpenSeconds', {
			period: FIVE_MINUTES,
			over: oldestOpenHours * 3600,
		}),
	};
}

module.exports = {
	async resources({ resolveVariable }) {
		const [hours, parts] = await Promise.all(['oldestOpenHours', 'parts'].map((name) => resolveVariable(`param:${name}`)));
		const watching = alarms(Number(hours), listOf(parts));
		const names = Object.values(watching).map(({ Properties }) => Properties.AlarmName);
		const clocks = clocksOf(listOf(parts)).map(([, ...clock]) => clock);
		return { Resources: { ...watching, Dashboard: dashboard(names, clocks) } };
	},
};
