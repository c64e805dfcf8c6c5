import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { check } from '../../cli/check.ts';
import type { Aws } from '../../shared/aws/clients.ts';
import { DRAIN, drainAs } from '../shared/playbook/samples.ts';
import { createFleetAws, type FleetOptions } from './fleet.ts';

const RUNBOOK = `schemaVersion: "2.2"
parameters:
  WorkId: { type: String }
  ServiceName: { type: String, default: nginx }
  GraceSeconds: { type: String, default: "60", allowedPattern: "^[0-9]{1,4}$" }
mainSteps: []
`;
const TERMINATING = {
	source: 'aws.autoscaling',
	'detail-type': 'EC2 Instance-terminate Lifecycle Action',
	detail: { AutoScalingGroupName: 'web-blue', LifecycleHookName: 'fleetkeeper-drain', EC2InstanceId: 'i-0fee1dead0c0ffee0' },
};
const hookedBy = (hook: string) => ({ ...TERMINATING, detail: { ...TERMINATING.detail, LifecycleHookName: hook } });

let cwd: string;
beforeEach(() => {
	cwd = mkdtempSync(join(tmpdir(), 'fleetkeeper-check-'));
	write('runbooks/drain-node.yaml', RUNBOOK);
	write('playbooks/drain-web.yaml', DRAIN);
});
afterEach(() => rmSync(cwd, { recursive: true }));

function write(file: string, text: string): void {
	mkdirSync(dirname(join(cwd, file)), { recursive: true });
	writeFileSync(join(cwd, file), text);
}

async function run(args: readonly string[] = [], connect?: () => Aws) {
	const out: string[] = [];
	const err: string[] = [];
	const status = await check(args, { out: (line) => out.push(line), err: (line) => err.push(line), cwd }, connect);
	return { status, out, err };
}

describe('check', () => {
	it('says how many playbooks there are, and ends with 0 where all are right', async () => {
		expect(await run()).toEqual({ status: 0, out: ['1 playbook, no errors'], err: [] });
	});

	it('warns of a playbook that only observes: nobody may complete its hook', async () => {
		write('playbooks/drain-web.yaml', `${DRAIN}mode: observe\n`);
		const { status, err } = await run();
		expect([status, err]).toEqual([0, [expect.stringMatching(/^playbooks\/drain-web\.yaml:16:7 warning: mode: .*own timeout/)]]);
	});

	it('prints every problem with its line, and ends with 1', async () => {
		write('playbooks/drain-web.yaml', DRAIN.replace('2h', '15 min'));
		write('playbooks/other.yaml', drainAs('other', 100));
		write('playbooks/third.yaml', drainAs('third', 100));
		const { status, out, err } = await run();
		expect(err).toEqual([
			"playbooks/drain-web.yaml:15:12 run.timeout: '15 min' is not a duration; write 90s, 15m, 2h or 1d",
			'playbooks/other.yaml:2:11 priority: 100 is the priority of both other and third for instance-terminating',
			'playbooks/third.yaml:2:11 priority: 100 is the priority of both third and other for instance-terminating',
		]);
		expect([status, out]).toEqual([1, ['3 playbooks, 3 errors']]);
	});

	it('ends with 0 where there are only warnings', async () => {
		write('playbooks/drain-web.yaml', DRAIN.replace('"120"', '"$.detail.Origin"'));
		const { status, out, err } = await run();
		expect([status, out, err.length]).toEqual([0, ['1 playbook, no errors, 1 warning'], 1]);
	});

	it.each([
		['command: drain-node', 'command: drain-nodes', 'run.command: there is no file runbooks/drain-nodes.yaml'],
		[
			'command: drain-node',
			'automation: drain-node',
			'run.automation: runbooks/drain-node.yaml is Command, not Automation; write command: drain-node',
		],
		[
			'GraceSeconds',
			'GracSeconds',
			'run.parameters.GracSeconds: runbooks/drain-node.yaml has no parameter GracSeconds; did you mean GraceSeconds?',
		],
		['"120"', '"two"', "run.parameters.GraceSeconds: runbooks/drain-node.yaml does not take 'two': it must match ^[0-9]{1,4}$"],
	])('holds a playbook with %s -> %s against the runbook', async (what, by, message) => {
		write('playbooks/drain-web.yaml', DRAIN.replace(what, by));
		const { status, err } = await run();
		expect([status, err.length]).toEqual([1, 1]);
		expect(err[0]).toContain(message);
	});

	it('misses a parameter that the runbook needs', async () => {
		write('runbooks/drain-node.yaml', RUNBOOK.replace('nginx }', 'nginx }\n  Bucket: { type: String }'));
		expect((await run()).err).toEqual([
			'playbooks/drain-web.yaml:13:5 run.parameters: runbooks/drain-node.yaml needs the parameter Bucket',
		]);
	});

	it('refuses a file that would not be deployed', async () => {
		write('playbooks/late.yml', drainAs('late', 5));
		expect((await run()).err).toEqual(['playbooks/late.yml:1:1 is passed over: the file of a playbook ends in .yaml']);
	});

	it('takes another folder, and says where there is none', async () => {
		write('draft/drain-web.yaml', DRAIN.replace('2h', 'soon'));
		expect((await run(['draft'])).err[0]).toContain('draft/drain-web.yaml:15:12');
		expect(await run(['nowhere'])).toMatchObject({
			status: 1,
			err: ["check: there is no folder 'nowhere' to check; name the folder of your playbooks"],
		});
		expect((await run(['--wrong'])).err.join()).toContain('usage: fleet -- check [folder]');
	});
});

describe('for every sample event check says', () => {
	async function about(event: unknown): Promise<string[]> {
		write('events/sample.json', typeof event === 'string' ? event : JSON.stringify(event));
		return (await run()).out.slice(1);
	}

	it('which playbook matches, and why', async () => {
		expect(await about(TERMINATING)).toEqual([
			`events/sample.json: drain-web, if the node's tags meet {"service":["nginx"]}`,
			`  AutoScalingGroupName 'web-blue' meets [{"prefix":"web-"}], LifecycleHookName 'fleetkeeper-drain' meets ["fleetkeeper-drain"]; priority 100`,
		]);
	});

	it('why none matches, and that the hook is left alone', async () => {
		expect(await about(hookedBy('ecs-hook'))).toEqual([
			"events/sample.json: no playbook: hook 'ecs-hook' of group 'web-blue' is left to whoever put it there",
			`  drain-web: LifecycleHookName is 'ecs-hook', wanted ["fleetkeeper-drain"]`,
		]);
	});

	it('that a return to the warm pool is for playbooks that name its destination alone', async () => {
		const toPool = { ...TERMINATING, detail: { ...TERMINATING.detail, Destination: 'WarmPool' } };
		expect(await about(toPool)).toEqual([
			'events/sample.json: no playbook',
			'  drain-web: does not name Destination, and a return to the warm pool is no termination',
		]);
		write('playbooks/drain-web.yaml', DRAIN.replace('LifecycleHookName:', 'Destination: [WarmPool]\n    LifecycleHookName:'));
		expect((await about(toPool))[0]).toContain('drain-web, if');
	});

	it('the same for the events of an SQS batch', async () => {
		const records = [TERMINATING, hookedBy('x')].map((event) => ({ body: JSON.stringify(event) }));
		const lines = await about({ Records: records });
		expect(lines.filter((line) => line.startsWith('events/'))).toHaveLength(2);
	});

	it.each([
		[{ 'detail-type': 'EC2 Command Invocation Status-change Notification' }, 'for command-status'],
		[
			{ 'detail-type': 'EC2 Instance-terminate Lifecycle Acton' },
			"for no function: detail-type is 'EC2 Instance-terminate Lifecycle Acton', not 'EC2 Instance-terminate Lifecycle Action'",
		],
		['not json', 'not a JSON object'],
		['null', 'not a JSON object'],
	])('%j: %s', async (event, line) => {
		expect(await about(event)).toEqual([`events/sample.json: ${line}`]);
	});

	it('what can be said of an event without detail', async () => {
		expect((await about({ 'detail-type': 'EC2 Instance-terminate Lifecycle Action' }))[0]).toContain('no playbook');
	});
});

describe('check --aws', () => {
	const HOOK = { name: 'fleetkeeper-drain', heartbeatTimeout: 3_600, defaultResult: 'CONTINUE' } as const;
	const GOOD: FleetOptions = {
		group: 'web-blue',
		hooks: [HOOK],
		instances: { 'i-0aaaaaaaaaaaaaaa1': { service: 'nginx' } },
		documents: {
			'fleetkeeper-test-drain-node': { type: 'Command', parameters: { WorkId: undefined, ServiceName: 'nginx', GraceSeconds: '60' } },
		},
	};
	const atAws = async (changes: Partial<FleetOptions>) => {
		const fleet = createFleetAws({ ...GOOD, ...changes });
		return run(['--aws', '--stage', 'test'], () => fleet);
	};

	it('finds nothing where all is as the playbook says', async () => {
		expect(await atAws({})).toEqual({ status: 0, out: ['1 playbook, no errors'], err: [] });
	});

	it.each<[string, Partial<FleetOptions>, number, string]>([
		['no group', { group: 'batch-1' }, 0, '6:5 warning: when.detail: no Auto Scaling group matches'],
		[
			'no such hook',
			{ hooks: [{ ...HOOK, name: 'other' }] },
			1,
			'6:5 when.detail: none of the groups that match has such a hook for instance-terminating: web-blue',
		],
		[
			'a hook of the other transition',
			{ hooks: [{ ...HOOK, launching: true }] },
			1,
			'6:5 when.detail: none of the groups that match has such a hook',
		],
		[
			'a heartbeat that is too short',
			{ hooks: [{ ...HOOK, heartbeatTimeout: 120 }] },
			0,
			'6:5 warning: when.detail: hook fleetkeeper-drain of web-blue has a heartbeat timeout of 2m',
		],
		[
			'a hook that ends too early',
			{ hooks: [{ ...HOOK, heartbeatTimeout: 60 }] },
			1,
			'15:12 run.timeout: 2h is longer than hook fleetkeeper-drain of web-blue can hold an instance: 100m',
		],
		[
			'another default',
			{ hooks: [{ ...HOOK, defaultResult: 'ABANDON' }] },
			0,
			'then.onFailure.lifecycle: hook fleetkeeper-drain of web-blue ends with ABANDON',
		],
		['no document', { documents: {} }, 1, '11:12 run.command: there is no document fleetkeeper-test-drain-node in this account and Region'],
		[
			'an old document',
			{ documents: { 'fleetkeeper-test-drain-node': { type: 'Command', parameters: { ServiceName: 'x' } } } },
			1,
			'document fleetkeeper-test-drain-node has no parameter GraceSeconds',
		],
		[
			'other tags',
			{ instances: { 'i-0aaaaaaaaaaaaaaa1': {} } },
			0,
			'warning: when.tags: 1 of 1 instances of web-blue do not carry these tags: i-0aaaaaaaaaaaaaaa1',
		],
	])('tells of %s', async (_, changes, status, message) => {
		const found = await atAws(changes);
		expect(found.err.join('\n')).toContain(message);
		expect(found.status).toBe(status);
	});

	it.each<[string, string, Partial<FleetOptions>, number, string]>([
		[
			'a calendar that is not there',
			'calendar: [freeze, holidays]',
			{ calendars: { freeze: 'OPEN' } },
			1,
			'16:11 calendar: there is no calendar holidays in this account and Region',
		],
		[
			'a calendar that is closed',
			'calendar: freeze',
			{ calendars: { freeze: 'CLOSED' } },
			0,
			'16:11 warning: calendar: calendar freeze is CLOSED until 2026-03-02T18:00:00Z: work waits',
		],
		[
			'how long an instance waits that is only observed',
			'mode: observe',
			{},
			0,
			'16:7 warning: mode: hook fleetkeeper-drain of web-blue is not completed: where nobody else does, it holds each instance for 1h and ends with CONTINUE',
		],
	])('tells of %s', async (_, line, changes, status, message) => {
		write('playbooks/drain-web.yaml', `${DRAIN}${line}\n`);
		const found = await atAws(changes);
		expect(found.err.join('\n')).toContain(message);
		expect(found.status).toBe(status);
	});

	it('is content with calendars that are open', async () => {
		write('playbooks/drain-web.yaml', `${DRAIN}calendar: freeze\n`);
		expect(await atAws({ calendars: { freeze: 'OPEN' } })).toEqual({ status: 0, out: ['1 playbook, no errors'], err: [] });
	});

	it('says what AWS answered where it cannot be asked', async () => {
		const found = await atAws({ denied: true });
		expect(found).toMatchObject({ status: 1, err: [expect.stringContaining('check: AccessDenied')] });
	});
});
