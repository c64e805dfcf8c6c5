/** The operations on Config rules and on what they found. */

import type {
	DeleteConfigRuleCommandInput,
	DescribeComplianceByConfigRuleCommandInput,
	DescribeComplianceByConfigRuleCommandOutput,
	DescribeConfigRuleEvaluationStatusCommandInput,
	DescribeConfigRuleEvaluationStatusCommandOutput,
	DescribeConfigRulesCommandInput,
	DescribeConfigRulesCommandOutput,
	DescribeRemediationConfigurationsCommandInput,
	DescribeRemediationConfigurationsCommandOutput,
	GetComplianceDetailsByConfigRuleCommandInput,
	GetComplianceDetailsByConfigRuleCommandOutput,
	GetComplianceDetailsByResourceCommandInput,
	GetComplianceDetailsByResourceCommandOutput,
	PutConfigRuleCommandInput,
	StartConfigRulesEvaluationCommandInput,
	ConfigRule as WireConfigRule,
} from '@aws-sdk/client-config-service';
import { nextToken, page } from '../paging.ts';
import { type AwsContext, AwsError, type Output } from '../types.ts';
import { MANAGED_RULES } from './managed-rules.ts';
import { type ConfigRule, type RuleSettings, resourceKey } from './model.ts';
import type { Recorder } from './recorder.ts';
import type { Rules } from './rules.ts';
import { wireCompliance, wireEvaluationStatus, wireRemediation, wireResult, wireRule } from './views.ts';

const RULES_PAGE = 25;
/** Evaluation results come 10 a page where nothing else is asked for, at most 100. */
const RESULTS_PAGE = { default: 10, most: 100 };
const BAD_TOKEN = 'InvalidNextTokenException';

export function ruleOperations(ctx: AwsContext, rules: Rules, recorder: Recorder) {
	const named = (names: readonly string[] | undefined): ConfigRule[] =>
		names && names.length > 0 ? names.map((name) => rules.get(name)) : rules.all();

	return {
		PutConfigRule({ ConfigRule: rule }: PutConfigRuleCommandInput): object {
			if (!recorder.name || recorder.startedAt === undefined) {
				throw new AwsError('NoAvailableConfigurationRecorderException', 'Configuration recorder is not available to put a Config rule.');
			}
			rules.put(settingsOf(rule, rules));
			return {};
		},

		DeleteConfigRule({ ConfigRuleName }: DeleteConfigRuleCommandInput): object {
			const rule = rules.get(ConfigRuleName);
			if (rule.evaluating > 0) throw new AwsError('ResourceInUseException', `The rule ${ConfigRuleName} is currently being evaluated.`);
			rules.delete(rule);
			return {};
		},

		DescribeConfigRules(input: DescribeConfigRulesCommandInput): Output<DescribeConfigRulesCommandOutput> {
			const found = page(named(input.ConfigRuleNames), input.NextToken, RULES_PAGE, BAD_TOKEN);
			return { ConfigRules: found.items.map(wireRule), ...nextToken(found) };
		},

		DescribeComplianceByConfigRule(input: DescribeComplianceByConfigRuleCommandInput): Output<DescribeComplianceByConfigRuleCommandOutput> {
			const types: readonly (string | undefined)[] = input.ComplianceTypes ?? [];
			const all = named(input.ConfigRuleNames).map(wireCompliance);
			const wanted = all.filter(({ Compliance }) => types.length === 0 || types.includes(Compliance?.ComplianceType));
			const found = page(wanted, input.NextToken, RULES_PAGE, BAD_TOKEN);
			return { ComplianceByConfigRules: found.items, ...nextToken(found) };
		},

		GetComplianceDetailsByConfigRule(
			input: GetComplianceDetailsByConfigRuleCommandInput,
		): Output<GetComplianceDetailsByConfigRuleCommandOutput> {
			const { Limit = 0 } = input;
			if (Limit < 0 || Limit > RESULTS_PAGE.most) throw new AwsError('InvalidLimitException', 'The limit must be from 0 to 100.');
			const rule = rules.get(input.ConfigRuleName);
			const results = [...rule.results.values()].filter(({ compliance }) => isWanted(compliance, input.ComplianceTypes));
			const found = page(results, input.NextToken, Limit === 0 ? RESULTS_PAGE.default : Limit, BAD_TOKEN);
			return { EvaluationResults: found.items.map((result) => wireResult(rule, result)), ...nextToken(found) };
		},

		GetComplianceDetailsByResource(input: GetComplianceDetailsByResourceCommandInput): Output<GetComplianceDetailsByResourceCommandOutput> {
			const { ResourceType: type, ResourceId: id } = input;
			if (type === undefined || id === undefined) {
				throw new AwsError(
					'InvalidParameterValueException',
					'ResourceType and ResourceId must be given: proactive evaluations are not here.',
				);
			}
			const results = rules.all().flatMap((rule) => {
				const result = rule.results.get(resourceKey({ type, id }));
				return result && isWanted(result.compliance, input.ComplianceTypes) ? [wireResult(rule, result)] : [];
			});
			const found = page(results, input.NextToken, RESULTS_PAGE.default, BAD_TOKEN);
			return { EvaluationResults: found.items, ...nextToken(found) };
		},

		StartConfigRulesEvaluation({ ConfigRuleNames: names = [] }: StartConfigRulesEvaluationCommandInput): object {
			if (names.length < 1 || names.length > RULES_PAGE) {
				throw new AwsError(
					'ValidationException',
					`1 validation error detected: Value at 'configRuleNames' failed to satisfy constraint: Member must have length between 1 and ${RULES_PAGE}`,
				);
			}
			rules.start(names);
			return {};
		},

		DescribeConfigRuleEvaluationStatus(
			input: DescribeConfigRuleEvaluationStatusCommandInput,
		): Output<DescribeConfigRuleEvaluationStatusCommandOutput> {
			const found = page(named(input.ConfigRuleNames), input.NextToken, input.Limit || RULES_PAGE, BAD_TOKEN);
			return { ConfigRulesEvaluationStatus: found.items.map(wireEvaluationStatus), ...nextToken(found) };
		},

		DescribeRemediationConfigurations(
			input: DescribeRemediationConfigurationsCommandInput,
		): Output<DescribeRemediationConfigurationsCommandOutput> {
			const known = (input.ConfigRuleNames ?? []).flatMap((name) => rules.find(name) ?? []);
			return { RemediationConfigurations: known.flatMap((rule) => wireRemediation(ctx, rule)) };
		},
	};
}

function isWanted(compliance: string, types: readonly string[] | undefined): boolean {
	return !types || types.length === 0 || types.includes(compliance);
}

/** @throws AwsError `InvalidParameterValueException` for a rule that is not managed by AWS, or that is not known here. */
function settingsOf(rule: WireConfigRule | undefined, rules: Rules): RuleSettings {
	const invalid = (message: string) => new AwsError('InvalidParameterValueException', message);
	const { Source, Scope } = rule ?? {};
	const existing = rules.all().find(({ arn, id }) => arn === rule?.ConfigRuleArn || id === rule?.ConfigRuleId);
	const name = rule?.ConfigRuleName ?? existing?.settings.name;
	if (!name) throw invalid('ConfigRuleName is required for a new rule.');
	if (Source?.Owner !== 'AWS') throw invalid('The local AWS runs no function for a custom rule: the world must bring its evaluator.');
	const identifier = Source.SourceIdentifier ?? '';
	const managed = MANAGED_RULES[identifier];
	if (!managed) {
		throw invalid(
			`The sourceIdentifier ${identifier} is invalid. The local AWS knows these AWS-managed rules: ${Object.keys(MANAGED_RULES).join(', ')}.`,
		);
	}
	const every = rule?.MaximumExecutionFrequency ?? managed.every;
	return {
		name,
		...(rule?.Description === undefined ? {} : { description: rule.Description }),
		source: { owner: 'AWS', identifier },
		onChange: managed.onChange,
		...(managed.every && every ? { every } : {}),
		resourceTypes: Scope?.ComplianceResourceTypes ?? managed.resourceTypes,
		...(Scope?.TagKey === undefined
			? {}
			: { tag: { key: Scope.TagKey, ...(Scope.TagValue === undefined ? {} : { value: Scope.TagValue }) } }),
		...(Scope?.ComplianceResourceId === undefined ? {} : { resourceId: Scope.ComplianceResourceId }),
		parameters: JSON.parse(rule?.InputParameters || '{}') as Record<string, string>,
		evaluate: managed.evaluate,
	};
}
