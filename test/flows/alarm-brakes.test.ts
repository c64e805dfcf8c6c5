import { CreateDocumentCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { fleet } from '../../cli/fleet.ts';
import { items, mails, onAlarm, operation, operations, RESTART, starts, withAlarm } from './alarming.ts';
import { MINUTE, nodeId } from './deployment.ts';
import type { Flow } from './support.ts';

const another = (flow: Flow, AlarmName: string) =>
	flow.world.services.cloudWatch.addMetricAlarm({
		...{ AlarmName, Namespace: 'AWS/EC2', MetricName: 'NetworkIn', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1, Threshold: 1 },
		...{ ComparisonOperator: 'GreaterThanThreshold', Dimensions: [{ Name: 'InstanceId', Value: nodeId(1) }] },
	});

/** `2026-03-02T10:00:00Z`, as iCalendar writes it. */
const stamp = (at: number) => new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '');

/** A person makes a change calendar that is closed for some minutes from now on. */
async function freeze(flow: Flow, minutes: number): Promise<void> {
	const event = [
		'BEGIN:VEVENT',
		'UID:1',
		`DTSTART:${stamp(flow.now - MINUTE)}`,
		`DTEND:${stamp(flow.now + minutes * MINUTE)}`,
		'SUMMARY:freeze',
	];
	const head = ['BEGIN:VCALENDAR', 'PRODID:-//AWS//Change Calendar 1.0//EN', 'VERSION:2.0', 'X-CALENDAR-TYPE:DEFAULT_OPEN'];
	const Content = [...head, ...event, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');
	await flow.people(({ ssm }) =>
		ssm.send(new CreateDocumentCommand({ Name: 'freeze', DocumentType: 'ChangeCalendar', DocumentFormat: 'TEXT', Content })),
	);
}

async function command(flow: Flow, ...args: string[]): Promise<number> {
	const { world } = flow;
	const io = { out: () => {}, err: () => {}, cwd: '/nowhere' };
	return world.run(() => fleet(args, { io, env: {}, connect: () => world.aws, now: () => flow.now, user: 'ops' }));
}

describe('Beyond the limits of its playbook, the work of an alarm', () => {
	it('waits for its turn, while its OpsItem is open', async () => {
		const { flow, goesOff } = await withAlarm(onAlarm(`${RESTART}limits: { concurrent: 1 }\n`));
		goesOff();
		another(flow, 'web-other').set('ALARM', 'too much');
		await flow.minutes(0.5);
		expect(items(flow)).toHaveLength(2);
		expect(starts(flow)).toHaveLength(1);

		await flow.minutes(8);
		expect(starts(flow)).toHaveLength(2);
		expect((await operations(flow)).map(({ state }) => state)).toEqual(['verifying', 'verifying']);
	});

	it('is not begun where it is OK when its turn comes', async () => {
		const { flow, goesOff } = await withAlarm(onAlarm(`${RESTART}limits: { concurrent: 1 }\n`));
		const other = another(flow, 'web-other');
		goesOff();
		await flow.minutes(0.2);
		other.set('ALARM', 'too much');
		await flow.minutes(0.2);
		other.set('OK', 'fine');
		await flow.minutes(15);
		expect(starts(flow)).toHaveLength(1);
		expect(
			items(flow)
				.map(({ status }) => status)
				.sort(),
		).toEqual(['Open', 'Resolved']);
	});

	it('is left out where the playbook says so, and the OpsItem says why', async () => {
		const { flow, goesOff, recovers } = await withAlarm(onAlarm(`${RESTART}limits: { perHour: 1, beyond: skip }\n`));
		another(flow, 'web-other').set('ALARM', 'too much');
		await flow.minutes(1);
		goesOff();
		await flow.minutes(3);
		expect(starts(flow)).toHaveLength(1);
		expect(items(flow)[0]).toMatchObject({ status: 'Open', said: { ran: expect.stringContaining('not run: 1 have begun') } });
		expect(mails(flow)).toEqual([]);
		recovers();
		await flow.minutes(12);
		expect(items(flow)[0]).toMatchObject({ status: 'Resolved' });
	});
});

describe('While a calendar is closed, the work of an alarm', () => {
	it('waits, and begins when it opens and the alarm still is in ALARM', async () => {
		const { flow, goesOff } = await withAlarm(onAlarm(`${RESTART}calendar: freeze\n`));
		await freeze(flow, 20);
		goesOff();
		await flow.minutes(19);
		expect(starts(flow)).toEqual([]);
		expect(items(flow)).toMatchObject([{ status: 'Open', said: { status: expect.stringContaining('freeze') } }]);
		await flow.minutes(5);
		expect(starts(flow)).toHaveLength(1);
	});

	it('is not begun where the alarm has no data any more and then is OK', async () => {
		const { flow, goesOff, alarm, recovers } = await withAlarm(onAlarm(`${RESTART}calendar: freeze\n`));
		await freeze(flow, 10);
		goesOff();
		await flow.minutes(5);
		alarm.set('INSUFFICIENT_DATA', 'no data');
		await flow.minutes(8);
		const looks = flow.calls('DescribeAlarms').length;
		await flow.minutes(20);
		expect(flow.calls('DescribeAlarms').length - looks).toBeLessThan(4);
		recovers();
		await flow.minutes(12);
		expect(items(flow)).toMatchObject([{ status: 'Resolved' }]);
	});

	it('is left out where the playbook says so', async () => {
		const { flow, goesOff } = await withAlarm(onAlarm(`${RESTART}calendar: freeze\ncalendarClosed: skip\n`));
		await freeze(flow, 10);
		goesOff();
		await flow.minutes(15);
		expect(starts(flow)).toEqual([]);
		expect(await operation(flow)).toMatchObject({ state: 'verifying' });
		expect(items(flow)).toMatchObject([{ status: 'Open', said: { ran: expect.stringContaining('not run: ') } }]);
	});
});

describe('While all work is paused, an alarm', () => {
	it('is an OpsItem that says so, and its work begins afterwards with all of its time', async () => {
		const { flow, goesOff } = await withAlarm(onAlarm(`${RESTART}waitForOk: 30m\n`));
		expect(await command(flow, 'pause', 'a bad release')).toBe(0);
		await flow.minutes(1.5);
		goesOff();
		await flow.minutes(45);
		expect(starts(flow)).toEqual([]);
		expect(items(flow)).toMatchObject([{ status: 'Open', said: { status: expect.stringContaining('a bad release') } }]);
		expect(mails(flow)).toEqual([]);

		await command(flow, 'resume');
		await flow.minutes(6);
		expect(starts(flow)).toHaveLength(1);
		expect(await operation(flow)).toMatchObject({ state: 'verifying' });
	});
});
