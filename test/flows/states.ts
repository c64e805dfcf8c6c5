/** Associations, and what Systems Manager finds of nodes, in a world of its own. */

import { type CreateAssociationCommandInput, PutComplianceItemsCommand } from '@aws-sdk/client-ssm';
import type { BusEvent } from '../../local/aws/eventbridge.ts';
import type { FleetGroup } from '../../local/fleet.ts';
import { begin, type Flow, type Setup } from './support.ts';

export const AGENTS = 'fleetkeeper-local-agents';
const ID = '3c1d7e52-08fa-4b6e-9a41-5d2f6b7c8e90';
export const isOfAssociation = ({ 'detail-type': type }: BusEvent) => type.includes('State Manager');
export const isCompliance = ({ 'detail-type': type }: BusEvent) => type === 'Configuration Compliance State Change';

/** The `n`th node of a patch group, from 1. */
export const node = (group: string, n: number) => `i-0${{ prod: 'a', test: 'b' }[group] ?? 'c'}${String(n).padStart(15, '0')}`;

/** Nodes of a patch group, on which scripts succeed. */
const patchGroup = (name: string, count: number): FleetGroup => ({
	name: `nodes-${name}`,
	min: 0,
	max: 100,
	tags: { PatchGroup: name },
	behaviours: {},
	hooks: [],
	nodes: Array.from({ length: count }, (_, n) => ({ id: node(name, n + 1) })),
});

export const withGroups = (groups: Readonly<Record<string, number>>, setup: Setup = {}): Promise<Flow> =>
	begin({ upkeep: true, nodes: 0, groups: Object.entries(groups).map(([name, count]) => patchGroup(name, count)), ...setup });

/** From now on, whether scripts fail on a node. */
export function fails(flow: Flow, id: string, is: boolean): void {
	flow.world.services.ssm.behave(id, { 'AWS-RunShellScript': { exitCode: is ? 3 : 0, durationSeconds: 5 } });
}

/** Associates the nodes of patch group prod with a script, every half hour. */
export async function associate(flow: Flow, input: Partial<CreateAssociationCommandInput> = {}, id = ID): Promise<void> {
	await flow.world.run(async () =>
		flow.world.services.ssm.stateManager.addAssociation(id, {
			Name: 'AWS-RunShellScript',
			AssociationName: AGENTS,
			Parameters: { commands: ['true'] },
			Targets: [{ Key: 'tag:PatchGroup', Values: ['prod'] }],
			ScheduleExpression: 'rate(1 day)',
			OutputLocation: { S3Location: { OutputS3BucketName: 'state-output', OutputS3KeyPrefix: 'agents' } },
			...input,
		}),
	);
}

/** A scan finds nodes compliant, or not. */
export async function scan(flow: Flow, is: 'COMPLIANT' | 'NON_COMPLIANT', ...ids: readonly string[]): Promise<void> {
	await flow.people(async ({ ssm }) => {
		for (const ResourceId of ids) {
			await ssm.send(
				new PutComplianceItemsCommand({
					ResourceId,
					ResourceType: 'ManagedInstance',
					ComplianceType: 'Patch',
					ExecutionSummary: { ExecutionTime: new Date(flow.now) },
					Items: [{ Id: 'openssl', Title: 'openssl', Severity: 'CRITICAL', Status: is }],
				}),
			);
		}
	});
}

/** OpsItems by title, with their status and data. */
export const items = (flow: Flow) =>
	flow.world.services.ssm.opsItems().map(({ title, status, severity, data }) => ({
		title,
		status,
		severity,
		data: Object.fromEntries([...data].map(([key, { Value }]) => [key, Value])),
	}));

/** Ids of the nodes of each command that applied an association again. */
export const refreshes = (flow: Flow) =>
	flow
		.calls('SendCommand')
		.filter(({ error }) => error === undefined || error === 'ReplyLost')
		.map(({ input }) => (input['Targets'] as [{ Values: string[] }])[0].Values);
