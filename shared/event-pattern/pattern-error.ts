/** Where in a pattern (or an event) something is: field names and list positions. */
export type Segments = readonly (string | number)[];

/** Thrown for a pattern that EventBridge would refuse, or would take for something other than what was meant. */
export class PatternError extends Error {
	override readonly name = 'PatternError';
	/** Where in the pattern, as people write it: `detail.state[0].prefix`; empty for the pattern as a whole. */
	readonly path: string;
	/** The same, in steps. */
	readonly segments: Segments;
	/** What is wrong, without the path. */
	readonly reason: string;

	constructor(segments: Segments, reason: string) {
		const path = pathText(segments);
		super(path === '' ? reason : `${path}: ${reason}`);
		this.path = path;
		this.segments = segments;
		this.reason = reason;
	}
}

export function pathText(segments: Segments): string {
	return segments.map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i === 0 ? '' : '.'}${step}`)).join('');
}
