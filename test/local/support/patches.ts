/** A fleet with patches to install, and what runs on it. */

import type { Patching } from '../../../local/aws/ec2-machine.ts';
import type { Fleet } from '../../../local/fleet.ts';
import type { FleetPatch } from '../../../local/fleet-patches.ts';
import { nodeId, type SmallAws, webFleet } from './small-aws.ts';

const SECURITY = { os: 'AMAZON_LINUX_2023', classification: 'Security' } as const;

const PATCHES: readonly FleetPatch[] = [
	{ id: 'bash.x86_64', ...SECURITY, severity: 'Important', released: '2026-01-10' },
	{ id: 'openssl-libs.x86_64', ...SECURITY, severity: 'Critical', released: '2026-02-20', cves: ['CVE-2026-0001', 'CVE-2026-0002'] },
	{ id: 'tzdata.noarch', ...SECURITY, classification: 'Bugfix', severity: 'None', released: '2026-02-01' },
	{ id: 'kernel.x86_64', ...SECURITY, severity: 'Important', released: '2026-03-03' },
];

/** Nodes of the patch group `dev`, which have the first patch. */
export function patchFleet(count: number, patching: Partial<Patching> = {}, changes: Parameters<typeof webFleet>[1] = {}): Fleet {
	const group = {
		tags: { service: 'nginx', PatchGroup: 'dev' },
		bootSeconds: 20,
		registerSeconds: 40,
		patching: { os: 'AMAZON_LINUX_2023', installed: ['bash.x86_64'], ...patching },
	} as const;
	return { ...webFleet(count, changes, group), patches: PATCHES };
}

/** Approves security patches at once, with the level `CRITICAL`, and rejects nothing. Gives its id. */
export function useBaseline(aws: SmallAws, input: object = {}): string {
	const PatchFilterGroup = { PatchFilters: [{ Key: 'CLASSIFICATION', Values: ['Security'] }] };
	const { BaselineId } = aws.call('ssm', 'CreatePatchBaseline', {
		Name: 'dev',
		OperatingSystem: 'AMAZON_LINUX_2023',
		ApprovalRules: { PatchRules: [{ PatchFilterGroup, ComplianceLevel: 'CRITICAL', ApproveAfterDays: 0 }] },
		...input,
	});
	aws.call('ssm', 'RegisterPatchBaselineForPatchGroup', { BaselineId, PatchGroup: 'dev' });
	return BaselineId;
}

/** Runs AWS-RunPatchBaseline on the group's nodes. Gives the command's id. */
export function patch(
	aws: SmallAws,
	Operation: 'Scan' | 'Install',
	parameters: Readonly<Record<string, string[]>> = {},
	input: object = {},
): string {
	return aws.call('ssm', 'SendCommand', {
		DocumentName: 'AWS-RunPatchBaseline',
		Targets: [{ Key: 'tag:PatchGroup', Values: ['dev'] }],
		Parameters: { Operation: [Operation], ...parameters },
		MaxErrors: '100%',
		...input,
	}).Command.CommandId;
}

// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an output.
export function stateOf(aws: SmallAws, number = 1): any {
	return aws.call('ssm', 'DescribeInstancePatchStates', { InstanceIds: [nodeId(number)] }).InstancePatchStates[0];
}

/** What a node has of each patch, by id. */
export function patchesOf(aws: SmallAws, number = 1): Readonly<Record<string, string>> {
	const { Patches } = aws.call('ssm', 'DescribeInstancePatches', { InstanceId: nodeId(number) });
	return Object.fromEntries(Patches.map(({ KBId, State }: { KBId: string; State: string }) => [KBId, State]));
}
