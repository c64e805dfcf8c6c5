/** What CreateAssociation and UpdateAssociation take, checked. */

import type { CreateAssociationCommandInput, UpdateAssociationCommandInput } from '@aws-sdk/client-ssm';
import { AwsError } from '../../types.ts';
import { CONCURRENCY, checkAmong, checkPattern, checkRange, ERRORS, given, NAME } from '../checks.ts';
import { parametersOf } from '../command-document.ts';
import { resolveParameters } from '../document-parameters.ts';
import type { Documents } from '../documents.ts';
import { checkTargets } from '../node-targets.ts';
import { readSchedule, type Schedule } from '../schedule/schedule.ts';
import type { AssociationSettings } from './model.ts';

/** API reference: all targets at once, and as many errors as there are targets. */
const DEFAULT_CONCURRENCY = '100%';
const DEFAULT_ERRORS = '100%';
const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNSPECIFIED'];
/** User guide, cron and rate expressions for associations: at least 30 minutes and less than 31 days. */
const RATE_MS = { least: 30 * 60_000, most: 31 * 86_400_000 } as const;

type Input = CreateAssociationCommandInput | UpdateAssociationCommandInput;

/**
 * The settings of a new version: what `input` leaves out is not kept, but for the document and its targets
 * (API reference of UpdateAssociation).
 * @throws AwsError as the API names them.
 */
export function associationFrom(input: Input, documents: Documents, before?: AssociationSettings): AssociationSettings {
	checkImplemented(input);
	const targets = input.Targets ?? before?.targets ?? [];
	const settings: AssociationSettings = {
		document: input.Name ?? before?.document ?? '',
		documentVersion: input.DocumentVersion ?? '$DEFAULT',
		parameters: input.Parameters ?? {},
		targets,
		maxErrors: input.MaxErrors ?? DEFAULT_ERRORS,
		maxConcurrency: input.MaxConcurrency ?? DEFAULT_CONCURRENCY,
		severity: input.ComplianceSeverity ?? 'UNSPECIFIED',
		sync: input.SyncCompliance ?? 'AUTO',
		onlyAtCron: input.ApplyOnlyAtCronInterval ?? false,
		calendars: input.CalendarNames ?? [],
		...given('name', input.AssociationName),
		...given('schedule', input.ScheduleExpression),
		...given('offsetDays', input.ScheduleOffset),
		...given('durationHours', input.Duration),
		...given('output', input.OutputLocation),
		...given('dispatchRole', input.AssociationDispatchAssumeRole),
	};
	checkPattern(settings.name, 'associationName', NAME);
	checkPattern(input.MaxErrors, 'maxErrors', ERRORS);
	checkPattern(input.MaxConcurrency, 'maxConcurrency', CONCURRENCY);
	checkAmong(settings.severity, 'complianceSeverity', SEVERITIES);
	checkAmong(settings.sync, 'syncCompliance', ['AUTO', 'MANUAL']);
	checkRange(settings.offsetDays, 'scheduleOffset', 1, 6);
	checkRange(settings.durationHours, 'duration', 1, 24);
	if (targets.length === 0) throw new AwsError('InvalidTarget', 'An association must have at least one target.');
	checkTargets(targets);
	checkDocument(settings, documents);
	checkCron(settings);
	return settings;
}

/**
 * Reads the schedule of checked settings.
 * @param since where a rate begins to count.
 * @throws AwsError `InvalidSchedule`.
 */
export function planOf({ schedule, offsetDays }: AssociationSettings, since: number): Schedule | undefined {
	if (schedule === undefined) return undefined;
	let plan: Schedule;
	try {
		plan = readSchedule(schedule, { since, ...given('offsetDays', offsetDays) });
	} catch (error) {
		throw new AwsError('InvalidSchedule', `Schedule ${schedule} is not valid: ${(error as Error).message}`);
	}
	const { periodMs = RATE_MS.least } = plan;
	if (periodMs < RATE_MS.least || periodMs >= RATE_MS.most) {
		throw new AwsError('InvalidSchedule', `Schedule ${schedule} is not valid: a rate is at least 30 minutes and less than 31 days.`);
	}
	// The month cannot be chosen, and there are no seconds.
	const fields = /^cron\((.+)\)$/.exec(schedule)?.[1]?.trim().split(/\s+/);
	if (fields && (fields.length !== 6 || fields[3] !== '*')) {
		throw new AwsError('InvalidSchedule', `Schedule ${schedule} is not valid: State Manager takes no seconds and no month.`);
	}
	return plan;
}

function checkImplemented(input: Input): void {
	if ('InstanceId' in input && input.InstanceId !== undefined) {
		throw new AwsError('ValidationException', 'InstanceId is not supported for documents of schema version 2.0 or later: use Targets.');
	}
	for (const member of ['AutomationTargetParameterName', 'TargetLocations', 'TargetMaps', 'AlarmConfiguration'] as const) {
		if (input[member] !== undefined) {
			throw new AwsError('UnknownOperationException', `The local AWS does not implement associations with ${member}.`);
		}
	}
}

function checkDocument({ document, documentVersion, parameters }: AssociationSettings, documents: Documents): void {
	const stored = documents.get(document);
	if (stored.type !== 'Command') {
		throw new AwsError(
			'UnknownOperationException',
			`The local AWS does not implement associations of documents of the type ${stored.type}.`,
		);
	}
	resolveParameters(parametersOf(documents.version(stored, documentVersion).content), parameters, 'InvalidParameters');
}

/** What only a cron expression can have (API reference, ScheduleOffset, Duration, ApplyOnlyAtCronInterval). */
function checkCron({ schedule, offsetDays, durationHours, onlyAtCron }: AssociationSettings): void {
	const isCron = schedule?.startsWith('cron(') ?? false;
	if (onlyAtCron && !isCron) throw new AwsError('InvalidSchedule', 'ApplyOnlyAtCronInterval needs a cron expression.');
	if ((offsetDays !== undefined || durationHours !== undefined) && !onlyAtCron) {
		throw new AwsError('InvalidSchedule', 'ScheduleOffset and Duration need ApplyOnlyAtCronInterval.');
	}
}
