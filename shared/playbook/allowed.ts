/** Whether the functions of a stage may run the documents that a playbook names: their roles name none but the stage's own and those of its settings. */

import { ALLOWING, isAllowedDocument, type Settings } from '../settings.ts';
import type { Finding } from './problem.ts';
import { allowedBy } from './startable.ts';
import type { Playbook } from './types.ts';

export function allowedFindings(playbook: Playbook, settings: Settings): Finding[] {
	return named(playbook)
		.filter(({ document }) => !isAllowedDocument(settings, document))
		.map(({ document, at }) => ({ at, message: `stage ${settings.stage} does not allow ${document}`, hint: ALLOWING }));
}

function named(playbook: Playbook): { readonly document: string; readonly at: Finding['at'] }[] {
	if (playbook.on === 'request') {
		return (['runbook', 'command'] as const).flatMap((field) =>
			allowedBy(playbook, field).map((document) => ({ document, at: ['when', 'detail', field] })),
		);
	}
	const { run } = playbook;
	return run === undefined ? [] : [{ document: run.document, at: ['run', run.type] }];
}
