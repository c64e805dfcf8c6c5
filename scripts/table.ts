/** Rows as people read them. */

/** The first column is aligned to the left, all others to the right. Rows may be of different lengths. */
export function table(rows: readonly (readonly string[])[]): string {
	const columns = Math.max(0, ...rows.map((row) => row.length));
	const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	const align = (cell: string, column: number) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0));
	return rows.map((row) => row.map(align).join('  ').trimEnd()).join('\n');
}
