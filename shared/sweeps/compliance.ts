/** Finds noncompliant resources of rules that a playbook names and that no operation is about: their events never came. */

import {
	type ConfigRule,
	type ConfigServiceClient,
	DescribeConfigRulesCommand,
	type EvaluationResult,
	GetComplianceDetailsByConfigRuleCommand,
	paginateDescribeComplianceByConfigRule,
} from '@aws-sdk/client-config-service';
import { Drop, describeError } from '../errors.ts';
import { opensAgain } from '../kinds/compliance/findings.ts';
import { attemptsLeft, DAY } from '../kinds/compliance/timers.ts';
import { admit, type Sighting } from '../opening/admit.ts';
import { type Found, playbookFor, toOpen } from '../opening/compliance.ts';
import type { SweepReport } from '../operation/clock.ts';
import { operationId } from '../operation/ids.ts';
import type { Services } from '../operation/services.ts';
import type { ComplianceOperation } from '../operation/types.ts';
import { chunks, inParallel } from '../parallel.ts';
import { claimsRule } from '../playbook/match.ts';
import type { CompiledPlaybook, CompliancePlaybook, PlaybookSet } from '../playbook/types.ts';
import { attempt } from '../settled.ts';

/** The clock's sweeps are five minutes apart; AWS Config is asked at every sixth. Milliseconds. */
const SWEEP_PERIOD = 300_000;
const EVERY = 6;
/** Names of one DescribeConfigRules call, results of one page, and pages of one sweep: five thousand resources. */
const RULES_PER_CALL = 25;
const RESULTS_PER_PAGE = 100;
const PAGES = 50;
/** Resources without an open operation whose last one is looked up in one sweep; the next sweep goes on with the next ones. */
const LOOK_UPS = 500;
const CONCURRENT_READS = 10;
/** Operations that are opened together; no batch is begun after this, and the next sweep opens the rest. Milliseconds. */
const BATCH = 100;
const BEGIN_WITHIN = 20_000;

interface Candidate {
	readonly found: Found;
	readonly compiled: CompiledPlaybook<CompliancePlaybook>;
}

/** Finds noncompliant resources that no operation is about, every half hour: a known failure costs a look each time. */
export async function sweepRules(services: Services, config: ConfigServiceClient, set: PlaybookSet): Promise<SweepReport> {
	const turn = Math.floor(services.now() / SWEEP_PERIOD);
	const none = { waiting: 0, opened: 0 };
	if (turn % EVERY !== 0 || !set.playbooks.some(({ playbook }) => playbook.on === 'noncompliant')) return none;
	try {
		const candidates = await candidatesOf(services, config, set, turn / EVERY);
		const sightings = await unknownOf(services, candidates, turn / EVERY);
		const opened = await open(services, sightings);
		if (opened > 0) services.log.warn('The sweep found noncompliant resources whose events never came', { opened });
		return { waiting: candidates.length, opened };
	} catch (error) {
		services.log.error('Rules could not be swept; a later sweep tries again', { why: describeError(error) });
		return none;
	}
}

/** What rules find noncompliant that a playbook is for. Another rule comes first each time: one alone may take all pages. */
async function candidatesOf(services: Services, config: ConfigServiceClient, set: PlaybookSet, turn: number): Promise<Candidate[]> {
	const candidates: Candidate[] = [];
	let pages = PAGES;
	for (const rule of inTurn(await rulesOf(config, set), turn)) {
		const { ConfigRuleName, ConfigRuleArn = '' } = rule;
		let NextToken: string | undefined;
		do {
			if (pages === 0) {
				services.log.warn('The sweep leaves the rest to events and later sweeps: too much is noncompliant', { rule: ConfigRuleName });
				return candidates;
			}
			pages -= 1;
			const output = await config.send(
				new GetComplianceDetailsByConfigRuleCommand({
					ConfigRuleName,
					ComplianceTypes: ['NON_COMPLIANT'],
					Limit: RESULTS_PER_PAGE,
					...(NextToken && { NextToken }),
				}),
			);
			for (const result of output.EvaluationResults ?? []) {
				const found = foundBy(ConfigRuleArn, result, services.now());
				if (found === undefined) continue;
				const compiled = await attempt(() => playbookFor(set, found));
				if (compiled.ok) candidates.push({ found, compiled: compiled.value });
			}
			NextToken = output.NextToken;
		} while (NextToken !== undefined);
	}
	return candidates;
}

/** Rules that find something noncompliant and that a playbook could be for. */
async function rulesOf(config: ConfigServiceClient, set: PlaybookSet): Promise<ConfigRule[]> {
	const names: string[] = [];
	for await (const page of paginateDescribeComplianceByConfigRule({ client: config }, { ComplianceTypes: ['NON_COMPLIANT'] })) {
		for (const { ConfigRuleName: name } of page.ComplianceByConfigRules ?? []) {
			if (name !== undefined && claimsRule(set, name).length > 0) names.push(name);
		}
	}
	const answers = await inParallel(chunks(names, RULES_PER_CALL), 1, (ConfigRuleNames) =>
		config.send(new DescribeConfigRulesCommand({ ConfigRuleNames })),
	);
	return answers.flatMap(({ ConfigRules = [] }) => ConfigRules);
}

/** What an event would have said, as far as the result tells. */
function foundBy(configRuleARN: string, result: EvaluationResult, now: number): Found | undefined {
	const {
		ConfigRuleName: rule,
		ResourceType: resourceType,
		ResourceId: resourceId,
	} = result.EvaluationResultIdentifier?.EvaluationResultQualifier ?? {};
	const [, , , region = '', account = ''] = configRuleARN.split(':');
	if (rule === undefined || resourceType === undefined || resourceId === undefined) return undefined;
	const { ConfigRuleInvokedTime: invoked, ResultRecordedTime: recorded, Annotation: annotation } = result;
	const detail = {
		...{ configRuleName: rule, configRuleARN, resourceType, resourceId, awsAccountId: account, awsRegion: region },
		newEvaluationResult: {
			complianceType: 'NON_COMPLIANT',
			...(invoked && { configRuleInvokedTime: invoked.toISOString() }),
			...(recorded && { resultRecordedTime: recorded.toISOString() }),
			...(annotation && { annotation }),
		},
	};
	return {
		subject: { kind: 'compliance', rule, resourceType, resourceId, account, region },
		finding: { compliance: 'NON_COMPLIANT', ...(invoked && { evaluatedAt: invoked.getTime() }), knownAt: now },
		...(annotation && { annotation }),
		occasion: { account, region, source: 'aws.config', 'detail-type': 'Config Rules Compliance Change', detail },
		seenBy: 'sweep',
	};
}

/** Those that no operation is about. Which operation was the last is looked up for some of them in each sweep, in turns. */
async function unknownOf(services: Services, candidates: readonly Candidate[], turn: number): Promise<Sighting<'compliance'>[]> {
	const firsts = await services.ledger.load(candidates.map(({ found }) => operationId(found.subject, 1)));
	const known = new Map(firsts.map((operation) => [operation.id, operation as ComplianceOperation]));
	const now = services.now();
	const askable = candidates.filter((candidate) => {
		const first = known.get(operationId(candidate.found.subject, 1));
		return first === undefined || mayOpenAgain(first, candidate, now);
	});
	const asked = askable.length <= LOOK_UPS ? askable : inTurn(askable, turn * LOOK_UPS).slice(0, LOOK_UPS);
	const sightings = await inParallel(asked, CONCURRENT_READS, async (candidate) => {
		const { found, compiled } = candidate;
		const last = await services.ledger.latest(found.subject);
		if (last !== undefined && !mayOpenAgain(last, candidate, now)) return [];
		const sighting = toOpen(services, found, compiled, (latest) => mayOpenAgain(latest, candidate, services.now()));
		// The first occurrence may be forgotten by now: it is not opened again while there is a later one.
		const open: typeof sighting.open = (occurrence, given) => (!given && last ? undefined : sighting.open(occurrence, given));
		return [{ ...sighting, open }];
	});
	return sightings.flat();
}

/** A list that begins elsewhere each time. */
function inTurn<T>(list: readonly T[], turn: number): T[] {
	const from = list.length === 0 ? 0 : turn % list.length;
	return [...list.slice(from), ...list.slice(0, from)];
}

/**
 * Whether the last operation about a resource leaves something to do. What ended while the resource was still noncompliant (it failed, was
 * held back, or a person said so) is left alone for a day; what was only observed, until the playbook acts.
 */
function mayOpenAgain(last: ComplianceOperation, { found, compiled }: Candidate, now: number): boolean {
	if (last.closedAt === undefined) return false;
	// Where no remediation is left, people must hear that it is noncompliant again.
	if (last.finding.compliance !== 'NON_COMPLIANT') return opensAgain(last, found.finding);
	if (attemptsLeft(last, now) <= 0) return false;
	return (last.result?.observed && !compiled.playbook.brakes?.observe) || now - last.closedAt >= DAY;
}

async function open(services: Services, sightings: readonly Sighting<'compliance'>[]): Promise<number> {
	const beganAt = services.now();
	let opened = 0;
	for (const batch of chunks(sightings, BATCH)) {
		if (services.now() - beganAt > BEGIN_WITHIN) break;
		for (const result of await admit(services, batch)) {
			if (result.ok && result.value.outcome === 'opened') opened += 1;
			if (!result.ok && !(result.error instanceof Drop)) {
				services.log.error('A swept resource was not opened; a later sweep tries again', { why: describeError(result.error) });
			}
		}
	}
	return opened;
}
