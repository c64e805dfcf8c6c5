/** The patch groups of a stage: what stands in serverless.yml made complete, and what is wrong with it. */

const { finding, inYaml, isObject, oneOf } = require('./findings.cjs');
const { isCron, scheduleProblem, timeZoneProblem } = require('./schedules.cjs');

const DAY_HOURS = 24;
/** Of a patch that the first group installs, where it says nothing: it is out for a week. */
const FIRST_APPROVAL_DAYS = 7;
/** What a rule of a patch baseline takes. Days. */
const LONGEST_APPROVAL_DAYS = 360;
/** Baselines of an account and Region (Systems Manager quotas): one for each group and operating system. */
const MOST_BASELINES = 50;
const MOST_SOAK_DAYS = 30;

/** A name is the value of a tag, and part of the names of a window, of baselines and of reports. */
const GROUP = /^[A-Za-z][A-Za-z0-9_.-]{0,39}$/;
const CONCURRENCY = /^([1-9]\d{0,6}|[1-9]\d?%|100%)$/;
const ERRORS = /^(\d|[1-9]\d{0,6}|\d%|[1-9]\d%|100%)$/;

/** What logical ids of CloudFormation have of a name. */
const lettersOf = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, '');

const whole = (least, most) => (value) =>
	Number.isInteger(value) && value >= least && value <= most ? undefined : `use a whole number from ${least} to ${most}`;
const share = (pattern, examples) => (value) =>
	pattern.test(String(value)) ? undefined : `use a number of nodes or a percentage, as ${examples}`;

/** By field of a group: gives what to write instead, or undefined where the value fits. */
const FIELDS = {
	schedule: scheduleProblem,
	offsetDays: whole(1, 6),
	timeZone: timeZoneProblem,
	hours: whole(1, 24),
	cutoffHours: whole(0, 23),
	maxConcurrency: share(CONCURRENCY, '10 or 50%'),
	maxErrors: share(ERRORS, '0 or 20%'),
	soakDays: whole(0, MOST_SOAK_DAYS),
	approveAfterDays: whole(0, LONGEST_APPROVAL_DAYS),
	reboot: (value) => (typeof value === 'boolean' ? undefined : 'use true or false'),
};
const NEEDED = ['schedule', 'hours', 'cutoffHours', 'maxConcurrency', 'maxErrors', 'soakDays'];

/** Whether the windows of two groups follow one schedule, so that it is known how many days are between them. */
const inStep = (one, other) => one.schedule === other.schedule && (one.timeZone ?? 'UTC') === (other.timeZone ?? 'UTC');
const daysBetween = (one, other) => (other.offsetDays ?? 0) - (one.offsetDays ?? 0);

/**
 * The groups of a stage in the order of the rings, complete. Where nothing is said, a patch is approved for a group as many days later than
 * for the group before as its window comes later: its baseline then approves, at its run, exactly the patches that were approved at the run
 * before. That is known where both have one schedule: it is the difference of their offsets. Where they have not, it is the soak, after
 * which the group may be patched at the earliest.
 *
 *     dev   day 0 of the cycle  approves what is out for  7 days: released by day -7
 *     test  day 3               7 + (3 - 0) = 10 days:            released by day -7
 *     prod  day 6               10 + (6 - 3) = 13 days:           released by day -7
 *
 * @param patchGroups the setting, checked.
 */
function groupsOf(patchGroups) {
	const groups = [];
	for (const [name, given] of Object.entries(patchGroups)) {
		const before = groups.at(-1);
		groups.push({ name, timeZone: 'UTC', reboot: true, ...given, approveAfterDays: given.approveAfterDays ?? staggered(before, given) });
	}
	return groups;
}

function staggered(before, group) {
	if (before === undefined) return FIRST_APPROVAL_DAYS;
	return before.approveAfterDays + (inStep(before, group) ? daysBetween(before, group) : before.soakDays);
}

function fieldFindings(at, group) {
	if (!isObject(group)) return [finding(at, group, `write the settings of the group: ${NEEDED.join(', ')}`)];
	const unknown = Object.keys(group).filter((field) => !(field in FIELDS));
	const missing = NEEDED.filter((field) => (group[field] ?? undefined) === undefined);
	const wrong = Object.entries(group).flatMap(([field, value]) => {
		const advice = missing.includes(field) ? undefined : FIELDS[field]?.(value);
		return advice === undefined ? [] : [finding(`${at}.${field}`, value, advice)];
	});
	return [
		...unknown.map((field) => finding(`${at}.${field}`, group[field], `there is no such setting: ${oneOf(Object.keys(FIELDS))}`)),
		...missing.map((field) => finding(`${at}.${field}`, '', `every group needs one: ${FIELDS[field]('')}`)),
		...wrong,
	];
}

/** What does not fit together within a group. */
function windowFindings(at, { schedule, offsetDays, hours, cutoffHours }) {
	const found = [];
	if (cutoffHours >= hours) {
		const advice = `its window is open for ${hours} hours and would start nothing in the last ${cutoffHours}: none of its tasks could ever run; use less than ${hours}`;
		found.push(finding(`${at}.cutoffHours`, cutoffHours, advice));
	}
	if (offsetDays !== undefined && !isCron(schedule)) {
		found.push(finding(`${at}.offsetDays`, offsetDays, 'only a cron(...) schedule can have an offset: use one, or leave it out'));
	}
	return found;
}

const apart = (days) => (days > 0 ? `${days} days after` : days === 0 ? 'together with' : `${-days} days before`);

/** What does not fit with the group before. */
function ringFindings(before, group) {
	const at = `patchGroups.${group.name}`;
	const found = [];
	const days = daysBetween(before, group);
	if (inStep(before, group) && days * DAY_HOURS < before.soakDays * DAY_HOURS + before.hours) {
		const needed = Math.ceil((before.soakDays * DAY_HOURS + before.hours) / DAY_HOURS) + (before.offsetDays ?? 0);
		const use = needed <= 6 ? `use ${needed} or more` : 'use a schedule of its own';
		const advice = `its window would open ${apart(days)} that of ${before.name}, which is open for ${before.hours} hours and then soaks for ${before.soakDays} days: it could never be let in; ${use}`;
		found.push(finding(`${at}.offsetDays`, group.offsetDays ?? '', advice));
	}
	const least = staggered(before, group);
	if (found.length === 0 && group.approveAfterDays < least) {
		const advice = `it would install what ${before.name} (approved after ${before.approveAfterDays} days) has not proved; use ${least} or more, or leave it out`;
		found.push(finding(`${at}.approveAfterDays`, group.approveAfterDays, advice));
	}
	return found;
}

function groupFindings(patchGroups, systems) {
	if (!isObject(patchGroups)) return [finding('patchGroups', patchGroups, inYaml('the groups by their names'))];
	const names = Object.keys(patchGroups);
	if (names.length === 0) return [finding('patchGroups', '{}', "name a group; to patch nothing use the setting 'parts' without patching")];
	const most = Math.floor(MOST_BASELINES / Math.max(1, systems));
	if (names.length > most) {
		const advice = `Systems Manager takes ${MOST_BASELINES} patch baselines, one for each group and operating system; use ${most} groups or less`;
		return [finding('patchGroups', `${names.length} groups`, advice)];
	}
	const named = names.filter((name) => !GROUP.test(name));
	if (named.length > 0) {
		const advice =
			"a name is the value of the tag PatchGroup and part of a window's: use 1 to 40 of A-Z, a-z, 0-9, '_', '.' and '-', beginning with a letter";
		return named.map((name) => finding('patchGroups', name, advice));
	}
	const [again, first] = names.flatMap((name, index) => {
		const alike = names.slice(0, index).find((other) => lettersOf(other) === lettersOf(name));
		return alike === undefined ? [] : [name, alike];
	});
	if (again !== undefined) {
		return [finding('patchGroups', again, `it is too much like ${first}: use names that differ in more than case, '_', '.' and '-'`)];
	}
	const alone = names.flatMap((name) => fieldFindings(`patchGroups.${name}`, patchGroups[name]));
	if (alone.length > 0) return alone;
	const groups = groupsOf(patchGroups);
	return groups.flatMap((group, index) => [
		...windowFindings(`patchGroups.${group.name}`, group),
		...(index === 0 ? [] : ringFindings(groups[index - 1], group)),
		...(group.approveAfterDays > LONGEST_APPROVAL_DAYS
			? [finding(`patchGroups.${group.name}.approveAfterDays`, group.approveAfterDays, `use ${LONGEST_APPROVAL_DAYS} or less`)]
			: []),
	]);
}

module.exports = {
	LONGEST_APPROVAL_DAYS,
	/** What is wrong with the setting. @param {number} systems how many operating systems have rules */
	groupFindings,
	groupsOf,
};
