import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { onCommand, person, sent } from './commanding.ts';
import { nodeId } from './deployment.ts';
import { begin, type Flow } from './support.ts';

const RUN = ['run', 'restart-service', '--reason', 'a new certificate', '--parameter', 'ServiceName=nginx'];
const WEB = ['--target', 'tag:service=nginx'];

describe('fleet -- run', () => {
	let flow: Flow;
	beforeAll(async () => {
		flow = await begin({
			nodes: 4,
			playbooks: { 'on-command': onCommand('limits: { concurrent: 5 }') },
			group: { behaviours: { 'restart-service': { durationSeconds: 8 } } },
		});
	});

	it('asks, waits for the end, and says what came of it; what failed can be asked for again', async () => {
		flow.world.services.ssm.behave(nodeId(2), { 'restart-service': { exitCode: 3, durationSeconds: 8 } });
		const first = await person(flow, ...RUN, ...WEB, '--max-errors', '100%', '--max-concurrency', '100%', '--timeout', '10m', '--wait');
		expect(first.status).toBe(1);
		expect(first.out).toContain('Requested restart-service on tag:service=nginx (4 nodes now): event ');
		const [, operation = ''] = /Its operation is (command-[0-9a-f]{16}-1)/.exec(first.out) ?? [];
		expect(first.out).toContain(`${operation}: failed at `);
		expect(first.out).toContain('restart-service on 4 nodes: 3 succeeded, 1 failed');

		flow.world.services.ssm.behave(nodeId(2), { 'restart-service': { durationSeconds: 8 } });
		const again = await person(flow, ...RUN, '--failed-of', operation, '--wait', '--json');
		expect([again.status, JSON.parse(again.out).state]).toEqual([0, 'succeeded']);
		expect(sent(flow).at(-1)?.to).toEqual([{ Key: 'InstanceIds', Values: [nodeId(2)] }]);
	});

	it('prints the event, and sends nothing, where it is to run dry', async () => {
		const before = sent(flow).length;
		const { status, out } = await person(flow, ...RUN, ...WEB, '--calendar', 'freeze', '--deliver-within', '5m', '--dry-run');
		expect(status).toBe(0);
		expect(JSON.parse(out)).toMatchObject({
			DetailType: 'Run Command Requested',
			Detail: { command: 'restart-service', calendar: ['freeze'], deliverWithinSeconds: 300, requestedBy: 'anna' },
		});
		await flow.minutes(1);
		expect(sent(flow)).toHaveLength(before);
	});

	it('takes ids from a file', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'fleetkeeper-ids-'));
		writeFileSync(join(folder, 'ids'), `${nodeId(1)}\n${nodeId(3)}, ${nodeId(3)}\n`);
		const { out } = await person(flow, ...RUN, '--ids-file', join(folder, 'ids'), '--dry-run');
		rmSync(folder, { recursive: true });
		expect(JSON.parse(out).Detail.targets[0].values).toEqual([nodeId(1), nodeId(3), nodeId(3)]);
	});

	it.each([
		['no document', ['run', '--reason', 'x', ...WEB], 2, 'names no document'],
		['no reason', ['run', 'restart-service', ...WEB], 2, 'takes a --reason'],
		['no nodes', RUN, 2, 'says no nodes: give --target'],
		['nodes twice', [...RUN, ...WEB, '--group', 'web'], 2, 'takes one of --target, --group'],
		['a malformed percentage', [...RUN, ...WEB, '--max-errors', '5 %'], 2, 'maxErrors: expected a number or a percentage'],
		['a malformed duration', [...RUN, ...WEB, '--timeout', '10'], 2, '--timeout takes a duration such as'],
		['an id that is none', [...RUN, '--target', 'InstanceIds=web-1'], 2, "is 'web-1': expected the id of a node"],
		['ids and tags', [...RUN, ...WEB, '--target', `InstanceIds=${nodeId(1)}`], 2, 'by tags and by InstanceIds'],
		['a document that no playbook allows', ['run', 'restart-servce', '--reason', 'x', ...WEB], 1, 'did you mean restart-service?'],
		['more time than the playbook gives', [...RUN, ...WEB, '--timeout', '2h'], 1, 'playbook on-command allows 3600 at most'],
		[
			'a parameter that there is not',
			[...RUN, ...WEB, '--parameter', 'ServceName=x'],
			1,
			'has no parameter ServceName; did you mean ServiceName?',
		],
		['a tag that no node has', [...RUN, '--target', 'tag:service=none'], 1, 'match no managed node'],
		['a node that is not managed', [...RUN, '--target', `InstanceIds=${nodeId(1)},i-0fee0000000000000`], 1, 'does not manage'],
		['an operation that is none', [...RUN, '--failed-of', 'command-0000000000000000-1'], 1, "No operation 'command-0000000000000000-1'"],
	])('refuses %s before anything is sent', async (_, args, status, problem) => {
		const before = flow.calls('PutEvents').length;
		const said = await person(flow, ...args);
		expect([said.status, said.err]).toEqual([status, expect.stringContaining(problem)]);
		expect(flow.calls('PutEvents')).toHaveLength(before);
	});
});
