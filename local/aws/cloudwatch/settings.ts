/** What CloudWatch refuses of an alarm's settings. */

import type { PutCompositeAlarmCommandInput, PutLogAlarmCommandInput, PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../types.ts';
import { type AlarmRule, alarmsOf, parseAlarmRule } from './alarm-rule.ts';
import type { Alarms } from './alarms.ts';

const MOST_ACTIONS = 5;
const LONGEST_NAME = 255;
const LONGEST_DESCRIPTION = 1_024;
/** An alarm looks back at most a day, or a week where its period is an hour or more. */
const LONGEST_SPAN_SECONDS = { day: 86_400, week: 604_800 };

export function checkMetricAlarm(input: PutMetricAlarmCommandInput): void {
	checkCommon(input);
	const { Metrics, MetricName, Period, EvaluationPeriods, DatapointsToAlarm } = input;
	if ((Metrics === undefined) === (MetricName === undefined)) {
		throw invalidCombination('Either Metrics or MetricName must be given, and not both.');
	}
	if (Metrics && (input.Namespace || input.Dimensions || Period || input.Statistic || input.ExtendedStatistic || input.Unit)) {
		throw invalidCombination('With Metrics, no Namespace, Dimensions, Period, Statistic, ExtendedStatistic or Unit can be given.');
	}
	if (Metrics) {
		const returned = Metrics.filter(({ ReturnData }) => ReturnData !== false);
		if (returned.length !== 1 && input.ThresholdMetricId === undefined) {
			throw invalid(`Exactly one element of the metrics list should return data: ${returned.length} do.`);
		}
	} else {
		if ((input.Statistic === undefined) === (input.ExtendedStatistic === undefined)) {
			throw invalidCombination('Either Statistic or ExtendedStatistic must be given, and not both.');
		}
		if (Period === undefined) throw missing('Period');
		if (![10, 20, 30].includes(Period) && (Period < 60 || Period % 60 !== 0))
			throw invalid('Period must be 10, 20, 30 or a multiple of 60.');
	}
	if (EvaluationPeriods === undefined) throw missing('EvaluationPeriods');
	if (EvaluationPeriods < 1) throw invalid('EvaluationPeriods must be at least 1.');
	if (DatapointsToAlarm !== undefined && DatapointsToAlarm > EvaluationPeriods) {
		throw invalid('DatapointsToAlarm must not be greater than EvaluationPeriods.');
	}
	const { day, week } = LONGEST_SPAN_SECONDS;
	if ((Period ?? 0) * EvaluationPeriods > ((Period ?? 0) >= 3600 ? week : day)) {
		throw invalid('Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).');
	}
	if (input.ComparisonOperator === undefined) throw missing('ComparisonOperator');
	if (input.Threshold === undefined && input.ThresholdMetricId === undefined) throw missing('Threshold');
}

/** @returns the rule that the settings name. */
export function checkCompositeAlarm(input: PutCompositeAlarmCommandInput, alarms: Alarms): AlarmRule {
	checkCommon(input);
	const rule = parseAlarmRule(input.AlarmRule ?? '');
	const children = alarmsOf(rule);
	const unknown = children.filter((name) => !alarms.find(name));
	if (unknown.length > 0) {
		throw invalid(`Could not save the composite alarm as alarms [${unknown.join(', ')}] in the alarm rule do not exist`);
	}
	if (reaches(alarms, children, input.AlarmName ?? '')) {
		throw invalid('The alarm rule leads back to the alarm itself: CloudWatch would evaluate none of that cycle, the local AWS refuses it.');
	}
	const { ActionsSuppressor, ActionsSuppressorWaitPeriod, ActionsSuppressorExtensionPeriod } = input;
	const periods = [ActionsSuppressorWaitPeriod, ActionsSuppressorExtensionPeriod];
	if (ActionsSuppressor === undefined && periods.some((period) => period !== undefined)) {
		throw invalidCombination('A wait or extension period needs an ActionsSuppressor.');
	}
	if (ActionsSuppressor !== undefined) {
		if (periods.includes(undefined)) throw invalidCombination('An ActionsSuppressor needs a wait period and an extension period.');
		if (!alarms.find(ActionsSuppressor)) throw invalid(`The suppressor alarm ${ActionsSuppressor} does not exist.`);
	}
	return rule;
}

export function checkLogAlarm(input: PutLogAlarmCommandInput): void {
	checkCommon(input);
	if ((input.QueryResultsToAlarm ?? 0) > (input.QueryResultsToEvaluate ?? 0)) {
		throw invalid('QueryResultsToAlarm must not be greater than QueryResultsToEvaluate.');
	}
}

type Common = Pick<PutMetricAlarmCommandInput, 'AlarmName' | 'AlarmDescription' | 'OKActions' | 'AlarmActions' | 'InsufficientDataActions'>;

function checkCommon(input: Common): void {
	const { AlarmName: name = '', AlarmDescription: description = '' } = input;
	if (name.length < 1 || name.length > LONGEST_NAME) throw invalid(`AlarmName must have 1 to ${LONGEST_NAME} characters.`);
	if (description.length > LONGEST_DESCRIPTION) throw invalid(`AlarmDescription must have up to ${LONGEST_DESCRIPTION} characters.`);
	for (const actions of [input.OKActions, input.AlarmActions, input.InsufficientDataActions]) {
		if ((actions?.length ?? 0) > MOST_ACTIONS) throw invalid(`An alarm has up to ${MOST_ACTIONS} actions per state.`);
		const other = actions?.find((action) => !action.startsWith('arn:'));
		if (other !== undefined) throw invalid(`Invalid arn syntax: ${other}`);
	}
}

function reaches(alarms: Alarms, from: readonly string[], target: string): boolean {
	return from.some((name) => {
		const alarm = alarms.find(name);
		return name === target || (alarm?.type === 'CompositeAlarm' && reaches(alarms, alarmsOf(alarm.rule), target));
	});
}

function invalid(message: string): AwsError {
	return new AwsError('ValidationException', message);
}

function missing(member: string): AwsError {
	return new AwsError('MissingRequiredParameterException', `The parameter ${member} is required.`);
}

export function invalidCombination(message: string): AwsError {
	return new AwsError('InvalidParameterCombinationException', message);
}
