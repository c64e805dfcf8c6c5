import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Resolver } from '../../local/template/intrinsics.ts';
import { functionNames, ROOT } from '../../scripts/bundle.ts';
import { matches } from '../../shared/event-pattern.ts';
import { COMMAND_REQUESTED } from '../../shared/kinds/command/event.ts';
import { REQUESTED } from '../../shared/kinds/event/event.ts';
import { CLOSED_STATES, OPEN_STATES } from '../../shared/operation/types.ts';
import { outputBucket, settingsFrom } from '../../shared/settings.ts';
import { ofType, type PackagedTemplate, packageService } from './package.ts';

const settings = settingsFrom({ STAGE: 'local' });
const event = (name: string) => JSON.parse(readFileSync(join(ROOT, 'events', name), 'utf8'));

const REQUESTERS = ['arn:aws:iam::111122223333:role/oncall', 'arn:aws:iam::444455556666:role/deploy'];

let template: PackagedTemplate;
/** Of another stage, with requesters. */
let dev: PackagedTemplate;

const properties = (logicalId: string) => template.Resources[logicalId]?.Properties;
/** The logical id behind `{ 'Fn::GetAtt': [id, 'Arn'] }`. */
const target = (arn: { 'Fn::GetAtt': [string, string] }): string => arn['Fn::GetAtt'][0];
/** An ARN or name as CloudFormation would fill it in. */
const filled = (value: { 'Fn::Sub': string }): string =>
	value['Fn::Sub']
		.replaceAll('${AWS::AccountId}', '111122223333')
		.replaceAll('${AWS::Region}', 'eu-west-1')
		.replaceAll('${AWS::Partition}', 'aws');

beforeAll(async () => {
	[template, dev] = await Promise.all([packageService(), packageService('dev', { requesters: REQUESTERS.join(',') })]);
}, 60_000);

describe('the path of an event', () => {
	/** By path: its function, and the rules that lead into it. */
	const PATHS = {
		InstanceLifecycle: ['InstanceDashlifecycleLambdaFunction', ['InstanceLifecycleRule']],
		CommandStatus: ['CommandDashstatusLambdaFunction', ['CommandStatusRule']],
		AutomationStatus: ['AutomationDashstatusLambdaFunction', ['AutomationStatusRule']],
		AlarmState: ['AlarmDashstateLambdaFunction', ['AlarmStateRule']],
		ConfigCompliance: ['ConfigDashcomplianceLambdaFunction', ['ConfigComplianceRule']],
		FleetEvent: [
			'FleetDasheventLambdaFunction',
			['FleetEventHealthRule', 'FleetEventMaintenanceWindowRule', 'FleetEventRequestsRule', 'FleetEventSpotInterruptionRule'],
		],
		InventoryChange: ['InventoryDashchangeLambdaFunction', ['InventoryChangeRule']],
		MaintenanceWindow: ['MaintenanceDashwindowLambdaFunction', ['MaintenanceWindowRule']],
		NodeState: ['NodeDashstateLambdaFunction', ['NodeStateRule']],
		PlaybookChange: ['PlaybookDashchangeLambdaFunction', ['PlaybookChangeRule']],
		Reconcile: ['ReconcileLambdaFunction', ['ReconcileCalendarRule']],
	} as const;

	it.each(Object.entries(PATHS))(
		'%s leads from its rules through one queue to the function, with one dead-letter queue',
		(name, [functionId, rules]) => {
			const [queue, dead] = [`${name}Queue`, `${name}DeadLetters`];
			const mapping = ofType(template, 'AWS::Lambda::EventSourceMapping').find(
				([, each]) => target(each.Properties.EventSourceArn) === queue,
			)?.[1];

			const into = expect.objectContaining({
				Arn: { 'Fn::GetAtt': [queue, 'Arn'] },
				DeadLetterConfig: { Arn: { 'Fn::GetAtt': [dead, 'Arn'] } },
			});
			expect(rules.map((id) => properties(id).Targets)).toEqual(rules.map(() => [into]));
			const leading = ofType(template, 'AWS::Events::Rule').filter(([, rule]) => JSON.stringify(rule).includes(`["${queue}","Arn"]`));
			expect(leading.map(([id]) => id).sort()).toEqual(rules);
			expect(target(mapping?.Properties.FunctionName)).toBe(functionId);
			expect(mapping?.Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
			expect(properties(queue).RedrivePolicy).toEqual({ deadLetterTargetArn: { 'Fn::GetAtt': [dead, 'Arn'] }, maxReceiveCount: 10 });
			expect(properties(queue).VisibilityTimeout).toBeGreaterThanOrEqual(6 * properties(functionId).Timeout);
			expect(properties(dead).MessageRetentionPeriod).toBe(14 * 24 * 3600);
		},
	);

	it('has a batching window wherever a batch is larger than SQS gives without one', () => {
		for (const [, { Properties }] of ofType(template, 'AWS::Lambda::EventSourceMapping')) {
			expect(Properties.BatchSize > 10 ? Properties.MaximumBatchingWindowInSeconds : 1).toBeGreaterThanOrEqual(1);
		}
	});

	it('is encrypted with keys that EventBridge may use', () => {
		const queues = ofType(template, 'AWS::SQS::Queue');
		expect(queues).toHaveLength(2 * functionNames().length + 1);
		expect(queues.filter(([, { Properties }]) => Properties.SqsManagedSseEnabled !== true)).toEqual([]);
	});

	it('lets EventBridge alone write to a queue, for the rules that lead to it', () => {
		const rules = Object.fromEntries(ofType(template, 'AWS::Events::Rule').map(([id, rule]) => [id, JSON.stringify(rule)]));
		for (const [, { Properties }] of ofType(template, 'AWS::SQS::QueuePolicy')) {
			const queue = Properties.Queues[0].Ref;
			const [statement, ...others] = Properties.PolicyDocument.Statement;
			expect(others.filter(({ Effect }: { Effect: string }) => Effect !== 'Deny')).toEqual([]);
			expect(statement).toMatchObject({ Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage' });
			const allowed = statement.Condition.ArnEquals['aws:SourceArn'].map(target).sort();
			expect(allowed).toEqual(
				Object.keys(rules)
					.filter((id) => rules[id]?.includes(`["${queue}","Arn"]`))
					.sort(),
			);
		}
	});
});

describe('what nobody could take', () => {
	/** Default of SQS: seconds that a queue keeps a message. */
	const KEPT = 345_600;
	const queues = () => ofType(template, 'AWS::SQS::Queue');
	const deadLetters = () => queues().filter(([id]) => id.endsWith('DeadLetters'));
	const rules = () => ofType(template, 'AWS::Events::Rule');

	it('ends in a dead-letter queue for every target of every rule, retried for a day, a tick for as long as it is worth something', () => {
		const targets = rules().flatMap(([, { Properties }]) =>
			Properties.Targets.map((each: object) => ({ ...each, isClock: Properties.ScheduleExpression !== undefined })),
		);
		expect(targets.length).toBeGreaterThan(10);
		for (const { DeadLetterConfig, RetryPolicy, isClock } of targets) {
			expect(deadLetters().map(([id]) => id)).toContain(target(DeadLetterConfig.Arn));
			expect(RetryPolicy).toEqual(
				isClock
					? { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 1 }
					: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
			);
		}
	});

	it('may be put there by the rule that could not bring it', () => {
		for (const [rule, { Properties }] of rules()) {
			for (const { DeadLetterConfig } of Properties.Targets) {
				const queue = target(DeadLetterConfig.Arn);
				const { Statement } = properties(`${queue}Policy`).PolicyDocument;
				expect(Statement[0].Condition.ArnEquals['aws:SourceArn'].map(target)).toContain(rule);
			}
		}
	});

	it('leaves every queue that a function reads for the dead letters of that function alone, which keep it for longer', () => {
		const mappings = ofType(template, 'AWS::Lambda::EventSourceMapping').map(([, { Properties }]) => Properties);
		expect(mappings).toHaveLength(functionNames().length);
		for (const { EventSourceArn, FunctionName, MaximumBatchingWindowInSeconds } of mappings) {
			const { RedrivePolicy, VisibilityTimeout, MessageRetentionPeriod = KEPT, QueueName } = properties(target(EventSourceArn));
			const dead = properties(target(RedrivePolicy.deadLetterTargetArn));
			expect(dead.QueueName).toBe(`${QueueName}-dead-letters`);
			expect(dead.MessageRetentionPeriod).toBeGreaterThan(MessageRetentionPeriod);
			expect(VisibilityTimeout).toBeGreaterThanOrEqual(6 * properties(target(FunctionName)).Timeout + MaximumBatchingWindowInSeconds);
		}
	});

	it('is not tried again by Lambda where the clock calls, and its role may bring it where it belongs', () => {
		const called = rules().filter(([, { Properties }]) => Properties.ScheduleExpression);
		for (const functionId of new Set(called.map(([, { Properties }]) => target(Properties.Targets[0].Arn)))) {
			const [, configuration] =
				ofType(template, 'AWS::Lambda::EventInvokeConfig').find(([, each]) => each.Properties.FunctionName.Ref === functionId) ?? [];
			const { MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig } = configuration?.Properties ?? {};
			expect({ MaximumRetryAttempts, MaximumEventAgeInSeconds }).toEqual({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
			const role = properties(target(properties(functionId).Role));
			const statements = role.Policies.flatMap((policy: { PolicyDocument: { Statement: object[] } }) => policy.PolicyDocument.Statement);
			expect(statements).toContainEqual(
				expect.objectContaining({
					Action: expect.arrayContaining(['sqs:SendMessage']),
					Resource: DestinationConfig.OnFailure.Destination,
				}),
			);
		}
	});

	it('can be looked at without end, and all of it is known to the command that puts it back', () => {
		expect(deadLetters().filter(([, { Properties }]) => Properties.RedrivePolicy)).toEqual([]);
		const known = [...functionNames(), 'publishing'].map((of) => `fleetkeeper-local-${of}-dead-letters`);
		expect(
			deadLetters()
				.map(([, { Properties }]) => Properties.QueueName)
				.sort(),
		).toEqual(known.sort());
	});
});

describe('the rules', () => {
	/** The rules of the default bus, or of another by its logical id, that take an event. */
	const taking = (sample: unknown, bus?: string): string[] =>
		ofType(template, 'AWS::Events::Rule').flatMap(([id, { Properties }]) =>
			Properties.EventPattern && Properties.EventBusName?.['Fn::GetAtt'][0] === bus && matches(Properties.EventPattern, sample) ? [id] : [],
		);

	it.each([
		['instance-terminating.json', 'InstanceLifecycleRule'],
		['instance-launching.json', 'InstanceLifecycleRule'],
		['instance-terminating-warm-pool.json', 'InstanceLifecycleRule'],
		['instance-terminating-foreign-hook.json', 'InstanceLifecycleRule'],
		['command-invocation-success.json', 'CommandStatusRule'],
		['command-invocation-failed.json', 'CommandStatusRule'],
		['automation-success.json', 'AutomationStatusRule'],
		['alarm-high-cpu.json', 'AlarmStateRule'],
		['alarm-high-cpu-ok.json', 'AlarmStateRule'],
		['alarm-muted.json', 'AlarmStateRule'],
		['alarm-composite-suppressed.json', 'AlarmStateRule'],
		['alarm-deleted.json', 'AlarmStateRule'],
		['alarm-target-tracking.json', 'AlarmStateRule'],
		['compliance-noncompliant.json', 'ConfigComplianceRule'],
		['compliance-compliant.json', 'ConfigComplianceRule'],
		['spot-interruption.json', 'FleetEventSpotInterruptionRule'],
		['health-scheduled-change.json', 'FleetEventHealthRule'],
		['calendar-open.json', 'ReconcileCalendarRule'],
		['managed-instance-registration.json', 'AgentHealthRule'],
		['managed-instance-deregistration.json', 'AgentHealthRule'],
		['playbook-changed.json', 'PlaybookChangeRule'],
		['playbook-expired.json', 'PlaybookChangeRule'],
		['playbook-expiring.json', 'PlaybookChangeRule'],
		['playbook-not-changed.json', 'PlaybookChangeRule'],
		['parameter-not-changed.json', 'PlaybookChangeRule'],
	])('send %s to one queue', (sample, rule) => {
		expect(taking(event(sample))).toEqual([rule]);
	});

	it.each(['Success', 'Failed', 'TimedOut', 'Cancelled', 'Canceled', 'Undeliverable', 'Terminated'])(
		'take a command that is %s',
		(status) => {
			const sample = event('command-invocation-success.json');
			expect(taking({ ...sample, detail: { ...sample.detail, status } })).toEqual(['CommandStatusRule']);
		},
	);

	it.each(['Pending', 'InProgress', 'Delayed', 'Cancelling'])('leave a command alone that is %s', (status) => {
		const sample = event('command-invocation-success.json');
		expect(taking({ ...sample, detail: { ...sample.detail, status } })).toEqual([]);
	});

	it.each(['Success', 'Failed', 'TimedOut', 'Cancelled', 'Canceled', 'Rejected'])('take an execution that is %s', (Status) => {
		const sample = event('automation-success.json');
		expect(taking({ ...sample, detail: { ...sample.detail, Status } })).toEqual(['AutomationStatusRule']);
	});

	it.each(['Pending', 'InProgress', 'Waiting', 'Cancelling', 'PendingApproval', 'Approved', 'Scheduled'])(
		'leave an execution alone that is %s',
		(Status) => {
			const sample = event('automation-success.json');
			expect(taking({ ...sample, detail: { ...sample.detail, Status } })).toEqual([]);
		},
	);

	it('take a contributor of an alarm, and leave an alarm alone that is created or updated', () => {
		const deleted = event('alarm-deleted.json');
		expect(taking({ ...event('alarm-high-cpu.json'), 'detail-type': 'CloudWatch Alarm Contributor State Change' })).toEqual([
			'AlarmStateRule',
		]);
		for (const operation of ['create', 'update']) {
			expect(taking({ ...deleted, detail: { ...deleted.detail, operation } })).toEqual([]);
		}
	});

	it.each(['ConfigRulesEvaluationStarted', 'ConfigurationItemChangeNotification'])('leave %s of AWS Config alone', (messageType) => {
		const sample = event('compliance-noncompliant.json');
		expect(taking({ ...sample, detail: { ...sample.detail, messageType } })).toEqual([]);
	});

	it('leave a calendar alone that closes, and what AWS only lets the account know', () => {
		const [calendar, health] = [event('calendar-open.json'), event('health-scheduled-change.json')];
		expect(taking({ ...calendar, detail: { ...calendar.detail, state: 'CLOSED' } })).toEqual([]);
		expect(taking({ ...health, detail: { ...health.detail, eventTypeCategory: 'accountNotification' } })).toEqual([]);
	});

	it('take the end of a command as a whole where it may run on many nodes', () => {
		const sample = event('command-success.json');
		const of = (parameters: object) => ({ ...sample, detail: { ...sample.detail, parameters } });
		expect(taking(sample)).toEqual(['CommandStatusRule']);
		expect(taking(of({ commands: ['date'] }))).toEqual(['CommandStatusRule']);
		expect(taking(of({ WorkId: ['lifecycle-5a1d3c7e9b02f486-1.1'] }))).toEqual([]);
		expect(taking({ ...sample, detail: { ...sample.detail, status: 'InProgress' } })).toEqual([]);
	});

	it('take a request from the bus for requests alone, and nothing else from there', () => {
		const request = event('run-automation-requested.json');
		const command = event('run-command-requested.json');
		for (const asked of [request, command]) {
			expect(taking(asked, 'RequestBus')).toEqual(['FleetEventRequestsRule']);
			expect(taking(asked)).toEqual([]);
		}
		expect(taking(event('instance-terminating.json'), 'RequestBus')).toEqual([]);
	});

	it('have names that EventBridge takes, with the longest name of a stage', () => {
		const names = ofType(template, 'AWS::Events::Rule').map(([, { Properties }]) => Properties.Name.replace('local', 'x'.repeat(20)));
		expect(names.filter((name) => name.length > 64)).toEqual([]);
	});

	it('leave parameters alone that are none of this stage', () => {
		const foreign = '/fleetkeeper/prod/playbooks/drain-web';
		const changed = event('playbook-changed.json');
		expect(taking({ ...changed, detail: { ...changed.detail, name: foreign } })).toEqual([]);
		const expiring = event('playbook-expiring.json');
		expect(taking({ ...expiring, detail: { ...expiring.detail, 'parameter-name': foreign } })).toEqual([]);
	});

	it.each([
		['Create', ['PlaybookChangeRule']],
		['Update', ['PlaybookChangeRule']],
		['Delete', ['PlaybookChangeRule']],
		['LabelParameterVersion', []],
	])('take a playbook that met %s: %j', (operation, rules) => {
		const sample = event('playbook-changed.json');
		expect(taking({ ...sample, detail: { ...sample.detail, operation } })).toEqual(rules);
	});

	describe('for what is published', () => {
		const published = (state: string, detail: object = {}) => ({
			source: 'fleetkeeper',
			'detail-type': 'Operation State Change',
			detail: { stage: 'local', operationId: 'lifecycle-1', state, ...detail },
		});
		const told = (state: string, detail?: object) => taking(published(state, detail)).sort();

		it.each([...OPEN_STATES, ...CLOSED_STATES])('keep what is %s in the audit trail, and no function takes it', (state) => {
			for (const alert of [true, false]) {
				expect(told(state, { alert })).toEqual(alert ? ['AlertRule', 'AuditRule'] : ['AuditRule']);
			}
		});

		it('leave alone what another stage publishes', () => {
			expect(told('failed', { stage: 'prod', alert: true })).toEqual([]);
		});
	});
});

describe('the bus for requests', () => {
	/** The statements of its policies once deployed. */
	function statements(of: PackagedTemplate): unknown[] {
		const resolver = new Resolver(of, { account: '111122223333', region: 'eu-west-1', name: 'stack' });
		const policies = ofType(of, 'AWS::Events::EventBusPolicy').filter(([, policy]) => resolver.isDeployed(policy));
		return policies.map(([id, { Properties }]) => resolver.resolve(Properties.Statement, id));
	}
	const put = (stage: string) => ({
		Action: 'events:PutEvents',
		Resource: `arn:aws:events:eu-west-1:111122223333:event-bus/fleetkeeper-${stage}-requests`,
	});
	const requests = {
		'ForAllValues:StringEquals': { 'events:detail-type': [REQUESTED, COMMAND_REQUESTED] },
		Null: { 'events:detail-type': 'false' },
	};

	it('has a name of its stage, an ARN that can be found, and all its policies', () => {
		expect(properties('RequestBus').Name).toBe('fleetkeeper-local-requests');
		expect(template.Outputs['RequestBusArn']?.Value).toEqual({ 'Fn::GetAtt': ['RequestBus', 'Arn'] });
		const policies = ofType(template, 'AWS::Events::EventBusPolicy').map(([, { Properties }]) => Properties.EventBusName);
		expect(policies).toEqual([{ Ref: 'RequestBus' }, { Ref: 'RequestBus' }]);
	});

	it('takes requests of those whom IAM of the account lets put them, and of no other account', () => {
		expect(statements(template)).toEqual([
			{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, ...put('local'), Condition: requests },
		]);
	});

	it('takes requests of the listed alone where there is a list, whatever IAM says', () => {
		expect(statements(dev)).toEqual([
			{ Effect: 'Allow', Principal: { AWS: REQUESTERS }, ...put('dev'), Condition: requests },
			{ Effect: 'Deny', Principal: '*', ...put('dev'), Condition: { ArnNotEquals: { 'aws:PrincipalArn': REQUESTERS } } },
		]);
	});
});

describe('those who are told', () => {
	it('have a topic that EventBridge may write to, under a key that it may use, beside our own alarms', () => {
		const eventBridge = { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' } };
		const [account, user, ...others] = properties('AlertKey').KeyPolicy.Statement;
		expect(properties('AlertTopic').KmsMasterKeyId).toEqual({ Ref: 'AlertKey' });
		expect(others).toMatchObject([{ Sid: 'AlarmsWriteToTheTopic' }]);
		expect(account.Principal.AWS['Fn::Sub']).toMatch(/:root$/);
		expect(user).toMatchObject({ ...eventBridge, Action: ['kms:Decrypt', 'kms:GenerateDataKey*'] });
		expect(properties('AlertTopicPolicy').PolicyDocument.Statement).toEqual([
			{ ...eventBridge, Action: 'sns:Publish', Resource: { Ref: 'AlertTopic' } },
			expect.objectContaining({ Principal: { Service: 'cloudwatch.amazonaws.com' }, Condition: expect.anything() }),
			expect.objectContaining({ Effect: 'Deny' }),
		]);
		expect(template.Outputs['AlertTopicArn']?.Value).toEqual({ Ref: 'AlertTopic' });
	});

	it('get mails only where an address is given', () => {
		expect(template.Resources['AlertEmail']).toMatchObject({
			Condition: 'HasAlertAddress',
			Properties: { Protocol: 'email', Endpoint: { Ref: 'AlertAddress' }, TopicArn: { Ref: 'AlertTopic' } },
		});
		expect(template.Parameters?.['AlertAddress']?.Default).toBe('');
	});

	it('have an audit trail that EventBridge may write to, by one resource policy', () => {
		const [policy, ...others] = ofType(template, 'AWS::Logs::ResourcePolicy').map(([, { Properties }]) => Properties);
		const [{ Principal, Action, Resource }] = JSON.parse(filled(policy.PolicyDocument)).Statement;
		expect(others).toEqual([]);
		expect(Principal.Service).toEqual(['events.amazonaws.com', 'delivery.logs.amazonaws.com']);
		expect(Action).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
		const { LogGroupName, RetentionInDays } = properties('AuditLog');
		expect(`arn:aws:logs:eu-west-1:111122223333:log-group:${LogGroupName}:a-stream`.startsWith(Resource.replace('*:*', ''))).toBe(true);
		expect(RetentionInDays).toBe(365);
		expect(filled(properties('AuditRule').Targets[0].Arn)).toBe('arn:aws:logs:eu-west-1:111122223333:log-group:${AuditLog}');
	});

	it('lose nothing that could not be delivered', () => {
		for (const id of ['AlertRule', 'AuditRule']) {
			const [{ DeadLetterConfig, RetryPolicy }] = properties(id).Targets;
			expect(target(DeadLetterConfig.Arn)).toBe('PublishingDeadLetters');
			expect(RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 });
		}
	});
});

describe('the clock', () => {
	const clocks = () => ofType(template, 'AWS::Events::Rule').filter(([, { Properties }]) => Properties.ScheduleExpression);

	it('ticks every minute and sweeps every five; patches and the state of nodes are swept for every hour', () => {
		expect(clocks().map(([id, { Properties }]) => [id, Properties.ScheduleExpression])).toEqual([
			['PlaybookChangeMinuteClock', 'rate(1 minute)'],
			['ReconcileMinuteClock', 'rate(1 minute)'],
			['ReconcileSweepClock', 'rate(5 minutes)'],
			['MaintenanceWindowMinuteClock', 'rate(1 minute)'],
			['MaintenanceWindowSweepClock', 'rate(1 hour)'],
			['InventoryChangeMinuteClock', 'rate(1 minute)'],
			['InventoryChangeSweepClock', 'rate(1 day)'],
			['SessionEventMinuteClock', 'rate(1 minute)'],
			['SessionEventSweepClock', 'rate(5 minutes)'],
			['AgentHealthMinuteClock', 'rate(1 minute)'],
			['AgentHealthSweepClock', 'rate(1 day)'],
			['NodeStateMinuteClock', 'rate(1 minute)'],
			['NodeStateSweepClock', 'rate(1 hour)'],
		]);
		for (const [id, { Properties }] of clocks()) {
			const { Input = '{}' } = Properties.Targets[0];
			const input = JSON.parse(typeof Input === 'string' ? Input : filled(Input));
			expect(input).toMatchObject(id.endsWith('SweepClock') ? event('sweep.json') : {});
		}
	});

	it('may call its function, and nothing it could not deliver or that failed is lost', () => {
		for (const [id, { Properties }] of clocks()) {
			const [{ Arn, DeadLetterConfig }] = Properties.Targets;
			const configuration = ofType(template, 'AWS::Lambda::EventInvokeConfig').find(
				([, each]) => each.Properties.FunctionName.Ref === target(Arn),
			);
			expect(properties(`${id}Permission`)).toMatchObject({ FunctionName: Arn, SourceArn: { 'Fn::GetAtt': [id, 'Arn'] } });
			expect(configuration?.[1].Properties.DestinationConfig.OnFailure.Destination).toEqual(DeadLetterConfig.Arn);
		}
	});
});

describe('the names', () => {
	it('are those that the functions work out from their environment', () => {
		const { Name: documentName } = properties('DrainNodeDocument');
		const playbooks = ofType(template, 'AWS::SSM::Parameter').map(([, { Properties }]) => Properties.Name);

		expect(properties('Ledger').TableName).toBe(settings.tableName);
		expect(documentName).toBe(`${settings.documentPrefix}drain-node`);
		expect(playbooks.filter((name) => !name.startsWith(settings.playbookPath))).toEqual([]);
		expect(properties('OutputLogGroup').LogGroupName).toBe(settings.outputLogGroup);
		expect(filled(properties('OutputBucket').BucketName)).toBe(outputBucket(settings, '111122223333', 'eu-west-1'));
	});

	it('give every runbook the role that the stack makes', () => {
		const roleName = filled(properties('AutomationRole').RoleName);
		const runbooks = ofType(template, 'AWS::SSM::Document').map(([, { Properties }]) => Properties);
		const roles = runbooks
			.filter((each) => each.DocumentType === 'Automation')
			.map((each) => filled(each.Content.parameters.AutomationAssumeRole.default));
		expect(roles.length).toBeGreaterThan(5);
		expect(new Set(roles)).toEqual(new Set([`arn:aws:iam::111122223333:role/${roleName}`]));
	});

	it('keep two stages apart', () => {
		const text = JSON.stringify(dev);
		expect(text).not.toContain('fleetkeeper-local');
		expect(text).not.toContain('/fleetkeeper/local');
		expect(text).toContain('fleetkeeper-dev-drain-node');
	});

	it('reach every function as plain text that a local invoke sees too', () => {
		const functions = ofType(template, 'AWS::Lambda::Function');
		expect(functions).toHaveLength(functionNames().length);
		for (const [id, { Properties }] of functions) {
			const { Variables } = Properties.Environment;
			expect(Object.values(Variables).filter((value) => typeof value === 'object')).toEqual([]);
			const { patching, staleNodeDays, ...others } = settingsFrom(Variables);
			expect(staleNodeDays).toBe(id.startsWith('AgentDashhealth') ? 30 : undefined);
			expect(others).toEqual({ ...settings, allowedDocuments: ['AWS-RunPatchBaseline', 'AWS-ConfigureAWSPackage'] });
			expect(patching?.groups.map(({ name }) => name)).toEqual(
				id.startsWith('MaintenanceDashwindow') ? ['dev', 'test', 'prod'] : undefined,
			);
			// A tick ends its last calls while the next one begins.
			const Timeout = id.startsWith('Reconcile') ? 75 : 60;
			expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Timeout });
		}
	});
});

describe('what is kept', () => {
	it('is encrypted, recoverable and expires', () => {
		expect(properties('Ledger')).toMatchObject({
			BillingMode: 'PAY_PER_REQUEST',
			SSESpecification: { SSEEnabled: true },
			DeletionProtectionEnabled: true,
			PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
			TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
		});
		expect(properties('OutputBucket').LifecycleConfiguration.Rules[0]).toMatchObject({ Status: 'Enabled', ExpirationInDays: 90 });
		expect(properties('OutputLogGroup').RetentionInDays).toBe(90);
	});

	it('is closed to the public', () => {
		expect(Object.values(properties('OutputBucket').PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
		expect(properties('OutputBucket').OwnershipControls.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }]);
	});

	it.each([
		['AWS::S3::BucketPolicy', 'AWS::S3::Bucket', 's3:*', 'Bucket'],
		['AWS::SQS::QueuePolicy', 'AWS::SQS::Queue', 'sqs:*', 'Queues'],
		['AWS::SNS::TopicPolicy', 'AWS::SNS::Topic', 'sns:Publish', 'Topics'],
	])('is closed to plain HTTP: every %s', (policyType, type, Action, of) => {
		const policies = ofType(template, policyType).map(([, { Properties }]) => Properties);
		const isFalse = expect.toSatisfy((value) => String(value) === 'false');
		const refused = { Effect: 'Deny', Principal: '*', Action, Condition: { Bool: { 'aws:SecureTransport': isFalse } } };
		for (const { PolicyDocument } of policies) expect(PolicyDocument.Statement).toContainEqual(expect.objectContaining(refused));
		const closed = policies.flatMap((each) => [each[of]].flat()).map(({ Ref }) => Ref);
		expect(closed.sort()).toEqual(
			ofType(template, type)
				.map(([id]) => id)
				.sort(),
		);
	});

	it.each(['Ledger', 'OutputBucket', 'OutputLogGroup', 'AuditLog'])('stays when the stack goes: %s', (logicalId) => {
		expect(template.Resources[logicalId]?.DeletionPolicy).toBe('Retain');
	});
});
