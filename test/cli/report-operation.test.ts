import { describe, expect, it } from 'vitest';
import { createOperating, NODES } from './operating.ts';

const CONSOLE = 'https://eu-west-1.console.aws.amazon.com';
const HOUR = 3_600_000;

describe('fleet -- report operation', () => {
	it('tells the story from its event to its end, with every call and where to look', async () => {
		const { fleet, drain, pass, world } = await createOperating({ drain: { exitCode: 3, stderr: 'still busy', durationSeconds: 1_500 } });
		const id = await drain(NODES[0]);
		await pass(30);

		const { status, out } = await fleet('report', 'operation', id);

		expect(status).toBe(0);
		expect(out).toMatch(/began by +EC2 Instance-terminate Lifecycle Action of aws.autoscaling, event event-i-0{15}/);
		expect(out).toMatch(/decided by +\/fleetkeeper\/local\/playbooks\/drain-web, version 1/);
		expect(out).toMatch(/runs +command drain-node, for 1h00m at most/);
		expect(out).toMatch(/\+0s +opened/);
		for (const [what, service, operation] of [
			['command sent', 'SSM', 'SendCommand'],
			['heartbeat', 'Auto Scaling', 'RecordLifecycleActionHeartbeat'],
			['lifecycle action completed', 'Auto Scaling', 'CompleteLifecycleAction'],
		]) {
			const called = world.requestLog.entries.find((entry) => entry.operation === operation);
			expect(out).toMatch(new RegExp(`${what} +${service} ${operation} +${called?.requestId}`));
		}
		expect(out).toContain(`${CONSOLE}/systems-manager/run-command/`);
		expect(out).toContain(`${CONSOLE}/systems-manager/fleet-manager/managed-nodes/${NODES[0]}/general?region=eu-west-1`);
		expect(out).toContain(`/s3/buckets/fleetkeeper-local-output-111122223333-eu-west-1?region=eu-west-1&prefix=commands%2F${id}.1%2F`);
		expect(out).not.toContain('DUE');
	});

	it('says of an open one what is due next', async () => {
		const { fleet, drain, pass } = await createOperating({ drain: { durationSeconds: 3_000 } });
		const id = await drain(NODES[0]);
		await pass(1);

		const { out } = await fleet('report', 'operation', id);

		expect(out).toMatch(/the clock looks at it, in \d+m/);
		expect(out).toMatch(/the next heartbeat of its hook, in 1\dm/);
		expect(out).toMatch(/its work must be over, in 5\dm/);
	});

	it('looks calls up in CloudTrail, as soon as that shows them', async () => {
		const { fleet, drain, pass, world } = await createOperating({ drain: { durationSeconds: 1 } });
		const id = await drain(NODES[0]);
		await pass(7);
		await world.runFor(HOUR);

		const { timeline, links } = JSON.parse((await fleet('report', 'operation', id, '--trail', '--json')).out);
		const [sent] = timeline.find(({ what }: { what: string }) => what === 'command sent').calls;
		const known = world.requestLog.entries.find(({ operation }) => operation === 'SendCommand');

		expect(sent).toEqual({
			...{ service: 'SSM', operation: 'SendCommand', requestId: known?.requestId },
			...{ eventId: expect.any(String), by: expect.any(String) },
		});
		expect(links).toContainEqual({
			to: 'SendCommand in CloudTrail',
			url: `${CONSOLE}/cloudtrailv2/home?region=eu-west-1#/events/${sent.eventId}`,
		});
	});

	it('prints its timeline as CSV, a row for each call', async () => {
		const { fleet, drain, pass } = await createOperating({ drain: { durationSeconds: 1 } });
		const id = await drain(NODES[0]);
		await pass(7);

		const rows = (await fleet('report', 'operation', id, '--csv')).out.split('\r\n');

		expect(rows[0]).toBe('at,what,why,service,operation,request_id,event_id,by');
		expect(rows.slice(1).map((row) => row.split(',')[1])).toEqual([
			'opened',
			'command sent',
			'work succeeded',
			'lifecycle action completed',
			'closed',
		]);
	});

	it.each([
		[['operation'], 2, 'names no operation'],
		[['operation', 'lifecycle-00000000', 'lifecycle-11111111'], 2, "does not take 'lifecycle-11111111'"],
		[['operation', 'lifecycle-00000000', '--csv', '--json'], 2, 'takes one of --csv and --json'],
		[['operation', 'i-0000000000000000f'], 1, "No operation 'i-0000000000000000f' in stage local"],
		[['operations', 'x'], 2, "has no report 'operations'; did you mean operation?"],
		[['operation', 'x', '--stage', 'Prod!'], 2, "--stage 'Prod!' is not a stage"],
		[[], 2, 'does not say of what: there are operation, inventory, sessions, parameters'],
	])('refuses %j', async (args, status, said) => {
		const { fleet } = await createOperating();
		const answer = await fleet('report', ...args);
		expect(answer.status).toBe(status);
		expect(answer.err).toContain(said);
	});
});
