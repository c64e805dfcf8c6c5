import { describe, expect, it } from 'vitest';
import type { Operation } from '../../../shared/operation/types.ts';
import { checkNodes } from '../../../shared/work/nodes.ts';
import { awsError, createCore, type Input, nodeId } from '../../support/core.ts';
import { anOperation, TERMINATING } from '../../support/operations.ts';

const operations = (count: number): Operation[] =>
	Array.from({ length: count }, (_, number) => anOperation({ subject: { ...TERMINATING, instanceId: nodeId(number) } }));
const asked = ({ Filters }: Input): string[] => Filters[0].Values;
const online = (ids: readonly string[]) => ({ InstanceInformationList: ids.map((InstanceId) => ({ InstanceId, PingStatus: 'Online' })) });

describe('checking nodes', () => {
	it('takes one call for fifty', async () => {
		const core = await createCore();
		const facts = await checkNodes(core.services, operations(51));
		expect(facts.size).toBe(51);
		expect(core.calls('DescribeInstanceInformation').map((input) => asked(input).length)).toEqual([50, 1]);
	});

	it('tells reachable nodes from lost ones and from those that are not managed', async () => {
		const core = await createCore();
		const LastPingDateTime = new Date('2026-03-02T08:00:00Z');
		core.on('DescribeInstanceInformation', () => ({
			InstanceInformationList: [
				{ InstanceId: nodeId(0), PingStatus: 'Online' },
				{ InstanceId: nodeId(1), PingStatus: 'ConnectionLost', LastPingDateTime },
			],
		}));
		const facts = await checkNodes(core.services, operations(3));
		expect([...facts.values()]).toMatchObject([
			{ status: 'online' },
			{ status: 'connection-lost', since: '2026-03-02T08:00:00.000Z' },
			{ status: 'not-registered' },
		]);
	});

	it('reads all pages', async () => {
		const core = await createCore();
		core.on('DescribeInstanceInformation', (input) => {
			const [first = '', ...rest] = asked(input);
			return input.NextToken === undefined ? { ...online([first]), NextToken: 'more' } : online(rest);
		});
		expect([...(await checkNodes(core.services, operations(3))).values()].map((fact) => fact.type === 'node' && fact.status)).toEqual([
			'online',
			'online',
			'online',
		]);
	});

	it.each(['InvalidInstanceId', 'InvalidInstanceInformationFilterValue'])(
		'finds the one id that AWS refuses with %s, and no neighbour suffers',
		async (name) => {
			const core = await createCore();
			core.on('DescribeInstanceInformation', (input) => {
				if (asked(input).includes(nodeId(13))) throw awsError(name);
				return online(asked(input));
			});
			const facts = await checkNodes(core.services, operations(50));
			const statuses = [...facts.values()].map((fact) => fact.type === 'node' && fact.status);
			expect(statuses.filter((status) => status === 'online')).toHaveLength(49);
			expect(statuses[13]).toBe('not-registered');
			expect(core.calls('DescribeInstanceInformation').length).toBeLessThan(15);
		},
	);

	it.each([
		['throttled', awsError('ThrottlingException')],
		['not allowed', awsError('AccessDeniedException')],
		['out of order', awsError('InternalServerError', 'oops', 500)],
	])('that is %s says nothing of the nodes', async (_, error) => {
		const core = await createCore();
		core.on('DescribeInstanceInformation', () => {
			throw error;
		});
		const facts = await checkNodes(core.services, operations(3));
		expect([...facts.values()].map(({ type }) => type)).toEqual(['not-done', 'not-done', 'not-done']);
		expect(core.calls('DescribeInstanceInformation')).toHaveLength(1);
	});
});
