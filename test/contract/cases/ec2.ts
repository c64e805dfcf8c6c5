/** EC2 instances and their tags, and the Resource Groups Tagging API. */

import {
	CreateTagsCommand,
	DeleteTagsCommand,
	DescribeInstancesCommand,
	type DescribeInstancesCommandInput,
	DescribeTagsCommand,
	type Tag,
} from '@aws-sdk/client-ec2';
import { GetResourcesCommand, type GetResourcesCommandInput } from '@aws-sdk/client-resource-groups-tagging-api';
import { type Case, createGroup, refusal, type System } from '../system.ts';

const NOBODY = 'i-00000000000000099';

async function describe({ ec2 }: System, input: DescribeInstancesCommandInput) {
	const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand(input));
	return Reservations.flatMap(({ Instances = [] }) => Instances);
}

function byKey(tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = []) {
	return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]).toSorted());
}

/** What a system adds of itself: its launch template. */
function withoutTemplate(tags: Readonly<Record<string, string>>) {
	return Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('aws:ec2launchtemplate:')));
}

async function tagsOf({ ec2 }: System, id: string) {
	const { Tags } = await ec2.send(new DescribeTagsCommand({ Filters: [{ Name: 'resource-id', Values: [id] }] }));
	return withoutTemplate(byKey(Tags));
}

function tag({ ec2 }: System, id: string, Tags: Tag[]) {
	return ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));
}

async function resources({ tagging }: System, input: GetResourcesCommandInput) {
	const { ResourceTagMappingList = [], PaginationToken } = await tagging.send(new GetResourcesCommand(input));
	return { found: ResourceTagMappingList, PaginationToken };
}

function arnOf({ region, account }: System, id: string): string {
	return `arn:aws:ec2:${region}:${account}:instance/${id}`;
}

export const EC2_CASES: readonly Case[] = [
	{
		name: "ec2: an instance of a group runs, with the group's tags and its name",
		async act(system) {
			const [id = ''] = await createGroup(system, 'contract-ec2', { desired: 1, tags: { team: 'web' } });
			const [instance] = await describe(system, { InstanceIds: [id] });
			return {
				id: instance?.InstanceId === id,
				state: instance?.State,
				zone: instance?.Placement?.AvailabilityZone,
				tags: withoutTemplate(byKey(instance?.Tags)),
			};
		},
		gives: {
			id: true,
			state: { Code: 16, Name: 'running' },
			zone: 'eu-west-1a',
			tags: { 'aws:autoscaling:groupName': 'contract-ec2', team: 'web' },
		},
	},
	{
		name: 'ec2: ids that are malformed or unknown are told apart',
		act: async (system) => [
			await refusal(describe(system, { InstanceIds: ['node-1'] })),
			await refusal(describe(system, { InstanceIds: [NOBODY] })),
		],
		gives: [
			{ refused: 'InvalidInstanceID.Malformed', status: 400 },
			{ refused: 'InvalidInstanceID.NotFound', status: 400 },
		],
	},
	{
		name: 'ec2: instances are found by tag and state',
		async act(system) {
			const ids = await createGroup(system, 'contract-found', { desired: 2, tags: { found: 'here' } });
			const find = async (...Filters: { Name: string; Values: string[] }[]) =>
				(await describe(system, { Filters })).filter(({ InstanceId = '' }) => ids.includes(InstanceId)).length;
			return [
				await find({ Name: 'tag:found', Values: ['here', 'there'] }, { Name: 'instance-state-name', Values: ['running'] }),
				await find({ Name: 'tag:found', Values: ['h*'] }),
				await find({ Name: 'tag:found', Values: ['there'] }),
				await find({ Name: 'tag:found', Values: ['here'] }, { Name: 'instance-state-name', Values: ['stopped'] }),
			];
		},
		gives: [2, 2, 0, 0],
	},
	{
		name: 'ec2: tags are added, changed and deleted, one with another value stays',
		async act(system) {
			const [id = ''] = await createGroup(system, 'contract-tagged', { desired: 1 });
			const { ec2 } = system;
			await tag(system, id, [
				{ Key: 'one', Value: '1' },
				{ Key: 'two', Value: '2' },
				{ Key: 'three', Value: '3' },
			]);
			await tag(system, id, [{ Key: 'one', Value: 'I' }]);
			const before = await tagsOf(system, id);
			await ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: 'two' }, { Key: 'three', Value: 'other' }] }));
			return [before, await tagsOf(system, id)];
		},
		gives: [
			{ 'aws:autoscaling:groupName': 'contract-tagged', one: 'I', three: '3', two: '2' },
			{ 'aws:autoscaling:groupName': 'contract-tagged', one: 'I', three: '3' },
		],
	},
	{
		name: 'ec2: an instance that is not there takes no tags',
		act: (system) => refusal(tag(system, NOBODY, [{ Key: 'one', Value: '1' }])),
		gives: { refused: 'InvalidInstanceID.NotFound', status: 400 },
	},
	{
		name: 'ec2: tags are described by their key and value too',
		async act(system) {
			const [id = ''] = await createGroup(system, 'contract-described', { desired: 1, tags: { described: 'yes' } });
			const Filters = [
				{ Name: 'resource-type', Values: ['instance'] },
				{ Name: 'key', Values: ['described'] },
				{ Name: 'value', Values: ['y*'] },
			];
			const { Tags = [] } = await system.ec2.send(new DescribeTagsCommand({ Filters }));
			return Tags.map(({ ResourceId, ...rest }) => ({ ...rest, isInstance: ResourceId === id }));
		},
		gives: [{ Key: 'described', Value: 'yes', ResourceType: 'instance', isInstance: true }],
	},
	{
		name: 'tagging: an instance is found by its ARN, with its tags; one that is not there is left out',
		async act(system) {
			const [id = ''] = await createGroup(system, 'contract-arn', { desired: 1, tags: { team: 'web' } });
			const { found } = await resources(system, { ResourceARNList: [arnOf(system, id), arnOf(system, NOBODY)] });
			const ours = found.find(({ ResourceARN }) => ResourceARN === arnOf(system, id));
			return { tags: withoutTemplate(byKey(ours?.Tags)), others: found.length > 1 };
		},
		gives: { tags: { 'aws:autoscaling:groupName': 'contract-arn', team: 'web' }, others: false },
	},
	{
		name: 'tagging: instances are found by their tags: all keys, any value',
		async act(system) {
			const ids = await createGroup(system, 'contract-filter', { desired: 1, tags: { filter: 'here', tier: 'front' } });
			const find = async (...TagFilters: { Key: string; Values?: string[] }[]) =>
				(await resources(system, { TagFilters, ResourceTypeFilters: ['ec2:instance'] })).found.map(
					({ ResourceARN }) => ResourceARN === arnOf(system, ids[0] ?? ''),
				);
			return [
				await find({ Key: 'filter' }),
				await find({ Key: 'filter', Values: ['here', 'there'] }, { Key: 'tier', Values: ['front'] }),
				await find({ Key: 'filter', Values: ['here'] }, { Key: 'tier', Values: ['back'] }),
			];
		},
		gives: [[true], [true], []],
	},
	{
		name: 'tagging: ARNs and filters do not go together',
		act: (system) => refusal(resources(system, { ResourceARNList: [arnOf(system, NOBODY)], TagFilters: [{ Key: 'team' }] })),
		gives: { refused: 'InvalidParameterException', status: 400 },
	},
	{
		name: 'tagging: resources come page by page',
		async act(system) {
			await createGroup(system, 'contract-pages', { desired: 2, tags: { paged: 'yes' } });
			const filters = { TagFilters: [{ Key: 'paged' }], ResourceTypeFilters: ['ec2:instance'], ResourcesPerPage: 1 };
			const first = await resources(system, filters);
			const second = await resources(system, { ...filters, PaginationToken: first.PaginationToken });
			return [first, second].map(({ found, PaginationToken }) => [found.length, (PaginationToken ?? '') !== '']);
		},
		gives: [
			[1, true],
			[1, false],
		],
	},
];
