/** Config rules: when they are evaluated, what they find, and what is told of it. */

import { LATENCY_MS, within } from '../assumptions.ts';
import { type AwsContext, AwsError, type EmittedEvent } from '../types.ts';
import { type ConfigRule, type ConfigurationItem, FREQUENCY_MS, type Result, type RuleSettings, resourceKey } from './model.ts';
import type { Recorder } from './recorder.ts';

/** StartConfigRulesEvaluation can be called once a minute. */
const START_APART_MS = 60_000;

export class Rules {
	/** Evaluations so far, of one resource by one rule each: AWS bills them. */
	evaluations = 0;
	readonly #ctx: AwsContext;
	readonly #recorder: () => Recorder;
	readonly #rules = new Map<string, ConfigRule>();
	#startedAt = Number.NEGATIVE_INFINITY;
	#starting = 0;

	constructor(ctx: AwsContext, recorder: () => Recorder) {
		this.#ctx = ctx;
		this.#recorder = recorder;
	}

	/** By name. */
	all(): ConfigRule[] {
		return [...this.#rules.values()].sort((a, b) => (a.settings.name < b.settings.name ? -1 : 1));
	}

	find(name: string): ConfigRule | undefined {
		return this.#rules.get(name);
	}

	/** @throws AwsError `NoSuchConfigRuleException` where there is none. */
	get(name: string | undefined): ConfigRule {
		const rule = this.#rules.get(name ?? '');
		if (!rule) {
			throw new AwsError(
				'NoSuchConfigRuleException',
				`The ConfigRule '${name}' provided in the request is invalid. Please check the configRule name.`,
			);
		}
		return rule;
	}

	/**
	 * Adds a rule, or changes the settings of the one of that name.
	 * @param quietly it has been there for long: what it finds is on record, and nobody is told.
	 */
	put(settings: RuleSettings, { quietly = false } = {}): ConfigRule {
		const existing = this.#rules.get(settings.name);
		const rule = existing ?? this.#make(settings);
		rule.settings = settings;
		this.#rules.set(settings.name, rule);
		if (quietly) {
			const found = this.#judge(rule, this.#inScope(rule)).filter(({ compliance }) => compliance !== 'NOT_APPLICABLE');
			for (const result of found) rule.results.set(resourceKey(result), result);
			rule.lastEvaluatedAt = this.#ctx.clock.now();
		} else {
			this.#invokeLater(rule, () => this.#inScope(rule));
		}
		if (!existing) this.#schedule(rule);
		return rule;
	}

	/** Its results go with it; no event tells of them. */
	delete(rule: ConfigRule): void {
		this.#rules.delete(rule.settings.name);
	}

	/** A configuration item was recorded: the rules that are triggered by changes of such a resource are evaluated for it. */
	itemRecorded(item: ConfigurationItem): void {
		for (const rule of this.#rules.values()) {
			const isKnown = rule.results.has(resourceKey(item));
			const isDeleted = item.status === 'ResourceDeleted';
			if (isDeleted ? !isKnown : !rule.settings.onChange || !(isKnown || this.#covers(rule, item))) continue;
			this.#invokeLater(rule, () => this.#recorder().historyOf(item).slice(-1));
		}
	}

	/**
	 * Evaluates rules for every resource in scope, by what was last recorded; nothing is recorded anew.
	 * @throws AwsError `LimitExceededException` within a minute of the last time or while that is under way, `ResourceInUseException`
	 * while a rule is being evaluated, `NoSuchConfigRuleException`.
	 */
	start(names: readonly string[]): void {
		const now = this.#ctx.clock.now();
		const rules = names.map((name) => this.get(name));
		if (this.#starting > 0) throw new AwsError('LimitExceededException', 'An evaluation of Config rules is in progress. Try again later.');
		if (now - this.#startedAt < START_APART_MS) {
			throw new AwsError('LimitExceededException', 'StartConfigRulesEvaluation can be called once per minute.');
		}
		const busy = rules.find(({ evaluating }) => evaluating > 0);
		if (busy) throw new AwsError('ResourceInUseException', `The rule ${busy.settings.name} is currently being evaluated. Try again later.`);
		this.#startedAt = now;
		for (const rule of rules) {
			this.#starting += 1;
			this.#invokeLater(
				rule,
				() => this.#inScope(rule),
				() => {
					this.#starting -= 1;
				},
			);
		}
	}

	#make(settings: RuleSettings): ConfigRule {
		const { region, account, clock } = this.#ctx;
		const id = `config-rule-${this.#ctx.id(6, 'abcdefghijklmnopqrstuvwxyz0123456789')}`;
		const path = settings.createdBy === undefined ? id : `aws-service-rule/${settings.createdBy}/${id}`;
		const arn = `arn:aws:config:${region}:${account}:config-rule/${path}`;
		return { settings, arn, id, createdAt: clock.now(), results: new Map(), evaluating: 0 };
	}

	#schedule(rule: ConfigRule): void {
		const { every } = rule.settings;
		if (every === undefined) return;
		this.#ctx.clock.after(FREQUENCY_MS[every], () => {
			if (this.#rules.get(rule.settings.name) !== rule) return;
			if (rule.evaluating === 0) this.#invokeLater(rule, () => this.#inScope(rule));
			this.#schedule(rule);
		});
	}

	#covers({ settings }: ConfigRule, { type, id, tags }: ConfigurationItem): boolean {
		const { resourceTypes, resourceId, tag } = settings;
		if (resourceTypes.length > 0 && !resourceTypes.includes(type)) return false;
		if (resourceId !== undefined && resourceId !== id) return false;
		return tag === undefined || (tag.key in tags && (tag.value === undefined || tags[tag.key] === tag.value));
	}

	/** What is in scope, and what was and is no more: a rule finds that not applicable. */
	#inScope(rule: ConfigRule): ConfigurationItem[] {
		const known = new Set(rule.results.keys());
		return this.#recorder()
			.current()
			.filter((item) => this.#covers(rule, item) || known.has(resourceKey(item)));
	}

	#invokeLater(rule: ConfigRule, items: () => readonly ConfigurationItem[], done: () => void = () => {}): void {
		const { clock } = this.#ctx;
		rule.evaluating += 1;
		clock.after(within(clock, LATENCY_MS.configRuleInvocation), () => {
			const results = this.#judge(rule, items());
			clock.after(within(clock, LATENCY_MS.configRuleEvaluation), () => {
				rule.evaluating -= 1;
				done();
				if (this.#rules.get(rule.settings.name) !== rule) return;
				rule.lastEvaluatedAt = clock.now();
				for (const result of results) this.#apply(rule, { ...result, recordedAt: clock.now() });
			});
		});
	}

	#judge(rule: ConfigRule, items: readonly ConfigurationItem[]): Result[] {
		const { parameters = {}, evaluate } = rule.settings;
		const now = this.#ctx.clock.now();
		rule.lastInvokedAt = now;
		const results = items.map((item): Result => {
			const isGone = item.status === 'ResourceDeleted' || !this.#covers(rule, item);
			const verdict = isGone ? 'NOT_APPLICABLE' : evaluate(item, parameters);
			const { compliance, ...annotated } = typeof verdict === 'string' ? { compliance: verdict } : verdict;
			const { type, id } = item;
			return { type, id, compliance, ...annotated, orderingAt: now, invokedAt: now, recordedAt: now };
		});
		this.evaluations += results.length;
		return results;
	}

	/** Puts a result on record; a change of the compliance type, and only that, is told. */
	#apply(rule: ConfigRule, result: Result): void {
		const key = resourceKey(result);
		const before = rule.results.get(key);
		if (before && before.orderingAt > result.orderingAt) return;
		if (result.compliance === 'NOT_APPLICABLE') rule.results.delete(key);
		else rule.results.set(key, result);
		if (before?.compliance === result.compliance || (!before && result.compliance === 'NOT_APPLICABLE')) return;
		this.#ctx.emit(this.#complianceChange(rule, result, before));
	}

	#complianceChange({ settings, arn }: ConfigRule, result: Result, before: Result | undefined): EmittedEvent {
		const { account, region, clock } = this.#ctx;
		const iso = (at: number) => new Date(at).toISOString();
		const evaluation = ({ type, id, compliance, annotation, orderingAt, invokedAt, recordedAt }: Result) => ({
			evaluationResultIdentifier: {
				evaluationResultQualifier: { configRuleName: settings.name, resourceType: type, resourceId: id, evaluationMode: 'DETECTIVE' },
				orderingTimestamp: iso(orderingAt),
			},
			complianceType: compliance,
			resultRecordedTime: iso(recordedAt),
			configRuleInvokedTime: iso(invokedAt),
			...(annotation === undefined ? {} : { annotation }),
		});
		return {
			source: 'aws.config',
			detailType: 'Config Rules Compliance Change',
			resources: [],
			detail: {
				resourceId: result.id,
				awsRegion: region,
				awsAccountId: account,
				configRuleName: settings.name,
				recordVersion: '1.0',
				configRuleARN: arn,
				messageType: 'ComplianceChangeNotification',
				newEvaluationResult: evaluation(result),
				...(before ? { oldEvaluationResult: evaluation(before) } : {}),
				notificationCreationTime: iso(clock.now()),
				resourceType: result.type,
			},
		};
	}
}
