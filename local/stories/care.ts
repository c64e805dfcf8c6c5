/** The story of `npm run demo` about the care of a fleet: alarms, findings of AWS Config, a frozen calendar, an edit gone wrong. */

import { PutParameterCommand } from '@aws-sdk/client-ssm';
import type { Operation } from '../../shared/operation/types.ts';
import type { Evaluator } from '../aws/config/model.ts';
import type { Fleet } from '../fleet.ts';
import type { World } from '../world.ts';
import type { Expectation, Story } from './story.ts';

const START = '2026-03-03T09:00:00Z';
const MINUTE = 60_000;

const NODE = {
	unresponsive: 'i-0ca5e000000000001',
	busy: 'i-0ca5e000000000002',
	full: 'i-0ca5e000000000003',
	oldMetadata: 'i-0ca5e000000000004',
} as const;
const OPEN_GROUP = 'sg-0ca5e000000000001';
const OPEN_BUCKET = 'web-blue-downloads';

const FLEET: Fleet = {
	groups: [
		{
			name: 'web-blue',
			min: 4,
			max: 4,
			tags: { service: 'nginx' },
			nodes: [{ id: NODE.unresponsive }, { id: NODE.busy }, { id: NODE.full }, { id: NODE.oldMetadata, httpTokens: 'optional' }],
		},
	],
	buckets: [{ name: OPEN_BUCKET, blocksPublicAccess: false }],
	securityGroups: [
		{
			id: OPEN_GROUP,
			name: 'web-blue-admin',
			open: [
				{ port: 22, cidr: '0.0.0.0/0' },
				{ port: 22, cidr: '198.51.100.0/24' },
			],
		},
	],
};

const ALARM = { unresponsive: 'fleetkeeper-restart-web-blue', latency: 'web-latency-high', disk: 'web-disk-full' } as const;
const RULE = { metadata: 'fleetkeeper-imdsv2', ssh: 'fleetkeeper-open-ssh', bucket: 'downloads-not-public' } as const;

/** Nothing is changed while the quarter is being closed. */
const CALENDAR = 'quarter-end';
const FROZEN_UNTIL = 60;

/** A team's own playbook, beside those that are deployed. */
const BLOCK_DOWNLOADS = `name: block-downloads
priority: 120
on: noncompliant
when:
  detail: { configRuleName: [${RULE.bucket}] }
run:
  automation: block-bucket-public-access
  parameters: { BucketName: $.detail.resourceId }
  timeout: 15m
calendar: ${CALENDAR}
then:
  onFailure: { opsItem: { severity: "2", category: Security } }
`;

const WEB_ALARMS = '/fleetkeeper/local/playbooks/web-alarms';

function metricAlarm(world: World, AlarmName: string, MetricName: string, instanceId: string, Threshold: number) {
	return world.services.cloudWatch.addMetricAlarm({
		AlarmName,
		Namespace: 'AWS/EC2',
		MetricName,
		Dimensions: [{ Name: 'InstanceId', Value: instanceId }],
		Statistic: 'Average',
		Period: 60,
		EvaluationPeriods: 1,
		Threshold,
		ComparisonOperator: 'GreaterThanOrEqualToThreshold',
	});
}

/** Open except from the story's start to `FROZEN_UNTIL` minutes after it. */
function calendar(): string {
	const stamp = (minutes: number) => new Date(Date.parse(START) + minutes * MINUTE).toISOString().replace(/[-:]|\.\d+/g, '');
	return [
		...['BEGIN:VCALENDAR', 'PRODID:-//AWS//Change Calendar 1.0//EN', 'VERSION:2.0', 'X-CALENDAR-TYPE:DEFAULT_OPEN'],
		...['BEGIN:VEVENT', `DTSTAMP:${stamp(-60)}`, 'UID:quarter-end', 'SUMMARY:The quarter is being closed'],
		...[`DTSTART:${stamp(-30)}`, `DTEND:${stamp(FROZEN_UNTIL)}`, 'END:VEVENT', 'END:VCALENDAR', ''],
	].join('\r\n');
}

/** A rule of the team's own: nobody reaches SSH, neither the world nor the office. */
const noSsh: Evaluator = ({ configuration }) => {
	const permissions = configuration['ipPermissions'];
	const reached = Array.isArray(permissions) && permissions.some((permission) => permission.fromPort === 22);
	return reached ? { compliance: 'NON_COMPLIANT', annotation: 'SSH can be reached.' } : 'COMPLIANT';
};

const about = (name: string) => (operation: Operation) =>
	(operation.kind === 'alarm' && operation.subject.alarm === name) || (operation.kind === 'compliance' && operation.subject.rule === name);

const EXPECTATIONS: readonly Expectation[] = [
	{
		part: 'an alarm goes off, its node is restarted, and the OpsItem is resolved once the alarm has been calm',
		about: about(ALARM.unresponsive),
		state: 'succeeded',
		opsItem: true,
		also: ({ work, result }) => work?.type === 'automation' && result?.resolved === true,
	},
	{
		part: 'a storm: twelve times the same alarm are one operation and one OpsItem',
		about: about(ALARM.latency),
		state: 'succeeded',
		opsItem: true,
		also: (operation) => operation.kind === 'alarm' && operation.alarm.count === 12 && operation.result?.resolved === true,
	},
	{
		part: 'a muted alarm is held, and opened when it outlasts its mute',
		about: about(ALARM.disk),
		state: 'succeeded',
		opsItem: true,
		also: (operation) => operation.history.some(({ what }) => what === 'in ALARM still') && operation.result?.resolved === true,
	},
	{
		part: 'a remediation works, and AWS Config proves it',
		about: about(RULE.metadata),
		state: 'succeeded',
		also: ({ subject }) => subject.kind === 'compliance' && subject.resourceId === NODE.oldMetadata,
	},
	{
		part: 'another does not do what the rule wants: AWS Config is asked, and after two attempts a person',
		about: about(RULE.ssh),
		state: 'failed',
		opsItem: true,
		also: ({ attempts }) => attempts.start === 2,
	},
	{
		part: 'a frozen calendar holds a remediation back until it opens',
		about: about(RULE.bucket),
		state: 'succeeded',
		also: ({ work }) => (work?.startedAt ?? 0) >= Date.parse(START) + FROZEN_UNTIL * MINUTE,
	},
];

/** One story for what alarms and findings can meet. */
export const CARE_STORY: Story = {
	name: 'care',
	title: 'A fleet is looked after on a busy day',
	startAt: START,
	minutes: 150,
	fleet: FLEET,
	playbooks: { 'block-downloads': BLOCK_DOWNLOADS },
	faults: {},
	prepare({ services }) {
		services.ssm.addDocument(CALENDAR, 'ChangeCalendar', calendar());
		services.config.record();
	},
	script(world) {
		const { cloudWatch, config } = world.services;
		const start = Date.parse(START);
		const minute = (minutes: number, what: () => unknown) =>
			world.at(start + minutes * MINUTE, async () => {
				await what();
			});

		const unresponsive = metricAlarm(world, ALARM.unresponsive, 'StatusCheckFailed_Instance', NODE.unresponsive, 1);
		minute(3, () => unresponsive.set('ALARM', 'Threshold Crossed: 1 datapoint [1.0] was greater than or equal to the threshold (1.0).'));
		// What a reboot does to a node that does not answer.
		minute(9, () => {
			const rebooted = world.requestLog.entries.some(({ operation }) => operation === 'StartAutomationExecution');
			if (rebooted) unresponsive.set('OK', 'Threshold Crossed: 1 datapoint [0.0] was not greater than or equal to the threshold (1.0).');
		});

		const latency = metricAlarm(world, ALARM.latency, 'CPUUtilization', NODE.busy, 80);
		for (let time = 0; time < 12; time += 1) {
			minute(12 + 2 * time, () =>
				latency.set('ALARM', `Threshold Crossed: 1 datapoint [${90 + (time % 9)}.0] was greater than the threshold (80.0).`),
			);
			minute(13 + 2 * time, () => latency.set('OK', 'Threshold Crossed: 1 datapoint [61.0] was not greater than the threshold (80.0).'));
		}

		const disk = metricAlarm(world, ALARM.disk, 'disk_used_percent', NODE.full, 90);
		minute(15, () => {
			const window = { from: start + 15 * MINUTE, until: start + 45 * MINUTE };
			cloudWatch.mute({ name: 'backup-window', alarms: [ALARM.disk], ...window });
		});
		minute(20, () => disk.set('ALARM', 'Threshold Crossed: 1 datapoint [96.0] was greater than the threshold (90.0).'));
		minute(70, () => disk.set('OK', 'Threshold Crossed: 1 datapoint [71.0] was not greater than the threshold (90.0).'));

		minute(5, () => config.createRule({ name: RULE.metadata, judge: 'EC2_IMDSV2_CHECK' }));
		minute(6, () => config.createRule({ name: RULE.ssh, judge: noSsh, resourceTypes: ['AWS::EC2::SecurityGroup'] }));
		minute(7, () => config.createRule({ name: RULE.bucket, judge: 'S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED' }));

		const edit = (Value: string) => world.aws.ssm.send(new PutParameterCommand({ Name: WEB_ALARMS, Value, Overwrite: true }));
		const valid = world.template.parameters.find(({ name }) => name === WEB_ALARMS)?.value ?? '';
		minute(80, () => edit(valid.replace('priority: 200', 'priority: first')));
		minute(95, () => edit(valid.replace('priority: 200', 'priority: 190')));
	},
	expectations: EXPECTATIONS,
	outcomes({ services, requestLog }) {
		const opsItems = services.ssm.opsItems();
		const titled = (text: RegExp) => opsItems.filter(({ title }) => text.test(title));
		const [invalid, ...more] = titled(/web-alarms is not valid/);
		const created = requestLog.entries.filter(({ operation, error }) => operation === 'CreateOpsItem' && error === undefined);
		return [
			{ part: 'one OpsItem for the storm', holds: titled(/web-latency-high/).length === 1 },
			{
				part: 'an invalid edit of a playbook is told with its line, and resolved when it is put right',
				holds: more.length === 0 && invalid?.status === 'Resolved' && /line \d+|:\d+/.test(`${invalid.description}`),
			},
			{ part: 'no OpsItem but these five', holds: opsItems.length === 5 && created.length === 5 },
			{ part: 'only what a person has to look at is still open', holds: opsItems.filter(({ status }) => status === 'Open').length === 1 },
		];
	},
};
