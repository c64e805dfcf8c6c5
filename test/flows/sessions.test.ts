import { SSMClient, StartSessionCommand, type StartSessionCommandInput, TerminateSessionCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { fleet } from '../../cli/fleet.ts';
import { inProcess } from '../../local/aws/http.ts';
import type { SessionOperation } from '../../shared/operation/types.ts';
import { MINUTE, nodeId, START } from './deployment.ts';
import { items } from './states.ts';
import { begin, type Flow, type Setup } from './support.ts';

const DOCUMENT = 'fleetkeeper-local-session';
const NODE_PROFILE = {
	name: 'node',
	policies: ['AmazonSSMManagedInstanceCore', 'fleetkeeper-local-node-sessions-eu-west-1'],
};

/** A fleet that people may have shells on, with a trail. */
const withPeople = (setup: Setup & { readonly tags?: Readonly<Record<string, string>>; readonly trail?: false } = {}): Promise<Flow> =>
	begin({
		upkeep: true,
		nodes: 2,
		group: { profile: 'node', tags: { service: 'nginx', 'fleetkeeper-sessions': 'local', ...setup.tags } },
		around: {
			profiles: [NODE_PROFILE],
			operators: [{ name: 'anna', policies: ['fleetkeeper-local-sessions-eu-west-1'] }],
			trails: setup.trail === false ? [] : [{ name: 'audit' }],
		},
		...setup,
	});

const ANNA = 'arn:aws:sts::111122223333:assumed-role/operator-anna/anna';

function clientOf({ world }: Flow, caller: string): SSMClient {
	const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
	return new SSMClient({ region: 'eu-west-1', credentials, maxAttempts: 1, requestHandler: inProcess(world.wire, { caller }) });
}

/** Starts a session on the first node. Gives its id, or the error's name. */
async function shell(flow: Flow, input: Partial<StartSessionCommandInput> = {}, caller = 'anna'): Promise<string> {
	const command = new StartSessionCommand({ Target: nodeId(1), DocumentName: DOCUMENT, ...input });
	return flow.world.run(() =>
		clientOf(flow, caller)
			.send(command)
			.then(
				({ SessionId = '' }) => SessionId,
				(error: Error) => error.name,
			),
	);
}

const one = async (flow: Flow): Promise<SessionOperation> => {
	const [only, ...more] = await flow.operations('session');
	if (only === undefined || more.length > 0) throw new Error(`There are ${only ? more.length + 1 : 0} operations about sessions.`);
	return only;
};
const byUs = (flow: Flow, operation: string) => flow.calls(operation).filter(({ caller }) => caller.endsWith('-session-event'));

/** What `fleet` prints. */
async function say(flow: Flow, ...args: readonly string[]): Promise<string> {
	const lines: string[] = [];
	const io = { out: (line: string) => void lines.push(line), err: (line: string) => void lines.push(line), cwd: '/nowhere' };
	const env = { AWS_ENDPOINT_URL: 'x', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };
	await flow.people((aws) => fleet(args, { io, env, connect: () => aws, now: () => flow.now }));
	return lines.join('\n');
}

const report = (flow: Flow, ...options: readonly string[]) => say(flow, 'report', 'sessions', ...options);

describe('A session', () => {
	it('is on record from its start to the exit of its shell, with its transcript, at a price that does not grow with its length', async () => {
		const flow = await withPeople();
		const id = await shell(flow, { Reason: 'INC-4711: disk full' });
		await flow.minutes(2);
		flow.world.services.ssm.sessionManager.type(id, '$ df -h');

		expect(await one(flow)).toMatchObject({
			state: 'running',
			playbook: { name: 'sessions' },
			subject: { sessionId: id, owner: ANNA, node: nodeId(1), document: DOCUMENT, reason: 'INC-4711: disk full' },
		});

		await flow.minutes(10);
		flow.world.services.ssm.sessionManager.exit(id);
		await flow.minutes(6);
		const ended = await one(flow);

		expect(ended).toMatchObject({ state: 'succeeded', result: { session: { transcript: { logStream: id } } } });
		expect(ended.result?.reason).toMatch(/^it ended after 12m \d\ds: its shell was left/);
		const { s3 = '', logGroup } = ended.result?.session?.transcript ?? {};
		expect(flow.world.services.ssm.sessionManager.logs()).toEqual([{ logGroup, logStream: id, lines: ['$ df -h'] }]);
		const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(s3) ?? [];
		expect(flow.world.services.s3.bucket(bucket)?.objects.has(key)).toBe(true);

		// A tick looks once at all that is due, and the sweep twice: nothing is asked where no session is open.
		expect(byUs(flow, 'DescribeSessions').length).toBeLessThanOrEqual(18);
		const told = flow.events('Operation State Change').map(({ detail }) => detail);
		expect(told.map(({ state }) => state)).toEqual(['running', 'succeeded']);
		expect(told[1]).toMatchObject({
			subject: { owner: ANNA, reason: 'INC-4711: disk full' },
			result: { session: { seconds: expect.any(Number) } },
		});
		expect(flow.deadLetters('session-event')).toEqual([]);

		expect(await report(flow)).toMatch(
			/STARTED .*TRANSCRIPT\n2026-03-02T09:00:\d\dZ {2}12m .*operator-anna\/anna .*INC-4711: disk full .*succeeded .*s3:/,
		);
		expect(JSON.parse(await report(flow, '--who', 'anna', '--json'))).toMatchObject({ sessions: [{ session: id, node: nodeId(1) }] });
		expect(await report(flow, '--csv', '--node', nodeId(1))).toContain(`,${id},${ANNA},${nodeId(1)},${DOCUMENT},INC-4711: disk full,`);
		expect(await report(flow, '--since', 'a week')).toContain("takes --since as 90s, 15m, 2h or 1d, not 'a week'");
		expect(await say(flow, 'show', id)).toMatch(
			/who +arn:.*\n.*node +i-[\s\S]*lasted +.* to .*, 12m\n[\s\S]*transcript +s3:.*; log group \/fleetkeeper\/local\/sessions/,
		);
		expect(await report(flow, '--node', nodeId(2))).toBe(`No session on ${nodeId(2)} within 7d in stage local.`);
	});

	it('that somebody terminates has ended by then', async () => {
		const flow = await withPeople();
		const SessionId = await shell(flow);
		await flow.minutes(1);
		await flow.world.run(() => clientOf(flow, 'anna').send(new TerminateSessionCommand({ SessionId })));
		await flow.minutes(2);

		expect((await one(flow)).result?.reason).toContain(`terminated by ${ANNA}`);
	});

	it('is found by the sweep where no trail tells, open or over, and no call that failed is one', async () => {
		const flow = await withPeople({ trail: false });
		const short = await shell(flow);
		await flow.minutes(0.5);
		flow.world.services.ssm.sessionManager.exit(short);
		const long = await shell(flow, { Reason: 'INC-7' });
		expect(await shell(flow, { DocumentName: undefined })).toBe('AccessDeniedException');
		await flow.until(START + 12 * MINUTE);

		const found = await flow.operations('session');
		expect(found.map(({ subject, state }) => [subject.sessionId, state]).sort()).toEqual(
			[
				[short, 'succeeded'],
				[long, 'running'],
			].sort(),
		);
		expect(found[0]?.history[0]?.why).toContain('the sweep found it');
	});

	it('that is refused is dropped, with its reason', async () => {
		const flow = await withPeople();
		expect(await shell(flow, { DocumentName: undefined })).toBe('AccessDeniedException');
		await flow.minutes(10);

		expect(await flow.operations('session')).toEqual([]);
		expect(flow.deadLetters('session-event')).toEqual([]);
	});
});

describe('A session outside the rules', () => {
	const PROD = { tags: { environment: 'prod' } };
	const forbidding = (owner: string) => `name: nobody
priority: 100
on: session
when: { detail: { owner: [${owner}] } }
session: { allowed: false }
`;

	it('is terminated and told, where it has no reason on a node whose tag asks for one', async () => {
		const flow = await withPeople(PROD);
		const id = await shell(flow);
		await flow.minutes(4);

		const ended = await one(flow);
		expect(ended).toMatchObject({
			state: 'failed',
			playbook: { name: 'sessions-in-production' },
			breach: 'it was started without a reason',
		});
		expect(flow.world.services.ssm.sessionManager.all()).toMatchObject([{ id, status: 'Terminated' }]);
		expect(byUs(flow, 'TerminateSession')).toHaveLength(1);
		const [item, ...more] = items(flow);
		expect(more).toEqual([]);
		expect(item).toMatchObject({
			title: `Sessions of ${ANNA} are outside the rules of sessions-in-production`,
			severity: '2',
			status: 'Open',
		});
		expect(item?.data[`session/${ended.id}`]).toContain(
			'outside the rules: it was started without a reason\nit was started without a reason; it ended after',
		);
		expect(await report(flow)).toContain('failed: it was started without a reason');
	});

	it('is left alone where it has one, until its time is over', async () => {
		const flow = await withPeople(PROD);
		const id = await shell(flow, { Reason: 'INC-7' });
		const typing = async (minutes: number) => {
			for (let passed = 0; passed < minutes; passed += 10) {
				flow.world.services.ssm.sessionManager.type(id, '$ uptime');
				await flow.minutes(10);
			}
		};
		await typing(110);
		expect((await one(flow)).state).toBe('running');
		await typing(20);

		expect(await one(flow)).toMatchObject({ state: 'failed', breach: 'it has been open for more than 2h' });
		expect(flow.world.services.ssm.sessionManager.all()).toMatchObject([{ status: 'Terminated' }]);
	});

	it('is one of whom a playbook forbids', async () => {
		const flow = await withPeople({ playbooks: { nobody: forbidding(ANNA) } });
		await shell(flow, { Reason: 'INC-7' });
		await flow.minutes(4);

		expect(await one(flow)).toMatchObject({ state: 'failed', breach: 'its playbook forbids such a session' });
	});

	it('stays as it is while a playbook observes', async () => {
		const flow = await withPeople({ playbooks: { nobody: `${forbidding(ANNA)}mode: observe\n` } });
		await shell(flow);
		await flow.minutes(4);

		expect(await one(flow)).toMatchObject({ state: 'running', breach: 'its playbook forbids such a session' });
		expect(byUs(flow, 'TerminateSession')).toEqual([]);
		expect(items(flow)).toHaveLength(1);
	});
});
