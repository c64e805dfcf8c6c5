import { readFile } from 'node:fs/promises';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListAssociationsCommand, StartAssociationsOnceCommand } from '@aws-sdk/client-ssm';
import { beforeAll, describe, expect, it } from 'vitest';
import { fleet } from '../../cli/fleet.ts';
import type { FleetGroup } from '../../local/fleet.ts';
import { items } from './states.ts';
import { begin, type Flow } from './support.ts';

const BUCKET = 'fleetkeeper-local-inventory-111122223333-eu-west-1';
const node = (n: number) => `i-0e1${String(n).padStart(14, '0')}`;
const keyOf = (id: string) => `AWS:Application/accountid=111122223333/region=eu-west-1/resourcetype=ManagedInstanceInventory/${id}.json`;

/** A tenth of the nodes of production have telnet until a command removes it. */
const PROD: FleetGroup = {
	...{ name: 'prod', min: 0, max: 100, hooks: [], tags: { environment: 'prod' } },
	behaviours: { 'remove-packages': { durationSeconds: 5, oncePer: 'WorkId', removes: 'telnet' }, '*': { durationSeconds: 5 } },
	nodes: Array.from({ length: 20 }, (_, n) => ({
		id: node(n),
		applications: [{ name: 'nginx', version: '1.24.0' }, ...(n < 2 ? [{ name: 'telnet', version: '0.17', release: '90.el9' }] : [])],
	})),
};

/** All nodes are looked at, as the schedule would have it. */
async function gather(flow: Flow): Promise<void> {
	await flow.people(async ({ ssm }) => {
		const { Associations = [] } = await ssm.send(new ListAssociationsCommand({}));
		const ids = Associations.flatMap(({ AssociationId, AssociationName }) =>
			AssociationName?.endsWith('-inventory') ? [`${AssociationId}`] : [],
		);
		await ssm.send(new StartAssociationsOnceCommand({ AssociationIds: ids }));
	});
}

const only = async (flow: Flow) => {
	const [first, ...more] = await flow.operations('inventory');
	expect(more).toEqual([]);
	return first;
};
const ours = (flow: Flow) => flow.calls().filter(({ caller }) => caller.endsWith('-inventory-change'));

describe('Forbidden software on nodes', () => {
	let flow: Flow;

	beforeAll(async () => {
		const playbook = await readFile('playbooks/forbidden-software.yaml', 'utf8');
		const playbooks = { 'forbidden-software': playbook.replace('mode: observe', 'mode: act') };
		flow = await begin({ upkeep: true, nodes: 0, groups: [PROD], playbooks });
		await gather(flow);
		await flow.minutes(8);
	}, 120_000);

	it('is found when the inventory of the nodes is written, and told in one OpsItem with the nodes', async () => {
		expect(await only(flow)).toMatchObject({ state: 'verifying', playbook: { name: 'forbidden-software' } });
		expect((await only(flow))?.what).toEqual({
			[node(0)]: 'telnet 0.17-90.el9 is forbidden',
			[node(1)]: 'telnet 0.17-90.el9 is forbidden',
		});
		expect(items(flow).filter(({ title }) => title.includes('Software'))).toMatchObject([
			{
				status: 'Open',
				severity: '2',
				data: { broken: '2', nodes: expect.stringContaining(`${node(0)} (telnet 0.17-90.el9 is forbidden)`) },
			},
		]);
		expect(flow.deadLetters('inventory-change')).toEqual([]);
	});

	it('is what the report says of the fleet', async () => {
		const out: string[] = [];
		const io = { out: (line: string) => void out.push(line), err: (line: string) => void out.push(line), cwd: '.' };
		const surroundings = { io, env: {}, connect: () => flow.world.aws, user: 'jane' };
		expect(await flow.people(() => fleet(['report', 'inventory', '--software', 'telnet'], surroundings))).toBe(0);
		expect(out.filter((line) => line.startsWith('telnet'))).toHaveLength(2);
	});

	it('costs a read for each object, and a few calls for all of them', () => {
		const reads = ours(flow).filter(({ operation }) => operation === 'GetObject');
		expect(reads).toHaveLength(20);
		const others = ours(flow).filter(({ service, operation }) => service !== 'dynamodb' && operation !== 'GetObject');
		expect(others.length, others.map(({ operation }) => operation).join(' ')).toBeLessThanOrEqual(20);
	});

	it('is removed by one command for the nodes that have it, led to its end as any other', async () => {
		const [command, ...more] = await flow.operations('command');
		expect(more).toEqual([]);
		expect(command).toMatchObject({
			...{ state: 'succeeded', playbook: { name: 'forbidden-software' }, subject: { source: 'fleetkeeper.inventory', on: '2 nodes' } },
			result: { nodes: { succeeded: 2 } },
		});
		await flow.minutes(2);
		expect((await only(flow))?.ran).toContain('2 succeeded');
		expect(items(flow).find(({ title }) => title.includes('Software'))?.data['command']).toContain('2 succeeded');
	});

	it('is over when the inventory of the last node does not show it any more', async () => {
		await gather(flow);
		await flow.minutes(5);
		expect(await only(flow)).toMatchObject({ state: 'succeeded', result: { resolved: true } });
		expect(items(flow).find(({ title }) => title.includes('Software'))?.status).toBe('Resolved');
		expect(await flow.operations('command')).toHaveLength(1);
	});

	it('is not looked for in objects that nobody can read, which are kept for people', async () => {
		await flow.people(async (aws) => {
			const s3 = aws.client(S3Client);
			const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: keyOf(node(2)) }));
			const text = (await Body?.transformToString()) ?? '';
			await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: keyOf(node(2)), Body: `${text}{"Name":"telnet"\n` }));
			await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'AWS:Application/notes.txt', Body: 'hello' }));
		});
		await flow.minutes(2);
		const reasons = flow.deadLetters('inventory-change').map((letter) => JSON.stringify(letter));
		expect(reasons).toHaveLength(2);
		expect(reasons.join()).toContain('line 2: it is not JSON');
		expect(reasons.join()).toContain('notes.txt');
	});
});
