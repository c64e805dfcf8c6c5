/**
 * A plugin of the framework: what holds data outlives the stack (`DeletionPolicy: Retain`), and a later deployment takes it in again.
 * CloudFormation refuses to create what exists. A change set with ImportExistingResources imports it instead, where its policy is Retain
 * and its name is written out (CloudFormation user guide, "Import AWS resources into a CloudFormation stack automatically").
 */

/** By type: the property that names it. */
const NAMES = {
	'AWS::DynamoDB::Table': 'TableName',
	'AWS::Logs::LogGroup': 'LogGroupName',
	'AWS::S3::Bucket': 'BucketName',
};

/** The logical ids of what stays, and the properties that name it. @throws Error for a type whose name is not known here. */
function keptIn(resources) {
	return Object.entries(resources)
		.filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain')
		.map(([id, resource]) => {
			const property = NAMES[resource.Type];
			if (!property)
				throw new Error(`${id} is kept when the stack goes: say in infra/keep.cjs what names a resource of type ${resource.Type}.`);
			return { id, resource, property };
		});
}

/** A name with what it says of account, Region and partition filled in. */
function writtenOut(name, { accountId, partition, region }) {
	const text = typeof name === 'string' ? name : name['Fn::Sub'];
	const values = { AccountId: accountId, Partition: partition, Region: region };
	return text.replace(/\$\{AWS::(\w+)\}/g, (variable, key) => values[key] ?? variable);
}

class Keep {
	constructor(serverless, _options, { log }) {
		const provider = serverless.getProvider('aws');
		const account = async () => ({ ...(await provider.getAccountInfo()), region: provider.getRegion() });
		this.hooks = {
			'before:deploy:deploy': async () => {
				writeNames(serverless.service.provider.compiledCloudFormationTemplate.Resources, await account());
				importExisting(serverless.pluginManager.plugins);
			},
			'after:remove:remove': async () => {
				const where = await account();
				log.notice('\nKept, for it holds data; a later deployment of this stage finds it again:');
				for (const { resource, property } of keptIn(serverless.service.resources.Resources)) {
					log.notice(`  ${resource.Type.padEnd(22)}${writtenOut(resource.Properties[property], where)}`);
				}
			},
		};
	}
}

function writeNames(resources, where) {
	for (const { resource, property } of keptIn(resources)) {
		resource.Properties[property] = writtenOut(resource.Properties[property], where);
	}
}

function importExisting(plugins) {
	const deploying = plugins.filter(({ getCreateChangeSetParams }) => getCreateChangeSetParams);
	if (deploying.length === 0) throw new Error('infra/keep.cjs does not know this version of the framework: it makes no change sets.');
	for (const plugin of deploying) {
		const { getCreateChangeSetParams } = plugin;
		plugin.getCreateChangeSetParams = (options) => ({ ...getCreateChangeSetParams.call(plugin, options), ImportExistingResources: true });
	}
}

module.exports = Keep;
module.exports.writtenOut = writtenOut;
