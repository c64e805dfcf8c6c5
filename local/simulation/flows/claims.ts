/** Which playbook claims a lifecycle action, read from the playbooks' text alone. */

import type { PlaybookText } from '../flow.ts';

/** A lifecycle action as Auto Scaling announced it. */
export interface Announced {
	readonly group: string;
	readonly hook: string;
	readonly transition: string;
	readonly destination: string;
	readonly tags: Readonly<Record<string, string>>;
}

type Condition = string | { readonly prefix: string };

/** A lifecycle playbook, as far as the simulation draws them. */
export interface LifecycleText extends PlaybookText {
	readonly when: {
		readonly detail: {
			readonly AutoScalingGroupName: readonly Condition[];
			readonly LifecycleHookName: readonly Condition[];
			readonly Destination?: readonly Condition[];
		};
		readonly tags?: { readonly service: readonly Condition[] };
	};
	readonly run: { readonly command?: string; readonly automation?: string; readonly timeout: string; readonly parameters?: object };
	readonly then: { readonly onSuccess: Outcome; readonly onFailure: Outcome & { readonly opsItem?: object } };
	readonly limits?: { readonly concurrent?: number; readonly perHour?: number; readonly beyond: string };
	readonly calendar?: string;
	readonly calendarClosed?: string;
	readonly mode?: string;
}

interface Outcome {
	readonly lifecycle: 'continue' | 'abandon';
}

export const LAUNCHING = 'autoscaling:EC2_INSTANCE_LAUNCHING';

/** The playbook of the lowest priority that matches. A return to the warm pool is claimed only where a playbook names the destination. */
export function claiming(playbooks: readonly LifecycleText[], action: Announced): LifecycleText | undefined {
	return playbooks.filter((playbook) => claims(playbook, action)).sort((a, b) => a.priority - b.priority)[0];
}

/** Whether a playbook names the hook at all: without one that does, no call may be made on it. */
export function names(
	{ on, when, mode }: LifecycleText,
	{ group, hook, transition }: Pick<Announced, 'group' | 'hook' | 'transition'>,
): boolean {
	const occasion = transition === LAUNCHING ? 'instance-launching' : 'instance-terminating';
	const { AutoScalingGroupName, LifecycleHookName } = when.detail;
	return on === occasion && mode !== 'observe' && meets(AutoScalingGroupName, group) && meets(LifecycleHookName, hook);
}

function claims(playbook: LifecycleText, action: Announced): boolean {
	const { detail, tags } = playbook.when;
	if (!names({ ...playbook, mode: 'act' }, action)) return false;
	if (tags !== undefined && !meets(tags.service, action.tags['service'] ?? '')) return false;
	if (detail.Destination !== undefined) return meets(detail.Destination, action.destination);
	return action.transition === LAUNCHING || action.destination !== 'WarmPool';
}

function meets(conditions: readonly Condition[], value: string): boolean {
	return conditions.some((condition) => (typeof condition === 'string' ? condition === value : value.startsWith(condition.prefix)));
}

/** Seconds of `90s`, `15m`. */
export function secondsOf(duration: string): number {
	return Number.parseInt(duration, 10) * (duration.endsWith('m') ? 60 : 1);
}
