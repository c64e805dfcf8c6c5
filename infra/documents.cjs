/**
 * Every file of `runbooks/` as an SSM document named `fleetkeeper-<stage>-<file>`. Three things in a runbook are put in here:
 * a script line `#include <file>` becomes that file's text, `${self:...}` and `${sls:...}` are the framework's variables, and
 * a value with `${AWS::...}` becomes an Fn::Sub. YAML's anchors and merge keys (`<<: *anchor`) are resolved.
 */

const { readFileSync, readdirSync } = require('node:fs');
const { basename, join } = require('node:path');
const { parse } = require('yaml');

const RUNBOOKS = join(__dirname, '..', 'runbooks');
const INCLUDE = /^#include (\S+)$/;

const DOCUMENT_TYPES = { 2.2: 'Command', 0.3: 'Automation' };

function expand(value) {
	if (Array.isArray(value)) {
		return value.map(expand);
	}
	if (value !== null && typeof value === 'object') {
		return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, expand(inner)]));
	}
	if (typeof value !== 'string') {
		return value;
	}
	const include = INCLUDE.exec(value);
	if (include) {
		return readFileSync(join(RUNBOOKS, include[1]), 'utf8');
	}
	return value.includes('${AWS::') ? { 'Fn::Sub': value } : value;
}

const logicalId = (name) => `${name.replace(/(^|-)([a-z0-9])/g, (_, __, letter) => letter.toUpperCase())}Document`;

function documentOf(file) {
	const name = basename(file, '.yaml');
	const content = expand(parse(readFileSync(join(RUNBOOKS, file), 'utf8'), { merge: true }));
	const type = DOCUMENT_TYPES[content.schemaVersion];
	if (!type) {
		throw new Error(`runbooks/${file}: schemaVersion is '${content.schemaVersion}'; use "2.2" for a command or "0.3" for an automation.`);
	}
	const resource = {
		Type: 'AWS::SSM::Document',
		Properties: {
			Name: `\${self:service}-\${sls:stage}-${name}`,
			DocumentType: type,
			DocumentFormat: 'JSON',
			// Without it a changed document is replaced, which its fixed name forbids.
			UpdateMethod: 'NewVersion',
			Content: content,
		},
	};
	return [logicalId(name), resource];
}

module.exports = () => {
	const files = readdirSync(RUNBOOKS).filter((file) => file.endsWith('.yaml'));
	return { Resources: Object.fromEntries(files.sort().map(documentOf)) };
};
