import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { COMPILED_KEY } from '../../shared/playbook/compiled-item.ts';
import { documents } from '../support/documents.ts';
import { createOperating, NODES } from './operating.ts';

describe('fleet -- pause and resume', () => {
	it('stops all starting of work, with who and why in the history, and lets it go on', async () => {
		const { fleet, drain, pass, ssm } = await createOperating();

		const paused = await fleet('pause', 'bad', 'agent', 'rollout', '--by', 'anna');
		const id = await drain(NODES[0]);
		await pass(20);
		const held = await fleet('list');
		const commandsHeld = ssm.commands().length;
		const resumed = await fleet('resume');
		await pass(1);

		expect(paused.out).toContain('All starting of work in stage local is paused: functions notice within a minute.');
		expect(held.out).toContain('All starting of work is paused by anna (as ops) since 2026-03-02T08:00:00Z: bad agent rollout');
		expect(held.out).toContain('waiting (pause)');
		expect(commandsHeld).toBe(0);
		expect(resumed.out).toContain('Work starts again in stage local');
		const story = JSON.parse((await fleet('show', id, '--json')).out);
		expect(story.state).toBe('running');
		expect(story.history.map(({ what }: { what: string }) => what)).toEqual(['opened', 'waiting', 'heartbeat', 'command sent']);
		expect(story.history[1].why).toContain('paused by anna (as ops)');
	});

	it('leaves the compiled playbooks as they are', async () => {
		const { fleet, world } = await createOperating();
		const read = async () => {
			const { Item } = await world.run(() =>
				documents(world.aws).send(new GetCommand({ TableName: 'fleetkeeper-local', Key: COMPILED_KEY })),
			);
			return { set: Item?.['set'], revision: Item?.['revision'], paused: Item?.['paused'] };
		};
		const before = await read();

		await fleet('pause');
		expect(await read()).toEqual({ ...before, paused: { at: expect.any(String), by: 'ops', reason: 'no reason given' } });
		await fleet('resume');

		expect(await read()).toEqual(before);
	});

	it('works before anything has been compiled', async () => {
		const { fleet } = await createOperating({ withoutPlaybooks: true });

		expect((await fleet('pause', 'first deployment')).status).toBe(0);

		expect((await fleet('pause', '--show')).out).toContain('is paused by ops since 2026-03-02T08:00:00Z: first deployment');
	});

	it('keeps the first pause when asked again, and does nothing when there is none to end', async () => {
		const { fleet } = await createOperating();

		const nothing = await fleet('resume');
		await fleet('pause', 'first');
		const again = await fleet('pause', 'second');

		expect(nothing).toMatchObject({ status: 0, out: 'Starting of work in stage local is not paused: nothing to resume.' });
		expect(again).toMatchObject({ status: 0, out: 'Starting of work in stage local is paused by ops since 2026-03-02T08:00:00Z: first' });
	});

	it('remembers the last twenty acts', async () => {
		const { fleet } = await createOperating();
		for (let n = 1; n <= 12; n += 1) {
			await fleet('pause', `reason ${n}`);
			await fleet('resume');
		}

		const { paused, pauses } = JSON.parse((await fleet('pause', '--show', '--json')).out);

		expect(paused).toBeNull();
		expect(pauses).toHaveLength(20);
		expect(pauses[0]).toMatchObject({ what: 'paused', reason: 'reason 3' });
		expect(pauses.at(-1)).toMatchObject({ what: 'resumed', by: 'ops' });
	});
});
