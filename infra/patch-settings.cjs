/** The settings of Patch Manager: what is wrong with them. */

const { finding, inYaml, isObject, oneOf } = require('./findings.cjs');
const { groupFindings, groupsOf, LONGEST_APPROVAL_DAYS } = require('./patch-groups.cjs');
const { OPERATING_SYSTEMS, ruleFindings } = require('./patch-rules.cjs');

/** What a baseline takes of patches by their names. */
const MOST_PATCHES = 50;

/** @param {number} mostDays that a rule may have for the first group: the others have more */
function rulesFindings(patchRules, mostDays) {
	if (!isObject(patchRules)) return [finding('patchRules', patchRules, inYaml('rules by operating system'))];
	const systems = Object.keys(patchRules);
	if (systems.length === 0) return [finding('patchRules', '{}', `name an operating system: ${oneOf(Object.keys(OPERATING_SYSTEMS))}`)];
	return systems.flatMap((os) => ruleFindings(os, patchRules[os], mostDays));
}

/** Patches by operating system that are approved or rejected by their names, whatever the rules say. */
function namedFindings(setting, value, systems) {
	if (!isObject(value)) return [finding(setting, value, inYaml('patches by operating system'))];
	return Object.entries(value).flatMap(([os, patches]) => {
		const at = `${setting}.${os}`;
		if (!systems.includes(os)) return [finding(at, list(patches), `patchRules has no rules for it: ${oneOf(systems)}`)];
		if (!Array.isArray(patches)) return [finding(at, patches, 'write a list of patches')];
		const wrong = patches.find((patch) => typeof patch !== 'string' || !/^\S{1,100}$/.test(patch));
		if (wrong !== undefined)
			return [finding(at, wrong, 'use the names or ids of patches, as KB5034439 or kernel*, 100 characters at most')];
		return patches.length > MOST_PATCHES
			? [finding(at, `${patches.length} patches`, `a patch baseline takes ${MOST_PATCHES}; use ${MOST_PATCHES} or less, or a rule`)]
			: [];
	});
}

const list = (value) => (Array.isArray(value) ? value.join(', ') : value);

function bothFindings(approved, rejected) {
	return Object.entries(approved).flatMap(([os, patches]) =>
		patches
			.filter((patch) => rejected[os]?.includes(patch))
			.map((patch) => finding(`approvedPatches.${os}`, patch, 'it is rejected as well (rejectedPatches), which wins: use one of the two')),
	);
}

/** What is wrong with the settings of patching. @param values all settings, by name */
function patchFindings({ patchGroups, patchRules, approvedPatches, rejectedPatches, patchSuccessPercent }) {
	const systems = isObject(patchRules) ? Object.keys(patchRules) : [];
	const named = [
		...namedFindings('approvedPatches', approvedPatches, systems),
		...namedFindings('rejectedPatches', rejectedPatches, systems),
	];
	const ofGroups = groupFindings(patchGroups, systems.length);
	const groups = ofGroups.length > 0 ? [] : groupsOf(patchGroups);
	const stagger = (groups.at(-1)?.approveAfterDays ?? 0) - (groups[0]?.approveAfterDays ?? 0);
	const percent = Number(patchSuccessPercent);
	const percentFits = Number.isInteger(percent) && percent >= 1 && percent <= 100;
	return [
		...ofGroups,
		...(percentFits ? [] : [finding('patchSuccessPercent', patchSuccessPercent, 'use a whole number from 1 to 100')]),
		...rulesFindings(patchRules, LONGEST_APPROVAL_DAYS - stagger),
		...named,
		...(named.length > 0 ? [] : bothFindings(approvedPatches, rejectedPatches)),
	];
}

module.exports = {
	/** The settings that are checked here. */
	PATCH_SETTINGS: ['patchGroups', 'patchSuccessPercent', 'patchRules', 'approvedPatches', 'rejectedPatches'],
	patchFindings,
};
