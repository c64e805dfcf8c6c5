/** What one look at what Fleetkeeper depends on is, and what it finds. */

import type { Aws } from '../../shared/aws/clients.ts';
import { describeError } from '../../shared/errors.ts';
import type { LifecycleServices } from '../../shared/parts/lifecycle.ts';
import type { Problem } from '../../shared/playbook/problem.ts';
import type { Settings } from '../../shared/settings.ts';
import { isNoWay } from '../support/explain.ts';
import type { Standing } from './standing.ts';

/** `note`: worth knowing, and nothing that has to be done. `unknown`: nobody could look. */
export type Verdict = 'ok' | 'note' | 'to-do' | 'unknown';

export interface Finding {
	readonly verdict: Verdict;
	/** What is so. */
	readonly what: string;
	/** What to do about it. */
	readonly remedy?: string;
}

/** Where a stage lives. */
export interface Place {
	readonly partition: string;
	readonly region: string;
	readonly account: string;
}

/** What looks have to go by. What several of them need is read once. */
export interface Site {
	readonly aws: Aws;
	readonly stage: string;
	readonly settings: Settings;
	readonly services: LifecycleServices;
	/** @throws what the SDK throws where the ledger's table, which says it, cannot be described. */
	place(): Promise<Place>;
	/** The playbooks in force. @throws Refusal where they cannot be read. */
	standing(): Promise<Standing>;
}

export interface Check {
	readonly name: string;
	/** Rejects with what the SDK throws: then it is unknown. */
	look(site: Site): Promise<readonly Finding[]>;
}

export const ok = (what: string): Finding => ({ verdict: 'ok', what });
export const note = (what: string, remedy?: string): Finding => finding('note', what, remedy);
export const toDo = (what: string, remedy: string): Finding => ({ verdict: 'to-do', what, remedy });

function finding(verdict: Verdict, what: string, remedy: string | undefined): Finding {
	return { verdict, what, ...(remedy !== undefined && { remedy }) };
}

/**
 * What a look finds; where it is not allowed or fails, that.
 * @throws what no look could do without: a network, credentials, a Region.
 */
export async function found(look: () => Promise<readonly Finding[]>, what: string): Promise<readonly Finding[]> {
	try {
		return await look();
	} catch (error) {
		if (isNoWay(error)) throw error;
		const { name, message } = error as Error;
		if (/AccessDenied|UnauthorizedOperation|NotAuthorized|AuthorizationError|Forbidden/.test(name)) {
			const remedy = 'let whoever runs this look (the policy for operators who read everything does), or ask somebody who may';
			return [finding('unknown', `not allowed to look at ${what}: ${message}`, remedy)];
		}
		return [
			finding('unknown', `could not look at ${what}: ${describeError(error)}`, 'ask again; if it stays so, look at it in the console'),
		];
	}
}

/** A problem of a playbook as a finding: `drain-web, line 6: when.detail: …`. */
export function problemFinding({ file, line, path, message, hint }: Problem, verdict: 'note' | 'to-do'): Finding {
	const name = file.slice(file.lastIndexOf('/') + 1);
	const where = path === '' ? `${name}, line ${line}` : `${name}, line ${line}, ${path}`;
	return finding(verdict, `${where}: ${message}`, hint);
}

/** `1 queue`, `3 queues`. */
export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The first few of many names. */
export function named(names: readonly string[], most = 5): string {
	return names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}
