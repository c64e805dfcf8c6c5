/**
 * A plugin of the framework: takes out of the packaged template what the framework puts in and this stack does not need. The role
 * for functions that have none of their own (here all have), dependencies on roles that a reference already makes, and the permission to
 * create log groups: the stack has them, and a function that logs once more while the stack goes would leave one behind.
 * Besides, the temporary folders of packaging go when it ends: serverless-esbuild makes one for each function and leaves it.
 */

const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

module.exports = class Tidy {
	constructor(serverless) {
		this.hooks = {
			'after:package:initialize': collectTemporaries,
			'before:package:finalize': () => tidy(serverless.service.provider.compiledCloudFormationTemplate.Resources),
		};
	}
};

/** Lets everything that this process makes from here on be in one temporary folder, and go with the process. */
function collectTemporaries() {
	const folder = mkdtempSync(join(tmpdir(), 'fleetkeeper-'));
	process.env.TMPDIR = folder;
	process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
}

function tidy(resources) {
	delete resources.IamRoleLambdaExecution;
	for (const { Type, Properties, DependsOn } of Object.values(resources)) {
		if (Type === 'AWS::IAM::Role') forbidLogGroups(Properties.Policies);
		if (Type !== 'AWS::Lambda::Function' || !Array.isArray(DependsOn)) continue;
		const [role] = Properties.Role['Fn::GetAtt'];
		DependsOn.splice(0, DependsOn.length, ...DependsOn.filter((id) => id !== role));
	}
}

function forbidLogGroups(policies) {
	for (const statement of policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)) {
		if (Array.isArray(statement.Action)) statement.Action = statement.Action.filter((action) => action !== 'logs:CreateLogGroup');
	}
}
