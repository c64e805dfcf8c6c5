/** Where moto_server (5.2.1) and the local AWS differ, and why the local AWS does as it does. */

import { NODE_STATE } from './node-state-differences.ts';

export interface Difference {
	/** The case's name; what the local AWS gives is its `gives`. */
	readonly case: string;
	/** What moto_server gives, exactly. */
	readonly moto: unknown;
	/** What the local AWS does. */
	readonly ours: string;
	/** Where AWS says so. */
	readonly source: string;
}

const ACCEPTED = 'accepted';
/** moto's answer where it fails itself. */
const BROKEN = { refused: 'Error', status: 500 };

const PARAMETERS: readonly Difference[] = [
	{
		case: 'parameters: a policy of the standard tier is refused',
		moto: ACCEPTED,
		ours: 'refuses it',
		source:
			'Systems Manager user guide, Assigning parameter policies: "available only for parameters that use the advanced parameters tier"',
	},
	{
		case: 'parameters: an earlier version is had by its number',
		moto: { Name: '/contract/number/one', Type: 'String', Value: 'a', Version: 1 },
		ours: 'gives the Selector',
		source: 'API model, Parameter: "Selector: either the version number or the label used to retrieve the parameter value"',
	},
	{
		case: 'parameters: a label names a version, and moves',
		moto: [
			{ Name: '/contract/label/one', Type: 'String', Value: 'a', Version: 1 },
			{ InvalidLabels: [], ParameterVersion: 2 },
			{ Name: '/contract/label/one', Type: 'String', Value: 'b', Version: 2 },
		],
		ours: 'gives the Selector',
		source: 'API model, Parameter: "Selector: either the version number or the label used to retrieve the parameter value"',
	},
	{
		case: 'parameters: a standard value of more than 4,096 bytes is refused',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'Systems Manager quotas: a standard parameter holds 4 KB',
	},
	{
		case: 'parameters: a value that does not match its own pattern is refused',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'API model, PutParameter: "AllowedPattern: a regular expression used to validate the parameter value"',
	},
	{
		case: 'parameters: a hierarchy without a slash before it is refused',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'API model, PutParameter: "For parameters in a hierarchy, you must include a leading forward slash character"',
	},
	{
		case: 'parameters: a hierarchy of 16 levels is refused',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'API model, HierarchyLevelLimitExceededException: "A hierarchy can have a maximum of 15 levels"',
	},
	{
		case: 'parameters: a value with a reference in it is refused',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'API model, PutParameter: "You can\'t include values wrapped in double brackets"',
	},
];

const DOCUMENTS: readonly Difference[] = [
	{
		case: 'documents: a version that is not there is invalid',
		moto: { refused: 'InvalidDocument', status: 400 },
		ours: 'names the version as what is wrong',
		source: 'API model, InvalidDocumentVersion: "The document version isn\'t valid or doesn\'t exist"',
	},
];

const COMMANDS: readonly Difference[] = [
	{
		case: 'commands: a sent one is pending, and over only later',
		moto: ['Success', 3, 'Success', 3],
		ours: 'runs it: nothing is complete when the call returns, and it counts the nodes that were named',
		source: 'User guide, Understanding command statuses: Pending, InProgress, then a terminal state',
	},
	{
		case: 'commands: an ended one is listed with its counts',
		moto: { Status: 'Success', TargetCount: 4, CompletedCount: 4, ErrorCount: 0, DeliveryTimedOutCount: 0 },
		ours: 'counts the nodes that were named, and no others',
		source: 'API model, Command: "TargetCount: the number of targets for the command"',
	},
	{
		case: 'commands: they are listed by node',
		moto: [true, true],
		ours: 'lists it for the node that was named, and no other',
		source: 'API model, ListCommands: "InstanceId: lists commands issued against this managed node ID"',
	},
	{
		case: 'commands: a list by an id that is not there is empty',
		moto: { threw: 'InvalidCommandId' },
		ours: 'gives an empty list',
		source: 'Lists are eventually consistent: one by the id of a fresh command comes back empty, with status 200 (observed)',
	},
	{
		case: 'commands: a step is asked for by its name',
		moto: { threw: 'InvocationDoesNotExist' },
		ours: "knows the steps of one's own documents",
		source: 'API model, GetCommandInvocation: "PluginName: the name of the step for which you want detailed results"',
	},
	{
		case: 'commands: a step that the document has not is refused',
		moto: { refused: 'InvocationDoesNotExist', status: 400 },
		ours: 'names the step as what is wrong',
		source: 'API model, InvalidPluginName: "The plugin name isn\'t valid"',
	},
	{
		case: 'commands: there is no invocation of another node, or of another command',
		moto: [ACCEPTED, { refused: 'InvalidCommandId', status: 400 }],
		ours: 'refuses both by the same name',
		source: 'API model, InvocationDoesNotExist: "The command ID and managed node ID you specified didn\'t match any invocations"',
	},
	{
		case: 'commands: a document that is not there is refused',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'API model, InvalidDocument: "The specified SSM document doesn\'t exist"',
	},
	{
		case: 'commands: a node that is not managed, and with it the whole call is refused',
		moto: ACCEPTED,
		ours: 'refuses the call and sends to no node',
		source: 'API model, InvalidInstanceId: the agent is not running or not registered, or the node is not in a valid state',
	},
	{
		case: 'commands: the same node twice is refused',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'API model, DuplicateInstanceId: "You can\'t specify a managed node ID in more than one association"',
	},
	{
		case: 'commands: a parameter that the document has not is refused',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'API model, InvalidParameters: "You can only supply values to parameters defined in the SSM document"',
	},
	...(
		[
			['a timeout under 30 seconds', 'TimeoutSeconds: 30 to 2,592,000'],
			['a comment of 101 characters', 'Comment: at most 100 characters'],
			['a share of more than 100%', 'MaxErrors: pattern ^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$'],
			['a call for 51 nodes', 'InstanceIds: at most 50'],
		] as const
	).map(([what, rule]) => ({
		case: `commands: ${what} is refused`,
		moto: ACCEPTED,
		ours: 'refuses it',
		source: `API model, SendCommand, ${rule}`,
	})),
];

const AUTO_SCALING: readonly Difference[] = [
	{
		case: 'auto scaling: a name is taken once',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'API model, AlreadyExistsFault: "You already have an Auto Scaling group or launch configuration with this name"',
	},
	{
		case: 'auto scaling: a capacity beyond the bounds is refused',
		moto: [ACCEPTED, ACCEPTED],
		ours: 'refuses it',
		source: 'API model: the desired capacity is at least the minimum size of the group and at most its maximum size',
	},
	{
		case: 'auto scaling: a group that is not there has no capacity',
		moto: BROKEN,
		ours: 'refuses it with ValidationError',
		source: 'ValidationError "AutoScalingGroup name not found" (observed)',
	},
	{
		case: 'auto scaling: a minimum above the maximum is refused',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'API model: the desired capacity is at least the minimum size of the group and at most its maximum size',
	},
	{
		case: 'auto scaling: an instance is described with its group, its health in capitals',
		moto: [
			{
				AutoScalingGroupName: 'contract-instance',
				LifecycleState: 'InService',
				HealthStatus: 'Healthy',
				AvailabilityZone: 'eu-west-1a',
				ProtectedFromScaleIn: false,
			},
		],
		ours: 'writes HEALTHY here, and Healthy within the group',
		source: 'CLI reference, examples of describe-auto-scaling-instances and describe-auto-scaling-groups',
	},
	{
		case: 'auto scaling: the capacity does not go below the minimum with an instance',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'ValidationError "Currently, desiredSize equals minSize. Terminating instance without replacement will violate..." (observed)',
	},
	{
		case: 'auto scaling: an instance of no group cannot be terminated',
		moto: BROKEN,
		ours: 'refuses it with ValidationError',
		source: 'ValidationError "Instance Id not found - No managed instance found for instance ID" (observed)',
	},
	{
		case: 'auto scaling: a hook has defaults',
		moto: [
			{
				AutoScalingGroupName: 'contract-hook',
				LifecycleHookName: 'drain',
				LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
				NotificationTargetARN: 'arn:aws:sqs:us-east-1:111122223333:my-queue',
				RoleARN: 'arn:aws:iam::1234567890:role/my-auto-scaling-role',
				HeartbeatTimeout: 3600,
				GlobalTimeout: 172_800,
				DefaultResult: 'ABANDON',
			},
		],
		ours: 'gives no notification target or role where none was put',
		source: 'API model, PutLifecycleHook: NotificationTargetARN and RoleARN are optional; EventBridge needs neither',
	},
	{
		case: "auto scaling: a hook's global timeout is a hundred heartbeats",
		moto: [{ HeartbeatTimeout: 60, GlobalTimeout: 172_800 }],
		ours: 'computes it',
		source: 'API model, LifecycleHook: "172800 seconds (48 hours) or 100 times HeartbeatTimeout, whichever is smaller"',
	},
	{
		case: 'auto scaling: a hook that is put again keeps what is not said',
		moto: [{ HeartbeatTimeout: 3600, DefaultResult: 'CONTINUE' }],
		ours: 'keeps it',
		source: 'API model, PutLifecycleHook: "required for new lifecycle hooks, but optional when updating existing hooks"',
	},
	{
		case: 'auto scaling: a hook that is not there cannot be deleted',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'ValidationError "No Lifecycle Hook found" (observed)',
	},
	{
		case: 'auto scaling: a group that is not there has no hooks to ask for, and takes none',
		moto: [ACCEPTED, ACCEPTED],
		ours: 'refuses both',
		source: 'ValidationError "AutoScalingGroup name not found" (observed)',
	},
	{
		case: 'auto scaling: a heartbeat timeout under 30 seconds is refused',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'API model, PutLifecycleHook: "The range is from 30 to 7200 seconds"',
	},
	{
		case: 'auto scaling: a new hook needs its transition',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'API model, PutLifecycleHook: LifecycleTransition is "required for new lifecycle hooks"',
	},
	{
		case: 'auto scaling: a group is made with its hooks',
		moto: [],
		ours: 'makes them',
		source: 'API model, CreateAutoScalingGroup: "LifecycleHookSpecificationList: one or more lifecycle hooks to add"',
	},
];

const OTHERS: readonly Difference[] = [
	{
		case: 'ec2: ids that are malformed or unknown are told apart',
		moto: [
			{ refused: 'InvalidInstanceID.NotFound', status: 400 },
			{ refused: 'InvalidInstanceID.NotFound', status: 400 },
		],
		ours: 'tells them apart',
		source: 'EC2 API reference, Error codes: InvalidInstanceID.Malformed, InvalidInstanceID.NotFound',
	},
	{
		case: 'ec2: an instance that is not there takes no tags',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'EC2 API reference, Error codes: InvalidInstanceID.NotFound',
	},
	{
		case: 'tagging: an instance is found by its ARN, with its tags; one that is not there is left out',
		moto: { tags: { 'aws:autoscaling:groupName': 'contract-arn', team: 'web' }, others: true },
		ours: 'gives the resources that were named, and no others',
		source: 'API model, GetResources: "ResourceARNList: a list of ARNs of resources for which you want to retrieve tag data"',
	},
	{
		case: 'tagging: ARNs and filters do not go together',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'API model, GetResources: with ResourceARNList and TagFilters "you get an Invalid Parameter exception"',
	},
	{
		case: 'sqs: a message needs a body',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'API model, SendMessage: "The minimum size is one character"',
	},
	{
		case: 'events: a source that begins with aws. is not for callers',
		moto: { FailedEntryCount: 0, results: ['taken'] },
		ours: 'refuses the entry',
		source: 'API model, PutEventsResultEntry: NotAuthorizedForSourceException',
	},
	{
		case: 'events: a detail that is not an object is malformed',
		moto: { FailedEntryCount: 0, results: ['taken'] },
		ours: 'refuses the entry',
		source: 'API model, PutEventsRequestEntry: "Detail: a valid JSON object"',
	},
	{
		case: 'events: a rule sends what matches to its queue, in the envelope of EventBridge',
		moto: [
			{
				version: '0',
				'detail-type': 'Order',
				source: 'contract.shop',
				region: 'eu-west-1',
				resources: ['shelf'],
				detail: { number: 7 },
				id: true,
				time: true,
			},
		],
		ours: 'puts the account into the envelope',
		source: 'EventBridge user guide, Event structure: account',
	},
	{
		case: 'profiles: what is not there is refused',
		moto: [
			{ refused: 'NoSuchEntity', status: 404 },
			{ refused: 'InvalidInstanceID.NotFound', status: 400 },
			...Array(2).fill({ refused: 'InvalidAssociationID.NotFound', status: 400 }),
		],
		ours: 'refuses a profile that IAM does not have as a parameter of EC2, not with the error of IAM',
		source: 'EC2 user guide, Error codes: InvalidParameterValue; EC2 troubleshooting: "Invalid IAM Instance Profile name"',
	},
	{
		case: 'dynamodb: a key is complete, of its type and not empty',
		moto: [...Array(3).fill({ refused: 'ValidationException', status: 400 }), ACCEPTED],
		ours: 'refuses a key of an index that is not of its type',
		source: 'DynamoDB developer guide, Global secondary indexes: an index key attribute of another type is a ValidationException',
	},
	...['a body other than its MD5 says', 'a checksum of other bytes'].map((what) => ({
		case: `s3: ${what} is refused`,
		moto: ACCEPTED,
		ours: 'refuses it',
		source:
			'S3 API reference, Error responses, BadDigest: "The Content-MD5 or checksum value that you specified did not match what the server received"',
	})),
];

export const DIFFERENCES: readonly Difference[] = [...PARAMETERS, ...DOCUMENTS, ...COMMANDS, ...NODE_STATE, ...AUTO_SCALING, ...OTHERS];
