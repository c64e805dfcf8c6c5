import type { Operation } from './types.ts';

/** An operation as a person reads it: what `sls invoke local` prints, and `fleet -- show`. */
export function summarise(operation: Operation) {
	const { id, kind, playbook, subject, state, waiting, ending, result, openedAt, deadlineAt, closedAt, work, history } = operation;
	return {
		id,
		kind,
		state,
		...(waiting && { waiting }),
		...(ending && closedAt === undefined && { closingAs: ending.state }),
		playbook: playbook.name,
		subject,
		...(work && { work: { type: work.type, document: work.document, id: work.externalId } }),
		...(result && { result }),
		openedAt: new Date(openedAt).toISOString(),
		deadlineAt: new Date(deadlineAt).toISOString(),
		...(closedAt !== undefined && { closedAt: new Date(closedAt).toISOString() }),
		history,
	};
}
