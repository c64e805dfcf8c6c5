import { describe, expect, it } from 'vitest';
import type { AlarmOperation, ComplianceOperation, EventOperation, Operation } from '../../shared/operation/types.ts';
import { ALARM, aFinding, anAlarm, anEvent, FINDING, MINUTE, RUNBOOK, SPOT_INTERRUPTION } from '../support/operations.ts';
import { createOperating, NODES, STARTED_AT } from './operating.ts';

const OPEN = { openedAt: STARTED_AT, dueAt: STARTED_AT } as const;
const SPOT_NODE = SPOT_INTERRUPTION.key[0] ?? '';
const alarm = (changes: Partial<AlarmOperation> = {}) => anAlarm({ ...OPEN, state: 'verifying', ...changes });
const finding = (changes: Partial<ComplianceOperation> = {}) =>
	aFinding({ ...OPEN, subject: { ...FINDING, resourceId: 'sg-0123456789abcdef0', resourceType: 'AWS::EC2::SecurityGroup' }, ...changes });
const event = (changes: Partial<EventOperation> = {}) =>
	anEvent({ ...OPEN, state: 'waiting', waiting: 'throttle', run: RUNBOOK, deadlineAt: STARTED_AT + 15 * MINUTE, ...changes });

function closed({ dueAt: _dueAt, ...operation }: Operation): Operation {
	return { ...(operation as Operation), state: 'succeeded', closedAt: STARTED_AT, result: { reason: 'all is well' } };
}

async function withAll() {
	const operating = await createOperating();
	const { drain, put } = operating;
	const ids = { drain: await drain(NODES[0]), alarm: await put(alarm()), finding: await put(finding()), event: await put(event()) };
	return { ...operating, ids };
}

describe('Operations of every kind', () => {
	it('are listed with what they are about; what has no work, or whose work has not begun or is over, has no deadline', async () => {
		const { fleet, ids } = await withAll();

		const { out } = await fleet('list');

		const rows = new Map(out.split('\n').map((line) => [line.split(/ {2,}/)[0], line.split(/ {2,}/).slice(1, 6)]));
		expect(rows.get(ids.drain)?.[2]).toBe(`${NODES[0]} of web-blue`);
		expect(rows.get(ids.alarm)).toEqual(['verifying', 'web-alarms', `alarm ${ALARM.alarm}`, expect.any(String), '-']);
		expect(rows.get(ids.finding)?.[2]).toBe(`sg-0123456789abcdef0 under rule ${FINDING.rule}`);
		expect(rows.get(ids.event)).toEqual([
			'waiting (throttle)',
			'spot-interruptions',
			`EC2 Spot Instance Interruption Warning (${SPOT_NODE})`,
			expect.any(String),
			'-',
		]);
	});

	it.each([
		['an alarm', 'alarm', ALARM.alarm, [/alarm +web-1-unresponsive/, /is +ALARM since 2026-.*Threshold Crossed/, /went off +once/]],
		['a resource', 'finding', 'sg-0123456789abcdef0', [/resource +AWS::EC2::SecurityGroup sg-/, /rule +ec2-imdsv2/, /0 of 2 times/]],
		['an event', 'event', SPOT_NODE, [/event +EC2 Spot Instance Interruption Warning of aws\.ec2/, /work +automation restart-node: not/]],
	] as const)('are found by what they are about, and shown in its words: %s', async (_, kind, name, lines) => {
		const { fleet, ids } = await withAll();

		const { out } = await fleet('show', name);

		expect(out.split('\n')[0]).toBe(ids[kind]);
		for (const line of lines) expect(out).toMatch(line);
		expect(out).not.toMatch(/hook|group/);
	});

	it('that one node has to do with are told apart by what each is about', async () => {
		const { fleet, put, drain } = await createOperating();
		const drained = await drain(NODES[0]);
		const spot = await put(event({ subject: { ...SPOT_INTERRUPTION, key: [NODES[0]] } }));

		const { status, err } = await fleet('show', NODES[0]);

		expect(status).toBe(1);
		expect(err).toContain(`${drained}  running  fleetkeeper-drain`);
		expect(err).toContain(`${spot}  waiting (throttle)  EC2 Spot Instance Interruption Warning (${NODES[0]})`);
	});

	it('that wait are tried at once', async () => {
		const { fleet, put, ssm } = await createOperating();
		ssm.addDocument('fleetkeeper-local-restart-node', 'Automation', {
			schemaVersion: '0.3',
			parameters: { InstanceId: { type: 'String' }, AutomationAssumeRole: { type: 'String', default: '' } },
			mainSteps: [{ name: 'wait', action: 'aws:sleep', inputs: { Duration: 'PT10M' } }],
		});
		const id = await put(event());

		const { status, out } = await fleet('retry', id);

		expect(status).toBe(0);
		expect(out).toContain('retried: by ops');
		expect(out).toContain('runbook started');
		expect(out).toContain(`${id} is running`);
	});

	it('that wait for what AWS shows are looked at now', async () => {
		const { fleet, put, world } = await createOperating();
		const shown = world.services.cloudWatch.addMetricAlarm({
			AlarmName: ALARM.alarm,
			Namespace: 'AWS/EC2',
			MetricName: 'StatusCheckFailed',
			Statistic: 'Average',
			Period: 60,
			EvaluationPeriods: 1,
			Threshold: 1,
			ComparisonOperator: 'GreaterThanOrEqualToThreshold',
		});
		const id = await put(alarm({ openedAt: STARTED_AT - MINUTE }));
		await world.run(async () => shown.set('OK', 'back to normal'));

		const { status } = await fleet('retry', id);

		expect(status).toBe(0);
		expect((await fleet('show', id)).out).toMatch(/is +OK since .*: back to normal/);
	});

	it.each([
		['alarm', () => closed(alarm()), /Another is opened when the alarm goes off again/],
		['compliance', () => closed(finding()), /finds the resource noncompliant again/],
		['event', () => closed(event()), /The next event opens another.*fleet -- request/],
	])('that have closed are not opened by hand, but by what happens: %s', async (_, operation, next) => {
		const { fleet, put } = await createOperating();
		const id = await put(operation());

		const { status, out, err } = await fleet('retry', id);

		expect({ status, out }).toEqual({ status: 1, out: '' });
		expect(err).toContain(`${id} is closed: succeeded at 2026-03-02T08:00:00Z.`);
		expect(err).toMatch(next);
		expect(err).not.toMatch(/hook|instance/i);
	});

	it.each([
		['an event', () => event()],
		['a resource', () => finding({ state: 'waiting', waiting: 'calendar' })],
	])('that wait have all the time until their work starts, and need no more: %s', async (_, operation) => {
		const { fleet, put } = await createOperating();
		const id = await put(operation());

		const { status, err } = await fleet('extend', id, '30m');

		expect(status).toBe(1);
		expect(err).toMatch(/is waiting \((throttle|calendar)\) for as long as it takes: its deadline counts from the start of its work/);
		expect((await fleet('show', id)).out).toMatch(/deadline +counts from the start of its work/);
	});

	it('get more time, and nothing is said of a hook', async () => {
		const { fleet, put } = await createOperating();
		const work = { id: 'w', attempt: 1, type: 'automation', document: 'restart-node', shared: false, parameters: {} } as const;
		const { waiting: _waiting, ...running } = event({ state: 'running', work: { ...work, externalId: 'e', recordedAt: STARTED_AT } });
		const id = await put(running);

		const { status, out } = await fleet('extend', id, '30m');

		expect(status).toBe(0);
		expect(out).toContain('The deadline is 2026-03-02T08:45:00Z, 30m later than before');
		expect(out).not.toContain('hook');
	});

	it('get more time where a result is waited for, which has no deadline', async () => {
		const { fleet, put } = await createOperating();
		const verify = { after: STARTED_AT, lookAt: STARTED_AT + 15 * MINUTE, looks: 0 };
		const id = await put(finding({ state: 'verifying', verify }));

		const { status, out } = await fleet('extend', id, '30m');

		expect(status).toBe(0);
		expect(out).toContain('extended: by ops: 1800 s more');
		expect(out).not.toContain('deadline');
	});

	it('are completed as done by a person, without a result', async () => {
		const { fleet, put } = await createOperating();
		const id = await put(event());

		const refused = await fleet('complete', id, 'continue');
		const { status, out } = await fleet('complete', id);

		expect(refused).toMatchObject({ status: 1, out: '' });
		expect(refused.err).toContain(`${id} holds no instance at a lifecycle hook: complete it without 'continue'`);
		expect(status).toBe(0);
		expect(out).toContain('completed by ops');
		expect(out).toContain(`${id} is skipped at`);
		expect(out).not.toContain('lifecycle action');
	});

	it('are cancelled as failures', async () => {
		const { fleet, put } = await createOperating();
		const id = await put(event());

		const { status, out } = await fleet('cancel', id);

		expect(status).toBe(0);
		expect(out).toContain('cancelled by ops');
		expect(out).toMatch(new RegExp(`${id} is failed at [^,]*$`));
	});
});
