/**
 * Session Manager: the session document of a stage, where transcripts are kept, the key that they and the data of sessions are encrypted
 * with, and what a node needs for it. Part `sessions`. Which sessions there may be, the operators' policy says (operators.cjs).
 */

const { listOf } = require('./settings.cjs');

const OWN = '${self:service}-${sls:stage}';
/** Known to shared/kinds/session/rules.ts too: the folder of the output bucket, and the last part of the log group's name. */
const PREFIX = 'sessions';
const LOG_GROUP = `/\${self:service}/\${sls:stage}/${PREFIX}`;
const LOG_GROUP_ARN = `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:${LOG_GROUP}`;
/** The account's preferences: what sessions take that name no document. */
const PREFERENCES = 'SSM-SessionManagerRunShell';

const sub = (text) => ({ 'Fn::Sub': text });
const allow = (Action, Resource, Condition) => ({ Effect: 'Allow', Action, Resource, ...(Condition ? { Condition } : {}) });
const KEY = { 'Fn::GetAtt': ['SessionKey', 'Arn'] };

/** Schema 1.0 takes minutes as text (user guide, "Session document schema"). @param values settings, by name */
const contentOf = ({ sessionIdleMinutes, sessionMaxMinutes, sessionRunAs }) => ({
	schemaVersion: '1.0',
	description: 'Shells of ${self:service}, stage ${sls:stage}: transcripts are kept.',
	sessionType: 'Standard_Stream',
	inputs: {
		s3BucketName: { Ref: 'OutputBucket' },
		s3KeyPrefix: PREFIX,
		// The agent refuses a session whose bucket or log group is not encrypted.
		s3EncryptionEnabled: true,
		cloudWatchLogGroupName: LOG_GROUP,
		cloudWatchEncryptionEnabled: true,
		// Line by line: what was done is there also where the node goes before the session ends.
		cloudWatchStreamingEnabled: true,
		kmsKeyId: KEY,
		idleSessionTimeout: String(sessionIdleMinutes),
		maxSessionDuration: String(sessionMaxMinutes),
		runAsEnabled: sessionRunAs !== '',
		runAsDefaultUser: sessionRunAs,
	},
});

const document = (Name, values) => ({
	Type: 'AWS::SSM::Document',
	DependsOn: ['SessionLogGroup'],
	Properties: { Name, DocumentType: 'Session', DocumentFormat: 'JSON', UpdateMethod: 'NewVersion', Content: contentOf(values) },
});

/** CloudWatch Logs uses it for the one log group (its user guide, "Encrypt log data"); nodes and people by their own policies. */
const key = {
	Type: 'AWS::KMS::Key',
	// Transcripts outlive the stack, and would be lost with it. A deployment that comes later makes another.
	DeletionPolicy: 'RetainExceptOnCreate',
	UpdateReplacePolicy: 'Retain',
	Properties: {
		Description: 'Sessions on nodes of ${self:service}, stage ${sls:stage}',
		EnableKeyRotation: true,
		KeyPolicy: {
			Version: '2012-10-17',
			Statement: [
				{
					Sid: 'TheAccountAdministersIt',
					Effect: 'Allow',
					Principal: { AWS: sub('arn:${AWS::Partition}:iam::${AWS::AccountId}:root') },
					Action: 'kms:*',
					Resource: '*',
				},
				{
					Sid: 'CloudWatchLogsKeepsTranscripts',
					Effect: 'Allow',
					Principal: { Service: sub('logs.${AWS::Region}.amazonaws.com') },
					Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
					Resource: '*',
					Condition: { ArnEquals: { 'kms:EncryptionContext:aws:logs:arn': sub(LOG_GROUP_ARN) } },
				},
			],
		},
	},
};

const logGroup = (retentionDays) => ({
	Type: 'AWS::Logs::LogGroup',
	DeletionPolicy: 'Retain',
	UpdateReplacePolicy: 'Retain',
	Properties: { LogGroupName: LOG_GROUP, RetentionInDays: Number(retentionDays), KmsKeyId: KEY },
});

/** What a node needs to keep its transcripts, and to talk to whoever is at the other end. */
const nodePolicy = {
	Type: 'AWS::IAM::ManagedPolicy',
	Properties: {
		ManagedPolicyName: sub(`${OWN}-node-sessions-\${AWS::Region}`),
		Description: 'Lets a managed node keep the transcripts of sessions.',
		PolicyDocument: {
			Version: '2012-10-17',
			Statement: [
				allow(['s3:PutObject'], sub(`\${OutputBucket.Arn}/${PREFIX}/*`)),
				// The agent asks whether they are encrypted before it begins.
				allow(['s3:GetEncryptionConfiguration'], { 'Fn::GetAtt': ['OutputBucket', 'Arn'] }),
				allow(['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'], [sub(LOG_GROUP_ARN), sub(`${LOG_GROUP_ARN}:*`)]),
				allow(['logs:DescribeLogGroups'], '*'),
				allow(['kms:Decrypt'], KEY),
			],
		},
	},
};

/** By logical id. @param values settings, by name */
const sessions = (values) => ({
	SessionKey: key,
	SessionLogGroup: logGroup(values.retentionDays),
	SessionDocument: document(`${OWN}-session`, values),
	...(values.sessionPreferences === 'on' && { SessionPreferences: document(PREFERENCES, values) }),
	SessionNodePolicy: nodePolicy,
});

const SETTINGS = ['parts', 'retentionDays', 'sessionIdleMinutes', 'sessionMaxMinutes', 'sessionRunAs', 'sessionPreferences'];

module.exports = async ({ resolveVariable }) => {
	const given = await Promise.all(SETTINGS.map((name) => resolveVariable(`param:${name}`)));
	const values = Object.fromEntries(SETTINGS.map((name, index) => [name, given[index]]));
	if (!listOf(values.parts).includes('sessions')) return { Resources: {} };
	return {
		Resources: sessions(values),
		Outputs: {
			SessionDocumentName: { Description: 'The document to start sessions with.', Value: { Ref: 'SessionDocument' } },
			SessionNodePolicyArn: {
				Description: 'Attach it to the role of every node that people may have a shell on.',
				Value: { Ref: 'SessionNodePolicy' },
			},
		},
	};
};
