import { expect, it } from 'vitest';
import { instanceArn } from '../../local/aws/ec2.ts';
import { errorOf, nodeId, type SmallAws, smallAws, webFleet } from './support/small-aws.ts';

const MACHINE = { platform: 'Linux', bootSeconds: 1, behaviours: {} } as const;
const arn = (id: string) => instanceArn({ account: '111122223333', region: 'eu-west-1' }, id);
const found = (aws: SmallAws, input: object = {}) =>
	aws
		.call('resourcegroupstaggingapi', 'GetResources', input)
		.ResourceTagMappingList.map((each: { ResourceARN: string }) => each.ResourceARN);

it('gives the tags of the resources named', () => {
	const aws = smallAws(webFleet(3));
	const { ResourceTagMappingList: list } = aws.call('resourcegroupstaggingapi', 'GetResources', {
		ResourceARNList: [arn(nodeId(2)), arn(nodeId(9))],
	});
	expect(list).toEqual([
		{
			ResourceARN: arn(nodeId(2)),
			Tags: [
				{ Key: 'service', Value: 'nginx' },
				{ Key: 'aws:autoscaling:groupName', Value: 'web' },
			],
		},
	]);
});

it('omits what has no tag at all, and what has gone', () => {
	const aws = smallAws(webFleet(1));
	aws.ec2.launch({ machine: MACHINE });
	aws.ec2.terminate(nodeId(1));
	expect(found(aws)).toEqual([]);
});

it('shows a fresh instance only after the lag', async () => {
	const aws = smallAws({ groups: [] }, { tagLagMs: 60_000 });
	const { id } = aws.ec2.launch({ machine: MACHINE, tags: { service: 'nginx' } });
	await aws.advance(59);
	expect(found(aws)).toEqual([]);
	await aws.advance(1);
	expect(found(aws)).toEqual([arn(id)]);
});

it('filters by tags and types, a page at a time', () => {
	const aws = smallAws(webFleet(3, { 2: { tags: { service: 'apache' } } }));
	const nginx = { TagFilters: [{ Key: 'service', Values: ['nginx'] }], ResourceTypeFilters: ['ec2:instance'] };
	expect(found(aws, nginx)).toEqual([arn(nodeId(1)), arn(nodeId(2))]);
	expect(found(aws, { ...nginx, ResourcesPerPage: 1, PaginationToken: '1' })).toEqual([arn(nodeId(2))]);
	expect(found(aws, { ResourceTypeFilters: ['s3:bucket'] })).toEqual([]);
});

it('does not take ARNs and filters together, nor more than 100 ARNs', () => {
	const aws = smallAws(webFleet(1));
	const filters = { TagFilters: [{ Key: 'service' }], ResourceARNList: [arn(nodeId(1))] };
	expect(errorOf(() => found(aws, filters)).code).toBe('InvalidParameterException');
	expect(errorOf(() => found(aws, { ResourceARNList: Array(101).fill(arn(nodeId(1))) })).code).toBe('InvalidParameterException');
});

const tag = (aws: SmallAws, ResourceARNList: string[], Tags: Readonly<Record<string, string>> = { team: 'web' }) =>
	aws.call('resourcegroupstaggingapi', 'TagResources', { ResourceARNList, Tags });

it('puts tags on instances and buckets, over those of the same key', () => {
	const aws = smallAws({ ...webFleet(1), buckets: [{ name: 'media-archive' }] });
	const arns = [arn(nodeId(1)), 'arn:aws:s3:::media-archive'];

	expect(tag(aws, arns, { team: 'web', service: 'apache' })).toEqual({ FailedResourcesMap: {} });

	expect(found(aws, { TagFilters: [{ Key: 'team', Values: ['web'] }] })).toEqual(arns);
	expect(aws.ec2.instance(nodeId(1))?.tags.get('service')).toBe('apache');
	expect(found(aws, { ResourceTypeFilters: ['s3'] })).toEqual(['arn:aws:s3:::media-archive']);
});

it('names what it could not tag, and tags the rest', () => {
	const aws = smallAws(webFleet(1));
	const { FailedResourcesMap: failed } = tag(aws, [arn(nodeId(1)), arn(nodeId(9))]);
	expect(Object.keys(failed)).toEqual([arn(nodeId(9))]);
	expect(failed[arn(nodeId(9))].ErrorCode).toBe('InvalidParameterException');
	expect(aws.ec2.instance(nodeId(1))?.tags.get('team')).toBe('web');
	expect(Object.keys(tag(aws, [arn(nodeId(1))], { 'aws:team': 'web' }).FailedResourcesMap)).toEqual([arn(nodeId(1))]);
});

it('takes 1 to 20 ARNs and at least one tag', () => {
	const aws = smallAws(webFleet(1));
	expect(errorOf(() => tag(aws, [])).code).toBe('InvalidParameterException');
	expect(errorOf(() => tag(aws, Array(21).fill(arn(nodeId(1))))).code).toBe('InvalidParameterException');
	expect(errorOf(() => tag(aws, [arn(nodeId(1))], {})).code).toBe('InvalidParameterException');
});
