import type { Operation } from './types.ts';

/** Where an operation stands, for people and for the bus. Times are ISO 8601, UTC. */
export function standing({ kind, playbook, subject, state, waiting, ending, result, openedAt, closedAt }: Operation) {
	return {
		kind,
		state,
		...(waiting && { waiting }),
		...(ending && closedAt === undefined && { closingAs: ending.state }),
		playbook: playbook.name,
		subject,
		...(result && { result }),
		openedAt: new Date(openedAt).toISOString(),
		...(closedAt !== undefined && { closedAt: new Date(closedAt).toISOString() }),
	};
}

/** An operation as a person reads it: what `sls invoke local` prints, and `fleet -- show`. */
export function summarise(operation: Operation) {
	const { id, deadlineAt, work, history } = operation;
	return {
		id,
		...standing(operation),
		...(work && { work: { type: work.type, document: work.document, id: work.externalId } }),
		...(operation.kind === 'command' && { output: operation.output, ...(operation.rings && { rings: operation.rings }) }),
		deadlineAt: new Date(deadlineAt).toISOString(),
		history,
	};
}
