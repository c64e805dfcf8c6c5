/**
 * What CloudFormation does with resources of each type, and nothing tries here: by the `handlers` of the types' schemas in CloudFormation's
 * registry, as far as they concern properties that the template has. All resources get the stack's tag. What may hold data is created
 * and changed here, not deleted.
 */

/** What CloudFormation does with resources of one type. */
export interface TypeNeeds {
	readonly service: string;
	/** On the resource. */
	readonly actions: readonly string[];
	readonly on: readonly string[];
	/** On no resource, or on one whose name nobody knows beforehand. */
	readonly anywhere?: readonly string[];
	readonly condition?: object;
	/** The parts of the setting `parts` without which there is none of it: their policy is one of its own. */
	readonly ofParts?: true;
}

const TAGS = ['TagResource', 'UntagResource', 'ListTagsForResource'];
const FUNCTIONS = ['arn:aws:lambda:*:*:function:fleetkeeper-*'];
const BUCKETS = ['arn:aws:s3:::fleetkeeper-*'];
const QUEUES = ['arn:aws:sqs:*:*:fleetkeeper-*'];
const TOPICS = ['arn:aws:sns:*:*:fleetkeeper-*'];
/** What Systems Manager keeps nodes in: it names such resources itself, and their ARNs say nothing of a stack. */
const WINDOWS = ['maintenancewindow', 'windowtarget', 'windowtask'].map((type) => `arn:aws:ssm:*:*:${type}/*`);
const SSM_TAGS = ['AddTagsToResource', 'ListTagsForResource', 'RemoveTagsFromResource'];
const BUSES = ['arn:aws:events:*:*:event-bus/fleetkeeper-*'];

export const NEEDS: Readonly<Record<string, TypeNeeds>> = {
	'AWS::CloudWatch::Alarm': {
		service: 'cloudwatch',
		actions: ['PutMetricAlarm', 'DeleteAlarms', 'DescribeAlarms', ...TAGS],
		on: ['arn:aws:cloudwatch:*:*:alarm:fleetkeeper-*'],
	},
	'AWS::CloudWatch::Dashboard': {
		service: 'cloudwatch',
		actions: ['PutDashboard', 'GetDashboard', 'DeleteDashboards', ...TAGS],
		on: ['arn:aws:cloudwatch::*:dashboard/fleetkeeper-*'],
	},
	'AWS::DynamoDB::Table': {
		service: 'dynamodb',
		actions: [
			...['CreateTable', 'UpdateTable', 'UpdateTimeToLive', 'UpdateContinuousBackups', 'DescribeTable', 'DescribeTimeToLive'],
			...['DescribeContinuousBackups', 'DescribeContributorInsights', 'DescribeKinesisStreamingDestination', 'GetResourcePolicy'],
			...['ListTagsOfResource', 'TagResource', 'UntagResource'],
		],
		on: ['arn:aws:dynamodb:*:*:table/fleetkeeper-*'],
	},
	'AWS::Events::EventBus': {
		service: 'events',
		actions: ['CreateEventBus', 'UpdateEventBus', 'DeleteEventBus', 'DescribeEventBus', ...TAGS],
		on: BUSES,
	},
	'AWS::Events::EventBusPolicy': { service: 'events', actions: ['DescribeEventBus', 'PutPermission', 'RemovePermission'], on: BUSES },
	'AWS::Events::Rule': {
		service: 'events',
		actions: ['PutRule', 'DeleteRule', 'DescribeRule', 'PutTargets', 'RemoveTargets', 'ListTargetsByRule', ...TAGS],
		on: ['arn:aws:events:*:*:rule/fleetkeeper-*'],
	},
	'AWS::IAM::InstanceProfile': {
		service: 'iam',
		actions: [
			...['CreateInstanceProfile', 'DeleteInstanceProfile', 'GetInstanceProfile'],
			...['AddRoleToInstanceProfile', 'RemoveRoleFromInstanceProfile'],
		],
		on: ['arn:aws:iam::*:instance-profile/fleetkeeper-*'],
	},
	'AWS::IAM::ManagedPolicy': {
		service: 'iam',
		actions: [
			...['CreatePolicy', 'DeletePolicy', 'GetPolicy', 'GetPolicyVersion', 'ListPolicyVersions', 'ListEntitiesForPolicy'],
			...['CreatePolicyVersion', 'DeletePolicyVersion'],
		],
		on: ['arn:aws:iam::*:policy/fleetkeeper-*'],
	},
	'AWS::IAM::Role': {
		service: 'iam',
		actions: [
			...['CreateRole', 'DeleteRole', 'GetRole', 'UpdateRole', 'UpdateRoleDescription', 'UpdateAssumeRolePolicy', 'TagRole', 'UntagRole'],
			...['PutRolePolicy', 'GetRolePolicy', 'DeleteRolePolicy', 'ListRolePolicies', 'ListAttachedRolePolicies'],
			...['AttachRolePolicy', 'DetachRolePolicy'],
		],
		on: ['arn:aws:iam::*:role/fleetkeeper-*'],
	},
	'AWS::KMS::Key': {
		service: 'kms',
		anywhere: ['CreateKey', 'TagResource'],
		actions: [
			...['DescribeKey', 'GetKeyPolicy', 'GetKeyRotationStatus', 'EnableKeyRotation', 'PutKeyPolicy', 'UpdateKeyDescription'],
			...['ListResourceTags', 'UntagResource', 'ScheduleKeyDeletion'],
		],
		on: ['arn:aws:kms:*:*:key/*'],
		// A key's ARN says nothing of its stack: the tag does that CloudFormation gives it.
		condition: { StringLike: { 'aws:ResourceTag/STAGE': '?*' } },
	},
	'AWS::Lambda::EventInvokeConfig': {
		service: 'lambda',
		actions: ['Put', 'Get', 'Update', 'Delete'].map((verb) => `${verb}FunctionEventInvokeConfig`),
		on: FUNCTIONS,
	},
	'AWS::Lambda::EventSourceMapping': {
		service: 'lambda',
		anywhere: ['CreateEventSourceMapping'],
		actions: ['GetEventSourceMapping', 'UpdateEventSourceMapping', 'DeleteEventSourceMapping', 'ListTags', 'TagResource', 'UntagResource'],
		on: ['arn:aws:lambda:*:*:event-source-mapping:*'],
	},
	'AWS::Lambda::Function': {
		service: 'lambda',
		actions: [
			...['CreateFunction', 'DeleteFunction', 'GetFunction', 'UpdateFunctionCode', 'UpdateFunctionConfiguration', 'TagResource'],
			...['UntagResource', 'ListTags', 'GetFunctionCodeSigningConfig', 'GetFunctionRecursionConfig', 'GetRuntimeManagementConfig'],
			'GetFunctionScalingConfig',
		],
		on: FUNCTIONS,
	},
	'AWS::Lambda::Permission': { service: 'lambda', actions: ['AddPermission', 'GetPolicy', 'RemovePermission'], on: FUNCTIONS },
	'AWS::Logs::LogGroup': {
		service: 'logs',
		anywhere: ['DescribeLogGroups'],
		actions: [
			...['CreateLogGroup', 'PutRetentionPolicy', 'DeleteRetentionPolicy', 'GetDataProtectionPolicy'],
			...['AssociateKmsKey', 'DisassociateKmsKey', ...TAGS],
		],
		on: ['/aws/lambda/fleetkeeper-*', '/aws/events/fleetkeeper/*', '/fleetkeeper/*'].map((name) => `arn:aws:logs:*:*:log-group:${name}`),
	},
	'AWS::Logs::ResourcePolicy': {
		service: 'logs',
		anywhere: ['PutResourcePolicy', 'DeleteResourcePolicy', 'DescribeResourcePolicies'],
		actions: [],
		on: [],
	},
	'AWS::S3::Bucket': {
		service: 's3',
		actions: [
			...['CreateBucket', 'ListBucket', 'PutEncryptionConfiguration', 'GetEncryptionConfiguration', 'PutBucketTagging'],
			...['GetBucketTagging', 'PutLifecycleConfiguration', 'GetLifecycleConfiguration', 'PutBucketPublicAccessBlock'],
			...['GetBucketPublicAccessBlock', 'PutBucketOwnershipControls', 'GetBucketOwnershipControls'],
			...['PutBucketNotification', 'GetBucketNotification'],
		],
		on: BUCKETS,
	},
	'AWS::S3::BucketPolicy': { service: 's3', actions: ['GetBucketPolicy', 'PutBucketPolicy', 'DeleteBucketPolicy'], on: BUCKETS },
	'AWS::SNS::Subscription': {
		service: 'sns',
		anywhere: ['Unsubscribe'],
		actions: ['Subscribe', 'GetSubscriptionAttributes', 'SetSubscriptionAttributes'],
		on: TOPICS,
	},
	'AWS::SNS::Topic': {
		service: 'sns',
		actions: [
			...['CreateTopic', 'DeleteTopic', 'GetTopicAttributes', 'SetTopicAttributes', 'ListSubscriptionsByTopic'],
			...['GetDataProtectionPolicy', ...TAGS],
		],
		on: TOPICS,
	},
	'AWS::SNS::TopicPolicy': { service: 'sns', actions: ['GetTopicAttributes', 'SetTopicAttributes'], on: TOPICS },
	'AWS::SQS::Queue': {
		service: 'sqs',
		actions: [
			...[
				'CreateQueue',
				'DeleteQueue',
				'GetQueueAttributes',
				'GetQueueUrl',
				'SetQueueAttributes',
				'ListQueueTags',
				'TagQueue',
				'UntagQueue',
			],
		],
		on: QUEUES,
	},
	'AWS::SQS::QueuePolicy': { service: 'sqs', actions: ['GetQueueAttributes', 'SetQueueAttributes'], on: QUEUES },
	'AWS::SSM::Association': {
		service: 'ssm',
		// Its document and its nodes are resources of an association too: they may be any.
		anywhere: ['CreateAssociation', 'UpdateAssociation', 'ListAssociations'],
		actions: ['DeleteAssociation', 'DescribeAssociation', ...SSM_TAGS],
		on: ['arn:aws:ssm:*:*:association/*'],
		ofParts: true,
	},
	'AWS::SSM::Document': {
		service: 'ssm',
		actions: [
			...['CreateDocument', 'DeleteDocument', 'DescribeDocument', 'GetDocument', 'UpdateDocument', 'UpdateDocumentDefaultVersion'],
			...['AddTagsToResource', 'RemoveTagsFromResource', 'ListTagsForResource'],
		],
		on: ['arn:aws:ssm:*:*:document/fleetkeeper-*'],
	},
	'AWS::SSM::MaintenanceWindow': {
		service: 'ssm',
		anywhere: ['CreateMaintenanceWindow', 'DescribeMaintenanceWindows'],
		actions: ['DeleteMaintenanceWindow', 'GetMaintenanceWindow', 'UpdateMaintenanceWindow', ...SSM_TAGS],
		on: WINDOWS,
		ofParts: true,
	},
	'AWS::SSM::MaintenanceWindowTarget': {
		service: 'ssm',
		actions: [
			...['RegisterTargetWithMaintenanceWindow', 'UpdateMaintenanceWindowTarget', 'DeregisterTargetFromMaintenanceWindow'],
			'DescribeMaintenanceWindowTargets',
		],
		on: WINDOWS,
		ofParts: true,
	},
	'AWS::SSM::MaintenanceWindowTask': {
		service: 'ssm',
		actions: [
			...['RegisterTaskWithMaintenanceWindow', 'UpdateMaintenanceWindowTask', 'DeregisterTaskFromMaintenanceWindow'],
			...['DescribeMaintenanceWindowTasks', 'GetMaintenanceWindowTask'],
		],
		on: WINDOWS,
		ofParts: true,
	},
	'AWS::SSM::Parameter': {
		service: 'ssm',
		anywhere: ['DescribeParameters'],
		actions: ['PutParameter', 'DeleteParameter', 'GetParameters', 'AddTagsToResource', 'RemoveTagsFromResource', 'ListTagsForResource'],
		on: ['arn:aws:ssm:*:*:parameter/fleetkeeper/*'],
	},
	'AWS::SSM::PatchBaseline': {
		service: 'ssm',
		anywhere: ['CreatePatchBaseline', 'DescribePatchBaselines', 'DescribePatchGroups'],
		actions: [
			...['DeletePatchBaseline', 'GetPatchBaseline', 'GetDefaultPatchBaseline', 'RegisterPatchBaselineForPatchGroup'],
			...['DeregisterPatchBaselineForPatchGroup', 'UpdatePatchBaseline', ...SSM_TAGS],
		],
		on: ['arn:aws:ssm:*:*:patchbaseline/*'],
		ofParts: true,
	},
	'AWS::SSM::ResourceDataSync': {
		service: 'ssm',
		anywhere: ['ListResourceDataSync'],
		actions: ['CreateResourceDataSync', 'DeleteResourceDataSync'],
		on: ['arn:aws:ssm:*:*:resource-data-sync/fleetkeeper-*'],
		ofParts: true,
	},
};
