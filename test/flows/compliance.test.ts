import { ConfigServiceClient, DeleteConfigRuleCommand } from '@aws-sdk/client-config-service';
import { describe, expect, it } from 'vitest';
import type { BusEvent } from '../../local/aws/eventbridge.ts';
import { AwsError } from '../../local/aws/types.ts';
import { MINUTE, SECOND } from './deployment.ts';
import {
	BUCKET,
	blockPublic,
	bucketName,
	by,
	executions,
	HOPELESS,
	isFinding,
	mails,
	mostAtOnce,
	PUBLIC,
	RULE,
	remediation,
	remediations,
	setPublic,
	withBuckets,
} from './remediating.ts';

describe('A bucket that AWS Config finds open to the public', () => {
	it('is closed by its runbook, and that is proved by the evaluation after it', async () => {
		const flow = await withBuckets(1);
		flow.world.services.config.createRule(PUBLIC);
		await flow.minutes(5);

		const done = await remediation(flow);
		expect(done.history.map(({ what }) => what)).toEqual(['opened', 'runbook started', 'work succeeded', 'compliant', 'closed']);
		expect(done).toMatchObject({ state: 'succeeded', subject: { resourceId: bucketName(1) } });
		expect(flow.world.services.config.compliance(RULE, BUCKET, bucketName(1))).toBe('COMPLIANT');
		expect(flow.events('Operation State Change').map(({ detail }) => detail['state'])).toEqual(['running', 'verifying', 'succeeded']);
		expect(mails(flow)).toEqual([]);
	});

	it('costs 12 calls, of which 3 of the control plane, and 2 more for its limits', async () => {
		const flow = await withBuckets(1);
		// Past the clock's next sweep, and what it keeps has been read.
		await flow.until(flow.now + 5 * MINUTE + SECOND);
		flow.world.services.config.createRule(PUBLIC);
		const before = flow.calls().length;
		await flow.minutes(5);

		const calls = flow
			.calls()
			.slice(before)
			.filter(({ caller }) => !/reconcile|playbook-change/.test(caller))
			.filter(({ operation, input }) => operation !== 'GetItem' || !JSON.stringify(input).includes('playbooks'));
		const done = await remediation(flow);
		// The buckets of the stack itself are judged as well, and are well.
		const others = (input: object) => JSON.stringify(input).includes('operation#') && !JSON.stringify(input).includes(done.id.slice(0, -2));
		const names = calls.filter(({ operation, input }) => operation !== 'Query' || !others(input)).map(({ operation }) => operation);
		expect(done.state).toBe('succeeded');
		expect(names.length, names.join(' ')).toBeLessThanOrEqual(14);
		expect(calls.filter(({ service }) => ['ssm', 'autoscaling'].includes(service)).length, names.join(' ')).toBeLessThanOrEqual(3);
	});

	it('is found by the sweep where its event never came, and by a look where no event tells of the end', async () => {
		const flow = await withBuckets(1, { event: (event) => (isFinding(event) ? 'drop' : 'deliver') });
		flow.world.services.config.createRule(PUBLIC);
		await flow.minutes(60);

		const done = await remediation(flow);
		expect(done.state).toBe('succeeded');
		expect(done.history[0]?.why).toContain('the sweep found it');
		expect(by(flow)['GetComplianceDetailsByResource']).toBe(1);
		expect(by(flow)['StartConfigRulesEvaluation']).toBeUndefined();
	});

	it.each([
		['come twice', () => 'duplicate' as const],
		['come late', () => ({ delayMs: 7 * MINUTE })],
		['come again much later', () => ({ delayMs: 20 * MINUTE, copy: true as const })],
		[
			'overtake each other',
			({ detail }: BusEvent) => ({ delayMs: JSON.stringify(detail).includes('oldEvaluationResult') ? 0 : 9 * MINUTE }),
		],
	])('is dealt with once where its events %s', async (_, fate) => {
		const flow = await withBuckets(1, { event: (event) => (isFinding(event) ? fate(event) : 'deliver') });
		flow.world.services.config.createRule(PUBLIC);
		await flow.minutes(45);

		expect((await remediation(flow)).state).toBe('succeeded');
		expect(executions(flow)).toBe(1);
	});

	it('is not touched where somebody closes it before its turn comes', async () => {
		const flow = await withBuckets(1, { event: (event) => (isFinding(event) ? { delayMs: 6 * MINUTE } : 'deliver') });
		flow.world.services.config.createRule(PUBLIC);
		await flow.minutes(2);
		setPublic(flow, 1, false);
		await flow.minutes(10);

		expect((await remediation(flow)).state).toBe('skipped');
		expect(executions(flow)).toBe(0);
	});

	it('that a playbook only observes is left as it is, and one OpsItem says what would have been run', async () => {
		const flow = await withBuckets(3, { playbook: blockPublic('mode: observe\n') });
		flow.world.services.config.createRule(PUBLIC);
		await flow.minutes(40);

		expect((await remediations(flow)).map(({ state }) => state)).toEqual(['skipped', 'skipped', 'skipped']);
		expect(executions(flow)).toBe(0);
		expect(flow.opsItems().map(({ title }) => title)).toEqual([
			`Would run block-bucket-public-access on what ${RULE} finds noncompliant (observed by block-public)`,
		]);
	});
});

describe('A rule that nothing helps against', () => {
	it('gives up after two attempts, each proved by an evaluation of its own, with one OpsItem and one mail', async () => {
		const flow = await withBuckets(1);
		flow.world.services.config.createRule(HOPELESS);
		await flow.minutes(60);

		const done = await remediation(flow);
		expect(done).toMatchObject({ state: 'failed', attempts: { start: 2 }, result: { opsItem: 'opened' } });
		expect(done.history.map(({ what }) => what).filter((what) => what === 'still noncompliant')).toHaveLength(1);
		expect(flow.world.services.ssm.opsItems().map(({ title }) => title)).toEqual([
			`block-public cannot make resources comply with ${RULE}`,
		]);
		expect(mails(flow)).toHaveLength(1);
		// Sweeps find it every half hour, and leave it alone.
		await flow.minutes(120);
		expect(await remediations(flow)).toHaveLength(1);
		expect(executions(flow)).toBe(2);
	});

	it('is evaluated anew where it is periodic, once for each attempt', async () => {
		const flow = await withBuckets(1);
		flow.world.services.config.createRule({ ...HOPELESS, onChange: false, every: 'TwentyFour_Hours' });
		await flow.minutes(70);

		expect((await remediation(flow)).state).toBe('failed');
		expect(by(flow)['StartConfigRulesEvaluation']).toBe(2);
	});

	it('says so where AWS Config shows nothing after the work', async () => {
		const flow = await withBuckets(1, {
			call: ({ operation }) =>
				operation === 'StartConfigRulesEvaluation' ? new AwsError('LimitExceededException', 'An evaluation is in progress.') : undefined,
		});
		flow.world.services.config.createRule({ ...HOPELESS, onChange: false, every: 'TwentyFour_Hours' });
		await flow.minutes(120);

		expect((await remediation(flow)).result?.reason).toMatch(/downloads-not-public does not show it.*AWS Config records AWS::S3::Bucket/);
	});

	it('that is deleted meanwhile is no failure', async () => {
		const flow = await withBuckets(1);
		flow.world.services.config.createRule(HOPELESS);
		await flow.minutes(3);
		await flow.people(({ client }) => client(ConfigServiceClient).send(new DeleteConfigRuleCommand({ ConfigRuleName: RULE })));
		await flow.minutes(20);

		expect(await remediation(flow)).toMatchObject({ state: 'succeeded', result: { reason: expect.stringContaining('is gone') } });
	});
});

describe('A resource that is opened to the public again and again', () => {
	it('is closed twice a day, and then left to people: one OpsItem, one mail, no more runbooks', async () => {
		const flow = await withBuckets(1);
		flow.world.services.config.createRule(PUBLIC);
		for (let round = 0; round < 4; round += 1) {
			await flow.minutes(10);
			setPublic(flow, 1, false);
			await flow.minutes(5);
			setPublic(flow, 1, true);
		}
		await flow.minutes(10);

		expect((await remediations(flow)).map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'failed', 'failed', 'failed']);
		expect(executions(flow)).toBe(2);
		expect(flow.world.services.ssm.opsItems()).toHaveLength(1);
		expect(mails(flow)).toHaveLength(1);
	});
});

describe('A new rule that finds much at once', () => {
	it('has 120 resources remediated 20 at a time, as fast as that allows, and floods nothing', async () => {
		const flow = await withBuckets(120);
		flow.world.services.config.createRule(PUBLIC);
		await flow.minutes(12);

		const all = await remediations(flow);
		const counts = by(flow);
		expect(all.filter(({ state }) => state === 'succeeded')).toHaveLength(120);
		expect(mostAtOnce(all)).toBeLessThanOrEqual(20);
		expect(executions(flow)).toBe(120);
		// Four writes are the operation's own, and one that it waits: the rest is for looking whether it can go on.
		expect(counts['PutItem'] ?? 0, JSON.stringify(counts)).toBeLessThanOrEqual(120 * 9);
		expect(counts['GetItem'] ?? 0, JSON.stringify(counts)).toBeLessThanOrEqual(12 * 6);
		expect(counts['GetComplianceDetailsByResource'] ?? 0, JSON.stringify(counts)).toBeLessThanOrEqual(120);
		expect(flow.world.services.ssm.opsItems()).toEqual([]);
		expect(mails(flow)).toEqual([]);
	});

	it('and that nothing helps against ends in one OpsItem of bounded size, one mail, and few evaluations of the rule', async () => {
		const flow = await withBuckets(50);
		flow.world.services.config.createRule(HOPELESS);
		await flow.minutes(60);

		const all = await remediations(flow);
		const [item, ...more] = flow.world.services.ssm.opsItems();
		expect(all.filter(({ state, attempts }) => state === 'failed' && attempts.start === 2)).toHaveLength(50);
		expect(item?.data.size).toBeLessThanOrEqual(55);
		expect(more).toEqual([]);
		expect(mails(flow)).toHaveLength(1);
		expect(executions(flow)).toBe(100);
		expect(by(flow)['StartConfigRulesEvaluation'] ?? 0).toBeLessThanOrEqual(4);
	});
});
