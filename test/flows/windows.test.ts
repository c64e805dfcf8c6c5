import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureTemplate } from '../../local/package-template.ts';
import { readTemplate, type Template } from '../../local/template.ts';
import { theOnly } from './commanding.ts';
import { nodeId } from './deployment.ts';
import { begin, type Flow } from './support.ts';

type Fragment = (framework: { resolveVariable: (name: string) => Promise<string> }) => Promise<{ readonly Resources: object }>;

/** The packaged template with the window of drivers, as the setting deploys it. */
async function withDriverWindow(schedule: string): Promise<Template> {
	const windows = createRequire(import.meta.url)('../../infra/windows.cjs') as Fragment;
	const fragment = JSON.stringify(await windows({ resolveVariable: async () => schedule }));
	const { Resources } = JSON.parse(fragment.replaceAll('${self:service}', 'fleetkeeper').replaceAll('${sls:stage}', 'local'));
	const packaged = JSON.parse(readFileSync(await ensureTemplate(), 'utf8'));
	return readTemplate({ ...packaged, Resources: { ...packaged.Resources, ...Resources } });
}

/** A playbook for what windows say as this. */
const onWindow = (name: string, priority: number, status: string, type = 'Execution') => `name: ${name}
priority: ${priority}
on: event
when:
  source: [aws.ssm]
  detail-type: [Maintenance Window ${type} State-change Notification]
  detail: { status: [${status}] }
about: [$.detail.window-execution-id]
opsItem: { severity: "4", category: Availability }
`;
const PLAYBOOKS = {
	'window-began': onWindow('window-began', 10, 'IN_PROGRESS'),
	'window-ended': onWindow('window-ended', 11, 'SUCCESS'),
	'task-failed': onWindow('task-failed', 12, 'FAILED', 'Task Execution'),
};

const DRIVERS = { 'fleetkeeper-drivers': 'local' };
const nodes = [nodeId(1), nodeId(2), nodeId(3)].map((id, n) => ({ id, ...(n < 2 && { tags: DRIVERS }) }));

let flow: Flow;
beforeAll(async () => {
	const behaviours = { 'AWS-ConfigureAWSPackage': { durationSeconds: 40 } };
	flow = await begin({
		nodes,
		playbooks: PLAYBOOKS,
		template: await withDriverWindow('rate(30 minutes)'),
		group: { behaviours, patching: { os: 'AMAZON_LINUX_2023', scanSeconds: 5 } },
	});
});

/** The playbooks that windows have set to work, in the order of their names. */
const acted = async () => (await flow.operations('event')).map(({ playbook, state }) => `${playbook.name} ${state}`).sort();
const titles = () => flow.world.services.ssm.opsItems().map(({ title }) => title);

describe('The window of drivers', () => {
	it('makes images, installs the driver on tagged nodes alone, and then has them scanned by an operation', async () => {
		await flow.minutes(28);
		expect(flow.world.services.ssm.commands()).toEqual([]);
		await flow.minutes(20);

		const commands = flow.world.services.ssm.commands().map(({ document, invocations }) => [document.name, [...invocations.keys()].sort()]);
		expect(commands.toReversed()).toEqual([
			['AWS-ConfigureAWSPackage', [nodeId(1), nodeId(2)]],
			['AWS-RunPatchBaseline', [nodeId(1), nodeId(2)]],
		]);
		expect(await theOnly(flow)).toMatchObject({
			state: 'succeeded',
			playbook: { name: 'patch-on-request' },
			request: { by: expect.stringMatching(/^window mw-[0-9a-f]{17}$/) },
			result: { nodes: { succeeded: 2 } },
		});
		expect(flow.world.services.ec2.images()).toHaveLength(2);
	});

	it('sets playbooks to work at its start and at its end', async () => {
		expect(await acted()).toEqual(['window-began succeeded', 'window-ended succeeded']);
	});

	it('that comes again asks again, and sets playbooks to work when it or a task fails', async () => {
		flow.world.services.ssm.behave(nodeId(2), { 'AWS-ConfigureAWSPackage': { exitCode: 1, durationSeconds: 40 } });
		await flow.minutes(20);

		expect(await flow.operations('command')).toHaveLength(2);
		expect(await acted()).toEqual(
			['task-failed', 'window-began', 'window-began', 'window-ended', 'window-failed'].map((name) => `${name} succeeded`),
		);
		const [window] = (await flow.operations('event')).flatMap(({ playbook, subject }) =>
			playbook.name === 'window-failed' ? subject.key : [],
		);
		expect(window).toMatch(/^mw-/);
		expect(titles()).toContain(`Maintenance Window Execution State-change Notification: ${window}`);
		expect(flow.deadLetters('fleet-event')).toEqual([]);
	});

	it('that tells the function twice of one run opens nothing twice', async () => {
		const [operation] = await flow.operations('command');
		const { requestId } = operation?.subject ?? {};
		const again = {
			...{ id: requestId, 'detail-type': 'Run Command Requested', source: 'ops.windows', account: '111122223333', region: 'eu-west-1' },
			detail: {
				command: 'AWS-RunPatchBaseline',
				parameters: { Operation: 'Scan' },
				targets: [{ key: 'tag-key', values: ['x'] }],
				requestId,
			},
		};
		const told = await flow.world.invoke('fleetkeeper-local-fleet-event', again);
		expect(told).toMatchObject({ ok: true, payload: { outcome: 'dropped', reason: 'old-news' } });
		expect(await flow.operations('command')).toHaveLength(2);
	});

	it('whose run nobody has filled in asks for nothing', async () => {
		const literal = '{{WINDOW_EXECUTION_ID}}';
		const result = await flow.world.invoke('fleetkeeper-local-fleet-event', {
			...{ id: literal, 'detail-type': 'Run Command Requested', source: 'ops.windows', account: '111122223333', region: 'eu-west-1' },
			detail: { command: 'AWS-RunPatchBaseline', rings: ['dev'], requestId: literal },
		});
		expect(result).toMatchObject({ ok: false, errorMessage: expect.stringContaining('no {{PSEUDO_PARAMETER}} that nobody has filled in') });
	});
});
