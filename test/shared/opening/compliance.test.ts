import { describe, expect, it } from 'vitest';
import { Drop, Fail, Retry } from '../../../shared/errors.ts';
import { openFromFindings } from '../../../shared/opening/compliance-events.ts';
import { settleExecutions } from '../../../shared/operation/settle.ts';
import type { ComplianceOperation } from '../../../shared/operation/types.ts';
import { complianceAtAws } from '../../../shared/parts/compliance.ts';
import type { CompiledPlaybook, CompliancePlaybook } from '../../../shared/playbook/types.ts';
import { type Core, createCore, executionEvent, executionId } from '../../support/core.ts';
import { MINUTE, OPENED_AT, RUNBOOK, SECOND } from '../../support/operations.ts';

const HOUR = 60 * MINUTE;
const RULE = 'fleetkeeper-open-ssh';
const GROUP = 'sg-0a1b2c3d4e5f60718';

function closeSsh(changes: Partial<CompliancePlaybook> = {}): CompiledPlaybook<CompliancePlaybook> {
	const playbook: CompliancePlaybook = {
		name: 'close-open-ssh',
		priority: 100,
		on: 'noncompliant',
		when: { detail: { configRuleName: [{ prefix: 'fleetkeeper-' }] } },
		run: { ...RUNBOOK, document: 'close-security-group', parameters: { GroupId: ['$.detail.resourceId'] } },
		then: { onFailure: { opsItem: { severity: '2' } } },
		compliance: { settleSeconds: 900, attempts: 2 },
		...changes,
	};
	return { playbook, parameterVersion: 3 };
}

const iso = (at: number) => new Date(at).toISOString();

/** An event of AWS Config about an evaluation that began at an instant. */
function change(complianceType: string, invokedAt: number, detail: object = {}, result: object = {}) {
	return {
		version: '0',
		id: `event-${complianceType}-${invokedAt}`,
		'detail-type': 'Config Rules Compliance Change',
		source: 'aws.config',
		account: '111122223333',
		time: iso(invokedAt + SECOND),
		region: 'eu-west-1',
		resources: [],
		detail: {
			...{
				configRuleName: RULE,
				resourceType: 'AWS::EC2::SecurityGroup',
				resourceId: GROUP,
				awsAccountId: '111122223333',
				awsRegion: 'eu-west-1',
			},
			configRuleARN: 'arn:aws:config:eu-west-1:111122223333:config-rule/config-rule-m8k2qd',
			messageType: 'ComplianceChangeNotification',
			newEvaluationResult: {
				complianceType,
				configRuleInvokedTime: iso(invokedAt),
				resultRecordedTime: iso(invokedAt + SECOND),
				...result,
			},
			...detail,
		},
	};
}

const begin = (playbook = closeSsh()) => createCore({ playbooks: [playbook], parts: (deps) => [complianceAtAws(deps)] });

/** What became of each event. */
async function hears(core: Core, ...events: readonly unknown[]): Promise<string[]> {
	const results = await openFromFindings(core.services, events);
	return results.map((each) => (each.ok ? each.value.outcome : each.error instanceof Drop ? each.error.reason : String(each.error)));
}

async function operations({ another }: Core): Promise<ComplianceOperation[]> {
	const { ledger } = another();
	const ids = [...(await ledger.open()), ...(await ledger.closedOn('2026-03-02'))];
	return ((await ledger.load(ids)) as ComplianceOperation[]).sort((a, b) => a.occurrence - b.occurrence);
}

/** The runbook ends well, and AWS Config sees what it did half a minute later. */
async function remediated(core: Core, execution: string): Promise<string[]> {
	core.pass(MINUTE);
	await settleExecutions(core.services, [executionEvent(execution, 'Success', 'fleetkeeper-test-close-security-group')]);
	core.pass(MINUTE);
	return hears(core, change('COMPLIANT', core.now() - 30 * SECOND));
}

describe('an event of AWS Config', () => {
	it('that says noncompliant starts the runbook with what the event says', async () => {
		const core = await begin();
		expect(await hears(core, change('NON_COMPLIANT', OPENED_AT, {}, { annotation: 'Port 22 is open.' }))).toEqual(['opened']);
		expect(core.calls('StartAutomationExecution')).toMatchObject([{ Parameters: { GroupId: [GROUP] } }]);
		const [operation] = await operations(core);
		expect(operation).toMatchObject({
			kind: 'compliance',
			subject: { rule: RULE, resourceType: 'AWS::EC2::SecurityGroup', resourceId: GROUP },
			playbook: { name: 'close-open-ssh', parameterVersion: 3 },
			state: 'running',
		});
		expect(operation?.history[0]?.why).toContain('noncompliant (Port 22 is open.); its event came');
	});

	it('that says compliant after the work proves it', async () => {
		const core = await begin();
		await hears(core, change('NON_COMPLIANT', OPENED_AT));
		expect(await remediated(core, executionId(1))).toEqual(['exists']);
		expect(await operations(core)).toMatchObject([{ state: 'succeeded', attempts: { start: 1 } }]);
		expect(core.calls('CreateOpsItem')).toEqual([]);
	});

	it('of another type opens nothing', async () => {
		const core = await begin();
		const events = ['COMPLIANT', 'NOT_APPLICABLE', 'INSUFFICIENT_DATA'].map((type) => change(type, OPENED_AT));
		expect(await hears(core, ...events)).toEqual(['nothing-open', 'nothing-open', 'nothing-open']);
		expect(await operations(core)).toEqual([]);
	});

	it('of a rule that no playbook names costs no call at all', async () => {
		const core = await begin();
		await core.services.playbooks.load();
		const before = core.requestLog.entries.length;
		const foreign = { configRuleName: 'somebody-elses' };
		expect(await hears(core, change('NON_COMPLIANT', OPENED_AT, foreign), change('COMPLIANT', OPENED_AT, foreign))).toEqual([
			'no-playbook',
			'no-playbook',
		]);
		expect(core.requestLog.entries.length).toBe(before);
		expect(core.called()).toEqual([]);
	});

	it('that is malformed is never tried again, and spoils nothing', async () => {
		const core = await begin();
		const results = await openFromFindings(core.services, [change('UNKNOWN', OPENED_AT), change('NON_COMPLIANT', OPENED_AT)]);
		expect(results).toMatchObject([{ ok: false, error: expect.any(Fail) }, { ok: true }]);
	});

	it('may lack what AWS Config does not know', async () => {
		const core = await begin();
		const nulls = { configRuleInvokedTime: null, resultRecordedTime: null, annotation: null };
		expect(await hears(core, change('NON_COMPLIANT', OPENED_AT, {}, nulls))).toEqual(['opened']);
		expect(await operations(core)).toMatchObject([
			{ state: 'running', finding: { compliance: 'NON_COMPLIANT', knownAt: OPENED_AT + SECOND } },
		]);
	});

	it('waits for the playbooks where none have been compiled', async () => {
		const core = await createCore({ table: false, parts: (deps) => [complianceAtAws(deps)] });
		core.services.playbooks.load = async () => ({ set: { playbooks: [], compiledAt: '' }, reason: 'no playbooks compiled yet' });
		const [result] = await openFromFindings(core.services, [change('NON_COMPLIANT', OPENED_AT)]);
		expect(result).toMatchObject({ ok: false, error: expect.any(Retry) });
	});

	it('that came late is checked against what AWS Config says now', async () => {
		const core = await begin();
		core.on('GetComplianceDetailsByResource', () => ({ EvaluationResults: [] }));
		await hears(core, change('NON_COMPLIANT', OPENED_AT - HOUR));
		expect(core.calls('StartAutomationExecution')).toEqual([]);
		expect(await operations(core)).toMatchObject([{ state: 'skipped' }]);
	});
});

describe('the events of one resource', () => {
	it('are about one operation, however often each comes', async () => {
		const core = await begin();
		const noncompliant = change('NON_COMPLIANT', OPENED_AT);
		expect(await hears(core, noncompliant, noncompliant)).toEqual(['opened', 'exists']);
		await remediated(core, executionId(1));
		const late = [noncompliant, { ...noncompliant, id: 'a-copy' }, change('COMPLIANT', OPENED_AT + 90 * SECOND)];
		expect(await hears(core, ...late)).toEqual(['exists', 'exists', 'nothing-open']);
		expect(await operations(core)).toHaveLength(1);
		expect(core.calls('StartAutomationExecution')).toHaveLength(1);
	});

	it('begin a new one where it becomes noncompliant again, and never more than the playbook allows in a day', async () => {
		const core = await begin();
		for (const [index, execution] of [executionId(1), executionId(2)].entries()) {
			expect(await hears(core, change('NON_COMPLIANT', core.now()))).toEqual(['opened']);
			await remediated(core, execution);
			expect(await operations(core)).toHaveLength(index + 1);
		}
		for (let again = 0; again < 3; again += 1) {
			core.pass(HOUR);
			expect(await hears(core, change('NON_COMPLIANT', core.now()))).toEqual(['opened']);
			core.on('CreateOpsItem', () => {
				throw Object.assign(new Error('exists'), { name: 'OpsItemAlreadyExistsException', OpsItemId: 'oi-000000000001' });
			});
		}
		expect(core.calls('StartAutomationExecution')).toHaveLength(2);
		const all = await operations(core);
		expect(all.map(({ state, result }) => [state, result?.opsItem])).toEqual([
			['succeeded', undefined],
			['succeeded', undefined],
			['failed', 'opened'],
			['failed', 'added'],
			['failed', 'added'],
		]);
		expect(new Set(core.calls('CreateOpsItem').map(({ OperationalData }) => OperationalData['/aws/dedup'].Value)).size).toBe(1);
	});

	it('come back where the operation that they are for is closed at the same moment', async () => {
		const core = await begin();
		await hears(core, change('NON_COMPLIANT', OPENED_AT));
		core.pass(MINUTE);
		await settleExecutions(core.services, [executionEvent(executionId(1), 'Success', 'fleetkeeper-test-close-security-group')]);
		const [verifying] = (await operations(core)) as [ComplianceOperation];
		core.pass(MINUTE);
		await hears(core, change('COMPLIANT', core.now() - 30 * SECOND));
		const again = change('NON_COMPLIANT', core.now() - 10 * SECOND);

		const services = core.another();
		const late = { ...services, ledger: { ...services.ledger, latest: async () => verifying as never } };
		const [missed] = await openFromFindings(late, [again]);
		expect(missed).toMatchObject({ ok: false, error: expect.any(Retry) });

		expect(await hears(core, again)).toEqual(['opened']);
	});

	it('are remediated again a day later', async () => {
		const core = await begin(closeSsh({ compliance: { settleSeconds: 900, attempts: 1 } }));
		await hears(core, change('NON_COMPLIANT', core.now()));
		await remediated(core, executionId(1));
		core.pass(24 * HOUR);
		await hears(core, change('NON_COMPLIANT', core.now()));
		expect(core.calls('StartAutomationExecution')).toHaveLength(2);
	});
});
