/**
 * What the setting `allowedDocuments` adds to our own documents, as resources of SendCommand and of StartAutomationExecution. AWS's own
 * documents have no account in their ARNs (Systems Manager user guide, "Setting up identity based policies examples").
 */

const AWS_OWNED = 'arn:${AWS::Partition}:ssm:${AWS::Region}:';

const arnOf = (name) => (name.startsWith('arn:') ? name : `${AWS_OWNED}:document/${name}`);
const filled = (text) => (text.includes('${') ? { 'Fn::Sub': text } : text);

/** AWS's own documents of the type Command that are allowed by default: nobody starts them as runbooks. */
const COMMANDS = ['AWS-RunPatchBaseline', 'AWS-ConfigureAWSPackage'];

module.exports = {
	/** @param {string[]} allowed names of AWS's documents, ARNs of others. */
	documentsOf: (allowed) => allowed.map((name) => filled(arnOf(name))),
	/** As `documentsOf`, for those that may be runbooks: as documents, and as definitions of any version. */
	runbooksOf(allowed) {
		const arns = allowed.filter((name) => !COMMANDS.includes(name)).map(arnOf);
		return [...arns.map((arn) => `${arn.replace(':document/', ':automation-definition/')}:*`), ...arns].map(filled);
	},
};
