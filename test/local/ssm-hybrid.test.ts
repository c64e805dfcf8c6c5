import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../local/fleet.ts';
import { associate, describeOne } from './support/associations.ts';
import { errorOf, nodeId, smallAws } from './support/small-aws.ts';

const MACHINE = 'mi-00000000000000001';
const LOST = 'mi-00000000000000002';
const ARN = `arn:aws:ssm:eu-west-1:111122223333:managed-instance/${MACHINE}`;

const FLEET = parseFleet(`
groups:
  - name: web
    min: 0
    max: 3
    tags: { service: nginx, PatchGroup: dev }
    nodes: [{ id: ${nodeId(1)} }]
machines:
  - id: ${MACHINE}
    name: till-7
    tags: { service: nginx, PatchGroup: dev }
    patching: { os: UBUNTU, restartSeconds: 30 }
  - { id: ${LOST}, name: till-8, agent: lost, silentDays: 40, tags: { service: till } }
patches:
  - { id: openssl, os: UBUNTU, classification: Security, severity: High, priority: Required, released: '2026-03-01' }
resourceGroups:
  - { name: web, tags: { service: nginx } }
`);

describe('a machine on premises', () => {
	it('is a managed node beside those of EC2', () => {
		const aws = smallAws(FLEET);
		const listed = (...Filters: object[]) => aws.call('ssm', 'DescribeInstanceInformation', { Filters }).InstanceInformationList;

		expect(listed({ Key: 'ResourceType', Values: ['ManagedInstance'] })).toMatchObject([
			{ InstanceId: MACHINE, ResourceType: 'ManagedInstance', Name: 'till-7', PlatformName: 'Ubuntu', PingStatus: 'Online' },
			{ InstanceId: LOST, PingStatus: 'ConnectionLost', LastPingDateTime: new Date(aws.clock.now() - 40 * 86_400_000) },
		]);
		expect(listed({ Key: 'tag:service', Values: ['nginx'] })).toHaveLength(2);
	});

	it('is heard of no more once it is deregistered, whatever it had yet to do', async () => {
		const aws = smallAws(FLEET);
		const Targets = [{ Key: 'InstanceIds', Values: ['*'] }];
		const id = associate(aws, { Targets });
		await aws.advance(60);
		expect(describeOne(aws, id).Overview.AssociationStatusAggregatedCount).toMatchObject({ Pending: 1 });
		aws.call('ssm', 'DeregisterManagedInstance', { InstanceId: LOST });
		const before = aws.events.length;
		aws.call('ssm', 'StartAssociationsOnce', { AssociationIds: [id] });
		await aws.advance(60);

		const heard = aws.events.slice(before).filter(({ detail }) => detail['instance-id'] === LOST);
		expect(heard).toEqual([]);
	});

	it('runs commands, and is known in events by its own ARN', async () => {
		const aws = smallAws(FLEET);
		const Targets = [{ Key: 'resource-groups:Name', Values: ['web'] }];
		const run = { DocumentName: 'AWS-RunShellScript', Parameters: { commands: ['true'] } };
		aws.call('ssm', 'SendCommand', { ...run, Targets, MaxErrors: '100%' });
		await aws.advance(60);

		const invocations = aws.events.filter(({ detailType }) => detailType.startsWith('EC2 Command Invocation'));
		const succeeded = invocations.filter(({ detail }) => detail['status'] === 'Success').flatMap(({ resources }) => resources);
		expect(succeeded).toEqual([`arn:aws:ec2:eu-west-1:111122223333:instance/${nodeId(1)}`, ARN]);
	});

	it('is patched like any other, and restarts by itself', async () => {
		const aws = smallAws(FLEET);
		aws.call('ssm', 'SendCommand', {
			DocumentName: 'AWS-RunPatchBaseline',
			InstanceIds: [MACHINE],
			Parameters: { Operation: ['Install'] },
		});
		await aws.advance(30);
		expect(aws.ssm.patchManager.report(MACHINE)?.findings).toMatchObject([{ state: 'INSTALLED_PENDING_REBOOT' }]);
		await aws.advance(60);

		expect(aws.ssm.patchManager.report(MACHINE)?.findings).toMatchObject([{ state: 'INSTALLED' }]);
		const { InstancePatchStates } = aws.call('ssm', 'DescribeInstancePatchStatesForPatchGroup', { PatchGroup: 'dev' });
		expect(InstancePatchStates).toMatchObject([{ InstanceId: MACHINE, InstalledCount: 1 }]);
		expect(aws.ssm.commands()[0]?.status).toBe('Success');
	});

	it('has tags of its own', () => {
		const aws = smallAws(FLEET);
		const resource = { ResourceType: 'ManagedInstance', ResourceId: MACHINE };
		aws.call('ssm', 'AddTagsToResource', { ...resource, Tags: [{ Key: 'site', Value: 'berlin' }] });

		const { ResourceTagMappingList } = aws.call('resourcegroupstaggingapi', 'GetResources', { TagFilters: [{ Key: 'site' }] });
		expect(ResourceTagMappingList.map(({ ResourceARN }: { ResourceARN: string }) => ResourceARN)).toEqual([ARN]);
		expect(errorOf(() => aws.call('ssm', 'ListTagsForResource', { ...resource, ResourceId: nodeId(1) })).code).toBe('InvalidResourceId');
	});
});
