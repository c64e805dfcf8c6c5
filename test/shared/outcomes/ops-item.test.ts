import { describe, expect, it } from 'vitest';
import type { Part } from '../../../shared/operation/services.ts';
import type { AlarmOperation, Operation } from '../../../shared/operation/types.ts';
import { openOpsItem, openOpsItemWith, resolveOpsItem, updateOpsItem } from '../../../shared/outcomes/ops-item.ts';
import { awsError, createCore, nodeId, throttled } from '../../support/core.ts';
import { ALARM, anAlarm, anOperation, CONTINUE, failed, lead, TERMINATING } from '../../support/operations.ts';

/** An operation that failed and whose action is completed. */
function failing(number: number, changes: object = {}): Operation {
	const operation = anOperation({
		subject: { ...TERMINATING, instanceId: nodeId(number), ...changes },
		then: { onSuccess: CONTINUE, onFailure: { ...CONTINUE, opsItem: { severity: '2', category: 'Availability', priority: 3 } } },
	});
	return lead(operation).runs().meets(failed, { type: 'done', effect: 'complete-lifecycle' }).operation;
}
const facts = (answers: ReadonlyMap<string, unknown>) => [...answers.values()];

describe('an OpsItem', () => {
	it('is one for a playbook and group, with each node, why it failed and what became of its action', async () => {
		const core = await createCore();
		const answers = await openOpsItem(core.services, [failing(1), failing(2)]);
		expect(facts(answers)).toMatchObject([
			{ type: 'done', opsItemId: 'oi-000000000001', opsItem: 'opened', note: 'oi-000000000001 opened' },
			{ type: 'done', opsItemId: 'oi-000000000001', opsItem: 'added', note: 'node added to oi-000000000001' },
		]);
		const [input, ...more] = core.calls('CreateOpsItem');
		expect(more).toEqual([]);
		expect(input).toMatchObject({
			Source: 'fleetkeeper',
			Severity: '2',
			Category: 'Availability',
			Priority: 3,
			Title: 'drain-web fails on nodes of web-1',
		});
		expect(JSON.parse(input.OperationalData['/aws/dedup'].Value)).toEqual({ dedupString: 'fleetkeeper:test:drain-web:web-1' });
		expect(JSON.parse(input.OperationalData[`node/${nodeId(2)}`].Value)).toEqual({
			operation: failing(2).id,
			reason: expect.stringContaining('nginx did not stop'),
			lifecycle: 'CONTINUE',
		});
	});

	it('names the group as its resource, not the nodes: AWS makes one OpsItem for a resource', async () => {
		const core = await createCore();
		const groupArn = 'arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:uuid:autoScalingGroupName/web-1';
		await openOpsItem(core.services, [failing(1, { groupArn }), failing(2, { groupArn })]);
		expect(JSON.parse(core.calls('CreateOpsItem')[0].OperationalData['/aws/resources'].Value)).toEqual([{ arn: groupArn }]);
	});

	it('is another for another group', async () => {
		const core = await createCore();
		await openOpsItem(core.services, [failing(1), failing(2, { group: 'web-2' })]);
		expect(core.calls('CreateOpsItem')).toHaveLength(2);
	});

	it('that is open already gets the node added', async () => {
		const core = await createCore();
		core.on('CreateOpsItem', () => {
			throw awsError('OpsItemAlreadyExistsException', 'exists', 400, { OpsItemId: 'oi-00000000000a' });
		});
		expect(facts(await openOpsItem(core.services, [failing(1)]))).toMatchObject([
			{ type: 'done', opsItemId: 'oi-00000000000a', opsItem: 'added' },
		]);
		const [input] = core.calls('UpdateOpsItem');
		expect(input.OpsItemId).toBe('oi-00000000000a');
		expect(Object.keys(input.OperationalData)).toEqual([`node/${nodeId(1)}`]);
	});

	it("is the operation's own where the call that opened it was made before and its reply was lost", async () => {
		const core = await createCore();
		await openOpsItem(core.services, [failing(1), failing(2)]);
		const { OperationalData } = core.calls('CreateOpsItem')[0];
		core.on('CreateOpsItem', () => {
			throw awsError('OpsItemAlreadyExistsException', 'exists', 400, { OpsItemId: 'oi-000000000001' });
		});
		core.on('GetOpsItem', () => ({ OpsItem: { OperationalData } }));
		expect(facts(await openOpsItem(core.services, [failing(2), failing(1)]))).toMatchObject([
			{ opsItemId: 'oi-000000000001', opsItem: 'added' },
			{ opsItemId: 'oi-000000000001', opsItem: 'opened' },
		]);
	});

	it('of five hundred nodes stays within what AWS takes', async () => {
		const core = await createCore();
		await openOpsItem(
			core.services,
			Array.from({ length: 150 }, (_, number) => failing(number)),
		);
		const [input] = core.calls('CreateOpsItem');
		expect(input.Description.length).toBeLessThanOrEqual(2_048);
	});

	it('that is throttled is to be tried again', async () => {
		const core = await createCore();
		core.on('CreateOpsItem', () => {
			throw throttled();
		});
		expect(facts(await openOpsItem(core.services, [failing(1)]))).toMatchObject([
			{ type: 'not-done', effect: 'open-ops-item', why: 'retry' },
		]);
	});

	it('that is refused keeps no operation open, and the history says why there is none', async () => {
		const core = await createCore();
		core.on('CreateOpsItem', () => {
			throw awsError('OpsItemLimitExceededException', 'too many');
		});
		expect(facts(await openOpsItem(core.services, [failing(1)]))).toMatchObject([
			{ type: 'done', opsItem: 'refused', note: expect.stringContaining('not opened: OpsItemLimitExceededException') },
		]);
		expect(core.logs.at(-1)).toMatchObject({ level: 'error', message: 'OpsItem not opened' });
	});

	it('that goes on being refused is told as one refusal, at the version at which it was learned', async () => {
		const core = await createCore();
		core.on('CreateOpsItem', () => {
			throw awsError('OpsItemLimitExceededException', 'too many');
		});
		const refusal = { why: 'OpsItemLimitExceededException: too many', version: 3 };
		const first = { ...failing(1), version: 3 };
		const again = { ...first, version: 8, result: { reason: '', opsItem: 'refused', refusal } } as const;
		expect(facts(await openOpsItem(core.services, [first]))).toMatchObject([{ refusal }]);
		expect(facts(await openOpsItem(core.services, [again]))).toMatchObject([{ refusal }]);
	});
});

describe('an OpsItem of another kind', () => {
	/** What a kind says in an OpsItem, in short. */
	const told: Part = {
		kinds: {
			alarm: {
				next: (operation) => ({ operation, notes: [], effects: [] }),
				item: ({ subject, alarm, opsItem }) => ({
					key: `alarm:${subject.alarm}`,
					title: `${subject.alarm} is in ALARM`,
					spec: opsItem,
					intro: alarm.reason,
					line: '',
					resources: [subject.alarmArn],
					data: { threshold: '90' },
					own: { [`count/${subject.alarm}`]: String(alarm.count) },
					...(alarm.flapping && { raisedTo: '1' }),
				}),
			},
		},
	};
	const withTold = () => createCore({ parts: [told] });
	const off = (alarm: string, count: number, changes: Partial<AlarmOperation> = {}) => {
		const operation = anAlarm({ subject: { ...ALARM, alarm }, result: { reason: '', opsItemId: 'oi-00000000000b' }, ...changes });
		return { ...operation, alarm: { ...operation.alarm, count } };
	};

	it('says what its kind says, and offers the runbooks of its playbook under the names they are deployed under', async () => {
		const core = await withTold();
		await openOpsItem(core.services, [anAlarm({ opsItem: { severity: '2', runbooks: ['restart-node', 'AWS-RestartEC2Instance'] } })]);
		const [input] = core.calls('CreateOpsItem');
		expect(input).toMatchObject({ Title: `${ALARM.alarm} is in ALARM`, Severity: '2', Description: expect.stringContaining('Threshold') });
		const data = (key: string) => input.OperationalData[key].Value;
		expect(JSON.parse(data('/aws/resources'))).toEqual([{ arn: ALARM.alarmArn }]);
		expect(JSON.parse(data('/aws/automations'))).toEqual([
			{ automationId: 'fleetkeeper-test-restart-node', automationType: 'AWS::SSM::Automation' },
			{ automationId: 'AWS-RestartEC2Instance', automationType: 'AWS::SSM::Automation' },
		]);
		expect([data('playbook'), data('openedBy'), data('threshold'), data(`count/${ALARM.alarm}`)]).toEqual([
			...['web-alarms', anAlarm().id],
			...['90', '1'],
		]);
	});

	it('is brought up to date by one call for all that share it', async () => {
		const core = await withTold();
		const answers = await updateOpsItem(core.services, [off('web-1', 2), off('web-2', 7)]);
		expect(core.calls('UpdateOpsItem')).toEqual([
			{
				OpsItemId: 'oi-00000000000b',
				OperationalData: {
					'count/web-1': { Type: 'SearchableString', Value: '2' },
					'count/web-2': { Type: 'SearchableString', Value: '7' },
				},
			},
		]);
		expect(facts(answers)).toMatchObject([
			{ type: 'done', effect: 'update-ops-item', note: 'oi-00000000000b updated' },
			{ type: 'done', effect: 'update-ops-item' },
		]);
	});

	it('gets another severity where its kind has raised it', async () => {
		const core = await withTold();
		const flapping = off('web-1', 12);
		await updateOpsItem(core.services, [{ ...flapping, alarm: { ...flapping.alarm, flapping: true } }]);
		expect(core.calls('UpdateOpsItem')[0]).toMatchObject({ Severity: '1' });
	});

	it('is resolved with the last that there is to say', async () => {
		const core = await withTold();
		expect(facts(await resolveOpsItem(core.services, [off('web-1', 3)]))).toMatchObject([
			{ type: 'done', effect: 'resolve-ops-item', note: 'oi-00000000000b resolved' },
		]);
		expect(core.calls('UpdateOpsItem')[0]).toMatchObject({ Status: 'Resolved', OperationalData: { 'count/web-1': { Value: '3' } } });
	});

	it('that it knows and that is open is added to; where a person has resolved it, another is opened', async () => {
		const core = await withTold();
		for (const Status of ['Open', 'InProgress', 'Resolved']) {
			core.on('GetOpsItem', () => ({ OpsItem: { Status, OperationalData: { openedBy: { Value: off('web-1', 1).id } } } }));
			await openOpsItem(core.services, [off('web-1', 2)]);
		}
		expect(core.called()).toEqual(['GetOpsItem', 'UpdateOpsItem', 'GetOpsItem', 'UpdateOpsItem', 'GetOpsItem', 'CreateOpsItem']);
	});

	it('that a person has deleted is opened anew', async () => {
		const core = await withTold();
		core.on('GetOpsItem', () => {
			throw awsError('OpsItemNotFoundException', 'no such item');
		});
		expect(facts(await openOpsItem(core.services, [off('web-1', 2)]))).toMatchObject([{ opsItem: 'opened', opsItemId: 'oi-000000000001' }]);
	});

	it('waits for what is gathered about all at once', async () => {
		const core = await withTold();
		let under = 0;
		let most = 0;
		const open = openOpsItemWith(async () => {
			under += 1;
			most = Math.max(most, under);
			await Promise.resolve();
			under -= 1;
			return {};
		});
		await open(
			core.services,
			Array.from({ length: 30 }, (_, number) => anAlarm({ subject: { ...ALARM, alarm: `web-${number}` } })),
		);
		expect(most).toBe(30);
	});

	it('that was never opened needs no call', async () => {
		const core = await withTold();
		expect(facts(await resolveOpsItem(core.services, [anAlarm()]))).toMatchObject([{ type: 'done', effect: 'resolve-ops-item' }]);
		expect(core.called()).toEqual([]);
	});

	it.each([
		['throttled', throttled(), { type: 'not-done', effect: 'update-ops-item', why: 'retry' }],
		['gone', awsError('OpsItemNotFoundException', 'no such item'), { type: 'done', note: expect.stringContaining('not updated') }],
		['refused', awsError('OpsItemAccessDeniedException', 'no'), { type: 'done', opsItem: 'refused', refusal: { version: 0 } }],
	])('that is %s is tried again only where that can help', async (_, error, fact) => {
		const core = await withTold();
		core.on('UpdateOpsItem', () => {
			throw error;
		});
		expect(facts(await updateOpsItem(core.services, [off('web-1', 2)]))).toMatchObject([fact]);
	});
});
