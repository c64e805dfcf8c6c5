/**
 * A plugin of the framework: takes out of the packaged template what the framework puts in and this stack does not need. The role
 * for functions that have none of their own (here all have), and dependencies on roles that a reference already makes.
 */
module.exports = class Tidy {
	constructor(serverless) {
		this.hooks = {
			'before:package:finalize': () => tidy(serverless.service.provider.compiledCloudFormationTemplate.Resources),
		};
	}
};

function tidy(resources) {
	delete resources.IamRoleLambdaExecution;
	for (const { Type, Properties, DependsOn } of Object.values(resources)) {
		if (Type !== 'AWS::Lambda::Function' || !Array.isArray(DependsOn)) continue;
		const [role] = Properties.Role['Fn::GetAtt'];
		DependsOn.splice(0, DependsOn.length, ...DependsOn.filter((id) => id !== role));
	}
}
