/** The alarms there are, and what follows from a change of one. */

import { LATENCY_MS, within } from '../assumptions.ts';
import { type AwsContext, AwsError } from '../types.ts';
import { type AlarmRule, alarmsOf, bareName, holds } from './alarm-rule.ts';
import { configurationChange, contributorStateChange, fullConfiguration, stateChange, stateDetail } from './events.ts';
import {
	type Alarm,
	type AlarmState,
	actionsOf,
	type CompositeAlarm,
	type Contributor,
	type HistoryItem,
	type NewState,
	type StateValue,
	stamp,
} from './model.ts';
import { type MuteRule, MuteRules } from './mute-rules.ts';
import { Suppression } from './suppression.ts';

/** Takes an action of an alarm; the answer says whether it could be taken. */
export type TakeAction = (alarm: Alarm, action: string, previous: StateValue) => boolean;

export class Alarms {
	readonly mutes: MuteRules;
	readonly #ctx: AwsContext;
	readonly #takeAction: TakeAction;
	readonly #alarms = new Map<string, Alarm>();
	readonly #suppression: Suppression;

	constructor(ctx: AwsContext, takeAction: TakeAction) {
		this.#ctx = ctx;
		this.#takeAction = takeAction;
		this.#suppression = new Suppression(ctx.clock, (alarm) => this.#act(alarm, alarm.state.value));
		this.mutes = new MuteRules(ctx, (rule) => this.#muteEnded(rule));
	}

	/** By name. */
	all(): Alarm[] {
		return [...this.#alarms.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
	}

	/** @param nameOrArn of an alarm. */
	find(nameOrArn: string | undefined): Alarm | undefined {
		return this.#alarms.get(bareName(nameOrArn ?? ''));
	}

	/** @throws AwsError `ResourceNotFound` where there is none. */
	get(name: string | undefined): Alarm {
		const alarm = this.find(name);
		if (!alarm) throw new AwsError('ResourceNotFound', `Alarm ${name} does not exist.`);
		return alarm;
	}

	/** The composite alarms whose rule names an alarm. */
	parentsOf(name: string): CompositeAlarm[] {
		return this.all().filter((alarm): alarm is CompositeAlarm => alarm.type === 'CompositeAlarm' && alarmsOf(alarm.rule).includes(name));
	}

	/** Adds an alarm as it is, without a word to anybody. */
	add(alarm: Alarm): void {
		this.#alarms.set(alarm.name, alarm);
	}

	/** Adds an alarm that somebody has just made. A composite is evaluated at once; any other begins without data. */
	create(alarm: Alarm): void {
		this.add(alarm);
		this.#note(alarm, 'ConfigurationUpdate', `Alarm "${alarm.name}" created`, { type: 'Create', createdAlarm: fullConfiguration(alarm) });
		this.#ctx.emit(configurationChange(alarm, 'create'));
		if (alarm.type === 'CompositeAlarm') this.evaluate(alarm, undefined);
	}

	/** Changes an alarm's settings by `change`; its state stays. */
	update(alarm: Alarm, change: () => void): void {
		const before = fullConfiguration(alarm);
		change();
		alarm.configuredAt = this.#ctx.clock.now();
		this.#note(alarm, 'ConfigurationUpdate', `Alarm "${alarm.name}" updated`, { type: 'Update', updatedAlarm: fullConfiguration(alarm) });
		this.#ctx.emit(configurationChange(alarm, 'update', before));
		if (alarm.type === 'CompositeAlarm') this.evaluate(alarm, undefined);
	}

	delete(alarm: Alarm): void {
		this.#ctx.emit(configurationChange(alarm, 'delete'));
		if (alarm.type === 'CompositeAlarm') this.#suppression.discard(alarm);
		this.#alarms.delete(alarm.name);
	}

	/** Sets an alarm's state, as its metric does. The same value again changes nothing that anybody is told of. */
	enter(alarm: Alarm, { value, reason, reasonData }: NewState): void {
		const now = this.#ctx.clock.now();
		const previous = alarm.state;
		const previousDetail = stateDetail(alarm);
		const isChange = previous.value !== value;
		alarm.state = {
			value,
			reason,
			...(reasonData === undefined ? {} : { reasonData }),
			updatedAt: now,
			transitionedAt: isChange ? now : previous.transitionedAt,
		};
		if (!isChange) return;
		delete alarm.mutedIn;
		this.#note(alarm, 'StateUpdate', `Alarm updated from ${previous.value} to ${value}`, {
			oldState: historyState(previous),
			newState: historyState(alarm.state),
		});
		if (alarm.type === 'CompositeAlarm') this.#suppression.changed(alarm, this.find(alarm.settings.ActionsSuppressor)?.state.value);
		this.#ctx.emit(stateChange(alarm, previousDetail, this.mutes.activeFor(alarm.name)));
		if (alarm.type !== 'CompositeAlarm') this.#act(alarm, previous.value);
		this.#propagate(alarm);
	}

	/** Sets an alarm's state for a while: the next evaluation returns it to where the world has it, if the world has said so. */
	override(alarm: Alarm, state: NewState): void {
		this.enter(alarm, state);
		const { actual } = alarm;
		if (actual === undefined || actual.value === state.value) return;
		this.#ctx.clock.after(within(this.#ctx.clock, LATENCY_MS.alarmEvaluation), () => {
			if (this.#alarms.get(alarm.name) === alarm && alarm.actual === actual) this.enter(alarm, actual);
		});
	}

	/** Sets the state of one time series; the alarm is in ALARM while one of them is. */
	contribute(alarm: Alarm, contributor: Contributor): void {
		const before = alarm.contributors.get(contributor.id);
		alarm.contributors.set(contributor.id, contributor);
		if (before?.value === contributor.value) return;
		this.#ctx.emit(contributorStateChange(alarm, contributor, this.mutes.activeFor(alarm.name)));
		const all = [...alarm.contributors.values()];
		const inAlarm = all.filter(({ value }) => value === 'ALARM').length;
		const reason = `${inAlarm} out of ${all.length} time series evaluated to ALARM`;
		alarm.actual = { value: inAlarm > 0 ? 'ALARM' : 'OK', reason };
		this.enter(alarm, alarm.actual);
	}

	/** Where a composite's rule has it. */
	stateOf(rule: AlarmRule): StateValue {
		return holds(rule, (name) => this.#alarms.get(name)?.state.value) ? 'ALARM' : 'OK';
	}

	/** Puts a composite where its rule has it. `child` is the alarm whose change is the reason, if one is. */
	evaluate(alarm: CompositeAlarm, child: Alarm | undefined): void {
		const value = this.stateOf(alarm.rule);
		if (alarm.state.value === value) return;
		const children = child ? [child] : alarmsOf(alarm.rule).flatMap((name) => this.#alarms.get(name) ?? []);
		const triggeringAlarms = children.map(({ arn, state }) => ({
			arn,
			state: { value: state.value, timestamp: stamp(state.transitionedAt) },
		}));
		const reason = child
			? `${child.arn} transitioned to ${child.state.value} at ${inWords(this.#ctx.clock.now())}`
			: `${alarm.arn} was created and its alarm rule evaluates to ${value}`;
		this.enter(alarm, { value, reason, reasonData: JSON.stringify({ triggeringAlarms }) });
	}

	/** Ends a wait of a composite whose suppressor is another now. */
	discardSuppression(alarm: CompositeAlarm): void {
		this.#suppression.discard(alarm);
	}

	#propagate(alarm: Alarm): void {
		for (const parent of this.parentsOf(alarm.name)) this.evaluate(parent, alarm);
		for (const other of this.all()) {
			if (other.type !== 'CompositeAlarm' || bareName(other.settings.ActionsSuppressor ?? '') !== alarm.name) continue;
			this.#suppression.suppressorChanged(other, alarm.state.value);
		}
	}

	/** Takes the actions of the state an alarm is in, unless they are disabled; while muted they are owed. */
	#act(alarm: Alarm, previous: StateValue): void {
		const { value } = alarm.state;
		if (alarm.settings.ActionsEnabled === false) return;
		if (this.mutes.activeFor(alarm.name)) {
			alarm.mutedIn = value;
			return;
		}
		for (const action of actionsOf(alarm, value)) {
			const taken = this.#takeAction(alarm, action, previous);
			const actionState = taken ? 'Succeeded' : 'Failed';
			const summary = taken ? `Successfully executed action ${action}` : `Failed to execute action ${action}`;
			this.#note(alarm, 'Action', summary, { actionState, notificationResource: action, stateUpdateTimestamp: alarm.state.updatedAt });
		}
	}

	#muteEnded(rule: MuteRule): void {
		for (const alarm of rule.alarms.flatMap((name) => this.#alarms.get(name) ?? [])) {
			if (alarm.mutedIn === undefined || this.mutes.activeFor(alarm.name)) continue;
			delete alarm.mutedIn;
			this.#act(alarm, alarm.state.value);
		}
	}

	#note(alarm: Alarm, type: HistoryItem['type'], summary: string, data: Readonly<Record<string, unknown>>): void {
		alarm.history.push({ at: this.#ctx.clock.now(), type, summary, data: { version: '1.0', ...data } });
	}
}

function historyState({ value, reason, reasonData }: AlarmState): Readonly<Record<string, unknown>> {
	return {
		stateValue: value,
		stateReason: reason,
		...(reasonData === undefined ? {} : { stateReasonData: JSON.parse(reasonData) as unknown }),
	};
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** `Friday 22 July, 2022 15:57:45 UTC` */
function inWords(at: number): string {
	const date = new Date(at);
	const day = String(date.getUTCDate()).padStart(2, '0');
	const time = date.toISOString().slice(11, 19);
	return `${DAYS[date.getUTCDay()]} ${day} ${MONTHS[date.getUTCMonth()]}, ${date.getUTCFullYear()} ${time} UTC`;
}
