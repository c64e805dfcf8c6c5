/** Keeps the compiled playbooks in step with Parameter Store: the core of the function `playbook-change`. */

import { getItem, tableOf, updateItem } from '../aws/table.ts';
import type { Deps } from '../deps.ts';
import { Retry } from '../errors.ts';
import { COMPILED_KEY, type CompiledItem, readCompiledItem, type SourceState, WHOLE_SET } from './compiled-item.ts';
import { compileInForce, type InForce } from './in-force.ts';
import { labelVersions } from './labels.ts';
import { reportProblems } from './ops-items.ts';
import { playbookHistory, readPlaybookParameters } from './parameter-store.ts';
import type { ParsePlaybook } from './parse.ts';
import type { CompiledPlaybook, PlaybookSet } from './types.ts';

export interface Report {
	/** Of the compiled item, after this run. */
	readonly revision: number;
	/** Whether what is in force changed. */
	readonly changed: boolean;
	/** Names with the parameter version that is in force, as `drain-web@3`. */
	readonly inForce: readonly string[];
	/** Playbooks whose newest version is not in force, and why; `*` where it is all of them. */
	readonly invalid: readonly { readonly name: string; readonly problem: string }[];
	readonly opsItems: { readonly opened: readonly string[]; readonly resolved: readonly string[] };
}

/** An item of DynamoDB holds 400 KB, names and key included. */
const MAX_ITEM_BYTES = 390_000;
/** Two runs at once: the one that comes second reads everything again. */
const ATTEMPTS = 4;

/**
 * Reads all playbooks, compiles them, writes what is in force where it changed, tells OpsCenter what is wrong and what has been put
 * right, and labels the versions in force. Idempotent: whatever a run leaves undone the next one does.
 * @throws Fail where the table is missing; Retry where other runs keep getting in between; what the SDK throws where Parameter Store or
 * the table cannot be read or written.
 */
export async function recompile(deps: Deps, parse?: ParsePlaybook): Promise<Report> {
	let changed = false;
	// What this run has done about labels stays known to it where another run was faster with the item: AWS lets few of them be moved.
	let labels: Readonly<Record<string, SourceState>> = {};
	for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
		// The item first: parameters read after it are at least as new as what it was made from.
		const before = await readItem(deps);
		const parameters = await readPlaybookParameters(deps);
		const compiled = await compileInForce(parameters, before, (name) => playbookHistory(deps, name), deps.settings, parse);
		const { set, sources } = fitting(deps, before, { ...compiled, sources: withLabels(compiled.sources, labels) });
		const { playbooks } = set;
		let revision = await write(deps, before, set, sources);
		if (revision === undefined) continue;
		if (set !== before.set) deps.log.info('playbooks compiled', { revision, inForce: inForce(playbooks) });
		changed ||= set !== before.set;

		const told = await reportProblems(deps, sources);
		const labelled = await labelVersions(deps, told.sources, playbooks);
		labels = labelled;
		revision = await write(deps, { set, sources, revision }, set, labelled);
		if (revision === undefined) continue;
		const invalid = Object.entries(labelled).flatMap(([name, { problem }]) => (problem === undefined ? [] : [{ name, problem }]));
		return { revision, changed, inForce: inForce(playbooks), invalid, opsItems: { opened: told.opened, resolved: told.resolved } };
	}
	throw new Retry(`playbooks were changed by somebody else ${ATTEMPTS} times in a row while they were compiled`);
}

function withLabels(
	sources: Readonly<Record<string, SourceState>>,
	known: Readonly<Record<string, SourceState>>,
): Record<string, SourceState> {
	return Object.fromEntries(
		Object.entries(sources).map(([name, { labelled, ...rest }]) => {
			const label = known[name] === undefined ? labelled : known[name].labelled;
			return [name, { ...rest, ...(label !== undefined && { labelled: label }) }];
		}),
	);
}

const inForce = (playbooks: readonly CompiledPlaybook[]) =>
	playbooks.map(({ playbook, parameterVersion }) => `${playbook.name}@${parameterVersion}`);

async function readItem(deps: Deps): Promise<CompiledItem> {
	return readCompiledItem(await getItem(tableOf(deps), COMPILED_KEY));
}

/** Writes what differs from `before`, leaving all else in the item alone. The new revision; undefined where another run was faster. */
async function write(
	deps: Deps,
	before: CompiledItem,
	set: PlaybookSet,
	sources: Readonly<Record<string, SourceState>>,
): Promise<number | undefined> {
	const values = { ':set': JSON.stringify(set), ':sources': textOf(sources), ':revision': before.revision + 1 };
	if (before.set && values[':set'] === JSON.stringify(before.set) && values[':sources'] === textOf(before.sources)) {
		return before.revision;
	}
	const written = await updateItem(
		tableOf(deps),
		COMPILED_KEY,
		{
			UpdateExpression: 'SET #set = :set, #sources = :sources, #revision = :revision',
			ConditionExpression: before.revision === 0 ? 'attribute_not_exists(#revision)' : '#revision = :before',
			ExpressionAttributeNames: { '#set': 'set', '#sources': 'sources', '#revision': 'revision' },
		},
		before.revision === 0 ? values : { ...values, ':before': before.revision },
	);
	return written && before.revision + 1;
}

/** The same text for the same sources, in whatever order they were put together. */
function textOf(sources: Readonly<Record<string, SourceState>>): string {
	return JSON.stringify(sources, (_, value) =>
		value !== null && typeof value === 'object' ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
	);
}

interface Stored {
	readonly set: PlaybookSet;
	readonly sources: Readonly<Record<string, SourceState>>;
}

/** What is to be stored: where it would be too large for the item, what was stored before, with that problem beside it. */
function fitting({ now, log, count }: Deps, before: CompiledItem, { playbooks, sources }: InForce): Stored {
	const same = before.set && JSON.stringify(before.set.playbooks) === JSON.stringify(playbooks);
	const set = same && before.set ? before.set : { playbooks, compiledAt: new Date(now()).toISOString() };
	const problem = tooLarge({ set, sources });
	if (problem === undefined) return { set, sources };
	log.error('the playbooks cannot be compiled', { problem });
	count('PlaybooksTooLarge');
	const told = before.sources[WHOLE_SET];
	return {
		set: before.set ?? { ...set, playbooks: [] },
		sources: { ...before.sources, [WHOLE_SET]: { ...told, parameterVersion: 0, valid: false, problem } },
	};
}

function tooLarge({ set, sources }: Stored): string | undefined {
	// Without what it says itself: the same problem has the same words every time.
	const { [WHOLE_SET]: _own, ...others } = sources;
	const bytes = Buffer.byteLength(JSON.stringify(set)) + Buffer.byteLength(JSON.stringify(others));
	if (bytes <= MAX_ITEM_BYTES) return undefined;
	const { playbooks } = set;
	const sizes = playbooks.map(({ playbook }) => ({ name: playbook.name, bytes: Buffer.byteLength(JSON.stringify(playbook)) }));
	const largest = sizes.sort((a, b) => b.bytes - a.bytes).slice(0, 3);
	return (
		`The ${playbooks.length} compiled playbooks, with what is known of each, have ${bytes} bytes; ` +
		`one DynamoDB item takes ${MAX_ITEM_BYTES} of them. What was in force stays. ` +
		`Shorten or remove some; the largest are ${largest.map(({ name, bytes: size }) => `${name} (${size})`).join(', ')}.`
	);
}
