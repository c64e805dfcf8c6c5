/** What comes to the function `playbook-change`: edits of playbooks, news of their parameters' policies, and the clock. */

import type { Deps } from '../deps.ts';
import { type Report, recompile } from './change.ts';
import type { ParsePlaybook } from './parse.ts';
import { isPolicyAction, reportPolicyAction } from './policy-action.ts';

type Handled =
	| { readonly ok: true; readonly value: Report | { readonly opsItemId: string } }
	| { readonly ok: false; readonly error: unknown };

/**
 * Tells of policies event by event, then compiles once for all events: whatever came, the playbooks are read anew.
 * @throws what `recompile` throws.
 */
export async function handleNews(deps: Deps, events: readonly unknown[], parse?: ParsePlaybook): Promise<Handled[]> {
	const told = new Map<unknown, Handled>();
	for (const event of events.filter(isPolicyAction)) told.set(event, await tell(deps, event));
	const report = await recompile(deps, parse);
	return events.map((event) => told.get(event) ?? { ok: true, value: report });
}

async function tell(deps: Deps, event: unknown): Promise<Handled> {
	try {
		return { ok: true, value: await reportPolicyAction(deps, event) };
	} catch (error) {
		return { ok: false, error };
	}
}
