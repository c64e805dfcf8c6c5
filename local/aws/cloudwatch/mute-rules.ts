/** Alarm mute rules: for a time, the actions of some alarms are not taken. */

import type { PutAlarmMuteRuleCommandInput } from '@aws-sdk/client-cloudwatch';
import { instantOf, isTimeZone } from '../time-zone.ts';
import { type AwsContext, AwsError } from '../types.ts';

export interface MuteWindow {
	readonly name: string;
	/** Names of alarms. */
	readonly alarms: readonly string[];
	/** Epoch milliseconds; `until` is no longer muted. */
	readonly from: number;
	readonly until: number;
	readonly description?: string;
}

export interface MuteRule extends MuteWindow {
	readonly arn: string;
	readonly updatedAt: number;
	/** As GetAlarmMuteRule gives it. */
	readonly schedule: { readonly Expression: string; readonly Duration: string; readonly Timezone?: string };
}

const AT = /^at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2})\)$/;
const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/;
const MINUTE_MS = 60_000;
const LONGEST_MS = 15 * 86_400_000;
const MOST_ALARMS = 100;

export class MuteRules {
	readonly #ctx: AwsContext;
	readonly #onEnd: (rule: MuteRule) => void;
	readonly #rules = new Map<string, MuteRule>();

	/** @param onEnd told when a window that was active is over, or its rule gone. */
	constructor(ctx: AwsContext, onEnd: (rule: MuteRule) => void) {
		this.#ctx = ctx;
		this.#onEnd = onEnd;
	}

	all(): MuteRule[] {
		return [...this.#rules.values()];
	}

	/** @throws AwsError `ResourceNotFoundException` where there is none. */
	get(name: string | undefined): MuteRule {
		const rule = this.#rules.get(name ?? '');
		if (!rule) throw new AwsError('ResourceNotFoundException', `Alarm mute rule ${name} does not exist.`);
		return rule;
	}

	/** The rule that mutes an alarm now; of several, the one whose window ends last. */
	activeFor(alarm: string): MuteRule | undefined {
		const now = this.#ctx.clock.now();
		const active = this.all().filter(({ alarms, from, until }) => alarms.includes(alarm) && from <= now && now < until);
		return active.sort((a, b) => b.until - a.until)[0];
	}

	put(window: MuteWindow, schedule: MuteRule['schedule'] = scheduleOf(window)): MuteRule {
		const { region, account, clock } = this.#ctx;
		const before = this.#rules.get(window.name);
		const arn = `arn:aws:cloudwatch:${region}:${account}:alarm-mute-rule:${window.name}`;
		const rule: MuteRule = { ...window, arn, updatedAt: clock.now(), schedule };
		this.#rules.set(rule.name, rule);
		clock.after(rule.until - clock.now(), () => {
			if (this.#rules.get(rule.name) === rule) this.#onEnd(rule);
		});
		if (before) this.#onEnd(before);
		return rule;
	}

	delete(name: string | undefined): void {
		const rule = this.#rules.get(name ?? '');
		if (!rule) return;
		this.#rules.delete(rule.name);
		this.#onEnd(rule);
	}
}

/**
 * The window that a request asks for.
 * @throws AwsError `ValidationException` where it does not fit, and for a cron expression, which is not run here.
 */
export function windowOf(input: PutAlarmMuteRuleCommandInput): { window: MuteWindow; schedule: MuteRule['schedule'] } {
	const { Expression = '', Duration = '', Timezone = 'UTC' } = input.Rule?.Schedule ?? {};
	const alarms = input.MuteTargets?.AlarmNames ?? [];
	const at = AT.exec(Expression)?.[1];
	const [matches, days = 0, hours = 0, minutes = 0] = DURATION.exec(Duration)?.map((part) => Number(part ?? 0)) ?? [];
	const length = days * 86_400_000 + hours * 3_600_000 + minutes * MINUTE_MS;
	if (at === undefined) throw invalid(`The schedule ${Expression} is no at(yyyy-MM-ddThh:mm): the local AWS runs no other.`);
	if (matches === undefined || length < MINUTE_MS || length > LONGEST_MS) throw invalid('Duration must be from PT1M to P15D.');
	if (!isTimeZone(Timezone)) throw invalid(`The time zone ${Timezone} is not known.`);
	if (alarms.length > MOST_ALARMS) throw invalid(`A mute rule can target up to ${MOST_ALARMS} alarms.`);
	const from = instantOf(Timezone, Date.parse(`${at}:00Z`));
	const window = { name: input.Name ?? '', alarms, from, until: from + length };
	return {
		window: { ...window, ...(input.Description === undefined ? {} : { description: input.Description }) },
		schedule: { Expression, Duration, Timezone },
	};
}

function scheduleOf({ from, until }: MuteWindow): MuteRule['schedule'] {
	const minutes = Math.max(1, Math.ceil((until - from) / MINUTE_MS));
	return { Expression: `at(${new Date(from).toISOString().slice(0, 16)})`, Duration: `PT${minutes}M`, Timezone: 'UTC' };
}

function invalid(message: string): AwsError {
	return new AwsError('ValidationException', message);
}
