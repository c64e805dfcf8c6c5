/** The playbooks in force, as functions read them: one GetItem a minute, no parser. */

import { getItem, tableOf } from '../aws/table.ts';
import type { Deps } from '../deps.ts';
import { describeError } from '../errors.ts';
import { COMPILED_KEY, type Pause, readCompiledItem } from './compiled-item.ts';
import { forStage } from './stage.ts';
import type { PlaybookSet } from './types.ts';

const CACHED_MS = 60_000;

export interface LoadedPlaybooks {
	readonly set: PlaybookSet;
	/** All starting of work is stopped. */
	readonly paused?: Pause;
	/** Why the set is empty, where nothing has been compiled yet. */
	readonly reason?: string;
}

export interface PlaybookStore {
	/**
	 * What is in force, at most a minute old. Where the table cannot be read the last answer stands, and the failure is logged.
	 * @throws Fail where the table does not exist, what the SDK throws otherwise; both only without a last answer.
	 */
	load(): Promise<LoadedPlaybooks>;
}

export function createPlaybookStore({ aws, now, log, settings }: Pick<Deps, 'aws' | 'now' | 'log' | 'settings'>): PlaybookStore {
	const table = tableOf({ aws, settings });
	let last: { readonly at: number; readonly loaded: LoadedPlaybooks } | undefined;
	let underWay: Promise<LoadedPlaybooks> | undefined;

	async function read(): Promise<LoadedPlaybooks> {
		const at = now();
		try {
			const { set, paused } = readCompiledItem(await getItem(table, COMPILED_KEY, false));
			const loaded = {
				set: forStage(set ?? { playbooks: [], compiledAt: new Date(0).toISOString() }, settings),
				...(paused && { paused }),
				...(!set && { reason: 'no playbooks compiled yet' }),
			};
			last = { at, loaded };
			return loaded;
		} catch (error) {
			if (!last) throw error;
			log.error('playbooks cannot be read: the last ones stay in force', {
				error: describeError(error),
				compiledAt: last.loaded.set.compiledAt,
			});
			last = { ...last, at };
			return last.loaded;
		}
	}

	return {
		async load() {
			if (last && now() - last.at < CACHED_MS) return last.loaded;
			underWay ??= read().finally(() => {
				underWay = undefined;
			});
			return underWay;
		},
	};
}
