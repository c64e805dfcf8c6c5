import { describe, expect, it } from 'vitest';
import { patch, patchesOf, patchFleet, stateOf, useBaseline } from './support/patches.ts';
import { errorOf, nodeId, type SmallAws, smallAws } from './support/small-aws.ts';

const COMPLIANCE = 'Configuration Compliance State Change';
const invocation = (aws: SmallAws, CommandId: string, number = 1) =>
	aws.call('ssm', 'GetCommandInvocation', { CommandId, InstanceId: nodeId(number), PluginName: 'PatchLinux' });

describe('a scan', () => {
	it('finds what the baseline approves and the node lacks, and installs nothing', async () => {
		const aws = smallAws(patchFleet(1));
		const baseline = useBaseline(aws);
		const id = patch(aws, 'Scan');
		await aws.advance(60);

		expect(invocation(aws, id)).toMatchObject({ Status: 'Success', StandardOutputContent: expect.stringContaining('openssl-libs.x86_64') });
		expect(patchesOf(aws)).toEqual({ 'bash.x86_64': 'INSTALLED', 'openssl-libs.x86_64': 'MISSING' });
		expect(stateOf(aws)).toMatchObject({
			PatchGroup: 'dev',
			BaselineId: baseline,
			Operation: 'Scan',
			InstalledCount: 1,
			MissingCount: 1,
			FailedCount: 0,
			CriticalNonCompliantCount: 1,
			SecurityNonCompliantCount: 1,
			OtherNonCompliantCount: 0,
		});
		expect(stateOf(aws).RebootOption).toBeUndefined();
		expect(aws.details(COMPLIANCE)).toEqual([
			{
				'patch-baseline-id': baseline,
				'compliance-status': 'non_compliant',
				'resource-type': 'managed-instance',
				'resource-id': nodeId(1),
				'compliance-type': 'Patch',
				severity: 'critical',
			},
		]);
	});

	it('knows of no patch before its release, and of one that is not approved only on Windows', async () => {
		const aws = smallAws(patchFleet(1));
		useBaseline(aws);
		patch(aws, 'Scan');
		await aws.advance(24 * 3600);
		expect(patchesOf(aws)).not.toHaveProperty(['kernel.x86_64']);
		patch(aws, 'Scan');
		await aws.advance(60);

		expect(patchesOf(aws)).toMatchObject({ 'kernel.x86_64': 'MISSING' });
		expect(patchesOf(aws)).not.toHaveProperty(['tzdata.noarch']);
	});

	it('tells of a node without a group by the default baseline', async () => {
		const aws = smallAws(patchFleet(1));
		patch(aws, 'Scan');
		await aws.advance(60);

		// Approved seven days after their release.
		expect(patchesOf(aws)).toEqual({ 'bash.x86_64': 'INSTALLED', 'tzdata.noarch': 'MISSING', 'openssl-libs.x86_64': 'MISSING' });
		expect(stateOf(aws)).toMatchObject({
			BaselineId: expect.stringMatching(/^arn:/),
			OtherNonCompliantCount: 1,
			SecurityNonCompliantCount: 1,
		});
	});

	it.each([
		['BLOCK', 'INSTALLED_REJECTED', 'non_compliant'],
		['ALLOW_AS_DEPENDENCY', 'INSTALLED_OTHER', 'compliant'],
	])('finds what is installed and rejected (%s) to be %s', async (RejectedPatchesAction, state, status) => {
		const aws = smallAws(patchFleet(1, { installed: ['bash.x86_64', 'openssl-libs.x86_64'] }));
		useBaseline(aws, { RejectedPatches: ['bash*'], RejectedPatchesAction });
		patch(aws, 'Scan');
		await aws.advance(60);

		expect(patchesOf(aws)['bash.x86_64']).toBe(state);
		expect(aws.details(COMPLIANCE).map((detail) => detail['compliance-status'])).toEqual([status]);
	});

	it('of the same snapshot finds the same, whatever was released or approved meanwhile', async () => {
		const aws = smallAws(patchFleet(2));
		useBaseline(aws, { ApprovalRules: { PatchRules: [] }, ApprovedPatches: ['openssl*'] });
		const SnapshotId = ['01234567-0123-4123-8123-0123456789ab'];
		patch(aws, 'Scan', { SnapshotId });
		await aws.advance(24 * 3600);
		patch(aws, 'Scan', { SnapshotId });
		await aws.advance(60);

		expect(stateOf(aws)).toMatchObject({ SnapshotId: SnapshotId[0], MissingCount: 1 });
	});
});

describe('an installation', () => {
	it('installs, restarts the node, and reports from the other side', async () => {
		const aws = smallAws(patchFleet(1));
		useBaseline(aws);
		const id = patch(aws, 'Install');

		// 5 seconds to look, 10 to install, then a restart of a minute.
		await aws.advance(18);
		expect(patchesOf(aws)['openssl-libs.x86_64']).toBe('INSTALLED_PENDING_REBOOT');
		expect(invocation(aws, id).Status).toBe('InProgress');
		await aws.advance(90);

		expect(invocation(aws, id)).toMatchObject({ Status: 'Success', ResponseCode: 0, ExecutionElapsedTime: 'PT80S' });
		expect(patchesOf(aws)['openssl-libs.x86_64']).toBe('INSTALLED');
		expect(aws.ec2.instance(nodeId(1))?.boots).toBe(1);
		expect(stateOf(aws)).toMatchObject({ Operation: 'Install', RebootOption: 'RebootIfNeeded', InstalledCount: 2, MissingCount: 0 });
		expect(aws.details(COMPLIANCE).map((detail) => detail['compliance-status'])).toEqual(['non_compliant', 'compliant']);
	});

	it('reports as well where timers are late, as those of real time are', async () => {
		const aws = smallAws(patchFleet(1));
		const after = aws.clock.after.bind(aws.clock);
		aws.clock.after = (delayMs, what) => after(delayMs + 3, what);
		useBaseline(aws);
		patch(aws, 'Install');
		await aws.advance(120);

		expect(stateOf(aws)).toMatchObject({ InstalledCount: 2, InstalledPendingRebootCount: 0 });
	});

	it('without a reboot leaves the node pending until a restart and a scan', async () => {
		const aws = smallAws(patchFleet(1));
		useBaseline(aws);
		patch(aws, 'Install', { RebootOption: ['NoReboot'] });
		await aws.advance(60);
		expect(stateOf(aws)).toMatchObject({ InstalledPendingRebootCount: 1, CriticalNonCompliantCount: 1, RebootOption: 'NoReboot' });
		expect(stateOf(aws).LastNoRebootInstallOperationTime).toBeInstanceOf(Date);

		aws.ec2.reboot(nodeId(1));
		await aws.advance(60);
		expect(stateOf(aws).InstalledPendingRebootCount).toBe(1);
		patch(aws, 'Scan');
		await aws.advance(60);

		expect(stateOf(aws)).toMatchObject({ InstalledPendingRebootCount: 0, InstalledCount: 2 });
	});

	it('has nothing to do, and does not restart, where nothing is missing', async () => {
		const aws = smallAws(patchFleet(1, { installed: ['bash.x86_64', 'openssl-libs.x86_64'] }));
		useBaseline(aws);
		const id = patch(aws, 'Install');
		await aws.advance(30);

		expect(invocation(aws, id)).toMatchObject({ Status: 'Success', ExecutionElapsedTime: 'PT5S' });
		expect(aws.ec2.instance(nodeId(1))?.boots).toBe(0);
	});

	it('fails with a patch that cannot be installed', async () => {
		const aws = smallAws(patchFleet(1, { failing: ['openssl-libs.x86_64'] }));
		useBaseline(aws);
		const id = patch(aws, 'Install');
		await aws.advance(60);

		expect(invocation(aws, id)).toMatchObject({
			Status: 'Failed',
			ResponseCode: 1,
			StandardErrorContent: expect.stringContaining('openssl'),
		});
		expect(stateOf(aws)).toMatchObject({ FailedCount: 1, MissingCount: 0, CriticalNonCompliantCount: 1 });
		expect(patchesOf(aws)['openssl-libs.x86_64']).toBe('FAILED');
	});

	it('never ends on a node that does not come back: its command times out', async () => {
		const aws = smallAws(patchFleet(2, {}, { 0: { patching: { comesBack: false } } }));
		useBaseline(aws);
		const id = patch(aws, 'Install', { StepTimeoutSeconds: ['600'] }, { TimeoutSeconds: 600 });

		await aws.advance(600);
		expect(invocation(aws, id).Status).toBe('InProgress');
		expect(invocation(aws, id, 2).Status).toBe('Success');
		expect(stateOf(aws).InstalledPendingRebootCount).toBe(1);
		const { InstanceInformationList } = aws.call('ssm', 'DescribeInstanceInformation');
		expect(InstanceInformationList.map(({ PingStatus }: { PingStatus: string }) => PingStatus)).toEqual(['ConnectionLost', 'Online']);
		await aws.advance(601);

		expect(invocation(aws, id)).toMatchObject({ Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut' });
		expect(aws.ec2.instance(nodeId(1))?.state).toBe('running');
	});

	it('changes nothing once it is cancelled, or where its script fails', async () => {
		const failing = { behaviours: { 'AWS-RunPatchBaseline': { exitCode: 1, stderr: 'another yum is running' } } };
		const aws = smallAws(patchFleet(2, { secondsPerPatch: 100 }, { 1: failing }));
		useBaseline(aws);
		const id = patch(aws, 'Install');
		await aws.advance(30);
		aws.call('ssm', 'CancelCommand', { CommandId: id });
		await aws.advance(300);

		expect(invocation(aws, id).Status).toBe('Cancelled');
		expect(invocation(aws, id, 2)).toMatchObject({ Status: 'Failed', StandardErrorContent: expect.stringContaining('another yum') });
		expect([stateOf(aws, 1), stateOf(aws, 2)]).toEqual([undefined, undefined]);
	});
});

describe('a step timeout', () => {
	it('ends the operation before it has done anything', async () => {
		const aws = smallAws(patchFleet(1, { secondsPerPatch: 100 }));
		useBaseline(aws);
		const id = patch(aws, 'Install', { StepTimeoutSeconds: ['60'] });
		await aws.advance(300);

		expect(invocation(aws, id)).toMatchObject({ Status: 'TimedOut', StatusDetails: 'ExecutionTimedOut' });
		expect(stateOf(aws)).toBeUndefined();
	});
});

describe('AWS-RunPatchBaseline refuses', () => {
	it.each([
		['no operation', {}],
		['an unknown one', { Operation: ['Remove'] }],
		['an override list with quotes in its name', { Operation: ['Scan'], InstallOverrideList: ['s3://bucket/a"b'] }],
		['a step of 36,001 seconds', { Operation: ['Scan'], StepTimeoutSeconds: ['36001'] }],
	])('%s', (_, Parameters) => {
		const aws = smallAws(patchFleet(1));
		const send = () => aws.call('ssm', 'SendCommand', { DocumentName: 'AWS-RunPatchBaseline', InstanceIds: [nodeId(1)], Parameters });

		expect(errorOf(send).code).toBe('InvalidParameters');
	});

	it('what the local AWS does not have, on the node', async () => {
		const aws = smallAws(patchFleet(1));
		const id = patch(aws, 'Install', { InstallOverrideList: ['s3://bucket/list.yaml'] });
		await aws.advance(30);

		expect(invocation(aws, id).StandardErrorContent).toContain('does not implement InstallOverrideList');
	});
});
