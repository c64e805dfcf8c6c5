/** The nodes: do they answer, and may they write the output of what runs on them. */

import { type InstanceInformation, paginateDescribeInstanceInformation } from '@aws-sdk/client-ssm';
import { inParallel } from '../../shared/parallel.ts';
import { outputBucket, SERVICE } from '../../shared/settings.ts';
import { lookAtGroups } from '../check/groups.ts';
import { type Check, type Finding, found, named, note, ok, type Place, plural, type Site, toDo } from './check.ts';
import { isForHooks } from './hooks.ts';
import { type Asked, deniedTo, NO_ROLE, nameOfRole, ROLES, rolesOf } from './node-roles.ts';
import { standingFor } from './standing.ts';

export const nodes: Check = {
	name: 'nodes',
	async look(site) {
		const managed: InstanceInformation[] = [];
		for await (const page of paginateDescribeInstanceInformation({ client: site.aws.ssm, pageSize: 50 }, {})) {
			managed.push(...(page.InstanceInformationList ?? []));
		}
		let ours: readonly string[] = [];
		const answers = await found(async () => {
			ours = await behindHooks(site);
			return answering(managed, ours);
		}, 'the groups that they are in');
		return [...answers, ...(await found(() => writing(site, managed, ours), 'their roles'))];
	},
};

/** Those in service in groups with hooks of ours: their drains will want them. Any other is somebody else's, as far as is known. */
async function behindHooks(site: Site): Promise<string[]> {
	const { served } = await lookAtGroups(site.aws, standingFor(await site.standing(), isForHooks));
	return served.flatMap(({ Instances = [] }) =>
		Instances.filter(({ LifecycleState }) => LifecycleState === 'InService').map(({ InstanceId = '' }) => InstanceId),
	);
}

function answering(managed: readonly InstanceInformation[], ours: readonly string[]): Finding[] {
	const online = managed.filter(({ PingStatus }) => PingStatus === 'Online').map(idOf);
	const silent = managed.filter(({ PingStatus }) => PingStatus !== 'Online').map(idOf);
	const unmanaged = ours.filter((id) => !online.includes(id) && !silent.includes(id));
	const lost = ours.filter((id) => silent.includes(id));
	const others = silent.filter((id) => !lost.includes(id));
	const remedy =
		'a profile with AmazonSSMManagedInstanceCore, a running agent, a way to the endpoints ssm and ssmmessages: on the node, ssm-cli get-diagnostics';
	return [
		...(unmanaged.length > 0 ? [toDo(`behind hooks of ours, and not managed by Systems Manager: ${named(unmanaged)}`, remedy)] : []),
		...(lost.length > 0 ? [toDo(`behind hooks of ours, and their agents are silent: ${named(lost)}`, remedy)] : []),
		...(others.length > 0 ? [note(`the agents of ${plural(others.length, 'other node')} are silent: ${named(others)}`)] : []),
		...(unmanaged.length + lost.length === 0 ? [ok(`${online.length} online, all ${ours.length} behind hooks of ours among them`)] : []),
	];
}

const idOf = ({ InstanceId = '' }: InstanceInformation) => InstanceId;

/** What runs on a node writes its output with the node's own role: see the node policy in infra/roles.yml. */
async function writing(site: Site, managed: readonly InstanceInformation[], ours: readonly string[]): Promise<Finding[]> {
	if (managed.length === 0) return [];
	const place = await site.place();
	const roles = await rolesOf(site, managed, place);
	const findings = await inParallel([...roles].slice(0, ROLES), 1, async ([role, ids]): Promise<Finding[]> => {
		const lacking = await lackOf(site, place, role, ids);
		if (lacking === undefined) return [];
		const [what, remedy] = lacking;
		// Nodes of others need not write what they never run.
		return [ids.some((id) => ours.includes(id)) ? toDo(what, remedy) : note(what, remedy)];
	});
	const lacking = findings.flat();
	return lacking.length > 0 ? lacking : [ok(`their roles may write output: ${named([...roles.keys()].map(nameOfRole))}`)];
}

/** What a role may not do, and what to do about it. */
async function lackOf(
	site: Site,
	place: Place,
	role: string,
	ids: readonly string[],
): Promise<readonly [what: string, remedy: string] | undefined> {
	const { partition, account, region } = place;
	const policy = `arn:${partition}:iam::${account}:policy/${SERVICE}-${site.stage}-node-${region}`;
	if (role === NO_ROLE) {
		return [`without an instance profile that has a role: ${named(ids)}`, `a profile with AmazonSSMManagedInstanceCore and ${policy}`];
	}
	const denied = await deniedTo(site, role, askedOf(site, place));
	if (denied.length === 0) return undefined;
	const what = `role ${nameOfRole(role)} (${plural(ids.length, 'node')}) may not ${denied.join(', ')}: of the output of commands only the first 2,500 characters are kept`;
	return [what, `aws iam attach-role-policy --role-name ${nameOfRole(role)} --policy-arn ${policy}`];
}

/** What is in our node policy. */
function askedOf({ settings }: Site, { partition, region, account }: Place): Asked[] {
	const bucket = `arn:${partition}:s3:::${outputBucket(settings, account, region)}`;
	const stream = `arn:${partition}:logs:${region}:${account}:log-group:${settings.outputLogGroup}:log-stream:doctor`;
	return [
		{ ActionNames: ['s3:PutObject'], ResourceArns: [`${bucket}/doctor`] },
		{ ActionNames: ['s3:GetEncryptionConfiguration'], ResourceArns: [bucket] },
		{ ActionNames: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'], ResourceArns: [stream] },
	];
}
