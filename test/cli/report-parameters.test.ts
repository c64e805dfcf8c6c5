import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutParameterCommand, type PutParameterCommandInput } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleet } from '../../cli/fleet.ts';
import { createOperating } from './operating.ts';

const PATH = '/fleetkeeper/local/';
const DAY = 86_400_000;
const EXPIRES = '2026-04-01T00:00:00.000Z';

const SETTINGS = `
params:
  default:
    logLevel: INFO
    retentionDays: 90
    patchSuccessPercent: 95
  local:
    retentionDays: 91
    colour: blue
`;

describe('fleet -- report parameters', () => {
	const folder = mkdtempSync(join(tmpdir(), 'fleetkeeper-'));
	let run: (...args: string[]) => Promise<{ status: number; out: string; err: string }>;
	let changedAt: number;

	beforeAll(async () => {
		mkdirSync(join(folder, 'playbooks'));
		writeFileSync(join(folder, 'playbooks', 'drain-web.yaml'), 'name: drain-web\n');
		writeFileSync(join(folder, 'playbooks', 'lost.yaml'), 'name: lost\n');
		writeFileSync(join(folder, 'serverless.yml'), SETTINGS);
		const { world } = await createOperating();
		const put = (name: string, input: Partial<PutParameterCommandInput>) =>
			world.aws.ssm.send(new PutParameterCommand({ Name: `${PATH}${name}`, Type: 'String', Value: 'x', ...input }));
		const policies = [
			{ Type: 'Expiration', Version: '1.0', Attributes: { Timestamp: EXPIRES } },
			{ Type: 'ExpirationNotification', Version: '1.0', Attributes: { Before: '5', Unit: 'Days' } },
			{ Type: 'NoChangeNotification', Version: '1.0', Attributes: { After: '90', Unit: 'Days' } },
		];
		await world.run(async () => {
			await put('playbooks/drain-web', { Value: 'name: drain-web\n' });
			await put('playbooks/season', { Value: 'name: season\n', Tier: 'Advanced', Policies: JSON.stringify(policies) });
			await put('activations/7d0a1b2c', { Type: 'SecureString', Value: 'the-code-itself' });
			await put('forgotten', { Value: '=1+1' });
			await world.aws.ssm.send(new PutParameterCommand({ Name: '/fleetkeeper/prod/playbooks/x', Type: 'String', Value: 'x' }));
		});
		changedAt = world.clock.now();
		run = async (...args) => {
			const [out, err]: [string[], string[]] = [[], []];
			const io = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line), cwd: folder };
			const surroundings = { io, env: {}, connect: () => world.aws, now: () => world.clock.now(), user: 'ops' };
			const status = await world.run(() => fleet(['report', 'parameters', ...args], surroundings));
			return { status, out: out.join('\n'), err: err.join('\n') };
		};
	});
	afterAll(() => rmSync(folder, { recursive: true }));

	it('says of every parameter of the stage what it is, by whom, and what is due', async () => {
		const { parameters, stage } = JSON.parse((await run('--json')).out);
		expect(stage).toBe('local');
		const by = expect.stringMatching(/^arn:aws:/);
		expect(parameters).toMatchObject([
			{ name: `${PATH}activations/7d0a1b2c`, kind: 'activation code', type: 'SecureString', value: '***', changedBy: by },
			{ name: `${PATH}forgotten`, kind: 'unknown', state: 'nothing of Fleetkeeper reads it' },
			{ name: `${PATH}playbooks/drain-web`, kind: 'playbook', state: 'default', default: 'playbooks/drain-web.yaml', version: 1 },
			{ name: `${PATH}playbooks/lost`, state: 'not there: deploy, or it was deleted', version: 0 },
			{ name: `${PATH}playbooks/season`, state: 'set, and no file of this checkout', tier: 'Advanced', changedBy: by },
		]);
		expect(parameters[4].policies).toMatchObject([
			{ type: 'Expiration', at: EXPIRES },
			{ what: 'told 5 Days before', at: new Date(Date.parse(EXPIRES) - 5 * DAY).toISOString() },
			{ what: 'told when not changed for 90 Days', at: expect.stringMatching(/^2026-05-31/) },
		]);
		expect(Date.parse(parameters[4].changedAt)).toBeLessThanOrEqual(changedAt);
	});

	it('says of every setting whether it is the default, and of a wrong one what is allowed', async () => {
		const { settings } = JSON.parse((await run('--json')).out);
		expect(settings).toMatchObject([
			{ name: 'logLevel', type: 'level', value: 'INFO', default: 'INFO', state: 'default' },
			{
				...{ name: 'retentionDays', type: 'days', value: '91', default: '90', state: 'set for stage local' },
				problem: expect.stringMatching(/^is '91': use a number of days that CloudWatch Logs takes: 1, 3/),
			},
			{ name: 'patchSuccessPercent', state: 'default' },
			{ name: 'colour', state: 'unknown', problem: expect.stringContaining('does not exist: use one of logLevel') },
		]);
	});

	it.each([[[]], [['--csv']], [['--json']]])('never shows a secret, nor what it has no need to read (%j)', async (args) => {
		const { out, status } = await run(...args);
		expect(status).toBe(0);
		expect(out).toContain(`${PATH}activations/7d0a1b2c`);
		expect(out).not.toContain('the-code-itself');
		expect(out).not.toContain('=1+1');
	});

	it('prints a table for people, and CSV with what is due next', async () => {
		expect((await run()).out).toMatch(
			/playbooks\/season +playbook +String .*Advanced .*expires \(2026-04-01T00:00:00Z\); told 5 Days before/,
		);
		const [head = '', ...rows] = (await run('--csv')).out.split('\r\n');
		expect(head.split(',').at(-1)).toBe('next_at');
		expect(rows.find((row) => row.includes('playbooks/season'))).toMatch(/,2026-03-27T00:00:00.000Z$/);
	});

	it('takes no operand', async () => {
		expect(await run('logLevel')).toMatchObject({ status: 2, err: expect.stringContaining("does not take 'logLevel'") });
	});
});
