/** Sessions: is there a document for them, and can the nodes that people may have a shell on keep their transcripts. */

import { DescribeDocumentCommand, type InstanceInformation, paginateDescribeInstanceInformation } from '@aws-sdk/client-ssm';
import { inParallel } from '../../shared/parallel.ts';
import { outputBucket, SERVICE } from '../../shared/settings.ts';
import { type Check, type Finding, named, note, ok, type Place, plural, type Site, toDo } from './check.ts';
import { type Asked, deniedTo, nameOfRole, ROLES, rolesOf } from './node-roles.ts';

/** Whose value is a stage: its operators may have a shell there (infra/operators.cjs). */
const TAG = 'fleetkeeper-sessions';

export const sessions: Check = {
	name: 'sessions',
	async look(site) {
		if (!(await hasDocument(site))) return [note('the part sessions is off: nobody keeps transcripts, and no rule holds')];
		const open: InstanceInformation[] = [];
		const Filters = [{ Key: `tag:${TAG}`, Values: [site.stage] }];
		for await (const page of paginateDescribeInstanceInformation({ client: site.aws.ssm, pageSize: 50 }, { Filters })) {
			open.push(...(page.InstanceInformationList ?? []));
		}
		if (open.length === 0) return [note(`no managed node has the tag ${TAG}: ${site.stage}: operators may have a shell on none`)];
		return transcriptsOf(site, open);
	},
};

async function hasDocument({ aws, stage }: Site): Promise<boolean> {
	try {
		await aws.ssm.send(new DescribeDocumentCommand({ Name: `${SERVICE}-${stage}-session` }));
		return true;
	} catch (error) {
		if ((error as Error).name !== 'InvalidDocument') throw error;
		return false;
	}
}

async function transcriptsOf(site: Site, open: readonly InstanceInformation[]): Promise<Finding[]> {
	const place = await site.place();
	const { partition, account, region } = place;
	const policy = `arn:${partition}:iam::${account}:policy/${SERVICE}-${site.stage}-node-sessions-${region}`;
	const asked = askedOf(site, place);
	const roles = await rolesOf(site, open, place);
	const findings = await inParallel([...roles].slice(0, ROLES), 1, async ([role, ids]): Promise<Finding[]> => {
		const denied = await deniedTo(site, role, asked);
		if (denied.length === 0) return [];
		const what = `no session can begin on ${named(ids)}: role ${nameOfRole(role)} may not ${denied.join(', ')}`;
		return [toDo(what, `aws iam attach-role-policy --role-name ${nameOfRole(role)} --policy-arn ${policy}`)];
	});
	const lacking = findings.flat();
	return lacking.length > 0 ? lacking : [ok(`${plural(open.length, 'node')} can keep transcripts`)];
}

/** What is in the policy for nodes of infra/sessions.cjs, but for the key: simulating that takes the key's own policy. */
function askedOf({ stage, settings }: Site, { partition, region, account }: Place): Asked[] {
	const bucket = `arn:${partition}:s3:::${outputBucket(settings, account, region)}`;
	const group = `arn:${partition}:logs:${region}:${account}:log-group:/${SERVICE}/${stage}/sessions`;
	return [
		{ ActionNames: ['s3:PutObject'], ResourceArns: [`${bucket}/sessions/doctor`] },
		{ ActionNames: ['s3:GetEncryptionConfiguration'], ResourceArns: [bucket] },
		{ ActionNames: ['logs:CreateLogStream', 'logs:PutLogEvents'], ResourceArns: [`${group}:log-stream:doctor`] },
	];
}
