/**
 * Schedules as Systems Manager takes them (user guide, "Reference: Cron and rate expressions for Systems Manager"), checked before anything
 * is deployed. A check gives what is wrong and what to write instead, or undefined.
 */

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const CRON = 'use cron(<minutes> <hours> <day of month> <month> <day of week> <year>), as cron(0 2 ? * TUE#3 *)';

/** A field of a cron expression: its lowest and highest value, names for them, and what else it may be. */
const FIELDS = [
	{ name: 'minutes', least: 0, most: 59 },
	{ name: 'hours', least: 0, most: 23 },
	{ name: 'day of month', least: 1, most: 31, besides: /^(\?|L|LW|([1-9]|[12]\d|3[01])W)$/ },
	{ name: 'month', least: 1, most: 12, names: MONTHS },
	{ name: 'day of week', least: 1, most: 7, names: WEEKDAYS, besides: /^(\?|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5]))$/i },
	{ name: 'year', least: 1970, most: 2199 },
];

/** The number of `5`, `MON`, or undefined. */
function numberOf(text, { least, most, names = [] }) {
	const named = names.indexOf(text.toUpperCase());
	const value = named >= 0 ? named + least : /^\d+$/.test(text) ? Number(text) : Number.NaN;
	return value >= least && value <= most ? value : undefined;
}

/** The values of `*`, `1,5`, `1-5`, `0/15`, `MON-FRI`; undefined where it is none of these. */
function valuesOf(text, field) {
	const parts = text.split(',').map((part) => {
		const [, range, step] = /^([^/]+)(?:\/([1-9]\d*))?$/.exec(part) ?? [];
		if (range === undefined) return undefined;
		const [from, to, ...more] = range === '*' ? [String(field.least), String(field.most)] : range.split('-');
		const first = numberOf(from, field);
		const last = to === undefined ? (step === undefined ? first : field.most) : numberOf(to, field);
		if (more.length > 0 || first === undefined || last === undefined) return undefined;
		// Days of the week may wrap: SAT-SUN.
		const count = last >= first ? last - first : field.names === WEEKDAYS ? last + 7 - first : -1;
		if (count < 0) return undefined;
		const all = Array.from(
			{ length: count + 1 },
			(_, index) => ((first - field.least + index) % (field.most - field.least + 1)) + field.least,
		);
		return all.filter((_, index) => index % Number(step ?? 1) === 0);
	});
	return parts.includes(undefined) ? undefined : [...new Set(parts.flat())].sort((one, other) => one - other);
}

function cronProblem(expression) {
	const fields = expression.trim().split(/\s+/);
	if (fields.length !== FIELDS.length) return `it has ${fields.length} fields of the six that are needed: ${CRON}`;
	const wrong = FIELDS.find((field, index) => !field.besides?.test(fields[index]) && valuesOf(fields[index], field) === undefined);
	if (wrong) return `'${fields[FIELDS.indexOf(wrong)]}' is no ${wrong.name}: ${CRON}`;
	if ((fields[2] === '?') === (fields[4] === '?')) return `one of day of month and day of week, and only one, must be ?: ${CRON}`;
	return undefined;
}

const isDate = (text) => {
	const at = Date.parse(`${text}Z`);
	return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
};

/** `cron`, `rate` or `at`, and what stands in its brackets. */
function partsOf(schedule) {
	const [, kind, inner = ''] = /^(cron|rate|at)\((.*)\)$/.exec(typeof schedule === 'string' ? schedule : '') ?? [];
	return { kind, inner };
}

/** What is wrong with the schedule of a maintenance window. */
function scheduleProblem(schedule) {
	const { kind, inner } = partsOf(schedule);
	switch (kind) {
		case 'cron':
			return cronProblem(inner);
		case 'rate':
			return minutesOf(inner) === undefined ? 'use rate(<number> <minutes, hours or days>), as rate(7 days)' : undefined;
		case 'at':
			return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(inner) && isDate(inner)
				? undefined
				: 'use at(<date>T<time>), as at(2026-09-15T02:00:00)';
		default:
			return 'use cron(...), rate(...) or at(...), as cron(0 2 ? * TUE#3 *)';
	}
}

/** Of what stands in rate(...), the minutes. */
function minutesOf(inner) {
	const [, count, unit] = /^([1-9]\d*) (minute|hour|day)s?$/.exec(inner.trim()) ?? [];
	return count && Number(count) * { minute: 1, hour: 60, day: 1440 }[unit];
}

/** State Manager (user guide, "Cron and rate expressions for associations"). Minutes. */
const LEAST_INTERVAL = 30;
const LONGEST_INTERVAL = 31 * 1440;

/** What is wrong with the schedule of an association that runs at its times only, and not when it is deployed as well. */
function associationProblem(schedule) {
	const { kind, inner } = partsOf(schedule);
	if (kind === 'rate' && minutesOf(inner) !== undefined) {
		const minutes = minutesOf(inner);
		if (minutes < LEAST_INTERVAL)
			return `State Manager takes no interval under ${LEAST_INTERVAL} minutes: use cron(0/30 * * * ? *) or rarer`;
		if (minutes >= LONGEST_INTERVAL) return 'State Manager takes no interval of 31 days or more: use cron(...)';
		return 'a rate would run at every deployment too: use cron(...), as cron(0 4 ? * SUN *)';
	}
	if (kind !== 'cron') return 'State Manager takes times that come again: use cron(...), as cron(0 4 ? * SUN *)';
	const problem = scheduleProblem(schedule);
	if (problem) return problem;
	const [minute, , , month] = inner.trim().split(/\s+/);
	if (month !== '*') return `State Manager takes no month: use * in its place, not '${month}'`;
	const minutes = valuesOf(minute, FIELDS[0]);
	const gaps = minutes.map((each, index) => (minutes[index + 1] ?? minutes[0] + 60) - each);
	return Math.min(...gaps) < LEAST_INTERVAL
		? `State Manager takes no interval under ${LEAST_INTERVAL} minutes: use one or two minutes that are 30 apart, as 0/30, not '${minute}'`
		: undefined;
}

/** The names of the IANA data base, the older ones among them; no abbreviations and offsets, which say nothing of summer time. */
const ZONE = /^(UTC|[A-Z][A-Za-z]+\/[A-Za-z0-9_+/-]+)$/;

function timeZoneProblem(zone) {
	const advice = 'use a name of the IANA time zone database, as UTC or Europe/Dublin';
	if (typeof zone !== 'string' || !ZONE.test(zone)) return advice;
	try {
		new Intl.DateTimeFormat('en-US', { timeZone: zone });
		return undefined;
	} catch {
		return advice;
	}
}

module.exports = {
	associationProblem,
	/** Whether a schedule is of days and times, which alone can have an offset. */
	isCron: (schedule) => partsOf(schedule).kind === 'cron',
	scheduleProblem,
	timeZoneProblem,
};
