import { describe, expect, it } from 'vitest';
import type { LifecycleOperation, Operation } from '../../../shared/operation/types.ts';
import { publish } from '../../../shared/outcomes/publish.ts';
import { createCore, nodeId, throttled } from '../../support/core.ts';
import { ALARM, anAlarm, anOperation, TERMINATING } from '../../support/operations.ts';

const operations = (count: number) =>
	Array.from({ length: count }, (_, number) => anOperation({ subject: { ...TERMINATING, instanceId: nodeId(number) }, version: 3 }));

it('news goes out ten to a call, each about its instance', async () => {
	const core = await createCore();
	expect(await publish(core.deps, operations(25))).toEqual(new Set());
	expect(core.calls('PutEvents').map(({ Entries }) => Entries.length)).toEqual([10, 10, 5]);
	const [entry] = core.calls('PutEvents')[0].Entries;
	expect(entry).toMatchObject({
		Source: 'fleetkeeper',
		DetailType: 'Operation State Change',
		Resources: [`arn:aws:ec2:eu-west-1:111122223333:instance/${nodeId(0)}`],
	});
	expect(JSON.parse(entry.Detail)).toMatchObject({
		stage: 'test',
		operationId: operations(1)[0]?.id,
		version: 3,
		state: 'starting',
		playbook: 'drain-web',
	});
});

it('a call that fails leaves its ten untold, and no others', async () => {
	const core = await createCore();
	core.on('PutEvents', ({ Entries }) => {
		if (JSON.parse(Entries[0].Detail).subject.instanceId === nodeId(10)) throw throttled();
		return { Entries: Entries.map(() => ({ EventId: 'event' })) };
	});
	const untold = await publish(core.deps, operations(25));
	expect([...untold]).toEqual(
		operations(25)
			.slice(10, 20)
			.map(({ id }) => id),
	);
});

const failed = { state: 'failed', closedAt: 1 } as const;

async function detailOf(operation: Operation) {
	const core = await createCore();
	await publish(core.deps, [operation]);
	return JSON.parse(core.calls('PutEvents')[0].Entries[0].Detail);
}

describe('people are alerted', () => {
	const alert = async (changes: Partial<LifecycleOperation>) => (await detailOf(anOperation(changes))).alert;
	const result = { reason: 'it failed' };

	it('of a failure, once for each OpsItem', async () => {
		expect(await alert({ ...failed, result })).toBe(true);
		expect(await alert({ ...failed, state: 'timed-out', result: { ...result, opsItem: 'opened' } })).toBe(true);
		expect(await alert({ ...failed, result: { ...result, opsItem: 'added' } })).toBe(false);
	});

	it('at once, and once, of what OpsCenter does not take', async () => {
		const refused = { ...result, opsItem: 'refused', refusal: { why: 'OpsItemLimitExceededException', version: 2 } } as const;
		expect(await alert({ state: 'running', result: refused })).toBe(true);
		expect(await alert({ state: 'running', result: refused, publishedVersion: 2 })).toBe(true);
		expect(await alert({ state: 'running', result: refused, publishedVersion: 3 })).toBe(false);
	});

	it('of nothing that goes as it should', async () => {
		expect(await alert({ state: 'running' })).toBe(false);
		expect(await alert({ state: 'succeeded', closedAt: 1, result: { ...result, opsItem: 'opened' } })).toBe(false);
	});
});

describe('the message', () => {
	const messageOf = async (changes: Partial<LifecycleOperation>): Promise<string> =>
		(await detailOf(anOperation({ subject: { ...TERMINATING, instanceId: nodeId(1) }, ...changes }))).message;

	it('says of an operation under way what it is at', async () => {
		expect(await messageOf({ state: 'running' })).toBe(`drain-web is running on ${nodeId(1)} of web-1.`);
		expect(await messageOf({ state: 'waiting', waiting: 'throttle' })).toBe(`drain-web is waiting (throttle) on ${nodeId(1)} of web-1.`);
	});

	it('says of a failure why, what became of the node, and where the OpsItem is', async () => {
		const result = { reason: 'drain-node: Failed, exit code 3', lifecycle: 'CONTINUE', opsItemId: 'oi-000000000001' } as const;
		const words = `drain-web failed on ${nodeId(1)} of web-1: drain-node: Failed, exit code 3. Lifecycle action: CONTINUE.`;
		expect(await messageOf({ ...failed, result: { ...result, opsItem: 'opened' } })).toBe(`${words} OpsItem oi-000000000001 was opened.`);
		expect(await messageOf({ ...failed, result: { ...result, opsItem: 'added' } })).toBe(
			`${words} It was added to OpsItem oi-000000000001.`,
		);
	});

	it('says of another kind what it is about, and what became of its OpsItem', async () => {
		const closed = { state: 'succeeded', closedAt: 1 } as const;
		const resolved = { reason: 'it has been OK for 10 minutes', opsItemId: 'oi-000000000001', resolved: true } as const;
		expect((await detailOf(anAlarm({ ...closed, result: resolved }))).message).toBe(
			`web-alarms succeeded on alarm ${ALARM.alarm}: it has been OK for 10 minutes. OpsItem oi-000000000001 was resolved.`,
		);
		const refusal = { why: 'OpsItemLimitExceededException: 10,000 a month', version: 1 };
		expect((await detailOf(anAlarm({ state: 'verifying', result: { reason: 'too busy', opsItem: 'refused', refusal } }))).message).toBe(
			`web-alarms waits for OK on alarm ${ALARM.alarm}: too busy. OpsCenter did not take an OpsItem: ${refusal.why}.`,
		);
		const known = { reason: 'it has been OK', opsItem: 'refused', opsItemId: 'oi-000000000001', refusal } as const;
		expect((await detailOf(anAlarm({ ...closed, result: known }))).message).toContain(
			`OpsItem oi-000000000001 was not updated: ${refusal.why}.`,
		);
	});

	it('is one line of bounded length without double quotes, whatever a script printed', async () => {
		const reason = `drain-node: "no\nsuch\tfile" ${'x'.repeat(5_000)}`;
		const message = await messageOf({ ...failed, state: 'timed-out', result: { reason } });
		expect(message).toContain('drain-web timed out on');
		expect(message).toContain("'no such file' xxx");
		expect(message).toMatch(/xxx\.\.\.\.$/);
		expect(message.length).toBeLessThan(1_510);
	});
});
