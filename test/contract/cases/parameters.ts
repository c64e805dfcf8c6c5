/** Parameter Store. */

import {
	AddTagsToResourceCommand,
	DeleteParameterCommand,
	DeleteParametersCommand,
	DescribeParametersCommand,
	GetParameterCommand,
	GetParameterHistoryCommand,
	GetParametersByPathCommand,
	type GetParametersByPathCommandInput,
	GetParametersCommand,
	LabelParameterVersionCommand,
	ListTagsForResourceCommand,
	type ParameterType,
	PutParameterCommand,
	type PutParameterCommandInput,
	RemoveTagsFromResourceCommand,
} from '@aws-sdk/client-ssm';
import { type Case, refusal, type System, some } from '../system.ts';

function put({ ssm }: System, Name: string, Value: string, rest: Partial<PutParameterCommandInput> = {}) {
	return ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', ...rest }));
}

const over = { Overwrite: true } as const;

async function get({ ssm }: System, Name: string) {
	const { Parameter } = await ssm.send(new GetParameterCommand({ Name }));
	return some(Parameter, 'Name', 'Type', 'Value', 'Version', 'Selector');
}

/** The names of all pages under a path, page by page. */
async function pages({ ssm }: System, input: GetParametersByPathCommandInput): Promise<string[][]> {
	const found: string[][] = [];
	let NextToken: string | undefined;
	do {
		const page = await ssm.send(new GetParametersByPathCommand({ ...input, NextToken }));
		found.push((page.Parameters ?? []).map(({ Name = '' }) => Name));
		NextToken = page.NextToken;
	} while (NextToken);
	return found;
}

function refusedPut(what: string, name: string, value: string, rest: Partial<PutParameterCommandInput>, refused: string): Case {
	return {
		name: `parameters: ${what} is refused`,
		act: (system) => refusal(put(system, name, value, rest)),
		gives: { refused, status: 400 },
	};
}

export const PARAMETER_CASES: readonly Case[] = [
	{
		name: 'parameters: their metadata say with which key a secret is encrypted',
		async act(system) {
			await put(system, '/contract/key/own', 'a', { Type: 'SecureString', KeyId: 'alias/contract' });
			await put(system, '/contract/key/aws', 'a', { Type: 'SecureString' });
			await put(system, '/contract/key/none', 'a');
			const ParameterFilters = [{ Key: 'Path', Values: ['/contract/key'] }];
			const { Parameters = [] } = await system.ssm.send(new DescribeParametersCommand({ ParameterFilters }));
			return Parameters.map((parameter) => some(parameter, 'Name', 'KeyId')).toSorted((one, other) =>
				String(one['Name']) < String(other['Name']) ? -1 : 1,
			);
		},
		gives: [
			{ Name: '/contract/key/aws', KeyId: 'alias/aws/ssm' },
			{ Name: '/contract/key/none' },
			{ Name: '/contract/key/own', KeyId: 'alias/contract' },
		],
	},
	refusedPut(
		'a policy of the standard tier',
		'/contract/policy/standard',
		'a',
		{ Policies: '[{"Type":"NoChangeNotification","Version":"1.0","Attributes":{"After":"1","Unit":"Days"}}]' },
		'ValidationException',
	),
	{
		name: 'parameters: a new one is version 1 of the standard tier',
		act: async (system) => some(await put(system, '/contract/new/one', 'a'), 'Version', 'Tier'),
		gives: { Version: 1, Tier: 'Standard' },
	},
	{
		name: 'parameters: one that exists is not overwritten by accident',
		async act(system) {
			await put(system, '/contract/twice/one', 'a');
			return [await refusal(put(system, '/contract/twice/one', 'b')), await get(system, '/contract/twice/one')];
		},
		gives: [
			{ refused: 'ParameterAlreadyExists', status: 400 },
			{ Name: '/contract/twice/one', Type: 'String', Value: 'a', Version: 1 },
		],
	},
	{
		name: 'parameters: overwriting makes the next version, of the same type',
		async act(system) {
			const [Name, Type] = ['/contract/over/one', 'StringList' as ParameterType];
			await put(system, Name, 'a,b', { Type });
			await system.ssm.send(new PutParameterCommand({ Name, Value: 'c', ...over }));
			return get(system, Name);
		},
		gives: { Name: '/contract/over/one', Type: 'StringList', Value: 'c', Version: 2 },
	},
	{
		name: 'parameters: an ARN has one slash between parameter and path',
		async act(system) {
			await put(system, '/contract/arn/one', 'a');
			const { Parameter } = await system.ssm.send(new GetParameterCommand({ Name: '/contract/arn/one' }));
			return some(Parameter, 'ARN', 'DataType');
		},
		gives: { ARN: 'arn:aws:ssm:eu-west-1:111122223333:parameter/contract/arn/one', DataType: 'text' },
	},
	{
		name: 'parameters: an earlier version is had by its number',
		async act(system) {
			await put(system, '/contract/number/one', 'a');
			await put(system, '/contract/number/one', 'b', over);
			return get(system, '/contract/number/one:1');
		},
		gives: { Name: '/contract/number/one', Type: 'String', Value: 'a', Version: 1, Selector: ':1' },
	},
	{
		name: 'parameters: a label names a version, and moves',
		async act(system) {
			const Name = '/contract/label/one';
			await put(system, Name, 'a');
			await put(system, Name, 'b', over);
			const label = (ParameterVersion?: number) =>
				system.ssm.send(new LabelParameterVersionCommand({ Name, Labels: ['live'], ParameterVersion }));
			await label(1);
			const first = await get(system, `${Name}:live`);
			const moved = await label();
			return [first, some(moved, 'InvalidLabels', 'ParameterVersion'), await get(system, `${Name}:live`)];
		},
		gives: [
			{ Name: '/contract/label/one', Type: 'String', Value: 'a', Version: 1, Selector: ':live' },
			{ InvalidLabels: [], ParameterVersion: 2 },
			{ Name: '/contract/label/one', Type: 'String', Value: 'b', Version: 2, Selector: ':live' },
		],
	},
	{
		name: 'parameters: labels that begin with a digit, aws or ssm are given back',
		async act(system) {
			await put(system, '/contract/labels/one', 'a');
			const Labels = ['1st', 'aws-x', 'ssm-y', 'good'];
			const input = { Name: '/contract/labels/one', Labels };
			const { InvalidLabels = [] } = await system.ssm.send(new LabelParameterVersionCommand(input));
			return InvalidLabels.toSorted();
		},
		gives: ['1st', 'aws-x', 'ssm-y'],
	},
	{
		name: 'parameters: a version that is not there cannot be labelled or had',
		async act(system) {
			const Name = '/contract/version/one';
			await put(system, Name, 'a');
			const label = new LabelParameterVersionCommand({ Name, Labels: ['live'], ParameterVersion: 9 });
			return [await refusal(system.ssm.send(label)), await refusal(get(system, `${Name}:9`))];
		},
		gives: [
			{ refused: 'ParameterVersionNotFound', status: 400 },
			{ refused: 'ParameterVersionNotFound', status: 400 },
		],
	},
	{
		name: 'parameters: history has every version with its value and labels, the oldest first',
		async act(system) {
			const Name = '/contract/history/one';
			await put(system, Name, 'a', { Description: 'first' });
			await put(system, Name, 'b', over);
			await system.ssm.send(new LabelParameterVersionCommand({ Name, Labels: ['live'], ParameterVersion: 1 }));
			const { Parameters = [] } = await system.ssm.send(new GetParameterHistoryCommand({ Name }));
			return Parameters.map((version) => some(version, 'Name', 'Type', 'Value', 'Version', 'Labels', 'Description'));
		},
		gives: [
			{ Name: '/contract/history/one', Type: 'String', Value: 'a', Version: 1, Labels: ['live'], Description: 'first' },
			{ Name: '/contract/history/one', Type: 'String', Value: 'b', Version: 2, Labels: [], Description: 'first' },
		],
	},
	{
		name: 'parameters: the 101st version is refused while the oldest has a label',
		async act(system) {
			const Name = '/contract/hundred/one';
			await put(system, Name, 'a');
			await system.ssm.send(new LabelParameterVersionCommand({ Name, Labels: ['keep'] }));
			for (let version = 2; version <= 100; version++) await put(system, Name, 'b', over);
			return refusal(put(system, Name, 'c', over));
		},
		gives: { refused: 'ParameterMaxVersionLimitExceeded', status: 400 },
	},
	{
		name: 'parameters: a path has what is directly under it, or everything',
		async act(system) {
			for (const name of ['/contract/tree/a', '/contract/tree/b', '/contract/tree/sub/c', '/contract/treehouse']) {
				await put(system, name, 'x');
			}
			return [
				await pages(system, { Path: '/contract/tree' }),
				await pages(system, { Path: '/contract/tree/', Recursive: true }),
				await pages(system, { Path: '/contract/empty' }),
			];
		},
		gives: [[['/contract/tree/a', '/contract/tree/b']], [['/contract/tree/a', '/contract/tree/b', '/contract/tree/sub/c']], [[]]],
	},
	{
		name: 'parameters: a path is had page by page',
		async act(system) {
			for (const letter of 'abcde') await put(system, `/contract/pages/${letter}`, letter);
			return (await pages(system, { Path: '/contract/pages', MaxResults: 2 })).map((names) => names.length);
		},
		gives: [2, 2, 1],
	},
	{
		name: 'parameters: a page of a path has ten at most',
		async act(system) {
			for (const letter of 'abcdefghijk') await put(system, `/contract/ten/${letter}`, letter);
			const over = refusal(system.ssm.send(new GetParametersByPathCommand({ Path: '/contract/ten', MaxResults: 11 })));
			return [(await pages(system, { Path: '/contract/ten' })).map((names) => names.length), await over];
		},
		gives: [[10, 1], { refused: 'ValidationException', status: 400 }],
	},
	{
		name: 'parameters: several are had at once, and the missing are named',
		async act(system) {
			await put(system, '/contract/several/a', 'x');
			await put(system, '/contract/several/b', 'y');
			const Names = ['/contract/several/a', '/contract/several/z', '/contract/several/b'];
			const { Parameters = [], InvalidParameters } = await system.ssm.send(new GetParametersCommand({ Names }));
			return { found: Parameters.map(({ Value }) => Value).sort(), InvalidParameters };
		},
		gives: { found: ['x', 'y'], InvalidParameters: ['/contract/several/z'] },
	},
	{
		name: 'parameters: eleven names are too many',
		act: ({ ssm }) => refusal(ssm.send(new GetParametersCommand({ Names: 'abcdefghijk'.split('').map((name) => `/contract/${name}`) }))),
		gives: { refused: 'ValidationException', status: 400 },
	},
	{
		name: 'parameters: a deleted one is gone, and cannot be deleted again',
		async act(system) {
			const Name = '/contract/delete/one';
			await put(system, Name, 'a');
			await system.ssm.send(new DeleteParameterCommand({ Name }));
			return [await refusal(get(system, Name)), await refusal(system.ssm.send(new DeleteParameterCommand({ Name })))];
		},
		gives: [
			{ refused: 'ParameterNotFound', status: 400 },
			{ refused: 'ParameterNotFound', status: 400 },
		],
	},
	{
		name: 'parameters: several are deleted at once, and the missing are named',
		async act(system) {
			await put(system, '/contract/deletes/a', 'x');
			const Names = ['/contract/deletes/a', '/contract/deletes/z'];
			return some(await system.ssm.send(new DeleteParametersCommand({ Names })), 'DeletedParameters', 'InvalidParameters');
		},
		gives: { DeletedParameters: ['/contract/deletes/a'], InvalidParameters: ['/contract/deletes/z'] },
	},
	{
		name: 'parameters: they carry tags',
		async act(system) {
			const resource = { ResourceType: 'Parameter', ResourceId: '/contract/tags/one' } as const;
			await put(system, resource.ResourceId, 'a', { Tags: [{ Key: 'team', Value: 'web' }] });
			await system.ssm.send(new AddTagsToResourceCommand({ ...resource, Tags: [{ Key: 'stage', Value: 'dev' }] }));
			await system.ssm.send(new RemoveTagsFromResourceCommand({ ...resource, TagKeys: ['team'] }));
			return (await system.ssm.send(new ListTagsForResourceCommand(resource))).TagList;
		},
		gives: [{ Key: 'stage', Value: 'dev' }],
	},
	{
		name: 'parameters: a missing one has no tags to ask for',
		act: ({ ssm }) => refusal(ssm.send(new ListTagsForResourceCommand({ ResourceType: 'Parameter', ResourceId: '/contract/nothing' }))),
		gives: { refused: 'InvalidResourceId', status: 400 },
	},
	{
		name: 'parameters: overwriting takes no tags',
		async act(system) {
			await put(system, '/contract/overtags/one', 'a');
			return refusal(put(system, '/contract/overtags/one', 'b', { ...over, Tags: [{ Key: 'team', Value: 'web' }] }));
		},
		gives: { refused: 'ValidationException', status: 400 },
	},
	{
		name: 'parameters: a new one needs a type',
		act: ({ ssm }) => refusal(ssm.send(new PutParameterCommand({ Name: '/contract/untyped/one', Value: 'a' }))),
		gives: { refused: 'ValidationException', status: 400 },
	},
	refusedPut('an empty value', '/contract/empty/one', '', {}, 'ValidationException'),
	refusedPut('a standard value of more than 4,096 bytes', '/contract/long/one', 'x'.repeat(4_097), {}, 'ValidationException'),
	refusedPut(
		'a value that does not match its own pattern',
		'/contract/pattern/one',
		'abc',
		{ AllowedPattern: '^\\d+$' },
		'ParameterPatternMismatchException',
	),
	refusedPut('a name that begins with ssm', '/ssm/contract', 'a', {}, 'ValidationException'),
	refusedPut('a name in the hierarchy of aws', '/aws/contract', 'a', {}, 'AccessDeniedException'),
	refusedPut('a plain name that begins with aws', 'awscontract', 'a', {}, 'ValidationException'),
	refusedPut('a hierarchy without a slash before it', 'contract/no/slash', 'a', {}, 'ValidationException'),
	refusedPut('a hierarchy of 16 levels', `/${Array(16).fill('l').join('/')}`, 'a', {}, 'HierarchyLevelLimitExceededException'),
	refusedPut('a value with a reference in it', '/contract/nested/one', '{{ ssm:x }}', {}, 'ValidationException'),
];
