import { describe, expect, it } from 'vitest';
import type { BusEvent } from '../../local/aws/eventbridge.ts';
import { nodeId, SECOND } from './deployment.ts';
import { begin, type Flow } from './support.ts';

/** What was sent to the topic of failures, the first first. */
const mails = (flow: Flow) => flow.world.services.sns.publications.map(({ message }) => message);

/** What stands in the log group of the audit trail. */
const audited = (flow: Flow): BusEvent[] =>
	flow.world.otherDeliveries.filter(({ targetArn }) => targetArn.includes(':log-group:')).map(({ input }) => JSON.parse(input));

const published = (flow: Flow) => flow.events('Operation State Change');

/** Nodes whose drain fails with what it says on its way. */
const FAILING = { behaviours: { 'drain-node': { durationSeconds: 40, exitCode: 3, stderr: 'nginx did not "stop"\n' } } };

const drain = (opsItem: boolean) => `name: drain-web
priority: 100
on: instance-terminating
when:
  detail: { AutoScalingGroupName: [web-blue], LifecycleHookName: [fleetkeeper-drain] }
run:
  command: drain-node
  timeout: 10m
${opsItem ? 'then:\n  onFailure: { opsItem: { severity: "3" } }\n' : ''}`;

const failingFlow = (nodes: number, opsItem = true) => begin({ nodes, group: FAILING, playbooks: { 'drain-web': drain(opsItem) } });

describe('People are told of', () => {
	it('a failure in words: what failed where and why, and where to read on', async () => {
		const flow = await failingFlow(1);
		await flow.terminate(nodeId(1));
		await flow.minutes(3);

		const { id, result } = await flow.operation(nodeId(1));
		const what = `drain-web failed on ${nodeId(1)} of web-blue: drain-node: Failed, exit code 3: nginx did not 'stop'`;
		expect(mails(flow)).toEqual([
			`"${what}. Lifecycle action: CONTINUE. OpsItem ${result?.opsItemId} was opened."\n` +
				`"Operation ${id} in account 111122223333, eu-west-1. Its whole story: npm run -s fleet -- show ${id} --stage local"`,
		]);
	});

	it('an OpsItem once, not of every operation that is added to it', async () => {
		const flow = await failingFlow(8);
		for (const n of [1, 2, 3, 4, 5, 6, 7, 8]) {
			await flow.terminate(nodeId(n));
			if (n % 3 === 0) await flow.minutes(2);
		}
		await flow.minutes(5);

		expect((await flow.operations()).map(({ state }) => state)).toEqual(Array(8).fill('failed'));
		expect(flow.opsItems()).toHaveLength(1);
		expect(mails(flow)).toHaveLength(1);
	});

	it('an OpsItem once where the reply to the call that opened it was lost', async () => {
		let lost = 0;
		const flow = await begin({
			nodes: 2,
			group: FAILING,
			playbooks: { 'drain-web': drain(true) },
			call: ({ operation }) => (operation === 'CreateOpsItem' && lost++ < 3 ? { loseReply: true } : undefined),
		});
		await flow.terminate(nodeId(1), nodeId(2));
		await flow.minutes(5);

		expect(flow.opsItems()).toHaveLength(1);
		expect(mails(flow)).toHaveLength(1);
	});

	it('each failure of a playbook that opens no OpsItem', async () => {
		const flow = await failingFlow(2, false);
		await flow.terminate(nodeId(1), nodeId(2));
		await flow.minutes(3);
		expect(mails(flow)).toHaveLength(2);
		expect(mails(flow).join()).not.toContain('OpsItem');
	});

	it('nothing while all goes well', async () => {
		const flow = await begin({ nodes: 2 });
		await flow.terminate(nodeId(1), nodeId(2));
		await flow.minutes(3);
		expect((await flow.operations()).map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
		expect(mails(flow)).toEqual([]);
	});
});

describe('The audit trail', () => {
	it('has every change of every operation as it was published', async () => {
		const flow = await failingFlow(2);
		await flow.terminate(nodeId(1), nodeId(2));
		await flow.minutes(3);
		await flow.world.runFor(SECOND);

		const states = audited(flow).map(({ detail }) => `${detail['operationId']} ${detail['version']} ${detail['state']}`);
		expect(states.length).toBeGreaterThanOrEqual(4);
		expect(states.sort()).toEqual(
			published(flow)
				.map(({ detail }) => `${detail['operationId']} ${detail['version']} ${detail['state']}`)
				.sort(),
		);
	});
});

describe('A published event', () => {
	it('triggers no function', async () => {
		const flow = await failingFlow(1);
		await flow.terminate(nodeId(1));
		await flow.minutes(3);
		const events = published(flow);
		expect(events.length).toBeGreaterThan(1);
		const before = flow.world.invocations.length;
		const told = mails(flow).length;

		for (const { detail } of events) flow.world.putEvent({ source: 'fleetkeeper', detailType: 'Operation State Change', detail });
		await flow.world.runFor(30 * SECOND);

		expect(flow.world.invocations.slice(before)).toEqual([]);
		expect(mails(flow)).toHaveLength(2 * told);
	});
});
