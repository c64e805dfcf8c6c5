/** Resources of Systems Manager that keep nodes in a state, read from CloudFormation: most of it names things as the API does. */

import type {
	CreateAssociationCommandInput,
	CreateMaintenanceWindowCommandInput,
	CreatePatchBaselineCommandInput,
	CreateResourceDataSyncCommandInput,
	RegisterTargetWithMaintenanceWindowCommandInput,
	RegisterTaskWithMaintenanceWindowCommandInput,
} from '@aws-sdk/client-ssm';
import type { Deployed } from './resources.ts';

/** A resource with the id that the stack knows it by. */
interface Made<T> {
	readonly id: string;
	readonly input: T;
}

export interface StateResources {
	readonly patchBaselines: readonly (Made<CreatePatchBaselineCommandInput> & {
		readonly groups: readonly string[];
		readonly isDefault: boolean;
	})[];
	readonly associations: readonly Made<CreateAssociationCommandInput>[];
	readonly maintenanceWindows: readonly Made<CreateMaintenanceWindowCommandInput>[];
	readonly windowTargets: readonly Made<RegisterTargetWithMaintenanceWindowCommandInput>[];
	readonly windowTasks: readonly Made<RegisterTaskWithMaintenanceWindowCommandInput>[];
	readonly dataSyncs: readonly CreateResourceDataSyncCommandInput[];
	readonly instanceProfiles: readonly { readonly name: string; readonly role: string }[];
	/** Names of the buckets that tell EventBridge of their objects. */
	readonly notifyingBuckets: readonly string[];
}

export function stateResources(ofType: (type: string) => readonly Deployed[]): StateResources {
	return {
		patchBaselines: ofType('AWS::SSM::PatchBaseline').map(({ name, properties: { PatchGroups, DefaultBaseline, ...input } }) => ({
			...made<CreatePatchBaselineCommandInput>(name, input),
			groups: PatchGroups ?? [],
			isDefault: DefaultBaseline === true,
		})),
		associations: ofType('AWS::SSM::Association').map(({ name, properties: { WaitForSuccessTimeoutSeconds, ...input } }) =>
			made<CreateAssociationCommandInput>(name, input),
		),
		maintenanceWindows: ofType('AWS::SSM::MaintenanceWindow').map(({ name, properties }) =>
			made<CreateMaintenanceWindowCommandInput>(name, properties),
		),
		windowTargets: ofType('AWS::SSM::MaintenanceWindowTarget').map(({ name, properties }) =>
			made<RegisterTargetWithMaintenanceWindowCommandInput>(name, properties),
		),
		windowTasks: ofType('AWS::SSM::MaintenanceWindowTask').map(windowTask),
		dataSyncs: ofType('AWS::SSM::ResourceDataSync').map(dataSync),
		instanceProfiles: ofType('AWS::IAM::InstanceProfile').map(({ name, properties }) => ({ name, role: String(properties['Roles']?.[0]) })),
		notifyingBuckets: ofType('AWS::S3::Bucket')
			.filter(({ properties }) => properties['NotificationConfiguration']?.EventBridgeConfiguration?.EventBridgeEnabled === true)
			.map(({ name }) => name),
	};
}

/** CloudFormation names the parameters of a task by its type, and has a payload in base 64. */
function windowTask({ name, properties }: Deployed): Made<RegisterTaskWithMaintenanceWindowCommandInput> {
	const { TaskInvocationParameters: given = {}, ...input } = properties;
	const { MaintenanceWindowRunCommandParameters, MaintenanceWindowAutomationParameters, MaintenanceWindowLambdaParameters } = given;
	const { Payload: payload, ...lambda } = MaintenanceWindowLambdaParameters ?? {};
	const TaskInvocationParameters = {
		...(MaintenanceWindowRunCommandParameters && { RunCommand: MaintenanceWindowRunCommandParameters }),
		...(MaintenanceWindowAutomationParameters && { Automation: MaintenanceWindowAutomationParameters }),
		...(MaintenanceWindowLambdaParameters && {
			Lambda: { ...lambda, ...(payload === undefined ? {} : { Payload: Buffer.from(payload, 'base64') }) },
		}),
	};
	return made(name, { ...input, TaskInvocationParameters });
}

/** CloudFormation takes the destination in a map, or its members beside the name, under names of its own. */
function dataSync({ name, properties }: Deployed): CreateResourceDataSyncCommandInput {
	const { BucketName, BucketRegion: Region, BucketPrefix, KMSKeyArn, SyncFormat } = properties['S3Destination'] ?? properties;
	return {
		SyncName: name,
		...(properties['SyncType'] === undefined ? {} : { SyncType: properties['SyncType'] }),
		S3Destination: {
			BucketName,
			Region,
			SyncFormat,
			...(BucketPrefix === undefined ? {} : { Prefix: BucketPrefix }),
			...(KMSKeyArn === undefined ? {} : { AWSKMSKeyARN: KMSKeyArn }),
		},
	};
}

function made<T>(id: string, input: unknown): Made<T> {
	return { id, input: input as T };
}
