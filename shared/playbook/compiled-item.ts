/** The item of the ledger table that holds the playbooks in force. */

import type { PlaybookSet } from './types.ts';

export const COMPILED_KEY = { pk: 'playbooks', sk: 'compiled' } as const;

/** What is known of one parameter under the playbook path. */
export interface SourceState {
	/** The newest version of the parameter; 0 once the parameter is gone. */
	readonly parameterVersion: number;
	/** Whether that version is the one in force. */
	readonly valid: boolean;
	/** What is wrong with it, one line an error. */
	readonly problem?: string;
	/** No older version is valid either: the history need not be read again. */
	readonly noneValid?: true;
	/** The OpsItem that says so, while it is open. */
	readonly opsItemId?: string;
	/** The problem as the OpsItem has it: another one has yet to be told. */
	readonly reported?: string;
	/** The version that was given the label of `labels.ts`. */
	readonly labelled?: number;
}

/** What is known of all playbooks together stands among the sources under a name that no parameter can have. */
export const WHOLE_SET = '*';

/** Who stopped all starting of work, and why. */
export interface Pause {
	/** ISO 8601, UTC. */
	readonly at: string;
	readonly by: string;
	readonly reason: string;
}

export interface CompiledItem {
	/** Undefined where nothing has been compiled yet. */
	readonly set: PlaybookSet | undefined;
	readonly sources: Readonly<Record<string, SourceState>>;
	/** 0 where nothing has been compiled yet. */
	readonly revision: number;
	readonly paused?: Pause;
}

/** The item as DynamoDB has it; the set and the sources are JSON. */
export function readCompiledItem(item: Readonly<Record<string, unknown>> | undefined): CompiledItem {
	const { set, sources, revision, paused } = item ?? {};
	return {
		set: typeof set === 'string' ? JSON.parse(set) : undefined,
		sources: typeof sources === 'string' ? JSON.parse(sources) : {},
		revision: typeof revision === 'number' ? revision : 0,
		...(isPause(paused) && { paused }),
	};
}

function isPause(value: unknown): value is Pause {
	return value !== null && typeof value === 'object' && 'at' in value;
}
