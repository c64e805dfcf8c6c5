import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../local/aws/types.ts';
import { COMPILED_KEY } from '../../shared/playbook/compiled-item.ts';
import { parsePlaybook } from '../../shared/playbook/parse.ts';
import { DRAIN } from '../shared/playbook/samples.ts';
import { documents } from '../support/documents.ts';
import { createOperating, failing, NODES, THROTTLED } from './operating.ts';

/** Puts a playbook into force in place of the one that is there. */
async function putInForce({ world }: Pick<Awaited<ReturnType<typeof createOperating>>, 'world'>, source: string): Promise<void> {
	const parsed = parsePlaybook(source, 'drain-web');
	if (!parsed.ok) throw new Error(parsed.problems[0]?.message);
	const set = JSON.stringify({ playbooks: [{ playbook: parsed.playbook, parameterVersion: 2 }], compiledAt: '2026-03-02T08:00:00Z' });
	const input = { TableName: 'fleetkeeper-local', Key: COMPILED_KEY, UpdateExpression: 'SET #set = :set' };
	const names = { ExpressionAttributeNames: { '#set': 'set' }, ExpressionAttributeValues: { ':set': set } };
	await world.run(() => documents(world.aws).send(new UpdateCommand({ ...input, ...names })));
}

const rowsOf = (out: string) =>
	out
		.split('\n')
		.filter((line) => line.startsWith('i-'))
		.map((line) => line.split(/ {2,}/));

describe('fleet -- release', () => {
	it('says so where nothing waits', async () => {
		const { fleet } = await createOperating();

		const { status, out } = await fleet('release');

		expect({ status, out }).toEqual({
			status: 0,
			out: 'Nothing waits at a hook that a playbook of stage local names (playbooks from the ledger).',
		});
	});

	it('shows what waits, and does nothing', async () => {
		const { fleet, drain, autoScaling } = await createOperating();
		const id = await drain(NODES[0]);

		const { status, out } = await fleet('release');

		expect(status).toBe(0);
		expect(rowsOf(out)).toEqual([
			[NODES[0], 'web-blue', 'fleetkeeper-drain', 'Terminating:Wait', expect.stringMatching(`^${id} \\(running, \\d+s\\)$`), 'CONTINUE'],
		]);
		expect(out).toContain('Nothing was changed. --go completes 1 hook with the result shown.');
		expect(autoScaling.member(NODES[0])?.state).toBe('Terminating:Wait');
	});

	it('completes each, and tells the operations, which stop their work and close', async () => {
		const { fleet, drain, autoScaling, ssm } = await createOperating();
		const [first, second] = [await drain(NODES[0]), await drain(NODES[1])];

		const { status, out } = await fleet('release', '--go', '--by', 'anna');

		expect(status).toBe(0);
		expect(out).toContain('2 of 2 hooks completed.\n2 operations of theirs stopped and closed');
		for (const node of [NODES[0], NODES[1]]) expect(autoScaling.member(node)?.state).not.toBe('Terminating:Wait');
		for (const id of [first, second]) {
			const shown = await fleet('show', id);
			expect(shown.out).toMatch(/skipped at .*, lifecycle action completed with CONTINUE/);
			expect(shown.out).toContain('completed by anna (as ops)');
		}
		expect(ssm.commands().at(-1)?.invocations.get(NODES[0])?.status).toMatch(/^Cancel/);
	});

	it('takes the result that is asked for', async () => {
		const { fleet, drain } = await createOperating();
		const id = await drain(NODES[0]);

		await fleet('release', '--result', 'abandon', '--go');

		expect((await fleet('show', id)).out).toContain('lifecycle action completed with ABANDON');
	});

	it('needs no ledger: the playbooks come from Parameter Store', async () => {
		const { fleet, drain, autoScaling, world } = await createOperating();
		await drain(NODES[0]);
		const Value = DRAIN.replace(/ {2}tags:\n.*\n/, '');
		const parameter = { Name: '/fleetkeeper/local/playbooks/drain-web', Type: 'String', Value } as const;
		await world.run(() => world.aws.ssm.send(new PutParameterCommand(parameter)));
		await world.run(() => world.aws.dynamoDb.send(new DeleteTableCommand({ TableName: 'fleetkeeper-local' })));

		const { status, out } = await fleet('release', '--go');

		expect(status).toBe(0);
		expect(out).toContain("Playbooks from Parameter Store (the ledger: The ledger table 'fleetkeeper-local' does not exist.");
		expect(out).toContain('1 of 1 hook completed.');
		expect(out).toContain('once the clock runs, it finds their hooks over and closes them');
		expect(autoScaling.member(NODES[0])?.state).not.toBe('Terminating:Wait');
	});

	it('refuses where nobody can say which hooks are ours', async () => {
		const denied = new AwsError('AccessDeniedException', 'not authorized', { status: 403 });
		const { fleet, drain, autoScaling } = await createOperating({ withoutTable: true, faults: failing('GetParametersByPath', denied) });
		await drain(NODES[0]).catch(() => undefined);

		const { status, err } = await fleet('release', '--go');

		expect(status).toBe(1);
		expect(err).toContain('The playbooks cannot be read, so that nobody knows which hooks are ours');
		expect(autoScaling.member(NODES[0])?.state).toBe('Terminating:Wait');
	});

	it('never touches a hook that no playbook names', async () => {
		const { fleet, drain, autoScaling, pass } = await createOperating({ otherHooks: ['codedeploy'] });
		await drain(NODES[0]);
		await fleet('release', '--go');
		await pass(1);

		const { out } = await fleet('release', '--go');

		expect(out).not.toContain('codedeploy');
		expect(autoScaling.member(NODES[0])?.wait?.actions.has('codedeploy')).toBe(true);
	});

	it.each([
		[
			'whose playbook only observes',
			`${DRAIN.replace(/ {2}tags:\n.*\n/, '')}mode: observe\n`,
			'drain-web only observes: the hook is somebody else',
		],
		['whose tags no playbook asks for', DRAIN, "the node's tags are not those that drain-web asks for"],
	])('leaves an instance alone %s, and says so', async (_, playbook, why) => {
		const operating = await createOperating();
		await operating.drain(NODES[0]);
		await putInForce(operating, playbook);

		const { status, out } = await operating.fleet('release', '--go');

		expect(status).toBe(0);
		expect(out).toMatch(/Nothing waits at a hook .*\n\nLeft alone:\n {2}i-0000000000000000a {2}web-blue {2}fleetkeeper-drain/);
		expect(out).toContain(why);
		expect(operating.autoScaling.member(NODES[0])?.state).toBe('Terminating:Wait');
	});

	it('goes on past single failures, asks again what was throttled, and says what failed', async () => {
		const refusal = new AwsError('AccessDenied', 'not for this group', { status: 403 });
		let throttles = 4;
		const { fleet, drain, autoScaling, world } = await createOperating({
			faults: {
				call({ operation, input }) {
					if (operation !== 'CompleteLifecycleAction') return undefined;
					if ((input as { InstanceId?: string }).InstanceId === NODES[0]) return refusal;
					throttles -= 1;
					return throttles >= 0 ? THROTTLED : undefined;
				},
			},
		});
		await drain(NODES[0]);
		await drain(NODES[1]);

		const { status, out } = await fleet('release', '--go');

		expect(status).toBe(1);
		const done = world.requestLog.entries.find(({ operation, error }) => operation === 'CompleteLifecycleAction' && error === undefined);
		expect(rowsOf(out).map((row) => row.at(-1))).toEqual([
			'NOT DONE: AccessDenied: not for this group',
			`CONTINUE: done [${done?.requestId}]`,
		]);
		expect(out).toContain('1 of 2 hooks completed, 1 failed: ask again.');
		expect(autoScaling.member(NODES[1])?.state).not.toBe('Terminating:Wait');
	});

	it('prints one JSON document', async () => {
		const { fleet, drain } = await createOperating();
		const id = await drain(NODES[0]);

		const { out } = await fleet('release', '--go', '--json');

		expect(JSON.parse(out)).toMatchObject({
			stage: 'local',
			playbooksFrom: 'the ledger',
			done: true,
			hooks: [{ instanceId: NODES[0], hook: 'fleetkeeper-drain', result: 'CONTINUE', operation: id, outcome: 'released' }],
		});
	});

	it('knows two results only', async () => {
		const { fleet } = await createOperating();

		const { status, err } = await fleet('release', '--result', 'success');

		expect(status).toBe(2);
		expect(err).toContain("takes --result continue or abandon, not 'success'");
	});
});
