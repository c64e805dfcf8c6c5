/** Whether the stage's settings allow the documents that playbooks name. */

import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { allowedFindings } from '../../shared/playbook/allowed.ts';
import type { Problem } from '../../shared/playbook/problem.ts';
import { settingsFrom } from '../../shared/settings.ts';
import type { CheckedPlaybook } from './folder.ts';

type Params = Readonly<Record<string, Readonly<Record<string, unknown>> | null | undefined>>;

/** Warnings: a deployment may be given settings on its command line. None where the file of the settings is not there. */
export function checkAllowed(playbooks: readonly CheckedPlaybook[], file: string, stage: string): Problem[] {
	if (!existsSync(file)) return [];
	const { params = {} } = (parse(readFileSync(file, 'utf8')) ?? {}) as { readonly params?: Params };
	const allowed = params[stage]?.['allowedDocuments'] ?? params['default']?.['allowedDocuments'] ?? '';
	const settings = settingsFrom({ STAGE: stage, ALLOWED_DOCUMENTS: String(allowed) });
	return playbooks.flatMap(({ playbook, problem }) =>
		allowedFindings(playbook, settings).map(({ at, message, hint }) => problem(at, 'warning', message, hint)),
	);
}
