/**
 * What is wrong with settings that are objects: where it is (`patchGroups.test.hours`), what stands there, and what to write instead.
 */

module.exports = {
	finding: (at, is, advice) => ({ at, is, advice }),
	/** @param {string} what the setting holds. */
	inYaml: (what) => `it holds ${what}, which --param cannot give; use a block of the stage under params in serverless.yml`,
	isObject: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
	oneOf: (names) => `use one of ${names.join(', ')}`,
};
