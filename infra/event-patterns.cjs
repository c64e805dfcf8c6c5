/** The event patterns of `event-patterns.yml`, checked: what EventBridge would refuse, and what would let us trigger ourselves. */

const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { parse } = require('yaml');
const { matches, validatePattern } = require('../shared/event-pattern.ts');
const { SERVICE } = require('../shared/settings.ts');

const FILE = 'infra/event-patterns.yml';

/** A rule's name takes 64 characters: service, stage and function leave 19. Each word is a part of a logical id, hence the letters. */
const NAME = /^(?=.{1,19}$)[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/;
/** The name of the rule on the request bus. */
const RESERVED = 'requests';
/** The detail-types of requests: which bus an event was on is not in the event, so that nothing else may bring one. */
const REQUESTS = ['Run Automation Requested', 'Run Command Requested'];
/** What EventBridge takes of a pattern. Characters. */
const MAX_LENGTH = 2048;

/** Whether an event could match in which `field` is `value`, by what the pattern says of that field. A variable can become anything. */
function canMatch(pattern, field, value) {
	const { [field]: conditions, $or } = pattern;
	const here =
		conditions === undefined || JSON.stringify(conditions).includes('${') || matches({ [field]: conditions }, { [field]: value });
	return here && ($or === undefined || $or.some((branch) => canMatch(branch, field, value)));
}

function problemOf(name, pattern) {
	if (!NAME.test(name)) return "a name is 1 to 19 of a-z, 0-9 and '-', each word beginning with a letter";
	if (name === RESERVED) return 'the name is taken by the rule on the request bus';
	const refusal = validatePattern(pattern);
	if (refusal) return `EventBridge would refuse the pattern: ${refusal.message}`;
	const { length } = JSON.stringify(pattern);
	if (length > MAX_LENGTH) return `the pattern has ${length} characters; EventBridge takes ${MAX_LENGTH}`;
	if (canMatch(pattern, 'source', SERVICE)) {
		return `it could match what Fleetkeeper itself publishes, which must never trigger it: say which source it is for, written out and other than '${SERVICE}'`;
	}
	const request = REQUESTS.find((each) => canMatch(pattern, 'detail-type', each));
	if (request) {
		return `it could match '${request}', which is for those alone whom the request bus lets ask: say which detail-type it is for, written out and another`;
	}
	return undefined;
}

/**
 * The patterns of a text by their names.
 * @throws Error naming the entry that cannot be used, and why.
 */
function patternsIn(text) {
	const patterns = parse(text) ?? {};
	for (const [name, pattern] of Object.entries(patterns)) {
		const problem = problemOf(name, pattern);
		if (problem) throw new Error(`${FILE}: entry '${name}': ${problem}.`);
	}
	return patterns;
}

module.exports = {
	REQUESTS,
	patternsIn,
	/** Those of the file. @throws Error as `patternsIn` does. */
	eventPatterns: () => patternsIn(readFileSync(join(__dirname, 'event-patterns.yml'), 'utf8')),
};
