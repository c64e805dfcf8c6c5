import type { DescribeRuleCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { describe, expect, it } from 'vitest';
import { fleet } from '../../cli/fleet.ts';
import type { Aws } from '../../shared/aws/clients.ts';
import { awsError } from '../support/core.ts';

const RULE = 'arn:aws:events:eu-west-1:111122223333:rule/fleetkeeper-local-requests/fleetkeeper-local-fleet-event-requests';

/** The command, on a bus that answers so. */
async function request(args: readonly string[], answers: { rule?: () => object; put?: object } = {}) {
	const [out, err, sent]: [string[], string[], PutEventsCommand['input'][]] = [[], [], []];
	const { rule = () => ({ Arn: RULE }), put = { Entries: [{ EventId: 'event-1' }] } } = answers;
	const send = async (command: DescribeRuleCommand | PutEventsCommand) => {
		if (!('Entries' in command.input)) return rule();
		sent.push(command.input);
		return put;
	};
	const io = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text), cwd: '/nowhere' };
	const status = await fleet(['request', ...args], { io, env: {}, connect: () => ({ events: { send } }) as unknown as Aws, user: 'ops' });
	return { status, out: out.join('\n'), err: err.join('\n'), sent };
}

const REASON = ['--reason', 'kernel update'];

describe('fleet -- request', () => {
	it('puts what was asked for on the request bus, and says which operation it will be', async () => {
		const { status, out, sent } = await request([
			...['restart-node', '--by', 'anna', '--parameter', 'Steps=a=1', '--parameter', 'Steps=b', '--parameter', 'Mode=soft', ...REASON],
		]);
		expect(status).toBe(0);
		const [{ Source, DetailType, EventBusName, Detail = '' } = {}] = sent[0]?.Entries ?? [];
		expect({ Source, DetailType, EventBusName }).toEqual({
			Source: 'ops.cli',
			DetailType: 'Run Automation Requested',
			EventBusName: 'fleetkeeper-local-requests',
		});
		expect(JSON.parse(Detail)).toEqual({
			runbook: 'restart-node',
			parameters: { Steps: ['a=1', 'b'], Mode: ['soft'] },
			reason: 'kernel update',
			requestedBy: 'anna (as ops)',
			requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
		});
		expect(out).toMatch(/^Requested restart-node: event event-1\.\n.*event-[0-9a-f]{16}-1/);
		expect(out).toContain('If none does, it waits with the reason in queue fleetkeeper-local-fleet-event-dead-letters.');
	});

	it('takes targets with rate control', async () => {
		const { sent } = await request([
			...['restart-node', '--target', 'tag:team=web,shop', '--target-parameter', 'InstanceId'],
			...['--max-concurrency', '10%', '--max-errors', '1', ...REASON],
		]);
		expect(JSON.parse(sent[0]?.Entries?.[0]?.Detail ?? '')).toMatchObject({
			targets: [{ key: 'tag:team', values: ['web', 'shop'] }],
			targetParameter: 'InstanceId',
			maxConcurrency: '10%',
			maxErrors: '1',
		});
	});

	it('prints the event, and sends nothing, where it is to run dry', async () => {
		const { status, out, sent } = await request(['restart-node', '--dry-run', ...REASON]);
		expect([status, sent]).toEqual([0, []]);
		expect(JSON.parse(out)).toMatchObject({ DetailType: 'Run Automation Requested', Detail: { runbook: 'restart-node' } });
	});

	it.each([
		[[], 'names no runbook'],
		[['restart-node'], 'takes a --reason'],
		[['restart-node; reboot', ...REASON], 'runbook: expected the name of a runbook'],
		[['restart-node', 'again', ...REASON], "does not take 'again'"],
		[['restart-node', '--parameter', 'InstanceId', ...REASON], "--parameter takes NAME=VALUE, not 'InstanceId'"],
		[['restart-node', '--parameter', 'a.b=c', ...REASON], 'expected names of parameters'],
		[['restart-node', '--target', 'tag:a', '--target-parameter', 'X', ...REASON], "--target takes KEY=VALUE,…, not 'tag:a'"],
		[['restart-node', '--target', 'InstanceIds=i-1', '--target-parameter', 'X', ...REASON], 'targets.0.key: expected tag:<key>'],
		[['restart-node', '--target', 'tag:a=b', ...REASON], 'targets are given without targetParameter'],
		[['restart-node', '--max-errors', '1', ...REASON], 'maxErrors is given without targets'],
		[['restart-node', '--target', 'tag:a=b', '--target-parameter', 'X', '--max-concurrency', 'all', ...REASON], 'maxConcurrency: expected'],
	])('refuses %j and says why', async (args, why) => {
		const { status, err, sent } = await request(args);
		expect([status, sent]).toEqual([2, []]);
		expect(err).toContain(why);
		expect(err).toContain('usage: fleet -- request');
	});

	it('sends nothing to a bus that is not there', async () => {
		const rule = () => {
			throw awsError('ResourceNotFoundException', 'Event bus does not exist.');
		};
		const { status, err, sent } = await request(['restart-node', ...REASON], { rule });
		expect([status, sent]).toEqual([1, []]);
		expect(err).toContain('Stage local takes no requests here');
	});

	it('asks also for those who may ask, and see nothing else', async () => {
		const rule = () => {
			throw awsError('AccessDeniedException', 'no', 403);
		};
		const { status, out } = await request(['restart-node', ...REASON], { rule });
		expect(status).toBe(0);
		expect(out).toContain('fleet -- list shows its operation');
	});

	it('says what EventBridge does not take', async () => {
		const put = { FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException', ErrorMessage: 'Rate exceeded' }] };
		const { status, err } = await request(['restart-node', ...REASON], { put });
		expect(status).toBe(1);
		expect(err).toContain('EventBridge did not take the request: ThrottlingException (Rate exceeded)');
	});
});
