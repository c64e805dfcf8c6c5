/** What of the roles was used, written down where `FLEETKEEPER_PERMISSIONS` names a folder: npm run permissions makes the report of it. */

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Use } from '../aws/iam/index.ts';
import type { RequestContext } from '../aws/iam/need.ts';
import { nameOf } from '../aws/iam/policy.ts';

export const FOLDER_VARIABLE = 'FLEETKEEPER_PERMISSIONS';

/** One line of a file: a permission that was used, and one request that it was used for. */
export interface RecordedUse {
	readonly role: string;
	/** As `nameOf` gives it. */
	readonly permission: string;
	readonly action: string;
	readonly resource: string;
	readonly context: RequestContext;
}

const folder = process.env[FOLDER_VARIABLE];
/** Each process writes a permission down once. */
const written = new Set<string>();

/** Appends at once, without waiting: nothing tells a worker that it is about to end, and no time passes in a simulated world. */
export function recordUse({ role, permission, resource, context }: Use): void {
	if (!folder) return;
	const name = nameOf(permission);
	if (written.has(`${role} ${name}`)) return;
	written.add(`${role} ${name}`);
	const use: RecordedUse = { role, permission: name, action: permission.action, resource, context };
	appendFileSync(join(folder, `${process.pid}.jsonl`), `${JSON.stringify(use)}\n`);
}
