import { describe, expect, it } from 'vitest';
import { perform } from '../../../shared/operation/perform.ts';
import type { ComplianceOperation } from '../../../shared/operation/types.ts';
import { complianceAtAws } from '../../../shared/parts/compliance.ts';
import { awsError, type Core, createCore, throttled } from '../../support/core.ts';
import { aFinding, FINDING, MINUTE, OPENED_AT } from '../../support/operations.ts';

const begin = () => createCore({ parts: (deps) => [complianceAtAws(deps)] });

/** A resource under a rule whose work ended when the tests begin. */
const of = (rule: string, resourceId = FINDING.resourceId, after = OPENED_AT): ComplianceOperation =>
	aFinding({ subject: { ...FINDING, rule, resourceId }, verify: { after, lookAt: after, looks: 0 } });

const result = (rule: string, ComplianceType: string, invokedAt = OPENED_AT) => ({
	EvaluationResultIdentifier: { EvaluationResultQualifier: { ConfigRuleName: rule, ResourceType: FINDING.resourceType } },
	ComplianceType,
	ConfigRuleInvokedTime: new Date(invokedAt),
});

const ask = async (core: Core, name: 'read-compliance' | 'evaluate-rule', ...operations: readonly ComplianceOperation[]) => {
	const answers = await perform(
		core.services,
		operations.map((operation) => ({ operation, effect: { name } })),
	);
	return operations.map(({ id }) => answers.find((answer) => answer.id === id)?.fact);
};

describe('reading compliance', () => {
	it('gives what the rule of each operation found, by one look-up for each resource', async () => {
		const core = await begin();
		core.on('GetComplianceDetailsByResource', ({ ResourceId }) => ({
			EvaluationResults: [
				result('other', 'NON_COMPLIANT'),
				result('imds', 'COMPLIANT', OPENED_AT + 1),
				result('tags', 'NON_COMPLIANT'),
			].filter(() => ResourceId === 'i-1'),
		}));
		expect(await ask(core, 'read-compliance', of('imds', 'i-1'), of('tags', 'i-1'), of('imds', 'i-2'))).toMatchObject([
			{ type: 'compliance', from: 'look', compliance: 'COMPLIANT', evaluatedAt: OPENED_AT + 1 },
			{ compliance: 'NON_COMPLIANT', evaluatedAt: OPENED_AT },
			{ type: 'compliance', from: 'look' },
		]);
		expect(core.calls('GetComplianceDetailsByResource').map(({ ResourceId }) => ResourceId)).toEqual(['i-1', 'i-2']);
	});

	it('reads page after page until the rule is found, and no further', async () => {
		const core = await begin();
		const pages: Record<string, object> = {
			undefined: { EvaluationResults: [result('a', 'COMPLIANT')], NextToken: '2' },
			2: { EvaluationResults: [result('imds', 'NON_COMPLIANT')], NextToken: '3' },
		};
		core.on('GetComplianceDetailsByResource', ({ NextToken }) => pages[NextToken]);
		expect(await ask(core, 'read-compliance', of('imds'))).toMatchObject([{ compliance: 'NON_COMPLIANT' }]);
		expect(core.calls('GetComplianceDetailsByResource')).toHaveLength(2);
	});

	it.each([
		['throttled', throttled(), 'retry'],
		['not allowed', awsError('AccessDeniedException'), 'refused'],
	])('that is %s is answered by that', async (_, error, why) => {
		const core = await begin();
		core.on('GetComplianceDetailsByResource', () => {
			throw error;
		});
		expect(await ask(core, 'read-compliance', of('imds'))).toMatchObject([{ type: 'not-done', effect: 'read-compliance', why }]);
	});
});

describe('evaluating rules anew', () => {
	const names = (core: Core) => core.calls('StartConfigRulesEvaluation').map(({ ConfigRuleNames }) => ConfigRuleNames);
	const started = async () => {
		const core = await begin();
		core.on('StartConfigRulesEvaluation', () => ({}));
		return core;
	};

	it('is one call for all operations, of up to 25 rules', async () => {
		const core = await started();
		const rules = Array.from({ length: 30 }, (_, index) => `rule-${index}`);
		const facts = await ask(core, 'evaluate-rule', ...rules.map((rule) => of(rule)), of('rule-0', 'i-other'));
		expect(names(core)).toEqual([rules.slice(0, 25)]);
		expect(facts.map((fact) => fact?.type)).toEqual([...Array(25).fill('done'), ...Array(5).fill('not-done'), 'done']);
	});

	it('happens at most once a minute', async () => {
		const core = await started();
		await ask(core, 'evaluate-rule', of('a'));
		core.pass(MINUTE - 1);
		expect(await ask(core, 'evaluate-rule', of('b'))).toMatchObject([{ type: 'not-done', why: 'retry' }]);
		core.pass(1);
		expect(await ask(core, 'evaluate-rule', of('b'))).toMatchObject([{ type: 'done' }]);
		expect(names(core)).toEqual([['a'], ['b']]);
	});

	it('is billed by resource: a rule is evaluated once in ten minutes, for all whose work had ended by then', async () => {
		const core = await started();
		core.pass(MINUTE);
		await ask(core, 'evaluate-rule', of('a'));
		core.pass(2 * MINUTE);
		const [before, after] = [of('a', 'i-before', OPENED_AT), of('a', 'i-after', OPENED_AT + 2 * MINUTE)];
		expect(await ask(core, 'evaluate-rule', before, after)).toMatchObject([{ type: 'done' }, { type: 'not-done', why: 'retry' }]);
		expect(names(core)).toHaveLength(1);
		core.pass(8 * MINUTE);
		expect(await ask(core, 'evaluate-rule', after)).toMatchObject([{ type: 'done' }]);
		expect(names(core)).toHaveLength(2);
	});

	it.each([
		['while another evaluation is under way', awsError('LimitExceededException'), ['a'], 'retry'],
		['while the rule is evaluated anyway', awsError('ResourceInUseException'), ['a'], 'retry'],
		['that is throttled', throttled(), ['a'], 'retry'],
		['of a rule that is gone', awsError('NoSuchConfigRuleException'), ['a'], 'refused'],
		['of several rules, one of which is gone', awsError('NoSuchConfigRuleException'), ['a', 'b'], 'retry'],
	])('%s is answered by that', async (_, error, rules, why) => {
		const core = await begin();
		core.on('StartConfigRulesEvaluation', () => {
			throw error;
		});
		const facts = await ask(core, 'evaluate-rule', ...rules.map((rule) => of(rule)));
		expect(facts).toMatchObject(rules.map(() => ({ type: 'not-done', effect: 'evaluate-rule', why })));
	});
});
