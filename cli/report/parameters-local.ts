/** What is configured by the files of this checkout: playbooks, and the settings of `serverless.yml`. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { parse } from 'yaml';

type Values = Readonly<Record<string, unknown>>;

const rules = createRequire(import.meta.url)('../../infra/settings.cjs') as {
	/** By setting. */
	readonly TYPES: Readonly<Record<string, string>>;
	findings(values: Values): { readonly setting: string; readonly problem: string }[];
};

export interface Setting {
	readonly name: string;
	/** `days`, `text`, `list of ARNs` … */
	readonly type: string;
	/** As text: what is an object, as JSON. */
	readonly value: string;
	readonly default: string;
	readonly state: 'default' | `set for stage ${string}` | 'unknown';
	/** What is wrong with the value, and what is allowed. */
	readonly problem?: string;
}

/** The settings of a stage, in the order of the file; none where there is no file. */
export function settingsOf(folder: string, stage: string): Setting[] {
	const file = join(folder, 'serverless.yml');
	if (!existsSync(file)) return [];
	const { params = {} } = parse(readFileSync(file, 'utf8')) as { readonly params?: Readonly<Record<string, Values | null>> };
	const { default: defaults, [stage]: block } = params;
	const own = Object.fromEntries(Object.entries(block ?? {}).filter(([, value]) => value !== null));
	const values: Values = { ...defaults, ...own };
	const wrong = new Map(rules.findings(values).map(({ setting, problem }) => [setting, problem]));
	return Object.entries(values).map(([name, value]): Setting => {
		const type = rules.TYPES[name];
		const problem = wrong.get(name);
		const state = type === undefined ? 'unknown' : Object.hasOwn(own, name) ? (`set for stage ${stage}` as const) : 'default';
		return {
			...{ name, type: type ?? '?', value: textOf(value), default: textOf(defaults?.[name]), state },
			...(problem !== undefined && { problem }),
		};
	});
}

function textOf(value: unknown): string {
	return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');
}

/** The texts of `playbooks/`, by name. */
export function playbookFiles(folder: string): ReadonlyMap<string, string> {
	const path = join(folder, 'playbooks');
	if (!existsSync(path)) return new Map();
	const files = readdirSync(path).filter((file) => file.endsWith('.yaml'));
	return new Map(files.map((file) => [basename(file, '.yaml'), readFileSync(join(path, file), 'utf8')]));
}
