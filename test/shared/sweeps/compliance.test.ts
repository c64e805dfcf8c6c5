import { describe, expect, it } from 'vitest';
import { advance } from '../../../shared/operation/engine.ts';
import { subjectId } from '../../../shared/operation/ids.ts';
import type { ComplianceOperation } from '../../../shared/operation/types.ts';
import { complianceAtAws } from '../../../shared/parts/compliance.ts';
import type { CompiledPlaybook, CompliancePlaybook } from '../../../shared/playbook/types.ts';
import { sweepRules } from '../../../shared/sweeps/compliance.ts';
import { type Core, createCore, throttled } from '../../support/core.ts';
import { aFinding, FINDING, MINUTE, OPENED_AT, RUNBOOK } from '../../support/operations.ts';

const DAY = 1_440 * MINUTE;
const ARN = 'arn:aws:config:eu-west-1:111122223333:config-rule/config-rule-m8k2qd';

function playbook(changes: Partial<CompliancePlaybook> = {}): CompiledPlaybook<CompliancePlaybook> {
	const own: CompliancePlaybook = {
		name: 'enforce-imdsv2',
		priority: 100,
		on: 'noncompliant',
		when: { detail: { configRuleName: ['imds'], resourceType: ['AWS::EC2::Instance'] } },
		run: { ...RUNBOOK, document: 'enforce-imdsv2', parameters: { InstanceId: ['$.detail.resourceId'] } },
		then: { onFailure: {} },
		brakes: { limits: { concurrent: 1, beyond: 'wait' } },
		compliance: { settleSeconds: 900, attempts: 2 },
		...changes,
	};
	return { playbook: own, parameterVersion: 1 };
}

const subjectOf = (resourceId: string) => ({ ...FINDING, rule: 'imds', resourceId });
const past = (resourceId: string, changes: Partial<ComplianceOperation> = {}) =>
	aFinding({ subject: subjectOf(resourceId), state: 'succeeded', closedAt: OPENED_AT, publishedVersion: 1, ...changes });

/** An AWS where rule `imds` finds these instances noncompliant, by evaluations that began an hour ago or when a test says. */
async function begin(ids: readonly string[], { playbooks = [playbook()], at = OPENED_AT - 60 * MINUTE } = {}) {
	const core = await createCore({ playbooks, parts: (deps) => [complianceAtAws(deps)] });
	core.on('DescribeComplianceByConfigRule', ({ NextToken }) =>
		NextToken
			? { ComplianceByConfigRules: [{ ConfigRuleName: 'imds' }] }
			: { ComplianceByConfigRules: [{ ConfigRuleName: 'other' }], NextToken: '2' },
	);
	core.on('DescribeConfigRules', ({ ConfigRuleNames }) => ({
		ConfigRules: ConfigRuleNames.map((ConfigRuleName: string) => ({ ConfigRuleName, ConfigRuleArn: ARN })),
	}));
	core.on('GetComplianceDetailsByConfigRule', ({ Limit, NextToken = '0' }) => ({
		EvaluationResults: ids.slice(Number(NextToken), Number(NextToken) + Limit).map((ResourceId) => ({
			EvaluationResultIdentifier: {
				EvaluationResultQualifier: { ConfigRuleName: 'imds', ResourceType: 'AWS::EC2::Instance', ResourceId },
			},
			ComplianceType: 'NON_COMPLIANT',
			ConfigRuleInvokedTime: new Date(at),
			ResultRecordedTime: new Date(at),
		})),
		...(Number(NextToken) + Limit < ids.length && { NextToken: String(Number(NextToken) + Limit) }),
	}));
	return core;
}

const sweep = async (core: Core) => {
	const config = complianceAtAws(core.deps).config;
	return sweepRules(core.services, config, (await core.services.playbooks.load()).set);
};

async function remember(core: Core, ...operations: readonly ComplianceOperation[]): Promise<void> {
	for (const operation of operations) await core.services.ledger.create({ ...operation, version: 1 });
}

const latest = async (core: Core, resourceId: string) => core.another().ledger.latest(subjectOf(resourceId));

describe('the sweep of rules', () => {
	it('opens what is noncompliant and whose event never came, with what an event would have said', async () => {
		const core = await begin(['i-1']);
		expect(await sweep(core)).toEqual({ waiting: 1, opened: 1 });
		expect(await latest(core, 'i-1')).toMatchObject({
			subject: { account: '111122223333', region: 'eu-west-1', resourceType: 'AWS::EC2::Instance' },
			state: 'running',
			occasion: {
				account: '111122223333',
				detail: { configRuleName: 'imds', configRuleARN: ARN, newEvaluationResult: { complianceType: 'NON_COMPLIANT' } },
			},
			history: expect.arrayContaining([expect.objectContaining({ why: expect.stringContaining('the sweep found it') })]),
		});
		expect(core.calls('GetComplianceDetailsByConfigRule').map(({ ConfigRuleName }) => ConfigRuleName)).toEqual(['imds']);
	});

	it('believes what it has just read, and does not ask about each resource again', async () => {
		const core = await begin(['i-1']);
		await sweep(core);
		expect(core.calls('GetComplianceDetailsByResource')).toEqual([]);
	});

	it('asks nothing where no playbook is for findings, and at five of six sweeps', async () => {
		const none = await createCore({ parts: (deps) => [complianceAtAws(deps)] });
		await sweep(none);
		expect(none.called()).toEqual([]);
		const core = await begin([]);
		for (let minutes = 0; minutes < 60; minutes += 5) {
			await sweep(core);
			core.pass(5 * MINUTE);
		}
		expect(core.calls('DescribeComplianceByConfigRule')).toHaveLength(2 * 2);
	});

	it('leaves alone what is open, and what the playbook does not match', async () => {
		const core = await begin(['i-1'], { playbooks: [playbook({ when: { detail: { resourceType: ['AWS::S3::Bucket'] } } })] });
		expect(await sweep(core)).toEqual({ waiting: 0, opened: 0 });
		const other = await begin(['i-1', 'i-2']);
		await remember(other, aFinding({ subject: subjectOf('i-1') }));
		expect(await sweep(other)).toEqual({ waiting: 2, opened: 1 });
	});

	it.each([
		['whose attempts of the day are used up', { remediatedAt: [OPENED_AT - 1, OPENED_AT] }, false],
		['that failed less than a day ago', { state: 'failed', closedAt: OPENED_AT - DAY + 1 }, false],
		['that failed a day ago', { state: 'failed', closedAt: OPENED_AT - DAY }, true],
		[
			'that complied when it was closed, and was evaluated since',
			{ finding: { compliance: 'COMPLIANT', evaluatedAt: OPENED_AT - 61 * MINUTE, knownAt: OPENED_AT } },
			true,
		],
		[
			'that complied when it was closed, by a newer evaluation than the one it reads',
			{ finding: { compliance: 'COMPLIANT', evaluatedAt: OPENED_AT - 59 * MINUTE, knownAt: OPENED_AT } },
			false,
		],
	] as const)('takes a resource %s for what it is', async (_, last, again) => {
		const core = await begin(['i-1']);
		await remember(core, past('i-1', last));
		expect(await sweep(core)).toEqual({ waiting: 1, opened: again ? 1 : 0 });
		expect((await latest(core, 'i-1'))?.occurrence).toBe(again ? 2 : 1);
	});

	it('lets people hear of what complied and is noncompliant again, where the attempts of the day are used up', async () => {
		const core = await begin(['i-1']);
		const finding = { compliance: 'COMPLIANT', evaluatedAt: OPENED_AT - 61 * MINUTE, knownAt: OPENED_AT } as const;
		await remember(core, past('i-1', { finding, remediatedAt: [OPENED_AT - 1, OPENED_AT] }));
		expect((await sweep(core)).opened).toBe(1);
		expect(await latest(core, 'i-1')).toMatchObject({ occurrence: 2, state: 'failed', result: { opsItem: expect.any(String) } });
		// Told once, it is left alone.
		core.pass(30 * MINUTE);
		expect((await sweep(core)).opened).toBe(0);
	});

	it.each([
		['acts now', playbook(), 1],
		['goes on observing', playbook({ brakes: { observe: true } }), 0],
	])('hands what was only observed to a playbook that %s', async (_, compiled, opened) => {
		const core = await begin(['i-1'], { playbooks: [compiled] });
		await remember(core, past('i-1', { state: 'skipped', closedAt: OPENED_AT, result: { observed: true, reason: 'observed only' } }));
		expect((await sweep(core)).opened).toBe(opened);
	});

	it('begins with another rule each time, so that none takes all pages for ever', async () => {
		const playbooks = [playbook({ when: { detail: { configRuleName: [{ prefix: 'imds' }] } } })];
		const core = await begin([], { playbooks });
		core.on('DescribeComplianceByConfigRule', () => ({
			ComplianceByConfigRules: ['imds', 'imds-too'].map((ConfigRuleName) => ({ ConfigRuleName })),
		}));
		core.on('GetComplianceDetailsByConfigRule', () => ({ EvaluationResults: [], NextToken: 'more' }));
		await sweep(core);
		core.pass(30 * MINUTE);
		await sweep(core);
		const asked = core.calls('GetComplianceDetailsByConfigRule').map(({ ConfigRuleName }) => ConfigRuleName);
		expect(asked).toHaveLength(100);
		expect(new Set([asked[0], asked[50]])).toEqual(new Set(['imds', 'imds-too']));
	});

	it('leaves to the next one what there is no time to open', async () => {
		const ids = Array.from({ length: 150 }, (_, index) => `i-${String(index).padStart(17, '0')}`);
		const core = await begin(ids);
		core.on('PutEvents', ({ Entries }) => {
			core.pass(3_000);
			return { FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: 'event' })) };
		});
		expect((await sweep(core)).opened).toBe(100);
		core.pass(30 * MINUTE);
		expect((await sweep(core)).opened).toBe(50);
	});

	it('goes on counting where the first occurrence is forgotten', async () => {
		const core = await begin(['i-1']);
		const subject = subjectOf('i-1');
		await remember(core, past('i-1', { id: `${subjectId(subject)}-7`, occurrence: 7, state: 'failed', closedAt: OPENED_AT - DAY }));
		await sweep(core);
		expect((await latest(core, 'i-1'))?.occurrence).toBe(8);
	});

	it('bounds what it looks up of hundreds of known failures, and looks at the others the next time', async () => {
		const ids = Array.from({ length: 600 }, (_, index) => `i-${String(index).padStart(17, '0')}`);
		const core = await begin(ids);
		// Their first operations are old; that a second one of most failed just now is known only where it is looked up.
		const first = ids.map((id) => past(id, { state: 'failed', closedAt: OPENED_AT - 2 * DAY }));
		const second = ids
			.filter((_, index) => index % 30 > 0)
			.map((id) => past(id, { id: `${subjectId(subjectOf(id))}-2`, occurrence: 2, state: 'failed', closedAt: OPENED_AT }));
		await Promise.all([...first, ...second].map((operation) => remember(core, operation)));
		const queries = () => core.requestLog.entries.filter(({ operation }) => operation === 'Query').length;
		const before = queries();
		const { opened } = await sweep(core);
		expect(queries() - before).toBe(500 + opened);
		core.pass(30 * MINUTE);
		expect(opened).toBeLessThan(20);
		expect(opened + (await sweep(core)).opened).toBe(20);
	});

	it('that AWS Config does not answer is no failure of the clock', async () => {
		const core = await begin(['i-1']);
		core.on('GetComplianceDetailsByConfigRule', () => {
			throw throttled();
		});
		expect(await sweep(core)).toEqual({ waiting: 0, opened: 0 });
		expect(core.logs.filter(({ level }) => level === 'error')).toHaveLength(1);
	});

	it('makes operations that go their way like any other', async () => {
		const core = await begin(['i-1', 'i-2']);
		await sweep(core);
		const both = await Promise.all(['i-1', 'i-2'].map((id) => latest(core, id)));
		const [waiting, running] = (['waiting', 'running'] as const).map((state) => both.find((each) => each?.state === state));
		expect([waiting?.waiting, running?.slot]).toEqual(['limit', true]);
		const fact = { type: 'compliance', from: 'event', compliance: 'COMPLIANT', evaluatedAt: OPENED_AT } as const;
		await advance(core.services, [{ operation: waiting as ComplianceOperation, facts: [fact] }]);
		expect((await latest(core, waiting?.subject.resourceId ?? ''))?.state).toBe('skipped');
	});
});
