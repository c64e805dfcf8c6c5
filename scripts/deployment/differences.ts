/** Where what AWS has differs from what a template wants. */

interface Difference {
	/** As `Targets[0].Arn`. */
	readonly at: string;
	readonly text: string;
}

/**
 * One line for each value that differs or was not found, and for each that was expected to and does not.
 * @param wanted resolved properties of the template.
 * @param got as read back; what it has beyond them does not count.
 * @param notKept by the place of a value: why it is not found again as it was written.
 */
export function differences(
	wanted: Readonly<Record<string, unknown>>,
	got: Readonly<Record<string, unknown>>,
	notKept: Readonly<Record<string, string>>,
): string[] {
	const found = differing(wanted, got, '');
	const kept = Object.keys(notKept).filter((at) => !found.some((difference) => difference.at === at));
	return [
		...found.filter(({ at }) => !(at in notKept)).map(({ text }) => text),
		...kept.map((at) => `${at} is kept now: take it off the list.`),
	];
}

function differing(wanted: unknown, got: unknown, at: string): Difference[] {
	if (got === undefined) return [{ at, text: `${at} is missing` }];
	if (Array.isArray(wanted)) {
		if (!Array.isArray(got)) return [said(at, wanted, got)];
		if (wanted.length !== got.length) return [{ at, text: `${at} has ${got.length} entries instead of ${wanted.length}` }];
		return wanted.flatMap((each, index) => differing(each, got[index], `${at}[${index}]`));
	}
	if (typeof wanted === 'object' && wanted !== null) {
		if (typeof got !== 'object' || got === null) return [said(at, wanted, got)];
		const fields = got as Record<string, unknown>;
		return Object.entries(wanted).flatMap(([name, each]) => differing(each, fields[name], at === '' ? name : `${at}.${name}`));
	}
	// CloudFormation takes a number or a truth as text too, and services answer in texts of their own.
	return String(wanted) === String(got) ? [] : [said(at, wanted, got)];
}

const said = (at: string, wanted: unknown, got: unknown): Difference => ({
	at,
	text: `${at} is ${shown(got)} instead of ${shown(wanted)}`,
});
const shown = (value: unknown) => JSON.stringify(value)?.slice(0, 200);
