/** What the benchmark is made of: parts that measure one thing each. */

export interface Part {
	/** What `--only` calls it. */
	readonly name: string;
	measure(options: PartOptions): Promise<Measured>;
}

export interface PartOptions {
	/** How often what is timed is repeated. */
	readonly runs: number;
	/** Told what is under way. */
	readonly progress: (what: string) => void;
}

/** The result of a part: numbers as JSON, and the same as people read them. */
export interface Measured {
	readonly title: string;
	readonly json: unknown;
	/** The first row is the head. */
	readonly rows: readonly (readonly string[])[];
	/** How to read them. */
	readonly notes: readonly string[];
}
