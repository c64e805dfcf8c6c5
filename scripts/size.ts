/**
 * Weighs every function against the AWS SDK clients that it uses, bundled alone with an empty handler: what is ours may cost
 * 15% on top (the compiler of playbooks more: it carries the YAML parser). Exits with 1 when a function is too heavy.
 * The SDK alone is weighed with all that it imports: what `infra/esbuild.cjs` leaves out of the functions counts as saved.
 */

import { pathToFileURL } from 'node:url';
import { apiOperations, type Bundle, bundleFunction, bundleText, clientClasses, functionNames } from './bundle.ts';
import { table } from './table.ts';

const ALLOWED_RATIO = 1.15;
const ALLOWED_RATIOS: Readonly<Record<string, number>> = { 'playbook-change': 1.3 };

export interface Weight {
	readonly name: string;
	/** Minified bytes of the function's bundle. */
	readonly bytes: number;
	/** Minified bytes of the same clients and commands with an empty handler. */
	readonly baselineBytes: number;
	readonly ratio: number;
	readonly allowedRatio: number;
}

/** A module with the clients and commands of a bundle, all of them reachable, and a handler that does nothing. */
export function baselineOf(bundle: Bundle): string {
	const operations = apiOperations(bundle);
	const imports: string[] = [];
	const uses: string[] = [];
	for (const [index, [client, className]] of [...clientClasses(bundle)].entries()) {
		const sdk = `sdk${index}`;
		imports.push(`import * as ${sdk} from '${client}';`);
		uses.push(`new ${sdk}.${className}({})`, ...(operations.get(client) ?? []).map((operation) => `${sdk}.${operation}Command`));
	}
	return [...imports, `export const sdk = [${uses.join(', ')}];`, 'export const handler = async () => undefined;'].join('\n');
}

/** Bundles a function and its baseline. */
export async function weighFunction(name: string): Promise<Weight> {
	const bundle = await bundleFunction(name);
	const baseline = await bundleText(baselineOf(bundle));
	return {
		name,
		bytes: bundle.bytes,
		baselineBytes: baseline.bytes,
		ratio: bundle.bytes / baseline.bytes,
		allowedRatio: ALLOWED_RATIOS[name] ?? ALLOWED_RATIO,
	};
}

export const isTooHeavy = ({ ratio, allowedRatio }: Weight): boolean => ratio > allowedRatio;

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`;

async function main(): Promise<void> {
	const rows = [['function', 'minified', 'SDK alone', 'ratio', 'allowed', '']];
	let tooHeavy = 0;
	for (const name of functionNames()) {
		const weight = await weighFunction(name);
		tooHeavy += isTooHeavy(weight) ? 1 : 0;
		const { bytes, baselineBytes, ratio, allowedRatio } = weight;
		const spare = baselineBytes * weight.allowedRatio - bytes;
		const verdict = spare < 0 ? `${kilobytes(-spare)} TOO HEAVY` : `${kilobytes(spare)} to spare`;
		rows.push([name, kilobytes(bytes), kilobytes(baselineBytes), ratio.toFixed(3), allowedRatio.toFixed(2), verdict]);
	}
	console.log(table(rows));
	if (tooHeavy > 0) {
		console.error(`${tooHeavy} function(s) weigh more than allowed: look for an import that is not needed, or one of a whole package.`);
		process.exitCode = 1;
	}
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
	await main();
}
