/** Numbers that one disturbed run does not move. */

/** @throws RangeError where there is nothing to take the median of. */
export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length / 2;
	const [below, above] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
	if (below === undefined || above === undefined) throw new RangeError('there is no median of nothing');
	return (below + above) / 2;
}

/** What was measured in each of several rounds, by name. */
export type Rounds<K extends string, T> = Readonly<Record<K, readonly T[]>>;

/** Measures several things in turn, so that what disturbs the machine disturbs all of them. */
export async function inTurn<K extends string, T>(runs: number, subjects: Readonly<Record<K, () => Promise<T>>>): Promise<Rounds<K, T>> {
	const names = Object.keys(subjects) as K[];
	const rounds = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<K, T[]>;
	for (let run = 0; run < runs; run += 1) {
		for (const name of names) rounds[name].push(await subjects[name]());
	}
	return rounds;
}

/** The median of the ratios round by round: what was slow for one was slow for the other. */
export function ratio(ours: readonly number[], theirs: readonly number[]): number {
	return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

const ROUND_MS = 20;
/** Between two looks at the clock. */
const AT_ONCE = 16;

/** How often something can be done in a second of this process's CPU time: the median of several rounds, after as many to be warm. */
export function perSecond(runs: number, what: () => void): number {
	const round = () => {
		const began = process.cpuUsage();
		for (let times = AT_ONCE; ; times += AT_ONCE) {
			for (let time = 0; time < AT_ONCE; time += 1) what();
			const spentMs = cpuMs(process.cpuUsage(began));
			if (spentMs >= ROUND_MS) return (times / spentMs) * 1_000;
		}
	};
	const rounds = Array.from({ length: 2 * runs }, round);
	return median(rounds.slice(runs));
}

/** Milliseconds of CPU time. */
export function cpuMs({ user, system }: NodeJS.CpuUsage): number {
	return (user + system) / 1_000;
}
