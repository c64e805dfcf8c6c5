import { describe, expect, it } from 'vitest';
import { AwsError } from '../../local/aws/types.ts';
import { MINUTE, SECOND } from './deployment.ts';
import { AGENTS, items as all, associate, fails, isCompliance, isOfAssociation, node, refreshes, withGroups } from './states.ts';
import type { Flow, Setup } from './support.ts';

const [GOOD, BAD] = [node('prod', 1), node('prod', 2)];
/** Compliance has operations of its own: here nobody tells of it. */
const withProd = (count: number, setup: Setup = {}) =>
	withGroups({ prod: count }, { event: (event) => (isCompliance(event) ? 'drop' : 'deliver'), ...setup });
const only = async (flow: Flow) => {
	const [first, ...more] = await flow.operations('association');
	expect(more).toEqual([]);
	return first;
};
/** The sweep finds what nobody tells of compliance. */
const items = (flow: Flow) => all(flow).filter(({ title }) => title.startsWith('Association'));
const our = (flow: Flow) => flow.calls().filter(({ caller }) => caller.endsWith('-node-state'));

describe('An association of ours that fails on a node', () => {
	it('is applied again there alone, and that is all there is to it where it helps', async () => {
		const flow = await withProd(3);
		fails(flow, BAD, true);
		await associate(flow);
		await flow.until(() => flow.events('EC2 State Manager Association State Change').some(({ detail }) => detail['status'] === 'Failed'));
		fails(flow, BAD, false);
		await flow.minutes(3);

		expect(refreshes(flow)).toEqual([[BAD]]);
		const done = await only(flow);
		expect(done?.history.map(({ what }) => what)).toEqual(['opened', 'applied again', 'succeeds', 'closed']);
		expect(done).toMatchObject({ state: 'succeeded', name: AGENTS, playbook: { name: 'associations' } });
		expect(items(flow)).toEqual([]);
		const runs = (id: string) => flow.world.services.ssm.node(id)?.runs.filter(({ document }) => document === 'AWS-RunShellScript').length;
		expect([runs(GOOD), runs(BAD)]).toEqual([1, 2]);
	});

	it('and fails again is an OpsItem with the node and its output, until it recovers', async () => {
		const flow = await withProd(3);
		fails(flow, BAD, true);
		await associate(flow, { ScheduleExpression: 'rate(1 hour)', ComplianceSeverity: 'CRITICAL' });
		await flow.minutes(20);

		expect(refreshes(flow)).toEqual([[BAD]]);
		expect(await only(flow)).toMatchObject({ state: 'verifying', failing: 1 });
		expect(items(flow)).toMatchObject([{ title: `Association ${AGENTS} fails`, status: 'Open', severity: '2' }]);
		expect(items(flow)[0]?.data).toMatchObject({ failing: '1', output: 's3://state-output/agents/' });
		expect(items(flow)[0]?.data['nodes']).toMatch(new RegExp(`^${BAD} Failed .*state-output/agents/${BAD}/`));

		await flow.minutes(45);
		expect(refreshes(flow)).toHaveLength(1);
		fails(flow, BAD, false);
		await flow.minutes(60);

		expect(await only(flow)).toMatchObject({ state: 'succeeded', result: { resolved: true } });
		expect(items(flow)).toMatchObject([{ status: 'Resolved', data: { failing: '0' } }]);
		expect(flow.deadLetters('node-state')).toEqual([]);
	});

	it('is found by the sweep where no event comes, and its recovery by the clock', async () => {
		const flow = await withProd(2, { event: (event) => (isOfAssociation(event) || isCompliance(event) ? 'drop' : 'deliver') });
		fails(flow, BAD, true);
		await associate(flow, { ScheduleExpression: 'rate(2 hours)' });
		await flow.minutes(80);
		expect((await only(flow))?.history.map(({ what }) => what)).toEqual(['opened', 'applied again', 'still failing', 'OpsItem']);
		expect((await only(flow))?.history[0]?.why).toContain('the sweep found it');

		fails(flow, BAD, false);
		await flow.minutes(150);

		expect((await only(flow))?.state).toBe('succeeded');
		expect(items(flow)).toMatchObject([{ status: 'Resolved' }]);
	});

	it('is applied again once, whatever becomes of the replies, and goes on after it was throttled', async () => {
		let lost = 2;
		const flow = await withProd(2, {
			call: ({ operation }) => {
				if (operation !== 'SendCommand' || lost === 0) return undefined;
				lost -= 1;
				return lost === 1 ? new AwsError('ThrottlingException', 'Rate exceeded') : { loseReply: true };
			},
		});
		fails(flow, BAD, true);
		await associate(flow);
		await flow.minutes(12);

		expect(flow.calls('SendCommand').map(({ error }) => error)).toEqual(['ThrottlingException', 'ReplyLost']);
		expect(refreshes(flow)).toEqual([[BAD]]);
		expect((await only(flow))?.history.map(({ what }) => what)).toContain('applied again');
	});

	it('on many nodes is applied again by fifty, and costs few calls', async () => {
		const flow = await withProd(60);
		for (let n = 1; n <= 60; n += 1) fails(flow, node('prod', n), true);
		await associate(flow);
		await flow.minutes(4);

		expect(refreshes(flow).map((ids) => ids.length)).toEqual([50, 10]);
		expect(new Set(refreshes(flow).flat()).size).toBe(60);
		expect(flow.calls('SendCommand').map(({ input }) => input['Comment'])).toEqual([
			expect.stringMatching(/^fleetkeeper association-[0-9a-f]{16}-1, part 1 of 2$/),
			expect.stringContaining('part 2 of 2'),
		]);
		const ofSsm = our(flow).filter(({ service }) => service === 'ssm');
		expect(ofSsm.length, ofSsm.map(({ operation }) => operation).join(' ')).toBeLessThanOrEqual(26);
	});
});

describe('An association of somebody else', () => {
	it('is asked about once, and left alone', async () => {
		const flow = await withProd(2);
		fails(flow, BAD, true);
		await associate(flow, { AssociationName: 'theirs', ScheduleExpression: 'rate(30 minutes)' });
		await flow.until(flow.now + 100 * MINUTE + SECOND);

		expect(await flow.operations('association')).toEqual([]);
		expect(flow.calls('DescribeAssociation').length).toBeLessThanOrEqual(2);
		expect(refreshes(flow)).toEqual([]);
		expect(items(flow)).toEqual([]);
	});
});
