/** Approval rules of patch baselines, by operating system: what they may name, what is wrong with them, and how AWS writes them. */

const { finding, isObject, oneOf } = require('./findings.cjs');

const PRIORITIES = ['Required', 'Important', 'Standard', 'Optional', 'Extra'];
const ADVISORIES = {
	classification: ['Security', 'Bugfix', 'Enhancement', 'Recommended', 'Newpackage'],
	severity: ['Critical', 'Important', 'Medium', 'Low'],
};

/**
 * By AWS's name: what patches are told apart by (API reference of DescribePatchProperties; user guide, "Create custom patch baselines"),
 * whether packages that are no security updates can be asked for, and whether patches have a day of release to count from.
 */
const OPERATING_SYSTEMS = {
	AMAZON_LINUX_2: { filters: ADVISORIES, linux: true, dated: true },
	AMAZON_LINUX_2023: { filters: ADVISORIES, linux: true, dated: true },
	DEBIAN: { filters: { priority: PRIORITIES }, linux: true, dated: false },
	MACOS: { filters: { classification: ['softwareupdate', 'installer', 'brew', 'brew cask'] }, linux: false, dated: true },
	UBUNTU: { filters: { priority: PRIORITIES }, linux: true, dated: false },
	WINDOWS: {
		filters: {
			classification: [
				...['CriticalUpdates', 'DefinitionUpdates', 'Drivers', 'FeaturePacks', 'SecurityUpdates', 'ServicePacks', 'Tools', 'UpdateRollups'],
				...['Updates', 'Upgrades'],
			],
			severity: ['Critical', 'Important', 'Moderate', 'Low', 'Unspecified'],
		},
		linux: false,
		dated: true,
	},
};

const LEVELS = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNSPECIFIED'];
const FILTERS = ['classification', 'severity', 'priority', 'product'];
const FIELDS = [...FILTERS, 'compliance', 'nonSecurity', 'approveAfterDays', 'approveUntilDate'];
/** What a baseline takes (API reference, PatchRuleGroup). */
const MOST_RULES = 10;

function filterFindings(os, at, rule) {
	const { filters } = OPERATING_SYSTEMS[os];
	return FILTERS.filter((name) => rule[name] !== undefined).flatMap((name) => {
		const values = rule[name];
		const here = `${at}.${name}`;
		if (name !== 'product' && !filters[name]) {
			return [finding(here, values, `patches of ${os} have none: ${oneOf([...Object.keys(filters), 'product'])}`)];
		}
		const known = filters[name] ?? [];
		const examples = known.length > 0 ? oneOf(known) : 'use names of products, or *';
		if (!Array.isArray(values) || values.length === 0) return [finding(here, values, `write a list of at least one: ${examples}`)];
		return values
			.filter((value) => typeof value !== 'string' || value.trim() === '' || (known.length > 0 && !['*', ...known].includes(value)))
			.map((value) => finding(here, value, examples));
	});
}

const isDay = (text) =>
	/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);

function approvalFindings(os, at, { approveAfterDays: days, approveUntilDate: until }, mostDays) {
	const delays = [
		['approveAfterDays', days],
		['approveUntilDate', until],
	].filter(([, value]) => value !== undefined);
	if (!OPERATING_SYSTEMS[os].dated) {
		const advice = `patches of ${os} have no day of release to count from; leave it out (docs/deploying.md says how they are held back)`;
		return delays.map(([field, value]) => finding(`${at}.${field}`, value, `${advice}, and use priority`));
	}
	if (delays.length === 2)
		return [finding(`${at}.approveUntilDate`, until, `the rule says approveAfterDays ${days} as well: use one of the two`)];
	if (days !== undefined && !(Number.isInteger(days) && days >= 0 && days <= mostDays)) {
		return [finding(`${at}.approveAfterDays`, days, `use a whole number from 0 to ${mostDays}`)];
	}
	if (until !== undefined && !(typeof until === 'string' && isDay(until))) {
		return [finding(`${at}.approveUntilDate`, until, 'use a day in quotation marks, as "2026-03-31"')];
	}
	return [];
}

function oneFindings(os, at, rule, mostDays) {
	if (!isObject(rule)) return [finding(at, rule, `write what it is for: ${oneOf(FIELDS)}`)];
	const found = [...filterFindings(os, at, rule), ...approvalFindings(os, at, rule, mostDays)];
	const unknown = Object.keys(rule).filter((field) => !FIELDS.includes(field));
	found.push(...unknown.map((field) => finding(`${at}.${field}`, rule[field], `there is no such setting: ${oneOf(FIELDS)}`)));
	if (!FILTERS.some((name) => rule[name] !== undefined)) {
		found.push(
			finding(
				at,
				JSON.stringify(rule),
				`it says of no patch that it is for it: use ${Object.keys(OPERATING_SYSTEMS[os].filters).join(', ')} or product`,
			),
		);
	}
	if (rule.compliance !== undefined && !LEVELS.includes(rule.compliance)) {
		found.push(finding(`${at}.compliance`, rule.compliance, oneOf(LEVELS)));
	}
	if (rule.nonSecurity !== undefined && (!OPERATING_SYSTEMS[os].linux || typeof rule.nonSecurity !== 'boolean')) {
		const advice = OPERATING_SYSTEMS[os].linux ? 'use true or false' : `only Linux has it, not ${os}; leave it out, and use classification`;
		found.push(finding(`${at}.nonSecurity`, rule.nonSecurity, advice));
	}
	return found;
}

/** What is wrong with the rules for an operating system. @param {number} mostDays that a rule may have for the first group */
function ruleFindings(os, rules, mostDays) {
	const at = `patchRules.${os}`;
	if (!OPERATING_SYSTEMS[os])
		return [finding(at, '', `it is no operating system that is known here: ${oneOf(Object.keys(OPERATING_SYSTEMS))}`)];
	if (!Array.isArray(rules) || rules.length === 0)
		return [finding(at, rules, 'write a list of at least one rule; use no entry to leave it to AWS')];
	if (rules.length > MOST_RULES)
		return [finding(at, `${rules.length} rules`, `a patch baseline takes ${MOST_RULES}: use ${MOST_RULES} or less`)];
	return rules.flatMap((rule, index) => oneFindings(os, `${at}[${index}]`, rule, mostDays));
}

/** AWS's names of filters; Windows has Microsoft's severities. */
const keyOf = (os, filter) => (os === 'WINDOWS' && filter === 'severity' ? 'MSRC_SEVERITY' : filter.toUpperCase());

/**
 * A rule as CloudFormation writes it, for one group. A rule's own delay is that of the first group: each other adds as many days as its
 * approval is behind the first group's.
 */
function ruleFor(os, rule, group, first) {
	const { approveAfterDays = first.approveAfterDays, approveUntilDate } = rule;
	const days = approveAfterDays + group.approveAfterDays - first.approveAfterDays;
	return {
		PatchFilterGroup: {
			PatchFilters: FILTERS.filter((name) => rule[name]).map((name) => ({ Key: keyOf(os, name), Values: rule[name] })),
		},
		ComplianceLevel: rule.compliance ?? 'UNSPECIFIED',
		...(rule.nonSecurity && { EnableNonSecurity: true }),
		...(OPERATING_SYSTEMS[os].dated &&
			(approveUntilDate === undefined ? { ApproveAfterDays: days } : { ApproveUntilDate: approveUntilDate })),
	};
}

module.exports = { OPERATING_SYSTEMS, ruleFindings, ruleFor };
