/** Asking AWS Config how resources comply, and to evaluate rules anew. */

import {
	type ConfigServiceClient,
	type EvaluationResult,
	GetComplianceDetailsByResourceCommand,
	StartConfigRulesEvaluationCommand,
} from '@aws-sdk/client-config-service';
import { requestIdOf } from '../errors.ts';
import type { ComplianceFact, Fact } from '../operation/facts.ts';
import { notDone } from '../operation/not-done.ts';
import type { Perform } from '../operation/services.ts';
import type { ComplianceOperation } from '../operation/types.ts';
import { groupBy, inParallel } from '../parallel.ts';

/** AWS publishes no rates for AWS Config: what is throttled in spite of this is asked again by the clock. */
const CONCURRENT_READS = 5;
/** Rules of one StartConfigRulesEvaluation call, and the time between two (its API reference). Milliseconds. */
const RULES_PER_CALL = 25;
const CALLS_APART = 60_000;
/**
 * One evaluation judges every resource in the scope of a rule, and each is billed: within this a rule is evaluated once, for all whose
 * work had ended by then. Milliseconds.
 */
const EVALUATIONS_APART = 600_000;
/** What StartConfigRulesEvaluation answers while another evaluation is under way, or within a minute of the last. */
const BUSY = ['LimitExceededException', 'ResourceInUseException'];

/** What each operation's rule last found of its resource: one look-up for all rules of a resource. */
export function readCompliance(config: ConfigServiceClient): Perform<ComplianceOperation> {
	return async (_services, operations) => {
		const facts = new Map<string, Fact>();
		const resources = groupBy(operations, ({ subject }) => `${subject.resourceType}/${subject.resourceId}`);
		await inParallel([...resources.values()], CONCURRENT_READS, async (group) => {
			const factOf = await readResource(config, group);
			for (const operation of group) facts.set(operation.id, factOf(operation));
		});
		return facts;
	};
}

async function readResource(
	config: ConfigServiceClient,
	group: readonly ComplianceOperation[],
): Promise<(operation: ComplianceOperation) => Fact> {
	const [first] = group as [ComplianceOperation];
	const { resourceType: ResourceType, resourceId: ResourceId } = first.subject;
	const rules = new Set(group.map(({ subject }) => subject.rule));
	const found = new Map<string, ComplianceFact>();
	let NextToken: string | undefined;
	let requestId: string | undefined;
	try {
		do {
			const input = { ResourceType, ResourceId, ...(NextToken && { NextToken }) };
			const output = await config.send(new GetComplianceDetailsByResourceCommand(input));
			requestId = requestIdOf(output);
			for (const result of output.EvaluationResults ?? []) {
				const rule = result.EvaluationResultIdentifier?.EvaluationResultQualifier?.ConfigRuleName ?? '';
				if (rules.has(rule)) found.set(rule, factOf(result, requestId));
			}
			NextToken = output.NextToken;
		} while (NextToken !== undefined && found.size < rules.size);
	} catch (error) {
		return () => notDone('read-compliance', error);
	}
	return ({ subject }) => found.get(subject.rule) ?? { type: 'compliance', from: 'look', requestId };
}

function factOf({ ComplianceType, ConfigRuleInvokedTime, Annotation }: EvaluationResult, requestId: string | undefined): ComplianceFact {
	return {
		type: 'compliance',
		from: 'look',
		...(ComplianceType && { compliance: ComplianceType }),
		...(ConfigRuleInvokedTime && { evaluatedAt: ConfigRuleInvokedTime.getTime() }),
		...(Annotation && { annotation: Annotation }),
		requestId,
	};
}

/** Has rules evaluated anew, those of all operations in one call. What cannot be asked now is asked again by the clock. */
export function evaluateRules(config: ConfigServiceClient): Perform<ComplianceOperation> {
	/** When rules were evaluated by this execution environment. */
	const evaluated = new Map<string, number>();
	let calledAt = 0;

	return async ({ now, log }, operations) => {
		const at = now();
		const facts = new Map<string, Fact>();
		const wanted = new Map<string, ComplianceOperation[]>();
		for (const [rule, group] of groupBy(operations, ({ subject }) => subject.rule)) {
			const last = evaluated.get(rule) ?? 0;
			if (at - last >= EVALUATIONS_APART) wanted.set(rule, group);
			else for (const { id, verify } of group) facts.set(id, last > (verify?.after ?? 0) ? done(`${rule}, for another resource`) : later());
		}
		const rules = [...wanted.keys()];
		const names = at - calledAt < CALLS_APART ? [] : rules.slice(0, RULES_PER_CALL);
		const answer = names.length > 0 ? await call(names) : later();
		if (names.length > 0) calledAt = at;
		if (answer.type === 'done') for (const rule of names) evaluated.set(rule, at);
		else if (names.length > 0) log.warn('Rules are not evaluated anew', { rules: names, why: answer.message });
		for (const [rule, group] of wanted) {
			for (const { id } of group) facts.set(id, names.includes(rule) ? answer : later());
		}
		return facts;
	};

	async function call(names: readonly string[]): Promise<Extract<Fact, { type: 'done' | 'not-done' }>> {
		try {
			const output = await config.send(new StartConfigRulesEvaluationCommand({ ConfigRuleNames: [...names] }));
			return done(names.join(', '), requestIdOf(output));
		} catch (error) {
			// Of several rules one may be what AWS refuses: looking shows whose it is, since a rule that is gone has no results.
			const answer = notDone('evaluate-rule', error);
			return names.length > 1 || BUSY.includes((error as Error).name) ? { ...answer, why: 'retry' } : answer;
		}
	}
}

type Answer<T extends 'done' | 'not-done'> = Extract<Fact, { type: T }>;

function done(note: string, requestId?: string): Answer<'done'> {
	return { type: 'done', effect: 'evaluate-rule', note, requestId };
}

function later(): Answer<'not-done'> {
	return {
		type: 'not-done',
		effect: 'evaluate-rule',
		why: 'retry',
		message: 'its turn has not come: rules are evaluated one call a minute',
	};
}
