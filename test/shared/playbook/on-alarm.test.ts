import { describe, expect, it } from 'vitest';
import { changed, compiled, problemsOf, tells } from './problems.ts';
import { ALARM } from './samples.ts';

describe('a playbook for alarms', () => {
	const NAME = 'alarmName: [{ prefix: web-cpu- }]';
	const HINT = 'write alarmName: [web-cpu-high] or alarmName: [{ prefix: web- }]';

	describe('is told what is wrong', () => {
		tells(ALARM, [
			[NAME, 'state: { value: [ALARM] }', `6:5 when.detail: names no alarm: every alarm of the account would open an OpsItem; ${HINT}`],
			[NAME, 'alarmName: [{ prefix: "" }]', `6:17 when.detail.alarmName[0]: an empty prefix names every alarm`],
			[NAME, 'alarmName: [{ suffix: "" }]', `an empty suffix names every alarm`],
			[NAME, 'alarmName: [{ wildcard: "*" }]', `'*' names every alarm`],
			[NAME, 'alarmName: [{ anything-but: web }]', `6:17 when.detail.alarmName[0]: anything-but does not name alarms: it would also match`],
			[NAME, 'alarmName: [web, { anything-but: batch }]', `6:22 when.detail.alarmName[1]: anything-but does not name alarms`],
			[NAME, 'alarmName: [{ exists: true }]', `exists does not name alarms`],
			[NAME, 'alarmName: [7]', `7 is not the name of an alarm`],
			[NAME, 'alarmName: web', `6:16 when.detail.alarmName: must be a list of conditions or an object`],
			[NAME, 'alarmName: { a: [b] }', `6:16 when.detail.alarmName: is text in an alarm event; write alarmName: [value]`],
			[
				NAME,
				`${NAME}\n    state: [ALARM]`,
				`7:12 when.detail.state: has fields of its own in an alarm event; write state: { <field>: [value] }`,
			],
			[NAME, 'alarmname: [web]', `6:5 when.detail.alarmname: an alarm event has no such field; did you mean alarmName?`],
			[
				NAME,
				'$or: [{ alarmName: [a] }, { state: { value: [ALARM] } }]',
				'when.detail.$or[1]: this branch names no alarm, and none is named beside $or',
			],
			[
				`  detail:\n    ${NAME}`,
				'  tags: { a: [b] }',
				'5:3 when.tags: is for instance-terminating, instance-launching, session, inventory, not for alarm; leave it out',
				'5:3 when.detail: is missing',
			],
			['restart-node, AWS-', '../x, AWS-', "15:14 opsItem.runbooks[0]: '../x' is not the name of a document"],
			['[restart-node, AWS-RestartEC2Instance]', 'restart-node', '15:13 opsItem.runbooks: must be a list of documents; write [document]'],
			[
				'[restart-node, AWS-RestartEC2Instance]',
				`[${Array(11).fill('a').join(', ')}]`,
				'15:13 opsItem.runbooks: has 11 runbooks; an OpsItem takes 10',
			],
			['severity: "2"', 'severity: 2', '13:13 opsItem.severity: must be text; write "2", with the quotes'],
			['severity: "2"', 'severty: "2"', '13:3 opsItem.severty: no such key; did you mean severity?'],
			['times: 5', 'times: 1', '16:20 flapping.times: 1 is too small; 2 is the least'],
			['times: 5', 'times: 101', '16:20 flapping.times: 101 is too big; 100 is the most'],
			['times: 5, within: 1h', 'times: 5', '16:11 flapping.within: is missing'],
			['within: 1h', 'within: 30s', '16:31 flapping.within: 30s is too short; write 1m or more'],
			['flapping: ', 'calm: 30s\nflapping: ', '16:7 calm: 30s is too short; write 1m or more'],
			['flapping: ', 'calm: 2d\nflapping: ', '16:7 calm: 2d is too long; write 1d or less'],
			['flapping: ', 'waitForOk: 8d\nflapping: ', '16:12 waitForOk: 8d is too long; write 7d or less'],
			['timeout: 10m', 'timeout: 3h\nwaitForOk: 2h', '12:12 waitForOk: 2h is less than the work may take: 3h; write 3h or more'],
			['timeout: 10m', 'timeout: 25h', '11:12 run.timeout: 25h is longer than an operation waits for OK: 1d; write waitForOk: 25h'],
			['timeout: 10m', 'timeout: 3d', '11:12 run.timeout: 3d is too long: work may take 48h at most; write 48h or less'],
			['flapping: ', 'insufficientData: fail\nflapping: ', "16:19 insufficientData: 'fail' is not one of ignore, ok, alarm"],
			['flapping: ', 'settle: 5m\nflapping: ', '16:1 settle: is for noncompliant, not for alarm; leave it out'],
			['flapping: ', 'about: $.id\nflapping: ', '16:1 about: is for event, not for alarm; leave it out'],
			[
				'flapping: ',
				'then: { onFailure: { opsItem: {} } }\nflapping: ',
				'then.onFailure.opsItem: is for instance-terminating, instance-launching, noncompliant, event, request, not for alarm',
			],
			['timeout: 10m', 'timeout: 10m\n  node: $.detail.instance', "12:9 run.node: '$.detail.instance' leads nowhere in an alarm event"],
			[
				'timeout: 10m',
				'timeout: 10m\n  node: web-1',
				"12:9 run.node: 'web-1' is not a managed node; write $.detail.<field>, or the id of an instance",
			],
			[
				'command: restart-service',
				'automation: restart-node\n  node: i-0fee1dead',
				'9:3 run.node: is for a command: an automation takes its nodes as parameters; leave it out',
			],
		]);
	});

	describe('can point into the alarm and its dimensions', () => {
		const path = (value: string) => problemsOf(changed(ALARM, '[nginx]', `["${value}"]`));

		it.each([
			'$.detail.alarmName',
			'$.detail.state.reason',
			'$.detail.configuration.metrics.0.metricStat.metric.name',
			'$.detail.alarmContributor.id',
			'$.dimensions.InstanceId',
			'$.dimensions.Per-VPC Metrics',
			'$.resources.0',
			'$.resources',
			'$.source',
			'$.detail-type',
			'$.time',
			'plain text',
		])('%s', (value) => {
			expect(path(value)).toEqual([]);
		});

		it.each([
			['$.detail.alarmname', "'$.detail.alarmname' leads nowhere in an alarm event; did you mean $.detail.alarmName?"],
			['$.detail.AlarmName.x', 'leads nowhere in an alarm event; did you mean $.detail.alarmName?'],
			['$.detail.state', "'$.detail.state' leads to an object, not to text; name a field of it: $.detail.state.<field>"],
			['$.detail', "'$.detail' leads to an object, not to text"],
			['$.dimensions', "'$.dimensions' leads to an object, not to text"],
			['$.dimension.InstanceId', 'leads nowhere in an alarm event'],
			[
				'$.resources.first',
				"'$.resources.first' leads nowhere in an alarm event; there are $.account, $.region, $.source, $.detail-type, $.id, $.time, $.resources, $.dimensions.<name> and $.detail. with alarmName, state",
			],
			[
				'$.resources[0]',
				"'$.resources[0]' is not a path; write names with dots between them, the entry of a list by its number: $.resources.0",
			],
			['$.detail..reason', "'$.detail..reason' is not a path"],
			['$.', "'$.' is not a path"],
		])('but not %s', (value, problem) => {
			expect(path(value)).toEqual([expect.stringContaining(`10:19 run.parameters.ServiceName[0]: `)]);
			expect(path(value)[0]).toContain(problem);
		});
	});

	it.each([
		'alarmName: [web-cpu-high, { prefix: batch- }, { suffix: -high }, { wildcard: "web-*-high" }]',
		'$or: [{ alarmName: [a] }, { alarmName: [b], state: { value: [ALARM] } }]',
		'alarmName: [a]\n    state: { value: [ALARM, INSUFFICIENT_DATA] }',
	])('is named by %s', (by) => {
		expect(problemsOf(changed(ALARM, NAME, by))).toEqual([]);
	});

	it('is compiled: its command runs on the node of the metric', () => {
		expect(compiled(ALARM)).toEqual({
			name: 'web-cpu',
			priority: 100,
			on: 'alarm',
			when: { detail: { alarmName: [{ prefix: 'web-cpu-' }] } },
			run: {
				type: 'command',
				document: 'restart-service',
				parameters: { ServiceName: ['nginx'] },
				timeoutSeconds: 600,
				deliverWithinSeconds: 180,
				registerWithinSeconds: 0,
				node: '$.dimensions.InstanceId',
			},
			opsItem: { severity: '2', category: 'Performance', runbooks: ['restart-node', 'AWS-RestartEC2Instance'] },
			alarm: {
				calmSeconds: 600,
				waitForOkSeconds: 86_400,
				insufficientData: 'ignore',
				flapping: { times: 5, withinSeconds: 3_600 },
			},
		});
	});

	it('needs neither work nor an OpsItem of its own words', () => {
		const least = ALARM.replace(/run:[\s\S]*/, 'calm: 5m\nwaitForOk: 2h\ninsufficientData: ok\n');
		expect(compiled(least)).toEqual({
			name: 'web-cpu',
			priority: 100,
			on: 'alarm',
			when: { detail: { alarmName: [{ prefix: 'web-cpu-' }] } },
			opsItem: {},
			alarm: { calmSeconds: 300, waitForOkSeconds: 7_200, insufficientData: 'ok' },
		});
	});

	it('is warned of flapping without work: there is nothing to stop', () => {
		expect(problemsOf(ALARM.replace(/run:[\s\S]*opsItem:/, 'opsItem:'))).toEqual([
			'11:1 warning: flapping: has no effect without run: no work is started',
		]);
	});
});
