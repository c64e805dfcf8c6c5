import { EC2Client, ModifyInstanceMetadataOptionsCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ApiCall } from '../../../local/aws/api-call.ts';
import { THROTTLE_BURST } from '../../../local/aws/assumptions.ts';
import type { ResourceState } from '../../../local/aws/config/model.ts';
import { createAws } from '../../../shared/aws/clients.ts';
import { createGatherer } from '../../../shared/context/gather.ts';
import { resourcesOf } from '../../../shared/context/resources.ts';
import type { Deps } from '../../../shared/deps.ts';
import { clientOptions } from '../../local/support/sdk.ts';
import { nodeId, START_AT, smallAws, webFleet } from '../../local/support/small-aws.ts';

const NODE = nodeId(1);
const LAG = 'CloudTrail lags by minutes: later writes are not here';
const NONE = 'none within three hours, as far as CloudTrail knows: it lags by minutes';
const PLACE = { account: '111122223333', region: 'eu-west-1' };
const ALARM = {
	Namespace: 'AWS/EC2',
	MetricName: 'CPUUtilization',
	Dimensions: [{ Name: 'InstanceId', Value: NODE }],
	Statistic: 'Average' as const,
	Period: 300,
	EvaluationPeriods: 1,
	Threshold: 80,
	ComparisonOperator: 'GreaterThanThreshold' as const,
};

const log = { debug: () => undefined, info: () => undefined, warn: vi.fn(), error: () => undefined };

afterEach(() => {
	vi.useRealTimers();
	log.warn.mockClear();
});

/** The alarm `name`, on the dimensions. */
function subject(name: string, dimensions: Readonly<Record<string, string>> = { InstanceId: NODE }, namespace = 'AWS/EC2') {
	return { alarm: name, resources: resourcesOf([{ namespace, dimensions }], PLACE), dimensions: [dimensions] };
}

/** Two nodes whose changes are recorded after a minute, and calls at once. */
function setUp(options: Parameters<typeof smallAws>[1] = {}) {
	const aws = smallAws(webFleet(2), { trailLagMs: 0, recordingLagMs: 60_000, ...options });
	const calls: ApiCall[] = [];
	const observe = (call: ApiCall) => {
		calls.push(call);
		aws.observe(call);
	};
	const sdk = clientOptions({ ...aws, observe }, 'gatherer');
	const deps = { aws: { ...createAws(sdk), client: (Client) => new Client(sdk) } as Deps['aws'], now: () => aws.clock.now(), log };
	const raise = (name: string, dimensions: Readonly<Record<string, string>> = { InstanceId: NODE }) =>
		aws.cloudWatch
			.addMetricAlarm({ ...ALARM, AlarmName: name, Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })) })
			.set('ALARM', 'Too much.');
	return {
		...aws,
		deps,
		raise,
		gather: createGatherer(deps),
		ec2Client: (caller: string) => new EC2Client(clientOptions(aws, caller)),
		/** The operations called so far, in alphabetical order. */
		called: () => calls.map(({ operation }) => operation).sort(),
	};
}

describe('The changes of a resource', () => {
	it('say what changed and when, the newest first', async () => {
		const { gather, config, ec2, ec2Client, advance } = setUp();
		config.record();
		await advance(86_400);
		await ec2Client('alice').send(new ModifyInstanceMetadataOptionsCommand({ InstanceId: NODE, HttpTokens: 'optional' }));
		await advance(600);
		ec2.tag(NODE, { team: 'web' });
		config.look('ec2');
		await advance(600);

		const { changes } = await gather(subject('cpu-high'));

		expect(changes).toEqual([
			`2026-03-03T09:11:00Z ${NODE}: tags changed`,
			// EC2 applies them after a while, which is a change of its own.
			`2026-03-03T09:01:29Z ${NODE}: metadataOptions changed`,
			`2026-03-03T09:01:00Z ${NODE}: metadataOptions changed`,
		]);
	});

	it('reach back a day, and are five at most', async () => {
		const { gather, config, ec2, advance } = setUp();
		config.record();
		const change = async (version: number) => {
			ec2.tag(NODE, { version: String(version) });
			config.look('ec2');
			await advance(120);
		};
		await change(0);
		await advance(25 * 3_600);

		const none = (await gather(subject('cpu-high'))).changes;
		for (let version = 1; version <= 7; version++) await change(version);
		const { changes } = await gather(subject('cpu-high'));

		expect(none).toEqual([]);
		expect(changes).toHaveLength(5);
		expect(changes[0]).toMatch(/^2026-03-03T10:15:00Z .* changed$/);
	});

	it('tell its end', async () => {
		const { gather, config, ec2, advance } = setUp();
		config.record();
		ec2.terminate(NODE);
		await advance(300);

		const { changes } = await gather(subject('cpu-high'));

		expect(changes[0]).toMatch(new RegExp(`^2026-03-02T09:\\d\\d:\\d\\dZ ${NODE}: deleted$`));
	});

	it('are found by name where AWS Config has an id of its own', async () => {
		const { gather, config, called, advance } = setUp();
		const group = (maxSize: number): ResourceState => ({
			id: 'arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:1:autoScalingGroupName/web',
			name: 'web',
			arn: 'arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:1:autoScalingGroupName/web',
			tags: {},
			configuration: { maxSize, minSize: 0 },
		});
		let now = group(4);
		config.addProvider({ type: 'AWS::AutoScaling::AutoScalingGroup', service: 'autoscaling', list: () => [now] });
		config.record();
		now = group(2);
		config.look('autoscaling');
		await advance(120);

		const { changes, missing } = await gather(subject('group-busy', { AutoScalingGroupName: 'web' }));
		const unknown = await gather(subject('db-busy', { DBInstanceIdentifier: 'orders' }, 'AWS/RDS'));

		expect([changes, missing]).toEqual([['2026-03-02T09:01:00Z web: maxSize changed', '2026-03-02T09:00:00Z web: first recorded'], []]);
		expect(unknown.missing).toEqual(['AWS Config: the resource is not recorded']);
		expect(called().filter((operation) => operation === 'ListDiscoveredResources')).toHaveLength(2);
	});
});

describe('The writes on a resource', () => {
	it('say who called what, with the error, and leave out what only reads', async () => {
		const { gather, observe, ec2Client, clock, advance } = setUp({ roleOf: () => 'arn:aws:iam::111122223333:role/deployer' });
		const call = { service: 'ec2', requestId: 'request-1', caller: 'build', input: { InstanceIds: [NODE] }, output: {} };
		await ec2Client('alice').send(new StopInstancesCommand({ InstanceIds: [NODE] }));
		await advance(60);
		observe({ ...call, at: clock.now(), operation: 'DescribeInstances' });
		const error = { code: 'IncorrectInstanceState', message: 'It is not running.' };
		observe({ ...call, at: clock.now(), operation: 'StartInstances', requestId: 'request-2', error });

		const { writes } = await gather(subject('cpu-high'));

		expect(writes).toEqual([
			LAG,
			'2026-03-02T09:01:00Z StartInstances by assumed-role/deployer/build, failed with IncorrectInstanceState',
			'2026-03-02T09:00:00Z StopInstances by assumed-role/deployer/alice',
		]);
	});

	it('reach back three hours, and are five at most', async () => {
		const { gather, observe, clock, advance } = setUp();
		const stop = (number: number) =>
			observe({ at: clock.now(), service: 'ec2', operation: 'StopInstances', requestId: `r-${number}`, input: { InstanceIds: [NODE] } });
		stop(0);
		await advance(3 * 3_600 + 1);

		const none = (await gather(subject('cpu-high'))).writes;
		for (let number = 1; number <= 7; number++) stop(number);
		const { writes } = await gather(subject('cpu-high'));

		expect(none).toEqual([NONE]);
		expect(writes).toHaveLength(6);
	});

	it('of a service are in its name', async () => {
		const { gather, observe } = setUp();
		const caller = 'ssm.amazonaws.com';
		observe({ at: START_AT, service: 'ec2', operation: 'StopInstances', requestId: 'r', caller, input: { InstanceIds: [NODE] } });

		const { writes } = await gather(subject('cpu-high'));

		expect(writes).toContain('2026-03-02T09:00:00Z StopInstances by ssm.amazonaws.com');
	});
});

describe('The stack of a resource', () => {
	const stack = { name: 'network', resources: [{ logicalId: 'Node', type: 'AWS::EC2::Instance', physicalId: NODE }] };

	it('is what AWS Config has among its tags, and nobody else is asked', async () => {
		const { gather, config, ec2, called } = setUp();
		ec2.tag(NODE, { 'aws:cloudformation:stack-name': 'web' });
		config.record();

		const context = await gather(subject('cpu-high'));

		expect(context.stack).toBe('web');
		expect(called()).toEqual(['DescribeAlarms', 'GetResourceConfigHistory', 'LookupEvents']);
	});

	it('is not asked for where AWS Config has the resource without one', async () => {
		const { gather, config, cloudFormation, called } = setUp();
		cloudFormation.addStack(stack);
		config.record();

		const context = await gather(subject('cpu-high'));

		expect(context).not.toHaveProperty('stack');
		expect(called()).not.toContain('DescribeStackResources');
	});

	it('is asked of CloudFormation where AWS Config has no item', async () => {
		const { gather, cloudFormation, called } = setUp();
		cloudFormation.addStack(stack);

		const context = await gather(subject('cpu-high'));

		expect(context).toMatchObject({ stack: 'network', missing: ['AWS Config: the resource is not recorded'] });
		expect(called()).toContain('DescribeStackResources');
	});

	it('may be none, which is no failure', async () => {
		const context = await setUp().gather(subject('cpu-high'));

		expect(context).not.toHaveProperty('stack');
		expect(context.missing).toEqual(['AWS Config: the resource is not recorded']);
	});
});

describe('The other alarms', () => {
	it('are those in ALARM that look at the same, the latest first', async () => {
		const { gather, raise, cloudWatch, advance } = setUp();
		raise('cpu-high');
		raise('status-check');
		await advance(60);
		raise('disk-full', { InstanceId: NODE, path: '/', device: 'nvme0n1p1' });
		raise('elsewhere', { InstanceId: nodeId(2), path: '/' });
		cloudWatch.addMetricAlarm({ ...ALARM, AlarmName: 'calm' });

		const { alarms } = await gather(subject('cpu-high', { InstanceId: NODE, path: '/' }, 'CWAgent'));

		expect(alarms).toEqual(['disk-full, in ALARM since 2026-03-02T09:01:00Z', 'status-check, in ALARM since 2026-03-02T09:00:00Z']);
	});

	it('have their metrics in expressions too, and count where their rule has the alarm', async () => {
		const { gather, raise, cloudWatch } = setUp();
		raise('cpu high');
		raise('other');
		const metric = { Namespace: 'AWS/EC2', MetricName: 'NetworkIn', Dimensions: [{ Name: 'InstanceId', Value: NODE }] };
		const Metrics = [
			{ Id: 'e1', Expression: 'm1 * 2' },
			{ Id: 'm1', MetricStat: { Metric: metric, Period: 60, Stat: 'Sum' }, ReturnData: false },
		];
		const { EvaluationPeriods, Threshold, ComparisonOperator } = ALARM;
		cloudWatch.addMetricAlarm({ AlarmName: 'traffic', Metrics, EvaluationPeriods, Threshold, ComparisonOperator }, 'ALARM');
		cloudWatch.addCompositeAlarm({ AlarmName: 'node-down', AlarmRule: 'ALARM("cpu high") AND NOT OK(traffic)' });
		cloudWatch.addCompositeAlarm({ AlarmName: 'by-arn', AlarmRule: 'ALARM("arn:aws:cloudwatch:eu-west-1:111122223333:alarm:cpu high")' });
		const names = (lines: readonly string[]) => lines.map((line) => line.split(',')[0]).sort();
		cloudWatch.addCompositeAlarm({ AlarmName: 'unrelated', AlarmRule: 'ALARM(other)' });

		const onNode = (await gather(subject('cpu high'))).alarms;
		const withoutDimensions = (await gather({ alarm: 'cpu high', resources: [], dimensions: [] })).alarms;

		expect(names(onNode)).toEqual(['by-arn', 'node-down', 'other', 'traffic']);
		expect(names(withoutDimensions)).toEqual(['by-arn', 'node-down']);
	});

	it('are read once for many alarms, and again after half a minute', async () => {
		const { gather, raise, called, advance } = setUp();
		const reads = () => called().filter((operation) => operation === 'DescribeAlarms').length;
		const bare = (alarm: string) => ({ ...subject(alarm), resources: [] });

		await Promise.all([gather(bare('a')), gather(bare('b')), gather(bare('c'))]);
		await advance(29);
		raise('late');
		const kept = await gather(bare('d'));
		const before = reads();
		await advance(1);
		const fresh = await gather(bare('d'));

		expect([before, reads()]).toEqual([1, 2]);
		expect([kept.alarms, fresh.alarms]).toEqual([[], ['late, in ALARM since 2026-03-02T09:00:29Z']]);
	});

	it('are ten at most, of the first three hundred', async () => {
		const { gather, raise, called } = setUp();
		for (let number = 0; number < 301; number++) raise(`alarm-${number}`);

		const { alarms, missing } = await gather({ ...subject('cpu-high'), resources: [] });

		expect(alarms).toHaveLength(10);
		expect(missing).toEqual(['other alarms: only 300 of those in ALARM were looked at']);
		expect(called()).toEqual(['DescribeAlarms', 'DescribeAlarms', 'DescribeAlarms']);
	});
});

describe('What cannot be had', () => {
	it('is named with its reason, beside what can be had', async () => {
		const { gather, raise, config, call } = setUp();
		config.record();
		raise('status-check');
		for (let number = 0; number < THROTTLE_BURST; number++) call('cloudtrail', 'LookupEvents');

		const context = await gather(subject('cpu-high'));

		expect(context).toMatchObject({ writes: [], alarms: ['status-check, in ALARM since 2026-03-02T09:00:00Z'] });
		expect(context.missing).toEqual([expect.stringMatching(/^CloudTrail: ThrottlingException: /)]);
		expect(log.warn).toHaveBeenCalledWith(expect.any(String), { alarm: 'cpu-high', missing: context.missing });
	});

	it('is asked for again at the next alarm', async () => {
		const { gather, raise, call, advance } = setUp({ throttles: { cloudWatch: { DescribeAlarms: 1 } } });
		const alarm = { ...subject('cpu-high'), resources: [] };
		raise('status-check');
		for (let number = 0; number < THROTTLE_BURST; number++) call('cloudwatch', 'DescribeAlarms');

		const throttled = await gather(alarm);
		await advance(1);
		const next = await gather(alarm);

		expect(throttled).toMatchObject({ alarms: [], missing: [expect.stringMatching(/^other alarms: Throttling/)] });
		expect(next).toMatchObject({ alarms: ['status-check, in ALARM since 2026-03-02T09:00:00Z'], missing: [] });
	});

	it('holds nothing up for more than five seconds, and leaves no timer', async () => {
		const { deps } = setUp();
		vi.useFakeTimers();
		const aborted: string[] = [];
		const silent = {
			send: (command: object, { abortSignal }: { abortSignal: AbortSignal }) => {
				abortSignal.addEventListener('abort', () => aborted.push(command.constructor.name));
				return new Promise(() => undefined);
			},
		};
		const gather = createGatherer({ ...deps, aws: { ...deps.aws, client: () => silent as never } });
		let context: Awaited<ReturnType<typeof gather>> | undefined;
		const done = gather(subject('cpu-high')).then((gathered) => {
			context = gathered;
		});

		await vi.advanceTimersByTimeAsync(4_999);
		const before = context;
		await vi.advanceTimersByTimeAsync(1);
		await done;

		expect(before).toBeUndefined();
		expect(context).toEqual({
			changes: [],
			writes: [],
			alarms: [],
			missing: ['AWS Config', 'CloudTrail', 'CloudFormation', 'other alarms'].map((what) => `${what}: no answer within 5 s`),
		});
		expect(aborted.sort()).toEqual(['DescribeAlarmsCommand', 'GetResourceConfigHistoryCommand', 'LookupEventsCommand']);
		expect(vi.getTimerCount()).toBe(0);
	});

	it('leaves no timer behind an answer either', async () => {
		const { deps } = setUp();
		vi.useFakeTimers();
		const gather = createGatherer({ ...deps, aws: { ...deps.aws, client: () => ({ send: async () => ({}) }) as never } });

		const context = await gather(subject('cpu-high'));

		expect(context).toEqual({ changes: [], writes: [NONE], alarms: [], missing: [] });
		expect(vi.getTimerCount()).toBe(0);
	});

	it('has a reason of its own where there is no recorder, or no type that is recorded', async () => {
		const { deps } = setUp();
		const refusal = Object.assign(new Error('There is no configuration recorder.'), { name: 'NoAvailableConfigurationRecorderException' });
		const refusing = { send: async () => Promise.reject(refusal) };
		const gather = createGatherer({ ...deps, aws: { ...deps.aws, client: () => refusing as never } });

		const [config] = (await gather(subject('cpu-high'))).missing;
		const untyped = await createGatherer(deps)(subject('share-full', { FileSystemId: 'fs-1' }, 'AWS/FSx'));

		expect(config).toBe('AWS Config: no recorder');
		expect(untyped.missing).toEqual(['AWS Config: it records no such resources']);
	});
});
