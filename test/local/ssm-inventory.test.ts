import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../local/fleet.ts';
import { errorOf, nodeId, START_AT, smallAws } from './support/small-aws.ts';

const FLEET = parseFleet(`
groups:
  - name: web
    min: 0
    max: 5
    tags: { service: nginx }
    applications:
      - { name: nginx, version: 1.24.0, release: 1.amzn2023, publisher: Amazon Linux, packageId: nginx-1.24.0-1.amzn2023.src.rpm }
      - { name: telnet, version: '0.17', release: 85.amzn2023, publisher: Amazon Linux }
    behaviours: { AWS-RunShellScript: { removes: telnet, durationSeconds: 2 } }
    nodes:
      - { id: ${nodeId(1)} }
      - { id: ${nodeId(2)}, applications: [{ name: openssl, version: 3.0.7, release: 1.amzn2023, epoch: '1' }] }
      - { id: ${nodeId(3)}, agentVersion: 3.1.0.0, tags: { service: db } }
`);

type Aws = ReturnType<typeof smallAws>;

const GATHER = { Name: 'AWS-GatherSoftwareInventory', Targets: [{ Key: 'tag:service', Values: ['nginx'] }] };

/** A fleet whose web nodes have been looked at once. */
async function gathered(): Promise<Aws> {
	const aws = smallAws(FLEET);
	aws.call('ssm', 'CreateAssociation', { ...GATHER, ScheduleExpression: 'rate(30 minutes)' });
	await aws.advance(60);
	return aws;
}

/** The names of what GetInventory says is installed, by node. */
function installed(aws: Aws, input: object = {}): Record<string, string[]> {
	const { Entities } = aws.call('ssm', 'GetInventory', { ResultAttributes: [{ TypeName: 'AWS:Application' }], ...input });
	// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an output.
	const names = (entity: any) => (entity.Data['AWS:Application']?.Content ?? []).map(({ Name }: { Name: string }) => Name);
	return Object.fromEntries(Entities.map((entity: { Id: string }) => [entity.Id, names(entity)]));
}

const ids = (output: { Entities: { Id: string }[] }) => output.Entities.map(({ Id }) => Id);

const RACK = { TypeName: 'Custom:Rack', SchemaVersion: '1.0', CaptureTime: '2026-03-02T09:00:00Z', Content: [{ Rack: 'A1' }] };
const putRack = (aws: Aws, number: number, changes: object = {}) =>
	aws.call('ssm', 'PutInventory', { InstanceId: nodeId(number), Items: [{ ...RACK, ...changes }] });

describe('Inventory', () => {
	it('is gathered by an association, from the nodes that it targets', async () => {
		const aws = await gathered();

		expect(installed(aws)).toEqual({
			[nodeId(1)]: ['nginx', 'telnet'],
			[nodeId(2)]: ['nginx', 'openssl', 'telnet'],
			[nodeId(3)]: [],
		});
		const list = aws.call('ssm', 'ListInventoryEntries', {
			InstanceId: nodeId(2),
			TypeName: 'AWS:Application',
			Filters: [{ Key: 'AWS:Application.Name', Values: ['open'], Type: 'BeginWith' }],
		});
		expect(list).toMatchObject({
			TypeName: 'AWS:Application',
			SchemaVersion: '1.1',
			CaptureTime: expect.stringMatching(/^2026-03-02T09:00:\d\dZ$/),
			Entries: [{ Name: 'openssl', Version: '3.0.7', Release: '1.amzn2023', Epoch: '1', Architecture: 'x86_64' }],
		});
	});

	it('shows what a script has made of the software when it is gathered again', async () => {
		const aws = await gathered();
		aws.call('ssm', 'SendCommand', { DocumentName: 'AWS-RunShellScript', InstanceIds: [nodeId(1)], Parameters: { commands: ['true'] } });
		await aws.advance(60);
		const before = installed(aws)[nodeId(1)];
		await aws.advance(1_800);

		expect(before).toEqual(['nginx', 'telnet']);
		expect(installed(aws)[nodeId(1)]).toEqual(['nginx']);
	});

	it('is gathered for one association of a node alone: a second fails there, and so does a command', async () => {
		const aws = await gathered();
		const { AssociationDescription } = aws.call('ssm', 'CreateAssociation', {
			...GATHER,
			Targets: [{ Key: 'InstanceIds', Values: ['*'] }],
		});
		aws.call('ssm', 'SendCommand', { DocumentName: GATHER.Name, InstanceIds: [nodeId(3)] });
		await aws.advance(60);

		const { Associations } = { Associations: aws.ssm.stateManager.associations() };
		const second = Associations.find(({ id }) => id === AssociationDescription.AssociationId);
		expect([...(second?.states.values() ?? [])].map(({ nodeId: id, status }) => [id, status])).toEqual([
			[nodeId(1), 'Failed'],
			[nodeId(2), 'Failed'],
			[nodeId(3), 'Success'],
		]);
		expect(second?.states.get(nodeId(1))?.run?.plugins[0]?.stderr).toContain(`IDs: ${Associations[0]?.id} and ${second?.id}`);
		expect(aws.ssm.commands()[0]?.status).toBe('Failed');
	});

	it('is found by filters: of one type, one entry has to meet them all', async () => {
		const aws = await gathered();
		const find = (...Filters: object[]) => ids(aws.call('ssm', 'GetInventory', { Filters }));
		const name = (...Values: string[]) => ({ Key: 'AWS:Application.Name', Values });

		expect(find(name('openssl'))).toEqual([nodeId(2)]);
		expect(find(name('nginx'), { Key: 'AWS:Application.Version', Values: ['3.0.7'] })).toEqual([]);
		expect(find(name('nginx'), { Key: 'AWS:InstanceInformation.InstanceId', Values: [nodeId(1)] })).toEqual([nodeId(1)]);
		expect(find({ Key: 'AWS:InstanceInformation.AgentVersion', Values: ['3.1.0.0'] })).toEqual([nodeId(3)]);
		expect(errorOf(() => find({ Key: 'AWS:Application.Colour', Values: ['red'] })).code).toBe('InvalidFilter');
		expect(errorOf(() => aws.call('ssm', 'GetInventory', { ResultAttributes: [{ TypeName: 'AWS:Service' }] })).code).toBe(
			'UnknownOperationException',
		);
	});

	it('is counted by aggregators and groups', async () => {
		const aws = await gathered();
		const count = (...Aggregators: object[]) => aws.call('ssm', 'GetInventory', { Aggregators }).Entities;

		const versions = { Expression: 'AWS:Application.Version' };
		expect(count({ Expression: 'AWS:Application.Name', Aggregators: [versions] })[0].Data['AWS:Application'].Content).toEqual([
			{ Name: 'nginx', Version: '1.24.0', Count: '2' },
			{ Name: 'openssl', Version: '3.0.7', Count: '1' },
			{ Name: 'telnet', Version: '0.17', Count: '2' },
		]);
		expect(
			count({ Expression: 'AWS:InstanceInformation.PlatformType', Aggregators: [{ Expression: 'AWS:Tag.Key' }] })[0].Data,
		).toMatchObject({
			'AWS:InstanceInformation': {
				Content: [
					{ PlatformType: 'Linux', Key: 'aws:autoscaling:groupName', Count: '3' },
					{ PlatformType: 'Linux', Key: 'service', Count: '3' },
				],
			},
		});
		expect(errorOf(() => count({ Expression: 'Name' })).code).toBe('InvalidAggregatorException');
		const Filters = [{ Key: 'AWS:Application.Name', Values: ['telnet'] }];
		expect(count({ Groups: [{ Name: 'Forbidden', Filters }] })[0].Data.Forbidden.Content).toEqual([
			{ matchingCount: '2' },
			{ notMatchingCount: '1' },
		]);
	});

	it('says of every node what it is, and whether it answers', async () => {
		const aws = smallAws(FLEET);
		aws.ssm.setAgent(nodeId(2), 'lost');
		await aws.advance(600);
		aws.ec2.stop(nodeId(3));
		await aws.advance(20);

		const { Entities } = aws.call('ssm', 'GetInventory');
		// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an output.
		expect(Entities.map(({ Data }: any) => Data['AWS:InstanceInformation'].Content[0].InstanceStatus)).toEqual([
			'Active',
			'ConnectionLost',
			'Stopped',
		]);
	});

	it('takes what others put, and refuses what is not in the schema', async () => {
		const aws = smallAws(FLEET);
		putRack(aws, 1);
		const Application = { ...RACK, TypeName: 'AWS:Application', SchemaVersion: '1.1' };

		expect(aws.call('ssm', 'ListInventoryEntries', { InstanceId: nodeId(1), TypeName: 'Custom:Rack' }).Entries).toEqual([{ Rack: 'A1' }]);
		const { Schemas } = aws.call('ssm', 'GetInventorySchema', { TypeName: 'Custom:Rack' });
		expect(Schemas).toEqual([{ TypeName: 'Custom:Rack', Version: '1.0', Attributes: [{ Name: 'Rack', DataType: 'string' }] }]);
		expect(errorOf(() => putRack(aws, 1, Application)).code).toBe('InvalidItemContentException');
		expect(errorOf(() => putRack(aws, 1, { ...Application, SchemaVersion: '7.0' })).code).toBe(
			'UnsupportedInventorySchemaVersionException',
		);
		expect(errorOf(() => putRack(aws, 1, { TypeName: 'Rack' })).code).toBe('InvalidTypeNameException');
		expect(errorOf(() => putRack(aws, 1, { CaptureTime: 'today' })).code).toBe('ValidationException');
		expect(errorOf(() => putRack(aws, 1, { Content: undefined, ContentHash: 'other' })).code).toBe('ItemContentMismatchException');
		expect(errorOf(() => putRack(aws, 9)).code).toBe('InvalidInstanceId');
	});

	it('of a custom type is deleted with an event for each node and one for all, and kept out where that is asked for', () => {
		const aws = smallAws(FLEET);
		putRack(aws, 1);
		putRack(aws, 2);
		const remove = (input: object = {}) => aws.call('ssm', 'DeleteInventory', { TypeName: 'Custom:Rack', ...input });
		const dry = remove({ DryRun: true });
		const { DeletionId, DeletionSummary } = remove({ SchemaDeleteOption: 'DisableSchema' });

		expect(dry.DeletionId).toBeUndefined();
		expect(DeletionSummary).toMatchObject({ TotalCount: 2, RemainingCount: 2, SummaryItems: [{ Version: '1.0', Count: 2 }] });
		expect(aws.details('Inventory Resource State Change').map(({ action, 'resource-id': id }) => [action, id])).toEqual([
			['delete', nodeId(1)],
			['delete', nodeId(2)],
			['delete-summary', ''],
		]);
		expect(aws.call('ssm', 'DescribeInventoryDeletions', { DeletionId }).InventoryDeletions).toMatchObject([
			{ LastStatus: 'Complete', DeletionStartTime: new Date(START_AT), DeletionSummary: { RemainingCount: 0 } },
		]);
		expect(errorOf(() => putRack(aws, 1)).code).toBe('UnsupportedInventorySchemaVersionException');
		expect(aws.details('Inventory Resource State Change').at(-1)).toMatchObject({ action: 'put', 'action-status': 'failed' });
		putRack(aws, 1, { SchemaVersion: '1.1' });
		expect(errorOf(() => aws.call('ssm', 'DeleteInventory', { TypeName: 'AWS:Application' })).code).toBe('InvalidTypeNameException');
	});
});

describe("the agent's version", () => {
	it('is the latest after AWS-UpdateSSMAgent, which does not put back an older one unasked', async () => {
		const aws = smallAws(FLEET);
		const version = () => aws.call('ssm', 'DescribeInstanceInformation', { Filters: [{ Key: 'InstanceIds', Values: [nodeId(3)] }] });
		const update = (Parameters: object = {}) =>
			aws.call('ssm', 'SendCommand', { DocumentName: 'AWS-UpdateSSMAgent', InstanceIds: [nodeId(3)], Parameters });
		const before = version().InstanceInformationList;
		update();
		await aws.advance(60);
		const after = version().InstanceInformationList;
		update({ version: ['3.0.0.0'] });
		await aws.advance(60);

		expect(before).toMatchObject([{ AgentVersion: '3.1.0.0', IsLatestVersion: false }]);
		expect(after).toMatchObject([{ AgentVersion: '3.3.987.0', IsLatestVersion: true }]);
		expect(aws.ssm.commands()[0]?.status).toBe('Failed');
		expect(version().InstanceInformationList).toEqual([expect.objectContaining({ AgentVersion: '3.3.987.0' })]);
	});
});
