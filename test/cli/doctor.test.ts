import { PutLifecycleHookCommand } from '@aws-sdk/client-auto-scaling';
import { CloudTrailClient, PutEventSelectorsCommand, StopLoggingCommand } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { ConfigServiceClient, StopConfigurationRecorderCommand } from '@aws-sdk/client-config-service';
import { DetachRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { ListSubscriptionsByTopicCommand, SNSClient, SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { CreateOpsItemCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { beforeAll, describe, expect, it } from 'vitest';
import { AwsError } from '../../local/aws/types.ts';
import type { Template } from '../../local/template.ts';
import { recompile } from '../../shared/playbook/change.ts';
import { createDoctoring, TOPIC } from './doctoring.ts';

const SESSION_POLICY = 'arn:aws:iam::111122223333:policy/fleetkeeper-local-node-sessions-eu-west-1';
const NODE_POLICY = 'arn:aws:iam::111122223333:policy/fleetkeeper-local-node-eu-west-1';

describe('fleet -- doctor', () => {
	it('finds nothing to do where all is there', async () => {
		const { doctor } = await createDoctoring();

		const { status, out, err } = await doctor();

		expect({ status, err }).toEqual({ status: 0, err: '' });
		expect(out).toMatch(/^Fleetkeeper, stage local, account 111122223333, eu-west-1\n/);
		expect(out).toMatch(/\nNothing to do\.$/);
		const checks = out.match(/^[\w ]{13}(ok|note)/gm)?.map((line) => line.slice(0, 13).trim());
		expect(checks?.filter((name) => name !== '')).toEqual([
			...['stack', 'ledger', 'queues', 'dead letters', 'clock', 'alarms', 'alerts', 'playbooks'],
			...['hooks', 'nodes', 'sessions', 'config', 'trail', 'OpsCenter', 'quotas'],
		]);
	});

	it('ends with 1 where there is something to do, and says what under each', async () => {
		const { doctor, aws, world } = await createDoctoring();
		await world.run(() => aws.client(CloudTrailClient).send(new StopLoggingCommand({ Name: 'all' })));

		const { status, out } = await doctor();
		const elsewhere = await doctor('--stage', 'prod');

		expect(status).toBe(1);
		expect(out).toContain('trail        TO DO   trail all does not log:');
		expect(out).toContain('\n                     -> aws cloudtrail start-logging --name all');
		expect(out).toMatch(/\n1 thing to do\.$/);
		expect(elsewhere.status).toBe(1);
		expect(elsewhere.out).toContain('there is no stack fleetkeeper-prod in this account and Region');
		expect(elsewhere.out).toContain('-> npx sls deploy --stage prod; or is it another account or Region that it is in?');
	});

	it('says what it is not allowed to look at, and looks at the rest', async () => {
		const denied = new AwsError('AccessDeniedException', 'User: ops is not authorized to perform this', { status: 403 });
		const { doctor } = await createDoctoring({
			faults: { call: ({ operation }) => (['SimulatePrincipalPolicy', 'DescribeTrails'].includes(operation) ? denied : undefined) },
		});

		const { status, out } = await doctor();

		expect(status).toBe(0);
		expect(out).toContain('unknown not allowed to look at their roles: User: ops is not authorized to perform this');
		expect(out).toContain('unknown not allowed to look at the trails:');
		expect(out).toMatch(/\nNothing to do; 3 unknown\.$/);
	});

	it('says once that there is no way to AWS', async () => {
		const expired = new AwsError('ExpiredTokenException', 'The security token is expired', { status: 403 });
		const { doctor } = await createDoctoring({ faults: { call: () => expired } });

		const { status, out, err } = await doctor();

		expect({ status, out }).toEqual({ status: 1, out: '' });
		expect(err).toContain('AWS does not take these credentials');
	});

	it('looks at all else where the ledger is gone', async () => {
		const { findings } = await createDoctoring({ change: (template) => ({ ...template, tables: [], timeToLive: {} }) });

		const { ledger, hooks } = await findings();

		expect(ledger).toEqual([expect.stringMatching(/^to-do: there is no table fleetkeeper-local: no operation can be opened/)]);
		expect(hooks).toEqual([expect.stringMatching(/^ok: those of web-blue, batch-workers fit/)]);
	});
});

/** Queues that lose, are open or gone; and a clock that is stopped. */
function spoilt(template: Template): Template {
	const queues = template.queues.flatMap((queue) => {
		if (queue.name === 'fleetkeeper-local-reconcile-dead-letters') return [];
		if (queue.name === 'fleetkeeper-local-fleet-event') return [{ ...queue, encrypted: false }];
		if (queue.name !== 'fleetkeeper-local-alarm-state') return [queue];
		const { redrive, ...loose } = queue;
		return [loose];
	});
	const off = ['fleetkeeper-local-reconcile-sweep', 'fleetkeeper-local-alarm-state'];
	const rules = template.rules.map((rule) => (off.includes(rule.name) ? { ...rule, enabled: false } : rule));
	return { ...template, queues, rules };
}

describe('fleet -- doctor, of a stage on which nothing is right,', () => {
	let stage: Awaited<ReturnType<typeof createDoctoring>>;
	let found: Readonly<Record<string, readonly string[]>>;

	async function breakAll(): Promise<void> {
		const { aws, services, world, deps } = stage;
		const [sns, { ssm }] = [aws.client(SNSClient), aws];
		const put = (name: string) =>
			ssm.send(new PutParameterCommand({ Name: `/fleetkeeper/local/playbooks/${name}`, Value: `name: ${name}\n`, Overwrite: true }));
		const alarm = { ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1 } as const;
		const state = { AlarmName: 'fleetkeeper-watch-local-clock', StateValue: 'ALARM', StateReason: 'no datapoints' } as const;
		const hook = {
			AutoScalingGroupName: 'web-blue',
			LifecycleHookName: 'fleetkeeper-drain',
			HeartbeatTimeout: 90,
			DefaultResult: 'ABANDON',
		};
		const QueueUrl = 'https://sqs.eu-west-1.amazonaws.com/111122223333/fleetkeeper-local-fleet-event-dead-letters';
		services.cloudWatch.addMetricAlarm({ ...alarm, AlarmName: 'fleetkeeper-watch-local-eu-clock' }, 'ALARM');
		services.ssm.seedLost('i-0b10e000000000001');
		services.ssm.setAgent('i-0b10e000000000002', 'none');
		services.ssm.seedLost('i-0a919000000000001');
		services.serviceQuotas.setQuota('L-B99A9384', 10);
		services.serviceQuotas.setQuota('L-244521F2', 32);
		services.cloudWatch.record('AWS/Lambda', 'ConcurrentExecutions', {}, 7);
		const resources = world.template.resources.filter(({ logicalId }) => logicalId !== 'ReconcileLambdaFunction');
		services.cloudFormation.addStack({ name: 'fleetkeeper-local', resources, status: 'UPDATE_ROLLBACK_FAILED' });
		await world.run(async () => {
			await put('drain-web');
			await recompile(deps);
			await put('web-alarms');
			await aws.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }));
			await aws.client(CloudWatchClient).send(new SetAlarmStateCommand(state));
			await aws.autoScaling.send(new PutLifecycleHookCommand(hook));
			for (const PolicyArn of [NODE_POLICY, SESSION_POLICY]) {
				await aws.client(IAMClient).send(new DetachRolePolicyCommand({ RoleName: 'fleet-node', PolicyArn }));
			}
			await aws.client(ConfigServiceClient).send(new StopConfigurationRecorderCommand({ ConfigurationRecorderName: 'default' }));
			const EventSelectors = [{ IncludeManagementEvents: false }];
			await aws.client(CloudTrailClient).send(new PutEventSelectorsCommand({ TrailName: 'all', EventSelectors }));
			const { Subscriptions = [] } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: TOPIC }));
			await sns.send(new UnsubscribeCommand({ SubscriptionArn: Subscriptions[0]?.SubscriptionArn }));
			const item = { Title: 'Full', Description: 'A disk is full.', Source: 'disks' };
			await ssm.send(new CreateOpsItemCommand(item));
		});
	}

	beforeAll(async () => {
		stage = await createDoctoring({ change: spoilt });
		await breakAll();
		found = await stage.findings();
	});

	it('tells of a deployment that did not end well, and of functions that are not there', () => {
		expect(found['stack']).toEqual([
			expect.stringMatching(/^to-do: fleetkeeper-local is UPDATE_ROLLBACK_FAILED .*: its last deployment did not end well/),
			'to-do: these functions of this checkout are not deployed: reconcile -> npx sls deploy --stage local',
		]);
	});

	it('tells of queues that lead nowhere or are open, and of dead letters', () => {
		expect(found['queues']).toEqual([
			expect.stringMatching(/^to-do: what these queues give up is lost.*: fleetkeeper-local-alarm-state/),
			'to-do: these queues are not encrypted: fleetkeeper-local-fleet-event -> npx sls deploy --stage local',
		]);
		expect(found['dead letters']).toEqual([
			expect.stringMatching(/^to-do: these queues are not there.*: fleetkeeper-local-reconcile-dead-letters/),
			'to-do: 1 message in fleetkeeper-local-fleet-event-dead-letters -> fleet -- redrive --stage local shows why, and puts it back',
		]);
	});

	it('tells of a clock that is stopped, is behind or stands still', async () => {
		const { services, world, findings } = stage;
		expect(found['clock']).toEqual([
			'to-do: the clock is stopped: fleetkeeper-local-reconcile-sweep: hooks are not kept alive, nothing is found -> aws events enable-rule --name fleetkeeper-local-reconcile-sweep',
			expect.stringMatching(/^note: off, with what it brings: fleetkeeper-local-alarm-state/),
			'ok: it ticked at 2026-03-02T08:00:00Z, with nothing overdue',
		]);

		await world.runFor(60_000);
		services.cloudWatch.record('Fleetkeeper', 'SecondsBehind', { service: 'fleetkeeper-local' }, 660);
		expect((await findings())['clock']?.at(-1)).toContain(
			'to-do: it ticked at 2026-03-02T08:01:00Z, and found work that had been due for 11m',
		);

		await world.runFor(20 * 60_000);
		expect((await findings())['clock']?.at(-1)).toContain('to-do: the clock has not ticked for 15m');
	});

	it('waits for the first tick where the stage was deployed a moment ago', async () => {
		const { world, findings } = await createDoctoring({ ticked: false });

		await world.runFor(5 * 60_000);

		expect((await findings())['clock']?.at(-1)).toBe(
			'note: deployed 5m ago, and no tick of the clock is to be seen yet -> ask again in a few minutes',
		);
	});

	it('tells of our own alarms that are in ALARM, and not of those of another stage', () => {
		expect(found['alarms']).toEqual([
			'to-do: fleetkeeper-watch-local-clock is in ALARM: no datapoints -> docs/operating.md says what it means and what to do',
		]);
	});

	it('tells where nobody is told, and of a subscription that nobody has confirmed', async () => {
		const { aws, world, findings } = stage;
		expect(found['alerts']).toEqual([expect.stringMatching(/^to-do: nobody is told of failures: the topic has no subscription/)]);

		const subscribe = new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'email', Endpoint: 'anna@example.com' });
		await world.run(() => aws.client(SNSClient).send(subscribe));
		expect((await findings())['alerts']).toEqual([
			expect.stringMatching(/^to-do: nobody is told of failures: anna@example.com has not confirmed -> follow the link/),
		]);
	});

	it('tells of a playbook that is broken, and of one that has yet to be compiled', () => {
		expect(found['playbooks']?.[0]).toMatch(
			/^to-do: drain-web: 1:1 priority: is missing; .*; Version 1 stays in force\. -> put it right in/,
		);
		expect(found['playbooks']?.[1]).toMatch(/^note: web-alarms: version 2 has yet to be compiled/);
	});

	it('tells of hooks whose timers and default do not fit', () => {
		expect(found['hooks']).toEqual(
			expect.arrayContaining([
				expect.stringMatching(/^to-do: drain-web, .*hook fleetkeeper-drain of web-blue has a heartbeat timeout of 90s/),
				expect.stringMatching(
					/^to-do: drain-web, .*ends with ABANDON where nobody completes it.* -> give the hook the same default result$/,
				),
			]),
		);
	});

	it('tells of nodes that are silent, and of roles that may not write output', () => {
		expect(found['nodes']).toEqual([
			expect.stringMatching(/^to-do: behind hooks of ours, and not managed by Systems Manager: i-0b10e000000000002 ->/),
			expect.stringMatching(/^to-do: behind hooks of ours, and their agents are silent: i-0b10e000000000001 ->/),
			'note: the agents of 1 other node are silent: i-0a919000000000001',
			`to-do: role fleet-node (8 nodes) may not s3:PutObject, s3:GetEncryptionConfiguration, logs:CreateLogStream, logs:DescribeLogStreams, logs:PutLogEvents: of the output of commands only the first 2,500 characters are kept -> aws iam attach-role-policy --role-name fleet-node --policy-arn ${NODE_POLICY}`,
		]);
	});

	it('tells where no session can begin', () => {
		expect(found['sessions']).toEqual([
			expect.stringMatching(/^to-do: no session can begin on i-0b10e0{11}1, .*: role fleet-node may not s3:PutObject, .* -> aws iam/),
		]);
	});

	it('tells where nothing is recorded', () => {
		expect(found['config']?.[0]).toMatch(
			/^to-do: it records nothing: 2 playbooks .* -> aws configservice start-configuration-recorder .* default$/,
		);
		expect(found['trail']?.[0]).toMatch(/^to-do: no trail takes management events that write/);
	});

	it('tells of quotas that are near their end, and counts the OpsItems of a month', () => {
		expect(found['quotas']).toEqual([
			expect.stringMatching(/^to-do: Lambda: 7 of 10 concurrent executions .*: the functions of this stage alone may want 50/),
			expect.stringMatching(/^to-do: EventBridge: 31 of 32 rules on the default bus: beyond that a deployment fails/),
			'ok: Systems Manager: 0 automations under way; 100 run at once',
		]);
		// That of the broken playbook, and that of the disk.
		expect(found['OpsCenter']).toEqual(['ok: 2 OpsItems made in 30 days; AWS takes 10000 a month']);
	});
});
