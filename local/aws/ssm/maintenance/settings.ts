/** What CreateMaintenanceWindow and UpdateMaintenanceWindow take, checked. */

import type { CreateMaintenanceWindowCommandInput, UpdateMaintenanceWindowCommandInput } from '@aws-sdk/client-ssm';
import { AwsError } from '../../types.ts';
import { checkLength, checkPattern, checkRange, given, NAME, refuseValue } from '../checks.ts';
import { readSchedule, type Schedule } from '../schedule/schedule.ts';
import type { WindowSettings } from './model.ts';

/** The members that both calls have. */
export type WindowInput = Omit<UpdateMaintenanceWindowCommandInput, 'WindowId'> | CreateMaintenanceWindowCommandInput;

/**
 * The settings of a new window, or of one that is changed: what `input` leaves out stays as it was.
 * @throws AwsError `ValidationException`.
 */
export function settingsFrom(input: WindowInput, before?: WindowSettings): WindowSettings {
	const enabled = 'Enabled' in input ? input.Enabled : undefined;
	return {
		name: input.Name ?? before?.name ?? needed('name'),
		schedule: input.Schedule ?? before?.schedule ?? needed('schedule'),
		durationHours: input.Duration ?? before?.durationHours ?? needed('duration'),
		cutoffHours: input.Cutoff ?? before?.cutoffHours ?? needed('cutoff'),
		allowUnassociatedTargets: input.AllowUnassociatedTargets ?? before?.allowUnassociatedTargets ?? needed('allowUnassociatedTargets'),
		enabled: enabled ?? before?.enabled ?? true,
		...given('description', input.Description ?? before?.description),
		...given('timezone', input.ScheduleTimezone ?? before?.timezone),
		...given('offsetDays', input.ScheduleOffset ?? before?.offsetDays),
		...given('startDate', (input.StartDate ?? before?.startDate) || undefined),
		...given('endDate', (input.EndDate ?? before?.endDate) || undefined),
	};
}

/**
 * Reads the schedule of checked settings.
 * @param now where a rate begins to count, unless the window starts later.
 * @throws AwsError `ValidationException`.
 */
export function planOf(settings: WindowSettings, now: number): Schedule {
	const { name, description, schedule, timezone, offsetDays, durationHours, cutoffHours, startDate, endDate } = settings;
	checkPattern(name, 'name', NAME);
	checkLength(description, 'description', 1, 128);
	checkLength(schedule, 'schedule', 1, 256);
	checkRange(durationHours, 'duration', 1, 24);
	checkRange(cutoffHours, 'cutoff', 0, 23);
	checkRange(offsetDays, 'scheduleOffset', 1, 6);
	if (cutoffHours >= durationHours) throw new AwsError('ValidationException', 'Cutoff must be less than Duration.');
	const start = dateOf(startDate, 'startDate');
	const end = dateOf(endDate, 'endDate');
	if (start !== undefined && end !== undefined && start >= end) {
		throw new AwsError('ValidationException', 'StartDate must be before EndDate.');
	}
	try {
		const options = { since: Math.max(now, start ?? now), ...given('zone', timezone), ...given('offsetDays', offsetDays) };
		return readSchedule(schedule, options);
	} catch (error) {
		throw new AwsError('ValidationException', `Schedule ${schedule} is not valid: ${(error as Error).message}`);
	}
}

/** When a window opens next after an instant, or nothing where it never does any more. */
export function nextOpening({ startDate, endDate, enabled }: WindowSettings, plan: Schedule, after: number): number | undefined {
	if (!enabled) return undefined;
	const start = dateOf(startDate, 'startDate') ?? 0;
	const end = dateOf(endDate, 'endDate') ?? Number.POSITIVE_INFINITY;
	// A rate begins with its start date.
	const at = plan.kind === 'rate' && start > after ? start : plan.next(Math.max(after, start - 1));
	return at !== undefined && at <= end ? at : undefined;
}

/** A date without an offset is in UTC, whatever the schedule's time zone. */
function dateOf(text: string | undefined, member: string): number | undefined {
	if (text === undefined) return undefined;
	const at = Date.parse(/(Z|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes('T') ? text : `${text}Z`);
	if (Number.isNaN(at)) refuseValue(text, member, 'Member must be a date and time in ISO-8601 Extended format');
	return at;
}

function needed(member: string): never {
	return refuseValue('null', member, 'Member must not be null');
}
