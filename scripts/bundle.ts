/** Bundles functions as serverless-esbuild does, to weigh them and to see which AWS calls they can make. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { parse } from 'yaml';

export const ROOT = join(import.meta.dirname, '..');

interface Bundling {
	readonly bundling: BuildOptions;
	readonly leftOut: string[];
}

const { bundling, leftOut } = createRequire(import.meta.url)('../infra/esbuild.cjs') as Bundling;

export interface Bundle {
	/** Minified, without its source map. */
	readonly code: string;
	readonly bytes: number;
	/** Paths of the source files that are in it, relative to the project. */
	readonly files: readonly string[];
}

/** The names of the functions that serverless.yml deploys. */
export function functionNames(): string[] {
	const service = parse(readFileSync(join(ROOT, 'serverless.yml'), 'utf8')) as { functions: Record<string, unknown> };
	return Object.keys(service.functions);
}

const bundled = new Map<string, Promise<Bundle>>();

/**
 * A function as it is deployed, bundled once in a process.
 * @throws esbuild's BuildFailure when it or something it imports cannot be bundled.
 */
export function bundleFunction(name: string): Promise<Bundle> {
	const known = bundled.get(name) ?? bundle({ entryPoints: [join(ROOT, 'functions', `${name}.ts`)], external: leftOut });
	bundled.set(name, known);
	return known;
}

/** Bundles a module given as text, which resolves packages as the functions do, with all that it imports. */
export async function bundleText(text: string): Promise<Bundle> {
	return bundle({ stdin: { contents: text, resolveDir: ROOT, loader: 'ts' } });
}

async function bundle(options: BuildOptions): Promise<Bundle> {
	const { metafile, outputFiles } = await build({
		...bundling,
		...options,
		absWorkingDir: ROOT,
		outfile: 'bundle.cjs',
		write: false,
		metafile: true,
		logLevel: 'silent',
	} as BuildOptions & { metafile: true; write: false });
	const [written] = outputFiles;
	const output = metafile.outputs['bundle.cjs'];
	if (!output || !written) {
		throw new Error(`esbuild wrote ${Object.keys(metafile.outputs).join(', ')} instead of bundle.cjs.`);
	}
	const kept = Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
	return { code: written.text, bytes: output.bytes, files: kept.map(([path]) => path).sort() };
}

const CLIENT_COMMAND = /node_modules\/(@aws-sdk\/client-[a-z0-9-]+)\/dist-es\/commands\/(\w+)Command\.js$/;

/** The API operations that a bundle has a command for, by client package: what its function can ask of AWS. */
export function apiOperations({ files }: Bundle): ReadonlyMap<string, readonly string[]> {
	const found = new Map<string, string[]>();
	for (const file of files) {
		const [, client, operation] = CLIENT_COMMAND.exec(file) ?? [];
		if (client && operation) {
			found.set(client, [...(found.get(client) ?? []), operation]);
		}
	}
	return found;
}

const CLIENT_CLASS = /node_modules\/(@aws-sdk\/client-[a-z0-9-]+)\/dist-es\/(\w+Client)\.js$/;

/** The SDK clients in a bundle: the client class by its package. */
export function clientClasses({ files }: Bundle): ReadonlyMap<string, string> {
	const found = new Map<string, string>();
	for (const file of files) {
		const [, client, className] = CLIENT_CLASS.exec(file) ?? [];
		if (client && className) {
			found.set(client, className);
		}
	}
	return found;
}
