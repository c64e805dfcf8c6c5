/** Every file of `playbooks/` as a Parameter Store parameter, its text unchanged: `playbook-change` is what checks it. */

const { existsSync, readFileSync, readdirSync } = require('node:fs');
const { basename, join } = require('node:path');

const PLAYBOOKS = join(__dirname, '..', 'playbooks');
/** What a parameter of the advanced tier takes; the standard tier takes half of it. */
const MAX_BYTES = 8192;
const STANDARD_TIER_BYTES = 4096;

const logicalId = (name) => `${name.replace(/(^|-)([a-z0-9])/g, (_, __, letter) => letter.toUpperCase())}Playbook`;

function parameterOf(file) {
	const name = basename(file, '.yaml');
	const text = readFileSync(join(PLAYBOOKS, file), 'utf8');
	const bytes = Buffer.byteLength(text);
	if (bytes > MAX_BYTES) {
		throw new Error(`playbooks/${file} has ${bytes} bytes; Parameter Store takes ${MAX_BYTES}. Split it.`);
	}
	if (text.includes('{{')) {
		throw new Error(
			`playbooks/${file} contains '{{', which Parameter Store refuses in a value. Use a path into the event: $.detail.<field>.`,
		);
	}
	const resource = {
		Type: 'AWS::SSM::Parameter',
		Properties: {
			Name: `/\${self:service}/\${sls:stage}/playbooks/${name}`,
			Type: 'String',
			Tier: bytes > STANDARD_TIER_BYTES ? 'Intelligent-Tiering' : 'Standard',
			Description: `Playbook ${name} of Fleetkeeper`,
			Value: text,
		},
	};
	return [logicalId(name), resource];
}

module.exports = () => {
	const files = existsSync(PLAYBOOKS) ? readdirSync(PLAYBOOKS).filter((file) => file.endsWith('.yaml')) : [];
	return { Resources: Object.fromEntries(files.sort().map(parameterOf)) };
};
