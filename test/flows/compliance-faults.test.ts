import { ConfigServiceClient, StopConfigurationRecorderCommand } from '@aws-sdk/client-config-service';
import { describe, expect, it } from 'vitest';
import type { NewRule } from '../../local/aws/config/index.ts';
import { makeCalendar } from './calendars.ts';
import { MINUTE, nodeId, SECOND } from './deployment.ts';
import { during, isExecutionEnd, throttling } from './faults.ts';
import {
	blockPublic,
	by,
	executions,
	HOPELESS,
	isFinding,
	mails,
	PUBLIC,
	RULE,
	remediation,
	remediations,
	setPublic,
	withBuckets,
} from './remediating.ts';
import { begin, type Flow } from './support.ts';

const SUCCEEDED = Array(3).fill('succeeded');
const states = async (flow: Flow) => (await remediations(flow)).map(({ state }) => state);

/** Functions work as they should, and no event is given up; what was killed is tried again. */
function expectNoEventLost(flow: Flow): void {
	for (const name of ['config-compliance', 'automation-status']) expect(flow.deadLetters(name)).toEqual([]);
}

describe('A remediation', () => {
	it.each([
		['StartAutomationExecution', 'before'],
		['StartAutomationExecution', 'after'],
		['PutItem', 'before'],
		['PutItem', 'after'],
		['UpdateItem', 'after'],
		['PutEvents', 'after'],
		['ListTagsForResource', 'after'],
	] as const)('is done once where a function dies at %s, %s its effect', async (operation, when) => {
		const flow = await withBuckets(3, { playbook: blockPublic('limits: { concurrent: 1 }\n'), kill: { operation, when } });
		flow.world.services.config.createRule(PUBLIC);
		await flow.minutes(25);

		expect([await states(flow), flow.world.services.ssm.executions().length]).toEqual([SUCCEEDED, 3]);
		expectNoEventLost(flow);
	});

	it('is done once where replies are lost, every event comes twice and five pollers read them', async () => {
		let calls = 0;
		const flow = await withBuckets(12, {
			playbook: blockPublic('limits: { concurrent: 4 }\n'),
			pollers: 5,
			event: () => 'duplicate',
			call: ({ operation }) => (operation === 'StartAutomationExecution' && calls++ % 3 === 0 ? { loseReply: true } : undefined),
		});
		flow.world.services.config.createRule(PUBLIC);
		await flow.minutes(25);

		expect(await states(flow)).toEqual(Array(12).fill('succeeded'));
		expect(flow.world.services.ssm.executions()).toHaveLength(12);
		expectNoEventLost(flow);
	});

	it('is proved later where AWS Config throttles for half an hour', async () => {
		const asked = ['GetComplianceDetailsByResource', 'StartConfigRulesEvaluation'];
		let left = 3;
		const flow = await withBuckets(3, {
			call: during(30, asked, throttling),
			event: (event) => (isFinding(event) && left-- <= 0 ? 'drop' : 'deliver'),
		});
		flow.world.services.config.createRule(PUBLIC);
		await flow.minutes(50);

		expect([await states(flow), executions(flow), mails(flow)]).toEqual([SUCCEEDED, 3, []]);
		expectNoEventLost(flow);
	});

	it('that AWS Config does not record is not repeated for ever, and its OpsItem says what may be wrong', async () => {
		const flow = await withBuckets(1);
		flow.world.services.config.createRule(PUBLIC);
		await flow.until(() => executions(flow) > 0);
		const ConfigurationRecorderName = 'default';
		await flow.people(({ client }) =>
			client(ConfigServiceClient).send(new StopConfigurationRecorderCommand({ ConfigurationRecorderName })),
		);
		await flow.minutes(45);

		expect([(await remediation(flow)).state, executions(flow), mails(flow).length]).toEqual(['failed', 2, 1]);
		expect(flow.world.services.ssm.opsItems()[0]?.description).toContain('AWS Config does not record what they change');
	});

	it('whose end nobody tells is known by the clock, what AWS Config said before it counts, and its slot is free at once', async () => {
		const flow = await withBuckets(2, {
			playbook: blockPublic('limits: { concurrent: 1 }\n'),
			event: (event) => (isExecutionEnd(event) ? 'drop' : 'deliver'),
		});
		setPublic(flow, 2, false);
		await flow.minutes(2);
		flow.world.services.config.createRule(PUBLIC);
		await flow.minutes(6);
		expect(await states(flow)).toEqual(['succeeded']);

		// Before the next sweep.
		setPublic(flow, 2, true);
		await flow.minutes(1.75);
		expect((await remediations(flow))[1]?.history.map(({ what }) => what)).toEqual(['opened', 'runbook started']);
	});
});

describe('An instance that a rule of a conformance pack judges', () => {
	const PACK: NewRule = {
		name: 'imdsv2-conformance-pack-x1y2z3',
		createdBy: 'config-conforms.amazonaws.com',
		resourceTypes: ['AWS::EC2::Instance'],
		judge: () => 'NON_COMPLIANT',
	};
	const imds = (more = '') => `name: imds
priority: 50
on: noncompliant
when:
  detail: { configRuleName: [{ prefix: imdsv2-conformance-pack- }] }
run:
  automation: enforce-imdsv2
  parameters: { InstanceId: $.detail.resourceId }
  timeout: 15m
${more}`;

	async function judged(more = ''): Promise<Flow> {
		const nodes = [{ id: nodeId(1), httpTokens: 'optional' } as const];
		const flow = await begin({ nodes, group: { hooks: [] }, playbooks: { imds: imds(more) } });
		flow.world.services.config.record();
		await makeCalendar(flow, 'freeze', { from: flow.now, to: flow.now + 120 * MINUTE });
		flow.world.services.config.createRule(PACK);
		return flow;
	}

	it.each([
		['while it waits', 'calendar: freeze\n', 30 * SECOND, 'skipped', 0],
		['just after the work', '', MINUTE, 'succeeded', 1],
		['between two attempts', '', 16.5 * MINUTE, 'succeeded', 2],
	])('and that is terminated %s is over, without OpsItem or mail', async (_, more, at, state, runs) => {
		const flow = await judged(more);
		await flow.until(flow.now + at);
		await flow.terminate(nodeId(1));
		await flow.minutes(4);

		expect(await remediation(flow)).toMatchObject({ state, result: { reason: expect.stringMatching(/is gone$/) } });
		expect([executions(flow), flow.world.services.ssm.opsItems(), mails(flow)]).toEqual([runs, [], []]);
	});
});

describe('Two rules that nothing helps against', () => {
	it('are evaluated anew together, in one call', async () => {
		const flow = await withBuckets(2);
		const { config } = flow.world.services;
		for (const name of [RULE, `${RULE}-either`]) config.createRule({ ...HOPELESS, name, onChange: false, every: 'TwentyFour_Hours' });
		await flow.minutes(22);

		const [call, ...more] = flow.calls('StartConfigRulesEvaluation');
		expect(call?.input['ConfigRuleNames']).toHaveLength(2);
		expect(more.filter(({ error }) => error === undefined)).toEqual([]);
		expect(by(flow)['GetComplianceDetailsByResource']).toBeLessThanOrEqual(8);
	});
});
