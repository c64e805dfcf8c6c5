import { expect, it } from 'vitest';
import { publish } from '../../../shared/outcomes/publish.ts';
import { createCore, nodeId, throttled } from '../../support/core.ts';
import { anOperation, TERMINATING } from '../../support/operations.ts';

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
