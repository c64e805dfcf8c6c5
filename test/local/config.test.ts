import {
	ConfigServiceClient,
	DescribeConfigRulesCommand,
	GetComplianceDetailsByConfigRuleCommand,
	GetResourceConfigHistoryCommand,
	StartConfigRulesEvaluationCommand,
} from '@aws-sdk/client-config-service';
import { describe, expect, it } from 'vitest';
import type { NewRule } from '../../local/aws/config/index.ts';
import { clientOptions } from './support/sdk.ts';
import { errorOf, nodeId, smallAws, webFleet } from './support/small-aws.ts';

const INSTANCE = 'AWS::EC2::Instance';
const BUCKET = 'AWS::S3::Bucket';
const COMPLIANCE_CHANGE = 'Config Rules Compliance Change';
const ITEM_CHANGE = 'Config Configuration Item Change';

const PUBLIC_BLOCKED: NewRule = { name: 's3-public', judge: 'S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED' };
const BLOCK = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
/** A periodic rule of our own: a bucket has an owner. */
const OWNED: NewRule = {
	name: 'bucket-owner',
	every: 'One_Hour',
	resourceTypes: [BUCKET],
	judge: ({ tags }) => (tags['owner'] ? 'COMPLIANT' : { compliance: 'NON_COMPLIANT', annotation: 'It has no owner.' }),
};

/** A recorder that knows two nodes and the buckets `open` (to the public) and `closed`; changes take 60 seconds to be recorded. */
function recorded(...rules: readonly NewRule[]) {
	const aws = smallAws(webFleet(2), { recordingLagMs: 60_000 });
	aws.s3.createBucket('open', { publicAccessBlock: undefined });
	aws.s3.createBucket('closed');
	aws.config.record();
	for (const rule of rules) aws.config.addRule(rule);
	/** Calls S3 as a runbook does, whose calls Config hears of. */
	const block = (bucket: string) => {
		const input = { Bucket: bucket, PublicAccessBlockConfiguration: BLOCK };
		(aws.s3.definition.operations['PutPublicAccessBlock'] as unknown as (input: object) => void)(input);
		aws.observe({ at: aws.clock.now(), service: 's3', operation: 'PutPublicAccessBlock', requestId: 'r-1', input, output: {} });
	};
	const detailsOf = (rule: string) => aws.call('config', 'GetComplianceDetailsByConfigRule', { ConfigRuleName: rule }).EvaluationResults;
	return { ...aws, block, detailsOf };
}

describe('The recorder', () => {
	it('is off until somebody starts it', async () => {
		const { config, ec2, advance, call, events } = smallAws(webFleet(1));

		ec2.stop(nodeId(1));
		await advance(600);

		expect(call('config', 'DescribeConfigurationRecorders').ConfigurationRecorders).toEqual([]);
		expect(events.filter(({ source }) => source === 'aws.config')).toEqual([]);
		expect(config.historyOf(INSTANCE, nodeId(1))).toEqual([]);
	});

	it('follows a change after its lag, and tells what has changed', async () => {
		const { block, details, call, advance } = recorded();

		block('open');
		await advance(59);
		const early = details(ITEM_CHANGE).length;
		await advance(1);

		expect(early).toBe(0);
		expect(details(ITEM_CHANGE)).toMatchObject([
			{
				messageType: 'ConfigurationItemChangeNotification',
				configurationItemDiff: {
					changeType: 'UPDATE',
					changedProperties: {
						'SupplementaryConfiguration.PublicAccessBlockConfiguration.BlockPublicAcls': { updatedValue: true, changeType: 'CREATE' },
					},
				},
				configurationItem: {
					resourceType: BUCKET,
					resourceId: 'open',
					ARN: 'arn:aws:s3:::open',
					configurationItemStatus: 'OK',
					configurationItemCaptureTime: '2026-03-02T09:01:00.000Z',
				},
			},
		]);
		const { configurationItems } = call('config', 'GetResourceConfigHistory', { resourceType: BUCKET, resourceId: 'open' });
		expect(configurationItems).toMatchObject([
			{ configurationItemStatus: 'OK', configurationItemCaptureTime: new Date('2026-03-02T09:01:00Z') },
			{ configurationItemStatus: 'ResourceDiscovered' },
		]);
	});

	it('has a node as EC2 describes it, and its end', async () => {
		const { ec2, config, call, details, advance } = recorded();

		ec2.terminate(nodeId(1));
		await advance(120);

		expect(config.historyOf(INSTANCE, nodeId(1)).map(({ status }) => status)).toEqual(['ResourceDiscovered', 'OK', 'ResourceDeleted']);
		expect(config.historyOf(INSTANCE, nodeId(1))[1]?.configuration).toMatchObject({
			instanceId: nodeId(1),
			state: { name: 'shutting-down' },
			metadataOptions: { httpTokens: 'required' },
		});
		const ofNode = details(ITEM_CHANGE).filter(
			({ configurationItem }) => (configurationItem as { resourceId: string }).resourceId === nodeId(1),
		);
		expect(ofNode.at(-1)).toMatchObject({ configurationItemDiff: { changeType: 'DELETE' } });
		const list = (input: object) =>
			call('config', 'ListDiscoveredResources', { resourceType: INSTANCE, resourceIds: [nodeId(1), nodeId(2)], ...input });
		expect(list({}).resourceIdentifiers).toMatchObject([{ resourceId: nodeId(2) }]);
		expect(list({ includeDeletedResources: true }).resourceIdentifiers).toHaveLength(2);
	});

	it('is started by the API, and then discovers what is there', async () => {
		const { call, details, advance } = smallAws(webFleet(2));

		call('config', 'PutConfigurationRecorder', {
			ConfigurationRecorder: { name: 'default', recordingGroup: { resourceTypes: [INSTANCE] } },
		});
		call('config', 'StartConfigurationRecorder', { ConfigurationRecorderName: 'default' });
		await advance(120);

		expect(call('config', 'DescribeConfigurationRecorderStatus').ConfigurationRecordersStatus).toMatchObject([{ recording: true }]);
		expect(details(ITEM_CHANGE)).toMatchObject([
			{ configurationItem: { resourceId: nodeId(1) }, configurationItemDiff: { changeType: 'CREATE' } },
			{ configurationItem: { resourceId: nodeId(2) } },
		]);
	});

	it('does not know what it never saw', () => {
		const { call } = recorded();

		const error = errorOf(() => call('config', 'GetResourceConfigHistory', { resourceType: BUCKET, resourceId: 'nobody' }));

		expect(error.code).toBe('ResourceNotDiscoveredException');
	});
});

describe('A rule that is triggered by changes', () => {
	it('that has been there for long has judged everything, and nobody was told', () => {
		const { detailsOf, events } = recorded(PUBLIC_BLOCKED);

		expect(detailsOf('s3-public')).toMatchObject([
			{ ComplianceType: 'NON_COMPLIANT', EvaluationResultIdentifier: { EvaluationResultQualifier: { ResourceId: 'open' } } },
			{ ComplianceType: 'COMPLIANT', EvaluationResultIdentifier: { EvaluationResultQualifier: { ResourceId: 'closed' } } },
		]);
		expect(events).toEqual([]);
	});

	it('judges a change once it is recorded, and tells when the compliance type is another', async () => {
		const { block, details, config, advance } = recorded(PUBLIC_BLOCKED);

		block('open');
		await advance(60);
		const before = config.compliance('s3-public', BUCKET, 'open');
		await advance(10);

		expect(before).toBe('NON_COMPLIANT');
		expect(details(COMPLIANCE_CHANGE)).toMatchObject([
			{
				configRuleName: 's3-public',
				configRuleARN: expect.stringMatching(/^arn:aws:config:eu-west-1:111122223333:config-rule\/config-rule-\w{6}$/),
				resourceType: BUCKET,
				resourceId: 'open',
				messageType: 'ComplianceChangeNotification',
				newEvaluationResult: {
					complianceType: 'COMPLIANT',
					evaluationResultIdentifier: {
						evaluationResultQualifier: {
							configRuleName: 's3-public',
							resourceType: BUCKET,
							resourceId: 'open',
							evaluationMode: 'DETECTIVE',
						},
					},
				},
				oldEvaluationResult: { complianceType: 'NON_COMPLIANT' },
			},
		]);
	});

	it('says nothing when a change makes no difference to it', async () => {
		const { block, details, config, advance } = recorded(PUBLIC_BLOCKED, {
			name: 'tagged',
			judge: 'REQUIRED_TAGS',
			parameters: { tag1Key: 'owner' },
		});
		const evaluationsBefore = config.evaluations;

		block('open');
		await advance(120);

		expect(config.evaluations - evaluationsBefore).toBe(2);
		expect(details(COMPLIANCE_CHANGE).map(({ configRuleName }) => configRuleName)).toEqual(['s3-public']);
	});

	it('tells of a new rule and a first result without an old one, and of compliant resources too', async () => {
		const { config, details, advance } = recorded();

		config.createRule(PUBLIC_BLOCKED);
		await advance(30);

		const changes = details(COMPLIANCE_CHANGE);
		expect(changes.map(({ newEvaluationResult }) => newEvaluationResult)).toMatchObject([
			{ complianceType: 'NON_COMPLIANT' },
			{ complianceType: 'COMPLIANT' },
		]);
		expect(changes.filter((change) => 'oldEvaluationResult' in change)).toEqual([]);
	});

	it('finds a deleted resource not applicable, and forgets it', async () => {
		const { ec2, details, call, advance } = recorded({ name: 'imds', judge: 'EC2_IMDSV2_CHECK' });

		ec2.vanish(nodeId(1));
		await advance(120);

		expect(details(COMPLIANCE_CHANGE).filter(({ resourceId }) => resourceId === nodeId(1))).toMatchObject([
			{ newEvaluationResult: { complianceType: 'NOT_APPLICABLE' }, oldEvaluationResult: { complianceType: 'COMPLIANT' } },
		]);
		const { EvaluationResults } = call('config', 'GetComplianceDetailsByResource', { ResourceType: INSTANCE, ResourceId: nodeId(1) });
		expect(EvaluationResults).toEqual([]);
	});
});

describe('A periodic rule', () => {
	it('judges at its hours, by what is recorded, and annotates', async () => {
		const { s3, details, detailsOf, config, advance } = recorded(OWNED);
		s3.bucket('open')?.tags.set('owner', 'web');
		config.look('s3');

		await advance(3_599);
		const early = details(COMPLIANCE_CHANGE).length;
		await advance(30);

		expect(early).toBe(0);
		expect(details(COMPLIANCE_CHANGE)).toMatchObject([{ resourceId: 'open', newEvaluationResult: { complianceType: 'COMPLIANT' } }]);
		expect(detailsOf('bucket-owner')[1]).toMatchObject({ ComplianceType: 'NON_COMPLIANT', Annotation: 'It has no owner.' });
	});
});

describe('StartConfigRulesEvaluation', () => {
	const start = ({ call }: Pick<ReturnType<typeof smallAws>, 'call'>, ...names: string[]) =>
		call('config', 'StartConfigRulesEvaluation', { ConfigRuleNames: names });

	it('judges every resource in scope by what was last recorded', async () => {
		const aws = recorded(PUBLIC_BLOCKED);
		const evaluationsBefore = aws.config.evaluations;

		aws.block('open');
		start(aws, 's3-public');
		await aws.advance(20);
		const byOldRecord = aws.config.compliance('s3-public', BUCKET, 'open');
		await aws.advance(60);
		start(aws, 's3-public');
		await aws.advance(20);

		expect(byOldRecord).toBe('NON_COMPLIANT');
		expect(aws.config.compliance('s3-public', BUCKET, 'open')).toBe('COMPLIANT');
		// Twice the two buckets, and the changed one once for its change.
		expect(aws.config.evaluations - evaluationsBefore).toBe(5);
	});

	it('gives results a new time of invocation even where they are what they were', async () => {
		const aws = recorded(PUBLIC_BLOCKED);

		await aws.advance(600);
		start(aws, 's3-public');
		await aws.advance(20);

		const [result] = aws.call('config', 'GetComplianceDetailsByResource', { ResourceType: BUCKET, ResourceId: 'open' }).EvaluationResults;
		expect(result.ConfigRuleInvokedTime.getTime()).toBeGreaterThan(Date.parse('2026-03-02T09:10:00Z'));
		expect(result.ResultRecordedTime.getTime()).toBeGreaterThan(result.ConfigRuleInvokedTime.getTime());
		expect(aws.details(COMPLIANCE_CHANGE)).toEqual([]);
		expect(aws.call('config', 'DescribeConfigRuleEvaluationStatus', { ConfigRuleNames: ['s3-public'] })).toMatchObject({
			ConfigRulesEvaluationStatus: [{ LastSuccessfulInvocationTime: result.ConfigRuleInvokedTime }],
		});
	});

	it('is refused within a minute, while it is under way, for 26 rules, and for one that is not there', async () => {
		const aws = recorded(PUBLIC_BLOCKED, OWNED);
		const refusal = (...names: string[]) => errorOf(() => start(aws, ...names)).code;

		expect(refusal('nobody')).toBe('NoSuchConfigRuleException');
		expect(refusal(...Array.from({ length: 26 }, () => 's3-public'))).toBe('ValidationException');
		start(aws, 's3-public');
		expect(refusal('bucket-owner')).toBe('LimitExceededException');
		await aws.advance(59);
		expect(refusal('bucket-owner')).toBe('LimitExceededException');
		await aws.advance(1);
		start(aws, 'bucket-owner');
	});

	it('is refused while a rule is being evaluated for another reason', async () => {
		const aws = recorded(PUBLIC_BLOCKED);

		aws.config.createRule(OWNED);

		expect(errorOf(() => start(aws, 'bucket-owner')).code).toBe('ResourceInUseException');
		await aws.advance(20);
		start(aws, 'bucket-owner');
	});
});

describe('Compliance', () => {
	it('of a rule is that of its worst resource, and counts them up to 25', () => {
		const aws = smallAws();
		for (let number = 0; number < 30; number++) aws.s3.createBucket(`bucket-${number}`, { publicAccessBlock: undefined });
		aws.config.record();
		aws.config.addRule(PUBLIC_BLOCKED);
		aws.config.addRule({ name: 'no-nodes', judge: 'EC2_IMDSV2_CHECK' });

		expect(aws.call('config', 'DescribeComplianceByConfigRule').ComplianceByConfigRules).toEqual([
			{ ConfigRuleName: 'no-nodes', Compliance: { ComplianceType: 'INSUFFICIENT_DATA' } },
			{
				ConfigRuleName: 's3-public',
				Compliance: { ComplianceType: 'NON_COMPLIANT', ComplianceContributorCount: { CappedCount: 25, CapExceeded: true } },
			},
		]);
		const first = aws.call('config', 'GetComplianceDetailsByConfigRule', { ConfigRuleName: 's3-public' });
		const last = aws.call('config', 'GetComplianceDetailsByConfigRule', { ConfigRuleName: 's3-public', NextToken: '20' });
		expect([first.EvaluationResults.length, last.EvaluationResults.length, last.NextToken]).toEqual([10, 10, undefined]);
	});

	it('is judged by AWS-managed rules on what Config records', () => {
		const { config, ec2, s3 } = smallAws(webFleet(2, { 0: { httpTokens: 'optional' } }));
		ec2.createSecurityGroup('sg-00000000000000001', 'ssh', [
			{ IpProtocol: 'tcp', FromPort: 20, ToPort: 25, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
		]);
		ec2.createSecurityGroup('sg-00000000000000002', 'web', [
			{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
		]);
		s3.createBucket('plain');
		config.record();
		config.addRule({ name: 'imds', judge: 'EC2_IMDSV2_CHECK' });
		config.addRule({ name: 'ssh', judge: 'INCOMING_SSH_DISABLED' });
		config.addRule({ name: 'kms', judge: 'S3_DEFAULT_ENCRYPTION_KMS' });
		config.addRule({
			name: 'tags',
			judge: 'REQUIRED_TAGS',
			resourceTypes: [INSTANCE],
			parameters: { tag1Key: 'service', tag1Value: 'api,nginx' },
		});

		expect([nodeId(1), nodeId(2)].map((id) => config.compliance('imds', INSTANCE, id))).toEqual(['NON_COMPLIANT', 'COMPLIANT']);
		const groups = ['sg-00000000000000001', 'sg-00000000000000002'];
		expect(groups.map((id) => config.compliance('ssh', 'AWS::EC2::SecurityGroup', id))).toEqual(['NON_COMPLIANT', 'COMPLIANT']);
		expect(config.compliance('kms', BUCKET, 'plain')).toBe('NON_COMPLIANT');
		expect(config.compliance('tags', INSTANCE, nodeId(1))).toBe('COMPLIANT');
	});
});

describe('DescribeConfigRules', () => {
	it("tells of a periodic rule how often it is evaluated, and of a conformance pack's whose it is", () => {
		const createdBy = 'config-conforms.amazonaws.com';
		const { call } = recorded(OWNED, { ...PUBLIC_BLOCKED, name: 's3-public-conformance-pack-a1b2c3', createdBy });

		expect(call('config', 'DescribeConfigRules').ConfigRules).toMatchObject([
			{
				ConfigRuleName: 'bucket-owner',
				Source: {
					Owner: 'CUSTOM_LAMBDA',
					SourceDetails: [{ MessageType: 'ScheduledNotification', MaximumExecutionFrequency: 'One_Hour' }],
				},
			},
			{
				ConfigRuleArn: expect.stringContaining(`config-rule/aws-service-rule/${createdBy}/config-rule-`),
				CreatedBy: createdBy,
				Scope: { ComplianceResourceTypes: [BUCKET] },
			},
		]);
	});

	it("knows AWS's own remediation of a rule", () => {
		const { call } = recorded(
			{ ...PUBLIC_BLOCKED, remediation: { document: 'AWS-DisableS3BucketPublicReadWrite', automatic: true } },
			OWNED,
		);

		const { RemediationConfigurations } = call('config', 'DescribeRemediationConfigurations', {
			ConfigRuleNames: ['s3-public', 'bucket-owner'],
		});

		expect(RemediationConfigurations).toMatchObject([
			{ ConfigRuleName: 's3-public', TargetType: 'SSM_DOCUMENT', TargetId: 'AWS-DisableS3BucketPublicReadWrite', Automatic: true },
		]);
	});
});

describe('PutConfigRule', () => {
	it('makes an AWS-managed rule, and refuses any other', async () => {
		const { call, config, advance } = recorded();
		const put = (source: object) => call('config', 'PutConfigRule', { ConfigRule: { ConfigRuleName: 'r', Source: source } });

		put({ Owner: 'AWS', SourceIdentifier: 'S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED' });
		await advance(20);

		expect(config.compliance('r', BUCKET, 'open')).toBe('NON_COMPLIANT');
		expect(errorOf(() => put({ Owner: 'AWS', SourceIdentifier: 'NOT_A_RULE' })).code).toBe('InvalidParameterValueException');
		expect(errorOf(() => put({ Owner: 'CUSTOM_LAMBDA', SourceIdentifier: 'arn' })).code).toBe('InvalidParameterValueException');
	});

	it('needs a recorder', () => {
		const { call } = smallAws();
		const ConfigRule = { ConfigRuleName: 'r', Source: { Owner: 'AWS', SourceIdentifier: 'REQUIRED_TAGS' } };

		expect(errorOf(() => call('config', 'PutConfigRule', { ConfigRule })).code).toBe('NoAvailableConfigurationRecorderException');
	});
});

describe('The SDK client of Config', () => {
	it('reads rules, results and history over the wire, and starts an evaluation', async () => {
		const aws = recorded(PUBLIC_BLOCKED);
		const client = new ConfigServiceClient(clientOptions(aws));

		const { ConfigRules } = await client.send(new DescribeConfigRulesCommand({}));
		const { EvaluationResults } = await client.send(
			new GetComplianceDetailsByConfigRuleCommand({ ConfigRuleName: 's3-public', ComplianceTypes: ['NON_COMPLIANT'] }),
		);
		const { configurationItems } = await client.send(new GetResourceConfigHistoryCommand({ resourceType: BUCKET, resourceId: 'open' }));
		await client.send(new StartConfigRulesEvaluationCommand({ ConfigRuleNames: ['s3-public'] }));

		expect(ConfigRules).toMatchObject([{ ConfigRuleName: 's3-public', ConfigRuleState: 'ACTIVE' }]);
		expect(EvaluationResults).toMatchObject([{ ComplianceType: 'NON_COMPLIANT', ConfigRuleInvokedTime: new Date(aws.clock.now()) }]);
		expect(JSON.parse(configurationItems?.[0]?.configuration ?? '')).toMatchObject({ name: 'open' });
		const again = client.send(new StartConfigRulesEvaluationCommand({ ConfigRuleNames: ['s3-public'] }));
		await expect(again).rejects.toMatchObject({ name: 'LimitExceededException' });
	});
});
