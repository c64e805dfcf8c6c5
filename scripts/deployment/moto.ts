/** What moto_server cannot do of a deployment, and why. Everything that does not stand here is looked at. */

const NO_MODEL = 'moto has no CloudFormation model of this type';

/** Types that its CloudFormation does not create. */
export const NOT_CREATED: Readonly<Record<string, string>> = {
	'AWS::CloudWatch::Alarm': NO_MODEL,
	'AWS::Events::EventBusPolicy': NO_MODEL,
	'AWS::Lambda::EventInvokeConfig': NO_MODEL,
	'AWS::S3::BucketPolicy': NO_MODEL,
	'AWS::SNS::Subscription': NO_MODEL,
	'AWS::SNS::TopicPolicy': NO_MODEL,
	'AWS::SQS::QueuePolicy': NO_MODEL,
	'AWS::SSM::Association': NO_MODEL,
	'AWS::SSM::MaintenanceWindow': NO_MODEL,
	'AWS::SSM::MaintenanceWindowTarget': NO_MODEL,
	'AWS::SSM::MaintenanceWindowTask': NO_MODEL,
	'AWS::SSM::PatchBaseline': NO_MODEL,
	'AWS::SSM::ResourceDataSync': NO_MODEL,
};

const NOT_PASSED_ON = "moto's CloudFormation does not hand this property to the service";
const NO_KEY =
	'moto fails at every question about a key whose policy its CloudFormation has kept as an object: that the key exists is looked at';
const NO_ANSWER = 'no call of the service says it';

type Reasons = Readonly<Record<string, string>>;

const BUCKET: Reasons = {
	LifecycleConfiguration: NOT_PASSED_ON,
	OwnershipControls: NOT_PASSED_ON,
	PublicAccessBlockConfiguration: NOT_PASSED_ON,
};

/** By type, or by logical id where it is one resource alone: values that are not found again as they were written. */
const NOT_KEPT: Readonly<Record<string, Reasons>> = {
	'AWS::DynamoDB::Table': {
		SSESpecification: 'moto answers for a table that its API encrypted, not its CloudFormation',
		'PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled': NOT_PASSED_ON,
		'TimeToLiveSpecification.AttributeName': NOT_PASSED_ON,
		'TimeToLiveSpecification.Enabled': NOT_PASSED_ON,
	},
	'AWS::Events::EventBus': { Description: NOT_PASSED_ON },
	'AWS::KMS::Key': { Description: NO_KEY, EnableKeyRotation: NO_KEY, KeyPolicy: NO_KEY },
	'AWS::Lambda::Function': {
		Code: `${NO_ANSWER}: that there is code is looked at`,
		'Architectures[0]': NOT_PASSED_ON,
	},
	'AWS::SSM::Document': { UpdateMethod: `${NO_ANSWER}: updating shows it` },
	NodePolicy: { 'PolicyDocument.Statement[2].Resource': "the ARN of a log group that moto gives lacks the `:*` that CloudFormation's has" },
	HybridRole: { ManagedPolicyArns: NOT_PASSED_ON },
	NodeRole: { ManagedPolicyArns: NOT_PASSED_ON },
	InventoryBucket: { ...BUCKET, NotificationConfiguration: NOT_PASSED_ON },
	OutputBucket: BUCKET,
};

/** Why values of a resource are not found again, by their place. */
export const notKept = (logicalId: string, type: string): Reasons => ({ ...NOT_KEPT[type], ...NOT_KEPT[logicalId] });

/** Types that it leaves behind when a stack goes. */
export const NOT_REMOVED: Readonly<Record<string, string>> = {
	'AWS::IAM::ManagedPolicy': "moto's CloudFormation does not delete managed policies",
};

/** What is looked at is the text. */
export const VERSIONS = 'moto updates a document or parameter by making it anew: it has no second version';

/** What is looked at is the request, and that nothing is lost. */
export const IMPORTS = 'moto knows no ImportExistingResources: it refuses what exists, as CloudFormation does without it';

/** A document that moto gives as Python writes an object, or as JSON. None of ours has a quotation mark inside a text. */
export function documentFrom(text: string): unknown {
	return JSON.parse(text.startsWith("{'") ? text.replaceAll("'", '"') : text);
}
