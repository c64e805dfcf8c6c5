/** The stack: is it deployed, did its last deployment end well, and does it have what this checkout has. */

import { CloudFormationClient, DescribeStacksCommand, paginateListStackResources, type Stack } from '@aws-sdk/client-cloudformation';
import { SERVICE } from '../../shared/settings.ts';
import { functionNames } from '../support/deployed.ts';
import { instant } from '../support/format.ts';
import { type Check, type Finding, named, note, ok, plural, type Site, toDo } from './check.ts';

export const stack: Check = {
	name: 'stack',
	async look(site) {
		const { stage } = site;
		const StackName = `${SERVICE}-${stage}`;
		const client = site.aws.client(CloudFormationClient);
		const deployed = await describeStack(site);
		if (deployed === undefined) {
			const remedy = `npx sls deploy --stage ${stage}; or is it another account or Region that it is in?`;
			return [toDo(`there is no stack ${StackName} in this account and Region`, remedy)];
		}
		const resources: { readonly id: string; readonly type: string; readonly name: string; readonly status: string }[] = [];
		for await (const page of paginateListStackResources({ client }, { StackName })) {
			for (const each of page.StackResourceSummaries ?? []) {
				const { LogicalResourceId: id = '', ResourceType: type = '', PhysicalResourceId: name = '', ResourceStatus: status = '' } = each;
				resources.push({ id, type, name, status });
			}
		}
		const failed = resources.filter(({ status }) => status.endsWith('_FAILED')).map(({ id }) => id);
		const functions = resources.filter(({ type }) => type === 'AWS::Lambda::Function').map(({ name }) => name);
		const missing = functionNames.filter((name) => !functions.includes(`${StackName}-${name}`));
		return [
			standing(site, deployed, resources.length),
			...(failed.length > 0 ? [toDo(`these resources are in no good state: ${named(failed)}`, 'see its events, and deploy again')] : []),
			...(missing.length > 0
				? [toDo(`these functions of this checkout are not deployed: ${named(missing)}`, `npx sls deploy --stage ${stage}`)]
				: []),
		];
	},
};

function standing({ stage }: Site, { StackName, StackStatus, CreationTime, LastUpdatedTime }: Stack, resources: number): Finding {
	const since = LastUpdatedTime ?? CreationTime;
	const what = `${StackName} is ${StackStatus}${since === undefined ? '' : ` since ${instant(since.getTime())}`}`;
	if (StackStatus?.endsWith('_IN_PROGRESS')) return note(`${what}: a deployment is under way`);
	if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(`${StackStatus}`)) return ok(`${what}, with ${plural(resources, 'resource')}`);
	return toDo(`${what}: its last deployment did not end well`, `see its events in CloudFormation, then npx sls deploy --stage ${stage}`);
}

/** The stack of a stage, where there is one. */
export async function describeStack({ aws, stage }: Site): Promise<Stack | undefined> {
	const StackName = `${SERVICE}-${stage}`;
	try {
		return (await aws.client(CloudFormationClient).send(new DescribeStacksCommand({ StackName }))).Stacks?.[0];
	} catch (error) {
		const { name, message } = error as Error;
		if (name === 'ValidationError' && message.includes('does not exist')) return undefined;
		throw error;
	}
}
