/** What a playbook writes for a span of time: a whole number above zero and a unit. */
export const DURATION = /^[1-9]\d{0,6}[smhd]$/;
export const DURATION_FORMS = '90s, 15m, 2h or 1d';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** Seconds of a duration that matches `DURATION`. */
export function durationSeconds(duration: string): number {
	return Number(duration.slice(0, -1)) * SECONDS[duration.slice(-1) as keyof typeof SECONDS];
}

/** The shortest of the forms that a playbook takes: 5400 is `90m`. */
export function durationText(seconds: number): string {
	for (const unit of ['d', 'h', 'm'] as const) {
		if (seconds > 0 && seconds % SECONDS[unit] === 0) return `${seconds / SECONDS[unit]}${unit}`;
	}
	return `${seconds}s`;
}
