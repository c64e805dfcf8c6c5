/** Systems Manager: maintenance windows, patches, associations, compliance (Service Authorization Reference). */

import type {
	CancelMaintenanceWindowExecutionCommandInput,
	CreateAssociationCommandInput,
	CreateMaintenanceWindowCommandInput,
	CreatePatchBaselineCommandInput,
	GetDefaultPatchBaselineCommandInput,
	RegisterTaskWithMaintenanceWindowCommandInput,
	StartAssociationsOnceCommandInput,
	UpdateAssociationCommandInput,
} from '@aws-sdk/client-ssm';
import { ANYTHING, type Need, type Needs, onAnything, type Site, tagContext } from '../need.ts';
import { documentArn, nodeArn, nodeTags, passRole } from './ssm.ts';

type Input = Readonly<Record<string, unknown>>;

/** For operations on resources, each named by a member of the input. */
const onEach =
	(operation: string, kinds: Readonly<Record<string, string>>) =>
	(input: Input, { arn }: Site): Need[] => {
		const resources = Object.entries(kinds).flatMap(([kind, member]) => {
			const id = String(input[member] ?? '');
			return id.startsWith('arn:') ? [id] : [arn('ssm', `${kind}/${id}`)];
		});
		return [{ action: `ssm:${operation}`, resources }];
	};

function all(operations: readonly string[], kinds: Readonly<Record<string, string>>): Needs {
	return Object.fromEntries(operations.map((operation) => [operation, onEach(operation, kinds)]));
}

const onNodes =
	(operation: string) =>
	({ InstanceId: one, InstanceIds: many = [] }: { InstanceId?: string; InstanceIds?: readonly string[] }, site: Site): Need[] => {
		const ids = one === undefined ? many : [one];
		return [{ action: `ssm:${operation}`, resources: ids.map((id) => nodeArn(id, site)), context: () => nodeTags(ids, site) }];
	};

const creating =
	(operation: string) =>
	({ Tags: tags = [] }: CreateMaintenanceWindowCommandInput | CreatePatchBaselineCommandInput): Need[] => [
		{ action: `ssm:${operation}`, resources: ANYTHING, context: () => tagContext(tags) },
	];

/** Who registers a task in a role passes it on to Systems Manager. */
const withTask =
	(operation: string, kinds: Readonly<Record<string, string>>) =>
	(input: RegisterTaskWithMaintenanceWindowCommandInput, site: Site): Need[] => [
		...onEach(operation, kinds)(input as unknown as Input, site),
		...(input.ServiceRoleArn === undefined ? [] : [passRole(input.ServiceRoleArn)]),
	];

function associate(
	operation: string,
	association: string,
	input: CreateAssociationCommandInput | UpdateAssociationCommandInput,
	site: Site,
): Need[] {
	const { Name: document, Targets: targets = [], AssociationDispatchAssumeRole: role } = input;
	const named = targets.flatMap(({ Key: key, Values: values = [] }) => (key === 'InstanceIds' ? values : []));
	const ids = named.filter((id) => id !== '*');
	const tags = 'Tags' in input ? (input.Tags ?? []) : [];
	const context = () => ({ ...nodeTags(ids, site), ...tagContext(tags) });
	const resources = [
		site.arn('ssm', `association/${association}`),
		...(document === undefined ? [] : [documentArn(document, site)]),
		...ids.map((id) => nodeArn(id, site)),
	];
	return [{ action: `ssm:${operation}`, resources, context }, ...(role === undefined ? [] : [passRole(role)])];
}

const WINDOW = { maintenancewindow: 'WindowId' } as const;
const TARGET = { ...WINDOW, windowtarget: 'WindowTargetId' } as const;
const TASK = { ...WINDOW, windowtask: 'WindowTaskId' } as const;
const BASELINE = { patchbaseline: 'BaselineId' } as const;
const ASSOCIATION = { association: 'AssociationId' } as const;

export const NODE_STATE_NEEDS: Needs = {
	...onAnything('ssm', [
		'DescribeInstancePatchStatesForPatchGroup',
		'DescribeMaintenanceWindowExecutionTaskInvocations',
		'DescribeMaintenanceWindowExecutionTasks',
		'DescribeMaintenanceWindowSchedule',
		'DescribeMaintenanceWindows',
		'DescribeMaintenanceWindowsForTarget',
		'DescribePatchBaselines',
		'DescribePatchGroupState',
		'DescribePatchGroups',
		'GetInventory',
		'GetMaintenanceWindowExecution',
		'GetMaintenanceWindowExecutionTask',
		'GetMaintenanceWindowExecutionTaskInvocation',
		'GetPatchBaselineForPatchGroup',
		'ListAssociations',
		'ListComplianceItems',
		'ListComplianceSummaries',
		'ListInventoryEntries',
		'ListResourceComplianceSummaries',
	]),
	...all(
		[
			'DeleteMaintenanceWindow',
			'DescribeMaintenanceWindowExecutions',
			'DescribeMaintenanceWindowTargets',
			'DescribeMaintenanceWindowTasks',
			'GetMaintenanceWindow',
			'GetMaintenanceWindowTask',
			'RegisterTargetWithMaintenanceWindow',
			'UpdateMaintenanceWindow',
		],
		WINDOW,
	),
	...all(['DeregisterTargetFromMaintenanceWindow', 'UpdateMaintenanceWindowTarget'], TARGET),
	...all(['DeregisterTaskFromMaintenanceWindow'], TASK),
	...all(
		[
			'DeletePatchBaseline',
			'DeregisterPatchBaselineForPatchGroup',
			'DescribeEffectivePatchesForPatchBaseline',
			'GetPatchBaseline',
			'RegisterDefaultPatchBaseline',
			'RegisterPatchBaselineForPatchGroup',
			'UpdatePatchBaseline',
		],
		BASELINE,
	),
	...all(
		[
			'DeleteAssociation',
			'DescribeAssociation',
			'DescribeAssociationExecutionTargets',
			'DescribeAssociationExecutions',
			'ListAssociationVersions',
		],
		ASSOCIATION,
	),
	...Object.fromEntries(
		[
			'DescribeEffectiveInstanceAssociations',
			'DescribeInstanceAssociationsStatus',
			'DescribeInstancePatchStates',
			'DescribeInstancePatches',
		].map((operation) => [operation, onNodes(operation)]),
	),
	/** The window of an execution is not in the call. */
	CancelMaintenanceWindowExecution: (_: CancelMaintenanceWindowExecutionCommandInput, { arn }) => [
		{ action: 'ssm:CancelMaintenanceWindowExecution', resources: [arn('ssm', 'maintenancewindow/*')] },
	],
	CreateAssociation: (input: CreateAssociationCommandInput, site) => associate('CreateAssociation', '*', input, site),
	CreateMaintenanceWindow: creating('CreateMaintenanceWindow'),
	CreatePatchBaseline: creating('CreatePatchBaseline'),
	/** IAM is asked before anybody knows which one it is. */
	GetDefaultPatchBaseline: (_: GetDefaultPatchBaselineCommandInput, { arn }) => [
		{ action: 'ssm:GetDefaultPatchBaseline', resources: [arn('ssm', 'patchbaseline/*')] },
	],
	PutComplianceItems: ({ ResourceId: id }: { ResourceId: string }, site) => [
		{ action: 'ssm:PutComplianceItems', resources: [nodeArn(id, site)] },
	],
	RegisterTaskWithMaintenanceWindow: withTask('RegisterTaskWithMaintenanceWindow', WINDOW),
	StartAssociationsOnce: ({ AssociationIds: ids = [] }: StartAssociationsOnceCommandInput, { arn }) => [
		{ action: 'ssm:StartAssociationsOnce', resources: ids.map((id) => arn('ssm', `association/${id}`)) },
	],
	UpdateAssociation: (input: UpdateAssociationCommandInput, site) => associate('UpdateAssociation', input.AssociationId ?? '', input, site),
	UpdateMaintenanceWindowTask: withTask('UpdateMaintenanceWindowTask', TASK),
};
