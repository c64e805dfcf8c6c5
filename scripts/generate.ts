/**
 * Writes what is derived from the schema of playbooks: `playbooks/playbook.schema.json` for editors, and the reference between the
 * `playbook-reference` markers of README.md; and the policies of docs/policies. With `--check` it writes nothing and exits with 1 where any
 * of them is stale.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { DURATION } from '../shared/playbook/duration.ts';
import { DEFAULTS, FOR } from '../shared/playbook/keys.ts';
import { playbookSchema } from '../shared/playbook/schema.ts';
import { isLifecycle, LIFECYCLE_OCCASIONS, OCCASIONS, type PlaybookOn } from '../shared/playbook/types.ts';
import { POLICIES } from './deployment/deployer.ts';

const ROOT = join(import.meta.dirname, '..');
const SCHEMA = 'playbooks/playbook.schema.json';
const README = 'README.md';
const BEGIN = '<!-- playbook-reference -->';
const END = '<!-- /playbook-reference -->';

interface JsonSchema {
	readonly type?: string;
	readonly description?: string;
	readonly properties?: Readonly<Record<string, JsonSchema>>;
	readonly required?: readonly string[];
	readonly enum?: readonly string[];
	readonly anyOf?: readonly JsonSchema[];
	readonly items?: JsonSchema;
	readonly pattern?: string;
	readonly minimum?: number;
	readonly maximum?: number;
}

const schema = z.toJSONSchema(playbookSchema, { io: 'input' }) as JsonSchema;

/** One row for every key, in the order in which people write them. */
function rows({ properties = {}, required = [] }: JsonSchema, prefix = ''): string[] {
	return Object.entries(properties).flatMap(([key, value]) => {
		const path = `${prefix}${key}`;
		const fallback = required.includes(key) ? 'required' : (DEFAULTS[path] ?? '');
		const row = `| \`${path}\` | ${occasions(FOR[path])} | ${typeOf(value)} | ${fallback} | ${value.description ?? ''} |`;
		return [row, ...rows(value, `${path}.`), ...rows(value.items ?? {}, `${path}[].`)];
	});
}

/** Empty for a key that is for all. */
function occasions(on: readonly PlaybookOn[] = OCCASIONS): string {
	const others = OCCASIONS.filter((occasion) => !on.includes(occasion));
	if (others.length === 0) return '';
	if (others.length === 1) return `all but \`${others[0]}\``;
	const lifecycle = LIFECYCLE_OCCASIONS.every((occasion) => on.includes(occasion));
	const rest = on.filter((occasion) => !lifecycle || !isLifecycle(occasion));
	return [...(lifecycle ? ['`instance-…`'] : []), ...rest.map((occasion) => `\`${occasion}\``)].join(' ');
}

function typeOf(value: JsonSchema): string {
	if (value.pattern === DURATION.source) return 'duration';
	if (value.anyOf) return value.anyOf.some(({ properties }) => properties) ? 'text or map' : 'text or list';
	if (value.enum) return value.enum.map((one) => `\`${one}\``).join(' ');
	if (value.type === 'integer') return `integer, ${value.minimum} to ${value.maximum}`;
	if (value.type === 'array') return value.items?.properties ? 'list of the keys below' : 'list';
	if (value.type === 'object') return value.properties ? 'keys below' : 'map';
	return 'text';
}

const NOTES = [
	'A duration is a whole number and a unit: `90s`, `15m`, `2h`, `1d`.',
	[
		'A path begins with `$.` and leads into the event: names with dots between them, the entry of a list by its number (`$.resources.0`).',
		'Rules for `inventory` have `$.account` and `$.region`; lifecycle actions also `$.detail.<field>`; all others also `$.source`, `$.detail-type`, `$.id`, `$.time` and `$.resources`;',
		'alarms also `$.dimensions.<name>`, the dimensions of their metric. A list gives all its values; what is absent, `null` or an object fails the work.',
	].join('\n'),
];

function reference(): string {
	const table = ['| key | for `on` | type | default | meaning |', '| --- | --- | --- | --- | --- |', ...rows(schema)];
	return [BEGIN, table.join('\n'), ...NOTES, END].join('\n\n');
}

/** The JSON as the project's formatter has it. */
function formatted(value: unknown): string {
	const biome = join(ROOT, 'node_modules', '.bin', 'biome');
	return execFileSync(biome, ['format', `--stdin-file-path=${SCHEMA}`], { cwd: ROOT, input: JSON.stringify(value), encoding: 'utf8' });
}

function readme(): string | undefined {
	const path = join(ROOT, README);
	if (!existsSync(path)) return undefined;
	const text = readFileSync(path, 'utf8');
	const [before, rest, ...more] = text.split(BEGIN);
	const [, after] = rest?.split(END) ?? [];
	if (before === undefined || after === undefined || more.length > 0)
		throw new Error(`${README} needs ${BEGIN} and ${END}, each once and in this order`);
	return `${before}${reference()}${after}`;
}

const wanted = new Map<string, string | undefined>([
	[SCHEMA, formatted(schema)],
	[README, readme()],
	...Object.entries(POLICIES).map(([name, policy]) => [`docs/policies/${name}.json`, formatted(policy)] as const),
]);
const check = process.argv.includes('--check');
for (const [file, text] of wanted) {
	const path = join(ROOT, file);
	if (text === undefined || (existsSync(path) && readFileSync(path, 'utf8') === text)) continue;
	if (check) {
		process.stderr.write(`${file} is stale: run npm run generate\n`);
		process.exitCode = 1;
	} else {
		writeFileSync(path, text);
		process.stdout.write(`${file} written\n`);
	}
}
