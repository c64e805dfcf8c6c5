/** Something in a playbook that has to be put right (an error) or looked at (a warning). */
export interface Problem {
	/** The file or parameter it is in. */
	readonly file: string;
	/** From 1. */
	readonly line: number;
	/** From 1. */
	readonly column: number;
	/** `run.timeout`; empty for the playbook as a whole. */
	readonly path: string;
	readonly message: string;
	/** What to write instead. */
	readonly hint?: string;
	readonly severity: 'error' | 'warning';
}

/** A problem before its place in the file is known. */
export interface Finding {
	readonly at: readonly (string | number)[];
	readonly message: string;
	readonly hint?: string;
	readonly severity?: 'warning';
	/** It is about the key, not about its value. */
	readonly onKey?: true;
}

/** `playbooks/drain-web.yaml:12:12 run.timeout: '15 min' is not a duration; write 90s, 15m, 2h or 1d` */
export function formatProblem(problem: Problem): string {
	return `${problem.file}:${problem.line}:${problem.column} ${problemText(problem)}`;
}

/** A problem without its place. */
function problemText(problem: Pick<Problem, 'path' | 'message' | 'hint' | 'severity'>): string {
	const path = problem.path === '' ? '' : `${problem.path}: `;
	const hint = problem.hint === undefined ? '' : `; ${problem.hint}`;
	return `${problem.severity === 'warning' ? 'warning: ' : ''}${path}${problem.message}${hint}`;
}

/** The one of `known` that `word` is most likely meant to be, or undefined where none is close. */
export function nearest(word: string, known: readonly string[]): string | undefined {
	if (word.length > 60) return undefined;
	const allowed = Math.max(2, Math.floor(word.length / 3));
	let best: { name: string; distance: number } | undefined;
	for (const name of known) {
		const distance = editDistance(word.toLowerCase(), name.toLowerCase());
		if (distance <= allowed && distance < name.length && (!best || distance < best.distance)) best = { name, distance };
	}
	return best?.name;
}

function editDistance(a: string, b: string): number {
	let row = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
			next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
		}
		row = next;
	}
	return row[b.length] ?? 0;
}

/** A value as it is quoted in a message. */
export function quote(value: unknown): string {
	if (typeof value === 'string') return value.length > 60 ? `'${value.slice(0, 57)}...'` : `'${value}'`;
	if (Array.isArray(value)) return 'a list';
	if (value !== null && typeof value === 'object') return 'an object';
	return String(value);
}
