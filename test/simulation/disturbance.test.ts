import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../local/aws/types.ts';
import type { CallFault } from '../../local/aws/wire.ts';
import type { Handlers } from '../../local/environment.ts';
import type { Execution } from '../../local/executing.ts';
import { ensureTemplate } from '../../local/package-template.ts';
import { loadTemplate } from '../../local/template.ts';
import { createWorld, type Faults, type World } from '../../local/world.ts';

const START = Date.parse('2026-03-02T09:00:00Z');
const NAME = '/simulation/written';

/** A world of functions that write a parameter and say when they heard of it. */
async function writing(fault: (execution: Execution | undefined) => CallFault | undefined, faults: Faults = {}) {
	const packaged = await loadTemplate(await ensureTemplate());
	const heard: { readonly at: number; readonly own: number; readonly error?: string }[] = [];
	const create: Handlers[string] =
		({ aws, now }) =>
		async () => {
			const own = { at: now(), own: Date.now() };
			try {
				await aws.ssmOnce.send(new PutParameterCommand({ Name: NAME, Value: 'x', Type: 'String' }));
				heard.push({ ...own, at: now() });
			} catch (error) {
				heard.push({ ...own, at: now(), error: (error as Error).name });
				throw error;
			}
		};
	const world = await createWorld({
		seed: 1,
		time: 'simulated',
		startAt: START,
		template: { ...packaged, rules: [], parameters: [], roles: [] },
		handlers: Object.fromEntries(packaged.functions.map(({ name }) => [name, create])),
		faults: { ...faults, call: ({ operation }, execution) => (operation === 'PutParameter' ? fault(execution) : undefined) },
	});
	const timeoutSeconds = packaged.functions.find(({ name }) => name.endsWith('-reconcile'))?.timeoutSeconds ?? 0;
	return { world, heard, timeoutSeconds };
}

const isWritten = (world: World) =>
	world.run(async () => {
		const found = await world.aws.ssm.send(new GetParameterCommand({ Name: NAME })).catch(() => undefined);
		return found?.Parameter?.Value === 'x';
	});

describe('A disturbed call', () => {
	it('whose request is lost has no effect', async () => {
		const { world, heard } = await writing(() => ({ arrivesAfterMs: 5_000, loseRequest: true }));

		await world.invoke('reconcile', {});

		expect(await isWritten(world)).toBe(false);
		expect(heard).toMatchObject([{ at: START + 5_000, error: expect.any(String) }]);
	});

	it('whose reply is late has its effect before anybody hears of it', async () => {
		const { world, heard } = await writing(() => ({ arrivesAfterMs: 1_000, repliesAfterMs: 4_000 }));

		await world.invoke('reconcile', {});

		expect(await isWritten(world)).toBe(true);
		expect(heard.map(({ at }) => at)).toEqual([START + 5_000]);
	});

	it('that is answered with an error instead of its reply has had its effect', async () => {
		const { world, heard } = await writing(() => ({ insteadOfReply: new AwsError('InternalServerError', 'Sorry.', { status: 500 }) }));

		await world.invoke('reconcile', {});

		expect(await isWritten(world)).toBe(true);
		expect(heard).toMatchObject([{ error: 'InternalServerError' }]);
	});

	it('that is never answered keeps its function until its time is over', async () => {
		const { world, heard, timeoutSeconds } = await writing(() => ({ repliesAfterMs: Number.POSITIVE_INFINITY }));

		const result = await world.invoke('reconcile', {});

		expect(result).toMatchObject({ ok: false, errorType: 'Sandbox.Timedout' });
		expect(world.clock.now()).toBe(START + timeoutSeconds * 1_000);
		expect(await isWritten(world)).toBe(true);
		expect(heard).toEqual([]);
	});
});

describe('An execution environment', () => {
	it('that is killed fails its invocation and serves no other', async () => {
		const environments: (number | undefined)[] = [];
		const { world, heard } = await writing((execution) => {
			environments.push(execution?.environment);
			if (environments.length > 1) return undefined;
			execution?.kill();
			return { loseRequest: true };
		});

		const killed = await world.invoke('reconcile', {});
		const next = await world.invoke('reconcile', {});

		expect(killed).toMatchObject({ ok: false, errorType: 'Runtime.ExitError' });
		expect(next).toMatchObject({ ok: true });
		expect(environments).toEqual([1, 2]);
		expect(heard).toHaveLength(1);
	});

	it('has a clock of its own, and the world keeps its time', async () => {
		const { world, heard } = await writing(() => undefined, { skewMs: () => 3_000 });

		await world.invoke('reconcile', {});

		expect(heard).toEqual([{ at: START + 3_000, own: START + 3_000 }]);
		expect(world.clock.now()).toBe(START);
	});
});
